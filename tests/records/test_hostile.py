"""Files that somebody prepared: nothing of them runs, and nothing outside the store is touched."""

from __future__ import annotations

import sqlite3

import pytest

from mandala_lab import Storage, StoreError, op
from mandala_lab.wiring.reading import open_for_reading


@op
def inc(x):
    return x + 1


@pytest.fixture
def filled(path):
    with Storage(path) as storage:
        inc(1)
    storage.close()
    return path


PREPARED = {
    "view": ["alter table calls rename to kept", "create view calls as select * from kept"],
    "trigger": ["create trigger t after insert on calls begin delete from events; end"],
    "virtual table": ["create virtual table more using fts5(x)"],
    "generated column": ["alter table calls add column more as (hex(hid)) virtual"],
    "view of another name": ["create view more as select load_extension('x')"],
}


@pytest.mark.parametrize("name", PREPARED)
def test_a_file_that_holds_code_is_no_store(filled, name):
    connection = sqlite3.connect(filled)
    for statement in PREPARED[name]:
        connection.execute(statement)
    connection.commit()
    connection.close()
    told = "which no mandala-lab made"
    with pytest.raises(StoreError, match=told):
        Storage(filled)
    with pytest.raises(StoreError, match=told):
        open_for_reading(str(filled))
    with pytest.raises(StoreError, match=told):
        Storage(filled.with_name("target.db")).merge(filled)


def test_a_length_that_is_a_lie_does_not_ask_for_memory(filled):
    connection = sqlite3.connect(filled)
    connection.execute("update stored_values set data = zeroblob(5)")
    connection.execute(
        "insert into stored_values (cid, format, digest, data) values (x'00', 'tree', x'00', zeroblob(600000000))"
    )
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="too big"):
        Storage(filled).store.read_value(b"\0")
