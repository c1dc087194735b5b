"""Damage is found, wherever it is, and mended or set aside."""

from __future__ import annotations

import os
import sqlite3
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandala_lab import MandalaLabWarning, MList, Storage, op


@op
def inc(x):
    return x + 1


@op
def ramp(n):
    return np.arange(n)


@op
def table(n):
    return pd.DataFrame({"a": range(n), "b": [str(i) for i in range(n)]})


@op
def parts(n) -> MList:
    return [list(range(i, i + 40)) for i in range(n)]


@op
def total(items: MList):
    return sum(map(sum, items))


@op(save=False)
def passing(n):
    return list(range(n))


@op
def add(xs):
    return sum(xs)


def fill(path: Path) -> Storage:
    storage = Storage(path, overflow_threshold_MB=0.02)
    with storage:
        run_all()
    return storage


def run_all() -> list:
    return [
        inc(inc(1)).value,
        ramp(50).value.tolist(),
        int(ramp(5000).value.sum()),
        table(9).value.to_dict(),
        total(parts(3)).value,
        add(passing(100)).value,
        add(list(range(300))).value,
    ]


@pytest.fixture
def filled(path) -> Path:
    fill(path).close()
    return path


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def check(path: Path, *, repair: bool = False):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MandalaLabWarning)
        storage = Storage(path)
        found = storage.fsck(repair=repair)
        storage.close()
    return found


def test_a_sound_store_has_no_faults(filled):
    found = check(filled)
    assert (found.faults, found.number, found.exit_code, found.set_aside, found.untrusted) == ((), 0, 0, 0, {})
    assert found.values > 6
    assert str(found).endswith("all is as it was written")


def test_progress_counts_what_was_looked_at(filled):
    seen = {"calls": 0, "values": 0}
    storage = Storage(filled)
    found = storage.fsck(progress=lambda what, number: seen.update({what: seen[what] + number}))
    assert seen == {"calls": found.calls, "values": found.values}


FLIP = "substr({0}, 1, 5) || x'ee' || substr({0}, 7)"
DAMAGES = {
    "value": f"update stored_values set data = cast({FLIP.format('data')} as blob) where format = '{{}}'",
    "digest": "update stored_values set digest = x'00' where format = 'arrow'",
    "content id": "update stored_values set cid = x'0102030405060708091011121314151617181920' where id = 2",
    "format": "update stored_values set format = 'tree' where format = 'npy'",
    "text for bytes": "update stored_values set data = 'text' where format = 'arrow'",
    "links": f"update calls set links = cast({FLIP.format('links')} as blob) where id = 2",
    "history id": "update calls set hid = x'0102030405060708091011121314151617181920' where id = 2",
    "text in a call": "update calls set links = 'text' where id = 2",
    "version": "update code_versions set representative = x'00' where id = 2",
    "reads": "update code_states set reads = x'91' where id = 2",
    "missing value": "delete from stored_values where format = 'arrow'",
    "missing element": "delete from stored_values where id = (select min(id) from stored_values where format = 'tree')",
    "op": "delete from ops where id = 3",
    "index": "delete from edges where call_id = 2",
    "signature": "update calls set signature = 5 where id = 2",
}
KINDS = {"index": 4}


def statements() -> list[tuple[str, str]]:
    found = []
    for name, statement in DAMAGES.items():
        if name == "value":
            found += [(f"value {kind}", statement.format(kind)) for kind in ("npy", "arrow", "tree", "items")]
        else:
            found.append((name, statement))
    return found


@pytest.mark.parametrize(("name", "statement"), statements(), ids=[name for name, _ in statements()])
def test_each_damage_is_found_and_after_a_repair_results_are_right(filled, name, statement):
    expected = expected_results()
    change(filled, "pragma foreign_keys = off", statement)
    found = check(filled)
    assert found.exit_code == KINDS.get(name, 1), str(found)
    repaired = check(filled, repair=True)
    assert repaired.number == found.number
    assert set(repaired.repaired) == set(repaired.faults)
    assert check(filled).exit_code == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MandalaLabWarning)
        with Storage(filled):
            assert run_all() == expected
    assert check(filled).exit_code == 0, str(check(filled))


