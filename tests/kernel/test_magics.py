from __future__ import annotations

import json

import pytest
from IPython.core.interactiveshell import InteractiveShell

from mandala_lab import Storage


@pytest.fixture
def shell():
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "mandala_lab")
    yield made
    made.run_line_magic("unload_ext", "mandala_lab")
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def say(shell, capsys):
    def run(line: str) -> str:
        capsys.readouterr()
        run.result = shell.run_line_magic("mandala", line)
        return capsys.readouterr().out

    return run


CELL = "from mandala_lab import op\n@op(output_names=['y'])\ndef f(x, k=1):\n    return 10 // x * k\n"


def test_the_status_tells_what_is_not_a_default(say, monkeypatch):
    monkeypatch.setenv("MANDALA_LAB_DURABILITY", "power")
    say("on results.db")
    status = say("status")
    assert "durability = 'power' (environment MANDALA_LAB_DURABILITY)" in status
    assert "on_change" not in status
    assert "session =" not in status


def test_a_session_from_on_to_off(shell, say, tmp_path):
    assert "not recording" in say("status")
    assert "0 calls so far" in say("on results.db")
    shell.run_cell(CELL).raise_error()
    shell.run_cell("a = f(2)\nb = f(a, k=3)\na2 = f(2)").raise_error()
    status = say("status")
    assert "2 calls stored" in status
    assert "2 computed" in status
    assert "1 cached" in status
    assert "f(x=2, k=1)" in say("calls")
    assert "1 match" in say("replay find f x=2")
    assert "no recorded call of f matches" in say("replay find f x=99")
    hid = Storage("results.db").calls("f")[0].hid
    assert "changed (2 executed" in say(f"replay run {hid[:8]} x=5 --downstream")
    assert "wrote" in say("export picture.svg")
    assert (tmp_path / "picture.svg").read_text().startswith("<svg")
    assert "wrote" in say("export page.html --values")
    assert "def f(x" in (tmp_path / "page.html").read_text()
    assert "wrote" in say("export secret.html --values --redact x --redact 'k*'")
    assert "left out of this export" in (tmp_path / "secret.html").read_text()
    assert "wrote" in say("export other.html --values --redact=x")
    assert "left out of this export" in (tmp_path / "other.html").read_text()
    assert "this frame has 2 results (2 of y)" in say("export b.py")
    assert "wrote b.py" in say("export b.py +y=6")
    assert "wrote" in say("export all.zip")
    assert "wrote" in say("export part.json x=2+")
    assert "did you mean 'status'" in say("graph stat:error")
    say("graph f,x=77+")
    assert say.result.nodes == set()
    say("graph")
    assert say.result.fnames == {"f"}
    assert "ipykernel" in say("doctor")
    assert "recording stopped" in say("off")
    assert "nothing was being recorded" in say("off")
    assert shell.user_ns["f"](5) == 2


def test_quotes_of_a_comparison_stay(shell, say, tmp_path):
    say("on results.db")
    shell.run_cell("from mandala_lab import op\n@op\ndef f(name):\n    return name\nfor n in ('a b', '1', 1): f(n)")
    for selection, count in (("name='a b'+", 1), ('"name=1+"', 1), ("name='1'+", 1), ("name='1'+ name='a b'+", 2)):
        assert say(f"graph {selection}") == ""
        assert len(say.result.calls) == count, selection
    assert "wrote" in say("export 'my page.json' name='a b'+")
    assert len(json.loads((tmp_path / "my page.json").read_text())["calls"]) == 1
    assert "1 match" in say("replay find f name='a b'")
    assert "1 match" in say("replay find f name='1'")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("stauts", "did you mean 'status'"),
        ("", "usage:"),
        ("on /no/such/folder/x.db", "does not exist"),
        ("on a b", "quote a path"),
        ("on postgresql://host/db", "SQLite"),
        ("on .", "is a folder"),
        ("graph", "not recording"),
        ("on ~nobodyhere/x.db", "is no path"),
        ("replay", "usage:"),
        ("replay find f x", "write name=value"),
        ("replay run abc --upstream", "no option --upstream"),
        ("calls 'unclosed", "quotation"),
        ("calls f error", "calls takes one op, and 'error' was given, too"),
    ],
)
def test_a_mistake_is_told_in_one_line(say, line, answer):
    told = say(line)
    assert answer in told
    assert len(told.splitlines()) == 1


def test_a_wrong_replay_is_told_in_one_line(shell, say):
    say("on :memory:")
    shell.run_cell(CELL + "f(1)").raise_error()
    assert "no call has a hid" in say("replay run zzzz")
    assert "export takes one path" in say("export")
    assert "did you mean '--redact'" in say("export x.html --redac x")
    assert "--redact takes a name" in say("export x.html --values --redact")
    assert "the ending says what is written" in say("export x.docx")


@pytest.mark.parametrize(
    ("options", "cell", "answer"),
    [
        ("nout=undefined", "def f(x): return x", "undefined"),
        ("bogus=1", "def f(x): return x", "bogus"),
        ("nout=2, output_names=['a']", "def f(x): return x", "make them agree"),
        ("", "x = 1", "defines none"),
        ("", "def f(:", "cannot read this"),
        ("", "from mandala_lab import op\n@op\ndef f(x): return x", "is an op already"),
    ],
)
def test_a_mistake_in_an_op_cell_is_told_in_one_line(shell, capsys, options, cell, answer):
    capsys.readouterr()
    shell.run_cell_magic("op", options, cell)
    told = capsys.readouterr().out
    assert answer in told
    assert len(told.splitlines()) == 1


def test_unknown_ops_and_large_values_in_lists(shell, say):
    say("on :memory:")
    shell.run_cell(CELL + "f(3)\n@op\ndef power(n):\n    return n > 1\npower(10 ** 5000)")
    assert "did you mean 'f'" in say("calls ff")
    assert "did you mean 'power'" in say("replay find pwoer")
    assert "repr raised ValueError" in say("calls power")


def test_reloading_says_that_recording_stopped(shell, say, capsys):
    say("on :memory:")
    capsys.readouterr()
    shell.run_line_magic("reload_ext", "mandala_lab")
    assert "recording stopped" in capsys.readouterr().out


def test_the_op_cell_magic(shell, say, capsys):
    say("on :memory:")
    shell.run_cell_magic("op", "output_names=['z']", "def g(x):\n    return x + 1\n")
    shell.run_cell("g(1)").raise_error()
    assert "g(x=1)" in say("calls g")
    capsys.readouterr()
    shell.run_cell_magic("op", "", "x = 1")
    assert "defines none" in capsys.readouterr().out
    shell.run_cell_magic("op", "", "def broken(:")
    assert "cannot read" in capsys.readouterr().out


def test_loading_and_switching_repeat_without_harm(shell, say):
    shell.run_line_magic("load_ext", "mandala_lab")
    shell.run_line_magic("reload_ext", "mandala_lab")
    say("on one.db")
    shell.run_cell(CELL + "f(1)").raise_error()
    assert "0 calls so far" in say("on two.db")
    assert "1 calls so far" in say("on one.db")
    shell.run_line_magic("unload_ext", "mandala_lab")
    shell.run_line_magic("unload_ext", "mandala_lab")
    shell.run_line_magic("load_ext", "mandala_lab")


def test_a_failing_on_keeps_what_was_on(say):
    say("on one.db")
    say("on /no/such/folder/x.db")
    assert "one.db" in say("status")
