"""How quick and how clear pictures of made-up frames are, beside Graphviz' dot on the same frames.

``python benchmarks/pictures.py [--sizes N ...] [--seeds N] [--passes N] [--dot-up-to N] [--json FILE]``

Times are CPU milliseconds, the median of the passes. What is drawn is judged as it is drawn:
curves become short lines, and those are counted (see `crossings`). dot is told the same sizes of
boxes and the same distances, and no ports, with which its lines would cross far more often.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from crossings import Point, count
from webs import made_up

from mandala_lab.model.outline import Outline, OutlineEdge, OutlineNode, op_id, var_id
from mandala_lab.render.boxes import box_size
from mandala_lab.render.curves import point_at, ways
from mandala_lab.render.layered import LayeredLayout
from mandala_lab.render.svg import scene_to_svg
from mandala_lab.schema.scene import Scene

INCH = 72.0
STEPS = 8
DOT = "dot"


@dataclass(frozen=True)
class Figures:
    """What one engine made of one frame; `None` for what it does not do."""

    layout_ms: float
    crossings: int
    drawn_crossings: int
    width: float
    height: float
    added_ms: float | None = None
    moved: int | None = None
    svg_ms: float | None = None
    svg_bytes: int | None = None


@dataclass(frozen=True)
class Told:
    """One line of the report: how a figure is read, and what it should reach."""

    title: str
    of: Callable[[Figures], float | None]
    at_most: dict[int, float]
    ratio: dict[int, float]


LINES = (
    Told("layout, CPU ms", lambda one: one.layout_ms, {5_000: 250}, {5_000: 1 / 40}),
    Told("two nodes added, CPU ms", lambda one: one.added_ms, {5_000: 50}, {}),
    Told("of the old, moved", lambda one: one.moved, {500: 0, 2_000: 0, 5_000: 0}, {}),
    Told("crossings of edges", lambda one: one.crossings, {}, {500: 1.6, 2_000: 1.6}),
    Told("crossings seen", lambda one: one.drawn_crossings, {}, {}),
    Told("width, px", lambda one: one.width, {}, {500: 1.2, 2_000: 1.2}),
    Told("height, px", lambda one: one.height, {}, {}),
    Told("SVG, CPU ms", lambda one: one.svg_ms, {5_000: 100}, {}),
    Told("SVG, kB", lambda one: one.svg_bytes and one.svg_bytes / 1_000, {5_000: 3_000}, {}),
)


def timed(action: Callable[[], Any], passes: int) -> tuple[Any, float]:
    """Return what an action gives, and the median of its CPU milliseconds."""
    spent = []
    for _ in range(passes):
        begun = time.process_time()
        found = action()
        spent.append(1_000 * (time.process_time() - begun))
    return found, statistics.median(spent)


def grown(outline: Outline) -> Outline:
    """Return the outline with one more call of a variable in its middle, and the result of that."""
    variables = [node.id for node in outline.nodes if node.kind == "var"]
    call, result = OutlineNode(op_id("added"), "op", "added", "1 call"), OutlineNode(var_id("sum"), "var", "sum")
    edges = OutlineEdge(variables[len(variables) // 2], call.id, "x"), OutlineEdge(call.id, result.id)
    return Outline((*outline.nodes, call, result), (*outline.edges, *edges))


def moved(before: Scene, after: Scene) -> int:
    """How many old nodes and edges are elsewhere."""
    now = {node.id: (node.x, node.y) for node in after.nodes}
    bends = {edge.id: edge.points for edge in after.edges}
    nodes = sum(now[node.id] != (node.x, node.y) for node in before.nodes)
    return nodes + sum(bends[edge.id] != edge.points for edge in before.edges)


def ours(outline: Outline, passes: int) -> Figures:
    """Return our figures."""
    layout = LayeredLayout()
    scene, layout_ms = timed(lambda: layout.place(outline), passes)
    more = grown(outline)
    after, added_ms = timed(lambda: layout.place(more, scene), passes)
    svg, svg_ms = timed(lambda: scene_to_svg(scene), passes)
    drawn = ways(scene)
    pieces, numbers = drawn.pieces.tolist(), drawn.numbers.tolist()
    begins = [0, *drawn.ends.tolist()]
    lines = [_flat([pieces[number] for number in numbers[one:two]]) for one, two in pairwise(begins)]
    found = count(lines, [(edge.source, edge.target) for edge in scene.edges])
    size = len(svg.encode())
    return Figures(layout_ms, *found, scene.width, scene.height, added_ms, moved(scene, after), svg_ms, size)


def of_dot(outline: Outline) -> Figures:
    """Return the figures of dot; its CPU time is that of its process."""
    names = {node.id: f"n{number}" for number, node in enumerate(outline.nodes)}
    told = ['digraph{graph[nodesep=0.36 ranksep=0.58]node[shape=box fixedsize=true label=""]edge[arrowhead=none]']
    for node in outline.nodes:
        width, height = box_size(node)
        told.append(f"{names[node.id]}[width={width / INCH:.4f} height={height / INCH:.4f}]")
    told += [f"{names[edge.source]}->{names[edge.target]}" for edge in outline.edges]
    before = os.times()
    done = subprocess.run([DOT, "-Tjson0"], input="\n".join([*told, "}"]), capture_output=True, text=True, check=True)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    placed = json.loads(done.stdout)
    lines, ends = [], []
    for edge in placed["edges"]:
        points = [tuple(map(float, pair.split(","))) for pair in edge["pos"].split()]
        lines.append(_flat([tuple(points[at : at + 4]) for at in range(0, len(points) - 3, 3)]))
        ends.append((str(edge["tail"]), str(edge["head"])))
    _, _, width, height = map(float, placed["bb"].split(","))
    return Figures(1_000 * spent, *count(lines, ends), width, height)


def _flat(pieces: list[Any]) -> list[Point]:
    """Return cubic pieces as short lines."""
    line: list[Point] = [pieces[0][0]]
    for piece in pieces:
        straight = piece[0][0] == piece[3][0]
        line += [piece[3]] if straight else [point_at(piece, step / STEPS) for step in range(1, STEPS + 1)]
    return line


def text(nodes: int, mine: Figures, other: Figures | None) -> str:
    """Return the figures of one frame as a table."""
    lines = [f"{nodes:,} nodes{'':<20}{'ours':>12}{DOT:>12}{'ratio':>8}  target"]
    for told in LINES:
        value, peer = told.of(mine), other and told.of(other)
        ratio = value / peer if value is not None and peer else None
        cells = f"{_shown(value):>12}{_shown(peer):>12}{'-' if ratio is None else f'{ratio:.2f}':>8}"
        lines.append(f"{told.title:32}{cells}  {_verdict(told, nodes, value, ratio)}".rstrip())
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if value == int(value) or value > 100 else f"{value:,.1f}"


def _verdict(told: Told, nodes: int, value: float | None, ratio: float | None) -> str:
    """Say what is wanted at this size, and whether it is so."""
    size = next((size for size in (500, 2_000, 5_000) if size <= nodes < 1.1 * size), 0)
    wanted = [(f"<= {told.at_most[size]:g}", value, told.at_most[size])] if size in told.at_most else []
    wanted += [(f"<= {told.ratio[size]:.3g}x", ratio, told.ratio[size])] if size in told.ratio else []
    judged = [found <= limit for _, found, limit in wanted if found is not None]
    return f"{', '.join(name for name, _, _ in wanted)}: {'yes' if all(judged) else 'NO'}" if judged else ""


def main() -> int:
    """Run the comparison from the command line."""
    parser = argparse.ArgumentParser(description="Compare pictures with those of dot.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 500, 2_000, 5_000], metavar="NODES")
    parser.add_argument("--seeds", type=int, default=1, help="how many frames of each size")
    parser.add_argument("--passes", type=int, default=7)
    parser.add_argument("--dot-up-to", type=int, default=2_000, metavar="NODES", help="5,000 take it minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    options = parser.parse_args()
    found = []
    for size in options.sizes:
        for seed in range(options.seeds):
            outline = made_up(size, seed)
            has_dot = size <= options.dot_up_to and shutil.which(DOT) is not None
            mine, other = ours(outline, options.passes), of_dot(outline) if has_dot else None
            print(text(len(outline.nodes), mine, other), end="\n\n", flush=True)
            found.append({"nodes": size, "seed": seed, "ours": asdict(mine), DOT: other and asdict(other)})
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