def expected_results() -> list:
    return [
        3,
        list(range(50)),
        12497500,
        {"a": {i: i for i in range(9)}, "b": {i: str(i) for i in range(9)}},
        sum(sum(range(i, i + 40)) for i in range(3)),
        4950,
        44850,
    ]


def blob(path: Path) -> Path:
    (found,) = Path(f"{path}.values").iterdir()
    return found


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "delete", "link", "folder"])
def test_damaged_files_are_found_and_made_again(filled, damage, tmp_path):
    file = blob(filled)
    data = bytearray(file.read_bytes())
    if damage == "flip":
        data[-3] ^= 1
        file.write_bytes(data)
    elif damage in {"truncate", "empty"}:
        file.write_bytes(data[:100] if damage == "truncate" else b"")
    else:
        file.unlink()
        if damage == "link":
            (tmp_path / "elsewhere").write_bytes(data)
            file.symlink_to(tmp_path / "elsewhere")
        elif damage == "folder":
            file.mkdir()
    found = check(filled)
    assert [fault.place for fault in found.faults if fault.kind == "corrupt"] == ["value"], str(found)
    if damage == "folder":  # nothing of ours puts a folder there, and nothing of ours takes one away
        return
    assert list(check(filled, repair=True).repaired.values()) == ["made again"]
    assert check(filled).exit_code == 0
    with Storage(filled):
        assert ramp(5000).value.sum() == 12497500


def test_what_cannot_be_made_again_is_set_aside_and_told(filled, monkeypatch):
    change(filled, DAMAGES["value"].format("arrow"))
    with monkeypatch.context() as patch:
        patch.setattr("mandala_lab.memo.recovery.find_op", lambda _key: None)
        repaired = check(filled, repair=True)
    assert list(repaired.repaired.values()) == ["set aside"]
    assert repaired.set_aside == 1
    assert "1 damaged records lie set aside" in str(repaired)
    again = check(filled)
    assert (again.exit_code, again.set_aside) == (0, 1)
    with Storage(filled) as storage, pytest.warns(MandalaLabWarning, match="made again by running table"):
        assert table(9).value.shape == (9, 2)
    assert storage.fsck().set_aside == 0


def test_files_that_killed_processes_left_are_told_of_and_removed(filled):
    folder = Path(f"{filled}.values")
    for name, age in ((".tmpabc", 7200), ("0" * 40, 7200), (".young", 0)):
        (folder / name).touch()
        when = (folder / name).stat().st_mtime - age
        os.utime(folder / name, (when, when))
    found = check(filled)
    assert {fault.id for fault in found.faults} == {".tmpabc", "0" * 40}
    assert found.exit_code == 4
    assert set(check(filled, repair=True).repaired.values()) == {"removed"}
    assert (folder / ".young").exists()
    assert check(filled).exit_code == 0


def test_damaged_pages_are_told_of(filled):
    connection = sqlite3.connect(filled)
    page = connection.execute("select rootpage from sqlite_master where name = 'spans_by_call'").fetchone()[0]
    size = connection.execute("pragma page_size").fetchone()[0]
    connection.close()
    data = bytearray(filled.read_bytes())
    data[(page - 1) * size : (page - 1) * size + 40] = b"\xff" * 40
    filled.write_bytes(data)
    found = check(filled)
    assert {fault.place for fault in found.faults} == {"pages"}
    assert found.exit_code == 1
    repaired = check(filled, repair=True)
    assert repaired.repaired == {}
    assert "'mandala import' takes the rest into a new store" in str(repaired)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_flipped_bit_of_a_value_is_found(tmp_path, data):
    path = tmp_path / "flips.db"
    if not path.exists():
        fill(path).close()
    connection = sqlite3.connect(path)
    rows = connection.execute("select id, data from stored_values").fetchall()
    row_id, before = data.draw(st.sampled_from(rows))
    place, bit = data.draw(st.integers(0, len(before) - 1)), data.draw(st.integers(0, 7))
    after = bytearray(before)
    after[place] ^= 1 << bit
    connection.execute("update stored_values set data = ? where id = ?", (bytes(after), row_id))
    connection.commit()
    found = check(path)
    connection.execute("update stored_values set data = ? where id = ?", (before, row_id))
    connection.commit()
    connection.close()
    assert found.exit_code & 1
    assert check(path).exit_code == 0


