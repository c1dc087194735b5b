"""Migration ``0002_compact_calls``: a call becomes one row, and refs no rows at all.

Before it, refs and inputs were tables of their own, ids of refs were digests,
and sessions went by name in every span. Values, ops and code are kept as they
are; calls get the links that they had, with ids of refs as they are made now.
"""

from __future__ import annotations

from typing import Any

from msgspec import json
from sqlalchemy import Connection, insert

from mandala_lab.adapters.sql import schema
from mandala_lab.adapters.sql.rows import (
    CALL_STATUS,
    SPAN_STATUS,
    Links,
    links_to_bytes,
    reads_to_bytes,
    version_to_json,
)
from mandala_lab.model.calls import Given, Made
from mandala_lab.model.hashing import output_hid
from mandala_lab.model.ops import CodeVersion

_OLD_INDEXES = ("runs_by_session", "calls_by_op", "calls_by_cid", "refs_by_value", "refs_by_creator")
_RENAMED = ("runs", "code_versions", "calls", "spans", "events")
_DROPPED = ("leases", "old_events", "old_spans", "call_inputs", "refs", "old_calls", "old_code_versions", "old_runs")
_LINKS_OF_CALL = """
    SELECT i.name, v.cid, made.hid AS maker, r.position
    FROM call_inputs i JOIN refs r ON r.id = i.ref_id JOIN stored_values v ON v.id = r.value_id
    LEFT JOIN old_calls made ON made.id = r.creator_id
    WHERE i.call_id = ? ORDER BY i.position
"""
_OUTPUTS_OF_CALL = """
    SELECT v.cid FROM refs r JOIN stored_values v ON v.id = r.value_id
    WHERE r.creator_id = ? ORDER BY r.position
"""


def compact_calls(connection: Connection) -> None:
    """Rewrite the tables of a store of the first version."""
    for index in (*_OLD_INDEXES, "spans_by_call", "inputs_by_ref"):
        connection.exec_driver_sql(f"DROP INDEX {index}")
    for table in _RENAMED:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO old_{table}")
    schema.metadata.create_all(connection)
    runs = _copy_runs(connection)
    _copy_versions(connection)
    _copy_calls(connection)
    for row in connection.exec_driver_sql("SELECT * FROM old_spans").mappings():
        kept = {name: row[name] for name in ("seq", "parent", "depth", "call_id", "started_us", "duration_us")}
        status = SPAN_STATUS.index(row["status"])
        connection.execute(insert(schema.spans).values(kept | {"run_id": runs[row["run"]], "status": status}))
    connection.exec_driver_sql(
        "INSERT INTO events SELECT e.seq, e.at_us, e.kind, c.id, NULL FROM old_events e "
        "LEFT JOIN old_calls c ON c.hid = e.subject"
    )
    for table in _DROPPED:
        connection.exec_driver_sql(f"DROP TABLE {table}")


def _copy_runs(connection: Connection) -> dict[str, int]:
    found = {}
    for number, row in enumerate(connection.exec_driver_sql("SELECT * FROM old_runs ORDER BY started_us").mappings()):
        kept = {name: row[name] for name in row if name != "id"}
        connection.execute(insert(schema.runs).values(kept | {"id": number + 1, "name": row["id"]}))
        found[row["id"]] = number + 1
    return found


def _copy_versions(connection: Connection) -> None:
    for row in connection.exec_driver_sql("SELECT * FROM old_code_versions").mappings():
        reads = tuple(json.decode(row["reads"]))
        version = CodeVersion(
            row["digest"], row["source"], json.decode(row["helpers"]), reads, complete=bool(row["complete"])
        )
        kept = {name: row[name] for name in ("id", "op_id", "digest", "representative", "seen_us")}
        connection.execute(insert(schema.code_versions).values(kept | {"code": version_to_json(version)}))
        # What the versions read was not recorded; the prefix is nobody's, as their keys were others.
        state = {"id": row["id"], "op_id": row["op_id"], "version_id": row["id"], "prefix": row["digest"]}
        connection.execute(insert(schema.code_states).values(state | {"reads": reads_to_bytes(())}))


def _copy_calls(connection: Connection) -> None:
    for row in connection.exec_driver_sql("SELECT * FROM old_calls").mappings():
        given = tuple(
            Given(name, cid, output_hid(maker, position) if maker else b"")
            for name, cid, maker, position in connection.exec_driver_sql(_LINKS_OF_CALL, (row["id"],))
        )
        made = tuple(Made(cid) for (cid,) in connection.exec_driver_sql(_OUTPUTS_OF_CALL, (row["id"],)))
        kept: dict[str, Any] = {name: row[name] for name in row if name not in {"signature", "status", "version_id"}}
        kept |= {
            "state_id": row["version_id"],
            "status": CALL_STATUS.index(row["status"]),
            "links": links_to_bytes(Links(given, made)),
        }
        connection.execute(insert(schema.calls).values(kept))
        edges = [{"head": head, "call_id": row["id"]} for head in {one.hid[: schema.HEAD] for one in given}]
        if edges:
            connection.execute(insert(schema.edges), edges)
