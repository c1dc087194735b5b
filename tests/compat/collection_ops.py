"""Ops with collections, for the tests of them; `runs` tells what ran."""

from __future__ import annotations

import numpy as np

from mandala_lab import MDict, MList, MSet, MTuple, op

runs: list[object] = []
note = runs.append


@op
def numbers(n) -> MList[int]:
    note(n)
    return [10 * i for i in range(n)]


@op
def numbers_kept(first, n) -> MList[int]:
    note(n)
    return [first * i for i in range(n)]


@op
def inc(x):
    return x + 1


@op
def total(xs: MList[int]):
    note(len(xs))
    return sum(xs)


@op
def total_whole(xs: list[int]):
    return sum(xs)


@op
def table(n) -> MDict[str, int]:
    return {"b": n, "a": n + 1, "c": n}


@op
def values_of(d: MDict[str, int]):
    return sorted(d.values())


@op
def unique(xs) -> MSet[int]:
    return set(xs)


@op
def size(s: MSet[int]):
    return len(s)


@op
def pair(n) -> MTuple[int, str]:
    return n, str(n)


@op
def first_of(t: MTuple[int, str]):
    return t[0]


@op
def grid(n) -> MList[MList[int]]:
    return [[i * j for j in range(n)] for i in range(n)]


@op
def flat(rows: MList[MList[int]]):
    return [x for row in rows for x in row]


@op
def arrays(n) -> MList[np.ndarray]:
    return [np.full(100, i % 2) for i in range(n)]
