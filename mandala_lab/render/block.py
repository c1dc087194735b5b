"""A block: one graph placed by itself, in coordinates (u across, v along the flow).

Owns the full layout of a set of boxes and edges given by numbers, and how the
blocks of unconnected parts are put side by side. Does not own outlines and
scenes (`layered`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mandala_lab.render.coordinates import across
from mandala_lab.render.order import order_layers
from mandala_lab.render.ranks import against_the_flow, assign_ranks
from mandala_lab.render.routes import (
    LOOP_ROOM,
    LOOP_STEP,
    Bands,
    Point,
    landed,
    ports,
    route_edges,
    self_loop,
)
from mandala_lab.render.web import Web, weave

if TYPE_CHECKING:
    from mandala_lab.render.ranks import Links

BLOCK_GAP = 44.0
_SLANT = 0.07
_MOST_EXTRA = 56.0


@dataclass(frozen=True, slots=True)
class Box:
    """What the layout knows of a node: its extent and its border.

    Attributes
    ----------
    across, along
        Extent across and along the flow.
    flat
        How far from the middle an edge may touch the border.
    """

    across: float
    along: float
    flat: float


@dataclass(slots=True)
class Block:
    """Upper left corners and routes, all at or after (0, 0), inside the extent."""

    corners: list[Point]
    routes: list[list[Point]]
    across: float
    along: float


def place_block(boxes: list[Box], links: Links, layer_gap: float) -> Block:
    """Place boxes and route links between them from scratch."""
    plain = [number for number, (source, target) in enumerate(links) if source != target]
    flow = [links[number] for number in plain]
    reverse = against_the_flow(len(boxes), flow)
    downward = [(b, a) if back else (a, b) for (a, b), back in zip(flow, reverse, strict=True)]
    sizes = _cell_sizes(boxes, links)
    web = weave(assign_ranks(len(boxes), downward), sizes, downward, reverse)
    order_layers(web)
    centre = [round(x, 1) for x in across(web)]
    low = min(x - size / 2 for x, size in zip(centre, web.size, strict=True))
    centre = [x - low for x in centre]
    bands = _bands(web, boxes, centre, layer_gap)
    routes: list[list[Point]] = [[] for _ in links]
    found = route_edges(web, centre, ports(web, centre, [box.flat for box in boxes]), bands)
    for number, back, points in zip(plain, reverse, found, strict=True):
        routes[number] = landed(points[::-1]) if back else points
    corners = [(centre[v] - box.across / 2, bands.node_tops[v]) for v, box in enumerate(boxes)]
    _add_loops(boxes, links, corners, routes)
    width = max(x + size / 2 for x, size in zip(centre, web.size, strict=True))
    return Block(corners, routes, width, bands.bottoms[-1])


def _cell_sizes(boxes: list[Box], links: Links) -> list[float]:
    """Room across the flow for each box and its loops."""
    loops = [0] * len(boxes)
    for source, target in links:
        loops[source] += source == target
    return [
        box.across + (2 * (LOOP_ROOM + LOOP_STEP * (count - 1)) if count else 0.0)
        for box, count in zip(boxes, loops, strict=True)
    ]


def _add_loops(boxes: list[Box], links: Links, corners: list[Point], routes: list[list[Point]]) -> None:
    turns: dict[int, int] = {}
    for number, (source, target) in enumerate(links):
        if source == target:
            turn = turns.get(source, 0)
            turns[source] = turn + 1
            u, v = corners[source]
            routes[number] = self_loop(u + boxes[source].across, v + boxes[source].along / 2, turn)


def _bands(web: Web, boxes: list[Box], centre: list[float], layer_gap: float) -> Bands:
    """Stack the layers; a gap is larger where edges go far aside."""
    depth = len(web.layers)
    thick = [0.0] * depth
    for vertex, box in enumerate(boxes):
        thick[web.rank[vertex]] = max(thick[web.rank[vertex]], box.along)
    aside = [0.0] * depth
    for upper, lower in web.links:
        rank = web.rank[upper]
        aside[rank] = max(aside[rank], abs(centre[upper] - centre[lower]))
    tops: list[float] = []
    v = 0.0
    for rank in range(depth):
        tops.append(round(v, 1))
        v = tops[-1] + thick[rank] + layer_gap + min(_MOST_EXTRA, _SLANT * aside[rank])
    bottoms = [top + height for top, height in zip(tops, thick, strict=True)]
    node_tops = [tops[web.rank[n]] + (thick[web.rank[n]] - box.along) / 2 for n, box in enumerate(boxes)]
    node_bottoms = [top + box.along for top, box in zip(node_tops, boxes, strict=True)]
    return Bands(tops, bottoms, node_tops, node_bottoms)


def pack(sizes: list[tuple[float, float]], aspect: float) -> list[Point]:
    """Corners for rectangles (across, along) on shelves, in their order.

    `aspect` is the wished ratio of the extents across and along; the tallest
    rectangles of a shelf set its height, so the order is by falling height.
    """
    area = sum((a + BLOCK_GAP) * (b + BLOCK_GAP) for a, b in sizes)
    limit = max([(area * aspect) ** 0.5, *(a for a, _ in sizes)])
    order = sorted(range(len(sizes)), key=lambda k: -sizes[k][1])
    corners: list[Point] = [(0.0, 0.0)] * len(sizes)
    u = v = shelf = 0.0
    for k in order:
        if u and u + sizes[k][0] > limit:
            u, v, shelf = 0.0, v + shelf + BLOCK_GAP, 0.0
        corners[k] = (u, v)
        u += sizes[k][0] + BLOCK_GAP
        shelf = max(shelf, sizes[k][1])
    return corners
