"""The benchmark runs, checks itself, and leaves nothing behind. Nothing is said about speed here."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "hit_and_miss.py"
WORKS = [
    "hit",
    "hit + value",
    "hit + flush",
    "first hit after reopening",
    "first hit after reopening + value",
    "miss + store",
]
CONTESTANTS = ["mandala_lab", "joblib", "diskcache", "floor"]

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the benchmarks are not part of a source distribution")


def run(*options: str, scratch: Path) -> subprocess.CompletedProcess[str]:
    places = {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}
    environment = {**os.environ, **places, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(SCRIPT), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def test_a_tiny_run_gives_every_figure_and_leaves_nothing(tmp_path: Path, scratch: Path):
    before = sorted(tmp_path.iterdir())
    done = run("--calls", "20", "--passes", "1", "--json", "out.json", scratch=scratch)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""

    found = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert (found["calls"], found["passes"]) == (20, 1)
    assert set(found["versions"]) == {"mandala_lab", "joblib", "diskcache"}
    pairs = [(figures["work"], figures["contestant"]) for figures in found["rows"]]
    assert pairs == [(work, name) for work in WORKS for name in CONTESTANTS]
    for figures in found["rows"]:
        assert 0 < figures["wall_us"]["best"] <= figures["wall_us"]["median"]
        assert 0 <= figures["cpu_us"]["best"] <= figures["cpu_us"]["median"]  # its clock may be coarse
        assert figures["wall_ratio"] > 0
    assert [figures["wall_ratio"] for figures in found["rows"] if figures["contestant"] == "mandala_lab"] == [1.0] * 6

    assert all(name in done.stdout for name in [*WORKS, *CONTESTANTS])
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "out.json"])
    assert list(scratch.iterdir()) == []


def test_a_number_below_one_is_refused(scratch: Path):
    done = run("--calls", "0", scratch=scratch)
    assert done.returncode == 2
    assert "must be at least 1" in done.stderr


@pytest.mark.parametrize(
    ("new", "ran", "results", "complaint"),
    [
        (False, [], [1.5], None),
        (True, [3], [1.5], None),
        (False, [3], [1.5], "1 bodies ran where 0 should have"),
        (True, [], [1.5], "0 bodies ran where 1 should have"),
        (False, [], [2.5], "results differ"),
        (False, [], [], "results differ"),
    ],
)
def test_a_pass_that_is_not_what_it_is_called_is_refused(
    new: bool, ran: list[int], results: list[Any], complaint: str | None
):
    script = runpy.run_path(str(SCRIPT))
    script["bodies_run"].extend(ran)
    contestant = SimpleNamespace(name="peer", values=list)
    arguments = (contestant, script["Work"]("work", new=new), [(3, 0.5)], results)
    if complaint is None:
        script["check"](*arguments)
    else:
        with pytest.raises(RuntimeError, match=complaint):
            script["check"](*arguments)
