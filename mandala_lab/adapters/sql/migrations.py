"""Named changes of the schema, in order.

A new store is made with the schema as it is now and notes every name; an older
store is brought up to date by the steps it lacks. A store that knows a name
which is not listed here was written by a newer version and is refused.

To add one: change `schema`, give the step a module of its own, append it to
`MIGRATIONS`, and renew ``tests/golden/schema.sql``. A step begins with the tables
that the step before it left and says in SQL of its own what becomes of them; it
takes nothing from `schema`, `rows` or the model, which go on to change. A dump of
a store as it was goes beside ``tests/golden/store_0001.sql``; that old stores end
with the tables of a new one is tested there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, inspect, select

from mandala_lab.adapters.sql import schema
from mandala_lab.adapters.sql.compact_calls import compact_calls
from mandala_lab.adapters.sql.signatures import signatures
from mandala_lab.model.errors import StoreError


@dataclass(frozen=True, slots=True)
class Migration:
    """One change; `apply` is ``None`` for the first, which the schema itself makes."""

    name: str
    apply: Callable[[Connection], None] | None


MIGRATIONS: tuple[Migration, ...] = (
    Migration("0001_first_light", None),
    Migration("0002_compact_calls", compact_calls),
    Migration("0003_signatures", signatures),
)


def migrate(connection: Connection) -> None:
    """Make or update the schema; the caller holds a write transaction.

    Raises
    ------
    StoreError
        When the database is not a store, or one of a newer version.
    """
    tables = set(inspect(connection).get_table_names())
    if not tables:
        schema.metadata.create_all(connection)
        _note(connection, [migration.name for migration in MIGRATIONS])
        return
    applied = _applied(connection, tables)
    for migration in MIGRATIONS:
        if migration.name not in applied and migration.apply is not None:
            migration.apply(connection)
            _note(connection, [migration.name])


def require_current(connection: Connection) -> None:
    """Check that a store can be read as it is.

    Raises
    ------
    StoreError
        When the database is not a store, or one of another version.
    """
    missing = pending(connection)
    if missing:
        raise StoreError(
            f"this store was written by an older mandala-lab (it lacks {', '.join(missing)}); "
            "run 'mandala migrate' on it, or open it with Storage(path), to bring it up to date"
        )


def pending(connection: Connection) -> list[str]:
    """Return the names of the migrations that a store lacks; `StoreError` where it is none, or a newer one."""
    applied = _applied(connection, set(inspect(connection).get_table_names()))
    return [migration.name for migration in MIGRATIONS if migration.name not in applied]


def _applied(connection: Connection, tables: set[str]) -> set[str]:
    """Names of the migrations that a store has; `StoreError` where it is none, or a newer one."""
    if schema.migrations.name not in tables:
        found = f"the tables {', '.join(sorted(map(str, tables))[:5])}" if tables else "no tables"
        raise StoreError(f"this is a database, but not a mandala-lab store: it has {found}; choose another path")
    applied = set(connection.scalars(select(schema.migrations.c.name)))
    unknown = applied - {migration.name for migration in MIGRATIONS}
    if unknown:
        raise StoreError(
            f"this store was written by a newer mandala-lab (it knows {', '.join(sorted(map(str, unknown)))}); "
            "update mandala-lab to open it"
        )
    return applied


def _note(connection: Connection, names: list[str]) -> None:
    now = time.time_ns() // 1000
    connection.execute(insert(schema.migrations), [{"name": name, "applied_us": now} for name in names])
