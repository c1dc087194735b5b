"""Contestants of the benchmarks take turns, and are judged."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest


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
