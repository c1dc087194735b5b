"""`View`: what of a frame a reader wants to see. Plain data; `mandala_lab.frame.viewed` shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["before", "after"]
"""What leads to a node, or what follows from it."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One side of a node, folded away."""

    node: str
    side: Side


@dataclass(frozen=True, slots=True)
class View:
    """What a reader selected, opened and folded away; without arguments all of a frame, each node closed.

    Attributes
    ----------
    selection
        As `mandala_lab.frame.selectors` reads it; empty for everything.
    opened
        Ids of operations and variables that are shown element by element.
    folded
        Sides of nodes that are hidden, in the order in which they were folded.

    Examples
    --------
    >>> View() == View(selection="")
    True
    >>> View(opened=("op:fit",)).opened
    ('op:fit',)
    """

    selection: str = ""
    opened: tuple[str, ...] = ()
    folded: tuple[Fold, ...] = ()
