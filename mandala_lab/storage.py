"""`Storage`: the public face of a store of memoized calls. Methods only delegate."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from mandala_lab.computation_frame import ComputationFrame
from mandala_lab.frame.build import FrameBuilder
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.memo import context
from mandala_lab.memo.decorator import Op
from mandala_lab.model.calls import Call, Span, SpanTotals
from mandala_lab.model.errors import nearest
from mandala_lab.model.hashing import DIGEST_SIZE
from mandala_lab.model.ops import CodeVersion, OpSpec
from mandala_lab.model.refs import Ref, unwrapped
from mandala_lab.ports.call_store import CallStore
from mandala_lab.replay.replay import Replay, Scope, run_replay
from mandala_lab.wiring import MEMORY, assemble


class Storage:
    """Keeps the calls of ops, with their inputs, results, code, time and order.

    Parameters
    ----------
    db_path
        File of the store, made if it is missing, or ``":memory:"``.
    session
        What this session belongs to, the same when it is repeated: by default
        the notebook's path, else the script's.

    Raises
    ------
    StoreError
        When the file cannot be opened or is no store.

    Examples
    --------
    >>> from mandala_lab import Storage, op
    >>> @op
    ... def square(x):
    ...     return x * x
    >>> with Storage() as storage:
    ...     nine = square(3)
    ...     again = square(3)
    >>> storage.unwrap(again), storage.stats().cached
    (9, 1)
    """

    def __init__(self, db_path: str | Path = MEMORY, *, session: str | None = None) -> None:
        self._parts = assemble(db_path, session)
        # Spans of hits outlive a script that ends without close(); so do refs of a storage that is gone.
        self._finalizer = weakref.finalize(self, self._parts.release)

    @property
    def path(self) -> str:
        """Absolute path of the store, or ``":memory:"``."""
        return self._parts.path

    @property
    def store(self) -> CallStore:
        """The call store, for those who build on it."""
        return self._parts.store

    @property
    def run(self) -> str:
        """Id of this session's run."""
        return self._parts.recorder.run.id

    @property
    def session(self) -> str:
        """What this session belongs to."""
        return self._parts.recorder.run.session

    # --- recording

    def __enter__(self) -> Self:
        context.enter_engine(self._parts.engine)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        context.leave_engine()
        self._parts.recorder.flush()

    def activate(self) -> None:
        """Answer calls everywhere in this process where no other storage was entered."""
        context.set_default_engine(self._parts.engine)

    def deactivate(self) -> None:
        """Undo `activate`."""
        context.set_default_engine(None)

    def allow_new_calls(self, allow: bool) -> None:
        """Say whether calls that are not recorded may run; else they raise `NewCallError`."""
        self._parts.engine.allow_new_calls = allow

    def flush(self) -> None:
        """Write the spans of hits that are still in memory (calls are written at once)."""
        self._parts.recorder.flush()

    def clear_cache(self) -> None:
        """Empty the memory of this process; the next hits read the store."""
        self._parts.engine.forget()

    def close(self) -> None:
        """Write what is left and release the store; repeating is harmless."""
        self._finalizer()
        self._parts.store.close()

    def subscribe(self, callback: Callable[[Span], None]) -> Callable[[], None]:
        """Call `callback` with every span from now on; returns the function that ends it.

        It is called on the thread of the call, so it must be quick.
        """
        self._parts.recorder.listen(callback)
        return lambda: self._parts.recorder.unlisten(callback)

    # --- values and records

    def unwrap(self, obj: Any) -> Any:
        """Return values in place of refs, also inside lists, tuples, dicts and sets."""
        return unwrapped(obj)

    def load_ref(self, hid: str) -> Ref:
        """Return the ref with this history, its value loaded; `LookupError` if there is none."""
        found = self.store.refs([hid])
        if not found:
            raise LookupError(f"no ref has the hid {hid!r}")
        found[0].value  # noqa: B018 - loads it
        return found[0]

    def get_ref_creator(self, ref: Ref) -> Call | None:
        """Return the call that made a ref; ``None`` for a free-standing input."""
        return next(iter(self.store.creators([ref.hid])), None)

    def get_call(self, hid: str) -> Call:
        """Return the call with this hid, or with a hid that begins so; `LookupError` if there is none."""
        if len(hid) == 2 * DIGEST_SIZE:
            found = self.store.calls([hid])
        else:
            found = [call for call in self.store.calls_of_session(None) if hid and call.hid.startswith(hid)]
        if len(found) != 1:
            many = "no call has" if not found else f"{len(found)} calls have"
            raise LookupError(f"{many} a hid beginning with {hid!r}; storage.calls() lists the calls")
        return found[0]

    def calls(
        self,
        op: Op[..., Any] | str | None = None,
        status: Literal["ok", "error"] | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> list[Call]:
        """Find calls by op (or its name), by status, and by argument values.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def root(x, n):
        ...     return x ** (1 / n)
        >>> with Storage() as storage:
        ...     _ = [root(8, n) for n in (1, 2, 3)]
        >>> [call.name for call in storage.calls(root, where={"n": 3})]
        ['root']
        """
        if status not in {None, "ok", "error"}:
            raise ValueError(f"status={status!r} is not a choice; {nearest(str(status), ['ok', 'error'])}")
        specs = [spec for spec in self.store.ops() if _is_meant(spec, op)]
        found = [call for spec in specs for call in self.store.calls_of_op(spec.key)]
        known = dict.fromkeys(name for call in found for name in call.inputs)
        for name in where or {}:
            if found and name not in known:
                raise ValueError(f"where names {name!r}, which none of these calls has; {nearest(name, known)}")
        return [call for call in found if (status is None or call.status == status) and _matches(call, where or {})]

    def versions(self, op: Op[..., Any]) -> list[CodeVersion]:
        """Return the recorded code versions of an op, oldest first."""
        return self.store.versions(op.spec.key)

    def stats(self, *, everything: bool = False) -> SpanTotals:
        """Return what happened in this session's run, or in the store in all (`everything`)."""
        self.flush()
        return self.store.totals(run=None if everything else self.run)

    # --- frames and replay

    def cf(self, source: Op[..., Any] | Ref | Iterable[Ref] | str | None = None) -> ComputationFrame:
        """Make a frame.

        Parameters
        ----------
        source
            An op (all its calls), a ref or refs (a variable to expand from), or
            the word ``"run"`` (what occurred in this session, here and in
            earlier runs of the same notebook); ``None`` is all that is stored.

        Raises
        ------
        ValueError
            For anything else.
        """
        self.flush()
        builder = FrameBuilder()
        if source is None or (isinstance(source, str) and source == "run"):
            builder.add_calls(self.store.calls_of_session(None if source is None else self.session))
        elif isinstance(source, Op):
            builder.add_calls(self.store.calls_of_op(source.spec.key))
        elif isinstance(source, Ref):
            builder.add_refs([source], "v")
        elif not isinstance(source, str) and isinstance(source, Iterable):
            refs = list(source)
            if not all(isinstance(ref, Ref) for ref in refs):
                raise ValueError("a frame is made from refs, and some of these are not; pass results of ops")
            if refs:
                builder.add_refs(refs, "v")
        else:
            raise ValueError(f"cannot make a frame from {source!r}; give an op, a Ref, several Refs, or 'run'")
        return ComputationFrame(builder.graph(), self.store)

    def replay(
        self,
        call: Call,
        /,
        *,
        scope: Scope = "call",
        set: Mapping[str, Any] | None = None,  # noqa: A002 - the field's word, for arguments named like an option
        **changed_args: Any,
    ) -> Replay:
        """Run a recorded call again, with other arguments if some are given.

        Parameters
        ----------
        scope
            ``"call"`` runs only this call; ``"downstream"`` also the calls that
            depend on it through refs, up to where results are the same again.
        set
            Arguments by name, for those named like an option.

        Returns
        -------
        Replay
            Verdict and new frame; what was recorded before is untouched.

        Raises
        ------
        ValueError
            For an unknown argument or scope.
        ReplayError
            When the call cannot be run again, or its result not be compared or
            recorded; `.code` says why.
        """

        def face(graph: FrameGraph) -> ComputationFrame:
            return ComputationFrame(graph, self.store)

        return run_replay(self.store, self._parts.engine, call, {**(set or {}), **changed_args}, scope, face)

    def __repr__(self) -> str:
        return f"Storage({self.path!r}, {self.store.count_calls()} calls)"


def _is_meant(spec: OpSpec, op: Op[..., Any] | str | None) -> bool:
    if isinstance(op, Op):
        return spec.key == op.spec.key
    if op is None or isinstance(op, str):
        return op is None or op in {spec.name, spec.key}
    raise TypeError(f"calls of what? Give an op or its name, not {type(op).__name__}")


def _matches(call: Call, where: Mapping[str, Any]) -> bool:
    """Whether a call has these arguments; values are compared by content."""
    from mandala_lab.memo.encoding import content_id

    for name, value in where.items():
        ref = call.inputs.get(name)
        wanted = value.cid if isinstance(value, Ref) else content_id(value).hex()
        if ref is None or ref.cid != wanted:
            return False
    return True
