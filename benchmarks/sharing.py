"""Several processes of a contestant that call at the same time, on one store.

On the clock is what all calls take together: from the signal to begin until the
last process is done, over the calls of all.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contestants import MEMOIZERS
from crew import Crew, Failed, Member, interleave
from rows import Row, figures_of
from works import Sizes

ONCE = frozenset(kind.name for kind in MEMOIZERS if kind.once)
SHARE = {kind.name: kind.share for kind in MEMOIZERS}

Wanted = Callable[[str], bool]


@dataclass(frozen=True)
class Kind:
    """What the processes call.

    Attributes
    ----------
    bodies
        Which run: ``all``, ``some`` (each key is called by all processes) or ``none``.
    form
        What a pass ends with, for contestants that hand out refs (see `Work`).
    """

    name: str
    bodies: str
    form: str


KINDS = (Kind("misses", "all", "ref"), Kind("shared keys", "some", "value"), Kind("first hits", "none", "value"))


def rows(crew: Crew, sizes: Sizes, wanted: Wanted) -> list[Row]:
    """Return the rows of this theme whose names are wanted."""
    chosen = [(kind, number) for kind in KINDS for number in sizes.processes if wanted(name_of(kind, number))]
    if not chosen:
        return []
    most = max(number for _, number in chosen)
    teams: dict[str, Team | Failed] = {}
    for name in crew.present:
        if name != "floor":
            teams[name] = _gathered(crew, name, most, sizes)
    found = [_row(teams, kind, number, sizes) for kind, number in chosen]
    for name in teams:
        for seat in range(most):
            crew.dismiss(_label(name, seat))
    return found


def names(sizes: Sizes) -> list[str]:
    """Return the names of all rows of this theme."""
    return [name_of(kind, number) for kind in KINDS for number in sizes.processes]


def name_of(kind: Kind, number: int) -> str:
    """Return the name of a row."""
    return f"{kind.name}, {number} process{'es' if number > 1 else ''}"


def _label(name: str, seat: int) -> str:
    return f"{name} {seat + 1} sharing"


class Team:
    """The processes of one contestant, and their store; takes turns as a worker does.

    Attributes
    ----------
    computed
        The most bodies that ran in a pass of shared keys.
    """

    def __init__(self, label: str, members: Sequence[Member], folder: str, known: int) -> None:
        self.label = label
        self.computed = 0
        self.keys = known
        self._members = members
        self._folder = folder
        self._known = known
        self._next = known
        self._kind, self._number = KINDS[0], 1
        members[0].ask("fill", folder, known)  # so that the first calls of nobody are in an empty store

    def take(self, kind: Kind, number: int) -> None:
        """Begin with a row: what is called from now on, and by how many."""
        self._kind, self._number, self.computed = kind, number, 0

    def ask(self, method: str, turn: int) -> dict[str, tuple[float, float]]:
        """Make a pass; return wall and CPU seconds per call."""
        assert method == "turn"
        kind, members, count = self._kind, self._members[: self._number], self._known
        starts = self._starts(count)
        seeds = [None if kind.bodies == "all" else 100 * turn + seat for seat in range(len(members))]
        _all(
            members, "prepare", [(self._folder, start, count, seed) for start, seed in zip(starts, seeds, strict=True)]
        )
        begun = time.perf_counter()
        cpu = _all(members, "go", [(kind.form,)] * len(members))
        wall = time.perf_counter() - begun
        ran = _all(members, "review", [(kind.bodies,)] * len(members))
        if kind.bodies == "some":
            self._count(Counter(number for part in ran for number in part), starts[0])
        elif kind.bodies == "all":
            self._look_again(members, starts)
        calls = count * len(members)
        return {"value": (wall / calls, sum(cpu) / calls)}

    def _starts(self, count: int) -> list[int]:
        """Return at which number the calls of each process begin."""
        if self._kind.bodies == "none":
            return [0] * self._number
        start = self._next
        apart = count if self._kind.bodies == "all" else 0
        self._next += max(apart * self._number, count)
        return [start + apart * seat for seat in range(self._number)]

    def _count(self, ran: Counter[int], start: int) -> None:
        if set(ran) != set(range(start, start + self._known)):
            raise Failed(f"{len(ran)} of {self._known} shared keys were computed")
        self.computed = max(self.computed, ran.total())
        if self.label in ONCE and ran.total() > len(ran):
            raise Failed(f"{ran.total()} bodies ran for {len(ran)} keys, which promise to run once")

    def _look_again(self, members: Sequence[Member], starts: Sequence[int]) -> None:
        """Let each process make the calls of its neighbour: what was a miss must be a hit for others now."""
        lost = sum(_all(members, "lost", [(start, self._known) for start in (*starts[1:], starts[0])]))
        if lost:
            raise Failed(f"{lost} of {self._known * len(members)} results are not in the store afterwards")


def _all(members: Sequence[Member], method: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Ask all at the same time; wait for all, also where one fails."""
    for member, own in zip(members, arguments, strict=True):
        member.tell(method, *own)
    answers: list[Any] = []
    for member in members:
        try:
            answers.append(member.answer())
        except Failed as failed:
            answers.append(failed)
    failures = Counter(str(answer) for answer in answers if isinstance(answer, Failed))
    if failures:
        raise Failed(f"{failures.total()} of {len(members)} processes: {failures.most_common(1)[0][0]}")
    return answers


def _gathered(crew: Crew, name: str, most: int, sizes: Sizes) -> Team | Failed:
    members = [crew.member(name, _label(name, seat), "sharing_worker.py") for seat in range(most)]
    try:
        return Team(name, members, crew.new_folder(), max(1, round(sizes.shared * SHARE[name])))
    except Failed as failed:
        return failed


def _row(teams: dict[str, Team | Failed], kind: Kind, number: int, sizes: Sizes) -> Row:
    ready = [team for team in teams.values() if isinstance(team, Team)]
    for team in ready:
        team.take(kind, number)
    passes = interleave(ready, sizes.passes, sizes.patience_s)
    row = Row(name_of(kind, number), {})
    for name, team in teams.items():
        answer = team if isinstance(team, Failed) else passes[name]
        row.figures[name] = answer if isinstance(answer, Failed) else figures_of(answer["value"])
        if isinstance(team, Team) and team.computed > team.keys and not isinstance(answer, Failed):
            row.figures[name] = replace(
                figures_of(answer["value"]), note=f"{team.computed:,} bodies ran for {team.keys:,} keys"
            )
    return row
