"""What differs between two frames, node by node."""

from __future__ import annotations

from dataclasses import dataclass

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.errors import MandalaLabError
from mandala_lab.model.outline import node_name
from mandala_lab.model.refs import Ref, short_repr

_TEXT_LIMIT = 60


@dataclass(frozen=True, slots=True)
class NodeDifference:
    """One variable whose values differ; empty text where there is none."""

    node: str
    before: str
    after: str


def compare(base: FrameGraph, new: FrameGraph) -> list[NodeDifference]:
    """Return the variables whose values differ, in the order of the new frame.

    Values are compared by content id, and shown by their repr, shortened.
    """
    found = []
    for node in dict.fromkeys((*new.variables, *base.variables)):
        before = _by_cid(base, base.variables.get(node, ()))
        after = _by_cid(new, new.variables.get(node, ()))
        if before.keys() != after.keys():
            gone = [ref for cid, ref in before.items() if cid not in after]
            came = [ref for cid, ref in after.items() if cid not in before]
            found.append(NodeDifference(node_name(node), _texts(gone), _texts(came)))
    return found


def _by_cid(graph: FrameGraph, hids: tuple[str, ...]) -> dict[str, Ref]:
    return {graph.refs[hid].cid: graph.refs[hid] for hid in hids}


def _texts(refs: list[Ref]) -> str:
    shown = ", ".join(_text(ref) for ref in refs[:3])
    return shown + (f", ... ({len(refs)} values)" if len(refs) > 3 else "")  # noqa: PLR2004 - three are enough to see


def _text(ref: Ref) -> str:
    try:
        value = ref.peek()
    except (MandalaLabError, LookupError) as error:
        return f"<{error}>"
    return " ".join(short_repr(value, _TEXT_LIMIT).split())
