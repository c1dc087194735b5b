"""`Catalogue`: the calls and refs that frames speak of, numbered, as columns.

A catalogue only ever grows, so the frames that share one need not copy it: a frame
holds the numbers of its elements. Owns what a call took and made, in numbers, and
makes `Call` and `Ref` objects of them on demand. Does not own what is in a frame.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np

from mandala_lab.frame.hids import Hids, texts_of, whole_ids
from mandala_lab.frame.links import NONE, Links, Takers
from mandala_lab.frame.numbers import distinct, is_in
from mandala_lab.model.calls import Call
from mandala_lab.model.columns import FREE_POSITION, NO_DATA, NO_DETAILS, CallColumns, CallDetails, LinkColumns, Origin
from mandala_lab.model.grown import Grown
from mandala_lab.model.hashing import DIGEST_SIZE
from mandala_lab.model.ids import IdTable
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.refs import Ref, ValueSource
from mandala_lab.model.structures import RESERVED, CollectionRef, ref_class

MICRO = 1_000_000


class Catalogue:
    """Calls and refs by number; numbers are never given anew."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.specs: list[OpSpec] = []
        self.labels: list[str] = []
        self._op_numbers: dict[str, int] = {}
        self._label_numbers: dict[str, int] = {}
        self._given: dict[int, Ref] = {}
        self._origin: Origin | None = None
        self.call_ids = IdTable(DIGEST_SIZE)
        self._free_ids, self._outside_ids = IdTable(DIGEST_SIZE), IdTable(DIGEST_SIZE + 2)
        self._free, self._outside = Grown(np.int64), Grown(np.int64)  # the numbers of such refs
        self._origins, self._positions = Grown(np.uint8, DIGEST_SIZE), Grown(np.uint16)  # the two parts of their hids
        self.call_hids = Hids(DIGEST_SIZE, self.call_ids.find, lambda numbers: self.call_ids.rows.view[numbers])
        self.ref_hids = Hids(DIGEST_SIZE + 2, self.find_refs, self.ref_ids)
        self.rows, self.ops, self.failed = Grown(np.int64), Grown(np.int32), Grown(bool)
        self.inputs, self.outputs = Links(), Links()
        self.ref_cids = Grown(np.uint8, DIGEST_SIZE)
        self.makers = Grown(np.int32)
        """The call that made each ref, or `NONE`."""
        self._data_starts, self._data_sizes = Grown(np.int64), Grown(np.int32)
        self._data = bytearray()
        self._takers = Takers(self.inputs)
        self.held: frozenset[str] = frozenset()
        """Keys of ops all of whose calls are here, as of the event `held_at` of the store."""
        self.held_at = self.whole_at = NONE
        """As of which event of the store all calls are here."""

    def add(self, found: CallColumns) -> np.ndarray:
        """Take in calls, those that are not here yet, and return the numbers of all of them.

        A call that failed when it was taken in stays so, though it may have succeeded since.
        """
        with self._lock:
            self._origin = found.origin
            known = self.call_ids.find(found.hids)
            new = np.flatnonzero(known < 0)
            if len(new):
                known[new] = np.arange(len(self), len(self) + len(new))
                self._take_in(found if len(new) == len(found) else found.take(new))
            return known

    def add_refs(self, refs: Sequence[Ref]) -> np.ndarray:
        """Take in refs that a person holds, and return their numbers."""
        with self._lock:
            origins, cids = (
                np.frombuffer(b"".join(bytes.fromhex(each) for each in ids), np.uint8).reshape(-1, DIGEST_SIZE)
                for ids in ([ref.hid[: 2 * DIGEST_SIZE] for ref in refs], [ref.cid for ref in refs])
            )
            positions = np.array([int(ref.hid[2 * DIGEST_SIZE :], 16) for ref in refs], np.uint16)
            before = self.ref_count
            nothing = np.zeros(len(refs), np.int64)
            links = LinkColumns(nothing, nothing, origins, positions, cids, nothing, nothing + NO_DATA, b"")
            numbers = self._number_refs(links)
            for number, ref in zip(numbers.tolist(), refs, strict=True):
                if number >= before:
                    self._given.setdefault(number, ref)
            return numbers

    def find_refs(self, ids: np.ndarray) -> np.ndarray:
        """Return the numbers of refs by their hids, shape ``(refs, 22)``; -1 for one that is not here."""
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

    def columns(self, calls: np.ndarray) -> CallColumns:
        """Return calls as columns, for another catalogue: the inverse of `add`."""
        assert self._origin is not None, "there are calls, which a store gave"
        return CallColumns(
            self._origin,
            self.specs,
            self.labels,
            self.rows.view[calls],
            self.call_ids.rows.view[calls],
            self.ops.view[calls],
            self.failed.view[calls],
            self._links(self.inputs, calls),
            self._links(self.outputs, calls),
        )

    def _links(self, links: Links, calls: np.ndarray) -> LinkColumns:
        places, _ = links.places(calls)
        starts = links.starts.view
        sizes, refs = starts[calls + 1] - starts[calls], links.refs.view[places]
        return LinkColumns(
            np.concatenate([[0], np.cumsum(sizes)]),
            links.names.view[places],
            self._origins.view[refs],
            self._positions.view[refs],
            self.ref_cids.view[refs],
            self._data_starts.view[refs],
            self._data_sizes.view[refs],
            bytes(self._data),
        )

    @property
    def ref_count(self) -> int:
        """Number of refs."""
        return self.makers.size

    def __len__(self) -> int:
        """Return the number of calls."""
        return len(self.call_ids)

    # --- what is asked for in numbers

    def op_number(self, key: str) -> int | None:
        """Return the number of an op."""
        return self._op_numbers.get(key)

    def label_number(self, label: str) -> int | None:
        """Return the number of a label or name."""
        return self._label_numbers.get(label)

    def takers(self, refs: np.ndarray) -> np.ndarray:
        """Return the calls here that took refs, each once."""
        with self._lock:
            return self._takers.of(refs)

    def call_ages(self, calls: np.ndarray) -> np.ndarray:
        """Return numbers by which calls, and refs by `ref_ages`, are in the order in which they appeared."""
        return np.asarray(2 * self.rows.view[calls])

    def ref_ages(self, refs: np.ndarray) -> np.ndarray:
        """Return numbers as `call_ages`: a ref comes after the call that made it, or before the first that took it."""
        found, which = np.unique(refs, return_inverse=True)  # a constant may be here often, and have many takers
        makers = self.makers.view[found]
        with self._lock:
            first = self._takers.first_rows(found, self.rows.view)
        rows = np.append(self.rows.view, 0)  # the last is that of `NONE`
        return np.asarray(np.where(makers != NONE, 2 * rows[makers] + 1, 2 * first - 1)[which])

    def in_order(self, refs: np.ndarray) -> np.ndarray:
        """Return refs in the order in which they appeared."""
        return np.asarray(refs[np.lexsort((refs, self.ref_ages(refs)))])

    def is_free(self, refs: np.ndarray) -> np.ndarray:
        """Whether no call made each of these refs."""
        return np.asarray(self._positions.view[refs] == FREE_POSITION)

    def maker_ids(self, refs: np.ndarray) -> np.ndarray:
        """Return the hids of the calls that made refs, known or not, shape ``(refs, 20)``."""
        return np.asarray(self._origins.view[refs])

    def is_collection(self, refs: np.ndarray) -> np.ndarray:
        """Whether each of these refs is of a value that is stored element by element."""
        starts, sizes = self._data_starts.view[refs], self._data_sizes.view[refs]
        marked = zip(starts.tolist(), sizes.tolist(), refs.tolist(), strict=True)
        return np.array(
            [
                self._data[start] == b"*"[0] if size > 1 else isinstance(self._given.get(ref), CollectionRef)
                for start, size, ref in marked
            ],
            bool,
        )

    # --- objects

    def call_hid(self, number: int) -> str:
        """Return the hid of a call."""
        return str(self.call_ids.rows.view[number].tobytes().hex())

    def ref_hid(self, number: int) -> str:
        """Return the hid of a ref."""
        return self.ref_hids.texts(np.array([number]))[0]

    def ref_ids(self, numbers: np.ndarray) -> np.ndarray:
        """Return the hids of refs, shape ``(refs, 22)``."""
        return whole_ids(self._origins.view[numbers], self._positions.view[numbers])

    @property
    def _given_numbers(self) -> np.ndarray:
        return np.array(sorted(self._given), np.int64)

    def spec(self, number: int) -> OpSpec:
        """Return the op of a call."""
        return self.specs[int(self.ops.view[number])]

    def ref(self, number: int) -> Ref:
        """Return a ref; its value is loaded on demand."""
        return self.refs(np.array([number]))[0]

    def refs(self, numbers: np.ndarray) -> list[Ref]:
        """Return refs; for many much faster than one by one."""
        hids, cids = self.ref_hids.texts(numbers), texts_of(self.ref_cids.view[numbers])
        starts, sizes = self._data_starts.view[numbers].tolist(), self._data_sizes.view[numbers].tolist()
        source, data = self._source, self._data
        found = []
        for cid, hid, start, size in zip(cids, hids, starts, sizes, strict=True):
            own = None if size == NO_DATA else bytes(data[start : start + size])
            found.append(ref_class(own)(cid, hid, source, data=own))
        for place in np.flatnonzero(is_in(numbers, self._given_numbers)).tolist() if self._given else []:
            found[place] = self._given[int(numbers[place])]
        return found

    def links_of(self, call: int) -> Iterator[tuple[str, int, bool]]:
        """Yield the name, the ref, and whether it is an argument, of each link of a call."""
        given, made = self.inputs.of(call), self.outputs.of(call)
        for name, ref in zip(
            self.inputs.names.view[given].tolist(), self.inputs.refs.view[given].tolist(), strict=True
        ):
            yield self.labels[name], ref, True
        for position, ref in enumerate(self.outputs.refs.view[made].tolist()):
            yield self.spec(call).output_name(position), ref, False

    def call(self, number: int) -> Call:
        """Return a call."""
        return self.calls(np.array([number]))[0]

    def calls(self, numbers: np.ndarray) -> list[Call]:
        """Return calls; for many much faster than one by one."""
        details = self.details(numbers)
        return [self._call(number, details, place) for place, number in enumerate(numbers.tolist())]

    def details(self, numbers: np.ndarray) -> CallDetails:
        """Return what else is known of calls, in their order.

        Raises
        ------
        LookupError
            Where one was deleted from the store in the meantime.
        """
        found, places, gone = self._details(numbers)
        if gone.any():
            hid = self.call_hid(int(numbers[gone][0]))
            raise LookupError(f"call {hid} was deleted from the storage after this frame was made")
        return found.take(places)

    def versions(self, numbers: np.ndarray) -> list[str]:
        """Return the ids of the code versions that calls ran; empty for those deleted in the meantime."""
        found, places, gone = self._details(numbers)
        states = found.state_numbers[places].tolist() if len(found.rows) else [0] * len(numbers)
        return ["" if lost else found.states[state].version for state, lost in zip(states, gone.tolist(), strict=True)]

    def starts_us(self, numbers: np.ndarray) -> np.ndarray:
        """Return when calls started, in microseconds since the epoch; 0 for those deleted in the meantime."""
        found, places, gone = self._details(numbers)
        return np.where(gone, 0, found.started_us[places]) if len(found.rows) else np.zeros(len(numbers), np.int64)

    def _details(self, numbers: np.ndarray) -> tuple[CallDetails, np.ndarray, np.ndarray]:
        """Return details, at which place are those of each call, and whether there are none."""
        if self._origin is None or not len(numbers):
            return NO_DETAILS, np.zeros(0, np.int64), np.zeros(0, bool)
        rows = self.rows.view[numbers]
        found = self._origin.details(rows)
        places = np.minimum(np.searchsorted(found.rows, rows), max(len(found.rows) - 1, 0))
        gone = np.ones(len(rows), bool)
        if len(found.rows):
            gone = (found.rows[places] != rows) | (found.hids[places] != self.call_ids.rows.view[numbers]).any(axis=1)
        return found, places, gone

    def _call(self, number: int, details: CallDetails, place: int) -> Call:
        spec, state = self.spec(number), details.states[int(details.state_numbers[place])]
        inputs: dict[str, Ref] = {}
        outputs: dict[str, Ref] = {}
        for name, ref, is_input in self.links_of(number):
            (inputs if is_input else outputs)[name] = self.ref(ref)
        return Call(
            hid=self.call_hid(number),
            cid=details.cids[place].tobytes().hex(),
            op=spec.key,
            name=spec.name,
            inputs=inputs,
            outputs=outputs,
            version=state.version,
            status="error" if self.failed.view[number] else "ok",
            started_s=int(details.started_us[place]) / MICRO,
            duration_s=int(details.duration_us[place]) / MICRO,
            executed=bool(details.executed[place]),
            error=details.errors.get(place, ""),
            reads={
                read.name: ref_class(read.data)(read.cid.hex(), read.hid.hex(), self._source, data=read.data)
                for read in state.reads
            },
            history=None if self._origin is None else self._origin.history,
        )

    @property
    def _source(self) -> ValueSource | None:
        return None if self._origin is None else self._origin.source

    # --- taking in

    def _take_in(self, found: CallColumns) -> None:
        """Append calls none of which is here."""
        first = len(self)
        ops = np.array([self.take_op(spec) for spec in found.specs], np.int32)[found.ops] if len(found) else found.ops
        self.call_ids.append(found.hids)
        self._add_links(found, ops, first)
        for column, values in (
            (self.rows, found.rows),
            (self.ops, ops),
            (self.failed, found.failed),
        ):
            column.extend(values)

    def _add_links(self, found: CallColumns, ops: np.ndarray, first: int) -> None:
        given, made = found.inputs, found.outputs
        owners = np.repeat(np.arange(len(found)), np.diff(made.starts))
        of_made = self._number_outputs(made)
        self.makers.view[of_made] = first + owners
        self.outputs.add(np.diff(made.starts), of_made, self._output_labels(made, ops[owners]), made.names)
        names = np.array([self._label(name) for name in found.names], np.int32)[given.names]
        of_given = self._number_refs(given)
        self.inputs.add(np.diff(given.starts), of_given, self._input_labels(found, ops, names), names)

    def _number_outputs(self, made: LinkColumns) -> np.ndarray:
        """Return the numbers of what new calls made: new ones, but for refs that were known before their makers."""
        if not len(self._outside_ids):
            return self._new_refs(made, np.arange(len(made.positions)))
        at = self._outside_ids.find(whole_ids(made.origins, made.positions))
        found = np.where(at >= 0, self._outside.view[np.maximum(at, 0)], NONE)
        new = np.flatnonzero(at < 0)
        found[new] = self._new_refs(made, new)
        return found

    def _number_refs(self, links: LinkColumns) -> np.ndarray:
        """Return the numbers of refs; those that are not here get new ones."""
        found = self._find_made(links.origins, links.positions)
        is_free = links.positions == FREE_POSITION
        wanted = np.flatnonzero(is_free)
        self._number_by(self._free_ids, self._free, links.origins[wanted], wanted, links, found)
        outside = np.flatnonzero(~is_free & (found < 0))
        if len(outside):
            ids = whole_ids(links.origins[outside], links.positions[outside])
            self._number_by(self._outside_ids, self._outside, ids, outside, links, found)
        return found

    def _number_by(
        self, table: IdTable, numbers: Grown, ids: np.ndarray, places: np.ndarray, links: LinkColumns, found: np.ndarray
    ) -> None:
        before = len(table)
        at = table.add(ids)
        firsts = np.zeros(len(table) - before, np.int64)
        new = np.flatnonzero(at >= before)[::-1]
        firsts[at[new] - before] = places[new]  # of several places the first stays
        numbers.extend(self._new_refs(links, firsts))
        found[places] = numbers.view[at]

    def _find_made(self, origins: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Return the numbers of refs that calls here made; -1 for others."""
        found = np.full(len(positions), NONE, np.int64)
        made = np.flatnonzero(positions != FREE_POSITION)
        makers = self.call_ids.find(origins[made])
        starts = self.outputs.starts.view
        known = np.flatnonzero((makers >= 0) & (makers < len(starts) - 1))
        makers, made = makers[known], made[known]
        places = starts[makers] + positions[made]
        whole = places < starts[makers + 1]
        found[made[whole]] = self.outputs.refs.view[places[whole]]
        return found

    def _new_refs(self, links: LinkColumns, places: np.ndarray) -> np.ndarray:
        """Give numbers to new refs, one for each place among links, and return them."""
        first, base = self.ref_count, len(self._data)
        if len(places) < len(links.positions):
            links = links.take_links(places)
        self._data += links.data
        for column, values in (
            (self._origins, links.origins),
            (self._positions, links.positions),
            (self.ref_cids, links.cids),
            (self._data_starts, links.data_starts + base),
            (self._data_sizes, links.data_sizes),
        ):
            column.extend(values)
        self.makers.extend(np.full(len(places), NONE, np.int32))
        return np.arange(first, first + len(places))

    def _input_labels(self, found: CallColumns, ops: np.ndarray, names: np.ndarray) -> np.ndarray:
        """Return the labels of edges: names, but the elements of a collection share one."""
        structural = np.array([spec.key.startswith(RESERVED) for spec in self.specs], bool)
        if not structural.any():
            return names
        shared = {name: self._label(self.labels[name].partition("[")[0]) for name in distinct(names).tolist()}
        owners = np.repeat(np.arange(len(found)), np.diff(found.inputs.starts))
        projected = np.array([shared.get(name, 0) for name in range(len(self.labels))], np.int32)
        return np.where(structural[ops[owners]], projected[names], names)

    def _output_labels(self, made: LinkColumns, ops: np.ndarray) -> np.ndarray:
        many = np.array([bool(spec.output_names) and spec.output_names[0].endswith("[]") for spec in self.specs], bool)
        positions = np.where(many[ops], 0, made.names) if len(ops) else made.names
        pairs, which = np.unique(ops.astype(np.int64) << 20 | positions, return_inverse=True)
        labels = [self._output_label(pair >> 20, pair & 0xFFFFF) for pair in pairs.tolist()]
        return np.array(labels, np.int32)[which] if labels else np.zeros(0, np.int32)

    def _output_label(self, op: int, position: int) -> int:
        spec = self.specs[op]
        name = spec.output_name(position)
        return self._label(name.partition("[")[0] if spec.key.startswith(RESERVED) else name)

    def take_op(self, spec: OpSpec) -> int:
        """Return the number of an op, which is taken in."""
        number = self._op_numbers.get(spec.key)
        if number is None:
            number = self._op_numbers[spec.key] = len(self.specs)
            self.specs.append(spec)
        return number

    def _label(self, label: str) -> int:
        number = self._label_numbers.get(label)
        if number is None:
            number = self._label_numbers[label] = len(self.labels)
            self.labels.append(label)
        return number
