"""`FrameGraph`: the content of a frame, immutable.

Variables hold refs, operations hold calls, edges say which argument or output
joins them. Node ids are tagged (`VarId`, `OpId`), and names are unique over
both kinds, so that a name alone always means one node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mandala_lab.model.calls import Call
from mandala_lab.model.outline import NodeId, OpId, VarId
from mandala_lab.model.refs import Ref
from mandala_lab.model.structures import is_structural


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """An argument (variable to op) or an output (op to variable) called `label`."""

    source: NodeId
    target: NodeId
    label: str


@dataclass(frozen=True, slots=True)
class FrameGraph:
    """Nodes with their elements, in order of appearance.

    Attributes
    ----------
    variables
        Hids of refs by variable.
    operations
        Hids of calls by operation.
    edges
        In order of appearance.
    refs, calls
        The elements by hid.
    """

    variables: Mapping[VarId, tuple[str, ...]] = field(default_factory=dict)
    operations: Mapping[OpId, tuple[str, ...]] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    refs: Mapping[str, Ref] = field(default_factory=dict)
    calls: Mapping[str, Call] = field(default_factory=dict)

    def creators(self) -> dict[str, str]:
        """Hid of the call in the frame that made each ref."""
        return {ref.hid: call.hid for call in self.calls.values() for ref in call.outputs.values()}


def edge_label(call: Call, name: str) -> str:
    """Return the label of the edge of an argument or output: the elements of a collection share one."""
    return name.partition("[")[0] if is_structural(call) else name
