"""Migration ``0003_signatures``: who wrote a record, what is pinned, and what was set aside as damaged.

What an older version recorded bears no signature: it is listed, and counts when
its user says so (`Storage.trust`).
"""

from __future__ import annotations

from sqlalchemy import Connection  # noqa: TC002 - as for our own imports

_SIGNED = ("stored_values", "spilled_values", "settings", "code_versions", "code_states", "calls")
_MADE = """
    CREATE TABLE pins (hid BLOB NOT NULL, at_us BIGINT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (hid));
    CREATE TABLE quarantine (
        id INTEGER NOT NULL, at_us BIGINT NOT NULL, kind TEXT NOT NULL, key BLOB NOT NULL, reason TEXT NOT NULL,
        data BLOB,
        PRIMARY KEY (id)
    );
"""


def signatures(connection: Connection) -> None:
    """Give every record that may be signed a place for it, and make the new tables."""
    for table in _SIGNED:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN signature BLOB")
    for statement in _MADE.split(";")[:-1]:
        connection.exec_driver_sql(statement)
