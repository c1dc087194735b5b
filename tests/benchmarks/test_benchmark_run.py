"""The benchmarks run, and leave nothing behind. Nothing is said about speed here."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]

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
        *(f"{what}, {n}" for n in (12, 36) for what in (*FRAME_WORKS, "panel after 100 calls more")),
        *(f"growth exponent of {what}, 12 to 36" for what in FRAME_WORKS),
    )
]
INSTALLED = {"mandala_lab", "diskcache", "FanoutCache", "joblib"}


def test_a_tiny_run_gives_every_figure_and_leaves_nothing(tmp_path: Path, scratch: Path, run: Run):
    before = sorted(tmp_path.iterdir())
    done = run("run.py", "--tiny", "--json", "out.json")
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


def test_only_the_rows_that_are_asked_for_run_and_an_absent_peer_is_told(run: Run):
    done = run("run.py", "--tiny", "--only", "chain of three")
    assert done.returncode == 0, done.stderr
    assert "hit through refs, chain of three" in done.stdout
    assert "hit, small scalars" not in done.stdout
    if importlib.util.find_spec("mandala") is None:
        assert "pymandala: not installed" in done.stdout


def test_a_name_that_no_row_has_is_refused(run: Run):
    done = run("run.py", "--tiny", "--only", "warp")
    assert done.returncode == 2
    assert "no row has 'warp' in its name" in done.stderr
