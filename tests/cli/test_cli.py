"""The command ``mandala``, as a terminal and as a script use it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from mandala_lab import MandalaLabWarning, Storage, op
from mandala_lab.cli import shown
from mandala_lab.cli.main import _bytes as size_of
from mandala_lab.cli.main import main
from mandala_lab.trust import keys

SECOND = Path(__file__).parent.parent / "golden" / "store_0002.sql"


@op
def inc(x):
    return x + 1


@op
def ramp(n):
    return np.arange(n)


@op
def fails(x):
    raise ValueError("no such thing: \x1b[31mred\u202e")


@pytest.fixture
def filled(path) -> str:
    with Storage(path, overflow_threshold_MB=0.02) as storage:
        inc(inc(1)), inc(1), ramp(50), ramp(5000)
        with pytest.raises(ValueError, match="no such thing"):
            fails(0)
    storage.close()
    return str(path)


@pytest.fixture
def run(capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(arguments)
        except SystemExit as error:
            status = error.code
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_ls_lists_the_latest_calls(filled, run):
    status, out, _ = run("ls", filled)
    assert status == 0
    lines = [line.split("  ")[-1].strip() for line in out.splitlines()]
    assert lines == ["what", "inc(x=1)", "inc(x=2)", "ramp(n=50)", "ramp(n=5000)", "fails(x=0)"]
    assert "ERROR" in out.splitlines()[-1]
    assert [line.split()[-1] for line in run("ls", filled, "--op", "inc")[1].splitlines()] == [
        "what",
        "inc(x=1)",
        "inc(x=2)",
    ]
    assert run("ls", filled, "--status", "error")[1].splitlines()[1].endswith("fails(x=0)")
    status, out, _ = run("ls", filled, "--limit", "2")
    assert "ramp(n=5000)" in out
    assert "ramp(n=50)" not in out
    assert "the last 2 are shown" in out


def test_ls_lists_ops_and_signers(filled, run):
    assert run("ls", filled, "--ops")[1].splitlines()[1].split()[:2] == ["2", "1"]
    assert [one["op"].rpartition(":")[2] for one in json.loads(run("ls", filled, "--ops", "--json")[1])] == [
        "inc",
        "ramp",
        "fails",
    ]
    (signer,) = json.loads(run("ls", filled, "--signers", "--json")[1])
    assert (signer["standing"], signer["calls"]) == ("you", 5)


def test_ls_lists_sessions(filled, run):
    with Storage(filled, session="second") as storage:
        inc(7)
    storage.close()
    sessions = json.loads(run("ls", filled, "--sessions", "--json")[1])
    assert sessions[1:] == ["second"]
    assert run("ls", filled, "--sessions")[1].splitlines() == ["session", *sessions]
    assert run("export", filled, "second.svg", "--session", "second")[0] == 0


def test_ls_lists_pins(filled, run):
    call = Storage(filled).calls(ramp)[0]
    run("pin", filled, call.hid, "--reason", "in the paper")
    (one,) = json.loads(run("ls", filled, "--pins", "--json")[1])
    assert (one["hid"], one["reason"]) == (call.hid, "in the paper")
    assert call.hid in run("ls", filled, "--pins")[1]


@pytest.mark.parametrize("kind", ["ops", "sessions", "pins", "signers", "set-aside"])
def test_what_chooses_calls_does_not_go_with_other_lists(filled, run, kind):
    for option in (["--op", "inc"], ["--status", "ok"], ["--limit", "3"]):
        status, _, err = run("ls", filled, f"--{kind}", *option)
        assert status == 1
        assert f"they do not go with --{kind}" in err


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


def test_ls_lists_what_was_set_aside_and_gc_deletes_it(filled, run, monkeypatch):
    connection = sqlite3.connect(filled)
    connection.execute("update calls set links = x'00' where id = 1")
    connection.commit()
    connection.close()
    assert run("fsck", filled, "--repair")[0] == 1
    (one,) = json.loads(run("ls", filled, "--set-aside", "--json")[1])
    assert (one["kind"], one["bytes"], one["made_again"]) == ("call", 1, False)
    assert one["id"] in run("ls", filled, "--set-aside")[1]
    assert run("gc", filled, "--set-aside", "--dry-run")[0] == 0
    assert "deleted 1 damaged records that lay set aside" in run("gc", filled, "--set-aside")[1]
    assert json.loads(run("ls", filled, "--set-aside", "--json")[1]) == []


def test_a_store_without_its_large_values_is_listed(filled, run, tmp_path):
    Path(f"{filled}.values").rename(tmp_path / "away")
    for arguments in (["ls", filled], ["stats", filled], ["export", filled, "graph.svg"]):
        assert run(*arguments)[0] == 0
    for arguments in (["fsck", filled], ["fsck", filled, "--repair"], ["export", filled, "all.zip"]):
        status, _, err = run(*arguments)
        assert status in {1, 4}
        assert "store.db.values, which is no folder or not there; bring it back" in err
    (tmp_path / "away").rename(f"{filled}.values")
    assert run("fsck", filled)[0] == 0


def test_the_version_is_told(run):
    assert run("--version")[:2] == (0, f"mandala-lab {metadata.version('mandala-lab')}\n")


def test_ls_as_json_has_ids_and_status(filled, run):
    found = json.loads(run("ls", filled, "--json")[1])
    storage = Storage(filled)
    assert [one["hid"] for one in found] == [call.hid for call in storage.calls()]
    assert found[0]["outputs"]["output_0"]["cid"] == storage.calls()[0].outputs["output_0"].cid
    assert found[-1]["error"].strip().splitlines()[-1].startswith("ValueError")


def test_stats_count(filled, run):
    status, out, _ = run("stats", filled)
    assert status == 0
    assert out.startswith("5 calls, 2 values of")
    found = json.loads(run("stats", filled, "--json")[1])
    assert (found["calls"], found["computed"], found["cached"], found["failed"]) == (5, 4, 1, 1)


def test_explain_says_why_a_call_ran(filled, run):
    hid = Storage(filled).calls(ramp)[1].hid
    status, out, _ = run("explain", filled, hid[:10])
    assert (status, out) == (0, "ramp ran anew: argument 'n' is 5000 and was 50, compared with the nearest call\n")
    found = json.loads(run("explain", filled, hid, "--json")[1])
    assert (found["reason"], found["differences"][0]["name"]) == ("arguments", "n")


def test_fsck_tells_by_its_status_what_it_found(filled, run, monkeypatch, tmp_path):
    assert run("fsck", filled)[:2][0] == 0
    connection = sqlite3.connect(filled)
    connection.execute("update stored_values set data = zeroblob(length(data))")
    connection.commit()
    connection.close()
    status, out, _ = run("fsck", filled)
    assert status == 1
    assert "are damaged" in out
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MandalaLabWarning)
        found = json.loads(run("fsck", filled, "--repair", "--json")[1])
    assert [one["repaired"] for one in found["faults"]] == ["made again"]
    assert run("fsck", filled)[0] == 0
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "another"))
    status, out, _ = run("fsck", filled)
    assert status == 2
    assert "which you do not trust" in out
    status, _, err = run("fsck", str(tmp_path / "nothing.db"))
    assert status == 4
    assert "there is no store" in err


def test_trust_makes_records_of_others_count(filled, run, monkeypatch, tmp_path):
    theirs = keys.key_file()
    (signer,) = json.loads(run("ls", filled, "--signers", "--json")[1])
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "mine" / "key"))
    keys.make_key()
    status, out, _ = run("trust", filled, signer["key"])
    assert (status, out) == (0, f"5 calls and 2 values of {signer['key']} are yours from now on\n")
    assert run("fsck", filled)[0] == 0
    status, out, _ = run("trust", filled, str(theirs))
    assert (status, out) == (0, f"what {signer['key']} signs counts from now on, in every store\n")
    told = f"what {signer['key']} signs counts no longer, in any store\n"
    assert run("trust", filled, str(theirs), "--remove")[1] == told
    assert json.loads(run("ls", filled, "--signers", "--json")[1])[-1]["standing"] == "you"
    status, _, err = run("trust", filled, "12345678")
    assert status == 1
    assert "nothing in this store is signed by 12345678" in err


@pytest.mark.usefixtures("own_key")
def test_migrate_brings_an_old_store_up_to_date(run, path):
    connection = sqlite3.connect(path)
    connection.executescript(SECOND.read_text())
    connection.close()
    status, _, err = run("ls", str(path))
    assert status == 1
    assert "run 'mandala migrate' on it" in err
    assert run("migrate", str(path), "--dry-run")[1] == "would apply: 0003_signatures\n"
    assert run("migrate", str(path))[1] == "applied: 0003_signatures\n"
    assert run("migrate", str(path))[1] == "the store is up to date\n"
    assert run("ls", str(path))[0] == 0


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


def test_config_shows_where_settings_come_from_and_no_secret(run, monkeypatch, tmp_path):
    monkeypatch.setenv(keys.KEY_VARIABLE, "ab" * 32)
    monkeypatch.setenv("MANDALA_LAB_DURABILITY", "power")
    (tmp_path / "config.toml").write_text("cache_MB = 8\n")
    monkeypatch.setenv("MANDALA_LAB_CONFIG", str(tmp_path / "config.toml"))
    status, out, _ = run("config")
    assert status == 0
    assert "ab" * 8 not in out
    found = {one["name"]: one for one in json.loads(run("config", "--json")[1])}
    assert found["durability"] == {
        "name": "durability",
        "value": "power",
        "source": "environment MANDALA_LAB_DURABILITY",
    }
    assert (found["cache_MB"]["value"], found["cache_MB"]["source"]) == (8.0, str(tmp_path / "config.toml"))
    assert found["key"]["value"] == "**********"
    assert found["on_change"]["source"] == "default"


def test_gc_says_what_goes_and_pins_stay(filled, run):
    before = Path(filled).stat().st_size
    call = Storage(filled).calls(ramp)[0]
    status, out, _ = run("pin", filled, call.hid[:12], "--reason", "in the paper")
    assert (status, out) == (0, f"{call.hid} is kept for good\n")
    status, out, _ = run("gc", filled, "--max-size", "0", "--dry-run")
    assert status == 1  # what is pinned takes more than nothing
    assert out.startswith("would delete 4 calls (")
    assert json.loads(run("stats", filled, "--json")[1])["calls"] == 5
    status, out, _ = run("gc", filled, "--older-than", "30d")
    assert (status, out.startswith("deleted 0 calls")) == (0, True)
    found = json.loads(run("gc", filled, "--max-size", "1KB", "--vacuum", "--json")[1])
    assert (found["calls"], found["pinned"], found["dry_run"]) == (4, 1, False)
    assert [one["hid"] for one in json.loads(run("ls", filled, "--json")[1])] == [call.hid]
    assert Path(filled).stat().st_size <= before
    assert run("fsck", filled)[0] == 0
    assert run("pin", filled, call.hid, "--remove")[1] == f"{call.hid} may be collected\n"
    assert run("gc", filled, "--max-size", "0")[0] == 0
    assert run("pin", filled, call.hid)[0] == 1


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("500", 500), ("1KB", 1024), ("1.5 MB", 1.5 * 2**20), ("2gib", 2**31), ("1T", 2**40)]
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert size_of(text) == size


@pytest.mark.parametrize("arguments", [["--max-size", "much"], ["--max-size", "-5"], ["--max-size", "1.2.3MB"]])
def test_what_is_no_size_is_told(filled, run, arguments):
    status, _, err = run("gc", filled, *arguments)
    assert status == 64
    assert "no size" in err or "expected one argument" in err


def test_whoever_has_read_enough_gets_no_error(filled):
    code = f'"{sys.executable}" -m mandala_lab ls "{filled}" --limit 99999 | true; echo ${{PIPESTATUS[0]}}'
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.mark.parametrize("command", [["gc"], ["fsck", "--repair"], ["pin", "abc"], ["trust", "unsigned"], ["migrate"]])
def test_a_mistyped_name_is_no_new_store(run, tmp_path, command):
    status, _, err = run(command[0], "typo.db", *command[1:])
    assert status in {1, 4}
    assert "there is no store" in err
    assert not (tmp_path / "typo.db").exists()


def test_an_import_that_fails_leaves_no_store_behind(run, tmp_path):
    (tmp_path / "text.zip").write_text("no archive")
    assert run("import", "text.zip", "new.db")[0] == 1
    assert not list(tmp_path.glob("new.db*"))


def test_an_archive_of_a_part_is_refused(filled, run, tmp_path):
    status, _, err = run("export", filled, "part.zip", "--op", "inc")
    assert status == 1
    assert "holds all of a store" in err
    assert not (tmp_path / "part.zip").exists()


@pytest.mark.skipif(os.name != "posix", reason="modes of files are of POSIX")
def test_a_store_in_a_place_that_cannot_be_written_is_looked_at(tmp_path):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Storage(folder / "s.db") as storage:
            inc(1)
        storage.close()
        (folder / "s.db").chmod(0o444)
        folder.chmod(0o555)
        obeying = [] if os.getuid() else ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]  # root obeys no modes
        for command in (["ls"], ["stats"], ["fsck"], ["gc", "--dry-run"]):
            done = subprocess.run(
                [*obeying, sys.executable, "-m", "mandala_lab", *command, str(folder / "s.db")],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            assert done.stderr == ""
            assert done.returncode == 0
        folder.chmod(0o755)
