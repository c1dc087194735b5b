"""One replay: a recorded call run again, and what depends on it.

Nothing that was recorded is written to: new calls are recorded beside the old
ones, and the new frame is a frame of its own. A verdict compares content ids
with the recorded ones. In this version the body runs in this process.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mandala_lab.frame.asking import Asking
from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.compare import NodeDifference, compared_values
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.joined import joined
from mandala_lab.frame.links import NONE
from mandala_lab.frame.numbers import distinct, lacking
from mandala_lab.frame.reach import lineage
from mandala_lab.memo import context
from mandala_lab.memo.decorator import Op, find_op
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.engine import Engine
from mandala_lab.memo.outputs import split_outputs
from mandala_lab.memo.program import from_program
from mandala_lab.model.calls import Call
from mandala_lab.model.errors import MandalaLabError, ReplayError, UnstorableError, nearest
from mandala_lab.model.hashing import maker_of
from mandala_lab.model.refs import Ref, short_repr
from mandala_lab.model.structures import COLLECTION, KEYS, LEFT_OUT, is_maker, is_structural, items_hid
from mandala_lab.ports.call_store import CallStore

if TYPE_CHECKING:
    from mandala_lab.computation_frame import ComputationFrame

Scope = Literal["call", "downstream"]
Verdict = Literal["same", "changed", "diverged", "failed"]


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome of a replay.

    Attributes
    ----------
    call
        The recorded call.
    changed
        The arguments that were given.
    verdict
        ``"same"``: the recorded result again. ``"changed"``: other arguments,
        or other global data that the op reads, gave another result.
        ``"diverged"``: nothing was edited, and the result is another.
        ``"failed"``: an exception, in `error`; `failed_in` names the op where it is not that of the call.
    base, graph
        Content of the frame before and after; `frame` is the new one to work with.
    executed, reused
        Hids of calls whose body ran, and that were found recorded.
    not_refreshed
        Hids of calls that still stand on an old result that was replaced.
    """

    call: Call
    changed: Mapping[str, Any]
    verdict: Verdict
    base: FrameGraph
    graph: FrameGraph
    executed: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    not_refreshed: tuple[str, ...] = ()
    error: str = ""
    failed_in: str = ""
    face: Callable[[FrameGraph], ComputationFrame] | None = field(default=None, repr=False, compare=False)

    @property
    def frame(self) -> ComputationFrame:
        """The new frame; where nothing was changed or the replay failed, the base."""
        assert self.face is not None, "a storage gives its replays a face"
        return self.face(self.graph)

    def compare(self) -> list[NodeDifference]:
        """Return what differs between the new frame and the base."""
        return compared_values(self.base, self.graph)

    def summary(self) -> str:
        """Return the outcome in one sentence."""
        given = ", ".join(f"{name}={short_repr(value)}" for name, value in self.changed.items())
        given = given or "the recorded arguments"
        if self.verdict == "failed":
            error = self.error.strip().splitlines()[0]
            if self.failed_in:
                return f"{self.call.name} with {given}: {self.failed_in}, which depends on it, failed: {error}"
            return f"{self.call.name} with {given} failed: {error}"
        stale = f", {len(self.not_refreshed)} not refreshed" if self.not_refreshed else ""
        counts = f"{len(self.executed)} executed, {len(self.reused)} reused{stale}"
        return f"{self.call.name} with {given}: {self.verdict} ({counts})"


