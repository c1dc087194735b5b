"""The benchmarks of several processes on one store, and of large stores, check what they measure."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest


class Seat:
    """A process that answers what a test says, and notes what it was asked."""

    def __init__(self, suite: SimpleNamespace, answers: dict[str, Any]) -> None:
        self._failed = suite.crew.Failed
        self._answers = {"fill": None, "prepare": None, "go": 0.0, "lost": 0, "review": []} | answers
        self.asked: dict[str, list[Any]] = {}

    def tell(self, method: str, *arguments: Any) -> None:
        self.asked[method] = list(arguments)
        self._next = self._answers[method]

    def answer(self) -> Any:
        if isinstance(self._next, self._failed):
            raise self._next
        return self._next

    def ask(self, method: str, *arguments: Any) -> Any:
        self.tell(method, *arguments)
        return self.answer()


def team_of(suite: SimpleNamespace, label: str, kind: str, *answers: dict[str, Any]) -> tuple[Any, list[Seat]]:
    seats = [Seat(suite, found) for found in answers]
    team = suite.sharing.Team(label, seats, "folder", 3)
    team.take(next(one for one in suite.sharing.KINDS if one.name == kind), len(seats))
    return team, seats


def test_shared_keys_are_called_in_several_orders_and_what_ran_again_is_counted(suite: SimpleNamespace):
    team, seats = team_of(suite, "joblib", "shared keys", {"review": [3, 4]}, {"review": [4, 5]})
    team.ask("turn", 0)
    (*first, seed), (*other, other_seed) = (seat.asked["prepare"] for seat in seats)
    assert first == other == ["folder", 3, 3], "the same keys, which are new"
    assert seed != other_seed
    assert team.computed == 4


@pytest.mark.parametrize(
    ("label", "other", "why"),
    [("mandala_lab", [4, 5], "4 bodies ran for 3 keys"), ("joblib", [4], "2 of 3 shared keys were computed")],
)
def test_who_runs_too_much_or_too_little_gets_no_figure(suite: SimpleNamespace, label: str, other: list[int], why: str):
    team, _ = team_of(suite, label, "shared keys", {"review": [3, 4]}, {"review": other})
    with pytest.raises(suite.crew.Failed, match=why):
        team.ask("turn", 0)


def test_misses_that_another_process_does_not_find_make_no_figure(suite: SimpleNamespace):
    team, seats = team_of(suite, "FanoutCache", "misses", {}, {"lost": 2})
    with pytest.raises(suite.crew.Failed, match="2 of 6 results are not in the store afterwards"):
        team.ask("turn", 0)
    assert [seat.asked["prepare"][1] for seat in seats] == [3, 6], "each has keys of its own"
    assert [seat.asked["lost"][0] for seat in seats] == [6, 3], "each looks for those of the other"


def test_the_error_of_one_process_is_told_when_all_are_done(suite: SimpleNamespace):
    team, _ = team_of(suite, "diskcache", "first hits", {"go": suite.crew.Failed("Timeout")}, {})
    with pytest.raises(suite.crew.Failed, match="1 of 2 processes: Timeout"):
        team.ask("turn", 0)


def test_processes_that_share_a_store_find_each_others_calls(suite: SimpleNamespace, tmp_path: Path):
    with suite.crew.Crew([sys.executable], tmp_path) as crew:
        members = [crew.member("mandala_lab", label, "sharing_worker.py") for label in ("one", "two")]
        team = suite.sharing.Team("mandala_lab", members, crew.new_folder(), 3)
        for kind in suite.sharing.KINDS:
            team.take(kind, 2)
            assert team.ask("turn", 0)["value"][0] > 0
    assert (tmp_path / "key").stat().st_size == 32, "records are signed with a key of the run"


def test_a_process_with_another_key_finds_no_calls(suite: SimpleNamespace, tmp_path: Path):
    with suite.crew.Crew([sys.executable], tmp_path) as crew:
        folder = crew.new_folder()
        crew.member("mandala_lab", "one", "sharing_worker.py").ask("fill", folder, 3)
        crew.dismiss("one")
        (tmp_path / "key").unlink()
        other = crew.member("mandala_lab", "other", "sharing_worker.py")
        other.ask("prepare", folder, 0, 3, None)
        other.ask("go", "value")
        with pytest.raises(suite.crew.Failed, match="3 bodies ran where 0 should have"):
            other.ask("review", "none")
        keeper = suite.large.Keeper(sys.executable, Path(folder), 3)
        (tmp_path / "key").unlink()
        with pytest.raises(suite.crew.Failed, match="exit status 2"):
            keeper.fsck()


def test_a_large_store_with_fewer_calls_than_it_is_said_to_have_is_refused(suite: SimpleNamespace, tmp_path: Path):
    with suite.crew.Crew([sys.executable], tmp_path) as crew:
        folder = crew.new_folder()
        crew.member("mandala_lab").ask("store", folder, 3)
        keeper = suite.large.Keeper(sys.executable, Path(folder), 4)
        for look in (keeper.stats, keeper.fsck):
            with pytest.raises(suite.crew.Failed, match="3 calls where there are 4"):
                look()
