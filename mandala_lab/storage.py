"""`Storage`: the public face of a store of memoized calls. Methods only delegate."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NoReturn, Self, TypeVar, get_args

from mandala_lab.computation_frame import ComputationFrame
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.source import frame_of
from mandala_lab.memo import context
from mandala_lab.memo.decorator import Op, find_op
from mandala_lab.memo.encoding.forms import Form, add
from mandala_lab.memo.succession import OnChange
from mandala_lab.model.calls import Call, Span, Stats
from mandala_lab.model.errors import ArgumentError, nearest
from mandala_lab.model.ops import CodeVersion, OpSpec
from mandala_lab.model.refs import Ref, unwrapped
from mandala_lab.model.structures import RESERVED
from mandala_lab.ports.call_store import CallStore
from mandala_lab.records import attended, code, find
from mandala_lab.records.explain import Explanation, explain_asked, explain_recorded
from mandala_lab.records.tree import CallTree, tree_of_call, tree_of_run
from mandala_lab.replay.replay import Replay, Scope, run_replay
from mandala_lab.wiring import MEMORY, Durability, Options, assemble

Mode = Literal["run", "noop"]
_OF_TRACERS = (
    "deps_package",
    "skip_globals_silently",
    "skip_missing_deps",
    "skip_missing_silently",
    "skip_unhashable_globals",
    "strict_tracing",
    "track_globals",
    "tracer_impl",
)
S = TypeVar("S")


class Storage:
    """Keeps the calls of ops, with their inputs, results, code, time and order.

    Parameters
    ----------
    db_path
        File of the store, made if it is missing, or ``":memory:"``.
    overflow_dir, overflow_threshold_MB
        Folder of the values that are larger than so many MB (2**20 bytes), a file
        for each: by default beside the file of the store, named like it with
        ``.values``. The store remembers a chosen folder.
    deps_path
        Ask about changed code on entering a block, as mandala does: ``"__main__"``
        for the ops of this notebook or script, a path for those in that file or
        below that folder. Each changed dependency is asked about once: ``y``
        recompute, ``n`` compatible, ``a`` abort (`StaleCodeError`, which is also
        raised where nobody can answer). By default nothing ever asks.
    on_change
        What an equal call that was recorded under other code means:
        ``"recompute"`` it and keep both, ``"reuse"`` the recorded result,
        ``"warn"`` (reuse, and say what changed) or ``"error"`` (`StaleCodeError`).
    session
        What this session belongs to, the same when it is repeated: by default
        the notebook's path, else the script's.
    deps_package, skip_globals_silently, skip_missing_deps, skip_missing_silently, \
    skip_unhashable_globals, strict_tracing, track_globals, tracer_impl
        Options of mandala's tracers: accepted, and without effect.
    group_commits_ms
        Calls that come within so many milliseconds are committed together: quicker
        for many small calls, and a crash may lose those of the last moment. With
        0 a call is committed before its caller goes on. `commit` waits for all.
    durability
        What a committed call survives: the death of the ``"process"``, or also that
        of the machine (``"power"``: each commit waits for the disk).
    progress
        Whether a loop of calls that goes on for more than a second shows how far
        it is, in a notebook or a terminal. ``MANDALA_LAB_PROGRESS=0`` in the
        environment says no for all storages.

    Raises
    ------
    StoreError
        When the file cannot be opened or is no store.
    TypeError
        For an unknown option.
    ValueError
        When an option is not a choice.

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

    def __init__(
        self,
        db_path: str | Path = MEMORY,
        overflow_dir: str | Path | None = None,
        overflow_threshold_MB: float = 50.0,  # noqa: N803 - mandala's name
        deps_path: str | Path | None = None,
        *,
        on_change: OnChange = "recompute",
        session: str | None = None,
        group_commits_ms: float = 0,
        durability: Durability = "process",
        progress: bool = True,
        **of_tracers: Any,
    ) -> None:
        _refuse_unknown(of_tracers)
        self._asks_about = attended.checked_place(deps_path, on_change)
        options = Options(
            session, on_change, group_commits_ms, overflow_dir, overflow_threshold_MB, durability, progress
        )
        self._parts = assemble(db_path, options)
        self._exit_hooks: list[Callable[[Storage], None]] = []
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
        if self._asks_about is not None and not context.is_entered(self._parts.engine):
            attended.ask_about_changes(self._written, self._parts.engine, self._asks_about, self._parts.recorder.run)
        context.enter_engine(self._parts.engine)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        context.leave_engine()
        if context.is_entered(self._parts.engine):
            self._parts.recorder.flush()
        else:
            self.rest()
        for hook in self._exit_hooks:
            hook(self)

    def __call__(self, mode: Mode = "run") -> AbstractContextManager[Any, bool | None]:
        """Return a block in which ops are memoized (``"run"``) or plain functions (``"noop"``)."""
        if mode not in get_args(Mode):
            raise ValueError(f"mode={mode!r} is not a choice; {nearest(str(mode), get_args(Mode))}")
        return _no_operation(self) if mode == "noop" else self

    @property
    def mode(self) -> Mode:
        """``"noop"`` in a block in which ops are plain functions, else ``"run"``."""
        return "noop" if context.is_suspended() else "run"

    def activate(self) -> None:
        """Answer calls everywhere in this process where no other storage was entered."""
        context.set_default_engine(self._parts.engine)

    def deactivate(self) -> None:
        """Undo `activate`."""
        context.set_default_engine(None)
        self.rest()

    def allow_new_calls(self, allow: bool) -> None:
        """Say whether calls that are not recorded may run; else they raise `NewCallError`."""
        self._parts.engine.allow_new_calls = allow

    def commit(self) -> None:
        """Write what is kept for later: grouped calls, and the spans of hits."""
        self._parts.recorder.commit()

    flush = commit

    def rest(self) -> None:
        """Write the spans of hits, and take away the progress that is shown: what a block and a cell end with."""
        self._parts.recorder.rest()

    def clear_cache(self, allow_uncommitted: bool = False) -> None:
        """Empty the memory of this process; the next hits read the store.

        Raises
        ------
        ValueError
            In a block with calls since the last `commit`, unless `allow_uncommitted`.
        """
        inside = context.current_engine() is self._parts.engine
        if inside and self._parts.recorder.uncommitted and not allow_uncommitted:
            raise ValueError("calls were made since the last commit(); commit() first, or pass allow_uncommitted=True")
        self._parts.recorder.commit()
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

    def unwrap(self, obj: Any, cache: bool = True) -> Any:
        """Return values in place of refs, also inside containers; with `cache` the refs keep them."""
        return unwrapped(obj) if cache else unwrapped(obj, lambda ref: ref.detached().value)

    def attach(self, obj: Any, inplace: bool = False) -> Any:
        """Return refs with their values loaded, also inside containers; with `inplace` load those given."""
        found = unwrapped(obj, lambda ref: ref.loaded() if inplace else ref.detached().loaded())
        return None if inplace else found

    def load_ref(self, hid: str, in_memory: bool = True) -> Ref:
        """Return the ref with this history, its value loaded if `in_memory`; `LookupError` if there is none."""
        ref = find.get_ref(self._written, hid)
        return ref.loaded() if in_memory else ref

    def get_ref_creator(self, ref: Ref) -> Call | None:
        """Return the call that made a ref; ``None`` for a free-standing input."""
        return next(iter(self._written.creators([ref.hid])), None)

    def get_consumers(self, hids: Iterable[str | Ref]) -> list[Call]:
        """Return the calls that took these refs, given as such or by their hids."""
        return self._written.consumers([hid.hid if isinstance(hid, Ref) else hid for hid in hids])

    def get_call(self, hid: str) -> Call:
        """Return the call with this hid, or with a hid that begins so; `LookupError` if there is none."""
        return find.get_call(self._written, hid)

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
        return find.find_calls(self._written, op, status, where or {})

    def drop_calls(self, calls_or_hids: Iterable[Call | str], delete_dependents: bool = False) -> None:
        """Delete calls, and with `delete_dependents` those that took what they made.

        Raises
        ------
        LookupError
            When a hid is unknown.
        ValueError
            When calls depend on them that are not to be deleted.
        """
        find.drop_calls(self._written, calls_or_hids, delete_dependents=delete_dependents)
        self._parts.engine.forget()

    def cleanup_refs(self) -> int:
        """Delete the stored values that no call refers to; return how many."""
        self._parts.engine.forget()
        return self._written.delete_unreferenced_values()

    # --- code

    def versions(self, op: Op[..., Any]) -> list[CodeVersion]:
        """Return the recorded code versions of an op, oldest first."""
        return [one.version for one in self._written.versions(op.spec.key)]

    def source_history(self, op: Op[..., Any]) -> str:
        """Return the code of an op over time as text: the first version, and what each later one changed."""
        return code.source_history(self._written.versions(op.spec.key))

    def diff(self, a: CodeVersion | str, b: CodeVersion | str, context_lines: int = 2) -> str:
        """Return what differs between two code versions, given as such or by id; `ValueError` for an unknown id."""
        old, new = code.find_versions(self._written, [a, b])
        return code.diff(old, new, context_lines)

    def mark_compatible(self, op: Op[..., Any], version: CodeVersion | str | None = None) -> None:
        """Declare the present code of an op compatible with a recorded version: its calls are hits from now on.

        That is recorded, with who said so and when. By default it is the latest
        other version; `ValueError` if there is none such.
        """
        code.mark_compatible(self._written, self._parts.engine.keyer.state(op), version, self._parts.recorder.run)
        self._parts.engine.forget()

    def explain(self, call: Call | Op[..., Any], /, *args: Any, **kwargs: Any) -> Explanation:
        """Say why a recorded call ran, or whether a call of an op would run and why: nothing is run.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def double(x):
        ...     return 2 * x
        >>> with Storage() as storage:
        ...     _ = double(1)
        >>> print(storage.explain(double, 3))
        double ran anew: argument 'x' is 3 and was 1, compared with the nearest call
        """
        if isinstance(call, Call):
            return explain_recorded(self._written, self._parts.versions, call)
        if not isinstance(call, Op):
            raise TypeError(f"explain takes a Call or an op with arguments, not {type(call).__name__}")
        return explain_asked(self._written, self._parts.versions, self._parts.engine.asked(call, args, kwargs))

    @property
    def ops(self) -> RecordedOps:
        """The ops with recorded calls: ``ops.cache`` is a dict of them by name."""
        return RecordedOps(
            {spec.name: find_op(spec.key) or spec for spec in self._written.ops() if not spec.key.startswith(RESERVED)}
        )

    def call_tree(self, root: Call | str | None = None) -> CallTree:
        """Return what was called by what, in order of time: of this session's run, or below a call (or its hid).

        Raises
        ------
        LookupError
            When the call is unknown.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> @op
        ... def twice(x):
        ...     return inc(inc(x))
        >>> with Storage() as storage:
        ...     _ = twice(1)
        >>> [node.call.name for node in storage.call_tree()]
        ['twice', 'inc', 'inc']
        """
        if root is None:
            return tree_of_run(self._written, self.run)
        return tree_of_call(self._written, root if isinstance(root, Call) else self.get_call(root))

    def stats(self, *, everything: bool = False) -> Stats:
        """Return hits, misses by reason, time spent and saved, of this session or of all (`everything`), and sizes.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def square(x):
        ...     return x * x
        >>> with Storage() as storage:
        ...     _ = [square(x) for x in (1, 2, 1)]
        >>> stats = storage.stats()
        >>> stats.hits, dict(stats.misses)
        (1, {'first call': 1, 'arguments': 1})
        """
        totals = self._written.totals(run=None if everything else self.run)
        sizes = self.store.sizes()
        return Stats(**asdict(totals), misses=dict(self._parts.engine.misses), **asdict(sizes))

    # --- frames and replay

    def cf(self, source: Any = None) -> ComputationFrame:
        """Make a frame.

        Parameters
        ----------
        source
            An op (all its calls); a ref, refs or hids (a variable to expand from);
            a dict of them (a variable for each name); or the word ``"run"`` (what
            occurred in this session, here and in earlier runs of the same
            notebook). ``None`` is all that is stored.

        Raises
        ------
        ValueError
            For anything else.
        """
        return ComputationFrame(frame_of(self._written, source, self.session), self.store)

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

    @property
    def _written(self) -> CallStore:
        """The store, with all that happened so far in it."""
        self._parts.recorder.flush()
        return self.store

    def __repr__(self) -> str:
        return f"Storage({self.path!r}, {self.store.count_calls()} calls)"


@dataclass(frozen=True, slots=True)
class RecordedOps:
    """The ops with calls in a storage.

    Attributes
    ----------
    cache
        By short name: the op, or its `OpSpec` where this session does not define it.
    """

    cache: Mapping[str, Op[..., Any] | OpSpec]


def _refuse_unknown(options: Mapping[str, Any]) -> None:
    known = [name for name in inspect.signature(Storage).parameters if name != "of_tracers"]
    for name in options:
        if name not in _OF_TRACERS:
            raise TypeError(f"Storage has no option {name!r}; {nearest(name, [*known, *_OF_TRACERS])}")


def _refuse_as_argument(storage: Storage) -> NoReturn:
    raise ArgumentError(
        f"{storage!r} was given to an op: a storage is no value; use it around the call, or in the body"
    )


add(Storage, Form("mandala_lab.Storage", _refuse_as_argument))


@contextmanager
def _no_operation(storage: S) -> Iterator[S]:
    with context.noop():
        yield storage
