"""Migration ``0002_compact_calls``: a call becomes one row, and refs no rows at all.

Before it, refs and inputs were tables of their own, ids of refs were digests,
and sessions went by name in every span. Values, ops and code are kept as they
are; calls get the links that they had, with ids of refs as this version makes them.

Tables, encodings and ids stand here as they were when this was written: a step
ends where the next begins, whatever the newest schema is.
"""

from __future__ import annotations

from typing import Any

from msgspec import json, msgpack
from sqlalchemy import Connection  # noqa: TC002 - as for our own imports

_RENAMED = ("runs", "code_versions", "calls", "spans", "events")
_OLD_INDEXES = (
    "runs_by_session",
    "calls_by_op",
    "calls_by_cid",
    "refs_by_value",
    "refs_by_creator",
    "spans_by_call",
    "inputs_by_ref",
)
_DROPPED = ("leases", "old_events", "old_spans", "call_inputs", "refs", "old_calls", "old_code_versions", "old_runs")
_MADE = """
    CREATE TABLE spilled_values (
        cid BLOB NOT NULL, format TEXT NOT NULL, digest BLOB NOT NULL, size BIGINT NOT NULL,
        PRIMARY KEY (cid)
    );
    CREATE TABLE settings (name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name));
    CREATE TABLE code_versions (
        id INTEGER NOT NULL, op_id INTEGER NOT NULL, digest BLOB NOT NULL, representative BLOB NOT NULL,
        code TEXT NOT NULL, seen_us BIGINT NOT NULL, program BLOB,
        PRIMARY KEY (id), UNIQUE (op_id, digest), FOREIGN KEY(op_id) REFERENCES ops (id)
    );
    CREATE TABLE code_states (
        id INTEGER NOT NULL, op_id INTEGER NOT NULL, version_id INTEGER NOT NULL, prefix BLOB NOT NULL,
        reads BLOB NOT NULL,
        PRIMARY KEY (id), UNIQUE (op_id, version_id, prefix),
        FOREIGN KEY(op_id) REFERENCES ops (id), FOREIGN KEY(version_id) REFERENCES code_versions (id)
    );
    CREATE TABLE calls (
        id INTEGER NOT NULL, hid BLOB NOT NULL, cid BLOB NOT NULL, op_id INTEGER NOT NULL, state_id INTEGER NOT NULL,
        status SMALLINT NOT NULL, executed BOOLEAN NOT NULL, started_us BIGINT NOT NULL, duration_us BIGINT NOT NULL,
        links BLOB NOT NULL, error TEXT,
        PRIMARY KEY (id),
        FOREIGN KEY(op_id) REFERENCES ops (id), FOREIGN KEY(state_id) REFERENCES code_states (id)
    );
    CREATE INDEX calls_by_op ON calls (op_id);
    CREATE INDEX calls_by_hid ON calls (substr(hid, 1, 8));
    CREATE INDEX calls_by_cid ON calls (substr(cid, 1, 8));
    CREATE TABLE edges (
        head BLOB NOT NULL, call_id INTEGER NOT NULL,
        PRIMARY KEY (head, call_id), FOREIGN KEY(call_id) REFERENCES calls (id)
    ) WITHOUT ROWID;
    CREATE TABLE runs (
        id INTEGER NOT NULL, name TEXT NOT NULL, started_us BIGINT NOT NULL, session TEXT NOT NULL,
        kernel TEXT NOT NULL, user TEXT NOT NULL, git_commit TEXT NOT NULL, python TEXT NOT NULL,
        packages TEXT NOT NULL,
        PRIMARY KEY (id), UNIQUE (name)
    );
    CREATE INDEX runs_by_session ON runs (session);
    CREATE TABLE spans (
        run_id INTEGER NOT NULL, seq INTEGER NOT NULL, parent INTEGER, depth INTEGER NOT NULL,
        call_id INTEGER NOT NULL, status SMALLINT NOT NULL, started_us BIGINT NOT NULL, duration_us BIGINT NOT NULL,
        PRIMARY KEY (run_id, seq),
        FOREIGN KEY(run_id) REFERENCES runs (id), FOREIGN KEY(call_id) REFERENCES calls (id)
    ) WITHOUT ROWID;
    CREATE INDEX spans_by_call ON spans (call_id);
    CREATE TABLE events (
        seq INTEGER NOT NULL, at_us BIGINT NOT NULL, kind TEXT NOT NULL, call_id INTEGER, detail TEXT,
        PRIMARY KEY (seq), FOREIGN KEY(call_id) REFERENCES calls (id)
    );
"""
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
_CALL_STATUS = ("ok", "error")
_SPAN_STATUS = ("computed", "cached", "error")
_HEAD = 8  # bytes of an id in `edges`


