"""The documents of many calls' links, read in lockstep: field by field for all calls at once.

A document is read here as it is written by this package; one that is anything else
is read alone by the decoder of `rows`, which says what is wrong with it. That takes
a tenth of the time of reading them one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mandala_lab.adapters.sql.rows import Links, bytes_to_links
from mandala_lab.model.columns import FREE_POSITION, NO_DATA, LinkColumns, ragged
from mandala_lab.model.errors import StoreError
from mandala_lab.model.hashing import DIGEST_SIZE, output_hid

_MANY = 64
"""A call with more links than this is read alone."""
_FEW_NAMES = 16
_REF_SIZE = DIGEST_SIZE + 2

_ARRAY, _BIN8, _BIN16, _BIN32, _NIL, _STR8 = 0x90, 0xC4, 0xC5, 0xC6, 0xC0, 0xD9


class LinkReader:
    """Reads documents, batch by batch.

    Attributes
    ----------
    names
        The names of arguments so far, by their numbers.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[bytes, int] = {}

    def read(self, documents: Sequence[bytes], hids: np.ndarray) -> tuple[LinkColumns, LinkColumns]:
        """Return the inputs and outputs of a batch of calls.

        Raises
        ------
        StoreError
            Where a document is damaged.
        """
        cursor = _Cursor(documents)
        alone: dict[int, Links] = {}
        given = cursor.count(cursor.outer())
        taken = _Fields(given)
        for position in range(int(given.max(initial=0))):
            rows = cursor.able(given > position)
            cursor.expect(rows, _ARRAY + 4)
            names = cursor.text(rows)
            cids, origins, data = cursor.field(rows), cursor.field(rows), cursor.field(rows)
            cursor.require(rows, (cids[1] == DIGEST_SIZE) & ((origins[1] == 0) | (origins[1] == _REF_SIZE)))
            taken.put(rows, position, cids, data, names, origins)
        made_number = cursor.count(np.arange(len(documents)))
        made = _Fields(made_number)
        for position in range(int(made_number.max(initial=0))):
            rows = cursor.able(made_number > position)
            cursor.expect(rows, _ARRAY + 2)
            cids, data = cursor.field(rows), cursor.field(rows)
            cursor.require(rows, cids[1] == DIGEST_SIZE)
            made.put(rows, position, cids, data)
        cursor.end()
        for row in np.flatnonzero(~cursor.good).tolist():
            alone[row] = bytes_to_links(documents[row])
        return self._inputs(cursor, taken, alone), self._outputs(cursor, made, alone, hids)

    def _inputs(self, cursor: _Cursor, found: _Fields, alone: dict[int, Links]) -> LinkColumns:
        starts, places, whole = found.places(cursor.good, {row: len(links.inputs) for row, links in alone.items()})
        columns = _Columns(starts)
        cids = cursor.bytes_at(found.cids[whole], DIGEST_SIZE)
        columns.cids[places] = columns.origins[places] = cids
        origin = np.flatnonzero(found.origin_sizes[whole])
        made = cursor.bytes_at(found.origins[whole][origin], _REF_SIZE)
        columns.origins[places[origin]] = made[:, :DIGEST_SIZE]
        columns.positions[places[origin]] = made[:, DIGEST_SIZE].astype(np.uint16) << 8 | made[:, DIGEST_SIZE + 1]
        columns.names[places] = self._named(cursor, found.names[whole], found.name_sizes[whole])
        columns.put_data(places, *cursor.data(found.data[whole], found.data_sizes[whole]))
        for row, links in alone.items():
            for place, given in enumerate(links.inputs, int(starts[row])):
                columns.names[place] = self._number(given.name.encode())
                columns.put_one(place, given.hid, given.cid, given.data)
        return columns.done()

    def _outputs(self, cursor: _Cursor, found: _Fields, alone: dict[int, Links], call_hids: np.ndarray) -> LinkColumns:
        starts, places, whole = found.places(cursor.good, {row: len(links.outputs) for row, links in alone.items()})
        columns = _Columns(starts)
        owners = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        columns.cids[places] = cursor.bytes_at(found.cids[whole], DIGEST_SIZE)
        columns.put_data(places, *cursor.data(found.data[whole], found.data_sizes[whole]))
        for row, links in alone.items():
            for position, made in enumerate(links.outputs):
                hid = output_hid(bytes(call_hids[row]), position)
                columns.put_one(int(starts[row]) + position, hid, made.cid, made.data)
        columns.names[:] = columns.positions[:] = np.arange(len(owners)) - starts[owners]
        columns.origins[:] = call_hids[owners]
        return columns.done()

    def _named(self, cursor: _Cursor, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Return the numbers of names that lie in the documents."""
        found = np.zeros(len(starts), np.int32)
        for size in np.unique(sizes).tolist():
            left = np.flatnonzero(sizes == size)
            texts = cursor.bytes_at(starts[left], size)
            for _ in range(_FEW_NAMES):
                if not len(left):
                    break
                first = texts[0]
                same = (texts == first).all(axis=1)
                found[left[same]] = self._number(first.tobytes())
                left, texts = left[~same], texts[~same]
            found[left] = [self._number(text.tobytes()) for text in texts]
        return found

    def _number(self, name: bytes) -> int:
        number = self._numbers.get(name)
        if number is None:
            try:
                text = name.decode()
            except UnicodeError as error:
                raise StoreError(f"a record of this store is damaged: {error}") from error
            number = self._numbers[name] = len(self.names)
            self.names.append(text)
        return number


class _Cursor:
    """A place in each document of a batch, which moves on field by field; `good` are those read so far."""

    def __init__(self, documents: Sequence[bytes]) -> None:
        sizes = np.fromiter(map(len, documents), np.int64, len(documents))
        self._ends = np.cumsum(sizes)
        self._at = self._ends - sizes
        self._bytes = np.frombuffer(b"".join(documents) + bytes(8), np.uint8)
        self.good = np.ones(len(documents), bool)

    def able(self, wanted: np.ndarray) -> np.ndarray:
        return np.flatnonzero(wanted & self.good)

    def require(self, rows: np.ndarray, holds: np.ndarray) -> None:
        self.good[rows[~holds]] = False

    def outer(self) -> np.ndarray:
        rows = np.arange(len(self.good))
        head = self._take(rows, 1)
        self._has_changed = head == _ARRAY + 3
        self.require(rows, self._has_changed | (head == _ARRAY + 2))
        return rows

    def end(self) -> None:
        """Require that nothing follows but that no argument was changed: what was is read alone, as damage is."""
        self.expect(self.able(self._has_changed), _ARRAY)
        rows = self.able(self.good)
        self.require(rows, self._at[rows] == self._ends[rows])

    def count(self, rows: np.ndarray) -> np.ndarray:
        """Return how many links follow; 0 for documents that are to be read alone."""
        head = self._take(rows, 1)
        few, many = (head >= _ARRAY) & (head < _ARRAY + 16), head == 0xDC  # noqa: PLR2004 - kinds of MessagePack
        number = np.where(few, head - _ARRAY, 0)
        number[many] = self._take(rows[many], 2)
        self.require(rows, (few | many) & (number <= _MANY))
        return np.where(self.good[rows], number, 0)

    def expect(self, rows: np.ndarray, head: int) -> None:
        self.require(rows, self._take(rows, 1) == head)

    def text(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where a short text lies, and its size."""
        head = self._take(rows, 1)
        short, long = (head >= 0xA0) & (head < 0xC0), head == _STR8  # noqa: PLR2004
        size = np.where(short, head - 0xA0, 0)
        size[long] = self._take(rows[long], 1)
        self.require(rows, short | long)
        return self._skip(rows, size)

    def field(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where bytes lie, and their size; `NO_DATA` for none."""
        head = self._take(rows, 1)
        size = np.where(head == _NIL, NO_DATA, 0)
        for kind, width in ((_BIN8, 1), (_BIN16, 2), (_BIN32, 4)):
            of_kind = head == kind
            if of_kind.any():
                size[of_kind] = self._take(rows[of_kind], width)
        self.require(rows, (head == _NIL) | ((head >= _BIN8) & (head <= _BIN32)))
        return self._skip(rows, size)

    def _take(self, rows: np.ndarray, width: int) -> np.ndarray:
        """Return the number that comes next, of so many bytes."""
        at = self._at[rows]
        inside = at + width <= self._ends[rows]
        self.require(rows, inside)
        at = np.where(inside, at, 0)
        found = np.zeros(len(rows), np.int64)
        for place in range(width):
            found = (found << 8) | self._bytes[at + place]
        self._at[rows] += width
        return found

    def _skip(self, rows: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        at = self._at[rows]
        after = at + np.maximum(sizes, 0)
        inside = after <= self._ends[rows]
        self.require(rows, inside)
        self._at[rows] = np.where(inside, after, at)
        return at, np.where(inside, sizes, 0)

    def bytes_at(self, starts: np.ndarray, size: int) -> np.ndarray:
        """Return so many bytes from each place, shape ``(places, size)``."""
        if not size or not len(starts):
            return np.zeros((len(starts), size), np.uint8)
        return np.asarray(np.lib.stride_tricks.sliding_window_view(self._bytes, size)[starts])

    def data(self, starts: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray, bytes]:
        """Return data end to end: where each begins, its size, and the bytes."""
        lengths = np.maximum(sizes, 0)
        return np.cumsum(lengths) - lengths, sizes, self._bytes[ragged(starts, lengths)].tobytes()


class _Fields:
    """Where the fields of links lie in the documents: those at one position of all calls one after the other."""

    def __init__(self, numbers: np.ndarray) -> None:
        self._numbers = numbers
        self._rows: list[np.ndarray] = []
        self._positions: list[int] = []
        self._found: list[tuple[np.ndarray, ...]] = []

    def put(self, rows: np.ndarray, position: int, *fields: tuple[np.ndarray, np.ndarray]) -> None:
        self._rows.append(rows)
        self._positions.append(position)
        self._found.append(tuple(column for field in fields for column in field))

    def places(self, good: np.ndarray, alone: dict[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return where each call's links begin, where the fields go, and which of them are of whole documents."""
        numbers = np.where(good, self._numbers, 0)
        for row, number in alone.items():
            numbers[row] = number
        starts = np.concatenate([[0], np.cumsum(numbers)]).astype(np.int64)
        rows = np.concatenate([*self._rows, np.zeros(0, np.int64)])
        positions = np.repeat(np.array(self._positions, np.int64), [len(rows) for rows in self._rows])
        whole = np.flatnonzero(good[rows])
        columns = [np.concatenate(parts) for parts in zip(*self._found, strict=True)] or [np.zeros(0, np.int64)] * 8
        self.cids, _, self.data, self.data_sizes = columns[:4]
        if len(columns) > 4:  # noqa: PLR2004 - inputs
            self.names, self.name_sizes, self.origins, self.origin_sizes = columns[4:]
        return starts, starts[rows[whole]] + positions[whole], whole


class _Columns:
    """Columns of links that are being filled."""

    def __init__(self, starts: np.ndarray) -> None:
        number = int(starts[-1])
        self._starts = starts
        self.names = np.zeros(number, np.int32)
        self.origins = np.zeros((number, DIGEST_SIZE), np.uint8)
        self.positions = np.full(number, FREE_POSITION, np.uint16)
        self.cids = np.zeros((number, DIGEST_SIZE), np.uint8)
        self._data_starts = np.zeros(number, np.int64)
        self._data_sizes = np.full(number, NO_DATA, np.int32)
        self._data = bytearray()

    def put_data(self, places: np.ndarray, starts: np.ndarray, sizes: np.ndarray, data: bytes) -> None:
        self._data_starts[places], self._data_sizes[places] = starts + len(self._data), sizes
        self._data += data

    def put_one(self, place: int, hid: bytes, cid: bytes, data: bytes | None) -> None:
        whole = _whole(hid, _REF_SIZE)
        self.origins[place] = np.frombuffer(whole[:DIGEST_SIZE], np.uint8)
        self.positions[place] = int.from_bytes(whole[DIGEST_SIZE:], "big")
        self.cids[place] = np.frombuffer(_whole(cid, DIGEST_SIZE), np.uint8)
        self._data_starts[place] = len(self._data)
        self._data_sizes[place] = NO_DATA if data is None else len(data)
        self._data += data or b""

    def done(self) -> LinkColumns:
        return LinkColumns(
            self._starts,
            self.names,
            self.origins,
            self.positions,
            self.cids,
            self._data_starts,
            self._data_sizes,
            bytes(self._data),
        )


def _whole(found: bytes, size: int) -> bytes:
    if len(found) != size:
        raise StoreError(f"a record of this store is damaged: {found!r} is no id")
    return found
