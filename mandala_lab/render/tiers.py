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

    def of(self, vertices: Numbers) -> Numbers:
        """Return where the neighbours of these vertices are, one vertex after the other."""
        degree = self.degree[vertices]
        before = np.cumsum(degree) - degree
        return np.repeat(self.first[vertices] - before, degree) + np.arange(int(degree.sum()))


class Tiers:
    """An order of each layer, and steps that better it.

    Attributes
    ----------
    order
        The vertices, layer after layer, in their order.
    place
        Of each vertex: its number in its layer.
    """

    def __init__(self, web: Web, layers: list[list[int]]) -> None:
        count = len(web.rank)
        lengths = np.fromiter(map(len, layers), np.int64, len(layers))
        self._starts: list[int] = [0, *np.cumsum(lengths).tolist()]
        self._number = np.arange(count) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        self._rank = np.array(web.rank, np.int64)
        links = np.array(web.links, np.int64).reshape(-1, 2)
        self._upper, self._lower = links.T
        self._weights = np.bincount(np.fromiter(chain.from_iterable(web.paths), np.int64), minlength=len(links))
        self._above = Side(count, self._lower, self._upper, self._weights)
        self._below = Side(count, self._upper, self._lower, self._weights)
        self.place: Numbers = np.empty(count, np.int64)
        self.arrange(np.fromiter(chain.from_iterable(layers), np.int64, count))
        self._classes = self._pairs()

    def arrange(self, order: Numbers) -> None:
        """Take an order."""
        self.order = order
        self.place[order] = self._number

    def layers(self) -> list[list[int]]:
        """Return the vertices of each layer in their order."""
        order = self.order.tolist()
        return [order[start:end] for start, end in pairwise(self._starts)]

    def crossings(self) -> int:
        """How many pairs of edges cross between layers."""
        bits = int(self._number.max(initial=0)).bit_length()
        upper, lower = ((self._rank[ends] << bits) | self.place[ends] for ends in (self._upper, self._lower))
        turn = np.lexsort((lower, upper))
        return _inversions(lower[turn], self._weights[turn], bits)

    def sweep(self, *, downwards: bool, mirrored: bool) -> None:
        """Sort each layer by the mean place of its neighbours in the layer before.

        Vertices without neighbours there keep their slots; those with the same mean keep their
        order, or turn it round if `mirrored`.
        """
        side = self._above if downwards else self._below
        spans = list(pairwise(self._starts))
        for start, end in spans[1:] if downwards else spans[-2::-1]:
            layer = self.order[start:end]
            linked = side.degree[layer] > 0
            movers = layer[linked][::-1] if mirrored else layer[linked]
            if not len(movers):
                continue
            degree = side.degree[movers]
            mean = np.add.reduceat(self.place[side.ends[side.of(movers)]], np.cumsum(degree) - degree) / degree
            layer[linked] = movers[np.argsort(mean, kind="stable")]
            self.place[layer] = self._number[start:end]

    def _pairs(self) -> list[Numbers]:
        """Return the slots of left neighbours in four classes: no two pairs of one class touch the same links."""
        last = np.zeros(len(self._number), bool)
        last[np.array(self._starts[1:], np.int64) - 1] = True
        rank = self._rank[self.order]
        found = [~last & (rank % 2 == layer) & (self._number % 2 == turn) for layer in (0, 1) for turn in (0, 1)]
        return [np.flatnonzero(chosen) for chosen in found]

    def exchange(self, rounds: int) -> None:
        """Exchange neighbours in a layer while that removes crossings."""
        for _ in range(rounds):
            if not sum(map(self._exchange, self._classes)):
                return

    def _exchange(self, slots: Numbers) -> int:
        """Exchange what stands in these slots with what stands right of it; return how many were."""
        left, right = self.order[slots], self.order[slots + 1]
        better = self._gain(left, right, self._above) + self._gain(left, right, self._below) > 0
        slots, left, right = slots[better], left[better], right[better]
        self.order[slots], self.order[slots + 1] = right, left
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
