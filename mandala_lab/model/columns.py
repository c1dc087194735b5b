"""Recorded calls as columns: what frames are made of, without an object for each call.

Owns the arrays in which calls and their links pass from a store to a frame. Does
not own which calls those are, nor what becomes of them (room `frame`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mandala_lab.model.calls import Given, History
from mandala_lab.model.grown import Grown
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.refs import ValueSource

FREE_POSITION = 0xFFFF
"""Stands in place of the position among the outputs of a call, for a ref that none made."""

NO_DATA = -1
"""Size of data that do not go with a link, since the value lies among the stored values."""


@dataclass(frozen=True, slots=True)
class LinkColumns:
    """What calls took, or what they made, end to end.

    Attributes
    ----------
    starts
        Where the links of each call begin, and behind the last where they end, shape ``(calls + 1,)``.
    names
        Numbers of names, for arguments; positions, for outputs. Shape ``(links,)``, as of all that follow.
    origins, positions
        History ids of the refs in two parts: that of the call that made it (20 bytes in a
        row) and the position among its outputs, or the content id and `FREE_POSITION`.
    cids
        Content ids, 20 bytes in a row.
    data_starts, data_sizes
        Where the encoded small value lies in `data`; size `NO_DATA` where it does not.
    data
        The encoded small values.
    """

    starts: np.ndarray
    names: np.ndarray
    origins: np.ndarray
    positions: np.ndarray
    cids: np.ndarray
    data_starts: np.ndarray
    data_sizes: np.ndarray
    data: bytes

    def take(self, places: np.ndarray) -> LinkColumns:
        """Return the links of the calls at these places, in their order; the data are shared."""
        sizes = np.diff(self.starts)[places]
        links = ragged(self.starts[places], sizes)
        return LinkColumns(
            np.concatenate([[0], np.cumsum(sizes)]),
            self.names[links],
            self.origins[links],
            self.positions[links],
            self.cids[links],
            self.data_starts[links],
            self.data_sizes[links],
            self.data,
        )

    def take_links(self, places: np.ndarray) -> LinkColumns:
        """Return the links at these places, of no call, with their own data alone."""
        starts, data = gathered(np.frombuffer(self.data, np.uint8), self.data_starts[places], self.data_sizes[places])
        return LinkColumns(
            np.zeros(1, np.int64),
            self.names[places],
            self.origins[places],
            self.positions[places],
            self.cids[places],
            starts,
            self.data_sizes[places],
            bytes(data),
        )


@dataclass(frozen=True, slots=True)
class CodeState:
    """The code version that calls ran, and the global data that it read."""

    version: str
    reads: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class CallDetails:
    """What is known of calls beside their links: read when it is asked for.

    Attributes
    ----------
    rows, hids, cids
        Which calls these are, in order of recording; 20 bytes in a row.
    states, state_numbers
        The code that they ran, by number.
    executed, started_us, duration_us
        Flags, microseconds since the epoch, and microseconds.
    errors
        Tracebacks of failed calls, by place.
    """

    rows: np.ndarray
    hids: np.ndarray
    cids: np.ndarray
    states: Sequence[CodeState]
    state_numbers: np.ndarray
    executed: np.ndarray
    started_us: np.ndarray
    duration_us: np.ndarray
    errors: Mapping[int, str]

    def take(self, places: np.ndarray) -> CallDetails:
        """Return the details at these places, in their order."""
        errors = {number: self.errors[place] for number, place in enumerate(places.tolist()) if place in self.errors}
        return CallDetails(
            self.rows[places],
            self.hids[places],
            self.cids[places],
            self.states,
            self.state_numbers[places],
            self.executed[places],
            self.started_us[places],
            self.duration_us[places],
            errors,
        )


_NONE = np.zeros(0, np.int64)
NO_DETAILS = CallDetails(
    _NONE, np.zeros((0, 20), np.uint8), np.zeros((0, 20), np.uint8), (), _NONE, np.zeros(0, bool), _NONE, _NONE, {}
)
"""Of no calls."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What stands behind columns: where refs load their values, calls find their occurrences, and details are read."""

    source: ValueSource
    history: History
    details: Callable[[np.ndarray], CallDetails]


@dataclass(frozen=True, slots=True)
class CallColumns:
    """Recorded calls, in order of recording.

    Attributes
    ----------
    origin
        The store that they are from.
    specs, names
        What `ops` and the names of arguments are numbers in.
    rows
        Numbers that grow in order of recording, shape ``(calls,)``, as of all that follow.
    hids
        20 bytes in a row.
    failed
        Flags.
    inputs, outputs
        What they took and made.
    """

    origin: Origin
    specs: Sequence[OpSpec]
    names: Sequence[str]
    rows: np.ndarray
    hids: np.ndarray
    ops: np.ndarray
    failed: np.ndarray
    inputs: LinkColumns
    outputs: LinkColumns

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: np.ndarray) -> CallColumns:
        """Return the calls at these places, in their order."""
        return replace(
            self,
            **_plain(lambda name: getattr(self, name)[places]),
            inputs=self.inputs.take(places),
            outputs=self.outputs.take(places),
        )


