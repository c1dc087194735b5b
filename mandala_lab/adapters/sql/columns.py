"""Recorded calls as columns (see `mandala_lab.model.columns`): read in batches, with no object for each call."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import chain
from typing import Any, cast

import numpy as np
from sqlalchemy import Connection, and_, select, true
from sqlalchemy.sql import ColumnElement  # noqa: TC002 - as for our own imports

from mandala_lab.adapters.sql.connected import Connected
from mandala_lab.adapters.sql.link_columns import LinkReader
from mandala_lab.adapters.sql.pages import COLUMNS, SIZE, Page, digests, ints, page_of, pages_where
from mandala_lab.adapters.sql.rows import RowReader, bytes_to_reads, has_hid, slices, spec_from_row
from mandala_lab.adapters.sql.schema import HEAD, calls, code_states, code_versions, edges, ops, runs, spans
from mandala_lab.adapters.sql.signed import of_call
from mandala_lab.model.calls import History
from mandala_lab.model.collector import collector_at_rest
from mandala_lab.model.columns import CallColumns, CallDetails, CodeState, Origin, joined
from mandala_lab.model.errors import refuse_other
from mandala_lab.model.ids import may_repeat
from mandala_lab.model.ops import OpSpec

_MANY = 20_000
"""Details of more calls than this are read as one range."""
_DETAILS = (
    calls.c.id,
    calls.c.hid,
    calls.c.cid,
    calls.c.state_id,
    calls.c.executed,
    calls.c.started_us,
    calls.c.duration_us,
    calls.c.error,
)


class Columns(Connected):
    """Calls by op, session, id and what they took, as columns."""

    _rows: RowReader

    def columns_in_parts(self, *, of: str | None = None, besides: Iterable[str] = ()) -> Generator[CallColumns]:
        chosen = [calls.c.op_id == select(ops.c.id).where(ops.c.key == of).scalar_subquery()] if of else []
        left_out = [calls.c.op_id.not_in(select(ops.c.id).where(ops.c.key.in_(list(besides))))] if besides else []
        reader = LinkReader()
        with self._database.reading() as connection:
            cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
            with closing(pages_where(cursor, self._database.dialect, and_(true(), *chosen, *left_out))) as pages:
                specs: dict[int, OpSpec] = {}
                for page in pages:
                    yield _with_specs(connection, self._read(page, reader), specs)

    def columns_of_session(self, session: str) -> CallColumns:
        in_session = select(spans.c.call_id).join(runs, runs.c.id == spans.c.run_id).where(runs.c.session == session)
        return self._columns([calls.c.id.in_(in_session.distinct())])

    def columns_of_calls(self, hids: Iterable[bytes]) -> CallColumns:
        return self._columns([has_hid(part) for part in slices(hids)])

    def columns_of_takers(self, refs: Iterable[bytes]) -> CallColumns:
        heads = slices(hid[:HEAD] for hid in refs)
        takers = [select(edges.c.call_id).where(edges.c.head.in_(part)) for part in heads]
        return self._columns([calls.c.id.in_(found) for found in takers])

    @collector_at_rest()
    def _columns(self, conditions: Sequence[ColumnElement[bool]]) -> CallColumns:
        """Return the calls of which one of some conditions holds, for which the database looks once."""
        reader = LinkReader()
        queries = [select(*COLUMNS).where(condition).order_by(calls.c.id) for condition in conditions]
        with self._database.reading() as connection:
            cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
            pages = (page_of(rows) for query in queries for rows in _batches(self._execute(cursor, query)))
            first = next(pages, page_of([]))  # there is at least one page, if of no calls
            found = joined(self._read(page, reader) for page in chain([first], pages))
            found = _with_specs(connection, found, {})
        kept = self._each_once(found)
        return found if kept is None else found.take(kept)

    def _read(self, page: Page, reader: LinkReader) -> CallColumns:
        """Return a page as columns, with the rows of ops in the place of their numbers."""
        inputs, outputs = reader.read(page.documents, page.hids)
        return CallColumns(
            origin=Origin(self._rows.source, cast("History", self), self.call_details),
            specs=(),
            names=reader.names,
            rows=page.rows,
            hids=page.hids,
            ops=page.ops,
            failed=page.failed,
            inputs=inputs,
            outputs=outputs,
        )

    def call_details(self, rows: np.ndarray) -> CallDetails:
        ordered = np.sort(rows)
        conditions = [calls.c.id.in_(part) for part in slices(ordered.tolist())]
        if len(rows) > _MANY:
            conditions = [calls.c.id.between(int(ordered[0]), int(ordered[-1]))]
        with self._database.reading() as connection:
            cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
            queries = [select(*_DETAILS).where(condition).order_by(calls.c.id) for condition in conditions]
            found = [row for query in queries for rows_ in _batches(self._execute(cursor, query)) for row in rows_]
            columns = list(zip(*found, strict=True)) or [()] * len(_DETAILS)
            ids, hids, cids, states, executed, started, duration, errors = columns
            state_rows, state_numbers = np.unique(ints(states), return_inverse=True)
            code = _states(connection, state_rows.tolist())
        told = {place: _text(text) for place, text in enumerate(errors) if text}
        return CallDetails(
            ints(ids),
            digests(hids),
            digests(cids),
            code,
            state_numbers,
            ints(executed) != 0,
            ints(started),
            ints(duration),
            told,
        )

    def _each_once(self, found: CallColumns) -> np.ndarray | None:
        """Return which are kept, in order: of several records of one call the one that counts; ``None`` for all."""
        if not may_repeat(found.hids) and bool((np.diff(found.rows) > 0).all()):
            return None
        several: dict[bytes, list[int]] = {}
        for place, hid in enumerate(map(bytes, found.hids)):
            several.setdefault(hid, []).append(place)
        kept = np.array([self._counting(found.rows[places], places) for places in several.values()], np.int64)
        return kept[np.argsort(found.rows[kept], kind="stable")]

    def _counting(self, rows: np.ndarray, places: list[int]) -> int:
        """Return the place of the first record that counts; where none does, of the last, as `RowReader` does."""
        place_of = dict(zip(rows.tolist(), places, strict=True))
        if len(place_of) == 1:
            return places[0]
        signed = (calls.c.id, calls.c.hid, calls.c.cid, calls.c.status, calls.c.links, calls.c.signature)
        with self._database.reading() as connection:
            for row in connection.execute(select(*signed).where(calls.c.id.in_(list(place_of))).order_by(calls.c.id)):
                if self._counts(row.signature, of_call(row.hid, row.cid, row.status, row.links)):
                    return int(place_of[row.id])
        return int(place_of[max(place_of)])


def _batches(cursor: Any) -> Iterator[list[tuple[Any, ...]]]:
    while rows := cursor.fetchmany(SIZE):
        yield rows


def _text(found: Any) -> str:
    refuse_other(found, str, "an error is a text")
    return str(found)


def _with_specs(connection: Connection, found: CallColumns, known: dict[int, OpSpec]) -> CallColumns:
    """Return columns with numbers of ops in the place of their rows; `known` remembers ops by their rows."""
    rows = np.unique(found.ops).tolist()
    if not known.keys() >= set(rows):
        asked = connection.execute(select(ops.c.id, ops.c.key, ops.c.name, ops.c.spec).where(ops.c.id.in_(rows)))
        known |= {row.id: spec_from_row(row.key, row.name, row.spec) for row in asked}
    return replace(found, specs=[known[row] for row in rows], ops=np.searchsorted(rows, found.ops))


def _states(connection: Connection, state_rows: list[int]) -> list[CodeState]:
    of_version = code_states.join(code_versions, code_versions.c.id == code_states.c.version_id)
    columns = select(code_states.c.id, code_versions.c.digest, code_states.c.reads).select_from(of_version)
    found = {
        row.id: row
        for part in slices(state_rows)
        for row in connection.execute(columns.where(code_states.c.id.in_(part)))
    }
    return [CodeState(found[row].digest.hex(), bytes_to_reads(found[row].reads)) for row in state_rows]
