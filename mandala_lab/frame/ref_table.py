"""`RefTable`: the refs that frames speak of, numbered, as columns.

A ref that a call made is found through its call; one that no call made, or whose call
is not here, by its own id. Makes `Ref` objects of numbers on demand.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import repeat

import numpy as np

from mandala_lab.frame.hids import Hids, texts_of, whole_ids
from mandala_lab.frame.links import NONE, Links
from mandala_lab.frame.numbers import is_in
from mandala_lab.frame.whole import uninterrupted
from mandala_lab.model.columns import FREE_POSITION, NO_DATA, LinkColumns, gathered
from mandala_lab.model.grown import Grown
from mandala_lab.model.hashing import DIGEST_SIZE
from mandala_lab.model.ids import IdTable
from mandala_lab.model.refs import MISSING, Ref, ValueSource
from mandala_lab.model.structures import MARK, CollectionRef, ref_class


class RefTable:
    """Refs by number; numbers are never given anew.

    Parameters
    ----------
    lock
        Held while refs are looked for or taken in.
    call_ids, outputs
        The calls that may have made them, and what these made.

    Attributes
    ----------
    cids
        Their content ids.
    makers
        The call that made each, or `NONE`.
    source
        Where they load their values.
    """

    def __init__(self, lock: threading.RLock, call_ids: IdTable, outputs: Links) -> None:
        self._lock = lock
        self._call_ids, self._outputs = call_ids, outputs
        self._free_ids, self._outside_ids = IdTable(DIGEST_SIZE), IdTable(DIGEST_SIZE + 2)
        self._free, self._outside = Grown(np.int64), Grown(np.int64)  # the numbers of such refs
        self._origins, self._positions = Grown(np.uint8, DIGEST_SIZE), Grown(np.uint16)  # the two parts of their hids
        self.cids = Grown(np.uint8, DIGEST_SIZE)
        self.makers = Grown(np.int32)
        self._data_starts, self._data_sizes = Grown(np.int64), Grown(np.int32)
        self._data = bytearray()
        self._given: dict[int, Ref] = {}
        self.source: ValueSource | None = None

    def __len__(self) -> int:
        return self.makers.size

    def __getitem__(self, number: int) -> Ref:
        """Return a ref; its value is loaded on demand."""
        return self.of(np.array([number]))[0]

    def of(self, numbers: np.ndarray) -> list[Ref]:
        """Return refs; for many much faster than one by one."""
        hids, cids, source = self.hids.texts(numbers), texts_of(self.cids.view[numbers]), self.source
        begin, sizes = self._data_starts.view[numbers], self._data_sizes.view[numbers]
        with self._lock:
            starts, data = gathered(np.frombuffer(self._data, np.uint8), begin, sizes)
        whole, ends = bytes(data), (starts + sizes).tolist()  # no data end before they begin
        own = [None if start > end else whole[start:end] for start, end in zip(starts.tolist(), ends, strict=True)]
        found = list(map(Ref, cids, hids, repeat(source), repeat(MISSING), own))
        for place in np.flatnonzero(self._is_marked(numbers)).tolist():
            found[place] = ref_class(own[place])(cids[place], hids[place], source, data=own[place])
        if self._given:
            given = np.array(sorted(self._given), np.int64)
            for place in np.flatnonzero(is_in(numbers, given)).tolist():
                found[place] = self._given[int(numbers[place])]
        return found

    @property
    def hids(self) -> Hids:
        """Their history ids."""
        return Hids(DIGEST_SIZE + 2, self.find, self.ids)  # kept, it would keep the table until a collection

    def hid(self, number: int) -> str:
        """Return the history id of a ref."""
        return self.hids.texts(np.array([number]))[0]

    def ids(self, numbers: np.ndarray) -> np.ndarray:
        """Return the history ids of refs, shape ``(refs, 22)``."""
        return whole_ids(self._origins.view[numbers], self._positions.view[numbers])

    def maker_ids(self, numbers: np.ndarray) -> np.ndarray:
        """Return the hids of the calls that made refs, known or not, shape ``(refs, 20)``."""
        return np.asarray(self._origins.view[numbers])

    def is_free(self, numbers: np.ndarray) -> np.ndarray:
        """Whether no call made each of these refs."""
        return np.asarray(self._positions.view[numbers] == FREE_POSITION)

    def is_collection(self, numbers: np.ndarray) -> np.ndarray:
        """Whether each of these refs is of a value that is stored element by element."""
        marked = self._is_marked(numbers)
        given = [ref for ref, held in self._given.items() if isinstance(held, CollectionRef)]
        return marked | np.isin(numbers, given) if given else marked

    def _is_marked(self, numbers: np.ndarray) -> np.ndarray:
        """Whether the data of each of these refs begin as those of a collection do."""
        starts, found = self._data_starts.view[numbers], self._data_sizes.view[numbers] > 1
        with self._lock:
            found[found] = np.frombuffer(self._data, np.uint8)[starts[found]] == MARK
        return np.asarray(found)

    def find(self, ids: np.ndarray) -> np.ndarray:
        """Return the numbers of refs by their history ids, shape ``(refs, 22)``; -1 for one that is not here."""
        positions = ids[:, DIGEST_SIZE].astype(np.uint16) << 8 | ids[:, DIGEST_SIZE + 1]
        with self._lock:
            found = self._find_made(ids[:, :DIGEST_SIZE], positions)
            for is_of_kind, table, numbers in (
                (positions == FREE_POSITION, self._free_ids, self._free),
                ((positions != FREE_POSITION) & (found < 0), self._outside_ids, self._outside),
            ):
                wanted = np.flatnonzero(is_of_kind)
                at = table.find(ids[wanted, : table.width])
                found[wanted[at >= 0]] = numbers.view[at[at >= 0]]
            return found

    def columns(self, links: Links, calls: np.ndarray) -> LinkColumns:
        """Return the links of calls as columns."""
        places, _ = links.places(calls)
        starts = links.starts.view
        sizes, refs = starts[calls + 1] - starts[calls], links.refs.view[places]
        return LinkColumns(
            np.concatenate([[0], np.cumsum(sizes)]),
            links.names.view[places],
            self._origins.view[refs],
            self._positions.view[refs],
            self.cids.view[refs],
            self._data_starts.view[refs],
            self._data_sizes.view[refs],
            bytes(self._data),
        )

    # --- taking in

    def add_given(self, refs: Sequence[Ref]) -> np.ndarray:
        """Take in refs that a person holds, and return their numbers."""
        origins, cids = (
            np.frombuffer(b"".join(bytes.fromhex(each) for each in ids), np.uint8).reshape(-1, DIGEST_SIZE)
            for ids in ([ref.hid[: 2 * DIGEST_SIZE] for ref in refs], [ref.cid for ref in refs])
        )
        positions = np.array([int(ref.hid[2 * DIGEST_SIZE :], 16) for ref in refs], np.uint16)
        nothing = np.zeros(len(refs), np.int64)
        links = LinkColumns(nothing, nothing, origins, positions, cids, nothing, nothing + NO_DATA, b"")
        with self._lock, uninterrupted():
            before = len(self)
            numbers = self.add_taken(links)
            for number, ref in zip(numbers.tolist(), refs, strict=True):
                if number >= before:
                    self._given.setdefault(number, ref)
        return numbers

    def add_made(self, made: LinkColumns, makers: np.ndarray) -> np.ndarray:
        """Return the numbers of what new calls made: new ones, but for refs that were known before their makers."""
        if not len(self._outside_ids):
            found = self._append(made, np.arange(len(made.positions)))
        else:
            at = self._outside_ids.find(whole_ids(made.origins, made.positions))
            found = np.where(at >= 0, self._outside.view[np.maximum(at, 0)], NONE)
            new, old = np.flatnonzero(at < 0), np.flatnonzero(at >= 0)
            self._hold_as_made(found[old], made, old)
            found[new] = self._append(made, new)
        self.makers.view[found] = makers
        return found

    def _hold_as_made(self, numbers: np.ndarray, made: LinkColumns, places: np.ndarray) -> None:
        """Let refs hold what their makers made: a call may have taken what another record of its maker says."""
        other = np.flatnonzero((self.cids.view[numbers] != made.cids[places]).any(axis=1))
        if len(other):
            links, at, base = made.take_links(places[other]), numbers[other], len(self._data)
            self._data += links.data
            self.cids = self.cids.changed(at, links.cids)
            self._data_starts = self._data_starts.changed(at, links.data_starts + base)
            self._data_sizes = self._data_sizes.changed(at, links.data_sizes)

    def add_taken(self, links: LinkColumns) -> np.ndarray:
        """Return the numbers of refs; those that are not here get new ones."""
        found = self._find_made(links.origins, links.positions)
        is_free = links.positions == FREE_POSITION
        wanted = np.flatnonzero(is_free)
        self._add_by_id(self._free_ids, self._free, links.origins[wanted], wanted, links, found)
        outside = np.flatnonzero(~is_free & (found < 0))
        if len(outside):
            ids = whole_ids(links.origins[outside], links.positions[outside])
            self._add_by_id(self._outside_ids, self._outside, ids, outside, links, found)
        return found

    def _add_by_id(
        self, table: IdTable, numbers: Grown, ids: np.ndarray, places: np.ndarray, links: LinkColumns, found: np.ndarray
    ) -> None:
        before = len(table)
        at = table.add(ids)
        firsts = np.zeros(len(table) - before, np.int64)
        new = np.flatnonzero(at >= before)[::-1]
        firsts[at[new] - before] = places[new]  # of several places the first stays
        numbers.extend(self._append(links, firsts))
        found[places] = numbers.view[at]

    def _find_made(self, origins: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Return the numbers of refs that calls here made; -1 for others."""
        found = np.full(len(positions), NONE, np.int64)
        made = np.flatnonzero(positions != FREE_POSITION)
        makers = self._call_ids.find(origins[made])
        starts = self._outputs.starts.view
        known = np.flatnonzero((makers >= 0) & (makers < len(starts) - 1))
        makers, made = makers[known], made[known]
        places = starts[makers] + positions[made]
        whole = places < starts[makers + 1]
        found[made[whole]] = self._outputs.refs.view[places[whole]]
        return found

    def _append(self, links: LinkColumns, places: np.ndarray) -> np.ndarray:
        """Give numbers to new refs, one for each place among links, and return them."""
        first, base = len(self), len(self._data)
        if len(places) < len(links.positions):
            links = links.take_links(places)
        self._data += links.data
        for column, values in (
            (self._origins, links.origins),
            (self._positions, links.positions),
            (self.cids, links.cids),
            (self._data_starts, links.data_starts + base),
            (self._data_sizes, links.data_sizes),
        ):
            column.extend(values)
        self.makers.extend(np.full(len(places), NONE, np.int32))
        return np.arange(first, first + len(places))