@dataclass(slots=True)
class _Work:
    """What a replay has done so far."""

    store: CallStore
    engine: Engine
    replaced: dict[str, str] = field(default_factory=dict)  # hid of an old call to that of the new one
    refs: dict[str, Ref] = field(default_factory=dict)  # hid of an old ref to the new ref
    executed: list[str] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)  # hids of old refs that have no new one
    stale: list[str] = field(default_factory=list)
    running: Call | None = None

    def rerun(self, call: Call, changes: Mapping[str, Any]) -> None:
        """Answer a call anew and note what takes the place of what."""
        if is_structural(call):
            self._reconnect(call)
            return
        if any(ref.hid in self.gone for ref in call.inputs.values()):
            self.stale.append(call.hid)
            self.gone.update(ref.hid for ref in call.outputs.values())
            return
        self.running = call
        op = _op_of(self.store, self.engine, call)
        arguments = {name: self.refs.get(ref.hid, ref) for name, ref in call.inputs.items()}
        args, kwargs = _spell(op, call, {**arguments, **changes})
        outcome = self.engine.answer(op, args, kwargs)
        if not outcome.call:
            raise ReplayError(
                "unpicklable", f"the new result of {call.name} cannot be stored, so it has no place in a frame"
            )
        (self.executed if outcome.executed else self.reused).append(outcome.call)
        self._note(call, self.store.calls([outcome.call]))

    def _reconnect(self, call: Call) -> None:
        """Find what connects a collection with its elements in the place of what did: no code runs."""
        if is_maker(call):
            keys = call.inputs[KEYS].value if KEYS in call.inputs else [None] * len(call.inputs)
            items = [ref for name, ref in call.inputs.items() if name != KEYS]
            left = [(key, ref) for key, ref in zip(keys, items, strict=True) if ref.hid not in self.gone]
            new = [self.refs.get(ref.hid, ref) for _, ref in left]
            made = self.engine.made_of(call.name, new, [key for key, _ in left])
            self._note(call, self.store.calls([made.hex()]))
            return
        old = bytes.fromhex(call.inputs[COLLECTION].hid)
        number = next(number for number in itertools.count() if items_hid(old, number).hex() == call.hid)
        collection = self.refs.get(old.hex())
        known = [] if collection is None else [items_hid(bytes.fromhex(collection.hid), number).hex()]
        self._note(call, self.store.calls(known))

    def _note(self, call: Call, found: Sequence[Call]) -> None:
        """Let a new call take the place of an old one; what it does not make is gone."""
        self.gone.update(ref.hid for ref in call.outputs.values())
        if not found:
            self.stale.append(call.hid)
            return
        (new,) = found
        self.gone.difference_update(ref.hid for name, ref in call.outputs.items() if name in new.outputs)
        self.replaced[call.hid] = new.hid
        for name, ref in call.outputs.items():
            if name in new.outputs:
                self.refs[ref.hid] = new.outputs[name]


def run_replay(
    store: CallStore,
    engine: Engine,
    call: Call,
    changes: Mapping[str, Any],
    scope: str,
    face: Callable[[FrameGraph], ComputationFrame],
) -> Replay:
    """Run a replay (see `Storage.replay`); `face` makes a public frame of a graph."""
    if not isinstance(call, Call):
        raise TypeError(f"replay takes a Call, not {type(call).__name__}; find one with storage.calls(op)")
    if scope not in get_args(Scope):
        raise ValueError(f"scope={scope!r} is not a choice; {nearest(scope, get_args(Scope))}")
    op = _op_of(store, engine, call)
    known = (*call.inputs, *sorted(op.spec.ignored))
    for name, value in changes.items():
        _check_change(call, name, value, known)
    if engine.keyer.state(op).code.version.digest.hex() != call.version:
        raise ReplayError(
            "code_changed",
            f"{call.name} has other code now than when it made this call; "
            f"replay a call of the present code, or bring the old code back",
        )
    base = _base(store, call)
    found = _edited(store, engine, call, changes, scope, base) if changes else _repeat(engine, op, call, base)
    store.log("replay", call.hid)
    return replace(found, face=face)


def _repeat(engine: Engine, op: Op[..., Any], call: Call, base: FrameGraph) -> Replay:
    """Run the body on its recorded inputs and compare with the recorded outputs."""
    args, kwargs = _spell(op, call, call.inputs)
    state = engine.keyer.state(op)
    key = state.hid(state.inputs(op.binder.bind(args, kwargs)))
    try:
        with context.inside(context.OpenSpan(None, 0)):
            result = op.f(*map(engine.plain, args), **{name: engine.plain(ref) for name, ref in kwargs.items()})
        cids = [content_id(output).hex() for output in split_outputs(op.spec, result)]
    except UnstorableError as error:
        raise ReplayError("unpicklable", f"the result of {call.name} cannot be compared: {error}") from error
    except (Exception, SystemExit) as error:  # whatever the body raises is the outcome
        return Replay(call, {}, "failed", base, base, error=f"{type(error).__name__}: {error}")
    if cids == [ref.cid for ref in call.outputs.values()]:
        return Replay(call, {}, "same", base, base, executed=(call.hid,))
    edited = key.hex() != call.hid  # the code is the same: data that it reads was changed
    return Replay(call, {}, "changed" if edited else "diverged", base, base, executed=(call.hid,))


def _base(store: CallStore, call: Call) -> FrameGraph:
    """Return the frame of a call, of what depends on it, and of all that those came from."""
    catalogue = Catalogue()
    found = catalogue.add(store.columns_of_calls([bytes.fromhex(call.hid)]))
    if not len(found):
        raise ReplayError("not_found", f"{call!r} is not recorded here any more; it may have been dropped")
    return joined(catalogue, lineage(Asking(catalogue, store), int(found[0])))


