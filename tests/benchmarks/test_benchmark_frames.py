"""The benchmarks of frames and of their pictures check what they measure."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_a_frame_that_lacks_calls_makes_no_figure(suite: SimpleNamespace, tmp_path: Path):
    with suite.crew.Crew([sys.executable], tmp_path) as crew:
        member = crew.member("mandala_lab", "frames", "frames_worker.py")
        folder = crew.new_folder()
        member.ask("fill", folder, 9, "branches")
        assert len(member.ask("ask", "expand")) == 2
        member.ask("fill", folder, 300, "branches")  # as if there were fewer: those of the first are there, too
        other = crew.member("mandala_lab", "other", "frames_worker.py")
        other.ask("fill", folder, 9, "branches")
        for what in suite.frames.WHAT:
            with pytest.raises(suite.crew.Failed, match="in place of"):
                other.ask("ask", what)


def test_pictures_are_compared(run: Run):
    done = run("pictures.py", "--sizes", "30", "--passes", "1", "--json", "out.json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(Path("out.json").read_text(encoding="utf-8"))
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
