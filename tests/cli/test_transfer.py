"""What the command `mandala` writes and takes in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mandala_lab import Storage, op


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


def test_an_op_is_exported_as_the_ending_says(filled, run, tmp_path):
    for ending in ("html", "svg", "png", "md", "json", "graphml"):
        status, out, _ = run("export", filled, "inc", "-o", f"inc.{ending}")
        assert (status, out.startswith(f"wrote {tmp_path / 'inc'}.{ending} (")) == (0, True)
    page = (tmp_path / "inc.html").read_text()
    assert "def inc(x)" in page
    assert "ramp" not in page
    assert run("export", filled, "-o", "all.html")[0] == 0
    assert "def ramp(n)" in (tmp_path / "all.html").read_text()
    assert json.loads(run("export", filled, "inc", "--output", "inc.json", "--json")[1])["bytes"] > 0


def test_a_program_is_exported_where_there_is_one_result(filled, run, tmp_path, capsys):
    status, _, err = run("export", filled, "inc", "-o", "inc.py", "--select", "+var_0=3")
    assert (status, err) == (0, "")
    exec((tmp_path / "inc.py").read_text(), {"__name__": "__main__"})
    assert "3" in capsys.readouterr().out
    status, _, err = run("export", filled, "-o", "all.py")
    assert status == 1
    assert "a program makes one value, and this frame has 3 results" in err
    status, _, err = run("export", filled, "fails", "-o", "none.py")
    assert status == 1
    assert "no call of this frame made one" in err
    assert {path.name for path in tmp_path.glob("*.py")} == {"inc.py"}


def test_values_are_exported_on_request_and_some_not_even_then(filled, run, tmp_path):
    def page(*options):
        assert run("export", filled, "fails", "-o", "page.html", *options)[0] == 0
        return (tmp_path / "page.html").read_text().partition('id="data">')[2]

    assert '"error":"ValueError"' in page()
    assert "no such thing: \\u001b[31mred" in page("--values")
    assert '"text":"0"' in page("--values")
    assert '"text":"0"' not in page("--values", "--redact", "X")


def test_what_does_not_go_together_is_told(filled, run, tmp_path):
    for said, arguments in (
        ("no file is named: say -o report.html", []),
        ("an op is given twice", ["inc", "-o", "x.svg", "--op", "inc"]),
        ("only an .html file shows values", ["-o", "x.svg", "--values"]),
        ("--values and --redact go with an .html file", ["-o", "x.zip", "--values"]),
        ("no op 'inx' was called or is defined; did you mean 'inc'?", ["inx", "-o", "x.html"]),
    ):
        status, _, err = run("export", filled, *arguments)
        assert (status, said in err) == (1, True), err
    assert not list(tmp_path.glob("x.*"))


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


def test_export_of_a_selection_holds_no_more(filled, run, tmp_path):
    assert run("export", filled, "-o", "part.json", "--select", "op:inc !var:x")[0] == 0
    part = json.loads(Path("part.json").read_text())
    assert set(part["operations"]) == {"inc"}
    assert "x" not in part["variables"]
    status, _, err = run("export", filled, "-o", "part.json", "--select", "op:incc")
    assert status == 1
    assert "did you mean 'inc'" in err
    status, out, err = run("export", filled, "-o", "part.json", "--select", "x=99")
    assert (status, out.startswith("wrote")) == (0, True)
    assert f"mandala: nothing of the graph is 'x=99', so {tmp_path / 'part.json'} holds nothing" in err
    status, _, err = run("export", filled, "-o", "all.zip", "--select", "inc")
    assert status == 1
    assert "an archive holds all of a store" in err


@pytest.mark.filterwarnings("ignore:two ops of this storage")
def test_an_op_is_named_by_its_key_where_several_have_its_name(path, run, tmp_path):
    def first(x):
        return x

    def second(x):
        return -x

    with Storage(path) as storage:
        for function in (first, second):
            function.__module__, function.__qualname__ = f"of_{function.__name__}", "score"
            function.__name__ = "score"
            op(function)(1)
        keys = [spec.key for spec in storage.store.ops()]
    storage.close()
    status, _, err = run("export", str(path), "score", "-o", "x.json")
    assert status == 1
    assert f"2 ops are called 'score': name one by its key, {keys[0]} or {keys[1]}" in err
    assert not (tmp_path / "x.json").exists()
    assert run("export", str(path), keys[0], "-o", "x.json")[0] == 0
