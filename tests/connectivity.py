"""Whether everything that a store refers to is in it."""

from __future__ import annotations

from mandala_lab.adapters.sql.holdings import is_apart
from mandala_lab.adapters.sql.rows import bytes_to_links, bytes_to_reads
from mandala_lab.model.hashing import maker_of
from mandala_lab.model.structures import from_bytes


def links_are_whole(storage) -> bool:
    """Check every link, edge, span and event, of which all values are meant to be stored."""
    storage.commit()
    read = storage.store._database.fetch_all
    calls = {hid: (row, bytes_to_links(links)) for row, hid, links in read("SELECT id, hid, links FROM calls", ())}
    rows = {row for row, _ in calls.values()}
    values = dict(read("SELECT cid, format FROM stored_values", ()))
    files = {cid for (cid,) in read("SELECT cid FROM spilled_values", ())}
    links = [link for _, found in calls.values() for link in (*found.inputs, *found.outputs)]
    links += [link for (reads,) in read("SELECT reads FROM code_states", ()) for link in bytes_to_reads(reads)]
    for (data,) in read("SELECT data FROM stored_values WHERE format = 'items'", ()):
        links += from_bytes(data).items
    for link in links:
        assert not is_apart(link) or link.cid in values or link.cid in files, f"a value of {link} is gone"
    for hid, (_, found) in calls.items():
        for given in found.inputs:
            maker = maker_of(given.origin)
            assert maker is None or maker[0] in calls, f"{hid.hex()} took what no call made"
    taken = {(given.hid[:8], row) for row, found in calls.values() for given in found.inputs}
    assert {tuple(edge) for edge in read("SELECT head, call_id FROM edges", ())} == taken
    assert {row for (row,) in read("SELECT DISTINCT call_id FROM spans", ())} <= rows
    assert {row for (row,) in read("SELECT DISTINCT call_id FROM events WHERE call_id IS NOT NULL", ())} <= rows
    assert {row for (row,) in read("SELECT DISTINCT state_id FROM calls", ())} <= {
        row for (row,) in read("SELECT id FROM code_states", ())
    }
    assert read("PRAGMA foreign_key_check", ()) == []
    blobs = storage.store._blobs
    assert blobs is None or all(blobs.has(cid) for cid in files)
    return True
