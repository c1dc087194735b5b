"""The documents of many calls' links, read together: those of one layout as one, piece by piece.

A document of no layout that others have is read alone by the decoder of `rows`, which
says what is wrong with one that is damaged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mandala_lab.adapters.sql.link_layouts import REF_SIZE, Documents, Layout, Pieces
from mandala_lab.adapters.sql.rows import Links, bytes_to_links
from mandala_lab.model.columns import FREE_POSITION, NO_DATA, LinkColumns, gathered
from mandala_lab.model.errors import StoreError
from mandala_lab.model.hashing import DIGEST_SIZE, output_hid

_MANY = 64
"""A call with more links than this is read alone."""
_LAYOUTS = 256
"""So many layouts are remembered; where there are more, what is of another is read alone."""
_OLD = 0x92
"""How a document begins that does not say which arguments were changed."""


class LinkReader:
    """Reads documents, batch by batch.

    Attributes
    ----------
    names
        The names of arguments so far, by their numbers.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._layouts: list[Layout] = []

    def read(self, documents: Documents, hids: np.ndarray) -> tuple[LinkColumns, LinkColumns]:
        """Return the inputs and outputs of a batch of calls.

        Raises
        ------
        StoreError
            Where a document is damaged.
        """
        cut, alone = self._cut(documents)
        inputs = _columns(len(documents), [(rows, layout.given) for layout, rows, _ in cut], alone, _given)
        outputs = _columns(len(documents), [(rows, layout.made) for layout, rows, _ in cut], alone, _made)
        for layout, rows, pieces in cut:
            for position, (name, each) in enumerate(zip(layout.names, pieces, strict=False)):
                inputs.put(inputs.starts[rows] + position, self._number(name), each)
            for position, each in enumerate(pieces[layout.given :]):
                outputs.put(outputs.starts[rows] + position, position, each)
        for row, links in alone.items():
            for place, given in enumerate(links.inputs, int(inputs.starts[row])):
                inputs.put_one(place, self._number(given.name), given.hid, given.cid, given.data)
            for position, made in enumerate(links.outputs):
                hid = output_hid(bytes(hids[row]), position)
                outputs.put_one(int(outputs.starts[row]) + position, position, hid, made.cid, made.data)
        outputs.positions[:] = outputs.names
        outputs.origins[:] = np.repeat(hids, np.diff(outputs.starts), axis=0)
        return inputs.done(documents), outputs.done(documents)

    def _cut(self, documents: Documents) -> tuple[list[tuple[Layout, np.ndarray, list[Pieces]]], dict[int, Links]]:
        """Return the links of documents by layout, and those that are read alone."""
        found: list[tuple[Layout, np.ndarray, list[Pieces]]] = []
        is_left = np.ones(len(documents), bool)

        def cut(layout: Layout) -> bool:
            left = np.flatnonzero(is_left)
            rows, pieces = layout.cut(documents, left[documents.begin_so(left, *layout.head)])
            is_left[rows] = False
            if len(rows):
                found.append((layout, rows, pieces))
            return bool(len(rows))

        for layout in self._layouts:
            cut(layout)
        alone: dict[int, Links] = {}
        for row in np.flatnonzero(is_left).tolist():
            if is_left[row]:
                alone[row] = bytes_to_links(documents[row])
                learnt = self._layout(alone[row], documents[row])
                if learnt is not None and cut(learnt):
                    self._layouts.append(learnt)
                if not is_left[row]:
                    del alone[row]
        return found, alone

    def _layout(self, links: Links, document: bytes) -> Layout | None:
        """Return what others may be like, unless there is too much to remember."""
        if links.changed or len(links.inputs) + len(links.outputs) > _MANY or len(self._layouts) == _LAYOUTS:
            return None
        return Layout(links, has_changed=document[0] != _OLD)

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number


def _given(links: Links) -> int:
    return len(links.inputs)


def _made(links: Links) -> int:
    return len(links.outputs)


def _columns(
    number: int, cut: list[tuple[np.ndarray, int]], alone: dict[int, Links], count: Callable[[Links], int]
) -> _Columns:
    """Return columns with room for the links of so many calls."""
    sizes = np.zeros(number, np.int64)
    for rows, size in cut:
        sizes[rows] = size
    for row, links in alone.items():
        sizes[row] = count(links)
    return _Columns(np.concatenate([[0], np.cumsum(sizes)]))


class _Columns:
    """Columns of links that are being filled."""

    def __init__(self, starts: np.ndarray) -> None:
        number = int(starts[-1])
        self.starts = starts
        self.names = np.zeros(number, np.int32)
        self.origins = np.zeros((number, DIGEST_SIZE), np.uint8)
        self.positions = np.full(number, FREE_POSITION, np.uint16)
        self._cids = np.zeros((number, DIGEST_SIZE), np.uint8)
        self._data_starts = np.zeros(number, np.int64)
        self._data_sizes = np.full(number, NO_DATA, np.int32)
        self._own: dict[int, bytes] = {}

    def put(self, places: np.ndarray, name: int, found: Pieces) -> None:
        self.names[places] = name
        self._cids[places] = found.cids
        if found.origins is None:
            self.origins[places] = found.cids
        else:
            self.origins[places] = found.origins[:, :DIGEST_SIZE]
            high, low = found.origins[:, DIGEST_SIZE:].T.astype(np.uint16)
            self.positions[places] = high << 8 | low
        self._data_starts[places], self._data_sizes[places] = found.data_starts, found.data_sizes

    def put_one(self, place: int, name: int, hid: bytes, cid: bytes, data: bytes | None) -> None:
        whole = _whole(hid, REF_SIZE)
        self.names[place] = name
        self.origins[place] = np.frombuffer(whole[:DIGEST_SIZE], np.uint8)
        self.positions[place] = int.from_bytes(whole[DIGEST_SIZE:], "big")
        self._cids[place] = np.frombuffer(_whole(cid, DIGEST_SIZE), np.uint8)
        if data is not None:
            self._own[place] = data

    def done(self, documents: Documents) -> LinkColumns:
        starts, data = gathered(documents.raw, self._data_starts, self._data_sizes)
        for place, own in self._own.items():
            starts[place], self._data_sizes[place] = len(data), len(own)
            data += own
        return LinkColumns(
            self.starts,
            self.names,
            self.origins,
            self.positions,
            self._cids,
            starts,
            self._data_sizes,
            bytes(data),
        )


def _whole(found: bytes, size: int) -> bytes:
    if len(found) != size:
        raise StoreError(f"a record of this store is damaged: {found!r} is no id")
    return found
