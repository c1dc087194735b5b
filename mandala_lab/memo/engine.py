"""The engine: one memoized call, from its arguments to its result.

Order of a call: bind, digest the arguments, look up (index in memory, then the
store by history, then by content), else run the body inside a span and record
everything in one transaction. Keys are taken before the body runs. Storing that
fails never costs the caller the value: it is returned with one warning.
"""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mandala_lab.memo import context, values
from mandala_lab.memo.binding import Binder
from mandala_lab.memo.context import OpenSpan
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.recorder import Recorder
from mandala_lab.model.calls import CallEntry, CallStatus, Found, Link, Span
from mandala_lab.model.errors import MandalaLabWarning, NewCallError, StoreError, UnstorableError
from mandala_lab.model.hashing import combine
from mandala_lab.model.ops import CodeVersion, OpSpec
from mandala_lab.model.refs import Ref, ValueSource, unwrapped
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.version_resolver import VersionResolver

_INDEX_SIZE = 100_000
_IMMUTABLE = (type(None), bool, int, float, complex, str, bytes)


class Operation(Protocol):
    """What the engine needs to know of an op."""

    @property
    def spec(self) -> OpSpec:
        """Return identity and shape."""
        ...

    @property
    def f(self) -> Callable[..., Any]:
        """Return the plain function."""
        ...

    @property
    def binder(self) -> Binder:
        """Return what binds its arguments."""
        ...

    @property
    def fixed_version(self) -> str | None:
        """Return the version given by the user."""
        ...


