"""Which edges have room for their label, and where.

Owns the places of edge labels. Does not own how they look (`svg`, `theme`). A
label that would cover a box or another label is left out; its edge still has
it as a tooltip and in the text twin.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mandala_lab.render.boxes import EDGE_LABEL_SIZE
from mandala_lab.render.curves import ways
from mandala_lab.render.overlaps import Rectangles
from mandala_lab.render.routes import LANDING
from mandala_lab.render.text_width import shorten, text_width

if TYPE_CHECKING:
    import numpy.typing as npt

    from mandala_lab.render.curves import Ways
    from mandala_lab.schema.scene import Scene

    Floats = npt.NDArray[np.float64]
    Numbers = npt.NDArray[np.int64]

LONGEST = 18
_HEIGHT = 13.0
_CLEAR = 2.0
_SHARES = (0.5, 0.62, 0.38, 0.74, 0.26)
_LOOP_SHIFT = 5.0
_STEPS = 5
_TIP = 9.0
_MOST_LINES = 3
_SQUARE = 128.0
_THIN = 0.5


class PlacedLabel(NamedTuple):
    """A label with the middle of its text and its width."""

    text: str
    x: float
    y: float
    width: float


def place_labels(scene: Scene, drawn: Ways | None = None) -> list[PlacedLabel]:
    """Labels in the order of edges.

    A label that repeats the name of the variable at one end tells nothing and
    is left out.

    Parameters
    ----------
    scene
        What is drawn.
    drawn
        The curves of its edges, where they are known.
    """
    names = {node.id: node.label for node in scene.nodes}
    numbers = [
        number
        for number, edge in enumerate(scene.edges)
        if edge.label and edge.label != names[edge.source] and edge.label != names[edge.target]
    ]
    if not numbers:
        return []
    wishes = _Wishes(scene, drawn or ways(scene), numbers)
    chosen = _choose(wishes)
    labels = sorted(chosen)
    shares = [chosen[label] for label in labels]
    x, y = wishes.middles[labels, shares].T.tolist()
    widths = wishes.widths[labels].tolist()
    return list(map(PlacedLabel, [wishes.texts[label] for label in labels], x, y, widths))


def _choose(wishes: _Wishes) -> dict[int, int]:
    """Return the share of each label that has room: over no line if it can be, else over the fewest."""
    room = _Room()
    chosen: dict[int, int] = {}
    labels = np.arange(len(wishes.texts))
    lines = np.full((len(labels), len(_SHARES)), _MOST_LINES + 1)
    for share in range(len(_SHARES)):
        lines[labels, share] = wishes.covered(labels, share)
        clear = labels[lines[labels, share] == 0]
        for label, area in zip(clear.tolist(), wishes.areas[share][:, clear].T.tolist(), strict=True):
            if room.take(area):
                chosen[label] = share
        labels = np.array([label for label in labels.tolist() if label not in chosen], np.int64)
    best = np.argsort(lines[labels], axis=1, kind="stable")
    for label, shares in zip(labels.tolist(), best.tolist(), strict=True):
        for share in shares:
            if 0 < lines[label, share] <= _MOST_LINES and room.take(wishes.areas[share, :, label].tolist()):
                chosen[label] = share
                break
    return chosen


class _Wishes:
    """Where labels may stand, and what they would cover there.

    Attributes
    ----------
    texts, widths
        Of each label.
    middles
        By label, by share of the way, by axis.
    areas
        By share of the way, the left, top, right and bottom of each label.
    """

    def __init__(self, scene: Scene, drawn: Ways, numbers: list[int]) -> None:
        self._size = scene.width, scene.height
        edges = [scene.edges[number] for number in numbers]
        shown = [_shown(edge.label) for edge in edges]
        self.texts = [text for text, _ in shown]
        self.widths = np.array([width for _, width in shown])
        pieces, ends = drawn.pieces, drawn.ends
        last = drawn.numbers[ends - 1]
        # An edge shares its last piece with no other, nor what lands there.
        lands = np.abs(pieces[last, 3] - pieces[last, 0]).sum(axis=1) <= LANDING + _CLEAR
        before = drawn.numbers[ends - np.where(np.diff(ends, prepend=0) > 1, 2, 1)]
        self._own = np.where(lands, before, last)[numbers]
        self.middles = _along(pieces[self._own], _SHARES)
        for at, edge in enumerate(edges):
            if edge.source == edge.target:
                self.middles[at] = edge.points[1][0] + self.widths[at] / 2 + _LOOP_SHIFT, edge.points[1][1]
        x, y = self.middles.transpose(2, 1, 0)
        half = self.widths / 2 + _CLEAR
        self.areas = np.stack([x - half, y - _HEIGHT / 2, x + half, y + _HEIGHT / 2], axis=1)
        boxes = np.array([(node.x, node.y, node.x + node.w, node.y + node.h) for node in scene.nodes]).T
        self._taken = Rectangles(np.hstack([boxes, _tips(pieces[last])]))
        self._lines = _Lines(pieces)

    def covered(self, labels: Numbers, share: int) -> Numbers:
        """Return how many lines other than its own each covers; too many where it may not stand at all."""
        areas = self.areas[share][:, labels]
        inside = (areas[:2] >= 0).all(axis=0) & (areas[2] <= self._size[0]) & (areas[3] <= self._size[1])
        inside[self._taken.overlapping(areas)[0]] = False
        found = np.full(len(labels), _MOST_LINES + 1)
        found[inside] = self._lines.covered(areas[:, inside], self._own[labels[inside]])
        return found


class _Lines:
    """The pieces of all curves as short straight lines."""

    def __init__(self, pieces: Floats) -> None:
        straight = (pieces[:, 0] == pieces[:, 3]).any(axis=1)
        bent = np.flatnonzero(~straight)
        curves = _along(pieces[bent], np.linspace(0, 1, _STEPS + 1))
        self._count = len(pieces)
        self._whose = np.concatenate([np.flatnonzero(straight), np.repeat(bent, _STEPS)])
        self._one = np.concatenate([pieces[straight, 0], curves[:, :-1].reshape(-1, 2)]).T
        self._two = np.concatenate([pieces[straight, 3], curves[:, 1:].reshape(-1, 2)]).T
        # What has no width overlaps nothing.
        low, high = np.minimum(self._one, self._two) - _THIN, np.maximum(self._one, self._two) + _THIN
        self._areas = Rectangles(np.concatenate([low, high]))

    def covered(self, areas: Floats, own: Numbers) -> Numbers:
        """Return how many pieces other than its own pass through each area."""
        area, line = self._areas.overlapping(areas)
        other = np.flatnonzero(self._whose[line] != own[area])
        area, line = area[other], line[other]
        through = _meets(areas[:, area], self._one[:, line], self._two[:, line])
        pairs = np.sort(area[through] * self._count + self._whose[line[through]])
        pairs = pairs[np.flatnonzero(np.diff(pairs, prepend=-1))]
        return np.bincount(pairs // self._count, minlength=areas.shape[1])


class _Room:
    """The places that labels have taken."""

    def __init__(self) -> None:
        self._squares: defaultdict[tuple[int, int], list[list[float]]] = defaultdict(list)

    def take(self, area: list[float]) -> bool:
        """Take a place if none of it is taken; return whether."""
        u0, v0, u1, v1 = area
        columns = range(int(u0 // _SQUARE), int(u1 // _SQUARE) + 1)
        rows = range(int(v0 // _SQUARE), int(v1 // _SQUARE) + 1)
        near = [self._squares[across, along] for along in rows for across in columns]
        for held in near:
            for left, top, right, bottom in held:
                if u0 < right and u1 > left and v0 < bottom and v1 > top:
                    return False
        for held in near:
            held.append(area)
        return True


@lru_cache(maxsize=4096)
def _shown(label: str) -> tuple[str, float]:
    """Return what is drawn of a label, and how wide it is at most; arguments have the same names again and again."""
    text = shorten(label, LONGEST)
    return text, text_width(text, EDGE_LABEL_SIZE)


def _along(pieces: Floats, shares: npt.ArrayLike) -> Floats:
    """Return the points of pieces at some shares of their way: by piece, by share, by axis."""
    share = np.asarray(shares)[:, None]
    rest = 1 - share
    weights = np.hstack([rest**3, 3 * rest * rest * share, 3 * rest * share * share, share**3])
    points: Floats = np.einsum("sk,pka->psa", weights, pieces)
    return points


def _tips(last: Floats) -> Floats:
    """Return the room of the arrow heads at the ends of pieces."""
    (ax, ay), (x, y) = last[:, 2].T, last[:, 3].T
    upright = np.abs(y - ay) >= np.abs(x - ax)
    back = np.where(np.where(upright, y > ay, x > ax), -_TIP, _TIP)
    other_x, other_y = np.where(upright, x, x + back), np.where(upright, y + back, y)
    aside, apart = np.where(upright, _TIP / 2, 0.0), np.where(upright, 0.0, _TIP / 2)
    low = np.minimum(x, other_x) - aside, np.minimum(y, other_y) - apart
    return np.stack([*low, np.maximum(x, other_x) + aside, np.maximum(y, other_y) + apart])


def _meets(areas: Floats, one: Floats, two: Floats) -> npt.NDArray[np.bool_]:
    """Whether the line from one point to the other has corners of the rectangle on both sides."""
    dx, dy = two - one
    middle, half = (areas[2:] + areas[:2]) / 2, (areas[2:] - areas[:2]) / 2
    x, y = middle - one
    found: npt.NDArray[np.bool_] = np.abs(dx * y - dy * x) <= np.abs(dx) * half[1] + np.abs(dy) * half[0]
    return found
