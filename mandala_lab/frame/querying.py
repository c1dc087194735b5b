"""What a selection finds in a frame, and what is connected with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from string import hexdigits
from typing import Any

import numpy as np

from mandala_lab.frame.conditions import Equal, Predicate, Where, predicate_of
from mandala_lab.frame.details import MICRO, details_of
from mandala_lab.frame.flow import reached_elements
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.hids import texts_of
from mandala_lab.frame.numbers import common, distinct, is_in, lacking, united
from mandala_lab.frame.select import subsets, without_empty
from mandala_lab.frame.selectors import ALL_STEPS, STATUSES, Part, Selection, Term, Test, read_test
from mandala_lab.frame.through import Sets, Through
from mandala_lab.memo.encoding.spellings import equal_ids
from mandala_lab.model.errors import MandalaLabError, UnstorableError, in_quotes, nearest
from mandala_lab.model.outline import NodeId, OpId, VarId, node_name, op_id, var_id
from mandala_lab.model.refs import Ref
from mandala_lab.ports.call_store import CallStore

_TRIED, _SHOWN = 1_000, 3


def selected(graph: FrameGraph, selection: Selection, store: CallStore) -> FrameGraph:
    """Return what a selection finds; calls bring the refs that edges join them with.

    Raises
    ------
    ValueError
        Where a name matches nothing.
    """
    query = _Query(graph, store)
    found: Sets = {}
    for part in selection.parts:
        if not part.negated:
            found = _united(found, query.part(part))
    if all(part.negated for part in selection.parts):
        found = {node: graph.elements(node) for node in graph.nodes}
    found = _with_refs(graph, found)
    for part in selection.parts:
        if part.negated:
            dropped = query.part(part)
            found = {node: lacking(held, dropped.get(node, held[:0])) for node, held in found.items()}
    return without_empty(subsets(graph, found))


def where(graph: FrameGraph, asked: Where, store: CallStore) -> FrameGraph:
    """Return the histories through elements of which all that is asked holds."""
    for name in asked.values:
        _Query(graph, store).variable(name)
    if asked.op is not None or asked.calls:
        calls = _Query(graph, store).calls_where(asked)
        through = Through(graph)
        graph = subsets(graph, through.any_of(calls) if asked.op is None else through.only(calls))
    for name, wanted in asked.values.items():
        variable, query = var_id(name), _Query(graph, store)
        refs = query.refs_where(variable, predicate_of(wanted))
        if not len(refs) and isinstance(wanted, list | tuple | range | np.ndarray):
            query.refuse_several(variable, wanted)
        graph = subsets(graph, Through(graph).only({variable: refs}))
    return without_empty(graph)


def groups(graph: FrameGraph, variable: VarId) -> Iterator[tuple[Ref, FrameGraph]]:
    """Yield the histories through each value of a variable, with a ref of it."""
    catalogue = graph.catalogue
    cids: dict[bytes, list[int]] = {}
    for ref in catalogue.in_order(graph.variables[variable]).tolist():
        cids.setdefault(catalogue.refs.cids.view[ref].tobytes(), []).append(ref)
    parts = [np.sort(np.array(refs, np.int64)) for refs in cids.values()]
    for (first, *_), found in zip(cids.values(), Through(graph).each(variable, parts), strict=True):
        yield catalogue.refs[first], without_empty(subsets(graph, found))


class _Query:
    """Looks for elements of one frame."""

    def __init__(self, graph: FrameGraph, store: CallStore) -> None:
        self._graph = graph
        self._store = store

    def part(self, part: Part) -> Sets:
        """Return what all terms of a part select."""
        found = [self._term(term) for term in part.terms]
        for other in found[1:]:
            found[0] = _common(found[0], other)
        return found[0]

    def _term(self, term: Term) -> Sets:
        found = self._atom(term)
        up = _reached(self._graph, found, "back", term.up) if term.up else {}
        down = _reached(self._graph, found, "forward", term.down) if term.down else {}
        return _united(_united(found, up), down)

    def _atom(self, term: Term) -> Sets:
        if term.method == "value":
            variable = self.variable(term.value)
            assert term.test is not None, "a comparison"
            return {variable: self.refs_where(variable, term.test)}
        if term.method in {"name", "op", "var"}:
            nodes = self._named(term)
            return {node: self._graph.elements(node) for node in nodes}
        return self._calls(self._graph.operations, term.method, term.value, term.test)

    def variable(self, name: str) -> VarId:
        """Return a variable by its name."""
        found = var_id(name)
        if found not in self._graph.variables:
            known = nearest(name, map(node_name, self._graph.variables))
            if op_id(name) in self._graph.operations:
                raise ValueError(f"{in_quotes(name)} is an operation, which has no value; {known}")
            raise ValueError(f"the frame has no variable {in_quotes(name)}; {known}")
        return found

    def _named(self, term: Term) -> list[NodeId]:
        nodes: list[NodeId] = []
        if term.method != "var":
            nodes += [node for node in self._graph.operations if self._is_called(node, term)]
        if term.method != "op":
            nodes += [node for node in self._graph.variables if term.means(node_name(node))]
        if not nodes:
            raise ValueError(self._lacking(term))
        return nodes

    def _lacking(self, term: Term) -> str:
        """Say that nothing goes by a name: it may be a node of the other kind."""
        name, method = term.value, term.method
        every = [(node_name(node), "op" if node in self._graph.operations else "var") for node in self._graph.nodes]
        kinds = {"op": "operation", "var": "variable"}
        for other, kind in kinds.items():
            if method not in {"name", other} and (name, other) in every:
                return (
                    f"{name!r} is {'an' if other == 'op' else 'a'} {kind} of the frame: write {other}:{name}, or {name}"
                )
        names = [one for one, kind in every if method in {"name", kind}]
        if name.strip("=<>!") == "":
            return f"{name!r} stands alone, which is no name: write a condition without spaces, such as x>2"
        return f"no {kinds.get(method, 'node')} of the frame is called {in_quotes(name)}; {nearest(name, names)}"

    def _is_called(self, node: OpId, term: Term) -> bool:
        return term.means(node_name(node)) or term.means(self._graph.catalogue.specs[self._graph.ops[node]].key)

    def refs_where(self, variable: VarId, holds: Predicate) -> np.ndarray:
        """Return the refs of a variable of whose value something holds; each distinct value is looked at once."""
        refs, catalogue = self._graph.variables[variable], self._graph.catalogue
        cids = texts_of(catalogue.refs.cids.view[refs])
        if isinstance(holds, Equal):
            return np.asarray(refs[np.fromiter((cid in holds.cids for cid in cids), bool, len(cids))])
        firsts = dict(zip(reversed(cids), range(len(cids) - 1, -1, -1), strict=True))
        distinct_refs = catalogue.refs.of(refs[list(firsts.values())])
        answers = {ref.cid: _holds(holds, ref.value) for ref in distinct_refs}
        if isinstance(holds, Test) and distinct_refs and not any(answers.values()):
            self._refuse_incomparable(variable, holds, distinct_refs)
        return np.asarray(refs[np.fromiter((answers[cid] for cid in cids), bool, len(cids))])

    def _refuse_incomparable(self, variable: VarId, test: Test, refs: Sequence[Ref]) -> None:
        """Raise `ValueError` for a comparison that could be made with none of the values."""
        if all(test.compared(ref.value) is None for ref in refs):
            kinds = sorted({type(ref.value).__name__ for ref in refs})
            raise ValueError(
                f"no value of {node_name(variable)!r} can be compared with {test.value!r}: "
                f"{'they are' if len(refs) > 1 else 'it is'} of type {', '.join(kinds[:_SHOWN])}"
            )

    def refuse_several(self, variable: VarId, wanted: Sequence[Any] | np.ndarray) -> None:
        """Raise `ValueError` for a sequence that no value equals, where values equal its elements."""
        several = list(islice(wanted, _TRIED))
        try:
            found = self.refs_where(variable, Equal(frozenset().union(*map(equal_ids, several))))
        except UnstorableError:
            return
        if len(found):
            name, shown = node_name(variable), f"{{{', '.join(map(repr, several[:_SHOWN]))}}}"
            raise ValueError(
                f"no value of {name!r} is the {type(wanted).__name__} {wanted!r:.60}, but some are elements of it; "
                f"a set means one of several: {name}={shown.replace('}', ', ...}') if len(several) > _SHOWN else shown}"
            )

    def calls_where(self, asked: Where) -> Sets:
        """Return the calls, of the operations spoken of, of which all holds."""
        nodes: Iterable[OpId] = self._graph.operations
        if asked.op is not None:
            nodes = [OpId(node) for node in self._named(Term("op", asked.op))]
        found: Sets = {node: self._graph.operations[node] for node in nodes}
        for method, wanted in asked.calls.items():
            text = wanted if isinstance(wanted, str) else ""
            test = wanted if callable(wanted) else read_test(method, text)
            found = _common(found, self._calls(found, method, text, test))  # type: ignore[arg-type]
        return found

    def _calls(self, nodes: Iterable[OpId], method: str, value: str, test: Predicate | None) -> Sets:
        return {node: self._matching(self._graph.operations[node], method, value, test) for node in nodes}

    def _matching(self, calls: np.ndarray, method: str, value: str, test: Predicate | None) -> np.ndarray:
        catalogue = self._graph.catalogue
        if method == "status":
            return np.asarray(calls[catalogue.failed.view[calls] == bool(STATUSES.index(value))])
        if method == "run":
            spans = self._store.spans_of_run(value)
            if not spans:
                raise ValueError(f"nothing is recorded of a run {value!r}; the id of this one is storage.run")
            return common(calls, distinct(catalogue.call_hids.numbers({span.call for span in spans})))
        if method == "version":
            if not set(value) <= set(hexdigits):
                raise ValueError(f"{value!r} begins no version: its id, as call.version says it, has digits and a to f")
            details = details_of(catalogue, calls)
            chosen = np.array([state.version.startswith(value) for state in details.states], bool)
            return calls[chosen[details.state_numbers]] if len(calls) else calls
        assert test is not None, "of a duration or a time"
        details = details_of(catalogue, calls)
        us = details.started_us if method == "time" else details.duration_us
        return np.asarray(calls[np.fromiter((_holds(test, one / MICRO) for one in us.tolist()), bool, len(us))])


def _holds(test: Predicate, value: Any) -> bool:
    try:
        return bool(test(value))
    except MandalaLabError:
        raise
    except Exception as error:
        raise ValueError(f"the condition failed for a value of type {type(value).__name__}: {error}") from error


def _reached(graph: FrameGraph, start: Sets, direction: Any, steps: int) -> Sets:
    return reached_elements(graph, start, direction, "weak", None if steps == ALL_STEPS else steps)


def _with_refs(graph: FrameGraph, found: Sets) -> Sets:
    """Return elements with the refs that edges join the calls among them with."""
    made = {node: found.get(node, graph.elements(node)[:0]) for node in graph.nodes}
    links = graph.catalogue.inputs, graph.catalogue.outputs
    for node in graph.operations:
        for each, joined in zip(links, graph.joined_by(node), strict=True):
            places, _ = each.places(made[node])
            labels, refs = each.labels.view[places], each.refs.view[places]
            for label, variables in joined.items():
                taken = distinct(refs[labels == graph.catalogue.label_number(label)])
                for variable in variables:
                    held = graph.variables[variable]
                    made[variable] = united([made[variable], taken[is_in(taken, held)]])
    return made


def _united(one: Sets, other: Sets) -> Sets:
    none = np.zeros(0, np.int64)
    return {node: united([one.get(node, none), other.get(node, none)]) for node in {**one, **other}}


def _common(one: Sets, other: Sets) -> Sets:
    return {node: common(held, other[node]) for node, held in one.items() if node in other}
