"""The command `mandala`: arguments, errors, terminals."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata

import pytest

from mandala_lab import Storage, op
from mandala_lab.cli import shown


def test_warnings_are_lines_of_the_command(filled):
    done = subprocess.run(
        [sys.executable, "-m", "mandala_lab", "stats", filled],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "MANDALA_LAB_CACHE_MBB": "1"},
    )
    assert done.stderr.startswith("mandala: the environment has MANDALA_LAB_CACHE_MBB, which is no setting")
    assert done.stderr.count("\n") == 1


def test_the_version_is_told(run):
    assert run("--version")[:2] == (0, f"mandala-lab {metadata.version('mandala-lab')}\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ls"], "STORE"),
        (["lst", "x.db"], "invalid choice"),
        (["ls", "x.db", "--limit", "0"], "'0' is no number from 1 on"),
        (["ls", "x.db", "--limit", "many"], "'many' is no number from 1 on"),
        (["ls", "x.db", "--ops", "--pins"], "not allowed with"),
        ([], "COMMAND"),
    ],
)
def test_wrong_arguments_have_a_status_of_their_own(run, arguments, told):
    status, _, err = run(*arguments)
    assert status == 64
    assert told in err


@pytest.mark.parametrize("command", ["ls", "stats", "fsck", "explain", "migrate", "export"])
def test_what_is_no_store_is_told_in_one_line(run, command, tmp_path):
    (tmp_path / "no.db").write_text("this is a text, and no database\n" * 100)
    more = {"explain": ["abc"], "export": ["a.zip"]}.get(command, [])
    status, out, err = run(command, "no.db", *more)
    assert status == (4 if command == "fsck" else 1)
    assert out == ""
    assert err.startswith("mandala: the store")
    assert err.count("\n") == 1


def test_texts_out_of_a_store_cannot_steer_a_terminal(run, path):
    named = op(name="evil\x1b]0;title\x07:\u202egnp")(lambda x: x)
    with Storage(path):
        named("\x1b[2J\r\u2066hidden\x9b31m")
    for arguments in (["ls", str(path)], ["ls", str(path), "--ops"], ["ls", str(path), "--op", "\x1b[31mno"]):
        _, out, err = run(*arguments)
        assert all(char == "\n" or shown.printable(char) == char for char in out + err)
    assert "evil\\x1b]0;title\\x07" in run("ls", str(path), "--ops")[1]
    assert "\x1b" not in run("ls", str(path), "--json")[1]


def test_the_command_is_installed_and_quiet_where_nobody_watches(filled):
    done = subprocess.run(
        [sys.executable, "-m", "mandala_lab", "fsck", filled],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("all is as it was written\n")


def test_whoever_has_read_enough_gets_no_error(filled):
    code = f'"{sys.executable}" -m mandala_lab ls "{filled}" --limit 99999 | true; echo ${{PIPESTATUS[0]}}'
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert (done.stdout, done.stderr) == ("0\n", "")
