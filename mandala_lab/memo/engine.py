"""The engine: one memoized call, from its arguments to its result.

Order of a call: bind, digest the arguments, look up (index in memory, then the
store by history, then by content), else run the body inside a span and record
everything in one transaction. Keys are taken before the body runs. Storing that
fails never costs the caller the value: it is returned with one warning.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mandala_lab.memo import context, values
from mandala_lab.memo.context import OpenSpan
from mandala_lab.memo.keying import CallKey, Keyer, Operation
from mandala_lab.memo.outputs import joined_outputs, split_outputs
from mandala_lab.memo.recorder import Recorder
from mandala_lab.memo.warn import users_part, warn_user
from mandala_lab.model.calls import CallEntry, CallStatus, Found, Link, Span
from mandala_lab.model.errors import NewCallError, StoreError, UnstorableError
from mandala_lab.model.hashing import combine
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.refs import Ref, ValueSource, is_immutable, is_small, unwrapped
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.version_resolver import VersionResolver

_INDEX_SIZE = 100_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What answering a call came to: its id, whether the body ran, and the result."""

    call: str
    executed: bool
    result: Any


class Engine:
    """Answers the calls of ops for one storage.

    Parameters
    ----------
    store, versions, recorder
        The seams: where calls are kept, what code they run, which session it is.
    source
        What refs load their values from.
    """

    def __init__(self, store: CallStore, versions: VersionResolver, recorder: Recorder, source: ValueSource) -> None:
        self.allow_new_calls = True
        self.recorder = recorder
        self._store = store
        self.keyer = Keyer(versions)
        self._source = source
        self._index: dict[bytes, Found] = {}
        self._stored: dict[bytes, None] = {}

    def call(self, op: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Answer a call as its caller sees it: refs, or plain values inside a body."""
        return self.answer(op, args, kwargs).result

    def answer(self, op: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Outcome:
        """Answer a call and say how."""
        bound = op.binder.bind(args, kwargs)
        parent = context.current_span()
        try:
            key = self.keyer.key(op, bound)
        except UnstorableError as error:
            return self._run_unkeyed(op, args, kwargs, error)
        found = self._look_up(op, key, parent)
        if found is not None:
            return Outcome(found.hid.hex(), executed=False, result=self._hand_out(op, found, plain=parent is not None))
        if not self.allow_new_calls:
            raise NewCallError(f"Call to {op.spec.name} does not exist and new calls are not allowed.")
        try:
            inputs = self._new_values(key.links, bound)
        except UnstorableError as error:
            return self._run_unkeyed(op, args, kwargs, error)
        return self._execute(op, inputs, (args, kwargs), key, parent)

    def forget(self) -> None:
        """Empty the index in memory."""
        self._index.clear()
        self._stored.clear()

    def plain(self, value: Any) -> Any:
        """Return what a body receives for an argument: a value that nobody else holds."""
        return unwrapped(value, Ref.own_value)

    # --- hits

    def _look_up(self, op: Operation, key: CallKey, parent: OpenSpan | None) -> Found | None:
        found = self._index.get(key.hid)
        if found is None:
            try:
                found = self._store.find(key.hid)
                same = self._find_same(op.spec, key) if found is None else None
            except StoreError as error:
                warn_user(f"the store could not be read, so {op.spec.name} runs: {error}")
                return None
            if same is not None:
                return self._adopt(op, key, same, parent)
            if found is None:
                return None
            self._remember(found)
        self.recorder.hit(found.hid.hex(), parent)
        return found

    def _find_same(self, spec: OpSpec, key: CallKey) -> Found | None:
        """Return an equal call; one from before the op declared its outputs counts if their number fits."""
        same = self._store.find_content(key.cid)
        if same is None and key.auto_cid != key.cid:
            before = self._store.find_content(key.auto_cid)
            same = before if before is not None and len(before.outputs) == spec.nout else None
        return same

    def _adopt(self, op: Operation, key: CallKey, same: Found, parent: OpenSpan | None) -> Found:
        """Record a call with a history of its own and the result of an equal call."""
        outputs = tuple(
            (combine(b"output", key.hid, position.to_bytes(4, "big")), cid)
            for position, (_, cid) in enumerate(same.outputs)
        )
        found = Found(key.hid, outputs, same.duration_s)
        opened = self.recorder.open(parent)
        span = self.recorder.span(opened, parent, key.hid.hex(), "cached", time.time(), 0.0)
        entry = self._entry(op, key, outputs, (), "ok", span, same.duration_s, executed=False)
        self._record(entry, op)
        return found

    def _remember(self, found: Found) -> None:
        if len(self._index) >= _INDEX_SIZE:
            self._index.pop(next(iter(self._index)))
        self._index[found.hid] = found

    def _hand_out(self, op: Operation, found: Found, *, plain: bool) -> Any:
        refs = [Ref(cid.hex(), hid.hex(), self._source) for hid, cid in found.outputs]
        return joined_outputs(op.spec, [self.plain(ref) for ref in refs] if plain else refs)

    # --- misses

    def _execute(
        self,
        op: Operation,
        inputs: list[StoredValue],
        spelled: tuple[tuple[Any, ...], Mapping[str, Any]],
        key: CallKey,
        parent: OpenSpan | None,
    ) -> Outcome:
        opened = self.recorder.open(parent)
        started, clock = time.time(), time.perf_counter()
        hid = key.hid.hex()
        try:
            with context.inside(opened):
                result = self._run(op, *spelled)
            took = time.perf_counter() - clock
            outputs = split_outputs(op.spec, result)
        except BaseException as error:
            took = time.perf_counter() - clock
            span = self.recorder.span(opened, parent, hid, "error", started, took)
            trace = _text_of(error)
            self._record(self._entry(op, key, (), inputs, "error", span, took, error=trace), op)
            raise
        try:
            stored = [values.store(output) for output in outputs]
        except UnstorableError as error:
            warn_user(f"the result of {op.spec.name} is returned but not stored: {error}")
            return Outcome("", executed=True, result=self._unstored(op, outputs, plain=parent is not None))
        pairs = tuple(
            (combine(b"output", key.hid, position.to_bytes(4, "big")), value.cid)
            for position, value in enumerate(stored)
        )
        span = self.recorder.span(opened, parent, hid, "computed", started, took)
        saved = self._record(self._entry(op, key, pairs, [*inputs, *stored], "ok", span, took), op)
        if parent is not None:
            return Outcome(hid, executed=True, result=joined_outputs(op.spec, outputs))
        if not saved:
            return Outcome("", executed=True, result=self._unstored(op, outputs, plain=False))
        refs = [self._fresh(output, *pair) for output, pair in zip(outputs, pairs, strict=True)]
        return Outcome(hid, executed=True, result=joined_outputs(op.spec, refs))

    def _run(self, op: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        return op.f(*map(self.plain, args), **{name: self.plain(value) for name, value in kwargs.items()})

    def _run_unkeyed(
        self, op: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any], why: UnstorableError
    ) -> Outcome:
        warn_user(f"{op.spec.name} runs and is not remembered: {why}")
        parent = context.current_span()
        with context.inside(OpenSpan(None, 0 if parent is None else parent.depth + 1)):
            result = self._run(op, args, kwargs)
        outputs = split_outputs(op.spec, result)
        return Outcome("", executed=True, result=self._unstored(op, outputs, plain=parent is not None))

    def _unstored(self, op: Operation, outputs: list[Any], *, plain: bool) -> Any:
        return joined_outputs(op.spec, outputs if plain else [Ref("", "", None, output) for output in outputs])

    def _fresh(self, output: Any, hid: bytes, cid: bytes) -> Ref:
        """Return the ref of a new result; one that can be changed is loaded anew when it is asked for."""
        if is_immutable(output):
            return Ref(cid.hex(), hid.hex(), self._source, output)
        return Ref(cid.hex(), hid.hex(), self._source)

    def _new_values(self, links: tuple[Link, ...], bound: Mapping[str, Any]) -> list[StoredValue]:
        """Encode the inputs that the store may lack, as they are before the body runs."""
        found = []
        for link in links:
            value = bound[link.name]
            if type(value) is Ref and value.comes_from(self._source):
                continue
            if is_small(value) or not self._is_stored(link.cid):
                found.append(values.store(self.plain(value), link.cid))
        return found

    def _is_stored(self, cid: bytes) -> bool:
        if cid in self._stored:
            return True
        try:
            return self._store.has_value(cid)
        except StoreError:
            return False

    # --- records

    def _entry(
        self,
        op: Operation,
        key: CallKey,
        outputs: tuple[tuple[bytes, bytes], ...],
        new_values: list[StoredValue] | tuple[()],
        status: CallStatus,
        span: Span,
        took: float,
        *,
        executed: bool = True,
        error: str = "",
    ) -> CallEntry:
        return CallEntry(
            hid=key.hid,
            cid=key.cid,
            spec=op.spec,
            version=key.version,
            inputs=key.links,
            outputs=[Link(op.spec.output_name(at), at, hid, cid) for at, (hid, cid) in enumerate(outputs)],
            values=new_values,
            status=status,
            started_s=span.started_s,
            duration_s=took,
            span=span,
            executed=executed,
            error=error,
        )

    def _record(self, entry: CallEntry, op: Operation) -> bool:
        try:
            self._store.record(entry)
        except StoreError as error:
            warn_user(f"the call of {op.spec.name} could not be recorded; its result is returned: {error}")
            return False
        for value in entry.values:
            if len(self._stored) >= _INDEX_SIZE:
                self._stored.clear()
            self._stored[value.cid] = None
        if entry.status == "ok":
            pairs = tuple((link.hid, link.cid) for link in entry.outputs)
            self._remember(Found(entry.hid, pairs, entry.duration_s))
        self.recorder.tell(entry.span)
        return True


def _text_of(error: BaseException) -> str:
    """Return the traceback of an error from the user's own code on, as text that any store takes."""
    lines = traceback.format_exception(type(error), error, users_part(error.__traceback__))
    return "".join(lines).encode("utf-8", "backslashreplace").decode()