def _edited(
    store: CallStore, engine: Engine, call: Call, changes: Mapping[str, Any], scope: str, base: FrameGraph
) -> Replay:
    work = _Work(store, engine)
    dependants = _dependants(base, call)
    context.enter_engine(engine)
    try:
        with context.inside(None):
            work.rerun(call, changes)
            for later in dependants if scope == "downstream" else []:
                work.rerun(base.calls[later], {})
    except (ReplayError, MemoryError):
        raise
    except (Exception, SystemExit) as error:  # whatever a body raises is the outcome; the base stays as it is
        text = f"{type(error).__name__}: {error}"
        where = "" if work.running is None or work.running.hid == call.hid else work.running.name
        done = tuple(work.executed), tuple(work.reused)
        return Replay(call, changes, "failed", base, base, *done, error=text, failed_in=where)
    finally:
        context.leave_engine()
    graph = _replaced(store, base, work)
    new = graph.calls[work.replaced[call.hid]]
    same = [ref.cid for ref in new.outputs.values()] == [ref.cid for ref in call.outputs.values()]
    stale = () if same else tuple(work.stale) if scope == "downstream" else tuple(dependants)
    return Replay(
        call, changes, "same" if same else "changed", base, graph, tuple(work.executed), tuple(work.reused), stale
    )


def _dependants(base: FrameGraph, call: Call) -> list[str]:
    """Hids of the successful calls that depend on `call` through refs, each after what it depends on."""
    import networkx as nx

    catalogue, creators = base.catalogue, base.creators()
    (first,) = catalogue.call_hids.numbers([call.hid]).tolist()
    places, takers = catalogue.inputs.places(base.all_calls[~catalogue.failed.view[base.all_calls]])
    makers = creators[catalogue.inputs.refs.view[places]]
    graph = nx.DiGraph()
    graph.add_node(first)
    graph.add_edges_from(zip(makers[makers != NONE].tolist(), takers[makers != NONE].tolist(), strict=True))
    below = nx.descendants(graph, first)
    return [catalogue.call_hid(number) for number in nx.topological_sort(graph) if number in below]


def _replaced(store: CallStore, base: FrameGraph, work: _Work) -> FrameGraph:
    """Return a new frame in which new calls stand in the place of old ones."""
    catalogue = base.catalogue
    catalogue.add(store.columns_of_calls(map(bytes.fromhex, work.replaced.values())))
    old, new = (catalogue.call_hids.numbers(hids) for hids in (work.replaced.keys(), work.replaced.values()))
    return joined(catalogue, distinct(np.concatenate([lacking(base.all_calls, distinct(old)), new])))


def _check_change(call: Call, name: str, value: Any, known: Sequence[str]) -> None:
    """Refuse an argument that the call cannot take, before anything runs."""
    if name not in known:
        raise ValueError(f"{call.name} has no recorded argument {name!r}; {nearest(name, known)}")
    try:
        content_id(value)
    except UnstorableError as error:
        raise ReplayError("bad_argument", f"the new value of {name!r} cannot be recorded: {error}") from error


def _spell(op: Op[..., Any], call: Call, arguments: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return arguments as they are spelled; refuse those that were declared not to be stored and nobody can make."""
    for name, ref in arguments.items():
        if not isinstance(ref, Ref) or ref.in_memory or maker_of(bytes.fromhex(ref.hid)) is not None:
            continue
        if ref.data == LEFT_OUT or (name in op.spec.unsaved and ref.data is None):
            why = "holds a secret, which is never stored" if ref.data == LEFT_OUT else "is declared not to be stored"
            raise ReplayError("bad_argument", f"{name!r} of {call.name} {why}: give it")
    try:
        args, kwargs = op.binder.spell(arguments)
    except TypeError as error:
        raise ReplayError("bad_argument", f"{call.name} cannot be called as it was: {error}") from error
    return tuple(args), kwargs


def _op_of(store: CallStore, engine: Engine, call: Call) -> Op[..., Any]:
    """Return the op of a call: the one that this session defines, else the recorded one."""
    op = find_op(call.op)
    if op is not None:
        return op
    version = next((one.version for one in store.versions(call.op) if one.version.id == call.version), None)
    program = store.program(call.op, call.version)
    if program is None or version is None:
        raise ReplayError(
            "source_missing",
            f"op {call.op} is not defined in this session, and its code could not be kept; "
            "run the cell or import the module that defines it",
        )
    try:
        op = from_program(program, version, {name: ref.value for name, ref in call.reads.items()})
    except (MandalaLabError, LookupError) as error:
        raise ReplayError("source_missing", f"op {call.op} cannot be brought back: {error}") from error
    changed = engine.keyer.changed_since(op, version)
    if changed:
        raise ReplayError(
            "code_changed",
            f"{call.name} reaches code that is another now: {', '.join(changed)}; bring the old code back",
        )
    return op
