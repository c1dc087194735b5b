"""Documents of links read in lockstep say what they say read one by one."""

from __future__ import annotations

import random
import tracemalloc

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandala_lab import StoreError
from mandala_lab.adapters.sql.link_columns import LinkReader
from mandala_lab.adapters.sql.link_layouts import Documents
from mandala_lab.adapters.sql.rows import Links, bytes_to_links, links_to_bytes
from mandala_lab.model.calls import Given, Made
from mandala_lab.model.columns import FREE_POSITION, NO_DATA
from mandala_lab.model.hashing import output_hid

ids = st.binary(min_size=20, max_size=20)
origins = st.just(b"") | st.binary(min_size=22, max_size=22)
names = st.one_of(
    st.sampled_from(["x", "y", "", "a" * 31, "a" * 32, "a" * 255, "a" * 256, "ä" * 16, "名" * 90, "items[3]"]),
    st.text(max_size=12),
)
data = st.none() | st.sampled_from([b"", b"*list", b"\0" * 255, b"\1" * 256, b"\2" * 70_000]) | st.binary(max_size=6)
given_ = st.builds(Given, names, ids, origins, data)
made = st.builds(Made, ids, data)
links = st.builds(
    Links,
    st.lists(given_, max_size=4).map(tuple),
    st.lists(made, max_size=4).map(tuple),
    st.lists(names, max_size=2).map(tuple),
)
batches = st.lists(st.tuples(links, st.booleans()), max_size=6)


def document(one: Links, *, is_old: bool = False) -> bytes:
    """Write links; an old document says nothing of changed arguments."""
    return msgspec.msgpack.encode([one.inputs, one.outputs]) if is_old else links_to_bytes(one)


def hids_of(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (number, 20), np.uint8)


def in_lockstep(documents: list[bytes], hids: np.ndarray):
    """Return for each document what `LinkReader` reads: names or positions, history ids, content ids, data."""
    reader = LinkReader()
    found = reader.read(Documents.of(documents), hids)
    for columns in found:
        assert columns.starts.tolist() == sorted(columns.starts.tolist())
        assert len(columns.starts) == len(documents) + 1
        assert {len(each) for each in (columns.names, columns.origins, columns.positions, columns.cids)} == {
            columns.starts[-1]
        }
    inputs, outputs = found
    return [
        (
            [(reader.names[name], *rest) for name, *rest in _links(inputs, place)],
            [(int(name), *rest) for name, *rest in _links(outputs, place)],
        )
        for place in range(len(documents))
    ]


def _links(columns, place: int):
    for link in range(columns.starts[place], columns.starts[place + 1]):
        position, size, start = (
            int(each[link]) for each in (columns.positions, columns.data_sizes, columns.data_starts)
        )
        hid = columns.origins[link].tobytes() + position.to_bytes(2, "big")
        stored = None if size == NO_DATA else columns.data[start : start + size]
        yield columns.names[link], hid, columns.cids[link].tobytes(), stored


def one_by_one(documents: list[bytes], hids: np.ndarray):
    """Return the same as `in_lockstep`, by the decoder of single documents."""
    found = []
    for read, hid in zip(map(bytes_to_links, documents), hids, strict=True):
        for one in read.inputs:
            if len(one.cid) != 20 or len(one.hid) != 22:
                raise StoreError("an id has another size")
        if any(len(one.cid) != 20 for one in read.outputs):
            raise StoreError("an id has another size")
        found.append(
            (
                [(one.name, one.hid, one.cid, one.data) for one in read.inputs],
                [
                    (position, output_hid(hid.tobytes(), position), one.cid, one.data)
                    for position, one in enumerate(read.outputs)
                ],
            )
        )
    return found


@settings(max_examples=150, deadline=None)
@given(batches)
def test_random_links_are_read_as_they_were_written(batch):
    documents, hids = [document(one, is_old=is_old) for one, is_old in batch], hids_of(len(batch))
    found = in_lockstep(documents, hids)
    assert found == one_by_one(documents, hids)
    for (inputs, outputs), (one, _) in zip(found, batch, strict=True):
        assert [Given(name, cid, hid if hid[20:] != b"\xff\xff" else b"", kept) for name, hid, cid, kept in inputs] == [
            Given(each.name, each.cid, each.origin if each.origin[20:] != b"\xff\xff" else b"", each.data)
            for each in one.inputs
        ]
        assert [Made(cid, kept) for _, _, cid, kept in outputs] == list(one.outputs)


