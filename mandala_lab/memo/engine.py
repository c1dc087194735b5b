"""The engine: one memoized call, from its arguments to its result.

Order of a call: what was answered before under the same code and the same plain
arguments is answered at once. Else make the key and look up (index in memory,
then the store by history, then by content), else run the body inside a span and
record everything in one transaction. Keys are taken before the body runs.
Storing that fails never costs the caller the value: it is returned with one warning.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from mandala_lab.memo import context
from mandala_lab.memo.asked import Asked, Outcome, Unkeyed, unstored
from mandala_lab.memo.attempt import Attempt, text_of
from mandala_lab.memo.context import OpenSpan
from mandala_lab.memo.encoding import recognised
from mandala_lab.memo.flights import Flights, Landing, Lease, Waiting
from mandala_lab.memo.hits import Hit, Hits, remember
from mandala_lab.memo.intake import Intake, changed_inputs, warn_of_unchanged_inputs
from mandala_lab.memo.keying import Keyer, Operation, OpState
from mandala_lab.memo.lookup import Lookup
from mandala_lab.memo.outputs import is_lazy, joined_outputs, split_outputs
from mandala_lab.memo.recorder import Recorder
from mandala_lab.memo.special import plain
from mandala_lab.memo.structures import Structures
from mandala_lab.memo.succession import Succession
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import CallEntry, Found, Made, Span
from mandala_lab.model.errors import NewCallError, StoreError, UnstorableError
from mandala_lab.model.hashing import combine
from mandala_lab.model.refs import Ref, ValueSource
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.version_resolver import VersionResolver
from mandala_lab.settings import OnChange


class Engine:
    """Answers the calls of ops for one storage.

    Parameters
    ----------
    store, versions, recorder
        The seams: where calls are kept, what code they run, which session it is.
    source
        What refs load their values from.
    flights
        The running calls of this store.
    on_change
        What an equal call under other code means (see `succession`).
    surroundings
        Further data, by name, on which every result depends: versions of packages.
    """

    def __init__(
        self,
        store: CallStore,
        versions: VersionResolver,
        recorder: Recorder,
        source: ValueSource,
        flights: Flights,
        on_change: OnChange = "recompute",
        surroundings: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.allow_new_calls = True
        self.misses: Counter[str] = Counter()
        self._told: set[str] = set()
        self.recorder = recorder
        self.succession = Succession(store, versions, on_change)
        self.structures = Structures(store, source)
        self.keyer = Keyer(versions, self.succession, self.structures.giver, surroundings)
        self._flights = flights
        self._hits = Hits(source)
        self._lookup = Lookup(store, recorder, self._hits, self.succession)
        self._intake = Intake(store, source, self.structures)

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

    def asked(self, op: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Asked:
        """Return what a call would ask, without making it.

        Raises
        ------
        UnstorableError
            When an argument has no content id.
        """
        return self._asked(self.keyer.state(op), op.binder.values(*args, **kwargs), None)

    async def call_async(self, op: Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Answer a call of an async op as its caller sees it."""
        begun = self._begin(self.keyer.state(op), op.binder.values(*args, **kwargs))
        try:
            asked = self._step(begun)
            while isinstance(asked, Waiting):
                asked = self._step(begun, waits=await asked.wait_async())
            if isinstance(asked, Outcome):
                return asked.result
            if isinstance(asked, Unkeyed):
                with context.inside(asked.span):
                    outputs = split_outputs(op.spec, await self._run(op, asked.values))
                return unstored(op, outputs, asked.parent).result
            with Attempt(self.recorder, asked, self.record_failure) as attempt:
                outputs = split_outputs(op.spec, await self._run(op, asked.values))
            return self._succeeded(attempt, outputs).result
        finally:
            self._land(begun)

    def _answer(self, state: OpState, arguments: tuple[Any, ...]) -> Outcome:
        op, begun = state.op, self._begin(state, arguments)
        try:
            asked = self._step(begun)
            while isinstance(asked, Waiting):
                asked = self._step(begun, waits=asked.wait())
            if isinstance(asked, Outcome):
                return asked
            if isinstance(asked, Unkeyed):
                with context.inside(asked.span):
                    outputs = split_outputs(op.spec, self._run(op, arguments))
                return unstored(op, outputs, asked.parent)
            with Attempt(self.recorder, asked, self.record_failure) as attempt:
                outputs = split_outputs(op.spec, self._run(op, arguments))
            return self._succeeded(attempt, outputs)
        finally:
            self._land(begun)

    def forget(self) -> None:
        """Empty the memory of answers, and of large arguments that were met."""
        recognised.forget()
        self.forget_stored()
        self.keyer.forget()

    def forget_stored(self) -> None:
        """Forget what is in the store, since some of it was deleted; how refs in hand were made is still known."""
        self.keyer.begin_anew()
        self._hits.clear()
        self._intake.forget()
        self.structures.forget()

    def arguments_of(self, call: str) -> tuple[Operation, tuple[Any, ...]] | None:
        """Return how a call was made, where that is in memory: an op, as it still is, and its arguments."""
        return self.keyer.arguments_of(call)

    def made_of(self, kind: str, items: Sequence[Ref], keys: Sequence[Any]) -> bytes:
        """Record that a collection is made of refs, and return the history id of that call."""
        maker = self._intake.made_of(kind, items, keys)
        self.recorder.write(maker)
        return maker.hid

    def plain(self, value: Any) -> Any:
        """Return what a body receives for an argument: a value that nobody else holds."""
        return plain(value, Ref.own_value)

    def _run(self, op: Operation, arguments: tuple[Any, ...]) -> Any:
        args, kwargs = op.binder.arguments(arguments)
        return op.f(*map(self.plain, args), **{name: self.plain(value) for name, value in kwargs.items()})

    # --- the steps to a hit, or to the running of a body

    def _begin(self, state: OpState, arguments: tuple[Any, ...]) -> Asked | Unkeyed:
        parent = context.current_span()
        try:
            return self._asked(state, arguments, parent)
        except UnstorableError as error:
            return self._unkeyed(Unkeyed(state.op, arguments, parent), error)

    def _unkeyed(self, call: Unkeyed, error: UnstorableError) -> Unkeyed:
        self.misses["not keyed"] += 1
        warn_user(f"{call.op.spec.name} runs and is not remembered: {error}")
        return call

    def _step(self, asked: Asked | Unkeyed, *, waits: bool = True) -> Outcome | Waiting | Asked | Unkeyed:
        """Return the outcome of a hit, what is to be waited for before the next step, or what is to run."""
        if isinstance(asked, Unkeyed):
            return asked
        op = asked.op
        hit = self._lookup.recorded(asked) if op.spec.answers else None
        if hit is not None:
            self.recorder.hit(hit.call, asked.parent)
        elif op.spec.answers:
            waiting = self._take_off(asked) if waits else None
            if waiting is not None:
                return waiting
            same = self._lookup.equal(asked)
            hit = None if same is None else self._adopt(asked, same)
        if hit is not None:
            if hit.found.changed and op.spec.key not in self._told:
                self._told.add(op.spec.key)
                warn_of_unchanged_inputs(op.spec.name, hit.found.changed)
            remember(asked.state, asked.values, hit)
            result = self._hits.answer(hit, plain=asked.parent is not None)
            return Outcome(hit.call, executed=False, result=result)
        if not self.allow_new_calls:
            _tell_of_unread(asked)
            missing = f"Call to {op.spec.name} does not exist"
            if asked.foreign:
                missing = f"The record of this call to {op.spec.name} is of somebody whom you do not trust"
            raise NewCallError(f"{missing} and new calls are not allowed.")
        self.misses[self._lookup.reason(asked)] += 1
        try:
            self._intake.take_inputs(asked)
        except UnstorableError as error:
            return self._unkeyed(Unkeyed(op, asked.values, asked.parent), error)
        return asked

    def _take_off(self, asked: Asked) -> Waiting | None:
        """Begin the flight of a call; else return what is to be waited for."""
        if asked.flight is not None:
            return None
        begun = self._flights.begin(asked.cid, asked.parent, asked.op.spec.name)
        if isinstance(begun, Landing):
            return begun
        asked.flight = begun.flight if isinstance(begun, Lease) else begun
        return begun if isinstance(begun, Lease) else None

    def _land(self, asked: Asked | Unkeyed) -> None:
        if isinstance(asked, Asked) and asked.flight is not None:
            self._flights.land(asked.flight, self.recorder.when_written)

    def _asked(self, state: OpState, arguments: tuple[Any, ...], parent: OpenSpan | None) -> Asked:
        bound = state.op.binder.named(arguments)
        inputs = state.inputs(bound)
        hid = state.hid(inputs)
        if not state.spec.pure:  # each call is a history of its own
            hid = combine(b"impure", hid, self.recorder.unique())
        return Asked(state, arguments, bound, inputs, hid, parent)

    # --- hits

    def _adopt(self, asked: Asked, same: Found) -> Hit:
        """Record a call with a history of its own and the result of an equal call."""
        opened = self.recorder.open(asked.parent)
        span = self.recorder.span(opened, asked.parent, asked.hid.hex(), "cached", time.time(), 0.0)
        with suppress(UnstorableError):  # it goes by its content id, then
            self._intake.take_inputs(asked)
        outputs = self._intake.adopt(asked, same)
        self._record(asked, outputs, asked.new, span, same.duration_s, executed=False, changed=same.changed)
        return self._hits.add(Found(asked.hid, outputs, same.duration_s, same.changed), asked.op.spec.nout)

    # --- misses

    def record_failure(self, attempt: Attempt, error: BaseException) -> None:
        """Record a call whose body raised."""
        asked = attempt.asked
        self._record(asked, (), asked.new, attempt.span(failed=True), attempt.took_s, error=text_of(error))

    def _succeeded(self, attempt: Attempt, outputs: list[Any]) -> Outcome:
        asked = attempt.asked
        op, plainly = asked.op, asked.parent is not None
        asked.state.ran = True
        changed = changed_inputs(asked)
        self.keyer.warn_of_changed_reads(asked.state)
        if is_lazy(outputs):
            warn_user(f"{op.spec.name} returns items that are made one by one, so nothing is stored: return a list")
            return unstored(op, outputs, asked.parent)
        new = asked.new
        try:
            made = self._intake.make_outputs(asked, outputs, new)
        except UnstorableError as error:
            warn_user(f"the result of {op.spec.name} is returned but not stored: {error}")
            return unstored(op, outputs, asked.parent)
        if not self._record(asked, made, new, attempt.span(), attempt.took_s, changed=changed):
            return unstored(op, outputs, asked.parent)
        self.keyer.warn_of_gaps(asked.state)
        hit = self._hits.add(Found(asked.hid, made, attempt.took_s, changed), op.spec.nout, outputs)
        if op.spec.answers:
            remember(asked.state, asked.values, hit)
        result = joined_outputs(op.spec, outputs) if plainly else self._hits.first_answer(hit, op.spec, outputs)
        return Outcome(hit.call, executed=True, result=result)

    def _program(self, state: OpState) -> bytes | None:
        """Return the program of an op with the first call of a new version."""
        if state.has_program or not state.standing.is_new:
            return None
        state.has_program = True
        from mandala_lab.memo.program import to_program

        return to_program(state, lambda op: self.keyer.state(op).version)

    def _record(
        self,
        asked: Asked,
        outputs: tuple[Made, ...],
        new: list[StoredValue],
        span: Span,
        took_s: float,
        *,
        executed: bool = True,
        error: str = "",
        changed: tuple[str, ...] = (),
    ) -> bool:
        state = asked.state
        entry = CallEntry(
            hid=asked.hid,
            cid=asked.cid,
            spec=state.spec,
            version=state.version,
            representative=state.standing.representative,
            prefix=state.prefix,
            inputs=asked.inputs,
            outputs=outputs,
            reads=state.reads,
            values=new,
            status="error" if error else "ok",
            started_s=span.started_s,
            duration_s=took_s,
            span=span,
            executed=executed,
            error=error,
            program=self._program(state),
            changed=changed,
        )
        try:
            self.recorder.write(*self._intake.around(asked, entry))
        except StoreError as trouble:
            warn_user(f"the call of {state.spec.name} could not be recorded; its result is returned: {trouble}")
            return False
        _tell_of_unread(asked)
        self._intake.remember(new)
        self.recorder.tell(span)
        return True


def _tell_of_unread(asked: Asked) -> None:
    if asked.unread is not None:
        warn_user(f"the store could not be read, so {asked.op.spec.name} ran: {asked.unread}")
        asked.unread = None
