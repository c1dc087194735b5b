"""The command `mandala` looks after a store."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest
from cli_store import inc, ramp

from mandala_lab import MandalaLabWarning, Storage
from mandala_lab.cli.main import _bytes as size_of
from mandala_lab.trust import keys

SECOND = Path(__file__).parent.parent / "golden" / "store_0002.sql"


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


@pytest.mark.parametrize("command", [["gc"], ["fsck", "--repair"], ["pin", "abc"], ["trust", "unsigned"], ["migrate"]])
def test_a_mistyped_name_is_no_new_store(run, tmp_path, command):
    status, _, err = run(command[0], "typo.db", *command[1:])
    assert status in {1, 4}
    assert "there is no store" in err
    assert not (tmp_path / "typo.db").exists()


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
