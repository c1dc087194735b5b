"""`SqlCallStore`: the call store on a database.

Here is what concerns the store as a whole. The rest lies beside, by subject:
`recording` (writing calls; with `values`, `code` and `sessions`, which it writes
to), `finding`, and for the care of a store `space`, `checking`, `mending`,
`adoption` and `merging`; all of them work with `connected`.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from mandala_lab.adapters.sql.adoption import Adoption
from mandala_lab.adapters.sql.columns import Columns
from mandala_lab.adapters.sql.database import Database
from mandala_lab.adapters.sql.finding import Finding
from mandala_lab.adapters.sql.mending import Mending
from mandala_lab.adapters.sql.merging import Merging
from mandala_lab.adapters.sql.odd_rows import telling_of_odd_rows
from mandala_lab.adapters.sql.rows import RowReader
from mandala_lab.adapters.sql.schema import settings, spilled_values, stored_values
from mandala_lab.adapters.sql.signed import of_setting
from mandala_lab.model.refs import ValueSource
from mandala_lab.model.stats import Sizes
from mandala_lab.trust.keyring import EverythingKnown, Keyring


@telling_of_odd_rows
class SqlCallStore(Merging, Finding, Columns, Adoption, Mending):
    """Calls and values in a database (see `mandala_lab.ports.CallStore`).

    Parameters
    ----------
    path
        File of an SQLite database, or ``":memory:"``.
    source
        What the refs that this store returns load their values from.
    read_only
        Open a store that exists, and never write to it.
    synced
        Let each commit wait until it is on the disk.
    shared
        Do without a write-ahead log, for a file on a network file system.
    keyring
        What records are signed with, and whose count; by default nothing is signed and all do.
    """

    def __init__(
        self,
        path: str,
        source: ValueSource,
        *,
        read_only: bool = False,
        synced: bool = False,
        shared: bool = False,
        keyring: Keyring | None = None,
    ) -> None:
        database = Database(path, read_only=read_only, synced=synced, shared=shared)
        super().__init__(database, keyring or EverythingKnown())
        self._rows = RowReader(source, self, self._counts)
        self._begin_watching()

    @property
    def path(self) -> str:
        """Where it lies."""
        return self._database.path

    def setting(self, name: str) -> str | None:
        """Return what the store itself knows of how it is kept, where somebody who counts said so."""
        with self._database.reading() as connection:
            row = connection.execute(select(settings.c.value, settings.c.signature).where(settings.c.name == name))
            found = row.first()
        return (
            found.value if found is not None and self._counts(found.signature, of_setting(name, found.value)) else None
        )

    def set_setting(self, name: str, value: str) -> None:
        """Note how the store is kept."""
        said = {"value": value, "signature": self._sign(of_setting(name, value))}
        row = insert(settings).values(name=name, **said)
        with self._writing() as cursor:
            self._execute(cursor, row.on_conflict_do_update(index_elements=["name"], set_=said))

    def sizes(self) -> Sizes:
        inside = select(func.count(), func.coalesce(func.sum(func.length(stored_values.c.data)), 0))
        outside = select(func.count(), func.coalesce(func.sum(spilled_values.c.size), 0)).select_from(spilled_values)
        with self._database.reading() as connection:
            number, size = connection.execute(inside.select_from(stored_values)).one()
            more, large = connection.execute(outside).one()
        return Sizes(self.count_calls(), number + more, size + large, self._database.size())

    def snapshot(self, path: str) -> list[bytes]:
        with self._database.reading() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (path,))
        copy = Database(path, read_only=True)
        try:
            with copy.reading() as connection:
                return list(connection.scalars(select(spilled_values.c.cid)))
        finally:
            copy.close()

    def start_anew(self) -> None:
        self._database.start_anew()

    def close(self) -> None:
        self._database.close()
