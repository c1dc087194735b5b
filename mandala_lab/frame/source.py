"""From what a user names to a frame: an op, refs, ids, a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mandala_lab.frame.build import FrameBuilder
from mandala_lab.frame.expand import with_structure
from mandala_lab.frame.graph import FrameGraph
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
    builder = FrameBuilder()
    if source is None or (isinstance(source, str) and source == "run"):
        calls = store.calls_of_session(None if source is None else session)
        builder.add_calls(calls if source is None else with_structure(store, calls))
    elif isinstance(source, Op):
        builder.add_calls(store.calls_of_op(source.spec.key))
    elif isinstance(source, Mapping):
        for name, refs in source.items():
            builder.add_refs(_refs(store, [refs] if isinstance(refs, Ref | str) else refs), str(name))
    else:
        refs = _refs(store, [source] if isinstance(source, Ref | str) else source)
        if refs:
            builder.add_refs(refs, "v")
    return builder.graph()


def _refs(store: CallStore, source: Any) -> list[Ref]:
    """Return refs that are given as such or by their hids."""
    if not isinstance(source, Iterable):
        raise ValueError(  # noqa: TRY004 - mandala's kind
            f"cannot make a frame from {source!r}; give an op, a Ref, several Refs or hids, or 'run'"
        )
    found = []
    for item in source:
        if isinstance(item, Ref):
            found.append(item)
            continue
        known = store.refs([item]) if isinstance(item, str) else []
        if not known:
            raise ValueError(f"a frame is made from refs, and {item!r} is neither one nor the hid of one")
        found += known
    return found
