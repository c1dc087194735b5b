"""What is done N times in a pass: which calls, with which arguments.

Arguments are built here, the same for all contestants. Owns no clock and
knows no memoizer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import bodies

Calls = Mapping[str, Callable[..., Any]]
Arguments = list[tuple[Any, ...]]

PLAIN: Calls = {function.__name__: function for function in bodies.ALL}
VARIANTS = 2  # contents that a large argument takes in turn, in place: who keys by identity is found out


@dataclass(frozen=True)
class Sizes:
    """How much is done.

    Attributes
    ----------
    calls, passes
        Calls in a pass, and timed passes.
    heavy_passes
        Timed passes of those works that are one hit with a large argument.
    patience_s
        Whoever took this long for the passes of a work makes no more of them.
    array, rows, objects
        Numbers in the array, rows of the frame, small objects.
    stored
        Calls in the stores that are opened by new processes and weighed.
    growth
        Calls in the stores that are compared with each other; the largest is also looked after.
    frames
        Calls in the stores that frames are made of.
    shared
        Calls of each of several processes on one store.
    processes
        How many these are.
    """

    calls: int
    passes: int
    heavy_passes: int
    patience_s: float
    array: int
    rows: int
    objects: int
    stored: int
    growth: tuple[int, ...]
    frames: tuple[int, ...]
    shared: int = 2_000
    processes: tuple[int, ...] = (1, 2, 4, 8)


# The sizes that the targets speak of.
STANDARD = Sizes(
    calls=500,
    passes=7,
    heavy_passes=3,
    patience_s=2.0,
    array=10_000_000,
    rows=1_000_000,
    objects=100_000,
    stored=10_000,
    growth=(1_000, 100_000),
    frames=(1_000, 10_000, 100_000),
)


@dataclass(frozen=True)
class Work:
    """One way of calling.

    Attributes
    ----------
    body
        Names of the functions called, each with what the one before returned.
    new
        Whether each call is new (a miss), else each is known (a hit).
    reopened
        Whether the store is closed and opened before each pass, off the clock.
    large
        Kind of the one large argument (``made``: of the result), of which a pass
        has one; empty for small scalars.
    grouped
        Whether a store that can group its commits does so.
    forms
        What the pass ends with, for contestants that hand out refs: ``ref``
        (nothing more), ``value`` (the value is loaded), ``written`` (what the
        hits left in memory is in the store). Others hand out values anyway.
    floor
        What the floor does instead.
    """

    name: str
    body: tuple[str, ...]
    new: bool = False
    reopened: bool = False
    large: str = ""
    grouped: bool = False
    forms: tuple[str, ...] = ("ref", "value")
    floor: str = "dict"

    @property
    def fill_turns(self) -> int:
        """How many passes make the known calls."""
        return 0 if self.new else (VARIANTS if self.large else 1)

    def count(self, sizes: Sizes, share: float) -> int:
        """Return how many calls, or chains of calls, a pass has."""
        return 1 if self.large else max(1, round(sizes.calls * share))

    def passes(self, sizes: Sizes) -> int:
        """Return how many timed passes are made: most where files are written, for there passes differ most."""
        return sizes.heavy_passes if self.large and not self.new else sizes.passes

    def size(self, sizes: Sizes) -> str:
        """Return the size of what is large, as text."""
        if not self.large:
            return ""
        if self.body[0].endswith("array"):
            return f"{sizes.array * 8 / 1e6:g} MB"
        return f"{sizes.rows:,} x 5" if self.large.endswith("frame") else f"{sizes.objects:,}"


def _large(name: str, body: str, large: str, floor: str, *, reopened: bool = False) -> Work:
    return Work(name, (body,), large=large, forms=("value",), floor=floor, reopened=reopened)


WORKS = (
    Work("hit, small scalars", ("scale",), forms=("ref", "value", "written")),
    Work("first hit after reopening", ("scale",), reopened=True, floor="select"),
    Work("hit through refs, chain of three", ("first", "second", "third")),
    Work("miss", ("scale",), new=True, forms=("ref",), floor="insert"),
    Work("miss, grouped", ("scale",), new=True, grouped=True, forms=("ref",), floor="insert grouped"),
    _large("hit, array", "peek_array", "array", "blake3"),
    Work("miss, stores array", ("make_array",), new=True, large="made", forms=("ref",), floor="file"),
    _large("hit, frame with object strings", "peek_frame", "object frame", "arrow + blake3"),
    _large("hit, frame with Arrow strings", "peek_frame", "arrow frame", "arrow + blake3"),
    _large("hit, nested objects", "peek_nested", "nested", "pickle + blake3"),
    _large("hit, flat objects", "peek_flat", "flat", "pickle + blake3"),
    _large("first hit after reopening, nested objects", "peek_nested", "nested", "pickle + blake3", reopened=True),
    _large("first hit after reopening, flat objects", "peek_flat", "flat", "pickle + blake3", reopened=True),
)
BY_NAME = {work.name: work for work in WORKS}


def run(work: Work, calls: Calls, arguments: Arguments) -> list[Any]:
    """Call the functions with all arguments: the part on the clock."""
    if len(work.body) == 3:
        one, two, three = (calls[name] for name in work.body)
        return [three(two(one(number))) for (number,) in arguments]
    call = calls[work.body[0]]
    if work.large in _LARGE:
        return [call(argument) for (argument,) in arguments]
    return [call(one, two) for one, two in arguments]


def expected(work: Work, arguments: Arguments) -> tuple[list[Any], list[Any]]:
    """Return the results of the plain functions, and the runs they note."""
    bodies.runs.clear()
    results = run(work, PLAIN, arguments)
    noted = list(bodies.runs)
    bodies.runs.clear()
    return results, noted


class Source:
    """Gives the arguments of each pass of one work; known ones are spread over `stored` calls, if there are some."""

    def __init__(self, work: Work, sizes: Sizes, count: int, stored: int = 0) -> None:
        self._work = work
        self._sizes = sizes
        self._count = count
        self._start = stored if work.new else 0
        self._step = 1 if work.new else max(1, stored // count)
        self._large = _LARGE[work.large](sizes) if work.large in _LARGE else None

    def next(self, turn: int) -> Arguments:
        """Return arguments: new ones if the work is a miss, else those of this turn of the fill."""
        work, count = self._work, self._count
        if work.large in _LARGE:
            _LARGE_VARIANT[work.large](self._large, turn % VARIANTS)
            return [(self._large,)]
        start = self._start
        if work.new:
            self._start += count
        if work.large:
            return [(number, self._sizes.array) for number in range(start, start + count)]
        if len(work.body) == 3:
            return [(number,) for number in range(start, start + count)]
        return scalars(start, count, self._step)


def scalars(start: int, count: int, step: int = 1) -> Arguments:
    """Return `count` pairs of small scalars."""
    return [(number, 0.5) for number in range(start, start + count * step, step)]


def _array(sizes: Sizes) -> Any:
    import numpy as np

    return np.random.default_rng(0).random(sizes.array)


def _frame(sizes: Sizes, strings: str) -> Any:
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    count = sizes.rows
    columns = {
        "weight": random.random(count),
        "age": random.integers(0, 100, count),
        "height": random.random(count).astype(np.float32),
        "member": random.random(count) < 0.5,
        "city": pd.Series([f"city {number % 1000}" for number in range(count)], dtype=strings),
    }
    return pd.DataFrame(columns)


def _nested(sizes: Sizes) -> Any:
    return {
        f"name{number}": {"count": number, "weight": number / 7, "tags": [f"tag{number % 50}", None, number % 3 == 0]}
        for number in range(max(1, sizes.objects // 7))  # a dict of 3, a list of 3, and the dict itself
    }


def _flat(sizes: Sizes) -> Any:
    return [(0, 0.0, ""), *((number, number / 7, f"tag{number}") for number in range(sizes.objects // 4))]


def _vary_array(array: Any, variant: int) -> None:
    array[0] = variant


def _vary_frame(frame: Any, variant: int) -> None:
    frame.iloc[0, 0] = float(variant)


def _vary_nested(tree: Any, variant: int) -> None:
    tree["name0"]["count"] = variant


def _vary_flat(records: Any, variant: int) -> None:
    records[0] = (variant, 0.0, "")


_LARGE: dict[str, Callable[[Sizes], Any]] = {
    "array": _array,
    "object frame": lambda sizes: _frame(sizes, "object"),
    "arrow frame": lambda sizes: _frame(sizes, "string[pyarrow]"),
    "nested": _nested,
    "flat": _flat,
}
_LARGE_VARIANT: dict[str, Callable[[Any, int], None]] = {
    "array": _vary_array,
    "object frame": _vary_frame,
    "arrow frame": _vary_frame,
    "nested": _vary_nested,
    "flat": _vary_flat,
}