@pytest.mark.parametrize("number", [0, 1, 15, 16, 63, 64, 65, 70])
def test_as_many_links_as_there_are(number):
    given_ = tuple(Given(f"x{i}", bytes([i]) * 20, bytes([i]) * 22 if i % 2 else b"", b"d" * i) for i in range(number))
    made = tuple(Made(bytes([i]) * 20, None if i % 3 else b"e" * i) for i in range(number))
    batch = [Links(given_, made), Links((), made), Links(given_, ()), Links((), ())]
    documents, hids = [document(one) for one in batch], hids_of(4)
    found = in_lockstep(documents, hids)
    assert found == one_by_one(documents, hids)
    assert [(len(inputs), len(outputs)) for inputs, outputs in found] == [
        (number, number),
        (0, number),
        (number, 0),
        (0, 0),
    ]


def test_more_names_than_are_looked_for_together():
    batch = [Links((Given(f"name{i:02}", b"c" * 20),), ()) for i in range(60)]
    found = in_lockstep([document(one) for one in batch], hids_of(60))
    assert [inputs[0][0] for inputs, _ in found] == [f"name{i:02}" for i in range(60)]
    assert found[0][0][0][1] == b"c" * 20 + FREE_POSITION.to_bytes(2, "big")


def outcome(read, documents, hids):
    try:
        return read(documents, hids)
    except StoreError:
        return "damaged"


@settings(max_examples=300, deadline=None)
@given(st.lists(links, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_damaged_documents_are_refused_by_both_or_mean_the_same(batch, chance):
    documents, hids = [document(one) for one in batch], hids_of(len(batch))
    for _ in range(12):
        place = chance.randrange(len(documents))
        changed = [*documents[:place], mutated(documents[place], chance), *documents[place + 1 :]]
        assert outcome(in_lockstep, changed, hids) == outcome(one_by_one, changed, hids)


def mutated(found: bytes, chance: random.Random) -> bytes:
    """Change a few bytes, or cut, or put something in or behind."""
    way, place = chance.randrange(5), chance.randrange(min(len(found), 200))
    if way == 0:
        return found[:place]
    if way == 1:
        return found + bytes([chance.randrange(256)])
    if way == 2:
        return found[:place] + bytes([chance.randrange(256)]) + found[place:]
    if way == 3:
        return found[:place] + found[place + 1 :]
    kinds = [chance.randrange(256), *b"\x90\x92\x93\x94\xa0\xc0\xc4\xc5\xc6\xd9\xda\xdb\xdc\xdd\xff"]
    return found[:place] + bytes([chance.choice(kinds)]) + found[place + 1 :]


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x93\xdc\xff\xff",
        b"\x93\xdd\xff\xff\xff\xff",
        b"\x93\x91\x94\xdb\xff\xff\xff\xff",
        b"\x93\x91\x94\xa1x\xc6\xff\xff\xff\xff",
        b"\x93\x91\x94\xa1x\xc4\x14" + b"c" * 20 + b"\xc4\0\xc6\xff\xff\xff\xf0",
        b"\x93\x90\x91\x92\xc6\x7f\xff\xff\xff",
        b"\x93\x90\xdc\xff\xff",
        b"\xdd\xff\xff\xff\xff",
        b"",
    ],
)
def test_sizes_that_lie_take_no_memory(hostile):
    documents, hids = [document(Links((), ())), hostile], hids_of(2)
    tracemalloc.start()
    try:
        with pytest.raises(StoreError, match="a record of this store is damaged"):
            LinkReader().read(Documents.of(documents), hids)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2_000_000


@pytest.mark.parametrize("name", [b"\xff\xfe", b"\xed\xa0\x80"])
def test_a_name_that_is_no_text_is_damage(name):
    whole = document(Links((Given("xy"[: len(name)].ljust(len(name), "z"), b"c" * 20),), ()))
    wrong = whole.replace("xy"[: len(name)].ljust(len(name), "z").encode(), name)
    assert wrong != whole
    with pytest.raises(StoreError, match="a record of this store is damaged"):
        LinkReader().read(Documents.of([wrong]), hids_of(1))
