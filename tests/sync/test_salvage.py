"""What can be read of a store with damaged pages comes into a new one, and nothing else does."""

from __future__ import annotations

import random
import sqlite3
import statistics
import warnings
from pathlib import Path

import numpy as np
import pytest

from mandala_lab import MandalaLabWarning, MList, Storage, StoreError, op

PAGE = 2048


@op
def inc(x):
    return x + 1


@op
def ramp(n):
    return np.arange(n)


@op
def parts(n) -> MList:
    return [list(range(i, i + 40)) for i in range(n)]


def run_all(number: int = 40) -> list:
    ramps = [ramp(n).value.tolist() for n in (50, 100, 4000)]
    return [*(inc(n).value for n in range(number)), *ramps, parts(3).value]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[bytes, dict[str, bytes], list]:
    """Return a store's file, its large values, and what calling everything gives."""
    folder = tmp_path_factory.mktemp("made")
    patch = pytest.MonkeyPatch()
    patch.setenv("MANDALA_LAB_KEY_FILE", str(folder / "key"))
    with Storage(folder / "s.db", overflow_threshold_MB=0.01) as storage:
        answers = run_all()
    storage.close()
    patch.undo()
    values = {file.name: file.read_bytes() for file in (folder / "s.db.values").iterdir()}
    (folder / "s.db.values").rename(folder / "values")
    return (folder / "s.db").read_bytes(), {"key": (folder / "key").read_bytes(), **values}, answers


@pytest.fixture
def damaged(made, tmp_path, monkeypatch):
    """Write the store with some bytes changed, and return its path."""
    data, files, _ = made
    key = tmp_path / "their key"
    key.write_bytes(files["key"])
    key.chmod(0o600)
    monkeypatch.setenv("MANDALA_LAB_KEY_FILE", str(key))
    (tmp_path / "damaged.db.values").mkdir()
    for name in files.keys() - {"key"}:
        (tmp_path / "damaged.db.values" / name).write_bytes(files[name])

    def write(place: int, wrong: bytes) -> Path:
        path = tmp_path / "damaged.db"
        path.write_bytes(data[:place] + wrong + data[place + len(wrong) :])
        return path

    return write


def rescued(path: Path, target: Path):
    """Take a damaged store into a new one, which has to be sound; return what came in."""
    for file in target.parent.glob(f"{target.name}*"):
        file.unlink() if file.is_file() else None
    with Storage(target, overflow_threshold_MB=0.01) as storage, warnings.catch_warnings():
        warnings.simplefilter("ignore", MandalaLabWarning)
        try:
            return storage.merge(path)
        finally:
            wrong = [fault.detail for fault in storage.fsck().faults]
            assert all("it is not in the store" in one for one in wrong), "else it should not have come in"


@pytest.mark.parametrize("wrong", ["zeros", "noise"])
def test_each_page_may_be_damaged(made, damaged, tmp_path, wrong):
    data, _, answers = made
    chance = random.Random(7)
    whole = rescued(damaged(0, b""), tmp_path / "whole.db")
    assert (whole.damaged, whole.whole) == (0, True)
    failed, got = [], []
    for page in range(len(data) // PAGE):
        bytes_ = bytes(PAGE) if wrong == "zeros" else chance.randbytes(PAGE)
        path = damaged(page * PAGE, bytes_)
        target = tmp_path / f"{page}.db"
        try:
            found = rescued(path, target)
        except StoreError as error:
            failed.append((page, str(error)))
            continue
        got.append(found.calls)
        with Storage(target, overflow_threshold_MB=0.01) as storage, warnings.catch_warnings():
            warnings.simplefilter("ignore", MandalaLabWarning)
            assert run_all() == answers
        assert storage.stats().computed <= whole.calls - found.calls + found.damaged
        storage.close()
    assert len(failed) <= 4, failed  # the first page, and those that say where each table begins
    costly = [calls for calls in got if calls < whole.calls / 2]
    assert statistics.median(got) == whole.calls, got
    assert len(costly) <= 10, got  # pages that lead to all others of a table, and those every call rests on


def test_a_changed_byte_costs_little(made, damaged, tmp_path):
    data, _, answers = made
    chance = random.Random(11)
    refused = 0
    for number in range(60):
        path = damaged(chance.randrange(len(data)), bytes([255 if number % 2 else chance.randrange(256)]))
        try:
            rescued(path, tmp_path / f"{number}.db")
        except StoreError:
            refused += 1
            continue
        with Storage(tmp_path / f"{number}.db", overflow_threshold_MB=0.01) as storage, warnings.catch_warnings():
            warnings.simplefilter("ignore", MandalaLabWarning)
            assert run_all() == answers
        storage.close()
    assert refused <= 2


def test_a_damaged_description_of_tables_loses_nothing(made, damaged, tmp_path):
    data, _, _ = made
    place = data.find(b"CREATE TABLE calls")
    path = damaged(place + 3, b"!")
    with pytest.raises(StoreError, match=r"malformed.*'mandala import' takes what can be read"):
        Storage(path)
    found = rescued(path, tmp_path / "new.db")
    assert (found.damaged, found.whole) == (0, True)
    assert found.calls == rescued(damaged(0, b""), tmp_path / "whole.db").calls


def test_rows_that_cannot_be_read_are_told_of(damaged, tmp_path):
    path = damaged(0, b"")
    connection = sqlite3.connect(path)
    (root,) = connection.execute("select rootpage from sqlite_master where name = 'calls'").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * PAGE)
        page = file.read(PAGE)
        assert page[0] == 5  # an inner page, which leads to others
        first = int.from_bytes(page[12:14], "big")
        leaf = int.from_bytes(page[first : first + 4], "big")
        file.seek((leaf - 1) * PAGE)
        file.write(bytes(PAGE))
    found = rescued(path, tmp_path / "new.db")
    assert not found.whole
    assert "what lies in damaged pages of the database is lost" in str(found)


def test_what_a_hostile_file_would_run_is_not_run(damaged, tmp_path):
    path = damaged(0, b"")
    connection = sqlite3.connect(path)
    connection.execute("alter table calls rename to hidden")
    connection.execute("create view calls as select abs(-9223372036854775808) as id, * from hidden")
    connection.commit()
    (place,) = [path.read_bytes().find(b"CREATE TABLE ops")]
    connection.close()
    with path.open("r+b") as file:
        file.seek(place + 3)
        file.write(b"!")
    found = rescued(path, tmp_path / "new.db")
    assert found.calls == 0
    assert not found.whole


def test_the_command_says_what_is_lost(damaged, tmp_path, capsys, made):
    from mandala_lab.cli.main import main

    path = damaged(made[0].find(b"CREATE TABLE calls") + 3, b"!")
    assert main(["import", str(path), str(tmp_path / "new.db")]) == 0
    assert "new calls" in capsys.readouterr().out
