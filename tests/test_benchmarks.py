"""The benchmarks run, find out who cheats, and leave nothing behind. Nothing is said about speed here."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
MODULES = (
    "bodies",
    "contestants",
    "works",
    "timing",
    "floors",
    "crew",
    "rows",
    "report",
    "sharing",
    "large",
    "frames",
    "webs",
    "crossings",
)
CALLS = [
    "hit, small scalars",
    "hit, small scalars, value in hand",
    "hit, small scalars, history written",
    "first hit after reopening",
    "first hit after reopening, value in hand",
    "hit through refs, chain of three",
    "hit through refs, chain of three, value in hand",
    "miss",
    "hit, array (0.008 MB)",
    "miss, stores array (0.008 MB)",
    "hit, frame with object strings (100 x 5)",
    "hit, frame with Arrow strings (100 x 5)",
    "hit, nested objects (70)",
    "hit, flat objects (70)",
    "first hit after reopening, nested objects (70)",
    "first hit after reopening, flat objects (70)",
]
STORES = ["new process, store of 20 calls", "disk per call, 20 calls"]
GROWN = [
    f"{work}, {count} stored calls"
    for work in ("hit, small scalars", "first hit after reopening", "miss")
    for count in (10, 30)
]
RESIDENT = ["resident, 30 stored calls", "resident after a hit on each, 30"]
KEPT = [f"{what}, 30 stored calls" for what in ("open", "mandala stats", "mandala ls", "mandala fsck", "gc of half")]
SHARING = [f"{what}, {n}" for what in ("misses", "shared keys", "first hits") for n in ("1 process", "2 processes")]
FRAME_WORKS = ("cf and expand_back", "df", "outline of all")
FRAMES = [
    f"{row} calls in {shape}"
    for shape in ("chains", "branches")
    for row in (
        *(f"{what}, {n}" for n in (12, 36) for what in FRAME_WORKS),
        *(f"growth exponent of {what}, 12 to 36" for what in FRAME_WORKS),
    )
]
INSTALLED = {"mandala_lab", "diskcache", "FanoutCache", "joblib"}

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the benchmarks are not part of a source distribution")


def run(*options: str, scratch: Path) -> subprocess.CompletedProcess[str]:
    places = {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}
    environment = {**os.environ, **places, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(FOLDER / "run.py"), "--tiny", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Its modules, which have plain names and so must not stay imported."""
    monkeypatch.syspath_prepend(FOLDER)
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in MODULES})
    for name in MODULES:
        sys.modules.pop(name, None)


# --- the whole


def test_a_tiny_run_gives_every_figure_and_leaves_nothing(tmp_path: Path, scratch: Path):
    before = sorted(tmp_path.iterdir())
    done = run("--json", "out.json", scratch=scratch)
    assert done.returncode == 0, done.stderr + done.stdout
    found = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert found["profile"] == "tiny"
    assert all(found["versions"][name]["version"] for name in INSTALLED)

    rows = {row["row"]: row for row in found["rows"]}
    grouped = {"miss, grouped"}  # only where Storage can group commits
    assert [name for name in rows if name not in grouped] == CALLS + SHARING + STORES + GROWN + RESIDENT + KEPT + FRAMES
    for name, row in rows.items():
        wanted = {*INSTALLED, "floor"} if name in {*CALLS, *grouped} else INSTALLED
        if name in GROWN + RESIDENT + KEPT + FRAMES:
            wanted = {"mandala_lab"}
        assert wanted <= set(row["figures"]), f"{name} lacks a contestant"
        for contestant, figures in row["figures"].items():
            assert "failed" not in figures, f"{name}: {contestant}: {figures}"
            assert figures["best"] <= figures["median"]
            # a process may start quicker than the bare one did; a system may not tell memory; a growth may be any
            assert figures["best"] > 0 or name == STORES[0] or name in RESIDENT or "growth" in name
        assert name in done.stdout
    for name in CALLS[:8]:
        assert rows[name]["ratio"] > 0, f"{name}: ours is compared with a peer"
        assert rows[name]["against"] in {"diskcache", "FanoutCache", "joblib", "marimo", "pymandala"}

    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "out.json"])
    assert list(scratch.iterdir()) == []


