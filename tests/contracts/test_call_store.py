"""What every call store does, run on every adapter."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace

import pytest
from entries import OTHER, SPEC, VERSION, entry

from mandala_lab import Storage, StoreError, op
from mandala_lab.memo.values import store as encode
from mandala_lab.model.calls import Made, Span
from mandala_lab.model.hashing import combine, digest, output_hid
from mandala_lab.model.structures import FORMAT, ITEMS, Structure, mark_of, to_bytes
from mandala_lab.model.structures import VERSION as STRUCTURAL
from mandala_lab.wiring.reading import open_for_reading


@op
def inc(x):
    return x + 1


def test_a_recorded_call_is_found_by_history_and_content(store):
    recorded = entry(1)
    assert store.find(recorded.hid) is None
    assert store.find_content(recorded.cid) is None
    store.record([recorded])
    found = store.find(recorded.hid)
    assert found == store.find_content(recorded.cid)
    assert found.outputs == recorded.outputs
    assert found.duration_s == 0.5
    assert store.find(recorded.hid[:8] + b"\0" * 12) is None
    assert store.find_content(recorded.cid[:8] + b"\0" * 12) is None
    assert store.has_value(recorded.outputs[0].cid)
    assert not store.has_value(b"\0" * 20)
    assert store.read_value(recorded.outputs[0].cid) == recorded.values[0]
    with pytest.raises(LookupError):
        store.read_value(b"\0" * 20)


def test_recording_twice_changes_nothing(store):
    store.record([entry(1)])
    store.record([entry(1)])
    assert store.count_calls() == store.count_calls("m:f") == 1
    assert store.count_calls("other") == 0


def test_a_failed_call_is_no_hit_and_may_succeed(store):
    failed = entry(1, "error")
    store.record([failed])
    assert store.find(failed.hid) is None
    assert store.find_content(failed.cid) is None
    store.record([entry(1)])
    assert store.find(failed.hid) is not None
    assert [call.status for call in store.calls_of_op("m:f")] == ["ok"]


def test_creators_and_consumers_agree(store):
    first = entry(1)
    made = output_hid(first.hid, 0)
    second = entry(2, origin=made, given=10)
    store.record([first, second])
    assert [call.hid for call in store.creators([made.hex()])] == [first.hid.hex()]
    assert [call.hid for call in store.consumers([made.hex()])] == [second.hid.hex()]
    assert [call.hid for call in store.consumers([output_hid(first.hid, 1).hex()])] == []
    assert [call.hid for call in store.calls_of_session("session")] == [first.hid.hex(), second.hid.hex()]
    assert store.calls_of_session("another") == []
    free = first.inputs[0].hid.hex()
    assert [(ref.hid, ref.value) for ref in store.refs([made.hex(), free])] == [(made.hex(), 10), (free, 1)]
    assert store.creators([free]) == []
    assert [call.hid for call in store.consumers([free])] == [first.hid.hex()]
    assert len(store.calls([first.hid.hex()] * 3)) == 1
    assert store.calls([first.hid.hex()])[0].reads["K"].value == 1


def test_many_ids_are_asked_for_in_slices(store):
    store.record([entry(1)])
    unknown = [combine(b"u", number.to_bytes(4, "big")).hex() for number in range(1200)]
    assert [call.hid for call in store.calls([*unknown, entry(1).hid.hex()])] == [entry(1).hid.hex()]


def test_events_and_totals_tell_what_happened(store):
    store.record([entry(1), entry(2, "error")])
    hid = entry(1).hid.hex()
    store.record([], [Span("run", 9, None, 0, hid, "cached", 9.0, 0.0)])
    store.log("replay", hid)
    store.log("compatible", detail="why")
    events = store.events()
    assert [(event.kind, event.subject, event.detail) for event in events] == [
        ("call", hid, ""),
        ("error", entry(2).hid.hex(), ""),
        ("replay", hid, ""),
        ("compatible", "", "why"),
    ]
    assert [event.kind for event in store.events(after=events[0].seq, limit=1)] == ["error"]
    totals = store.totals(session="session")
    assert totals == store.totals(run="run") == store.totals()
    assert (totals.computed, totals.cached, totals.error) == (1, 1, 1)
    assert (totals.computed_s, totals.saved_s) == (0.5, 0.5)
    assert [span.status for span in store.spans_of_call(hid)] == ["computed", "cached"]
    assert store.last_spans([hid])[hid].status == "cached"


def test_ops_and_versions_are_kept(store):
    store.record([entry(1)])
    assert store.op("m:f") == SPEC
    assert store.op("none") is None
    assert store.ops() == [SPEC]
    (recorded,) = store.versions("m:f")
    assert (recorded.version, recorded.representative) == (VERSION, VERSION.digest)
    (state,) = store.states("m:f", 10)
    assert (state.recorded, state.prefix, state.reads) == (recorded, b"p" * 20, entry(1).reads)
    store.declare(SPEC, VERSION, b"r" * 20, "why")
    store.declare(SPEC, OTHER, b"r" * 20, "why")
    assert [one.version for one in store.versions("m:f")] == [VERSION, OTHER]
    assert {one.representative for one in store.versions("m:f")} == {b"r" * 20}
    assert [event.kind for event in store.events()] == ["call", "compatible", "compatible"]


def test_a_transaction_is_whole_or_absent(store):
    bad = entry(3)
    object.__setattr__(bad, "values", [*bad.values, object()])
    with pytest.raises(StoreError, match="a record of this store is damaged"):
        store.record([bad])
    assert store.count_calls() == 0
    store.record([entry(3)])
    assert store.count_calls() == 1


def test_the_last_event_grows_with_what_is_recorded(store):
    assert store.last_event() == 0
    seen = [0]
    for number, write in enumerate(
        [lambda: store.record([entry(1)]), lambda: store.record([entry(2, "error")]), lambda: store.log("replay")], 1
    ):
        write()
        seen.append(store.last_event())
        assert seen[-1] == store.events()[-1].seq
        assert len(store.events()) == number
    assert sorted(set(seen)) == seen


# --- SQLite files


def test_what_cannot_be_a_store_is_refused(tmp_path):
    text = tmp_path / "notes.db"
    text.write_text("these are notes, and long enough to look like something else\n" * 50)
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("create table people (name text)")
    connection.close()
    newer = tmp_path / "newer.db"
    Storage(newer).close()
    with sqlite3.connect(newer) as connection:
        connection.execute("insert into migrations values ('9999_from_the_future', 0)")
    connection.close()
    for place, message in [
        (text, "not a mandala-lab store"),
        (foreign, "not a mandala-lab store: it has the tables people"),
        (newer, "9999_from_the_future"),
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "x.db", "does not exist"),
        ("redis://host", "SQLite file"),
    ]:
        with pytest.raises(StoreError, match=message) as error:
            Storage(place)
        assert len(str(error.value).splitlines()) == 1
    assert text.read_text().startswith("these are notes")


def test_a_store_opened_for_reading_is_never_written(tmp_path):
    path = tmp_path / "a store #1 100%.db"
    with pytest.raises(StoreError, match="there is no store"):
        open_for_reading(str(path))
    assert not path.exists()
    with Storage(path) as storage:
        inc(1)
    store = open_for_reading(str(path))
    assert [call.outputs["output_0"].value for call in store.calls_of_session(None)] == [2]
    with pytest.raises(StoreError, match="readonly"):
        store.log("replay", "00")
    with storage:  # goes on while it is read
        inc(2)
    assert store.count_calls() == 2
    store.close()
    storage.close()


@pytest.mark.parametrize("is_writing", [False, True])
def test_a_connection_that_is_given_up_takes_nothing_with_it(store, is_writing):
    store.record([entry(1)])
    (known,) = store.calls_of_session(None)
    with store._database.reading() as connection:
        raw = connection.connection.driver_connection.cursor()
        if is_writing:
            raw.execute("BEGIN IMMEDIATE")
            raw.execute("DELETE FROM events")
        assert (raw.execute("SELECT seq FROM events").fetchone() is None) == is_writing
        connection.invalidate()  # as by an interrupt while it is read
    del raw
    assert store.calls_of_session(None) == [known]
    assert len(store.events()) == 1
    store.record([entry(2)])
    assert len(store.calls_of_session(None)) == 2


def test_many_open_a_new_store_at_once(path):
    problems = []

    def open_it():
        try:
            Storage(path).close()
        except StoreError as error:
            problems.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_declaration_that_fails_leaves_nothing_behind(store):
    with pytest.raises(StoreError):
        store.declare(SPEC, VERSION, VERSION.digest, "\ud800")  # no text that can be stored
    assert store.op(SPEC.key) is None
    store.record([entry(1)])
    assert store.op(SPEC.key) == SPEC


def test_the_size_of_a_value_is_known_without_reading_it(store):
    recorded = entry(1)
    store.record([recorded])
    assert store.value_size(recorded.outputs[0].cid) == recorded.values[0].size
    assert store.value_size(b"\0" * 20) is None


def test_a_structural_call_has_no_span_and_is_not_counted(store):
    structural = replace(
        entry(1), spec=ITEMS, version=STRUCTURAL, representative=STRUCTURAL.digest, prefix=b"", span=None
    )
    store.record([structural, entry(2)])
    assert store.spans_of_call(structural.hid.hex()) == []
    assert store.count_calls() == 1
    assert store.count_calls(ITEMS.key) == 1
    assert [call.name for call in store.calls_of_session("session")] == [SPEC.name]
    assert list(store.calls([structural.hid.hex()])[0].outputs) == ["items[0]"]


def test_spans_of_a_run_are_found_by_number_and_by_parent(store):
    below = entry(2)
    below = replace(below, span=replace(below.span, parent=1, depth=1))
    store.record([entry(1), below])
    assert [span.seq for span in store.spans_of_run("run")] == [1, 2]
    assert [span.seq for span in store.spans_of_run("run", seq=2)] == [2]
    assert [span.seq for span in store.spans_of_run("run", parent=1)] == [2]
    assert store.spans_of_run("another") == []
    (call,) = store.calls([below.hid.hex()])
    assert call.parent.hid == entry(1).hid.hex()
    assert call.parent.children == [call]
    assert call.source == VERSION.source


def test_a_namesake_is_another_op_of_the_same_short_name(store):
    store.record([entry(1)])
    assert store.namesake(SPEC.name, SPEC.key) is None
    assert store.namesake(SPEC.name, "elsewhere:it") == SPEC.key


def test_values_of_elements_are_kept_while_their_collection_is(store):
    made = encode([10])
    element = entry(1)
    data = to_bytes(Structure("list", (Made(element.values[0].cid),)))
    whole = replace(made, format=FORMAT, data=data, digest=digest(data))
    holder = replace(entry(2), outputs=(Made(whole.cid, mark_of("list")),), values=[whole])
    store.record([element, holder])
    store.delete_calls([element.hid.hex()])
    assert store.delete_unreferenced_values() == 0
    store.delete_calls([holder.hid.hex()])
    assert store.delete_unreferenced_values() == 2


@pytest.mark.parametrize(
    "put",
    [
        "CREATE TRIGGER t AFTER INSERT ON spans BEGIN DELETE FROM calls; END",
        "ALTER TABLE edges RENAME TO others; CREATE VIEW edges AS SELECT * FROM others",
    ],
)
def test_what_would_run_in_a_store_is_refused(path, put):
    Storage(path).close()
    connection = sqlite3.connect(path)
    connection.executescript(put)
    connection.close()
    for opening in (Storage, lambda place: open_for_reading(str(place))):
        with pytest.raises(StoreError, match="which no mandala-lab made"):
            opening(path)


@pytest.mark.parametrize(
    "change",
    ["calls set status = 'x'", "calls set hid = 7", "calls set duration_us = x'00'", "ops set name = x'00'"],
)
def test_rows_that_are_none_of_ours_are_damage(path, change):
    with Storage(path) as storage:
        op(lambda x: x, name="same", version="1")(1)
    storage.close()
    connection = sqlite3.connect(path)
    connection.execute(f"update {change}")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="a record of this store is damaged"):
        open_for_reading(str(path)).calls_of_session(None)