@dataclass(frozen=True, slots=True)
class _Key:
    """The ids of a call about to be answered."""

    hid: bytes
    cid: bytes
    version: CodeVersion
    links: tuple[Link, ...]


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
        self._versions = versions
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
            key = self._key(op, bound)
        except UnstorableError as error:
            return self._run_unkeyed(op, args, kwargs, error)
        found = self._look_up(op, key, parent)
        if found is not None:
            return Outcome(found.hid.hex(), executed=False, result=self._hand_out(op, found, plain=parent is not None))
        if not self.allow_new_calls:
            raise NewCallError(f"Call to {op.spec.name} does not exist and new calls are not allowed.")
        return self._execute(op, bound, (args, kwargs), key, parent)

    def forget(self) -> None:
        """Empty the index in memory."""
        self._index.clear()
        self._stored.clear()

    def version_of(self, op: Operation) -> CodeVersion:
        """Return the code version that a call would run now."""
        if op.fixed_version is not None:
            source = self._versions.resolve(op.f).version.source
            return CodeVersion(combine(b"named version", op.fixed_version.encode()), source)
        return self._versions.resolve(op.f).version

    def plain(self, value: Any) -> Any:
        """Return what a body receives for an argument: a value that nobody else holds."""
        return unwrapped(value, self._own)

    def _own(self, ref: Ref) -> Any:
        if not ref.cid or (ref.in_memory and type(ref.obj) in _IMMUTABLE):
            return ref.value
        return self._source.load_value(ref.cid)

    # --- keys

    def _key(self, op: Operation, bound: Mapping[str, Any]) -> _Key:
        version = self.version_of(op)
        reads = [] if op.fixed_version is not None else self._read_globals(op)
        links = tuple(
            self._link(name, position, value)
            for position, (name, value) in enumerate(bound.items())
            if name not in op.spec.ignored
        )
        head = [op.spec.key.encode(), version.digest, *reads]
        by_content, by_history = list(head), list(head)
        for link in links:
            name = link.name.encode()
            by_content += (name, link.cid)
            by_history += (name, link.hid)
        return _Key(combine(b"call", *by_history), combine(b"content", *by_content), version, links)

    def _read_globals(self, op: Operation) -> list[bytes]:
        """Digest the global data that the op reads; what has no digest is warned about."""
        parts: list[bytes] = []
        for name, value in self._versions.resolve(op.f).read_globals():
            try:
                parts += (name.encode(), content_id(value.value if isinstance(value, Ref) else value))
            except UnstorableError:
                _warn(f"op {op.spec.name} reads the global {name!r}, whose changes cannot be seen: pass it instead")
        return parts

    def _link(self, name: str, position: int, value: Any) -> Link:
        if isinstance(value, Ref):
            if not value.cid:
                raise UnstorableError(f"argument {name!r} is the result of a call that could not be stored")
            return Link(name, position, bytes.fromhex(value.hid), bytes.fromhex(value.cid))
        try:
            cid = content_id(value)
        except UnstorableError as error:
            raise UnstorableError(f"argument {name!r}: {error}") from None
        return Link(name, position, combine(b"input", cid), cid)

    # --- hits

    def _look_up(self, op: Operation, key: _Key, parent: OpenSpan | None) -> Found | None:
        found = self._index.get(key.hid)
        if found is None:
            try:
                found = self._store.find(key.hid)
                same = self._store.find_content(key.cid) if found is None else None
            except StoreError as error:
                _warn(f"the store could not be read, so {op.spec.name} runs: {error}")
                return None
            if same is not None:
                return self._adopt(op, key, same, parent)
            if found is None:
                return None
            self._remember(found)
        self.recorder.hit(found.hid.hex(), parent)
        return found

    def _adopt(self, op: Operation, key: _Key, same: Found, parent: OpenSpan | None) -> Found:
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
        results = [self.plain(ref) for ref in refs] if plain else refs
        return results[0] if _is_single(op.spec, len(results)) else tuple(results)

    # --- misses

    def _execute(
        self,
        op: Operation,
        bound: Mapping[str, Any],
        spelled: tuple[tuple[Any, ...], Mapping[str, Any]],
        key: _Key,
        parent: OpenSpan | None,
    ) -> Outcome:
        inputs = self._new_values(key.links, bound)
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
            trace = "".join(traceback.format_exception(error))
            self._record(self._entry(op, key, (), inputs, "error", span, took, error=trace), op)
            raise
        try:
            stored = [values.store(output) for output in outputs]
        except UnstorableError as error:
            _warn(f"the result of {op.spec.name} is returned but not stored: {error}")
            return Outcome("", executed=True, result=self._unstored(op, outputs, plain=parent is not None))
        pairs = tuple(
            (combine(b"output", key.hid, position.to_bytes(4, "big")), value.cid)
            for position, value in enumerate(stored)
        )
        span = self.recorder.span(opened, parent, hid, "computed", started, took)
        saved = self._record(self._entry(op, key, pairs, [*inputs, *stored], "ok", span, took), op)
        if parent is not None:
            return Outcome(hid, executed=True, result=result)
        if not saved:
            return Outcome("", executed=True, result=self._unstored(op, outputs, plain=False))
        refs = [self._fresh(output, *pair) for output, pair in zip(outputs, pairs, strict=True)]
        return Outcome(hid, executed=True, result=refs[0] if _is_single(op.spec, len(refs)) else tuple(refs))

    def _run(self, op: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        return op.f(*map(self.plain, args), **{name: self.plain(value) for name, value in kwargs.items()})

    def _run_unkeyed(
        self, op: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any], why: UnstorableError
    ) -> Outcome:
        _warn(f"{op.spec.name} runs and is not remembered: {why}")
        parent = context.current_span()
        with context.inside(OpenSpan(None, 0 if parent is None else parent.depth + 1)):
            result = self._run(op, args, kwargs)
        outputs = split_outputs(op.spec, result)
        return Outcome("", executed=True, result=self._unstored(op, outputs, plain=parent is not None))

    def _unstored(self, op: Operation, outputs: list[Any], *, plain: bool) -> Any:
        results = outputs if plain else [Ref("", "", None, output) for output in outputs]
        return results[0] if _is_single(op.spec, len(results)) else tuple(results)

    def _fresh(self, output: Any, hid: bytes, cid: bytes) -> Ref:
        """Return the ref of a new result; one that can be changed is loaded anew when it is asked for."""
        if type(output) in _IMMUTABLE:
            return Ref(cid.hex(), hid.hex(), self._source, output)
        return Ref(cid.hex(), hid.hex(), self._source)

    def _new_values(self, links: tuple[Link, ...], bound: Mapping[str, Any]) -> list[StoredValue]:
        """Encode the inputs that the store may lack, as they are before the body runs."""
        found = []
        for link in links:
            value = bound[link.name]
            if not isinstance(value, Ref) and not self._is_stored(link.cid):
                found.append(values.store(value, link.cid))
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
        key: _Key,
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
            _warn(f"the call of {op.spec.name} could not be recorded; its result is returned: {error}")
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


def split_outputs(spec: OpSpec, result: Any) -> list[Any]:
    """Return the outputs of a result: by default a tuple is several.

    Raises
    ------
    ValueError
        When the op declares another number of outputs.
    """
    if spec.nout == 1 or (spec.nout == 0 and (type(result) is not tuple or not result)):
        return [result]
    found = len(result) if isinstance(result, tuple | list) else 1
    if spec.nout not in {0, found}:
        raise ValueError(
            f"op {spec.name} declares {spec.nout} outputs and returned {found}; "
            "return a tuple of that length or correct nout or output_names"
        )
    return list(result)


def _is_single(spec: OpSpec, outputs: int) -> bool:
    return spec.nout == 1 or (spec.nout == 0 and outputs == 1)


def _warn(message: str) -> None:
    warnings.warn(message, MandalaLabWarning, stacklevel=5)
