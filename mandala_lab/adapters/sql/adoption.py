"""Who wrote the records of a store, and making records of others the user's own.

What is adopted is signed as it lies there now; what its writer adds later is not. Where
large values are to lie is for each user to say, so it is not adopted.
Nothing of it is run: a pickle is signed anew, unread, and only where that is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Select, func, select, update

from mandala_lab.adapters.sql.schema import (
    calls,
    code_states,
    code_versions,
    ops,
    spilled_values,
    stored_values,
)
from mandala_lab.adapters.sql.signed import Signed, of_call, of_state, of_value, of_version
from mandala_lab.adapters.sql.values import Values
from mandala_lab.model.hashing import digest
from mandala_lab.ports.call_store import SignPickle
from mandala_lab.trust.keyring import FINGERPRINT_SIZE

_BATCH = 10_000
_PICKLE = "pickle"


class Adoption(Values):
    """Signers of records."""

    def signers(self) -> dict[bytes, tuple[int, int]]:
        found: dict[str, Counter[bytes]] = {"calls": Counter(), "values": Counter()}
        with self._database.reading() as connection:
            for table, what in ((calls, "calls"), (stored_values, "values"), (spilled_values, "values")):
                mark = func.substr(table.c.signature, 1, FINGERPRINT_SIZE)
                for signer, count in connection.execute(select(mark, func.count()).group_by(mark)):
                    found[what][bytes(signer or b"")] += count
        return {by: (found["calls"][by], found["values"][by]) for by in found["calls"] | found["values"]}

    def adopt(self, signer: bytes, sign_pickle: SignPickle | None, tell: Callable[[int], None]) -> Counter[str]:
        """Sign the records of a signer with the user's key; `tell` learns how many rows were looked at.

        Values whose bytes are not those of their digest stay as they are, and so do
        pickles without `sign_pickle`; they are counted apart.
        """
        found: Counter[str] = Counter()
        by = _written_by(signer)
        for name, query, table, sign in _ROWS:
            for rows in self._batches(query.where(by(table)), table):
                found[name] += self._sign_rows(table, rows, sign)
                tell(len(rows))
        found += self._adopt_values(by, sign_pickle, tell)
        return found

    def _batches(self, query: Select[Any], table: Any) -> Iterator[list[Any]]:
        key, last = table.c[_key(table)], None
        ordered = query.order_by(key)
        while True:
            part = ordered if last is None else ordered.where(key > last)
            with self._database.reading() as connection:
                rows = list(connection.execute(part.limit(_BATCH)))
            if not rows:
                return
            last = rows[-1][0]
            yield rows

    def _sign_rows(self, table: Any, rows: list[Any], sign: Callable[..., Signed]) -> int:
        key = table.c[_key(table)]
        with self._writing() as cursor:
            for row in rows:
                signature = self._sign(sign(*row[1:]))
                self._execute(cursor, update(table).where(key == row[0]).values(signature=signature))
        return len(rows)

    def _adopt_values(
        self, by: Callable[[Any], Any], sign_pickle: SignPickle | None, tell: Callable[[int], None]
    ) -> Counter[str]:
        found: Counter[str] = Counter()
        for table in (stored_values, spilled_values):
            written = (table.c.cid, table.c.format, table.c.digest)
            query = select(*written).where(by(table))
            for rows in self._batches(query, table):
                for cid, name, bytes_digest in rows:
                    found[self._adopt_value(table, cid, name, bytes_digest, sign_pickle)] += 1
                tell(len(rows))
        return found

    def _adopt_value(self, table: Any, cid: bytes, name: str, told: bytes, sign_pickle: SignPickle | None) -> str:
        if name == _PICKLE and sign_pickle is None:
            return "pickles left"
        data = self.read_value(cid).settled().data
        if told and digest(data) != told:
            return "damaged values left"
        row: dict[str, Any] = {}
        if name == _PICKLE and sign_pickle is not None:
            made = sign_pickle(bytes(data), cid)
            told = digest(made)
            if table is spilled_values and self._blobs is not None:
                self._blobs.put(cid, made)
            row = {"digest": told} | ({"data": made} if table is stored_values else {})
        row["signature"] = self._sign(of_value(cid, name, told))
        with self._writing() as cursor:
            self._execute(cursor, update(table).where(table.c.cid == cid).values(row))
        return "values"


def _key(table: Any) -> str:
    return "cid" if table in (stored_values, spilled_values) else "id"


def _written_by(signer: bytes) -> Callable[[Any], Any]:
    def condition(table: Any) -> Any:
        mark = func.substr(table.c.signature, 1, FINGERPRINT_SIZE)
        return mark == signer if signer else table.c.signature.is_(None)

    return condition


_OF_VERSION = (code_versions.c.representative, code_versions.c.code, code_versions.c.program)
_ROWS: tuple[tuple[str, Select[Any], Any, Callable[..., Signed]], ...] = (
    (
        "versions",
        select(code_versions.c.id, ops.c.key, code_versions.c.digest, *_OF_VERSION).join(
            ops, ops.c.id == code_versions.c.op_id
        ),
        code_versions,
        of_version,
    ),
    (
        "states",
        select(code_states.c.id, ops.c.key, code_versions.c.digest, code_states.c.prefix, code_states.c.reads)
        .join(ops, ops.c.id == code_states.c.op_id)
        .join(code_versions, code_versions.c.id == code_states.c.version_id),
        code_states,
        of_state,
    ),
    ("calls", select(calls.c.id, calls.c.hid, calls.c.cid, calls.c.status, calls.c.links), calls, of_call),
)
