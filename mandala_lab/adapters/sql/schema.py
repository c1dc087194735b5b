"""The tables of a store, as they are now.

Ids of content and history are 20-byte digests with a unique index; rows refer
to each other by small integers. Rows are immutable but for a failed call, which
becomes a successful one when it succeeds later. Times are integer microseconds,
points in time since the epoch. A change here needs a named migration.
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
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

_Id = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER primary keys are row ids in SQLite

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
    Column("source", Text, nullable=False),
    Column("helpers", Text, nullable=False),  # JSON: name to source
    Column("reads", Text, nullable=False),  # JSON: names of globals read
    Column("complete", Boolean, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
    UniqueConstraint("op_id", "digest"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("hid", LargeBinary, nullable=False, unique=True),
    Column("cid", LargeBinary, nullable=False),
    Column("op_id", _Id, ForeignKey("ops.id"), nullable=False),
    Column("version_id", _Id, ForeignKey("code_versions.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("executed", Boolean, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    Column("error", Text),  # the traceback of a failed call
    Column("signature", LargeBinary),  # over the record, under the writer's key; absent in unsigned stores
    Index("calls_by_cid", "cid"),
    Index("calls_by_op", "op_id"),
)

refs = Table(
    "refs",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("hid", LargeBinary, nullable=False, unique=True),
    Column("value_id", _Id, ForeignKey("stored_values.id"), nullable=False),
    Column("creator_id", _Id, ForeignKey("calls.id")),  # absent for a free-standing input
    Column("position", Integer),  # among the creator's outputs
    Index("refs_by_creator", "creator_id"),
    Index("refs_by_value", "value_id"),
)

call_inputs = Table(
    "call_inputs",
    metadata,
    Column("call_id", _Id, ForeignKey("calls.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("ref_id", _Id, ForeignKey("refs.id"), nullable=False),
    PrimaryKeyConstraint("call_id", "position"),
    Index("inputs_by_ref", "ref_id"),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
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
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("parent", Integer),
    Column("depth", Integer, nullable=False),
    Column("call_id", _Id, ForeignKey("calls.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    PrimaryKeyConstraint("run", "seq"),
    Index("spans_by_call", "call_id"),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("seq", _Id, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

leases = Table(
    "leases",
    metadata,
    Column("cid", LargeBinary, primary_key=True),  # content id of the call being computed
    Column("owner", Text, nullable=False),
    Column("acquired_us", BigInteger, nullable=False),
    Column("beats", BigInteger, nullable=False),  # counts up while the owner lives
)