def test_only_the_rows_that_are_asked_for_run_and_an_absent_peer_is_told(scratch: Path):
    done = run("--only", "chain of three", scratch=scratch)
    assert done.returncode == 0, done.stderr
    assert "hit through refs, chain of three" in done.stdout
    assert "hit, small scalars" not in done.stdout
    if importlib.util.find_spec("mandala") is None:
        assert "pymandala: not installed" in done.stdout


def test_a_name_that_no_row_has_is_refused(scratch: Path):
    done = run("--only", "warp", scratch=scratch)
    assert done.returncode == 2
    assert "no row has 'warp' in its name" in done.stderr


# --- who cheats is found out


def honest(
    suite: SimpleNamespace, key: Callable[..., Any] | None = None, result: Callable[..., Any] | None = None
) -> Any:
    """Return a memoizer in a dict, which a test can make a cheater by its keys or its results."""

    class Memoizer(suite.contestants.Contestant):
        name = "memoizer"

        def memoize(self, function):
            known: dict[Any, Any] = {}

            def call(*arguments):
                found = (key or repr)(arguments)
                if found not in known:
                    known[found] = function(*arguments)
                return (result or (lambda value: value))(known[found])

            return call

    return Memoizer()


def turned(suite: SimpleNamespace, contestant: Any, work: str, folder: Path) -> dict[str, Any]:
    sizes = suite.works.Sizes(4, 1, 1, 1.0, 100, 10, 70, 10, (10,), (10,))
    bench = suite.timing.Bench(contestant, suite.works.BY_NAME[work], sizes, str(folder))
    bench.fill()
    return [bench.turn(number) for number in range(3)][-1]


@pytest.mark.parametrize("work", ["hit, small scalars", "hit through refs, chain of three", "miss", "hit, array"])
def test_an_honest_memoizer_gets_its_figures(suite: SimpleNamespace, tmp_path: Path, work: str):
    timings = turned(suite, honest(suite), work, tmp_path / "store")
    assert list(timings) == ["value"]
    assert timings["value"].wall > 0


def test_the_floor_passes_its_own_checks(suite: SimpleNamespace, tmp_path: Path):
    for number, work in enumerate(suite.works.BY_NAME):
        assert turned(suite, suite.floors.Floor(), work, tmp_path / str(number))["value"].wall > 0, work


def test_a_hit_that_runs_the_body_is_refused(suite: SimpleNamespace, tmp_path: Path):
    with pytest.raises(suite.timing.NotWhatItIsCalled, match="4 bodies ran where 0 should have"):
        turned(suite, suite.contestants.Plain(), "hit, small scalars", tmp_path / "store")


def test_a_miss_that_runs_no_body_is_refused(suite: SimpleNamespace, tmp_path: Path):
    merging = honest(suite, key=lambda arguments: arguments[1])
    with pytest.raises(suite.timing.NotWhatItIsCalled, match="1 bodies ran where 4 should have"):
        turned(suite, merging, "miss", tmp_path / "store")


@pytest.mark.parametrize(
    "work", ["hit, array", "hit, nested objects", "hit, flat objects", "hit, frame with object strings"]
)
def test_who_keys_a_large_argument_by_its_identity_is_refused(suite: SimpleNamespace, tmp_path: Path, work: str):
    by_identity = honest(suite, key=lambda arguments: tuple(map(id, arguments)))
    with pytest.raises(suite.timing.NotWhatItIsCalled, match="0 bodies ran where 1 should have"):
        turned(suite, by_identity, work, tmp_path / "store")


