"""What differs between two frames, node by node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.errors import MandalaLabError
from mandala_lab.model.outline import VarId, node_name
from mandala_lab.model.refs import Ref, short_repr

_TEXT_LIMIT = 60
_SHOWN = 3


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
        before, after = _by_cid(base, node), _by_cid(new, node)
        if before.keys() != after.keys():
            gone = [number for cid, number in before.items() if cid not in after]
            came = [number for cid, number in after.items() if cid not in before]
            found.append(NodeDifference(node_name(node), _texts(base, gone), _texts(new, came)))
    return found


def _by_cid(graph: FrameGraph, node: VarId) -> dict[bytes, int]:
    numbers = graph.variables.get(node, np.zeros(0, np.int64))
    return dict(zip(map(bytes, graph.catalogue.ref_cids.view[numbers]), numbers.tolist(), strict=True))


def _texts(graph: FrameGraph, numbers: list[int]) -> str:
    shown = ", ".join(_text(graph.catalogue.ref(number)) for number in numbers[:_SHOWN])
    return shown + (f", ... ({len(numbers)} values)" if len(numbers) > _SHOWN else "")


def _text(ref: Ref) -> str:
    try:
        value = ref.peek()
    except (MandalaLabError, LookupError) as error:
        return f"<{error}>"
    return " ".join(short_repr(value, _TEXT_LIMIT).split())
