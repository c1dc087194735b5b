"""A scene: a picture as data, read alike by the panel, the widget and exports.

Coordinates are pixels at zoom 1, x to the right, y downwards; a node's ``x``
and ``y`` are its upper left corner. All text is untrusted: draw it as text.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SCENE_VERSION = 1
SCENE_MIME = "application/vnd.mandala-lab.frame+json"

CHIP_GLYPH = "M11 11 L3.5 3.5 M3.5 9 L3.5 3.5 L9 3.5"
"""The sign of a reference to a variable that stands elsewhere: an arrow up and aside, in the same box."""

GLYPHS = {
    "computed": "M2.5 7.5 L5.8 10.8 L11.5 3.5",
    "cached": "M8 1.2 L3.2 8 L6.6 8 L5.8 12.8 L10.8 5.8 L7.4 5.8 Z",
    "error": "M3.2 3.2 L10.8 10.8 M10.8 3.2 L3.2 10.8",
    "earlier": "M7 2 A5 5 0 1 0 7 12 A5 5 0 1 0 7 2 Z M7 4.4 L7 7 L8.9 8.4",
}
"""The sign of each status (tick, bolt, cross, clock) as an SVG path in a box of 14 x 14."""


class SceneCounts(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Elements of a node (`total`) and their fate in the current session."""

    total: int
    computed: int
    cached: int
    error: int


class SceneNode(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A variable or operation with its box; or where one is open, an element of it; or a chip that refers to one.

    `group` is the id of the variable or operation that an element, a rest (`more`) or a chip
    belongs to; `element` the hid of a call or ref. `hidden_before` and `hidden_after` count
    what is folded away.
    """

    id: str
    kind: Literal["var", "op", "call", "ref", "more", "chip"]
    label: str
    detail: str
    status: Literal["computed", "cached", "error", "earlier"]
    counts: SceneCounts
    x: float
    y: float
    w: float
    h: float
    group: str = ""
    element: str = ""
    hidden_before: int = 0
    hidden_after: int = 0


class SceneEdge(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An edge with its route: at least two points, from source to target."""

    id: str
    source: str
    target: str
    label: str
    points: list[tuple[float, float]]


class Scene(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A whole picture; `width` and `height` hold every box and route."""

    version: int
    width: float
    height: float
    nodes: list[SceneNode]
    edges: list[SceneEdge]
