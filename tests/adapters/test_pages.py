"""Pages that the database makes one row of say what its rows say one by one."""

from __future__ import annotations

import sqlite3
from dataclasses import fields, replace

import numpy as np
import pytest
from sqlalchemy import true

from mandala_lab import Storage, StoreError, op
from mandala_lab.adapters.sql import pages
from mandala_lab.frame.source import of_session
from mandala_lab.model.columns import joined


@op(output_names=["y", "z"])
def pair(x, *rest):
    if x == 5:
        raise ValueError("five")
    return x, [x] * len(rest)


@op
def rare(text):
    return text * 2


@pytest.fixture
def store(storage):
    with storage:
        for number in range(60):
            try:
                pair(number, *range(number % 4))
            except ValueError:
                continue
            if number % 20 == 1:
                rare("ä" * number * 50)
    return storage.store


def data_of(links):
    """Return the small values of links, wherever they lie."""
    ends = links.data_starts + np.maximum(links.data_sizes, 0)
    return [links.data[start:end] for start, end in zip(links.data_starts, ends, strict=True)]


def same(one, other):
    """Columns are equal, but for where data lie."""
    for name in (field.name for field in fields(one) if field.name not in {"origin", "data", "data_starts"}):
        left, right = getattr(one, name), getattr(other, name)
        if name in {"inputs", "outputs"}:
            same(left, right)
            assert data_of(left) == data_of(right)
        else:
            assert np.array_equal(left, right) if isinstance(left, np.ndarray) else list(left) == list(right), name


def row_by_row(store):
    whole, specs = store._columns([true()]), list(store.ops())
    return replace(whole, specs=specs, ops=np.array([*map(specs.index, whole.specs)])[whole.ops])


def in_one(store, **chosen):
    """Return the calls of all parts, and how many parts there are."""
    parts, specs = list(store.columns_in_parts(**chosen)), list(store.ops())
    alike = [replace(part, specs=specs, ops=np.array([*map(specs.index, part.specs)], int)[part.ops]) for part in parts]
    return joined(alike), len(parts)


@pytest.mark.parametrize("size", [1, 2, 7, 1_000])
def test_pages_of_any_size_hold_all_calls_once(store, monkeypatch, size):
    monkeypatch.setattr(pages, "SIZE", size)
    monkeypatch.setattr(pages, "_MOST_ROWS", 4 * size)
    whole = row_by_row(store)
    assert len(whole) == 63
    found, number = in_one(store)
    same(found, whole)
    assert number > 63 // (4 * size)
    key = rare.spec.key
    for chosen, wanted in ({"of": key}, [key]), ({"besides": [key]}, [pair.spec.key]), ({"of": "none"}, []):
        found, _ = in_one(store, **chosen)
        assert found.rows.tolist() == [
            row for row, op in zip(whole.rows, whole.ops, strict=True) if whole.specs[op].key in wanted
        ]


def test_all_pages_are_of_one_moment(storage, monkeypatch):
    monkeypatch.setattr(pages, "SIZE", 4)
    with storage:
        for number in range(20):
            rare(str(number))
    read, other = [], sqlite3.connect(storage.path, check_same_thread=False)
    asked = pages._Asking.next_page

    def ask(asking):
        read.append(asked(asking))
        if len(read) == 2:
            other.execute("delete from calls where id > 12")
            other.commit()
        return read[-1]

    monkeypatch.setattr(pages._Asking, "next_page", ask)
    other.execute("pragma foreign_keys = off")
    assert len(of_session(storage.store, None).calls) == 20
    monkeypatch.undo()
    assert len(in_one(storage.store)[0]) == 12
    other.close()


def changed(storage, assignment):
    """Return the path of a store, closed, in whose calls something was changed by hand."""
    path = storage.path
    storage.close()
    connection = sqlite3.connect(path)
    connection.execute("pragma foreign_keys = off")
    connection.execute(f"update calls set {assignment}")
    connection.commit()
    connection.close()
    return path


def test_rows_that_lie_far_apart_are_found_at_once(storage):
    with storage:
        for number in range(3):
            rare(str(number))
    path = changed(storage, "id = case id when 3 then 9223372036854775807 else id * 2305843009213693952 end")
    with Storage(path) as again:
        assert in_one(again.store)[0].rows.tolist() == [2**61, 2**62, 2**63 - 1]


def test_a_page_that_is_too_long_is_asked_for_row_by_row(store, monkeypatch):
    whole = row_by_row(store)

    asked = pages._Asking._asked

    def ask(asking, query, within):
        if query is asking._end_to_end:
            raise sqlite3.DataError("string or blob too big")
        return asked(asking, query, within)

    monkeypatch.setattr(pages._Asking, "_asked", ask)
    same(in_one(store)[0], whole)


@pytest.mark.parametrize(
    "change",
    ["hid = x'00'", "hid = cast(hid || x'00' as blob)", "links = 'abc'", "links = x'00'", "op_id = 77"],
)
@pytest.mark.parametrize("size", [3, 1_000])
def test_a_row_that_is_none_of_ours_is_told(storage, monkeypatch, change, size):
    monkeypatch.setattr(pages, "SIZE", size)
    with storage:
        for number in range(20):
            rare(str(number))
    path = changed(storage, f"{change} where id = 7")
    with Storage(path) as again, pytest.raises(StoreError, match="a record of this store is damaged"):
        again.cf()
