"""Calls as columns, on every adapter: they say what calls say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from entries import SPEC, entry

from mandala_lab.adapters.sql.store import SqlCallStore
from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.reading import read_rest
from mandala_lab.frame.source import of_op, of_session
from mandala_lab.memo.loader import ValueLoader
from mandala_lab.memo.values import store as encode
from mandala_lab.model.calls import Made, Run
from mandala_lab.model.hashing import combine, output_hid
from mandala_lab.trust.keyring import Keyring


def as_calls(columns):
    """Return the calls that columns stand for."""
    catalogue = Catalogue()
    numbers = catalogue.add(columns).tolist()
    assert numbers == list(range(len(columns)))  # each once
    return [catalogue.call(number) for number in numbers]


def in_parts(store, **chosen):
    """Return the calls that come in parts."""
    return [call for part in store.columns_in_parts(**chosen) for call in as_calls(part)]


@pytest.fixture
def chained(store):
    """Return a store with a call, one that took what it made, a failed one, and one of another op and session."""
    first = entry(1)
    store.begin_run(Run("elsewhere", 2.0, "another"))
    other = replace(entry(4), spec=replace(SPEC, key="m:g", name="g"))
    other = replace(other, span=replace(other.span, run="elsewhere"))
    failed = replace(entry(3, "error"), error="Traceback: é")
    store.record([first, entry(2, origin=output_hid(first.hid, 0), given=10), failed, other])
    return store


def hids(calls):
    return [call.hid for call in calls]


def test_columns_say_what_calls_say(chained):
    every = chained.calls_of_session(None)
    assert len(every) == 4
    assert in_parts(chained) == every
    assert [call.error for call in in_parts(chained)] == ["", "", "Traceback: é", ""]
    for session in ("session", "another", "none"):
        assert as_calls(chained.columns_of_session(session)) == chained.calls_of_session(session)
    for key in ("m:f", "m:g", "none"):
        assert in_parts(chained, of=key) == chained.calls_of_op(key)
    assert len(chained.calls_of_op("m:f")) == 3
    assert in_parts(chained, besides=["m:f"]) == chained.calls_of_op("m:g")
    assert in_parts(chained, besides=["m:g", "none"]) == chained.calls_of_op("m:f")
    assert in_parts(chained, besides=["m:f", "m:g"]) == []
    assert in_parts(chained, of="m:f", besides=["m:f"]) == []


def test_columns_of_calls_are_those_asked_for(chained):
    known = [bytes.fromhex(hid) for hid in hids(chained.calls_of_session(None))]
    assert hids(as_calls(chained.columns_of_calls([]))) == []
    assert hids(as_calls(chained.columns_of_calls([b"\0" * 20, known[0][:8] + b"\0" * 12]))) == []
    unknown = [combine(b"u", number.to_bytes(4, "big")) for number in range(1200)]
    found = as_calls(chained.columns_of_calls([known[3], *unknown, known[0], known[0]]))
    assert found == chained.calls([known[0].hex(), known[3].hex()])


def test_columns_of_takers_are_the_consumers(chained):
    first, free = output_hid(entry(1).hid, 0), entry(3, "error").inputs[0].hid
    for asked in ([first], [free], [first, free, free], [output_hid(entry(2).hid, 0)], []):
        found = as_calls(chained.columns_of_takers(asked))
        wanted = chained.consumers([hid.hex() for hid in asked])
        assert set(hids(wanted)) <= set(hids(found))  # and maybe others
        assert found == chained.calls(hids(found))
    assert hids(as_calls(chained.columns_of_takers([first]))) == [entry(2).hid.hex()]
    unknown = [combine(b"u", number.to_bytes(4, "big")) + b"\0\0" for number in range(1200)]
    assert hids(as_calls(chained.columns_of_takers([*unknown, free]))) == [entry(3).hid.hex()]


KEYS = {"ours": b"1" * 32, "theirs": b"2" * 32}


@pytest.mark.parametrize(("reader", "expected"), [("ours", 10), ("theirs", 99), (None, 99)])
@pytest.mark.parametrize("is_ours_first", [True, False])
def test_of_two_records_of_a_call_that_which_counts_is_read(tmp_path, reader, expected, is_ours_first):
    file = str(tmp_path / "shared.db")
    ours = entry(1)
    taker = entry(2, origin=output_hid(ours.hid, 0), given=10)
    made = encode(99)
    theirs = replace(ours, outputs=(Made(made.cid),), values=[made])
    writers = [("ours", ours), ("theirs", theirs)]
    for who, recorded in writers if is_ours_first else writers[::-1]:
        opened = signed_store(file, Keyring(KEYS[who]))
        opened.begin_run(Run(who, 1.0, "session"))
        opened.record([replace(each, span=replace(each.span, run=who)) for each in (recorded, taker)])
        opened.close()
    store = signed_store(file, Keyring(KEYS.get(reader)))
    hid, free, first = ours.hid.hex(), ours.inputs[0].hid, output_hid(ours.hid, 0)
    for columns in (
        store.columns_of_session("session"),
        store.columns_of_calls([ours.hid, taker.hid]),
        store.columns_of_takers([free, first]),
    ):
        found = {call.hid: call for call in as_calls(columns)}
        assert found.keys() == {hid, taker.hid.hex()}
        (call,) = store.calls([hid])
        assert found[hid].outputs == call.outputs
        assert found[hid] == call
        if reader is not None:
            assert found[hid].outputs["y"].cid == encode(expected).cid.hex()
    rest = Catalogue()
    read_rest(rest, store)
    assert {call.hid: call for call in rest.calls(np.arange(len(rest)))} == found
    for whole in (of_session(store, None), of_op(store, "m:f")):
        assert dict(whole.calls) == found
        assert (np.diff(whole.catalogue.rows.view) > 0).all()
    store.close()


@pytest.mark.parametrize("reader", ["ours", "theirs"])
def test_a_ref_is_what_its_maker_made_whoever_took_it(tmp_path, reader):
    file, ours = str(tmp_path / "shared.db"), entry(1)
    made = encode(99)
    theirs = replace(ours, outputs=(Made(made.cid),), values=[made])
    taker = entry(2, origin=output_hid(ours.hid, 0), given=10)
    for who, recorded in (("ours", [ours, taker]), ("theirs", [theirs])):
        opened = signed_store(file, Keyring(KEYS[who]))
        opened.begin_run(Run(who, 1.0, "session"))
        opened.record([replace(each, span=replace(each.span, run=who)) for each in recorded])
        opened.close()
    store = signed_store(file, Keyring(KEYS[reader]))
    expected = encode({"ours": 10, "theirs": 99}[reader]).cid.hex()
    for order in ([ours, taker], [taker, ours]):
        catalogue = Catalogue()
        for each in order:
            catalogue.add(store.columns_of_calls([each.hid]))
        (number,) = catalogue.refs.hids.numbers([output_hid(ours.hid, 0).hex()])
        assert catalogue.refs[number].cid == expected
        assert catalogue.refs[number].value == {"ours": 10, "theirs": 99}[reader]
    for graph in (of_session(store, None), of_session(store, "session")):
        assert {ref.cid for ref in graph.refs.values() if ref.hid == output_hid(ours.hid, 0).hex()} == {expected}
    store.close()


def signed_store(file, keyring):
    loader = ValueLoader()
    made = SqlCallStore(file, loader, keyring=keyring)
    loader.connect(made)
    return made
