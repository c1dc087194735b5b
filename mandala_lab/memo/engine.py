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
from typing import Any

from mandala_lab.memo import context
from mandala_lab.memo.asked import Asked, Outcome, Unkeyed, unstored
from mandala_lab.memo.attempt import Attempt, text_of
from mandala_lab.memo.context import OpenSpan
from mandala_lab.memo.encoding import recognised
from mandala_lab.memo.hits import Hit, Hits, remember
from mandala_lab.memo.intake import Intake, warn_of_changed_inputs
from mandala_lab.memo.keying import ANY_NUMBER, Keyer, Operation, OpState, left_out
from mandala_lab.memo.outputs import is_lazy, joined_outputs, split_outputs
from mandala_lab.memo.reasons import reason_of
from mandala_lab.memo.recorder import Recorder
from mandala_lab.memo.special import plain
from mandala_lab.memo.structures import Structures
from mandala_lab.memo.succession import OnChange, Succession
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import CallEntry, Found, Made, MissReason, Span
from mandala_lab.model.errors import NewCallError, StoreError, UnstorableError
from mandala_lab.model.hashing import combine
from mandala_lab.model.refs import Ref, ValueSource
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.version_resolver import VersionResolver


class Engine:
    """Answers the calls of ops for one storage.

    Parameters
    ----------
    store, versions, recorder
        The seams: where calls are kept, what code they run, which session it is.
    source
        What refs load their values from.
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
        on_change: OnChange = "recompute",
        surroundings: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.allow_new_calls = True
        self.misses: Counter[str] = Counter()
        self.recorder = recorder
        self.succession = Succession(store, versions, on_change)
        self.structures = Structures(store, source)
        self.keyer = Keyer(versions, self.succession, self.structures.giver, surroundings)
        self._store = store
        self._hits = Hits(source)
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
        asked = self._prepare(self.keyer.state(op), op.binder.values(*args, **kwargs))
        if isinstance(asked, Outcome):
            return asked.result
        if isinstance(asked, Unkeyed):
            with context.inside(asked.span):
                outputs = split_outputs(op.spec, await self._run(op, asked.values))
            return unstored(op, outputs, asked.parent).result
        with Attempt(self.recorder, asked, self.record_failure) as attempt:
            outputs = split_outputs(op.spec, await self._run(op, asked.values))
        return self._succeeded(attempt, outputs).result

    def _answer(self, state: OpState, arguments: tuple[Any, ...]) -> Outcome:
        op, asked = state.op, self._prepare(state, arguments)
        if isinstance(asked, Outcome):
            return asked
        if isinstance(asked, Unkeyed):
            with context.inside(asked.span):
                outputs = split_outputs(op.spec, self._run(op, arguments))
            return unstored(op, outputs, asked.parent)
        with Attempt(self.recorder, asked, self.record_failure) as attempt:
            outputs = split_outputs(op.spec, self._run(op, arguments))
        return self._succeeded(attempt, outputs)

    def forget(self) -> None:
        """Empty the memory of answers, and of large arguments that were met."""
        recognised.forget()
        self._hits.clear()
        self.keyer.forget()
        self._intake.forget()
        self.structures.forget()

    def made_of(self, kind: str, items: Sequence[Ref], keys: Sequence[Any]) -> bytes:
        """Record that a collection is made of refs, and return the history id of that call."""
        maker = self._intake.made_of(kind, items, keys)
        self.recorder.write(maker)
        return maker.hid

    def plain(self, value: Any) -> Any:
        """Return what a body receives for an argument: a value that nobody else holds."""
        return plain(value, Ref.own_value)

    def _run(self, op: Operation, arguments: tuple[Any, ...]) -> Any:
        args, kwargs = op.binder.arguments([self.plain(value) for value in arguments])
        return op.f(*args, **kwargs)

    def _prepare(self, state: OpState, arguments: tuple[Any, ...]) -> Outcome | Asked | Unkeyed:
        """Return the outcome of a hit, or what is to run."""
        op, parent = state.op, context.current_span()
        try:
            asked = self._asked(state, arguments, parent)
            hit = self._look_up(asked) if op.spec.answers else None
            if hit is not None:
                remember(state, arguments, hit)
                return Outcome(hit.call, executed=False, result=self._hits.answer(hit, plain=parent is not None))
            if not self.allow_new_calls:
                raise NewCallError(f"Call to {op.spec.name} does not exist and new calls are not allowed.")
            self.misses[self._reason(asked)] += 1
            self._intake.take_inputs(asked)
        except UnstorableError as error:
            self.misses["not keyed"] += 1
            warn_user(f"{op.spec.name} runs and is not remembered: {error}")
            return Unkeyed(op, arguments, parent)
        return asked

    def _asked(self, state: OpState, arguments: tuple[Any, ...], parent: OpenSpan | None) -> Asked:
        bound = state.op.binder.named(arguments)
        inputs = state.inputs(bound)
        hid = state.hid(inputs)
        if not state.spec.pure:  # each call is a history of its own
            hid = combine(b"impure", hid, self.recorder.unique())
        return Asked(state, arguments, bound, inputs, hid, parent)

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

    def _reason(self, asked: Asked) -> MissReason:
        try:
            return reason_of(self._store, asked)
        except StoreError:  # it was told of when the call was looked for
            return "store"

    def _find_same(self, asked: Asked) -> Found | None:
        """Return an equal call, of this code version or of one that stands in for it."""
        state, inputs = asked.state, asked.inputs
        standing, new = state.standing, left_out(asked.op, asked.inputs)
        before = standing.without(new, state.reads) if new else ()
        for prefix in (state.prefix, *standing.stand_ins, *before):
            own = prefix is state.prefix
            found = self._store.find_content(asked.cid if own else state.cid(inputs, prefix=prefix))
            if found is None and state.spec.nout != ANY_NUMBER:  # from before the op declared its outputs
                found = self._store.find_content(state.cid(inputs, ANY_NUMBER, prefix))
                found = found if found is not None and len(found.outputs) == state.spec.nout else None
            if found is not None:
                return found
        if self.succession.on_change == "error":
            for other in standing.others:
                if self._store.find_content(state.cid(inputs, prefix=other.prefix)) is not None:
                    raise self.succession.stale(state.spec, other.recorded.version, state.version)
        return None

    def _adopt(self, asked: Asked, same: Found) -> Hit:
        """Record a call with a history of its own and the result of an equal call."""
        opened = self.recorder.open(asked.parent)
        span = self.recorder.span(opened, asked.parent, asked.hid.hex(), "cached", time.time(), 0.0)
        outputs = self._intake.adopt(asked, same)
        self._record(asked, outputs, asked.new, span, same.duration_s, executed=False)
        return self._hits.add(Found(asked.hid, outputs, same.duration_s), asked.op.spec.nout)

    # --- misses

    def record_failure(self, attempt: Attempt, error: BaseException) -> None:
        """Record a call whose body raised."""
        asked = attempt.asked
        self._record(asked, (), asked.new, attempt.span(failed=True), attempt.took_s, error=text_of(error))

    def _succeeded(self, attempt: Attempt, outputs: list[Any]) -> Outcome:
        asked = attempt.asked
        op, plainly = asked.op, asked.parent is not None
        asked.state.ran = True
        warn_of_changed_inputs(asked)
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
        if not self._record(asked, made, new, attempt.span(), attempt.took_s):
            return unstored(op, outputs, asked.parent)
        self.keyer.warn_of_gaps(asked.state)
        hit = self._hits.add(Found(asked.hid, made, attempt.took_s), op.spec.nout, outputs)
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
        )
        try:
            self.recorder.write(*self._intake.around(asked, entry))
        except StoreError as trouble:
            warn_user(f"the call of {state.spec.name} could not be recorded; its result is returned: {trouble}")
            return False
        self._intake.remember(new)
        self.recorder.tell(span)
        return True
