"""The built-in layout engine: layered, deterministic, and quick.

Owns `LayeredLayout`, which reads outlines and writes scenes. The steps are in
their own modules: `ranks`, `web`, `order`, `coordinates`, `routes` for a block
from scratch (`block`), `incremental` for a scene that grows. The road is that of
Sugiyama, Tagawa and Toda (Methods for visual understanding of hierarchical system
structures, 1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from mandala_lab.model.collector import collector_at_rest
from mandala_lab.render.block import Block, Box, pack, place_block
from mandala_lab.render.boxes import box_size, flat_half
from mandala_lab.render.incremental import extend
from mandala_lab.render.scene import assemble

if TYPE_CHECKING:
    from mandala_lab.model.outline import Outline, OutlineNode
    from mandala_lab.render.routes import Point
    from mandala_lab.schema.scene import Scene

Orientation = Literal["TB", "LR"]

MARGIN = 24.0
_ASPECT = 1.6
_LAYER_GAP = {"TB": 42.0, "LR": 60.0}


@dataclass(frozen=True, slots=True)
class LayeredLayout:
    """Places an outline in layers, so that edges go with the flow.

    Parameters
    ----------
    orientation
        ``"TB"``: the flow goes from top to bottom; ``"LR"``: from left to right.

    Raises
    ------
    ValueError
        If the orientation is another.

    Examples
    --------
    >>> from mandala_lab.model.outline import Outline, OutlineNode, var_id
    >>> outline = Outline((OutlineNode(var_id("x"), "var", "x"),))
    >>> scene = LayeredLayout().place(outline)
    >>> scene.nodes[0].x, scene.nodes[0].y
    (24.0, 24.0)
    """

    orientation: Orientation = "TB"

    def __post_init__(self) -> None:
        valid = get_args(Orientation)
        if self.orientation not in valid:
            raise ValueError(f"orientation must be one of {', '.join(valid)}; found {self.orientation!r}")

    @collector_at_rest()
    def place(self, outline: Outline, previous: Scene | None = None) -> Scene:
        """Place an outline; with `previous`, keep what is there where it is.

        See `mandala_lab.ports.layout.LayoutEngine.place`.
        """
        _check(outline)
        known = {node.id for node in previous.nodes} if previous is not None else set()
        if previous is None or not any(node.id in known for node in outline.nodes):
            return self._fresh(outline)
        return extend(outline, previous, self._fresh, flip=self.orientation == "LR")

    def _fresh(self, outline: Outline) -> Scene:
        """Place everything from scratch, each connected part for itself."""
        flip = self.orientation == "LR"
        sizes = [box_size(node) for node in outline.nodes]
        boxes = [self._box(node, size) for node, size in zip(outline.nodes, sizes, strict=True)]
        number = {node.id: index for index, node in enumerate(outline.nodes)}
        links = [(number[edge.source], number[edge.target]) for edge in outline.edges]
        parts = _parts(len(boxes), links)
        blocks = [self._block(part, boxes, links) for part in parts]
        aspect = 1 / _ASPECT if flip else _ASPECT
        starts = pack([(block.across, block.along) for block in blocks], aspect)
        corners: list[Point] = [(0.0, 0.0)] * len(boxes)
        routes: list[list[Point]] = [[] for _ in links]
        for (nodes, edges), block, start in zip(parts, blocks, starts, strict=True):
            for index, corner in zip(nodes, _shifted(block.corners, start, flip=flip), strict=True):
                corners[index] = corner
            for index, points in zip(edges, block.routes, strict=True):
                routes[index] = _shifted(points, start, flip=flip)
        return assemble(outline, corners, sizes, routes, MARGIN)

    def _box(self, node: OutlineNode, size: tuple[float, float]) -> Box:
        flip = self.orientation == "LR"
        across, along = size[::-1] if flip else size
        return Box(across, along, flat_half(node.kind, across, flip=flip))

    def _block(self, part: tuple[list[int], list[int]], boxes: list[Box], links: list[tuple[int, int]]) -> Block:
        nodes, edges = part
        local = {node: index for index, node in enumerate(nodes)}
        inner = [(local[links[edge][0]], local[links[edge][1]]) for edge in edges]
        return place_block([boxes[node] for node in nodes], inner, _LAYER_GAP[self.orientation])


def _check(outline: Outline) -> None:
    known: set[str] = set()
    for node in outline.nodes:
        if node.id in known:
            raise ValueError(f"two nodes have the id {node.id!r}; ids must be unique")
        known.add(node.id)
    for edge in outline.edges:
        for end in (edge.source, edge.target):
            if end not in known:
                raise ValueError(f"edge {edge.source!r} -> {edge.target!r} names {end!r}, which is not among the nodes")


def _shifted(points: list[Point], start: Point, *, flip: bool) -> list[Point]:
    """Return points of a block as (x, y) of the scene."""
    across, along = start[0] + MARGIN, start[1] + MARGIN
    return [(v + along, u + across) for u, v in points] if flip else [(u + across, v + along) for u, v in points]


def _parts(count: int, links: list[tuple[int, int]]) -> list[tuple[list[int], list[int]]]:
    """Nodes and edges of each connected part, in input order."""
    leader = list(range(count))

    def find(node: int) -> int:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for source, target in links:
        one, two = find(source), find(target)
        leader[max(one, two)] = min(one, two)
    parts: dict[int, tuple[list[int], list[int]]] = {}
    for node in range(count):
        parts.setdefault(find(node), ([], []))[0].append(node)
    for number, (source, _) in enumerate(links):
        parts[find(source)][1].append(number)
    return list(parts.values())