def compact_calls(connection: Connection) -> None:
    """Rewrite the tables of a store of the first version."""
    for index in _OLD_INDEXES:
        connection.exec_driver_sql(f"DROP INDEX {index}")
    for table in _RENAMED:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO old_{table}")
    for statement in _MADE.split(";")[:-1]:
        connection.exec_driver_sql(statement)
    _copy_versions(connection)
    _copy_calls(connection)
    _copy_spans(connection, _copy_runs(connection))
    connection.exec_driver_sql(
        "INSERT INTO events SELECT e.seq, e.at_us, e.kind, c.id, NULL FROM old_events e "
        "LEFT JOIN old_calls c ON c.hid = e.subject"
    )
    for table in _DROPPED:
        connection.exec_driver_sql(f"DROP TABLE {table}")


def _copy_versions(connection: Connection) -> None:
    for row in connection.exec_driver_sql("SELECT * FROM old_code_versions").mappings():
        code = {
            "digest": row["digest"],
            "source": row["source"],
            "helpers": json.decode(row["helpers"]),
            "reads": json.decode(row["reads"]),
            "complete": bool(row["complete"]),
            "parameters": [],
            "pieces": {},
            "gaps": [],
        }
        kept = {name: row[name] for name in ("id", "op_id", "digest", "representative", "seen_us")}
        _insert(connection, "code_versions", kept | {"code": json.encode(code).decode()})
        # What the versions read was not recorded; the prefix is nobody's, as their keys were others.
        state = {"id": row["id"], "op_id": row["op_id"], "version_id": row["id"], "prefix": row["digest"]}
        _insert(connection, "code_states", state | {"reads": msgpack.encode([])})


def _copy_calls(connection: Connection) -> None:
    for row in connection.exec_driver_sql("SELECT * FROM old_calls").mappings():
        given = [
            (name, cid, maker + position.to_bytes(2, "big") if maker else b"")
            for name, cid, maker, position in connection.exec_driver_sql(_LINKS_OF_CALL, (row["id"],))
        ]
        made = [cid for (cid,) in connection.exec_driver_sql(_OUTPUTS_OF_CALL, (row["id"],))]
        kept = {name: row[name] for name in row if name not in {"signature", "status", "version_id"}}
        # Small values may lie in the links since; those of the first version lie in their table and stay there.
        links = [[(*one, None) for one in given], [(cid, None) for cid in made]]
        kept |= {
            "state_id": row["version_id"],
            "status": _CALL_STATUS.index(row["status"]),
            "links": msgpack.encode(links),
        }
        _insert(connection, "calls", kept)
        for head in {(origin or cid)[:_HEAD] for _, cid, origin in given}:
            _insert(connection, "edges", {"head": head, "call_id": row["id"]})


def _copy_runs(connection: Connection) -> dict[str, int]:
    found = {}
    for number, row in enumerate(connection.exec_driver_sql("SELECT * FROM old_runs ORDER BY started_us").mappings()):
        _insert(connection, "runs", {**row, "name": row["id"], "id": number + 1})
        found[row["id"]] = number + 1
    return found


def _copy_spans(connection: Connection, runs: dict[str, int]) -> None:
    for row in connection.exec_driver_sql("SELECT * FROM old_spans").mappings():
        kept = {name: row[name] for name in ("seq", "parent", "depth", "call_id", "started_us", "duration_us")}
        _insert(connection, "spans", kept | {"run_id": runs[row["run"]], "status": _SPAN_STATUS.index(row["status"])})


def _insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    places = ", ".join("?" * len(row))
    connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", tuple(row.values()))  # noqa: S608 - names of ours
