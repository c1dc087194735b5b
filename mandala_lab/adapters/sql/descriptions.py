"""What calls are described by, ops, code versions with their states, and runs: taking them in, and bare ones.

Of a damaged description a bare one stands in, which claims nothing: calls that refer to
it stay what they are, and what they say is signed apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, and_, select
from sqlalchemy.dialects.sqlite import insert

from mandala_lab.adapters.sql.connected import Connected
from mandala_lab.adapters.sql.rows import reads_to_bytes, spec_from_row, spec_to_json, version_to_json
from mandala_lab.adapters.sql.schema import code_states, code_versions, ops, runs
from mandala_lab.adapters.sql.signed import Signed, of_state, of_version
from mandala_lab.model.errors import MandalaLabError, StoreError
from mandala_lab.model.ops import CodeVersion, OpSpec

Row = dict[str, Any]
Ids = Mapping[int, int]
"""Row ids there to row ids here."""

_ODD = (MandalaLabError, LookupError, TypeError, ValueError, AttributeError)
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"


class Descriptions(Connected):
    """Ops, code versions, states and runs."""

    def take_descriptions(self, there: Connection, here: Connection, taken: Counter[str]) -> tuple[Ids, Ids, Ids]:
        """Take in descriptions of another store; return the ids of ops, states and runs."""

        def united(table: Any, maps: Mapping[str, Ids], unique: tuple[str, ...], sound: Callable[[Row], Row]) -> Ids:
            return _united(there, here, table, maps, unique, sound, taken)

        op_ids = united(ops, {}, ("key",), sound_op)
        keys = {row.id: row.key for row in here.execute(select(ops.c.id, ops.c.key))}
        versions = united(
            code_versions, {"op_id": op_ids}, ("op_id", "digest"), lambda row: self._sound_version(keys, row)
        )
        digests = {row.id: row.digest for row in here.execute(select(code_versions.c.id, code_versions.c.digest))}
        of_both = {"op_id": op_ids, "version_id": versions}
        unique = ("op_id", "version_id", "prefix")
        states = united(code_states, of_both, unique, lambda row: self._sound_state(keys, digests, row))
        return op_ids, states, united(runs, {}, ("name",), sound_run)

    def bare_version(self, op: str, digest: bytes) -> Row:
        """Return what a version says that stands for itself alone, with no code to be shown or run."""
        code = version_to_json(CodeVersion(digest, ""))
        signature = self._sign(of_version(op, digest, digest, code, None))
        return {"representative": digest, "code": code, "program": None, "signature": signature}

    def bare_state(self, op: str, digest: bytes, number: int) -> Row:
        """Return what a state says that stands for no keys."""
        prefix, reads = b"#%d" % number, reads_to_bytes(())
        return {"prefix": prefix, "reads": reads, "signature": self._sign(of_state(op, digest, prefix, reads))}

    def _sound_version(self, keys: Mapping[int, str], row: Row) -> Row:
        op, digest = keys[row["op_id"]], row["digest"]
        signed = of_version(op, digest, row["representative"], row["code"], row["program"])
        return row if self._is_as_signed(row["signature"], signed) else row | self.bare_version(op, digest)

    def _sound_state(self, keys: Mapping[int, str], digests: Mapping[int, bytes], row: Row) -> Row:
        op, digest = keys[row["op_id"]], digests[row["version_id"]]
        signed = of_state(op, digest, row["prefix"], row["reads"])
        return row if self._is_as_signed(row["signature"], signed) else row | self.bare_state(op, digest, row["id"])

    def _is_as_signed(self, signature: bytes | None, signed: Signed) -> bool:
        """Whether a row is not one that says to be signed by somebody who counts, and was changed since."""
        return self._counts(signature, signed) or not self._keyring.claims(signature)


def sound_op(row: Row) -> Row:
    """Return the row of an op, with as much of its description as can be read."""
    readable = "".join(char if char.isprintable() else _UNREADABLE for char in row["spec"])
    for text in (row["spec"], readable):
        try:
            spec_from_row(row["key"], row["name"], text)
        except StoreError:
            continue
        return row | {"spec": text}
    return row | {"spec": spec_to_json(OpSpec(row["key"], row["name"], ()))}


def sound_run(row: Row) -> Row:
    """Return the row of a run, without a list of packages that cannot be read."""
    return row | {"packages": "{}"} if _UNREADABLE in row["packages"] else row


def _united(
    there: Connection,
    here: Connection,
    table: Any,
    maps: Mapping[str, Ids],
    unique: tuple[str, ...],
    sound: Callable[[Row], Row],
    taken: Counter[str],
) -> Ids:
    """Take in the rows of a small table, each as far as it is sound; return their ids here."""
    ids: dict[int, int] = {}
    for found in there.execute(select(table)).mappings():
        written = dict(found)
        try:
            written |= {name: known[written[name]] for name, known in maps.items()}
            made = sound(written)
        except _ODD:  # what it belongs to is not there, or a number lies in the place of a text
            taken["damaged descriptions"] += 1
            continue
        there_id = made.pop("id")
        is_new = here.execute(insert(table).values(made).on_conflict_do_nothing()).rowcount
        taken["damaged descriptions"] += bool(is_new and any(made[name] != written[name] for name in made))
        same = and_(*(table.c[name] == made[name] for name in unique))
        ids[there_id] = int(here.execute(select(table.c.id).where(same)).scalar_one())
    return ids
