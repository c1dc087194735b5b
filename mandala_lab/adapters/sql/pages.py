"""Calls in pages: some thousand at a time, as columns.

Where many calls are wanted, the database joins each column of a page end to end, so
that a page is one row. It does that in one step, during which Python goes on: a
thread asks for the next page while the one before is read. A page that holds what no
row of ours holds is asked for row by row, by which it is told what is wrong.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import LargeBinary, bindparam, cast, func, select
from sqlalchemy.sql import ColumnElement  # noqa: TC002 - as for our own imports

from mandala_lab.adapters.sql.holdings import all_whole
from mandala_lab.adapters.sql.link_layouts import Documents
from mandala_lab.adapters.sql.schema import calls
from mandala_lab.model.hashing import DIGEST_SIZE

SIZE = 16_000
"""Calls that are read at a time: enough that numpy is called seldom, few enough that they are soon in memory."""
_MOST_ROWS = 4 * SIZE
"""So many rows are looked through for a page, where few of them are wanted."""
_FIRST_OF_ALL, _LAST_OF_ALL = -(2**63), 2**63 - 1
COLUMNS = (calls.c.id, calls.c.hid, calls.c.op_id, calls.c.status, calls.c.links)
_END_TO_END = (
    func.group_concat(calls.c.id),
    func.group_concat(calls.c.op_id * 2 + (calls.c.status != 0).self_group()),
    func.group_concat(func.length(calls.c.links)),
    func.min(func.length(calls.c.hid)),
    cast(func.group_concat(calls.c.hid, ""), LargeBinary),
    cast(func.group_concat(calls.c.links, ""), LargeBinary),
)
"""The columns of a page as one row. All are in one order, and the first tells whether it is that of recording."""


@dataclass(frozen=True, slots=True)
class Page:
    """Calls in order of recording.

    Attributes
    ----------
    rows, ops
        Their rows, and those of their ops.
    hids
        20 bytes in a row.
    failed
        Flags.
    documents
        What they took and made.
    """

    rows: np.ndarray
    hids: np.ndarray
    ops: np.ndarray
    failed: np.ndarray
    documents: Documents


def page_of(rows: Sequence[tuple[Any, ...]]) -> Page:
    """Return rows of `COLUMNS` as a page."""
    ids, hids, ops, status, documents = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    return Page(ints(ids), digests(hids), ints(ops), ints(status) != 0, Documents.of(documents))


def pages_where(cursor: Any, dialect: Any, condition: ColumnElement[bool]) -> Generator[Page]:
    """Yield all calls of which something holds that the database finds as quickly page by page; at least one page."""
    with _one_state(cursor):
        asking = _Asking(cursor, dialect, condition)
        page = asking.next_page()
        if asking.is_over:
            yield page or page_of([])
        else:
            with ThreadPoolExecutor(1, "mandala-lab-pages") as pool:
                while page is not None:
                    coming = pool.submit(asking.next_page)
                    time.sleep(0)  # let the thread ask before Python is busy with this page
                    yield page
                    page = coming.result()


@contextmanager
def _one_state(cursor: Any) -> Iterator[None]:
    """Let all that a cursor is asked be answered as of one moment, whatever others write meanwhile."""
    begun = not cursor.connection.in_transaction
    if begun:
        cursor.execute("BEGIN")
    try:
        yield
    finally:
        if begun and cursor.connection.in_transaction:  # whoever takes the pages may have ended it, in memory
            cursor.execute("ROLLBACK")  # nothing was written


class _Asking:
    """Asks for one page after another; `is_over` says that none is left."""

    def __init__(self, cursor: Any, dialect: Any, condition: ColumnElement[bool]) -> None:
        within = calls.c.id.between(bindparam("first"), bindparam("last"))
        one_by_one = select(*COLUMNS).where(condition, within).order_by(calls.c.id)
        self._one_by_one = one_by_one.compile(dialect=dialect)
        self._end_to_end = select(*_END_TO_END).where(condition, within).compile(dialect=dialect)
        self._following = select(func.min(calls.c.id)).where(calls.c.id >= bindparam("first")).compile(dialect=dialect)
        self._cursor, self._span = cursor, SIZE
        self._first = self._from(_FIRST_OF_ALL)

    @property
    def is_over(self) -> bool:
        return self._first is None

    def _from(self, row: int) -> int | None:
        """Return the first row from one on: there may be none for long."""
        ((found,),) = self._asked(self._following, {"first": row})
        return None if found is None else int(found)

    def next_page(self) -> Page | None:
        """Return the next page that is not empty."""
        while self._first is not None:
            last = min(self._first + self._span - 1, _LAST_OF_ALL)
            within = {"first": self._first, "last": last}
            page = self._in_one_row(within) or page_of(self._asked(self._one_by_one, within))
            self._first = None if last == _LAST_OF_ALL else self._from(last + 1)
            if len(page.rows) < SIZE // 4:
                self._span = min(2 * self._span, _MOST_ROWS)
            elif len(page.rows) > SIZE:
                self._span = max(self._span // 2, SIZE)
            if len(page.rows):
                return page
        return None

    def _in_one_row(self, within: dict[str, int]) -> Page | None:
        """Return a page that the database made one row of; ``None`` where that is too long, or not sure to be one."""
        try:
            ((ids, states, sizes, shortest, hids, documents),) = self._asked(self._end_to_end, within)
        except sqlite3.DataError:
            return None
        rows, ops, lengths = (_numbers(text) for text in (ids, states, sizes))
        is_sure = (
            0 < len(rows) == len(ops) == len(lengths)
            and shortest == DIGEST_SIZE
            and len(hids) == DIGEST_SIZE * len(rows)
            and len(documents) == lengths.sum()
            and bool((rows[1:] > rows[:-1]).all())
        )
        if not is_sure:
            return None
        whole = np.frombuffer(hids, np.uint8).reshape(-1, DIGEST_SIZE)
        return Page(rows, whole, ops >> 1, (ops & 1) != 0, Documents(documents, lengths))

    def _asked(self, compiled: Any, within: dict[str, int]) -> list[tuple[Any, ...]]:
        found = compiled.construct_expanded_state(within)
        return list(self._cursor.execute(found.statement, list(found.positional_parameters)).fetchall())


def _numbers(text: Any) -> np.ndarray:
    """Return whole numbers between commas; none where others are among them."""
    try:
        return np.fromstring(text, np.int64, sep=",") if isinstance(text, str) else np.zeros(0, np.int64)
    except ValueError:
        return np.zeros(0, np.int64)


def ints(found: Sequence[int]) -> np.ndarray:
    """Return numbers as a column."""
    return np.fromiter(found, np.int64, len(found))


def digests(found: Sequence[bytes]) -> np.ndarray:
    """Return ids of calls as a column, 20 bytes in a row."""
    return np.frombuffer(all_whole(found), np.uint8).reshape(-1, DIGEST_SIZE)
