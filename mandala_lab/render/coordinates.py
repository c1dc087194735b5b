"""Where each vertex of an ordered web stands across the flow.

Owns `across`. Does not own the order nor the layers, nor what should be straight (`runs`).
Two wishes are met in turn, many times: that each run is one straight line in the middle of
what it is linked to, and that the vertices of a layer keep their order and distance. Meeting
the second is isotonic regression, a least-squares fit; so crowds give way together, as in
Sander's pendulum method (Graph layout through the VCG tool, 1995), and the picture grows no
wider than its widest layers need. At last each run is made straight where it has room.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from mandala_lab.render.isotonic import isotonic
from mandala_lab.render.runs import straight_runs

if TYPE_CHECKING:
    import numpy.typing as npt

    from mandala_lab.render.web import Web

    Floats = npt.NDArray[np.float64]
    Numbers = npt.NDArray[np.int64]

NODE_GAP = 26.0
BEND_GAP = 16.0

_PULLS = 12
_DAMPING = 0.5
_STRAIGHTENINGS = 60
_HASTE = 1.8
_ROUNDS = 6
_STILL = 0.05
_SNAPS = 3
_TRUNK = 1.0
_FLOOR = 0.3
_APART = 1e7
"""Between the layers when all are fitted at once: more than any picture is wide."""


def across(web: Web) -> list[float]:
    """Return the centre of every vertex across the flow; boxes of a layer do not touch."""
    run = np.array(straight_runs(web), np.int64)
    order = np.fromiter(chain.from_iterable(web.layers), np.int64, len(run))
    rows = _Rows(web, order)
    bundles = _Bundles(web, order, run)
    x = rows.packed()
    for _ in range(_PULLS):
        before, x = x, rows.fit(bundles.pulled(x), bundles.weights, _ROUNDS)
        if np.abs(x - before).max(initial=0.0) < _STILL:
            break
    x = _straightened(x, rows, bundles)
    centre = [0.0] * len(order)
    for vertex, place in zip(order.tolist(), _snapped(x, rows, bundles), strict=True):
        centre[vertex] = place
    return centre


class _Rows:
    """The layers, one after the other in slots: what stands beside what, and how far apart at least."""

    def __init__(self, web: Web, order: Numbers) -> None:
        size = np.array(web.size)[order]
        box = order < web.nodes
        rank = np.array(web.rank, np.int64)[order]
        self.first = np.diff(rank, prepend=-1) != 0
        self.gap = np.zeros(len(order))
        self.gap[1:] = (size[1:] + size[:-1]) / 2 + np.where(box[1:] & box[:-1], NODE_GAP, BEND_GAP)
        self.gap[self.first] = 0.0
        starts = np.flatnonzero(self.first)
        length = np.diff(np.append(starts, len(order)))
        offset = np.cumsum(self.gap)
        self._offset = offset - np.repeat(offset[starts], length)
        self._half = np.repeat(self._offset[starts + length - 1] / 2, length)
        self._base = self._offset - rank * _APART

    def packed(self) -> Floats:
        """Return places where each layer is as narrow as can be, and in the middle."""
        return self._offset - self._half

    def fit(self, wish: Floats, weights: Floats, rounds: int | None = None) -> Floats:
        """Return the places nearest to those wished at which the layers have their order and distances."""
        return isotonic(wish - self._base, weights, rounds) + self._base


class _Bundles:
    """The runs as bodies that move as one."""

    def __init__(self, web: Web, order: Numbers, run: Numbers) -> None:
        slot = np.empty(len(order), np.int64)
        slot[order] = np.arange(len(order))
        found, self.of = np.unique(slot[run[order]], return_inverse=True)
        self._number = len(found)
        self._size = np.bincount(self.of, minlength=self._number)
        upper, lower = slot[np.array(web.links, np.int64).reshape(-1, 2)].T
        outside = self.of[upper] != self.of[lower]
        upper, lower = upper[outside], lower[outside]
        self._whose = self.of[np.concatenate([upper, lower])]
        self._other = np.concatenate([lower, upper])
        self._pulls = np.bincount(self._whose, minlength=self._number)
        self.weights = (self._pulls / self._size + np.where(self._size > 1, _TRUNK, 0.0) + _FLOOR)[self.of]

    def mean(self, x: Floats) -> Floats:
        """Return the mean place of each run."""
        return np.bincount(self.of, x, self._number) / self._size

    def pulled(self, x: Floats) -> Floats:
        """Return the places of the vertices if each run goes half the way to the middle of what it is linked to."""
        mean = self.mean(x)
        middle = np.bincount(self._whose, x[self._other], self._number) / np.maximum(self._pulls, 1)
        return (mean + (np.where(self._pulls > 0, middle, mean) - mean) * _DAMPING)[self.of]

    def members(self) -> list[list[int]]:
        """Return the slots of each run of more than one vertex, the longest runs first."""
        slots = np.argsort(self.of, kind="stable").tolist()
        ends = np.cumsum(self._size).tolist()
        runs = [slots[end - size : end] for end, size in zip(ends, self._size.tolist(), strict=True) if size > 1]
        return sorted(runs, key=len, reverse=True)


def _straightened(x: Floats, rows: _Rows, bundles: _Bundles) -> Floats:
    """Let runs grow straight by alternating projections, overshooting to be there sooner."""
    line = bundles.mean(x)
    even = np.ones(len(x))
    for _ in range(_STRAIGHTENINGS):
        x = rows.fit(line[bundles.of], even, _ROUNDS)
        step = bundles.mean(x) - line
        if np.abs(step).max(initial=0.0) < _STILL:
            break
        line += step * _HASTE
    return rows.fit(line[bundles.of], even)


def _snapped(x: Floats, rows: _Rows, bundles: _Bundles) -> list[float]:
    """Put each run on as few straight lines as its neighbours leave room for; what is bent then may find room later."""
    places: list[float] = x.tolist()
    first = [*rows.first.tolist(), True]
    gap = [*rows.gap.tolist(), 0.0]
    bent = bundles.members()
    for _ in range(_SNAPS):
        bent = [run for run in bent if not _snap(run, places, first, gap)]
    return places


def _snap(run: list[int], places: list[float], first: list[bool], gap: list[float]) -> bool:
    """Put a run on straight lines; return whether on one."""
    begin, low, high = 0, -_APART, _APART
    for at, slot in enumerate(run):
        least = -_APART if first[slot] else places[slot - 1] + gap[slot]
        most = _APART if first[slot + 1] else places[slot + 1] - gap[slot + 1]
        if least > high or most < low:
            _put(run[begin:at], places, low, high)
            begin, low, high = at, least, most
        else:
            low = max(low, least)  # many times: twice as quick as `max`
            high = min(high, most)
    _put(run[begin:], places, low, high)
    return begin == 0


def _put(part: list[int], places: list[float], low: float, high: float) -> None:
    """Put slots on one line between two bounds, the nearest to where they are."""
    line = min(max(sum([places[slot] for slot in part]) / len(part), low), high)
    for slot in part:
        places[slot] = line
