"""The engine: one memoized call, from its arguments to its result.

Order of a call: what was answered before under the same code and the same plain
arguments is answered at once. Else make the key and look up (index in memory,
then the store by history, then by content), else run the body inside a span and
record everything in one transaction. Keys are taken before the body runs.
Storing that fails never costs the caller the value: it is returned with one warning.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mandala_lab.memo import context, inline, values
from mandala_lab.memo.context import OpenSpan
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.hits import Hit, Hits, remember
from mandala_lab.memo.keying import ANY_NUMBER, Keyer, Operation, OpState, inputs_of
from mandala_lab.memo.outputs import joined_outputs, split_outputs
from mandala_lab.memo.recorder import Recorder
from mandala_lab.memo.warn import users_part, warn_user
from mandala_lab.model.calls import CallEntry, Found, Given, Made
from mandala_lab.model.errors import NewCallError, StoreError, UnstorableError
from mandala_lab.model.refs import Ref, ValueSource, is_immutable, unwrapped
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.version_resolver import VersionResolver

_STORED_SIZE = 100_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What answering a call came to: its id, whether the body ran, and the result."""

    call: str
    executed: bool
    result: Any


@dataclass(slots=True)
class Asked:
    """A call on its way: what was asked, under which key, and what its inputs bring into the store."""

    state: OpState
    values: tuple[Any, ...]
    bound: dict[str, Any]
    inputs: tuple[Given, ...]
    hid: bytes
    parent: OpenSpan | None
    new: list[StoredValue]

    @property
    def op(self) -> Operation:
        """The op."""
        return self.state.op


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
        self._hits = Hits(source)
        self._stored: dict[bytes, None] = {}

    def call(self, op: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Answer a call as its caller sees it: refs, or plain values inside a body."""
        state = self.keyer.state(op)
        arguments = op.binder.values(*args, **kwargs)
        try:
            known = state.known.get(tuple(map(type, arguments)))
        except Exception:  # a hostile metaclass refuses to be hashed
            known = None
        hit: Hit | None = None if known is None else known.get(arguments)
        if hit is None:
            return self._answer(state, arguments).result
        parent = context.current_span()
        self.recorder.hit(hit.call, parent)
        if parent is None and hit.shared is not None:
            return hit.shared
        return self._hits.answer(hit, plain=parent is not None)

    def answer(self, op: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Outcome:
        """Answer a call and say how."""
        return self._answer(self.keyer.state(op), op.binder.values(*args, **kwargs))

    def forget(self) -> None:
        """Empty the memory of answers."""
        self._hits.clear()
        self.keyer.forget()
        self._stored.clear()

    def plain(self, value: Any) -> Any:
        """Return what a body receives for an argument: a value that nobody else holds."""
        return unwrapped(value, Ref.own_value)

    def _answer(self, state: OpState, arguments: tuple[Any, ...]) -> Outcome:
        op, parent = state.op, context.current_span()
        bound = op.binder.named(arguments)
        try:
            inputs = inputs_of(op.spec, bound)
        except UnstorableError as error:
            return self._run_unkeyed(op, arguments, error)
        asked = Asked(state, arguments, bound, inputs, state.hid(inputs), parent, list(state.new_reads))
        hit = self._look_up(asked)
        if hit is not None:
            remember(state, arguments, hit)
            return Outcome(hit.call, executed=False, result=self._hits.answer(hit, plain=parent is not None))
        if not self.allow_new_calls:
            raise NewCallError(f"Call to {op.spec.name} does not exist and new calls are not allowed.")
        try:
            self._take_inputs(asked)
        except UnstorableError as error:
            return self._run_unkeyed(op, arguments, error)
        return self._execute(asked)

    # --- hits

    def _look_up(self, asked: Asked) -> Hit | None:
        hit = self._hits.get(asked.hid)
        if hit is None:
            try:
                found = self._store.find(asked.hid)
                if found is None:
                    same = self._find_same(asked)
                    return None if same is None else self._adopt(asked, same)
            except StoreError as error:
                warn_user(f"the store could not be read, so {asked.op.spec.name} runs: {error}")
                return None
            hit = self._hits.add(found, asked.op.spec.nout)
        self.recorder.hit(hit.call, asked.parent)
        return hit

    def _find_same(self, asked: Asked) -> Found | None:
        """Return an equal call; one from before the op declared its outputs counts if their number fits."""
        nout = asked.op.spec.nout
        same = self._store.find_content(asked.state.cid(asked.inputs))
        if same is None and nout != ANY_NUMBER:
            before = self._store.find_content(asked.state.cid(asked.inputs, ANY_NUMBER))
            same = before if before is not None and len(before.outputs) == nout else None
        return same

    def _adopt(self, asked: Asked, same: Found) -> Hit:
        """Record a call with a history of its own and the result of an equal call."""
        opened = self.recorder.open(asked.parent)
        span = self.recorder.span(opened, asked.parent, asked.hid.hex(), "cached", time.time(), 0.0)
        entry = self._entry(asked, same.outputs, [], span=span, took=same.duration_s, executed=False)
        self._record(entry, asked.op)
        return self._hits.add(Found(asked.hid, same.outputs, same.duration_s), asked.op.spec.nout)

    # --- misses

    def _execute(self, asked: Asked) -> Outcome:
        opened = self.recorder.open(asked.parent)
        started, clock = time.time(), time.perf_counter()
        token = context.enter_span(opened)
        try:
            result = self._run(asked.op, asked.values)
            outputs = split_outputs(asked.op.spec, result)
        except BaseException as error:
            self._failed(asked, opened, started, time.perf_counter() - clock, error)
            raise
        finally:
            context.leave_span(token)
        return self._succeeded(asked, opened, started, time.perf_counter() - clock, outputs)

    def _failed(self, asked: Asked, opened: OpenSpan, started: float, took: float, error: BaseException) -> None:
        span = self.recorder.span(opened, asked.parent, asked.hid.hex(), "error", started, took)
        self._record(self._entry(asked, (), asked.new, span=span, took=took, error=_text_of(error)), asked.op)

    def _succeeded(self, asked: Asked, opened: OpenSpan, started: float, took: float, outputs: list[Any]) -> Outcome:
        op, plain = asked.op, asked.parent is not None
        self._warn_of_changed_inputs(asked)
        new = list(asked.new)
        try:
            made = tuple([_made(output, new) for output in outputs])
        except UnstorableError as error:
            warn_user(f"the result of {op.spec.name} is returned but not stored: {error}")
            return Outcome("", executed=True, result=_unstored(op, outputs, plain=plain))
        hid = asked.hid.hex()
        span = self.recorder.span(opened, asked.parent, hid, "computed", started, took)
        saved = self._record(self._entry(asked, made, new, span=span, took=took), op)
        if saved:
            hit = self._hits.add(Found(asked.hid, made, took), op.spec.nout, outputs)
            remember(asked.state, asked.values, hit)
            if not plain:
                return Outcome(hid, executed=True, result=self._hits.answer(hit, plain=False))
        if plain:
            return Outcome(hid, executed=True, result=joined_outputs(op.spec, outputs))
        return Outcome("", executed=True, result=_unstored(op, outputs, plain=False))

    def _run(self, op: Operation, arguments: tuple[Any, ...]) -> Any:
        args, kwargs = op.binder.arguments([self.plain(value) for value in arguments])
        return op.f(*args, **kwargs)

    def _run_unkeyed(self, op: Operation, arguments: tuple[Any, ...], why: UnstorableError) -> Outcome:
        warn_user(f"{op.spec.name} runs and is not remembered: {why}")
        parent = context.current_span()
        token = context.enter_span(OpenSpan(None, 0 if parent is None else parent.depth + 1))
        try:
            result = self._run(op, arguments)
        finally:
            context.leave_span(token)
        outputs = split_outputs(op.spec, result)
        return Outcome("", executed=True, result=_unstored(op, outputs, plain=parent is not None))

    def _take_inputs(self, asked: Asked) -> None:
        """Encode the inputs that the store may lack, as they are before the body runs."""
        if all(given.data is not None for given in asked.inputs):
            return
        taken = []
        for given in asked.inputs:
            value = asked.bound[given.name]
            data = given.data
            ours = type(value) is Ref and value.comes_from(self._source)
            if data is None and not ours and not self._is_stored(given.cid):
                stored = values.store(self.plain(value), given.cid)
                data = inline.inlined(stored)
                asked.new += [stored] if data is None else []
            taken.append(given if data is given.data else Given(given.name, given.cid, given.origin, data))
        asked.inputs = tuple(taken)

    def _is_stored(self, cid: bytes) -> bool:
        if cid in self._stored:
            return True
        try:
            return self._store.has_value(cid)
        except StoreError:
            return False

    def _warn_of_changed_inputs(self, asked: Asked) -> None:
        for given in asked.inputs:
            value = asked.bound[given.name]
            if type(value) is not Ref and not is_immutable(value) and _differs(value, given.cid):
                warn_user(
                    f"{asked.op.spec.name} changed its argument {given.name!r} in place; the call is recorded with "
                    "the value from before: let the body change a copy and return it"
                )

    # --- records

    def _entry(
        self,
        asked: Asked,
        outputs: tuple[Made, ...],
        new: list[StoredValue],
        *,
        span: Any,
        took: float,
        executed: bool = True,
        error: str = "",
    ) -> CallEntry:
        return CallEntry(
            hid=asked.hid,
            cid=asked.state.cid(asked.inputs),
            spec=asked.op.spec,
            version=asked.state.code.version,
            inputs=asked.inputs,
            outputs=outputs,
            reads=asked.state.reads,
            values=new,
            status="error" if error else "ok",
            started_s=span.started_s,
            duration_s=took,
            span=span,
            executed=executed,
            error=error,
        )

    def _record(self, entry: CallEntry, op: Operation) -> bool:
        try:
            self.recorder.write(entry)
        except StoreError as error:
            warn_user(f"the call of {op.spec.name} could not be recorded; its result is returned: {error}")
            return False
        for value in entry.values:
            if len(self._stored) >= _STORED_SIZE:
                self._stored.clear()
            self._stored[value.cid] = None
        self.recorder.tell(entry.span)
        return True


def _made(output: Any, new: list[StoredValue]) -> Made:
    """Return an output as it is recorded; its value joins `new` unless it is small."""
    known = inline.small(output)
    if known is not None:
        return Made(*known)
    stored = values.store(output)
    data = inline.inlined(stored)
    if data is None:
        new.append(stored)
    return Made(stored.cid, data)


def _unstored(op: Operation, outputs: list[Any], *, plain: bool) -> Any:
    return joined_outputs(op.spec, outputs if plain else [Ref("", "", None, output) for output in outputs])


def _differs(value: Any, cid: bytes) -> bool:
    try:
        return content_id(value) != cid
    except UnstorableError:
        return True


def _text_of(error: BaseException) -> str:
    """Return the traceback of an error from the user's own code on, as text that any store takes."""
    lines = traceback.format_exception(type(error), error, users_part(error.__traceback__))
    return "".join(lines).encode("utf-8", "backslashreplace").decode()