def test_what_the_disk_refuses_for_now_is_no_damage(filled, monkeypatch):
    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    file = blob(filled)
    with monkeypatch.context() as patch:
        patch.setattr("mandala_lab.adapters.folder._opened", refuse)
        found = check(filled, repair=True)
    assert [(fault.kind, fault.place, fault.id) for fault in found.faults] == [("other", "disk", file.name)]
    assert (found.repaired, found.exit_code) == ({}, 4)
    assert check(filled).exit_code == 0
    assert file.exists()


@pytest.mark.parametrize("table", ["code_states", "code_versions", "runs"])
def test_rows_that_are_missing_are_told_of(filled, table):
    change(filled, "pragma foreign_keys = off", f"delete from {table}")
    found = check(filled)
    assert found.exit_code == 1
    assert any(table in fault.detail for fault in found.faults), str(found)


def test_what_was_set_aside_is_listed_and_deleted_for_good(filled, monkeypatch):
    storage = Storage(filled)
    large = storage.calls(ramp)[1].outputs["output_0"].cid
    storage.close()
    change(
        filled,
        "update stored_values set data = zeroblob(length(data))",
        "update calls set links = x'00' where id = (select min(id) from calls)",
    )
    file = Path(f"{filled}.values") / large
    size = file.stat().st_size
    file.write_bytes(b"x" * size)
    monkeypatch.setattr("mandala_lab.memo.recovery.find_op", lambda _key: None)
    storage = Storage(filled)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MandalaLabWarning)
        repaired = storage.fsck(repair=True)
    lying = storage.set_aside()
    assert repaired.set_aside == len(lying) > 3
    assert {one.kind for one in lying} == {"call", "value"}
    assert [one.bytes for one in lying if one.id == large] == [size]
    assert all(one.reason and one.at_s > 1.7e9 and not one.made_again for one in lying)
    foretold = storage.gc(dry_run=True, set_aside=True)
    assert storage.set_aside() == lying
    found = storage.gc(set_aside=True)
    assert foretold.set_aside == found.set_aside == len(lying)
    assert f"deleted {len(lying)} damaged records that lay set aside" in str(found)
    assert storage.set_aside() == []
    assert not Path(f"{file}.damaged").exists()


@pytest.mark.parametrize(
    ("table", "column", "of", "status"),
    [("runs", "packages", b'"numpy"', 4), ("ops", "spec", b'"doc"', 1), ("code_versions", "code", b'"source"', 1)],
)
@pytest.mark.parametrize("wrong", [b"\xff", b"\x00"])
def test_a_damaged_description_costs_no_call(filled, tmp_path, table, column, of, status, wrong):
    connection = sqlite3.connect(filled)
    connection.text_factory = bytes
    for row, text in connection.execute(f"select id, cast({column} as blob) from {table}").fetchall():
        changed = text.replace(of, of[:1] + wrong + of[2:], 1)
        connection.execute(f"update {table} set {column} = cast(? as text) where id = ?", (changed, row))
    connection.commit()
    connection.close()
    with Storage(tmp_path / "new.db", overflow_threshold_MB=0.02) as storage:
        taken = storage.merge(filled)
        answers = run_all()
    if wrong == b"\xff" or table != "runs":
        assert check(filled).exit_code == status
        assert taken.damaged > 0 or (table, wrong) == ("ops", b"\xff"), "a character of a comment is all that is lost"
    ran = storage.stats().misses
    assert set(ran) <= {"not saved"} or table == "code_versions", "what is not saved always runs"
    assert storage.fsck().exit_code == 0
    repaired = check(filled, repair=True)
    assert all(repaired.repaired.get(fault) for fault in repaired.faults)
    assert check(filled).exit_code == 0
    with Storage(filled, overflow_threshold_MB=0.02):
        assert run_all() == answers
