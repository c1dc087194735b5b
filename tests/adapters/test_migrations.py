"""Stores of earlier versions open with all that they held, and end with the tables of a new one."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, Table

from mandala_lab import CorruptValueError, Storage, StoreError
from mandala_lab.adapters.sql import schema
from mandala_lab.wiring.reading import open_for_reading

FIRST = Path(__file__).parent.parent / "golden" / "store_0001.sql"
SECOND = FIRST.with_name("store_0002.sql")
pytestmark = pytest.mark.usefixtures("own_key")
GOLDEN = FIRST.with_name("schema.sql")


def test_a_store_of_another_version_is_not_read(tmp_path):
    path = tmp_path / "old.db"
    Storage(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("delete from migrations")
    connection.close()
    with pytest.raises(StoreError, match=r"older mandala-lab \(it lacks 0001_first_light"):
        open_for_reading(str(path))


def test_a_store_of_the_first_version_opens_with_all_that_it_held(path):
    connection = sqlite3.connect(path)
    connection.executescript(FIRST.read_text())
    connection.close()
    with pytest.raises(StoreError, match="0002_compact_calls"):
        open_for_reading(str(path))
    storage = Storage(path)
    found = storage.calls()
    assert [call.name for call in found] == "inc inc inc inc inc inc scaled ends big twice fails".split()
    assert [call.status for call in found].count("error") == 1
    first, second = found[:2]
    scaled, ends, big = found[6:9]
    with pytest.raises(CorruptValueError, match=r"storage.trust"):
        scaled.outputs["output_0"].peek()  # of an encoding from before, and nobody signed it
    assert storage.trust("unsigned").calls == 11
    assert (first.inputs["x"].value, first.outputs["output_0"].value) == (1, 2)
    assert second.inputs["x"] == first.outputs["output_0"]
    assert (scaled.inputs["by"].value, scaled.outputs["output_0"].value) == (2, [18, 18, 18])
    assert [ref.value for ref in ends.outputs.values()] == [18, 18]
    assert big.outputs["output_0"].value.tolist() == list(range(20))
    assert "no such thing" in found[-1].error
    assert storage.get_ref_creator(ends.inputs["items"]) == scaled
    storage.cf(None).check()
    totals = storage.stats(everything=True)
    assert (totals.computed, totals.error) == (9, 1)
    assert totals.cached > 0
    assert [event.kind for event in storage.store.events()] == ["call"] * 10 + ["error"]
    storage.close()
    assert [call.hid for call in Storage(path).calls()] == [call.hid for call in found]


def test_a_store_of_the_second_version_opens_with_all_that_it_held(path):
    connection = sqlite3.connect(path)
    connection.executescript(SECOND.read_text())
    connection.close()
    with pytest.raises(StoreError, match="0003_signatures"):
        open_for_reading(str(path))
    storage = Storage(path)
    names = "inc inc inc scaled big big table parts total fails klass"
    assert [call.name.removeprefix("work:") for call in storage.calls()] == names.split()
    assert [(one.key, one.standing) for one in storage.signers()] == [("unsigned", "unknown")]
    by_name = {call.name.removeprefix("work:"): call for call in storage.calls()}
    assert by_name["table"].outputs["output_0"].peek().shape == (5, 2)  # its content id says that it is genuine
    assert by_name["total"].outputs["output_0"].peek() == sum(sum(range(i, i + 40)) for i in range(3))
    assert len(by_name["parts"].outputs["output_0"]) == 3
    checked = storage.fsck()
    (fault,) = checked.faults  # that version did not record the plain argument of a call that had an equal one
    assert (fault.place, list(checked.untrusted)) == ("value", ["unsigned"])
    trusted = storage.trust("unsigned")
    assert (trusted.calls, trusted.pickles_left) == (checked.calls, 1)
    assert storage.fsck().untrusted == {"unsigned": 1}  # the pickle
    assert storage.stats(everything=True).computed == 9


@pytest.mark.parametrize("dump", [FIRST, SECOND], ids=lambda one: one.stem)
def test_a_store_of_an_earlier_version_ends_with_the_tables_of_a_new_one(path, tmp_path, dump):
    connection = sqlite3.connect(path)
    connection.executescript(dump.read_text())
    connection.close()
    new = tmp_path / "new.db"
    for place in (path, new):
        Storage(place).close()
    assert shape(path) == shape(new)


def shape(path: Path) -> set[tuple]:
    """Return the columns, references and indexes of all tables."""
    connection = sqlite3.connect(path)
    found = set()
    ours = "type = 'table' and name not like 'sqlite%'"  # the first version had sequences
    for (table,) in connection.execute(f"select name from sqlite_master where {ours}").fetchall():
        found |= {(table, *row[1:]) for row in connection.execute(f"pragma table_info({table})")}
        found |= {(table, *row[2:]) for row in connection.execute(f"pragma foreign_key_list({table})")}
        found |= {(table, *row[2:]) for row in connection.execute(f"pragma index_list({table})")}
        found |= {(table, *row[4:]) for row in connection.execute("pragma table_list") if row[1] == table}
    found |= set(connection.execute("select name, sql from sqlite_master where type = 'index' and sql is not null"))
    connection.close()
    return found


def test_a_migration_knows_the_tables_of_its_time_alone(path):
    connection = sqlite3.connect(path)
    connection.executescript(FIRST.read_text())
    connection.close()
    Table("of_a_later_version", schema.metadata, Column("id", Integer))
    try:
        Storage(path).close()
    finally:
        schema.metadata.remove(schema.metadata.tables["of_a_later_version"])
    assert "of_a_later_version" not in {row[0] for row in shape(path)}


def test_the_schema_changes_only_by_migration(path):
    Storage(path).close()
    with sqlite3.connect(path) as connection:
        rows = connection.execute("select sql from sqlite_master where sql is not null order by sql").fetchall()
    connection.close()
    made = "\n".join(" ".join(row[0].split()) for row in rows) + "\n"
    if os.environ.get("MANDALA_LAB_UPDATE_GOLDEN"):
        GOLDEN.write_text(made)
    assert made == GOLDEN.read_text()
