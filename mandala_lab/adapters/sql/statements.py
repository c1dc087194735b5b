"""The statements of the hot path: written with SQLAlchemy, prepared once in a process as text.

SQLAlchemy Core costs 13 to 33 us for each statement, the driver 3; so these go
to the driver as they stand, with their parameters in a fixed order.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import ClauseElement  # noqa: TC002 - as for our own imports

from mandala_lab.adapters.sql.schema import (
    calls,
    code_states,
    code_versions,
    edges,
    events,
    head,
    ops,
    settings,
    spans,
    spilled_values,
    stored_values,
)

FOUND = (calls.c.hid, calls.c.cid, calls.c.links, calls.c.duration_us, calls.c.signature)
KNOWN = (calls.c.id, calls.c.status, calls.c.cid, calls.c.links, calls.c.signature)
CALL = (
    "hid",
    "cid",
    "op_id",
    "state_id",
    "status",
    "executed",
    "started_us",
    "duration_us",
    "links",
    "error",
    "signature",
)
SPAN = ("run_id", "seq", "parent", "depth", "call_id", "status", "started_us", "duration_us")
VALUE = ("cid", "format", "digest", "data", "signature")
SPILLED = ("cid", "format", "digest", "size", "signature")
READ_STATE = (code_states.c.prefix, code_states.c.reads, code_states.c.signature)
OF_VERSION = code_states.c.version_id == code_versions.c.id
EVENT = ("at_us", "kind", "call_id", "detail")


_STATES = (
    select(
        code_versions.c.code,
        code_versions.c.representative,
        code_versions.c.seen_us,
        code_versions.c.digest,
        code_versions.c.program,
        code_versions.c.signature,
        *READ_STATE,
    )
    .select_from(code_versions.join(ops, ops.c.id == code_versions.c.op_id).outerjoin(code_states, OF_VERSION))
    .where(ops.c.key == bindparam("key"))
    .order_by(code_states.c.id.desc())
)


_prepared: dict[str, Statements] = {}


def statements_for(dialect: Any) -> Statements:
    """Return the prepared statements of a dialect."""
    if dialect.name not in _prepared:
        _prepared[dialect.name] = Statements(dialect)
    return _prepared[dialect.name]


class Statements:
    """All prepared statements for one dialect, as text."""

    def __init__(self, dialect: Any) -> None:
        def prepare(statement: ClauseElement, *order: str) -> str:
            compiled = statement.compile(dialect=dialect)
            found = tuple(getattr(compiled, "positiontup", None) or ())
            assert found == order, f"parameters are in the order {found}, not {order}"
            return str(compiled)

        def adding(table: Any, names: tuple[str, ...]) -> Any:
            return insert(table).values({name: bindparam(name) for name in names})

        ok = calls.c.status == literal_column("0")
        hid, cid = calls.c.hid == bindparam("hid"), calls.c.cid == bindparam("cid")
        by_hid = head(calls.c.hid) == bindparam("head"), hid
        by_cid = head(calls.c.cid) == bindparam("head"), cid
        self.find = prepare(select(*FOUND).where(*by_hid, ok), "head", "hid")
        first = select(*FOUND).where(*by_cid, ok).order_by(calls.c.id)
        self.find_all_content = prepare(first, "head", "cid")
        self.find_content = f"{self.find_all_content} LIMIT 1"  # SQLAlchemy's would be a parameter
        others = select(ops.c.key).where(ops.c.name == bindparam("name"), ops.c.key != bindparam("key"))
        self.namesake = prepare(others, "name", "key")
        self.known_call = prepare(select(*KNOWN).where(*by_hid), "head", "hid")
        self.states = prepare(_STATES, "key") + " LIMIT ?"
        written = (stored_values.c.format, stored_values.c.digest, stored_values.c.signature)
        here = stored_values.c.cid == bindparam("cid")
        self.known_value = prepare(select(*written).where(here), "cid")
        self.read_value = prepare(select(*written, stored_values.c.data).where(here), "cid")
        of_spilled = (spilled_values.c.format, spilled_values.c.digest, spilled_values.c.signature)
        self.spilled_value = prepare(select(*of_spilled).where(spilled_values.c.cid == bindparam("cid")), "cid")
        self.add_spilled = prepare(adding(spilled_values, SPILLED).on_conflict_do_nothing(), *SPILLED)
        self.add_value = prepare(adding(stored_values, VALUE).on_conflict_do_nothing(), *VALUE)
        self.add_call = prepare(adding(calls, CALL), *CALL)
        renewed: dict[str, Any] = {name: bindparam(name) for name in CALL[1:]}
        self.renew_call = prepare(
            calls.update().values(renewed).where(calls.c.id == bindparam("call_id")), *CALL[1:], "call_id"
        )
        self.drop_edges = prepare(edges.delete().where(edges.c.call_id == bindparam("call_id")), "call_id")
        self.add_edge = prepare(adding(edges, ("head", "call_id")).on_conflict_do_nothing(), "head", "call_id")
        self.setting = prepare(select(settings.c.value).where(settings.c.name == bindparam("name")), "name")
        of_call = edges.c.call_id == bindparam("call_id")
        self.drop_edge = prepare(edges.delete().where(edges.c.head == bindparam("head"), of_call), "head", "call_id")
        self.drop_spans = prepare(spans.delete().where(spans.c.call_id == bindparam("call_id")), "call_id")
        self.drop_call = prepare(calls.delete().where(calls.c.id == bindparam("id")), "id")
        self.drop_event = prepare(events.delete().where(events.c.seq == bindparam("seq")), "seq")
        one = stored_values.c.id == bindparam("id"), here
        self.drop_value = prepare(stored_values.delete().where(*one), "id", "cid")
        self.drop_spilled = prepare(spilled_values.delete().where(spilled_values.c.cid == bindparam("cid")), "cid")
        self.drop_state = prepare(code_states.delete().where(code_states.c.id == bindparam("id")), "id")
        self.add_span = prepare(adding(spans, SPAN).on_conflict_do_nothing(), *SPAN)
        self.add_event = prepare(adding(events, EVENT), *EVENT)
