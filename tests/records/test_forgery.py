"""Whoever may write to a store has no key: what they put in the place of something is not believed."""

from __future__ import annotations

import os
import sqlite3
import warnings
from pathlib import Path

import pytest
from others import RAN, note, parts, ramp

from mandala_lab import CorruptValueError, MandalaLabWarning, Storage, get_content_hash, op
from mandala_lab.model.hashing import digest
from mandala_lab.trust import keys


def _change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@op(name="quantity")
def quantity(x):
    note("quantity")
    return x * 10


def test_a_forged_result_is_never_answered(path):
    """Whoever may write to the file has no key: what they put in the place of a result is not believed."""
    with Storage(path) as storage:
        quantity(1), quantity(2)
    storage.close()
    _change(
        path,
        "create table taken as select id, links, cid, hid, signature from calls",
        "update calls set links = (select links from taken where taken.id != calls.id)",
        "drop table taken",
    )
    RAN.clear()
    with Storage(path), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert [quantity(1).value, quantity(2).value] == [10, 20]
    assert RAN == ["quantity", "quantity"]
    assert "not what was signed" in str(told[0].message)


def test_forged_compatibility_is_not_believed(path):
    first, second = (op(name="changing")(one) for one in (lambda x: x + 1, lambda x: x + 2))
    with Storage(path) as storage:
        assert (first(1).value, second(1).value) == (2, 3)
        storage.drop_calls([call for call in storage.calls() if call.outputs["output_0"].value == 3])
    storage.close()
    _change(path, "update code_versions set representative = (select min(representative) from code_versions)")
    with Storage(path):
        assert (first(1).value, second(1).value) == (2, 3)


@pytest.mark.parametrize("make", [ramp, parts], ids=lambda one: one.name)
def test_a_forged_value_with_a_matching_digest_is_not_believed(copied, make):
    """A value that others signed is what its content id says, or it is damaged."""
    storage = Storage(copied)
    for call in storage.calls(make):
        for ref in call.outputs.values():
            assert ref.peek() is not None  # genuine, so it can be looked at
    storage.close()
    connection = sqlite3.connect(copied)
    rows = connection.execute("select id, format, digest, data from stored_values order by id").fetchall()
    for one in rows:
        other = next((row for row in rows if row[1] == one[1] and row[0] != one[0]), None)
        if other is not None:
            connection.execute(
                "update stored_values set digest = ?, data = ? where id = ?", (other[2], other[3], one[0])
            )
    connection.commit()
    connection.close()
    storage = Storage(copied)
    wrong = 0
    for call in storage.calls(make):
        for ref in call.outputs.values():
            try:
                seen = ref.peek()
            except CorruptValueError:
                wrong += 1
            else:
                assert ref.cid == get_content_hash(seen)
    assert wrong


def test_a_file_of_another_array_with_its_digest_is_not_believed(path):
    with Storage(path, overflow_threshold_MB=0.01) as storage:
        one, other = ramp(5000), ramp(6000)
    storage.close()
    folder = Path(f"{path}.values")
    data = (folder / other.cid).read_bytes()
    (folder / one.cid).write_bytes(data)
    connection = sqlite3.connect(path)
    connection.execute("update spilled_values set digest = ? where cid = ?", (digest(data), bytes.fromhex(one.cid)))
    connection.commit()
    connection.close()
    with Storage(path, overflow_threshold_MB=0.01), pytest.warns(MandalaLabWarning, match="made again by running ramp"):
        assert ramp(5000).value.shape == (5000,)


def test_a_planted_file_is_not_taken_for_a_value(path):
    with Storage(path, overflow_threshold_MB=0.01) as storage:
        cid = ramp(5000).cid
        storage.drop_calls(storage.calls())
        storage.cleanup_refs()
    storage.close()
    planted = Path(f"{path}.values") / cid
    planted.write_bytes(b"not what it says")
    with Storage(path, overflow_threshold_MB=0.01):
        assert ramp(5000).value.sum() == sum(range(5000))


def test_where_large_values_lie_is_not_believed_of_others(tmp_path, monkeypatch):
    mine = os.environ[keys.KEY_FILE_VARIABLE]
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "theirs"))
    Storage(tmp_path / "theirs.db", overflow_dir=tmp_path / "chosen by them").close()
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, mine)
    with Storage(tmp_path / "theirs.db", overflow_threshold_MB=0.01):
        assert ramp(5000).value.sum() == sum(range(5000))
    assert not (tmp_path / "chosen by them").exists()
    assert list((tmp_path / "theirs.db.values").iterdir())