PLAIN = ("rows", "hids", "ops", "failed")
"""Names of the columns that hold one element for each call."""

LINK_PLAIN = ("names", "origins", "positions", "cids", "data_sizes")
"""Names of the columns that hold one element for each link, and say nothing of other columns."""


def _plain(make: Callable[[str], np.ndarray]) -> dict[str, Any]:
    return {name: make(name) for name in PLAIN}


def joined(parts: Iterable[CallColumns]) -> CallColumns:
    """Return batches that have their specs and names in common, end to end; there is at least one.

    Each is copied as it comes, so that no more than one need be in memory beside the result.
    """
    following = iter(parts)
    part = next(following)
    plain = {name: Grown.of(getattr(part, name)) for name in PLAIN}
    inputs, outputs = _JoinedLinks(part.inputs), _JoinedLinks(part.outputs)
    for part in following:
        for name, column in plain.items():
            column.extend(getattr(part, name))
        inputs.add(part.inputs)
        outputs.add(part.outputs)
    return replace(part, **_plain(lambda name: plain[name].view), inputs=inputs.links(), outputs=outputs.links())


class _JoinedLinks:
    """Links of batches, end to end."""

    def __init__(self, first: LinkColumns) -> None:
        self._columns = {name: Grown.of(getattr(first, name)) for name in LINK_PLAIN}
        self._starts, self._data_starts = Grown.of(first.starts), Grown.of(first.data_starts)
        self._data = bytearray(first.data)

    def add(self, part: LinkColumns) -> None:
        self._starts.extend(part.starts[1:] + self._columns["names"].size)
        for name, column in self._columns.items():
            column.extend(getattr(part, name))
        self._data_starts.extend(part.data_starts + len(self._data))
        self._data += part.data

    def links(self) -> LinkColumns:
        return LinkColumns(
            starts=self._starts.view,
            data_starts=self._data_starts.view,
            data=bytes(self._data),
            **{name: column.view for name, column in self._columns.items()},
        )


_SHORT = 32


def ragged(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the places of runs that begin somewhere and have these sizes, run after run.

    Examples
    --------
    >>> ragged(np.array([10, 20]), np.array([2, 3])).tolist()
    [10, 11, 20, 21, 22]
    """
    ends = np.cumsum(sizes)
    return np.repeat(starts - (ends - sizes), sizes) + np.arange(int(ends[-1]) if len(ends) else 0)


def pieces(raw: np.ndarray, starts: np.ndarray, size: int) -> np.ndarray:
    """Return so many bytes from each place, shape ``(places, size)``; anything for a place that is not there.

    Examples
    --------
    >>> pieces(np.frombuffer(b"abcdef", np.uint8), np.array([0, 3]), 2).tobytes()
    b'abde'
    """
    if not 0 < size <= len(raw):
        return np.zeros((len(starts), size), np.uint8)
    windows = np.ndarray((len(raw) - size + 1,), f"V{size}", np.ascontiguousarray(raw), strides=(1,))
    return np.asarray(windows[np.minimum(starts, len(raw) - size)].view(np.uint8).reshape(len(starts), size))


def gathered(raw: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, bytearray]:
    """Return runs of bytes end to end in some order, and where each begins; those of no size, or less, are left out.

    Short ones are taken size by size, all of a size at once: most data are short,
    and going byte by byte takes ten times as long.

    Examples
    --------
    >>> starts, data = gathered(np.frombuffer(b"abcdef", np.uint8), np.array([4, 0, 2]), np.array([2, -1, 1]))
    >>> starts.tolist(), bytes(data)
    ([1, 0, 0], b'cef')
    """
    begin, found = np.zeros(len(sizes), np.int64), bytearray()
    for size in np.flatnonzero(np.bincount(sizes[(sizes > 0) & (sizes <= _SHORT)])).tolist():
        places = np.flatnonzero(sizes == size)
        begin[places] = len(found) + size * np.arange(len(places))
        found += pieces(raw, starts[places], size).tobytes()
    places = np.flatnonzero(sizes > _SHORT)
    long = sizes[places].astype(np.int64)
    begin[places] = len(found) + np.cumsum(long) - long
    found += raw[ragged(starts[places], long)].tobytes()
    return begin, found
