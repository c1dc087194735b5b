"""The benchmarks find out who cheats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest


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
