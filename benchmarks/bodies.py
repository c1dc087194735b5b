"""The functions that every contestant memoizes, and the count of their runs.

They do next to nothing, so that what is timed is the memoizer. Nothing heavy
is imported here: a new process that only opens a store imports this too.
"""

from __future__ import annotations

from typing import Any

runs: list[Any] = []
# Some memoizers key a call by the *data* that its body reads as globals, so the bodies count through a callable.
note_run = runs.append


def scale(number: int, factor: float) -> float:
    """Stand for a user's function of small arguments."""
    note_run(number)
    return number * factor


def first(number: int) -> int:
    """Begin a chain."""
    note_run("first")
    return number + 1


def second(number: int) -> int:
    """Go on with what `first` gave."""
    note_run("second")
    return number * 2


def third(number: int) -> int:
    """End the chain."""
    note_run("third")
    return number - 3


def peek_array(array: Any) -> float:
    """Take a large array and give a small result."""
    note_run("peek_array")
    return float(array[0])


def peek_frame(frame: Any) -> float:
    """Take a large DataFrame and give a small result."""
    note_run("peek_frame")
    return float(frame.iat[0, 0])


def peek_nested(tree: Any) -> int:
    """Take many small objects and give a small result."""
    note_run("peek_nested")
    return int(tree["name0"]["count"])


def peek_flat(records: Any) -> int:
    """Take many small objects, none deep inside another."""
    note_run("peek_flat")
    return int(records[0][0])


def make_array(start: int, size: int) -> Any:
    """Give a large array; 80 MB at the full size."""
    import numpy as np

    note_run(start)
    return np.arange(start, start + size, dtype=np.float64)


def begin_chain(x: int, k: int) -> int:
    """Begin a chain of three."""
    return x + k


def follow_chain(y: int) -> int:
    """Go on with it."""
    return 2 * y


def end_chain(z: int, q: int) -> int:
    """End it."""
    return z - q


def lead_aside(y: int, k: int) -> int:
    """Go on from the beginning on another way."""
    return y - k


def join_branches(left: int, right: int, k: int) -> int:
    """End both ways."""
    return left * right + k


ALL = (scale, first, second, third, peek_array, peek_frame, peek_nested, peek_flat, make_array)
PIPELINE = (begin_chain, follow_chain, end_chain)
BRANCHING = (begin_chain, follow_chain, lead_aside, join_branches)
