"""The layers of a web as arrays: sorted, exchanged and counted many vertices at a time.

Owns the steps of crossing reduction, and the count that they are judged by. Does not own in
which turn they are taken (`order`). A line that many edges share weighs as much as they do.
"""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from mandala_lab.render.web import Web

    Numbers = npt.NDArray[np.int64]


_TIE = 1e-9
"""What a place counts where means are equal: less than any two means differ by."""


class Side:
    """The neighbours of all vertices on one side: those of a vertex lie together.

    Attributes
    ----------
    ends, weights
        The neighbours, and how many edges run there.
    first, degree
        Of each vertex: where its neighbours begin, and how many there are.
    """

    def __init__(self, count: int, here: Numbers, there: Numbers, weights: Numbers) -> None:
        turn = np.argsort(here, kind="stable")
        self.ends, self.weights = there[turn], weights[turn]
        self.degree: Numbers = np.bincount(here, minlength=count)
        self.first: Numbers = np.cumsum(self.degree) - self.degree

    def means(self, start: int, end: int, place: Numbers) -> tuple[Numbers, npt.NDArray[np.float64]]:
        """Return which of these vertices have neighbours, and the mean place of those."""
        linked = start + np.flatnonzero(self.degree[start:end])
        if not len(linked):
            return linked, np.empty(0)
        first, degree = self.first[linked], self.degree[linked]
        near = place[self.ends[first[0] : first[-1] + degree[-1]]]
        return linked, np.add.reduceat(near, first - first[0]) / degree


class Tiers:
    """An order of each layer, and steps that better it.

    Vertices are numbered anew, layer after layer in the order that is given first.

    Attributes
    ----------
    place
        Of each vertex: where it stands in its layer.
    """

    def __init__(self, web: Web, layers: list[list[int]]) -> None:
        count = len(web.rank)
        lengths = np.fromiter(map(len, layers), np.int64, len(layers))
        starts = np.cumsum(lengths) - lengths
        self._spans = list(pairwise([*starts.tolist(), count]))
        self._start = np.repeat(starts, lengths)
        self._vertex = np.fromiter(chain.from_iterable(layers), np.int64, count)
        self.place: Numbers = np.arange(count) - self._start
        number = np.empty(count, np.int64)
        number[self._vertex] = np.arange(count)
        self._upper, self._lower = number[np.array(web.links, np.int64).reshape(-1, 2)].T
        paths = np.fromiter(chain.from_iterable(web.paths), np.int64)
        self._weights = np.bincount(paths, minlength=len(web.links))
        self._above = Side(count, self._lower, self._upper, self._weights)
        self._below = Side(count, self._upper, self._lower, self._weights)
        self._classes = self._pairs(np.repeat(np.arange(len(layers)), lengths))

    def _order(self) -> Numbers:
        """Return the vertices, layer after layer, in their order."""
        order = np.empty(len(self.place), np.int64)
        order[self._start + self.place] = np.arange(len(order))
        return order

    def layers(self) -> list[list[int]]:
        """Return the vertices of each layer in their order, by the numbers that they have in the web."""
        order = self._vertex[self._order()].tolist()
        return [order[start:end] for start, end in self._spans]

    def crossings(self) -> int:
        """How many pairs of edges cross between layers."""
        bits = int(self.place.max(initial=0)).bit_length()
        upper, lower = self._start[self._upper] + self.place[self._upper], self.place[self._lower]
        turn = np.argsort((upper << bits) | lower, kind="stable")
        return _inversions(((self._start[self._lower] << bits) | lower)[turn], self._weights[turn], bits)

    def sweep(self, *, downwards: bool, mirrored: bool) -> None:
        """Sort each layer by the mean place of its neighbours in the layer before.

        Vertices without neighbours there keep their places; those with the same mean keep their
        order, or turn it round if `mirrored`.
        """
        side = self._above if downwards else self._below
        tie = -_TIE if mirrored else _TIE
        for start, end in self._spans[1:] if downwards else self._spans[-2::-1]:
            linked, mean = side.means(start, end, self.place)
            places = self.place[linked]
            turn = np.argsort(mean + tie * places, kind="stable")
            self.place[linked[turn]] = np.sort(places)

    def _pairs(self, rank: Numbers) -> list[Numbers]:
        """Return the slots of left neighbours in four classes: no two pairs of one class touch the same links."""
        inner = np.ones(len(rank), bool)
        inner[[end - 1 for _, end in self._spans]] = False
        found = [inner & (rank % 2 == layer) & (self.place % 2 == turn) for layer in (0, 1) for turn in (0, 1)]
        return [np.flatnonzero(chosen) for chosen in found]

    def exchange(self, rounds: int) -> None:
        """Exchange neighbours in a layer while that removes crossings."""
        order = self._order()
        for _ in range(rounds):
            if not sum([self._exchange(order, slots) for slots in self._classes]):
                return

    def _exchange(self, order: Numbers, slots: Numbers) -> int:
        """Exchange what stands in these slots with what stands right of it; return how many were."""
        left, right = order[slots], order[slots + 1]
        better = self._gain(left, right, self._above) + self._gain(left, right, self._below) > 0
        slots, left, right = slots[better], left[better], right[better]
        order[slots], order[slots + 1] = right, left
        self.place[left] += 1
        self.place[right] -= 1
        return len(slots)

    def _gain(self, left: Numbers, right: Numbers, side: Side) -> Numbers:
        """Return how many crossings on one side an exchange of each pair removes."""
        many = side.degree[left] * side.degree[right]
        pair = np.repeat(np.arange(len(left)), many)
        turn = np.arange(len(pair)) - np.repeat(np.cumsum(many) - many, many)
        one, two = np.divmod(turn, side.degree[right][pair])
        one += side.first[left][pair]
        two += side.first[right][pair]
        signs = np.sign(self.place[side.ends[one]] - self.place[side.ends[two]])
        gain = np.bincount(pair, signs * side.weights[one] * side.weights[two], len(left))
        return gain.astype(np.int64)


def _inversions(values: Numbers, weights: Numbers, bits: int) -> int:
    """Count the pairs in which the larger value comes first; only the lowest `bits` are out of order.

    Two values are parted by the highest bit in which they differ; so bit by bit, among those
    that are equal above it, ones before zeros are counted.
    """
    total = 0
    for bit in range(bits - 1, -1, -1):
        high = values >> bit
        ones = (high & 1) * weights
        before = np.cumsum(ones)
        begins = np.diff(high >> 1, prepend=-1) != 0
        total += int((weights - ones) @ (before - np.maximum.accumulate(np.where(begins, before - ones, 0))))
        turn = np.argsort(high, kind="stable")
        values, weights = values[turn], weights[turn]
    return total
