"""From what a user names to a frame: an op, refs, ids, a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mandala_lab.frame.asking import Asking
from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.draft import Draft
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.joined import joined
from mandala_lab.frame.numbers import Seen, appearing, distinct, lacking
from mandala_lab.frame.reading import read_new
from mandala_lab.memo.decorator import Op
from mandala_lab.model.refs import Ref
from mandala_lab.ports.call_store import CallStore


def frame_of(store: CallStore, source: Any, session: str) -> FrameGraph:
    """Return the frame that `Storage.cf` makes of a source.

    Raises
    ------
    ValueError
        For what a frame cannot be made from.
    """
    if source is None:
        return of_session(store, None)
    if isinstance(source, str) and source == "run":
        return of_session(store, session)
    if isinstance(source, Op):
        return of_op(store, source.spec.key)
    if isinstance(source, Mapping):
        named = {str(name): [refs] if isinstance(refs, Ref | str) else refs for name, refs in source.items()}
    else:
        named = {"v": [source] if isinstance(source, Ref | str) else source}
    if not all(map(str.strip, named)):
        raise ValueError("a variable needs a name, such as cf({'x': ref})")
    draft = Draft(Catalogue())
    for name, refs in named.items():
        numbers = _refs(draft.catalogue, store, refs)
        if len(numbers) or isinstance(source, Mapping):
            draft.put_refs(draft.add_variable(name), numbers)
    return draft.graph()


def of_op(store: CallStore, op: str) -> FrameGraph:
    """Return the frame of all calls of an op: a variable for each argument and each output."""
    at = store.last_event()
    catalogue = read_new(store, op)
    catalogue.held, catalogue.held_at = frozenset([op]), at
    draft, calls = Draft(catalogue), np.arange(len(catalogue))
    if not len(calls):
        return draft.graph()
    node = draft.add_operation(int(catalogue.ops.view[calls[0]]))
    draft.put_calls(node, calls)
    for links, add in ((catalogue.inputs, draft.add_variable), (catalogue.outputs, draft.add_output)):
        labels, refs = links.labels.view, links.refs.view  # all that is here is of this op
        for label in appearing(labels)[0].tolist():
            text = catalogue.labels[label]
            variable = add(text)
            draft.put_refs(variable, distinct(refs[labels == label]))
            draft.join(variable, node, text, as_input=links is catalogue.inputs)
    return draft.graph()


def of_session(store: CallStore, session: str | None) -> FrameGraph:
    """Return what occurred in a session, or all that is stored, as one connected graph."""
    if session is None:
        at = store.last_event()
        catalogue = read_new(store)
        catalogue.whole_at = at
        return joined(catalogue, np.arange(len(catalogue)))
    catalogue = Catalogue()
    calls = catalogue.add(store.columns_of_session(session))
    return joined(catalogue, with_structure(Asking(catalogue, store), calls))


def with_structure(asking: Asking, calls: np.ndarray) -> np.ndarray:
    """Return calls with those that connect the collections among their refs with the elements."""
    catalogue = asking.catalogue
    found, asked = [calls], Seen()
    new = calls
    while len(new):
        given, made = (links.refs.view[links.places(new)[0]] for links in (catalogue.inputs, catalogue.outputs))
        refs = asked.add(np.concatenate([given, made]))
        held = refs[catalogue.refs.is_collection(refs)]
        if not len(held):
            break
        around = np.concatenate([asking.makers(held), asking.takers(held)])
        structural = catalogue.is_structural(catalogue.ops.view[around])
        new = lacking(distinct(around[structural]), distinct(np.concatenate(found)))
        found.append(new)
    return distinct(np.concatenate(found))


def _refs(catalogue: Catalogue, store: CallStore, source: Any) -> np.ndarray:
    """Return refs that are given as such or by their hids."""
    if not isinstance(source, Iterable):
        raise ValueError(  # noqa: TRY004 - mandala's kind
            f"cannot make a frame from {source!r}; give an op, a Ref, several Refs or hids, or 'run'"
        )
    items = list(source)
    for item in items:
        if not isinstance(item, Ref | str):
            raise ValueError(_no_ref(store, item))  # noqa: TRY004 - as above
    named = {ref.hid: ref for ref in store.refs(item for item in items if isinstance(item, str))}
    found: list[Ref] = []
    for item in items:
        ref = named.get(item) if isinstance(item, str) else item
        if ref is None:
            raise ValueError(_no_ref(store, item))
        if not ref.cid:
            raise ValueError(f"{ref!r} has no place in a frame: its value could not be stored, so it has no history")
        found.append(ref)
    return distinct(catalogue.refs.add_given(found)) if found else np.zeros(0, np.int64)


def _no_ref(store: CallStore, item: Any) -> str:
    """Say that something is no ref; it may be meant for an op."""
    told = f"a frame is made from refs, and {item!r} is neither one nor the hid of one"
    if isinstance(item, Op):
        name = item.spec.name
        return f"{told}: of one op, pass it alone, cf({name}); frames of several are joined, cf({name}) | cf(other)"
    if isinstance(item, str) and any(item in {spec.name, spec.key} for spec in store.ops()):
        return f"{told}: for all calls of the op of this name, pass the op itself, not its name"
    return told
