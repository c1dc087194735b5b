"""Frames of stores that grow: chains and branches, expanded, as a table and as the outline of a picture.

A peer takes part up to the size that it can bear.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contestants import OURS
from crew import Crew, Failed, Member, interleave
from rows import Figures, Row, Target, figures_of
from works import Sizes

PEER = "pymandala"
PEER_BEARS = 10_000
SCRIPT = "frames_worker.py"
WHAT = {
    "expand": "cf and expand_back",
    "table": "df",
    "picture": "outline of all",
    "more": "panel after 100 calls more",
}
ONLY_OURS = ("picture", "more")
SHAPES = ("chains", "branches")
TARGETS = {
    ("expand", 10_000): Target(None, 0.01, PEER),
    ("expand", 1_000_000): Target(3.0),
    ("table", 1_000_000): Target(2.0),  # 0.6 s for each 100,000 rows
    ("picture", 1_000_000): Target(2.0),
    ("more", 1_000_000): Target(0.05),
}
GROWTH = "growth exponent"
GROWING = ("expand", "table", "picture")
GROWS_AT_MOST = 1.1
MANY = 10_000
"""Below this many calls fixed costs hide how the work grows."""

Wanted = Callable[[str], bool]


def names(sizes: Sizes) -> list[str]:
    """Return the names of the rows of this theme."""
    return [
        *(name_of(what, shape, count) for shape in SHAPES for count in sizes.frames for what in WHAT),
        *(growth_name(what, shape, *sizes.frames[-2:]) for shape in SHAPES for what in GROWING),
    ]


def name_of(what: str, shape: str, count: int) -> str:
    """Return the name of a row."""
    return f"{WHAT[what]}, {count:,} calls in {shape}"


def growth_name(what: str, shape: str, few: int, many: int) -> str:
    """Return the name of a row that says how work grows."""
    return f"{GROWTH} of {WHAT[what]}, {few:,} to {many:,} calls in {shape}"


@dataclass(frozen=True)
class Asked:
    """A member that is asked for one thing; takes turns as a worker does."""

    member: Member
    what: str

    @property
    def label(self) -> str:
        """Whose figures these are."""
        return OURS if self.member.label.startswith(OURS) else PEER

    def ask(self, method: str, number: int) -> dict[str, Any]:  # noqa: ARG002 - all turns are alike
        """Do it; return wall and CPU seconds."""
        assert method == "turn"
        return {"value": tuple(self.member.ask("ask", self.what))}


def rows(crew: Crew, sizes: Sizes, wanted: Wanted) -> list[Row]:
    """Return the rows of this theme whose names are wanted."""
    return [row for shape in SHAPES for row in _rows_of(crew, shape, sizes, wanted)]


def _rows_of(crew: Crew, shape: str, sizes: Sizes, wanted: Wanted) -> list[Row]:
    found: dict[tuple[str, int], Row] = {}
    few, many = sizes.frames[-2:]
    grown = [what for what in GROWING if wanted(growth_name(what, shape, few, many))]
    for count in sizes.frames:
        chosen = [
            what for what in WHAT if wanted(name_of(what, shape, count)) or (what in grown and count in (few, many))
        ]
        if not chosen:
            continue
        members: dict[str, Member | Failed] = {}
        for name in (OURS, PEER):
            if crew.interpreter(name) and (name == OURS or count <= PEER_BEARS):
                members[name] = _filled(crew, name, shape, count)
        found |= {(what, count): _row(members, what, shape, count, sizes) for what in chosen}
        for name in members:
            crew.dismiss(_label(name, shape, count))
    exponents = [_growth(what, shape, found[what, few], found[what, many], (few, many)) for what in grown]
    return [row for (what, count), row in found.items() if wanted(name_of(what, shape, count))] + exponents


def _growth(what: str, shape: str, small: Row, large: Row, sizes: tuple[int, int]) -> Row:
    """Return by which power of the number of calls the work grows, from the one size to the other."""
    figures: dict[str, Figures | Failed] = {}
    for name in small.figures.keys() & large.figures.keys():
        one, other = small.figures[name], large.figures[name]
        if isinstance(one, Figures) and isinstance(other, Figures):
            power = math.log(other.best / one.best) / math.log(sizes[1] / sizes[0])
            figures[name] = Figures(power, power)
        else:
            figures[name] = one if isinstance(one, Failed) else other
    return Row(growth_name(what, shape, *sizes), figures, Target(GROWS_AT_MOST), unit="", judged=sizes[0] >= MANY)


def _label(name: str, shape: str, count: int) -> str:
    return f"{name} frames of {count} in {shape}"


def _filled(crew: Crew, name: str, shape: str, count: int) -> Member | Failed:
    member = crew.member(name, _label(name, shape, count), SCRIPT)
    try:
        member.ask("fill", crew.new_folder(), count, shape)
    except Failed as failed:
        return failed
    return member


def _row(members: dict[str, Member | Failed], what: str, shape: str, count: int, sizes: Sizes) -> Row:
    taking = [Asked(member, what) for member in members.values() if isinstance(member, Member)]
    taking = [one for one in taking if what not in ONLY_OURS or one.label == OURS]
    answers = interleave(taking, sizes.heavy_passes, 5 * sizes.patience_s)
    figures = {name: member for name, member in members.items() if isinstance(member, Failed)}
    shown = {name: each if isinstance(each, Failed) else figures_of(each["value"]) for name, each in answers.items()}
    target = TARGETS.get((what, count), Target()) if shape == SHAPES[0] else Target()
    return Row(name_of(what, shape, count), {**figures, **shown}, target)
