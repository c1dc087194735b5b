"""A scene: a picture as data, read alike by the panel, the widget and exports.

Coordinates are pixels at zoom 1, x to the right, y downwards; a node's ``x``
and ``y`` are its upper left corner. All text is untrusted: draw it as text.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SCENE_VERSION = 1
SCENE_MIME = "application/vnd.mandala-lab.frame+json"


class SceneCounts(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Elements of a node (`total`) and their fate in the current session."""

    total: int
    computed: int
    cached: int
    error: int


class SceneNode(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A variable or operation with its box."""

    id: str
    kind: Literal["var", "op"]
    label: str
    detail: str
    status: Literal["computed", "cached", "error", "earlier"]
    counts: SceneCounts
    x: float
    y: float
    w: float
    h: float


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
