"""Large containers of plain data that were met before: told apart as exactly as anew."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import pickle
import subprocess
import sys

import numpy as np
import pytest

from mandala_lab import UnstorableError
from mandala_lab.memo.encoding import content_id, recognised


class Number(enum.IntEnum):
    ONE = 1


class Text(str):
    __slots__ = ()


ONES = [1, True, 1.0, 1 + 0j, Number.ONE, np.int64(1), "1", Text("1"), b"1", bytearray(b"1"), [1], (1,), {1}, {1: 1}]
ONES += [frozenset({1}), collections.OrderedDict({1: 1}), {1: True}, 0, 0.0, -0.0, None, "", b"", [], (), float("nan")]


@pytest.fixture(autouse=True)
def _forgotten():
    recognised.forget()


def test_values_that_look_alike_keep_their_own_ids_when_they_come_again():
    ids = [content_id([one] + [0] * 500) for one in ONES]
    assert len(set(ids)) == len(ONES)
    assert [content_id([one] + [0] * 500) for one in ONES] == ids
    recognised.forget()
    assert [content_id([one] + [0] * 500) for one in ONES] == ids


def test_it_matters_neither_who_shares_an_object_nor_which_nan_it_is():
    row = ["a", 1.5]
    shared, apart = [row] * 500, [["a", 1.5] for _ in range(500)]
    assert recognised.mark_of(shared) == recognised.mark_of(apart) is not None
    assert content_id([float("nan")] * 500) == content_id([-float("nan")] * 500)


def test_a_change_in_place_is_seen():
    table = {f"row {row}": {"values": [row, row + 0.5], "name": "x"} for row in range(500)}
    before = content_id(table)
    table["row 499"]["values"][1] = 0
    changed = content_id(table)
    table["row 499"]["values"][1] = 499.5
    assert content_id(table) == before != changed


def test_what_is_no_plain_data_is_not_even_looked_at():
    class Loud:
        def __reduce__(self):
            raise AssertionError("code of a value ran")

    deep: list[object] = []
    deep.append(deep)
    for odd in (Loud(), np.arange(3), 1 + 0j, Number.ONE, Text("a"), len, int, ..., deep, collections.Counter("a")):
        assert recognised.mark_of([odd]) is None
    assert recognised.mark_of([None, True, 1, 1.5, "a", b"a", bytearray(b"a"), [], (), {}, set(), frozenset()])


def test_what_changes_while_it_is_looked_at_is_not_kept():
    items = list(range(500))
    mark = recognised.mark_of(items)
    items[0] = 1
    recognised.keep(mark, items, b"of other content")
    assert recognised.encoding_of(mark) is None


def test_memory_is_bounded_and_large_bytes_are_not_copied(monkeypatch):
    monkeypatch.setattr(recognised, "_KEPT_BYTES", 500)
    for number in range(100):
        recognised.keep(recognised.mark_of([number]), [number], b"x" * 100)
    assert 0 < len(recognised._known) <= 4
    assert recognised.mark_of([bytes(10_000_000)]) == recognised.mark_of([bytes(10_000_000)])


def test_a_buffer_that_pickles_as_bytes_is_no_bytes():
    plain = content_id([b"x"] * 256)
    assert content_id([bytearray(b"x")] * 256) == content_id([bytearray(b"x")] * 256) != plain
    with pytest.raises(UnstorableError, match="PickleBuffer"):
        content_id([pickle.PickleBuffer(b"x")] * 256)
    assert recognised.mark_of([bytearray]) != recognised.mark_of([bytearray()])
    assert recognised.mark_of([bytes]) is None


def test_what_is_shared_over_and_over_is_given_up_soon():
    shared: list[object] = [1]
    for _ in range(60):
        shared = [shared, shared]
    assert recognised.mark_of(shared) is None
    assert content_id([shared] * 256) == content_id([shared] * 256) != content_id([shared] * 257)
    assert recognised.mark_of([[[0.0] * 500] * 500] * 500) is None
    assert recognised.mark_of([bytes(recognised._MOST_BYTES)]) is None


def test_what_is_no_plain_data_is_looked_at_twice_at_most(monkeypatch):
    nested: list[object] = [dt.date(2020, 1, 1)]
    for _ in range(20):
        nested = [*range(recognised.MANY), nested]
    tried = []
    mark_of = recognised.mark_of
    monkeypatch.setattr(recognised, "mark_of", lambda value: tried.append(value) or mark_of(value))
    beside = [list(range(1000)), {str(number): number for number in range(1000)}]
    content_id([nested, *beside])
    assert len(tried) == 2 + 2 * 2, "those around it, and twice each of what lies beside it"


def test_deep_values_do_not_end_the_process():
    script = (
        "import sys\n"
        "from mandala_lab.memo.encoding import content_id\n"
        "sys.setrecursionlimit(10**6)\n"
        "deep = []\n"
        "for _ in range(100_000): deep = [deep]\n"
        "assert content_id([deep] * 256) == content_id([deep] * 256)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=60, check=False).returncode == 0
