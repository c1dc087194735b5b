"""What to delete from a store so that the rest is worth most for its bytes.

A call may go when no call that stays took what it made, so calls go from the last
results inwards, those of least worth first. The worth of a call is

    seconds that it took x number of times that it occurred / bytes that it frees,

halved for every `HALF_LIFE_DAYS` since it occurred last. That is GreedyDual-Size (Cao
and Irani, Cost-Aware WWW Proxy Caching Algorithms, 1997) with frequencies
(Cherkasova, Improving WWW Proxies Performance with GreedyDual-Size-Frequency, 1998),
where forgetting with a half-life, as in LRFU (Lee and others, 2001), stands for the
clock of the former. A value that several calls keep counts in equal parts; a failed
call is worth nothing. All worths are halved alike as time goes on, so the order does
not depend on when it is asked for.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from mandala_lab.model.holdings import ITEMS, MAKER, USER, Holdings

HALF_LIFE_DAYS = 30.0
BATCH = 5_000
_DAY_US = 86_400_000_000


class Plan:
    """An order in which calls may be deleted, with what only they keep.

    Attributes
    ----------
    groups
        Of each call: the number of the call with which it stays or goes. What took
        a collection apart goes with the call that made the collection.
    calls, things
        What is to go, in order.
    kept
        Bytes that are left.
    needed
        Of each group: whether it is pinned, or needed by what is pinned.
    """

    def __init__(self, held: Holdings) -> None:
        self._held = held
        self.groups = _groups(held)
        self.calls = array("q")
        self.kept = held.total
        self._users = held.users()
        self._makers = held.makers
        numbers = np.arange(len(self.groups))
        order = np.argsort(self.groups, kind="stable")
        self._member_starts = np.searchsorted(self.groups[order], np.arange(len(numbers) + 1)).data
        self._members = numbers[order].data
        self._group = self.groups.data
        self._takers = self._count_takers().data
        rank = np.argsort(_worth(held, self.groups), kind="stable")
        self._by_rank = rank.data
        ranks = np.empty_like(rank)
        ranks[rank] = numbers
        self._ranks = ranks.data
        self._gone = bytearray(len(numbers))
        self.needed = self._needed()
        size = np.zeros(len(numbers), np.int64)
        np.add.at(size, self.groups, held.size)
        self._size = size.data
        self._thing_size = held.thing_size.data
        self._connects = (held.kinds == MAKER).astype(np.uint8).data
        self.things = array("q", held.unused(self._users))
        self.kept -= sum(self._thing_size[thing] for thing in self.things)

    def drop_older(self, than_us: int) -> None:
        """Let go what did not occur since a time."""
        last = np.zeros(len(self.groups), np.int64)
        np.maximum.at(last, self.groups, self._held.last_us)
        self._drop((last < than_us).astype(np.uint8).data, None)

    def drop_to(self, max_bytes: int) -> None:
        """Let go the least worth until no more than so many bytes are left."""
        self._drop(np.ones(len(self.groups), np.uint8).data, max_bytes)

    def batches(self) -> Iterator[Sequence[int]]:
        """Yield the calls in parts, none of which ends within a group."""
        start = 0
        for place in range(1, len(self.calls) + 1):
            whole = place == len(self.calls) or self._group[self.calls[place]] != self._group[self.calls[place - 1]]
            if whole and (place - start >= BATCH or place == len(self.calls)):
                yield self.calls[start:place]
                start = place

    def _drop(self, wanted: memoryview, max_bytes: int | None) -> None:
        """Delete wanted groups that nothing takes, the least worth first, down to a number of bytes."""

        def may_go(group: int) -> bool:
            return bool(wanted[group]) and not (self._gone[group] or self.needed[group] or self._takers[group])

        heap = [rank for rank, group in enumerate(self._by_rank) if self._group[group] == group and may_go(group)]
        while heap and (max_bytes is None or self.kept > max_bytes):
            left = [self._by_rank[heapq.heappop(heap)]]
            while left:
                for maker in self._delete(left.pop()):
                    if self._connects[maker] and not (self._gone[maker] or self.needed[maker]):
                        left.append(maker)  # a collection of refs that was made for the calls that are gone
                    elif may_go(maker):
                        heapq.heappush(heap, self._ranks[maker])

    def _delete(self, group: int) -> list[int]:
        """Delete a group; return the groups that nothing takes any more."""
        self._gone[group] = 1
        self.kept -= self._size[group]
        free = []
        for call in self._members[self._member_starts[group] : self._member_starts[group + 1]]:
            self.calls.append(call)
            for thing in self._held.let_go(call, self._users):
                self.things.append(thing)
                self.kept -= self._thing_size[thing]
            for maker in self._makers.targets[self._makers.starts[call] : self._makers.starts[call + 1]]:
                other = self._group[maker]
                if other != group:
                    self._takers[other] -= 1
                    if not self._takers[other]:
                        free.append(other)
        return free

    def _count_takers(self) -> np.ndarray:
        """Return how often each group is taken from by other groups."""
        starts, makers = np.asarray(self._makers.starts), np.asarray(self._makers.targets)
        takers = np.repeat(np.arange(len(self.groups)), np.diff(starts))
        of, by = self.groups[makers], self.groups[takers]
        return np.bincount(of[of != by], minlength=len(self.groups))

    def needed_calls(self) -> int:
        """Return how many calls are pinned, or needed by what is pinned."""
        return int(np.frombuffer(bytes(self.needed), np.uint8)[self.groups][self._held.kinds == USER].sum())

    def _needed(self) -> bytearray:
        found = bytearray(len(self.groups))
        left = [self._group[call] for call in np.flatnonzero(self._held.pinned)]
        while left:
            group = left.pop()
            if not found[group]:
                found[group] = 1
                for call in self._members[self._member_starts[group] : self._member_starts[group + 1]]:
                    made = self._makers.targets[self._makers.starts[call] : self._makers.starts[call + 1]]
                    left += [self._group[maker] for maker in made]
        return found


def _groups(held: Holdings) -> np.ndarray:
    """Return, for each call, the one with which it goes: what takes apart a collection follows who made it."""
    groups = np.arange(len(held.rows))
    starts, makers = np.asarray(held.makers.starts), np.asarray(held.makers.targets)
    apart = np.flatnonzero((held.kinds == ITEMS) & (np.diff(starts) > 0))
    groups[apart] = makers[starts[apart]]
    while True:
        further = groups[groups]
        if (further == groups).all():
            return groups
        groups = further


def _worth(held: Holdings, groups: np.ndarray) -> np.ndarray:
    """Return the logarithm of the worth of each group."""
    number, users = len(groups), np.maximum(np.asarray(held.users()), 1)
    share = held.thing_size / users
    owners = np.repeat(np.arange(len(share)), np.diff(np.asarray(held.holds.starts)))
    whole = share.copy()
    np.add.at(whole, owners, share[np.asarray(held.holds.targets)])
    size = np.zeros(number)
    np.add.at(size, groups, held.size)
    keepers = np.repeat(np.arange(number), np.diff(np.asarray(held.keeps.starts)))
    np.add.at(size, groups[keepers], whole[np.asarray(held.keeps.targets)])
    last = np.zeros(number, np.int64)
    np.maximum.at(last, groups, held.last_us)
    spent = np.log2(np.maximum(held.duration_us, 1)) + np.log2(np.maximum(held.occurrences, 1))
    worth: np.ndarray = spent - np.log2(np.maximum(size, 1)) + last / (HALF_LIFE_DAYS * _DAY_US)
    worth[held.failed] = -np.inf
    return worth