@pytest.mark.parametrize("result", [lambda value: value + 1, round, lambda value: None], ids=["other", "type", "none"])
def test_results_other_than_those_of_the_plain_function_are_refused(
    suite: SimpleNamespace, tmp_path: Path, result: Callable[[Any], Any]
):
    with pytest.raises(suite.timing.NotWhatItIsCalled, match="results differ"):
        turned(suite, honest(suite, result=result), "miss", tmp_path / "store")


def test_a_body_that_runs_when_the_value_is_asked_for_is_refused(suite: SimpleNamespace):
    class Late(suite.contestants.Contestant):
        def values(self, results):
            return [suite.bodies.scale(*pair) for pair in results]

    wanted = suite.works.expected(suite.works.BY_NAME["hit, small scalars"], [(3, 0.5)])
    with pytest.raises(suite.timing.NotWhatItIsCalled, match="reading results ran bodies"):
        suite.timing.check(Late(), [(3, 0.5)], wanted, new=False)


@pytest.mark.parametrize(
    ("option", "found"), [("group_s", {"group_s": 0.01}), ("group_ms", {"group_ms": 10}), ("session", {})]
)
def test_grouped_commits_are_measured_once_the_storage_has_an_option_for_them(
    suite: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, option: str, found: dict[str, Any]
):
    namespace: dict[str, Any] = {}
    exec(f"def Storage(path, *, {option}=None): ...", namespace)
    monkeypatch.setattr("mandala_lab.Storage", namespace["Storage"], raising=False)
    assert suite.contestants.grouping() == found


# --- several processes on one store


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


# --- turns and verdicts


class Stub:
    """A worker that notes its turns, and fails at one of them."""

    def __init__(
        self, label: str, turns: list[tuple[str, int]], fails_at: int | None = None, failed: Any = None
    ) -> None:
        self.label = label
        self._turns = turns
        self._fails_at = fails_at
        self._failed = failed

    def ask(self, method: str, number: int) -> dict[str, list[float]]:
        assert method == "turn"
        self._turns.append((self.label, number))
        if number == self._fails_at:
            raise self._failed
        return {"value": [float(number), 0.0]}


def test_contestants_take_turns_and_the_first_pass_is_dropped(suite: SimpleNamespace):
    turns: list[tuple[str, int]] = []
    found = suite.crew.interleave([Stub("a", turns), Stub("b", turns)], passes=2, patience_s=60)
    assert turns == [("a", 0), ("b", 0), ("b", 1), ("a", 1), ("a", 2), ("b", 2)]
    assert found["a"] == {"value": [(1.0, 0.0), (2.0, 0.0)]}


def test_who_fails_drops_out_and_the_others_go_on(suite: SimpleNamespace):
    turns: list[tuple[str, int]] = []
    failed = suite.crew.Failed("wrong")
    found = suite.crew.interleave([Stub("a", turns, 1, failed), Stub("b", turns)], passes=2, patience_s=60)
    assert found["a"] is failed
    assert len(found["b"]["value"]) == 2
    assert ("a", 2) not in turns


def test_who_takes_long_has_the_pass_that_it_made(suite: SimpleNamespace):
    turns: list[tuple[str, int]] = []
    found = suite.crew.interleave([Stub("a", turns)], passes=5, patience_s=0)
    assert turns == [("a", 0)]
    assert found["a"] == {"value": [(0.0, 0.0)]}


@pytest.mark.parametrize(
    ("ours", "target", "judged", "met"),
    [
        (2.0, {"at_most": 3.0, "ratio": 0.25}, True, True),
        (4.0, {"at_most": 3.0, "ratio": 0.5}, True, False),
        (2.9, {"at_most": 3.0, "ratio": 0.25}, True, False),
        (9.0, {"ratio": 0.6, "against": "joblib"}, True, True),
        (2.0, {"at_most": 3.0}, False, None),
        (2.0, {}, True, None),
    ],
)
def test_a_target_is_met_when_all_of_it_holds(
    suite: SimpleNamespace, ours: float, target: dict[str, Any], judged: bool, met: bool | None
):
    figures = {name: suite.rows.Figures(value, value) for name, value in [("mandala_lab", ours), ("floor", 0.1)]}
    figures |= {"diskcache": suite.rows.Figures(10.0, 10.0), "joblib": suite.rows.Figures(20.0, 20.0)}
    row = suite.rows.Row("row", figures, suite.rows.Target(**target), judged=judged)
    assert row.against == target.get("against", "diskcache"), "the floor is no persistent peer"
    assert row.met is met


