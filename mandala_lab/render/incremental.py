"""A scene that grows: what is there stays, what is new finds room.

Owns `extend`. Old nodes keep their boxes exactly and old edges their bend
points; a reader who looks at one node does not lose it when a call is added.
Does not own the obstacles (`field`) nor ways through them (`detour`).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from mandala_lab.model.outline import Outline
from mandala_lab.render.boxes import box_size, flat_half
from mandala_lab.render.detour import find_way
from mandala_lab.render.field import Area, Field
from mandala_lab.render.routes import PORT_GAP, Point, self_loop
from mandala_lab.render.scene import edge_ids, framed, scene_edge, scene_node, tidy

if TYPE_CHECKING:
    from collections.abc import Callable

    from mandala_lab.model.outline import OutlineEdge, OutlineNode
    from mandala_lab.schema.scene import Scene, SceneNode

_MARGIN = 24.0
_LAYER_GAP = {False: 46.0, True: 64.0}
_NEAREST_ROW = 26.0
_GAP = 22.0
_ROWS = 5
_ASPECT = 1.6


def extend(outline: Outline, previous: Scene, fresh: Callable[[Outline], Scene], *, flip: bool) -> Scene:
    """Place an outline so that nothing of the previous scene moves.

    Parameters
    ----------
    outline
        The nodes and edges to show.
    previous
        The scene on display.
    fresh
        Places from scratch; for new parts that touch nothing old.
    flip
        True if the flow goes from left to right.
    """
    wanted = {node.id for node in outline.nodes}
    grown = _Growth(outline, flip=flip)
    grown.keep([node for node in previous.nodes if node.id in wanted])
    old = {edge.id: edge for edge in previous.edges}
    for name, edge in zip(grown.names, outline.edges, strict=True):
        if name in old and (old[name].source, old[name].target) == (edge.source, edge.target):
            grown.routes[name] = old[name].points
    if len(grown.routes) < len(outline.edges) or len(grown.corners) < len(outline.nodes):
        grown.field.add_routes([grown.turned(points) for points in grown.routes.values()])
    kept = {name: old[name] for name in grown.routes}
    grown.place_attached()
    grown.place_rest(fresh)
    edges = dict(zip(grown.names, outline.edges, strict=True))
    grown.connect({name: edge for name, edge in edges.items() if name not in grown.routes})
    nodes = [scene_node(n, grown.corners[n.id], grown.sizes[n.id]) for n in outline.nodes]
    shown = [kept.get(name) or scene_edge(e, name, grown.routes[name]) for name, e in edges.items()]
    return framed(nodes, shown, _MARGIN)


class _Growth:
    """The state of one extension."""

    def __init__(self, outline: Outline, *, flip: bool) -> None:
        self.outline = outline
        self.flip = flip
        self.field = Field()
        self.corners: dict[str, Point] = {}
        self.sizes: dict[str, tuple[float, float]] = {}
        self.names = edge_ids(outline.edges)
        self.routes: dict[str, list[Point]] = {}
        self._rows: set[float] = set()
        self._known: dict[str, OutlineNode] = {node.id: node for node in outline.nodes}
        self._after: dict[str, list[str]] = {}
        self._before: dict[str, list[str]] = {}

    def turned(self, points: list[Point]) -> list[Point]:
        """(x, y) as (u, v) or back."""
        return [(y, x) for x, y in points] if self.flip else points

    def keep(self, nodes: list[SceneNode]) -> None:
        """Take over the boxes of old nodes, and note what the new ones hang on."""
        for node in nodes:
            self.corners[node.id] = node.x, node.y
            self.sizes[node.id] = node.w, node.h
        areas = [self._area(node.id) for node in nodes]
        self.field.add_boxes(areas)
        self._rows.update([area.v0 for area in areas])
        new = self._known.keys() - self.corners.keys()
        for edge in self.outline.edges:
            if edge.source in new:
                self._after.setdefault(edge.source, []).append(edge.target)
            if edge.target in new:
                self._before.setdefault(edge.target, []).append(edge.source)

    def put(self, name: str, corner: Point, size: tuple[float, float]) -> None:
        """Give a node its box."""
        self.corners[name] = corner
        self.sizes[name] = size
        area = self._area(name)
        self.field.add_box(area)
        self._rows.add(area.v0)

    def _area(self, name: str) -> Area:
        (x, y), (w, h) = self.corners[name], self.sizes[name]
        return Area(y, x, y + h, x + w) if self.flip else Area(x, y, x + w, y + h)

    def place_attached(self) -> None:
        """Place the new nodes that hang on old ones, nearest first."""
        waiting = deque(
            node
            for node in self.outline.nodes
            if node.id not in self.corners and any(n in self.corners for n in self._around(node.id))
        )
        while waiting:
            node = waiting.popleft()
            if node.id in self.corners:
                continue
            self._place(node)
            waiting.extend(self._known[n] for n in self._around(node.id) if n not in self.corners)

    def _around(self, name: str) -> list[str]:
        return [*self._before.get(name, ()), *self._after.get(name, ())]

    def _place(self, node: OutlineNode) -> None:
        """Find the free place that is nearest to where the node belongs."""
        size = box_size(node)
        wide, long = size[::-1] if self.flip else size
        above = [self._area(n) for n in self._before.get(node.id, ()) if n in self.corners]
        below = [self._area(n) for n in self._after.get(node.id, ()) if n in self.corners]
        near = above or below
        wish_u = sum(area.middle for area in near) / len(near)
        wish_v, rows = self._candidates(above, below, long)
        best: tuple[float, float, float] | None = None
        for row in rows:
            u = self.field.free_place(wish_u, wide, (row - 8.0, row + long + 8.0), _GAP, _MARGIN)
            cost = abs(u - wish_u) + 2 * abs(row - wish_v)
            if best is None or cost < best[0]:
                best = (cost, u, row)
        assert best is not None
        u, v = round(best[1] - wide / 2, 1), round(best[2], 1)
        self.put(node.id, (v, u) if self.flip else (u, v), size)

    def _candidates(self, above: list[Area], below: list[Area], long: float) -> tuple[float, list[float]]:
        """Return the wished place along the flow, and places to try: existing rows too."""
        gap = _LAYER_GAP[self.flip]
        if above:
            lowest = max(area.v1 for area in above)
            rows = sorted(row for row in self._rows if row >= lowest + _NEAREST_ROW)[:_ROWS]
            aligned = [row for row in rows if row <= lowest + 2 * gap]
            return (aligned[0] if aligned else lowest + gap), [*rows, lowest + gap, lowest + 2 * gap + long]
        highest = min(area.v0 for area in below)
        rows = sorted(row for row in self._rows if row + long <= highest - _NEAREST_ROW)[-_ROWS:]
        free = [highest - gap - long] if highest - gap - long >= _MARGIN else []
        # With no room above, it stands beside what reads it.
        return highest - gap - long, [*rows[::-1], *free] or [highest]

    def place_rest(self, fresh: Callable[[Outline], Scene]) -> None:
        """Place from scratch what touches nothing old."""
        nodes = tuple(node for node in self.outline.nodes if node.id not in self.corners)
        if nodes:
            inside = {node.id for node in nodes}
            edges = tuple(edge for edge in self.outline.edges if edge.source in inside)
            self._put_beside(fresh(Outline(nodes, edges)))

    def _put_beside(self, scene: Scene) -> None:
        """Put a scene of new parts where the whole stays compact."""
        u, v = self.field.end
        wide = v > u * _ASPECT if self.flip else u > v * _ASPECT
        start = (0.0, v + _MARGIN) if wide else (u + _MARGIN, 0.0)
        x, y = start[::-1] if self.flip else start
        for node in scene.nodes:
            self.put(node.id, tidy([(node.x + x, node.y + y)])[0], (node.w, node.h))
        for edge in scene.edges:
            self.routes[edge.id] = tidy((px + x, py + y) for px, py in edge.points)
            self.field.add_route(self.turned(self.routes[edge.id]))

    def connect(self, edges: dict[str, OutlineEdge]) -> None:
        """Find ways for edges, given by their ids, beside the routes that are there."""
        ends = {end for edge in edges.values() for end in (edge.source, edge.target)}
        ports: dict[str, list[Point]] = {name: [] for name in ends}
        by_id = dict(zip(self.names, self.outline.edges, strict=True))
        for name, points in self.routes.items():
            for end, point in ((by_id[name].source, points[0]), (by_id[name].target, points[-1])):
                if end in ports:
                    ports[end].extend(self.turned([point]))
        for name, edge in edges.items():
            points = self._way(edge, ports)
            ports[edge.source].append(points[0])
            ports[edge.target].append(points[-1])
            self.routes[name] = tidy(self.turned(points))
            self.field.add_route(points)

    def _way(self, edge: OutlineEdge, ports: dict[str, list[Point]]) -> list[Point]:
        source, target = self._area(edge.source), self._area(edge.target)
        if edge.source == edge.target:
            turn = sum(u == source.u1 for u, _ in ports[edge.source]) // 2
            return self_loop(source.u1, (source.v0 + source.v1) / 2, turn)
        aim = (source.middle + target.middle) / 2
        upwards = source.v0 - target.v1 > 0
        leave = self._port(edge.source, source.v0 if upwards else source.v1, aim, ports)
        reach = self._port(edge.target, target.v1 if upwards else target.v0, aim, ports)
        return find_way(self.field, source, target, leave, reach)

    def _port(self, name: str, side: float, aim: float, ports: dict[str, list[Point]]) -> float:
        """Return a place on one side of a box near to `aim`, apart from those in use."""
        area = self._area(name)
        flat = flat_half(self._known[name].kind, area.u1 - area.u0, flip=self.flip)
        used = sorted(u for u, v in ports[name] if abs(v - side) < 1.0)
        gap = min(PORT_GAP, 2 * flat / (len(used) + 1))
        low, high = area.middle - flat, area.middle + flat
        wish = min(max(aim, low, area.middle - 2 * PORT_GAP), high, area.middle + 2 * PORT_GAP)
        tries = [wish, *(u + step for u in used for step in (-gap, gap))]
        free = [u for u in tries if low <= u <= high and all(abs(u - v) > gap - 0.1 for v in used)]
        return min(free, key=lambda u: abs(u - wish), default=wish)
