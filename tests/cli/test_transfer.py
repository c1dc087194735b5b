"""What the command `mandala` writes and takes in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_export_and_import_carry_a_store_over(filled, run, tmp_path):
    status, out, _ = run("export", filled, "backup.zip")
    assert status == 0
    assert out.startswith(f"wrote {tmp_path / 'backup.zip'} (")
    status, out, _ = run("import", "backup.zip", "other.db")
    assert (status, out) == (0, "5 new calls and 2 new values\n")
    assert run("import", filled, "other.db")[1] == "0 new calls and 0 new values\n"
    assert run("fsck", "other.db")[0] == 0
    assert json.loads(run("stats", "other.db", "--json")[1])["calls"] == 5


def test_export_draws_a_picture(filled, run, tmp_path):
    assert run("export", filled, "graph.svg")[0] == 0
    assert "ramp" in (tmp_path / "graph.svg").read_text()
    assert run("export", filled, "inc.svg", "--op", "inc")[0] == 0
    assert "ramp" not in (tmp_path / "inc.svg").read_text()
    status, _, err = run("export", filled, "none.svg", "--session", "nowhere")
    assert status == 1
    assert "no call belongs to the session 'nowhere'; choose one of" in err
    assert not (tmp_path / "none.svg").exists()
    status, _, err = run("export", filled, "graph.docx")
    assert status == 1
    assert "the ending says what is exported: .svg for" in err


@pytest.mark.parametrize("name", ["s.zip", "s.svg", "link.zip"])
def test_no_store_is_written_over(filled, run, tmp_path, name):
    place, store = tmp_path / name, filled
    if name.startswith("link"):
        place.symlink_to(filled)
    else:
        Path(f"{filled}.values").rename(f"{place}.values")
        store = str(Path(filled).rename(place))
    status, _, err = run("export", store, str(place))
    assert status == 1
    assert "is a store, or another database: choose another name" in err
    assert json.loads(run("stats", store, "--json")[1])["calls"] == 5


def test_an_import_that_fails_leaves_no_store_behind(run, tmp_path):
    (tmp_path / "text.zip").write_text("no archive")
    assert run("import", "text.zip", "new.db")[0] == 1
    assert not list(tmp_path.glob("new.db*"))


def test_an_archive_of_a_part_is_refused(filled, run, tmp_path):
    status, _, err = run("export", filled, "part.zip", "--op", "inc")
    assert status == 1
    assert "holds all of a store" in err
    assert not (tmp_path / "part.zip").exists()
