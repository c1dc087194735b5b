"""Closures over calls and refs: what refs came from, and what they went into, step by step.

Steps that reach much work on arrays, steps that reach little on plain numbers, so
that neither a million calls in three steps nor a chain of a hundred thousand steps
takes long. Nothing here is recursive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mandala_lab.frame.asking import Asking
from mandala_lab.frame.links import Links
from mandala_lab.frame.numbers import Seen, distinct

Direction = Literal["back", "forward"]
_FEW = 24


@dataclass(frozen=True, slots=True)
class Reached:
    """Calls in the order in which they were reached, and the step of each."""

    calls: np.ndarray
    steps: np.ndarray


def reached(asking: Asking, refs: np.ndarray, direction: Direction, *, recursive: bool) -> Reached:
    """Return the calls that made refs (back) or took them (forward).

    Parameters
    ----------
    recursive
        Go on from what these calls took, or made.
    """
    catalogue = asking.catalogue
    ask = asking.makers if direction == "back" else asking.takers
    beyond = catalogue.inputs if direction == "back" else catalogue.outputs
    seen_refs, seen_calls = Seen(), Seen()
    frontier, step = seen_refs.add(refs), 0
    found: list[np.ndarray] = []
    steps: list[np.ndarray] = []
    while len(frontier):
        calls = seen_calls.add(ask(frontier))
        found.append(calls)
        steps.append(np.full(len(calls), step))
        if not recursive:
            break
        frontier, step = seen_refs.add(_beyond(beyond, calls)), step + 1
    empty = np.zeros(0, np.int64)
    return Reached(np.concatenate([*found, empty]), np.concatenate([*steps, empty]))


def _beyond(links: Links, calls: np.ndarray) -> np.ndarray:
    """Return the refs of calls, each once."""
    if len(calls) <= _FEW:
        starts, refs = links.starts.view, links.refs.view
        parts = [refs[starts[call] : starts[call + 1]] for call in calls.tolist()]
        return parts[0] if len(parts) == 1 else np.concatenate([*parts, np.zeros(0, np.int32)])
    places, _ = links.places(calls)
    return distinct(links.refs.view[places])


def lineage(asking: Asking, call: int) -> np.ndarray:
    """Return a call, what depends on it, and all that those came from.

    Other calls that only share an input with them are left out.
    """
    catalogue = asking.catalogue
    this = np.array([call])
    made = _beyond(catalogue.outputs, this)
    below = np.append(reached(asking, made, "forward", recursive=True).calls, this)
    taken = _beyond(catalogue.inputs, below)
    return distinct(np.append(reached(asking, taken, "back", recursive=True).calls, below))
