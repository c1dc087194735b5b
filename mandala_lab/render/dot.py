"""Graphviz: an outline in its language, and its program ``dot`` as a layout engine.

Owns `outline_to_dot` and `DotLayout`. The program is only needed for the layout, and
is told sizes and numbers, never a name: what a user calls a node can do nothing there.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import graphviz
from msgspec import json

from mandala_lab.model.errors import LayoutError
from mandala_lab.render.boxes import box_size
from mandala_lab.render.curves import point_at
from mandala_lab.render.field import Area, Field
from mandala_lab.render.scene import assemble
from mandala_lab.render.text_width import clean, shorten
from mandala_lab.render.theme import LIGHT, Tone

if TYPE_CHECKING:
    from mandala_lab.model.outline import Outline, OutlineNode
    from mandala_lab.render.layered import Orientation
    from mandala_lab.render.routes import Point
    from mandala_lab.schema.scene import Scene

_INCH = 72.0
_MARGIN = 24.0
_MOST = 2_000
_HALVINGS = 3
_PORTS = {"TB": ("s", "n"), "LR": ("e", "w")}
_BORDERS = {"computed": "solid", "cached": "solid", "error": "bold", "earlier": "dashed"}


def outline_to_dot(outline: Outline, orientation: Orientation = "TB") -> str:
    r"""Return an outline in the language of Graphviz.

    Nodes are called ``n0``, ``n1``... and bear their names as labels, so that no name
    is taken for anything else. Operations are boxes, variables have round ends; the
    border says the status, by style as well as colour.

    Examples
    --------
    >>> from mandala_lab.model.outline import Outline, OutlineNode, var_id
    >>> told = outline_to_dot(Outline((OutlineNode(var_id("x"), "var", "x", "1 value"),)))
    >>> print(*(line.strip() for line in told.splitlines() if "n0" in line))
    n0 [label="x\n1 value" color="#7a8494" fillcolor="#ffffff" style="filled,rounded,dashed"]
    """
    graph = graphviz.Digraph("mandala", graph_attr={"rankdir": orientation})
    graph.node_attr.update(shape="box", fontname="Helvetica", fontsize="13")
    graph.edge_attr.update(color=LIGHT.edge, fontname="Helvetica", fontsize="10.5", arrowsize="0.7")
    names = {node.id: f"n{number}" for number, node in enumerate(outline.nodes)}
    for node in outline.nodes:
        graph.node(names[node.id], **_look(node))
    for edge in outline.edges:
        label = graphviz.nohtml(graphviz.escape(clean(edge.label))) if edge.label else None
        graph.edge(names[edge.source], names[edge.target], label=label)
    return str(graph.source)


def _look(node: OutlineNode) -> dict[str, str]:
    tone: Tone = getattr(LIGHT, node.status)
    lines = [shorten(node.label), *([shorten(node.detail)] if node.detail else [])]
    shape = "rounded," if node.kind == "var" else ""
    return {
        "label": graphviz.nohtml("\\n".join(graphviz.escape(line) for line in lines)),
        "color": tone.accent,
        "fillcolor": LIGHT.var_fill if node.kind == "var" else tone.fill,
        "style": f"filled,{shape}{_BORDERS[node.status]}",
    }


class DotLayout:
    """Graphviz' own layout, for pictures of up to 2,000 nodes; it places everything anew each time.

    Parameters
    ----------
    orientation
        ``"TB"``: the flow goes from top to bottom; ``"LR"``: from left to right.

    Examples
    --------
    >>> from mandala_lab.model.outline import Outline
    >>> DotLayout().place(Outline()).nodes
    []
    """

    def __init__(self, orientation: Orientation = "TB") -> None:
        self._orientation = orientation

    def place(self, outline: Outline) -> Scene:
        """Place an outline.

        Raises
        ------
        LayoutError
            When there is no program ``dot``, or it would take minutes.
        """
        if len(outline.nodes) > _MOST:
            raise LayoutError(
                f"layout='dot' would take minutes for {len(outline.nodes):,} nodes: leave layout out, or draw a part "
                "of the frame"
            )
        sizes = [box_size(node) for node in outline.nodes]
        if not sizes:
            return assemble(outline, [], [], [], _MARGIN)
        return _read(_run_dot(self._told(outline, sizes)), outline, sizes)

    def _told(self, outline: Outline, sizes: list[tuple[float, float]]) -> str:
        leaves, reaches = _PORTS[self._orientation]
        graph = graphviz.Digraph(graph_attr={"rankdir": self._orientation, "nodesep": "0.36", "ranksep": "0.58"})
        graph.node_attr.update(shape="box", fixedsize="true", label="")
        graph.edge_attr.update(arrowhead="none")
        names = {node.id: f"n{number}" for number, node in enumerate(outline.nodes)}
        for node, (width, height) in zip(outline.nodes, sizes, strict=True):
            graph.node(names[node.id], width=f"{width / _INCH:.4f}", height=f"{height / _INCH:.4f}")
        for number, edge in enumerate(outline.edges):
            ports = {} if edge.source == edge.target else {"tailport": leaves, "headport": reaches}
            graph.edge(names[edge.source], names[edge.target], id=f"e{number}", **ports)
        return str(graph.source)


def _along(controls: list[Point], field: Field, own: tuple[Area, Area]) -> list[Point]:
    """Return points on the cubics with these ends and controls: more of them where else a box would be in the way."""
    found = controls[:1]
    for at in range(0, len(controls) - 3, 3):
        piece = (controls[at], controls[at + 1], controls[at + 2], controls[at + 3])
        shares = [0.0, 1.0]
        for _ in range(_HALVINGS):
            parts = list(pairwise(shares))
            bad = [(a, b) for a, b in parts if field.hits([point_at(piece, a), point_at(piece, b)], own)]
            if not bad:
                break
            shares = sorted([*shares, *((a + b) / 2 for a, b in bad)])
        found += [point_at(piece, share) for share in shares[1:]]
    return found


def _onto(point: Point, box: Area) -> Point:
    """Return the nearest point of a box's border, which dot misses by a pixel or two."""
    x, y = min(max(point[0], box.u0), box.u1), min(max(point[1], box.v0), box.v1)
    gaps = [(x - box.u0, (box.u0, y)), (box.u1 - x, (box.u1, y)), (y - box.v0, (x, box.v0)), (box.v1 - y, (x, box.v1))]
    return min(gaps)[1]


