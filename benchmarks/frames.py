"""Frames of stores that grow: three ops that follow each other, expanded, as a table and as the outline of a picture.

A peer takes part up to the size that it can bear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contestants import OURS
from crew import Crew, Failed, Member, interleave
from rows import Row, Target, figures_of
from works import Sizes

PEER = "pymandala"
PEER_BEARS = 10_000
SCRIPT = "frames_worker.py"
WHAT = {"expand": "cf and expand_back", "table": "df", "picture": "outline of all"}
TARGETS = {
    ("expand", 10_000): Target(None, 0.01, PEER),
    ("expand", 1_000_000): Target(3.0),
    ("table", 300_000): Target(0.6),
    ("picture", 1_000_000): Target(2.0),
}

Wanted = Callable[[str], bool]


def names(sizes: Sizes) -> list[str]:
    """Return the names of the rows of this theme."""
    return [name_of(what, count) for count in sizes.growth for what in WHAT]


def name_of(what: str, count: int) -> str:
    """Return the name of a row."""
    return f"{WHAT[what]}, {count:,} calls"


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
    found = []
    for count in sizes.growth:
        chosen = [what for what in WHAT if wanted(name_of(what, count))]
        if not chosen:
            continue
        members: dict[str, Member | Failed] = {}
        for name in (OURS, PEER):
            if crew.interpreter(name) and (name == OURS or count <= PEER_BEARS):
                members[name] = _filled(crew, name, count)
        found += [_row(members, what, count, sizes) for what in chosen]
        for name in members:
            crew.dismiss(_label(name, count))
    return found


def _label(name: str, count: int) -> str:
    return f"{name} frames of {count}"


def _filled(crew: Crew, name: str, count: int) -> Member | Failed:
    member = crew.member(name, _label(name, count), SCRIPT)
    try:
        member.ask("fill", crew.new_folder(), count)
    except Failed as failed:
        return failed
    return member


def _row(members: dict[str, Member | Failed], what: str, count: int, sizes: Sizes) -> Row:
    taking = [Asked(member, what) for member in members.values() if isinstance(member, Member)]
    taking = [one for one in taking if what != "picture" or one.label == OURS]
    answers = interleave(taking, sizes.heavy_passes, 5 * sizes.patience_s)
    figures = {name: member for name, member in members.items() if isinstance(member, Failed)}
    shown = {name: each if isinstance(each, Failed) else figures_of(each["value"]) for name, each in answers.items()}
    return Row(name_of(what, count), {**figures, **shown}, TARGETS.get((what, count), Target()))
