"""The tables of a store, as they are now.

A call is one row: what it was given and what it made is one small document, so
that a hit reads a single row and a miss writes few. The ids of calls are 20-byte
digests, indexed by their first eight bytes; rows refer to each other by small
integers. The id of a ref begins with that of the call that made it, so refs need
no rows: ``edges`` says which calls took a ref, by the first eight bytes of its id.

Rows are immutable but for a failed call, which becomes a successful one when it
succeeds later, and for the class of a code version. Times are integer
microseconds, points in time since the epoch. A change here needs a named migration.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    literal_column,
)
from sqlalchemy.sql import ColumnElement  # noqa: TC002 - as for our own imports

HEAD = 8
"""Bytes of an id that are indexed; whoever looks up by them compares the rest."""

metadata = MetaData()

_Id = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER primary keys are row ids in SQLite


def head(column: ColumnElement[bytes]) -> ColumnElement[bytes]:
    """Return the indexed part of an id."""
    return func.substr(column, literal_column("1"), literal_column(str(HEAD)))


migrations = Table(
    "migrations",
    metadata,
    Column("name", Text, primary_key=True),
    Column("applied_us", BigInteger, nullable=False),
)

stored_values = Table(
    "stored_values",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("cid", LargeBinary, nullable=False, unique=True),
    Column("format", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # of the stored bytes: what a read verifies
    Column("data", LargeBinary, nullable=False),
    Column("signature", LargeBinary),  # who wrote it (see `signed`)
)

spilled_values = Table(
    "spilled_values",  # whose bytes are too large for a database and lie beside it
    metadata,
    Column("cid", LargeBinary, primary_key=True),
    Column("format", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("signature", LargeBinary),
)

settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("signature", LargeBinary),
)

ops = Table(
    "ops",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("spec", Text, nullable=False),  # JSON: parameters, output names, number of outputs, doc
)

code_versions = Table(
    "code_versions",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("op_id", _Id, ForeignKey("ops.id"), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("representative", LargeBinary, nullable=False),  # of the class of compatible versions: used in keys
    Column("code", Text, nullable=False),  # JSON: the code version, its digest excepted
    Column("seen_us", BigInteger, nullable=False),
    Column("program", LargeBinary),  # a signed pickle: brings the code back in a session that lacks it
    Column("signature", LargeBinary),
    UniqueConstraint("op_id", "digest"),
)

code_states = Table(
    "code_states",  # a code version with the global data that it read: what goes before the arguments in keys
    metadata,
    Column("id", _Id, primary_key=True),
    Column("op_id", _Id, ForeignKey("ops.id"), nullable=False),
    Column("version_id", _Id, ForeignKey("code_versions.id"), nullable=False),
    Column("prefix", LargeBinary, nullable=False),
    Column("reads", LargeBinary, nullable=False),  # MessagePack (see `rows`)
    Column("signature", LargeBinary),
    UniqueConstraint("op_id", "version_id", "prefix"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("hid", LargeBinary, nullable=False),
    Column("cid", LargeBinary, nullable=False),
    Column("op_id", _Id, ForeignKey("ops.id"), nullable=False),
    Column("state_id", _Id, ForeignKey("code_states.id"), nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("executed", Boolean, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    Column("links", LargeBinary, nullable=False),  # MessagePack: inputs and outputs (see `rows`)
    Column("error", Text),  # the traceback of a failed call
    Column("signature", LargeBinary),
    Index("calls_by_op", "op_id"),
)
Index("calls_by_hid", head(calls.c.hid))
Index("calls_by_cid", head(calls.c.cid))

edges = Table(
    "edges",
    metadata,
    Column("head", LargeBinary, nullable=False),  # of the id of a ref
    Column("call_id", _Id, ForeignKey("calls.id"), nullable=False),  # a call that took it
    PrimaryKeyConstraint("head", "call_id"),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("started_us", BigInteger, nullable=False),
    Column("session", Text, nullable=False),
    Column("kernel", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("git_commit", Text, nullable=False),
    Column("python", Text, nullable=False),
    Column("packages", Text, nullable=False),  # JSON: name to version
    Index("runs_by_session", "session"),
)

spans = Table(
    "spans",
    metadata,
    Column("run_id", _Id, ForeignKey("runs.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("parent", Integer),
    Column("depth", Integer, nullable=False),
    Column("call_id", _Id, ForeignKey("calls.id"), nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_id", "seq"),
    Index("spans_by_call", "call_id"),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("seq", _Id, primary_key=True),  # only ever grows, since the last row is never deleted
    Column("at_us", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("call_id", _Id, ForeignKey("calls.id")),
    Column("detail", Text),
)

pins = Table(
    "pins",  # calls that are never collected
    metadata,
    Column("hid", LargeBinary, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)

quarantine = Table(
    "quarantine",  # what was found damaged and set aside
    metadata,
    Column("id", _Id, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # "value" or "call"
    Column("key", LargeBinary, nullable=False),  # content id, or history id
    Column("reason", Text, nullable=False),
    Column("data", LargeBinary),  # as it lay there, where it did not lie in a file
)
