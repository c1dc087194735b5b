"""Whether all rows are as they were written: digests, signatures, and that what they speak of is there.

One pass over each table, in one transaction, so that others may write meanwhile.
Nothing that is stored is run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec import MsgspecError, json
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from mandala_lab.adapters.sql import mentions
from mandala_lab.adapters.sql.mentions import Mentions, Wanted
from mandala_lab.adapters.sql.odd_rows import any_text
from mandala_lab.adapters.sql.rows import bytes_to_links, has_hid, slices, spec_from_row
from mandala_lab.adapters.sql.schema import (
    calls,
    code_states,
    code_versions,
    edges,
    ops,
    quarantine,
    runs,
    spilled_values,
    stored_values,
)
from mandala_lab.adapters.sql.signed import Signed, of_call, of_state, of_value, of_version
from mandala_lab.adapters.sql.space import Space
from mandala_lab.model.errors import CorruptValueError, MandalaLabError, StoreError
from mandala_lab.model.faults import CheckWatch, Fault
from mandala_lab.model.hashing import digest, maker_of
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.structures import FORMAT
from mandala_lab.model.values import StoredValue
from mandala_lab.trust.keyring import signer_of

_TOLD_EVERY = 1000
_MOST_LINES = 20
_SETTLED_S = 3600  # a younger file may be one whose call is about to be recorded


class Checking(Space):
    """A check of the whole store."""

    def check(self, watch: CheckWatch) -> None:
        with self._database.reading() as connection, any_text(connection):
            connection.exec_driver_sql("BEGIN")
            try:
                for fault in _faults_of(connection):
                    watch.fault(fault)
                _Check(connection, watch, self).run()
            except DBAPIError as error:  # pages of the file are damaged
                text = f"not all of it can be read: {error.orig}; 'mandala import' takes the rest into a new store"
                watch.fault(Fault("corrupt", "pages", "", text))
            finally:
                connection.exec_driver_sql("ROLLBACK")
        for stray in self.strays():
            if stray.age_s > _SETTLED_S:
                text = f"no value of the store is in it ({stray.size:,} bytes): a process was killed, maybe"
                watch.fault(Fault("other", "file", stray.name, text))

    def database_faults(self) -> list[Fault]:
        with self._database.reading() as connection:
            return _faults_of(connection)

    def wrong_signature(self, watch: CheckWatch, signature: Any, signed: Signed) -> str:
        """Return what is wrong with the signature of a row; what others signed is counted."""
        if self._counts(signature, signed):
            return ""
        if not isinstance(signature, bytes | None):
            return "its signature is none"
        if self._keyring.claims(signature):
            return "it is not what was signed"
        watch.foreign[signer_of(signature)] += 1
        return ""

    def spilled(self, cid: bytes, name: str, told: bytes) -> StoredValue | None:
        """Return a value that lies in a file; ``None`` if it was deleted meanwhile."""
        if self._blobs is None:
            raise CorruptValueError("there is no folder of large values")
        try:
            return StoredValue(cid, name, self._blobs.get(cid).data, told)
        except LookupError as error:
            if not self._is_spilled(cid):
                return None
            raise CorruptValueError(str(error)) from error


def _faults_of(connection: Connection) -> list[Fault]:
    """Return what SQLite finds wrong with its own file, and rows that refer to no row."""
    lines = connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_LINES})")
    texts = [str(line) for (line,) in lines if line != "ok"]
    torn = Counter((row[0], row[2]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check"))
    texts += [
        f"{number:,} rows of {table} refer to what is not in {parent}" for (table, parent), number in torn.items()
    ]
    return [Fault("corrupt", "database", "", text) for text in texts]


class _Check:
    """One check, on one connection."""

    def __init__(self, connection: Connection, watch: CheckWatch, store: Checking) -> None:
        self._connection = connection
        self._watch = watch
        self._store = store
        self._specs: dict[int, OpSpec] = {}
        self._damaged: set[int] = set()
        self._edges = mentions.numbers()
        self._present = mentions.numbers()
        self._of_calls, self._of_structures = Mentions(), Mentions()

    def run(self) -> None:
        """Look at everything."""
        self._descriptions()
        self._versions()
        self._calls()
        self._index()
        self._values()
        self._spilled()
        self._missing(calls, calls.c.hid, calls.c.links, self._of_calls)
        self._missing(stored_values, stored_values.c.cid, stored_values.c.data, self._of_structures)

    def _descriptions(self) -> None:
        for row in self._connection.execute(select(ops)):
            try:
                self._specs[row.id] = spec_from_row(row.key, row.name, row.spec)
                json.encode(self._specs[row.id])
            except (MandalaLabError, ValueError, TypeError) as error:
                self._specs[row.id] = OpSpec(str(row.key), str(row.name), ())
                self._fault("op", f"#{row.id}", f"{row.key!r}: {error}")
        for row in self._connection.execute(select(runs)):
            if not all(map(_is_text, row[3:])):
                self._watch.fault(Fault("other", "run", f"#{row.id}", "what is said of it is damaged"))

    def _versions(self) -> None:
        of_op = (ops.c.key, code_versions.c.digest)
        version = (code_versions.c.representative, code_versions.c.code, code_versions.c.program)
        joined = select(*of_op, *version, code_versions.c.signature).join(ops, ops.c.id == code_versions.c.op_id)
        state = (code_states.c.prefix, code_states.c.reads, code_states.c.signature)
        states = select(*of_op, *state).select_from(
            code_states.join(code_versions, code_versions.c.id == code_states.c.version_id).join(
                ops, ops.c.id == code_states.c.op_id
            )
        )
        for query, sign in ((joined, of_version), (states, of_state)):
            for *row, signature in self._connection.execute(query):
                wrong = self._judged(signature, sign, *row)
                if wrong:
                    self._fault("version", _hex(row[1]), f"of {row[0]}: {wrong}")

    def _calls(self) -> None:
        names = ("id", "hid", "cid", "op_id", "status", "links", "signature")
        rows = self._connection.execute(select(*(calls.c[name] for name in names)).order_by(calls.c.id))
        for row_id, hid, cid, op_id, status, data, signature in self._counted(rows, self._watch.calls):
            wrong = self._judged(signature, of_call, hid, cid, status, data)
            try:
                links = None if wrong else bytes_to_links(data)
            except MandalaLabError as error:
                links, wrong = None, str(error)
            if links is None or op_id not in self._specs:
                self._damaged.add(row_id)
                self._fault("call", _hex(hid) or f"#{row_id}", wrong or "it is of an op that is not recorded")
                continue
            self._of_calls.add(row_id, mentions.wanted_by_call(links, self._specs[op_id]))
            self._edges.extend(mentions.edge(given.hid, row_id) for given in links.inputs)

    def _index(self) -> None:
        """Compare the index of who took what with what the records of calls say."""
        kept = mentions.numbers()
        rows = self._connection.execute(select(edges.c.head, edges.c.call_id))
        kept.extend(mentions.edge(taken, call_id) for taken, call_id in rows if call_id not in self._damaged)
        missing, extra = mentions.differences(self._edges, kept)
        if missing or extra:
            detail = f"the index of what calls took lacks {missing:,} entries and has {extra:,} too many"
            self._watch.fault(Fault("other", "edges", "", detail))

    def _values(self) -> None:
        names = ("id", "cid", "format", "digest", "data", "signature")
        rows = self._connection.execute(select(*(stored_values.c[name] for name in names)).order_by(stored_values.c.id))
        for row_id, cid, name, told, data, signature in self._counted(rows, self._watch.values):
            self._present.append(mentions.head_of(cid))
            wrong = self._wrong_value(StoredValue(cid, name, data, told), signature)
            if wrong:
                self._fault("value", _hex(cid) or f"#{row_id}", wrong)
            elif name == FORMAT:
                self._of_structures.add(row_id, mentions.wanted_by_structure(data))

    def _spilled(self) -> None:
        names = ("cid", "format", "digest", "signature")
        rows = self._connection.execute(select(*(spilled_values.c[name] for name in names)))
        for cid, name, told, signature in self._counted(rows, self._watch.values):
            self._present.append(mentions.head_of(cid))
            try:
                stored = self._store.spilled(cid, name, told)
                wrong = "" if stored is None else self._wrong_value(stored, signature)
            except StoreError as error:  # no permission, too many open files: it may be whole
                self._watch.fault(Fault("other", "disk", _hex(cid), str(error)))
                continue
            except MandalaLabError as error:
                wrong = str(error)
            if wrong:
                self._fault("value", _hex(cid), wrong)

    def _wrong_value(self, stored: StoredValue, signature: Any) -> str:
        if not isinstance(stored.data, bytes | memoryview):
            return "something else lies in the place of its bytes"
        wrong = self._judged(signature, of_value, stored.cid, stored.format, stored.digest)
        try:
            if not wrong and not stored.digest:
                self._watch.verify(stored)
            elif not wrong and digest(stored.data) != stored.digest:
                wrong = "its bytes do not have the digest that was recorded"
            if not wrong and stored.format == FORMAT:
                list(mentions.wanted_by_structure(bytes(stored.data)))
        except (MandalaLabError, MsgspecError, TypeError, ValueError) as error:
            wrong = str(error)
        return wrong

    def _missing(self, table: Any, own: Any, data: Any, mentions: Mentions) -> None:
        """Tell of what rows speak of and the store has not."""
        aside = {bytes(key) for key in self._connection.scalars(select(quarantine.c.key))}
        for part in slices(mentions.suspects(self._present)):
            query = select(own, data, table.c.op_id if table is calls else own).where(table.c.id.in_(part))
            for owner, content, op_id in self._connection.execute(query):
                for cid, what, origin in self._wanted(table, content, op_id):
                    if cid in aside or self._is_there(cid) or self._is_left_out(origin):
                        continue
                    aside.add(cid)
                    kind = "call" if table is calls else "collection"
                    self._fault(
                        "value", cid.hex(), f"it is not in the store, and {kind} {owner.hex()} has it as {what}"
                    )

    def _wanted(self, table: Any, content: bytes, op_id: Any) -> Iterator[Wanted]:
        if table is calls:
            return mentions.wanted_by_call(bytes_to_links(content), self._specs[op_id])
        return mentions.wanted_by_structure(content)

    def _is_there(self, cid: bytes) -> bool:
        tables = (stored_values, spilled_values)
        return any(self._connection.scalar(select(one.c.cid).where(one.c.cid == cid)) is not None for one in tables)

    def _is_left_out(self, origin: bytes) -> bool:
        """Whether a value came from a call whose op does not save it."""
        maker = maker_of(origin)
        if maker is None:
            return False
        op_id = self._connection.scalar(select(calls.c.op_id).where(has_hid([maker[0]])))
        return op_id in self._specs and not self._specs[op_id].saves_output(maker[1])

    def _judged(self, signature: Any, sign: Callable[..., Signed], *parts: Any) -> str:
        try:
            return self._store.wrong_signature(self._watch, signature, sign(*parts))
        except (TypeError, ValueError, AttributeError) as error:  # a number in the place of bytes
            return f"its record is damaged: {error}"

    def _fault(self, place: Any, about: str, detail: str) -> None:
        self._watch.fault(Fault("corrupt", place, about, detail))

    def _counted(self, rows: Iterable[Any], tell: Callable[[int], None]) -> Iterator[Any]:
        number = 0
        for row in rows:
            yield row
            number += 1
            if not number % _TOLD_EVERY:
                tell(_TOLD_EVERY)
        tell(number % _TOLD_EVERY)


def _is_text(found: Any) -> bool:
    return isinstance(found, str) and (found.isascii() or not any("\ud800" <= char <= "\udfff" for char in found))


def _hex(found: Any) -> str:
    return found.hex() if isinstance(found, bytes) else ""
