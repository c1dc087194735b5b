"""An outline: what a picture shows, before anything has a position.

Owns the nodes and edges of a drawing as plain data. Does not own positions
(`mandala_lab.schema.scene`) nor how they are found (room `render`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NewType

VarId = NewType("VarId", str)
"""Id of a variable node, ``"var:" + name``: never equal to an `OpId`."""

OpId = NewType("OpId", str)
"""Id of an operation node, ``"op:" + name``."""

NodeId = VarId | OpId

NodeKind = Literal["var", "op", "call", "ref", "more", "chip"]
"""A variable or operation, closed; a call or ref of one that is open, and what is more of it; a reference to a variable
that stands elsewhere."""

KIND_WORDS: dict[NodeKind, str] = {
    "var": "variable",
    "op": "operation",
    "call": "call",
    "ref": "value",
    "more": "rest",
    "chip": "reference to variable",
}

NodeStatus = Literal["computed", "cached", "error", "earlier"]
"""What happened to a node in this session, worst first: an error, then a
computation, then only hits; ``"earlier"`` is known from the store alone."""


def var_id(name: str) -> VarId:
    """Return the id of the variable node called `name`."""
    return VarId("var:" + name)


def op_id(name: str) -> OpId:
    """Return the id of the operation node called `name`."""
    return OpId("op:" + name)


def node_name(node: str) -> str:
    """Return the name in a node id: the inverse of `var_id` and `op_id`."""
    return node.split(":", 1)[1]


def element_id(kind: Literal["call", "ref"], hid: str, group: NodeId) -> str:
    """Return the id of an element of a node that is open: a call, or a ref, which may lie in several variables."""
    return f"{kind}:{hid}:{group}"


def rest_id(group: NodeId) -> str:
    """Return the id of the node for the elements of `group` that are not shown one by one."""
    return f"more:{group}"


def chip_id(variable: str, taker: str) -> str:
    """Return the id of the chip that stands for a variable beside one that takes it."""
    return f"chip:{variable}>{taker}"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many elements a node holds, and what happened to them.

    Attributes
    ----------
    total
        Calls of an op node, refs of a variable node.
    computed, cached, error
        Occurrences in the current session; 0 for variable nodes.
    """

    total: int = 0
    computed: int = 0
    cached: int = 0
    error: int = 0


@dataclass(frozen=True, slots=True)
class OutlineNode:
    """One node to draw.

    Attributes
    ----------
    group
        Id of the variable or operation of which this is an element, the rest or a chip.
    element
        Hid of the call or ref.
    hidden_before, hidden_after
        Number of nodes that are folded away on each side.
    """

    id: str
    kind: NodeKind
    label: str
    detail: str = ""
    status: NodeStatus = "earlier"
    counts: Counts = field(default_factory=Counts)
    group: str = ""
    element: str = ""
    hidden_before: int = 0
    hidden_after: int = 0


@dataclass(frozen=True, slots=True)
class OutlineEdge:
    """One way that values take: variable to op (an argument) or op to variable."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """Nodes and edges in a fixed order, with no positions."""

    nodes: tuple[OutlineNode, ...] = ()
    edges: tuple[OutlineEdge, ...] = ()
