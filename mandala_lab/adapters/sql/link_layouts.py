"""Layouts of links' documents: the bytes that documents of one kind have in common, and what lies between them.

Calls of one op mostly differ in their ids and data alone. So a document is taken
apart once, and all that are built like it are compared with it and cut at the same
places, the data being the only pieces whose sizes may differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import msgpack

from mandala_lab.adapters.sql.rows import Links
from mandala_lab.model.columns import NO_DATA, pieces
from mandala_lab.model.hashing import DIGEST_SIZE

REF_SIZE = DIGEST_SIZE + 2
_WORD = 8
_ARRAY, _BIN8, _BIN16, _BIN32, _NIL = 0x90, 0xC4, 0xC5, 0xC6, 0xC0
_CID = bytes([_BIN8, DIGEST_SIZE])
_ORIGIN, _NO_ORIGIN = bytes([_BIN8, REF_SIZE]), bytes([_BIN8, 0])


class Documents:
    """The documents of a page of calls.

    Parameters
    ----------
    whole
        All of them, end to end.
    sizes
        How long each is.
    """

    def __init__(self, whole: bytes, sizes: np.ndarray) -> None:
        self.ends = np.cumsum(sizes)
        self.starts = self.ends - sizes
        self.raw = np.frombuffer(whole + bytes(_WORD), np.uint8)
        self._heads = pieces(self.raw, self.starts, _WORD).view(np.uint64).ravel()

    @classmethod
    def of(cls, documents: Sequence[bytes]) -> Documents:
        """Return those that are given one by one."""
        return cls(b"".join(documents), np.fromiter(map(len, documents), np.int64, len(documents)))

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, row: int) -> bytes:
        return self.raw[self.starts[row] : self.ends[row]].tobytes()

    def begin_so(self, rows: np.ndarray, mask: np.uint64, head: np.uint64) -> np.ndarray:
        """Whether documents begin like one; all that count in `mask` are looked at."""
        return np.asarray((self._heads[rows] & mask) == head)

    def data(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return where the data lie whose heads are at these places, their sizes, and whether they are data."""
        head, size = pieces(self.raw, at, 2).T.astype(np.int64)
        begin = at + 2
        is_data = head == _BIN8
        if not is_data.all():
            nothing = head == _NIL
            size[~is_data], begin[nothing] = NO_DATA, at[nothing] + 1
            is_data |= nothing
            for kind, width in ((_BIN16, 2), (_BIN32, 4)):
                here = np.flatnonzero(head == kind)
                size[here] = pieces(self.raw, at[here] + 1, width).astype(np.int64) @ (256 ** np.arange(width)[::-1])
                begin[here] = at[here] + 1 + width
                is_data[here] = True
        return begin, size, is_data


@dataclass(frozen=True, slots=True)
class Pieces:
    """One link of each of several documents."""

    cids: np.ndarray
    origins: np.ndarray | None
    data_starts: np.ndarray
    data_sizes: np.ndarray

    def take(self, places: np.ndarray) -> Pieces:
        """Return those at these places."""
        origins = None if self.origins is None else self.origins[places]
        return Pieces(self.cids[places], origins, self.data_starts[places], self.data_sizes[places])


class _Segment:
    """What lies before the data of one link, or behind the last: fixed bytes, and ids between them."""

    def __init__(self, before: bytes, after: bytes = b"", origin_size: int = 0, *, has_cid: bool = True) -> None:
        self._cid = len(before)
        self._origin = self._cid + DIGEST_SIZE * has_cid + len(after)
        self.origin_size = origin_size
        self.size = self._origin + origin_size
        room = bytes(DIGEST_SIZE * has_cid)
        fixed = before + room + after
        mask = b"\xff" * len(before) + room + b"\xff" * len(after)
        self._width = -(-self.size // _WORD) * _WORD
        masks, words = (np.frombuffer(one.ljust(self._width, b"\0"), np.uint64) for one in (mask, fixed))
        self._words = [(place, masks[place], words[place]) for place in np.flatnonzero(masks).tolist()]

    @property
    def head(self) -> tuple[np.uint64, np.uint64]:
        """The first word, and what of it is fixed."""
        return next(((mask, word) for place, mask, word in self._words if place == 0), (np.uint64(0), np.uint64(0)))

    def cut(self, documents: Documents, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return whether documents go on so, and their content ids and origins."""
        found = pieces(documents.raw, at, self._width)
        words = found.view(np.uint64)
        good = np.ones(len(at), bool)
        for place, mask, word in self._words:
            good &= (words[:, place] & mask) == word
        return good, found[:, self._cid : self._cid + DIGEST_SIZE], found[:, self._origin : self.size]


class Layout:
    """How a document is built; `given` links are of arguments, those that follow are of outputs.

    Parameters
    ----------
    links
        What a document says.
    has_changed
        Whether it says which arguments were changed, as all but old ones do; here, that none was.
    """

    def __init__(self, links: Links, *, has_changed: bool) -> None:
        self.names = [each.name for each in links.inputs]
        self.given = len(links.inputs)
        self._segments: list[_Segment] = []
        head = bytes([_ARRAY + 2 + has_changed]) + _head(self.given)
        for each in links.inputs:
            before = head + bytes([_ARRAY + 4]) + msgpack.encode(each.name) + _CID
            after, size = (_ORIGIN, REF_SIZE) if each.origin else (_NO_ORIGIN, 0)
            self._segments.append(_Segment(before, after, size))
            head = b""
        head += _head(len(links.outputs))
        for _ in links.outputs:
            self._segments.append(_Segment(head + bytes([_ARRAY + 2]) + _CID))
            head = b""
        self._end = _Segment(head + bytes([_ARRAY]) * has_changed, has_cid=False)
        self.head = (self._segments or [self._end])[0].head

    @property
    def made(self) -> int:
        """Number of outputs."""
        return len(self._segments) - self.given

    def cut(self, documents: Documents, rows: np.ndarray) -> tuple[np.ndarray, list[Pieces]]:
        """Return the rows of documents that are built so, and their links in order.

        A document that is not is read like one that is, whatever comes of it, and
        left out in the end: where all is as expected and it ends where it should,
        nothing was read but what is its own.
        """
        at, good = documents.starts[rows], np.ones(len(rows), bool)
        found: list[Pieces] = []
        for segment in self._segments:
            goes_on, cids, origins = segment.cut(documents, at)
            begin, sizes, is_data = documents.data(at + segment.size)
            found.append(Pieces(cids, origins if segment.origin_size else None, begin, sizes))
            good &= goes_on & is_data
            at = begin + np.maximum(sizes, 0)
        ends, _, _ = self._end.cut(documents, at)
        good &= ends & (at + self._end.size == documents.ends[rows])
        if good.all():
            return rows, found
        kept = np.flatnonzero(good)
        return rows[kept], [each.take(kept) for each in found]


def _head(number: int) -> bytes:
    """Return how an array of so many begins."""
    return msgpack.encode([None] * number)[: -number or None]