def test_the_failure_of_a_peer_is_shown_and_that_of_ours_is_an_error(suite: SimpleNamespace):
    fine, failed = suite.rows.Figures(1e-6, 1e-6), suite.crew.Failed("0 bodies ran")
    of_a_peer = suite.rows.Row("row", {"mandala_lab": fine, "joblib": failed}, suite.rows.Target(ratio=1.0))
    shown = suite.report.text({"machine": {}, "versions": {"marimo": None}}, [of_a_peer])
    assert "marimo: not installed" in shown
    assert "row: joblib: 0 bodies ran" in shown
    assert "Notes" not in shown
    assert of_a_peer.met is None, "without a peer there is no ratio to judge"
    assert not suite.report.ours_failed([of_a_peer])
    assert suite.report.ours_failed([suite.rows.Row("row", {"mandala_lab": failed, "joblib": fine})])


def test_a_note_is_shown_and_is_no_failure(suite: SimpleNamespace):
    noted = suite.rows.Row("row", {"joblib": suite.rows.Figures(1.0, 1.0, note="4 bodies ran for 3 keys")})
    assert "Notes:\nrow: joblib: 4 bodies ran for 3 keys" in suite.report.text({"machine": {}, "versions": {}}, [noted])
    assert not suite.report.ours_failed([noted])


def test_a_frame_that_lacks_calls_makes_no_figure(suite: SimpleNamespace, tmp_path: Path):
    with suite.crew.Crew([sys.executable], tmp_path) as crew:
        member = crew.member("mandala_lab", "frames", "frames_worker.py")
        folder = crew.new_folder()
        member.ask("fill", folder, 9, "branches")
        assert len(member.ask("ask", "expand")) == 2
        member.ask("fill", folder, 30, "branches")  # as if there were fewer: those of the first are there, too
        other = crew.member("mandala_lab", "other", "frames_worker.py")
        other.ask("fill", folder, 9, "branches")
        for what in suite.frames.WHAT:
            with pytest.raises(suite.crew.Failed, match="in place of"):
                other.ask("ask", what)


# --- pictures


def test_pictures_are_compared(scratch: Path):
    command = [sys.executable, str(FOLDER / "pictures.py"), "--sizes", "30", "--passes", "1", "--json", "out.json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=scratch)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads((scratch / "out.json").read_text(encoding="utf-8"))
    assert found["ours"]["moved"] == 0
    assert found["ours"]["svg_bytes"] > 1_000
    assert "crossings of edges" in done.stdout


def test_crossings_are_counted_as_drawn(suite: SimpleNamespace):
    cross = [(0.0, 50.0), (90.0, 60.0)]
    trunk = [(40.0, 0.0), (40.0, 90.0)]
    lines = [cross, trunk, [*trunk, (20.0, 120.0)], [(41.0, 0.0), (39.0, 90.0)]]
    ends = [("a", "b"), ("c", "d"), ("c", "e"), ("c", "f")]
    assert suite.crossings.count(lines, ends) == (3, 2), "those that share a node are not counted"


@pytest.mark.parametrize("count", [5, 500])
def test_made_up_frames_are_the_same_each_time_and_hold_together(suite: SimpleNamespace, count: int):
    outline = suite.webs.made_up(count, 3)
    assert outline == suite.webs.made_up(count, 3)
    assert count <= len(outline.nodes) <= count + 70
    known = {node.id for node in outline.nodes}
    assert all({edge.source, edge.target} <= known for edge in outline.edges)
