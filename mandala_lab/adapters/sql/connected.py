"""What every part of the store works with: the database, prepared statements, and row ids already known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from sqlalchemy.dialects.sqlite import insert

from mandala_lab.adapters.sql.database import Database
from mandala_lab.adapters.sql.schema import HEAD, settings
from mandala_lab.adapters.sql.signed import Signed, of_call
from mandala_lab.adapters.sql.statements import statements_for
from mandala_lab.model.ops import OpSpec
from mandala_lab.trust.keyring import Keyring

COLLECTIONS = "collections"
"""Name of the setting that counts deletions: whoever remembers what is stored sees by it that this may be wrong."""


@dataclass(slots=True)
class KnownIds:
    """Ids of rows that calls refer to again and again."""

    ops: dict[OpSpec, int] = field(default_factory=dict)
    states: dict[tuple[int, bytes, bytes], int] = field(default_factory=dict)  # by op, version and prefix
    runs: dict[str, int] = field(default_factory=dict)


class KnownCall(NamedTuple):
    """The row of a recorded call; one of others is left to them, a damaged one of ours is written anew."""

    row: int
    status: int
    standing: Literal["counts", "damaged", "foreign"]


class Connected:
    """An open database and what is kept in memory about it; `keyring` says whose records count."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._do = statements_for(database.dialect)
        self._known = KnownIds()

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        """Yield a cursor in a transaction that is committed at the end or rolled back."""
        try:
            with self._database.writing() as cursor:
                yield cursor
        except BaseException:  # ids that were made in the transaction are gone with it
            self._known = KnownIds()
            raise

    @contextmanager
    def _deleting(self) -> Iterator[Any]:
        """Yield a cursor as `_writing` does, in a transaction that deletes calls or values, and say so in the store."""
        try:
            with self._database.deleting() as cursor:
                before = cursor.connection.total_changes
                yield cursor
                if cursor.connection.total_changes == before:
                    return
                row = cursor.execute(self._do.setting, (COLLECTIONS,)).fetchone()
                number = str(int(row[0]) + 1 if row is not None else 1)
                said = insert(settings).values(name=COLLECTIONS, value=number)
                self._execute(cursor, said.on_conflict_do_update(index_elements=["name"], set_={"value": number}))
        finally:
            self._known = KnownIds()

    def _sign(self, signed: Signed) -> bytes | None:
        return self._keyring.sign(*signed) or None

    def _counts(self, signature: bytes | None, signed: Signed) -> bool:
        """Whether a row was written with a key that counts."""
        try:
            return self._keyring.knows(signature, *signed)
        except (TypeError, ValueError):  # a damaged row holds a text or a number in the place of bytes
            return False

    def _known_call(self, cursor: Any, hid: bytes) -> KnownCall | None:
        """Return the row of a call: of several, as others recorded the same one too, that which counts."""
        found: KnownCall | None = None
        for row_id, status, cid, links, signature in cursor.execute(self._do.known_call, (hid[:HEAD], hid)).fetchall():
            if self._counts(signature, of_call(hid, cid, status, links)):
                return KnownCall(row_id, status, "counts")
            damaged = isinstance(signature, bytes | None) and self._keyring.claims(signature)
            if found is None or damaged:
                found = KnownCall(row_id, status, "damaged" if damaged else "foreign")
        return found

    def _execute(self, cursor: Any, statement: Any) -> Any:
        """Execute a statement that is too rare to prepare, within the transaction of `cursor`."""
        found = statement.compile(dialect=self._database.dialect).construct_expanded_state()
        return cursor.execute(found.statement, list(found.positional_parameters))