def _read(placed: Any, outline: Outline, sizes: list[tuple[float, float]]) -> Scene:
    """Return the scene that dot found."""
    low, _, _, high = map(float, placed["bb"].split(","))

    def turned(pair: str) -> Point:
        x, y = map(float, pair.split(","))
        return x - low + _MARGIN, high - y + _MARGIN

    middles = {one["name"]: turned(one["pos"]) for one in placed["objects"]}
    areas, field = dict[str, Area](), Field()
    for number, (node, (width, height)) in enumerate(zip(outline.nodes, sizes, strict=True)):
        x, y = middles[f"n{number}"]
        areas[node.id] = Area(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        field.add_box(areas[node.id])
    routes: list[list[Point]] = [[] for _ in outline.edges]
    for found in placed.get("edges", ()):
        number = int(found["id"][1:])
        own = areas[outline.edges[number].source], areas[outline.edges[number].target]
        points = _along([turned(pair) for pair in found["pos"].split()], field, own)
        routes[number] = [_onto(points[0], own[0]), *points[1:-1], _onto(points[-1], own[1])]
    return assemble(outline, [(area.u0, area.v0) for area in areas.values()], sizes, routes, _MARGIN)


def _run_dot(source: str) -> Any:
    try:
        found = graphviz.Source(source).pipe(format="json0", encoding="utf-8", quiet=True)
    except graphviz.ExecutableNotFound as error:
        raise LayoutError(
            "layout='dot' needs the program dot of Graphviz, which is not found: install it (apt-get install "
            "graphviz), or leave layout out"
        ) from error
    except graphviz.CalledProcessError as error:
        raise LayoutError(f"dot could not place the picture: {error}; leave layout out") from error
    return json.decode(found)
