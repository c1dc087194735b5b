"""Scenes as data: built, stored, compared and told in words.

Owns the helpers around `mandala_lab.schema.scene`. Does not own positions
(`layered`) nor pictures (`svg`).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from mandala_lab.model.outline import KIND_WORDS
from mandala_lab.render.text_width import clean
from mandala_lab.schema.scene import SCENE_VERSION, Scene, SceneCounts, SceneEdge, SceneNode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mandala_lab.model.outline import Outline, OutlineEdge, OutlineNode
    from mandala_lab.render.routes import Point

_DIGITS = 1


def edge_ids(edges: Iterable[OutlineEdge]) -> list[str]:
    """Return a unique id for each edge: ``source->target#label``, repeats with ``~2``."""
    used: set[str] = set()
    ids: list[str] = []
    for edge in edges:
        plain = name = f"{edge.source}->{edge.target}#{edge.label}"
        turn = 1
        while name in used:
            turn += 1
            name = f"{plain}~{turn}"
        used.add(name)
        ids.append(name)
    return ids


def scene_node(node: OutlineNode, corner: Point, size: tuple[float, float]) -> SceneNode:
    """Return a node with its box, whose corner is tidy."""
    counts = node.counts
    shown = SceneCounts(counts.total, counts.computed, counts.cached, counts.error)
    return SceneNode(
        node.id,
        node.kind,
        node.label,
        node.detail,
        node.status,
        shown,
        *corner,
        *size,
        group=node.group,
        element=node.element,
        hidden_before=node.hidden_before,
        hidden_after=node.hidden_after,
    )


def tidy(points: Iterable[Point]) -> list[Point]:
    """Return the points, none less than 0, with one digit each."""
    return [(int(x * 10 + 0.5) / 10, int(y * 10 + 0.5) / 10) for x, y in points]


def scene_edge(edge: OutlineEdge, name: str, points: list[Point]) -> SceneEdge:
    """Return an edge with its route, which is tidy."""
    return SceneEdge(name, edge.source, edge.target, edge.label, points)


def framed(nodes: list[SceneNode], edges: list[SceneEdge], margin: float) -> Scene:
    """Return a scene that is as large as what is in it, and a margin."""
    points = list(chain.from_iterable([edge.points for edge in edges]))
    right = max([node.x + node.w for node in nodes] + [x for x, _ in points], default=0.0)
    bottom = max([node.y + node.h for node in nodes] + [y for _, y in points], default=0.0)
    return Scene(
        version=SCENE_VERSION,
        width=round(right + margin, _DIGITS),
        height=round(bottom + margin, _DIGITS),
        nodes=nodes,
        edges=edges,
    )


def assemble(
    outline: Outline,
    corners: list[Point],
    sizes: list[tuple[float, float]],
    routes: list[list[Point]],
    margin: float,
) -> Scene:
    """Return a scene from an outline and positions in its order."""
    nodes = [scene_node(*given) for given in zip(outline.nodes, tidy(corners), sizes, strict=True)]
    names = edge_ids(outline.edges)
    edges = [scene_edge(*given) for given in zip(outline.edges, names, map(tidy, routes), strict=True)]
    return framed(nodes, edges, margin)


def scene_to_json(scene: Scene) -> bytes:
    """Return the scene as JSON in UTF-8.

    Lone surrogates, which UTF-8 cannot hold, become a backslash and their
    number, in ids as well: distinct ids stay distinct.
    """
    try:
        return msgspec.json.encode(scene)
    except UnicodeEncodeError:
        return msgspec.json.encode(_without_surrogates(scene))


def _whole(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _without_surrogates(scene: Scene) -> Scene:
    fields = ("id", "label", "detail", "source", "target", "group")
    texts = [
        {name: _whole(getattr(part, name)) for name in fields if hasattr(part, name)}
        for part in (*scene.nodes, *scene.edges)
    ]
    nodes = [msgspec.structs.replace(n, **t) for n, t in zip(scene.nodes, texts, strict=False)]
    rest = texts[len(nodes) :]
    edges = [msgspec.structs.replace(e, **t) for e, t in zip(scene.edges, rest, strict=True)]
    return msgspec.structs.replace(scene, nodes=nodes, edges=edges)


def scene_from_json(data: bytes | str) -> Scene:
    """Read a scene.

    Raises
    ------
    ValueError
        If it is not a scene, or one of another version.
    """
    try:
        scene = msgspec.json.decode(data, type=Scene)
    except msgspec.MsgspecError as error:
        raise ValueError(f"this is not a scene: {error}") from error
    if scene.version != SCENE_VERSION:
        raise ValueError(f"this scene has version {scene.version}; this version of mandala-lab reads {SCENE_VERSION}")
    return scene


def diff_scenes(old: Scene, new: Scene) -> tuple[list[SceneNode], list[SceneEdge], list[str], list[str]]:
    """Return what to send so that a reader of `old` sees `new`.

    Returns
    -------
    tuple
        Nodes added or changed, edges added or changed, ids of nodes that are
        gone, ids of edges that are gone.
    """
    old_nodes = {node.id: node for node in old.nodes}
    old_edges = {edge.id: edge for edge in old.edges}
    nodes = [node for node in new.nodes if old_nodes.pop(node.id, None) != node]
    edges = [edge for edge in new.edges if old_edges.pop(edge.id, None) != edge]
    return nodes, edges, list(old_nodes), list(old_edges)


def scene_to_text(scene: Scene) -> str:
    """Return the graph in words, for readers who do not see the picture.

    One line per node with its kind, status and detail, then one line per arrow
    that leaves it; those from a chip are told of its variable. All text is cleaned as in pictures.
    """
    if not scene.nodes:
        return "The graph is empty.\n"
    names = {node.id: clean(node.label) for node in scene.nodes}
    variables = {node.id: node.group for node in scene.nodes if node.kind == "chip"}
    leaving: dict[str, list[SceneEdge]] = {}
    for edge in scene.edges:
        leaving.setdefault(variables.get(edge.source, edge.source), []).append(edge)
    nodes = [node for node in scene.nodes if node.kind != "chip"]
    lines = [f"Graph. Nodes: {len(nodes)}. Arrows: {len(scene.edges)}."]
    for node in nodes:
        detail = f", {clean(node.detail)}" if node.detail else ""
        lines.append(f"{KIND_WORDS[node.kind]} {names[node.id]}: {node.status}{detail}")
        for edge in leaving.get(node.id, []):
            label = f" as {clean(edge.label)}" if edge.label else ""
            lines.append(f"  -> {names[edge.target]}{label}")
    return "\n".join(lines) + "\n"
