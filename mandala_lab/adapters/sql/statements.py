"""The statements of the hot path: written with SQLAlchemy, prepared once as text.

SQLAlchemy Core costs 13 to 33 us for each statement, the driver 3; so these go
to the driver as they stand.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, literal_column, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import ClauseElement  # noqa: TC002 - as for our own imports

from mandala_lab.adapters.sql.schema import call_inputs, calls, events, refs, spans, stored_values


class Prepared:
    """A statement as text, with the names of its parameters in order."""

    __slots__ = ("_names", "_text")

    def __init__(self, statement: ClauseElement, dialect: Any) -> None:
        compiled = statement.compile(dialect=dialect)
        self._text = str(compiled)
        self._names: list[str] = list(getattr(compiled, "positiontup", None) or [])

    def __call__(self, cursor: Any, **parameters: Any) -> Any:
        """Execute with `parameters`, all of which must be given."""
        return cursor.execute(self._text, [parameters[name] for name in self._names])


def _value_id(parameter: str) -> Any:
    return select(stored_values.c.id).where(stored_values.c.cid == bindparam(parameter)).scalar_subquery()


def _ref_id(parameter: str) -> Any:
    return select(refs.c.id).where(refs.c.hid == bindparam(parameter)).scalar_subquery()


def _call_id(parameter: str) -> Any:
    return select(calls.c.id).where(calls.c.hid == bindparam(parameter)).scalar_subquery()


class Statements:
    """All prepared statements for one dialect."""

    def __init__(self, dialect: Any) -> None:
        def prepare(statement: ClauseElement) -> Prepared:
            return Prepared(statement, dialect)

        outputs = (
            select(refs.c.hid, stored_values.c.cid, calls.c.hid, calls.c.duration_us)
            .select_from(
                calls.outerjoin(refs, refs.c.creator_id == calls.c.id).outerjoin(
                    stored_values, stored_values.c.id == refs.c.value_id
                )
            )
            .order_by(refs.c.position)
        )
        self.find = prepare(outputs.where(calls.c.hid == bindparam("hid"), calls.c.status == literal_column("'ok'")))
        first = (
            select(func.min(calls.c.id))
            .where(calls.c.cid == bindparam("cid"), calls.c.status == literal_column("'ok'"))
            .scalar_subquery()
        )
        self.find_content = prepare(outputs.where(calls.c.id == first))
        self.has_value = prepare(select(stored_values.c.id).where(stored_values.c.cid == bindparam("cid")))
        self.read_value = prepare(
            select(stored_values.c.format, stored_values.c.data, stored_values.c.digest).where(
                stored_values.c.cid == bindparam("cid")
            )
        )
        self.add_value = prepare(
            insert(stored_values)
            .values({name: bindparam(name) for name in ("cid", "format", "data", "digest")})
            .on_conflict_do_nothing()
        )
        columns = ("hid", "cid", "op_id", "version_id", "status", "executed", "started_us", "duration_us", "error")
        added = insert(calls).values({name: bindparam(name) for name in columns})
        renewed = {name: added.excluded[name] for name in columns[4:]}
        self.add_call = prepare(
            added.on_conflict_do_update(
                index_elements=[calls.c.hid], set_=renewed, where=calls.c.status == literal_column("'error'")
            )
        )
        self.call_id = prepare(select(calls.c.id).where(calls.c.hid == bindparam("hid")))
        self.add_ref = prepare(
            insert(refs)
            .values(
                hid=bindparam("hid"),
                value_id=_value_id("cid"),
                creator_id=bindparam("creator"),
                position=bindparam("position"),
            )
            .on_conflict_do_nothing()
        )
        self.add_input = prepare(
            insert(call_inputs)
            .values(
                call_id=bindparam("call_id"),
                position=bindparam("position"),
                name=bindparam("name"),
                ref_id=_ref_id("hid"),
            )
            .on_conflict_do_nothing()
        )
        timing = ("run", "seq", "parent", "depth", "status", "started_us", "duration_us")
        self.add_span = prepare(
            insert(spans)
            .values({**{name: bindparam(name) for name in timing}, "call_id": _call_id("hid")})
            .on_conflict_do_nothing()
        )
        self.add_event = prepare(
            insert(events).values(at_us=bindparam("at_us"), kind=bindparam("kind"), subject=bindparam("subject"))
        )
