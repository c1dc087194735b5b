"""What must be true of every scene."""

from __future__ import annotations

from itertools import pairwise

from mandala_lab.render.curves import point_at, ways

EPS = 0.06


def overlapping(scene, gap=0.0):
    """Pairs of nodes whose boxes overlap."""
    found = []
    for k, a in enumerate(scene.nodes):
        for b in scene.nodes[k + 1 :]:
            apart_x = a.x + a.w + gap <= b.x + EPS or b.x + b.w + gap <= a.x + EPS
            apart_y = a.y + a.h + gap <= b.y + EPS or b.y + b.h + gap <= a.y + EPS
            if not (apart_x or apart_y):
                found.append((a.id, b.id))
    return found


def on_border(point, node):
    """Whether a point is on the border of a node's box."""
    x, y = point
    inside = node.x - EPS <= x <= node.x + node.w + EPS and node.y - EPS <= y <= node.y + node.h + EPS
    at_x = min(abs(x - node.x), abs(x - node.x - node.w)) <= EPS
    at_y = min(abs(y - node.y), abs(y - node.y - node.h)) <= EPS
    return inside and (at_x or at_y)


def segment_in_box(start, end, node):
    """Whether a segment passes through the inside of a box (clipped by halves)."""
    low, high = 0.0, 1.0
    for axis, first, size in ((0, node.x, node.w), (1, node.y, node.h)):
        a, b = first + EPS, first + size - EPS
        step = end[axis] - start[axis]
        if abs(step) < 1e-9:
            if not a < start[axis] < b:
                return False
            continue
        one, two = sorted(((a - start[axis]) / step, (b - start[axis]) / step))
        low, high = max(low, one), min(high, two)
    return low < high


def curves(scene):
    """Return the pieces of the curve of each edge."""
    drawn = ways(scene)
    pieces, numbers = drawn.pieces.tolist(), drawn.numbers.tolist()
    return [[pieces[number] for number in numbers[one:two]] for one, two in pairwise([0, *drawn.ends.tolist()])]


def through_boxes(scene):
    """Edges that pass through a box, as a route or as the curve that is drawn."""
    found = []
    for edge, way in zip(scene.edges, curves(scene), strict=True):
        curve = [point_at(piece, step / 16) for piece in way for step in range(17)]
        for line in (edge.points, curve):
            found += [
                (edge.id, node.id) for node in scene.nodes if any(segment_in_box(a, b, node) for a, b in pairwise(line))
            ]
    return found


def outside(scene):
    """Boxes and points outside of the scene."""
    found = [n.id for n in scene.nodes if n.x < 0 or n.y < 0 or n.x + n.w > scene.width or n.y + n.h > scene.height]
    found += [
        edge.id
        for edge in scene.edges
        if not all(0 <= x <= scene.width and 0 <= y <= scene.height for x, y in edge.points)
    ]
    return found


def check(scene, outline):
    """Assert what holds for every scene of an outline."""
    assert [node.id for node in scene.nodes] == [node.id for node in outline.nodes]
    assert [(e.source, e.target, e.label) for e in scene.edges] == [
        (e.source, e.target, e.label) for e in outline.edges
    ]
    assert len({edge.id for edge in scene.edges}) == len(scene.edges)
    assert overlapping(scene) == []
    assert outside(scene) == []
    nodes = {node.id: node for node in scene.nodes}
    for edge in scene.edges:
        assert len(edge.points) >= 2
        assert on_border(edge.points[0], nodes[edge.source])
        assert on_border(edge.points[-1], nodes[edge.target])
