"""`Catalogue`: the calls, and the refs, that frames speak of, numbered, as columns.

A catalogue only ever grows, so the frames that share one need not copy it: a frame
holds the numbers of its elements. Owns what a call took and made, in numbers, and
makes `Call` and `Ref` objects of them on demand. Does not own what is in a frame.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import numpy as np

from mandala_lab.frame.details import MICRO, details_of
from mandala_lab.frame.hids import Hids
from mandala_lab.frame.links import NONE, Links, Takers
from mandala_lab.frame.numbers import distinct
from mandala_lab.frame.ref_table import RefTable
from mandala_lab.frame.whole import uninterrupted
from mandala_lab.model.calls import Call
from mandala_lab.model.collector import collector_at_rest
from mandala_lab.model.columns import CallColumns, CallDetails, LinkColumns, Origin
from mandala_lab.model.grown import Grown
from mandala_lab.model.hashing import DIGEST_SIZE
from mandala_lab.model.ids import IdTable
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.refs import Ref
from mandala_lab.model.structures import RESERVED, ref_class

_AGES_OF_A_CALL = 3
"""What it took, itself, what it made."""


class Catalogue:
    """Calls and refs by number; numbers are never given anew."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.specs: list[OpSpec] = []
        self.labels: list[str] = []
        self._op_numbers: dict[str, int] = {}
        self._label_numbers: dict[str, int] = {}
        self.origin: Origin | None = None
        self.call_ids = IdTable(DIGEST_SIZE)
        self.rows, self.ops, self.failed = Grown(np.int64), Grown(np.int32), Grown(bool)
        self.inputs, self.outputs = Links(), Links()
        self.refs = RefTable(self._lock, self.call_ids, self.outputs)
        self._takers = Takers(self.inputs)
        self.held: frozenset[str] = frozenset()
        """Keys of ops all of whose calls are here, as of the event `held_at` of the store."""
        self.held_at = self.whole_at = NONE
        """As of which event of the store all calls are here."""

    def add(self, found: CallColumns) -> np.ndarray:
        """Take in calls, those that are not here yet, and return the numbers of all of them.

        A call that failed when it was taken in stays so, though it may have succeeded since.
        """
        with self._lock, uninterrupted():
            self.origin, self.refs.source = found.origin, found.origin.source
            known = self.call_ids.find(found.hids)
            new = np.flatnonzero(known < 0)
            if len(new):
                known[new] = np.arange(len(self), len(self) + len(new))
                self._take_in(found if len(new) == len(found) else found.take(new))
            return known

    def columns(self, calls: np.ndarray) -> CallColumns:
        """Return calls as columns, for another catalogue: the inverse of `add`."""
        assert self.origin is not None, "there are calls, which a store gave"
        return CallColumns(
            self.origin,
            self.specs,
            self.labels,
            self.rows.view[calls],
            self.call_ids.rows.view[calls],
            self.ops.view[calls],
            self.failed.view[calls],
            self.refs.columns(self.inputs, calls),
            self.refs.columns(self.outputs, calls),
        )

    @property
    def call_hids(self) -> Hids:
        """The hids of calls."""
        return Hids(DIGEST_SIZE, self.call_ids.find, self.call_ids.rows.view.__getitem__)

    def __len__(self) -> int:
        """Return the number of calls."""
        return len(self.call_ids)

    # --- what is asked for in numbers

    def is_structural(self, ops: np.ndarray) -> np.ndarray:
        """Whether each of some ops connects a collection with its elements."""
        structural = np.array([spec.key.startswith(RESERVED) for spec in self.specs], bool)
        return np.asarray(structural[ops])

    def op_number(self, key: str) -> int | None:
        """Return the number of an op."""
        return self._op_numbers.get(key)

    def label_number(self, label: str) -> int | None:
        """Return the number of a label or name."""
        return self._label_numbers.get(label)

    def takers(self, refs: np.ndarray) -> np.ndarray:
        """Return the calls here that took refs, each once."""
        with self._lock, uninterrupted():
            return self._takers.of(refs)

    def call_ages(self, calls: np.ndarray) -> np.ndarray:
        """Return numbers by which calls, and refs by `ref_ages`, are in the order in which they appeared."""
        return np.asarray(_AGES_OF_A_CALL * self.rows.view[calls])

    def ref_ages(self, refs: np.ndarray) -> np.ndarray:
        """Return numbers as `call_ages`: a ref comes after the call that made it, or before the first that took it."""
        found, which = np.unique(refs, return_inverse=True)  # a constant may be here often, and have many takers
        makers = self.refs.makers.view[found]
        with self._lock, uninterrupted():
            first = self._takers.first_rows(found, self.rows.view)
        rows = np.append(self.rows.view, 0)  # the last is that of `NONE`
        ages = np.where(makers != NONE, _AGES_OF_A_CALL * rows[makers] + 1, _AGES_OF_A_CALL * first - 1)
        return np.asarray(ages[which])

    def in_order(self, refs: np.ndarray) -> np.ndarray:
        """Return refs in the order in which they appeared."""
        return np.asarray(refs[np.lexsort((refs, self.ref_ages(refs)))])

    # --- objects

    def call_hid(self, number: int) -> str:
        """Return the hid of a call."""
        return str(self.call_ids.rows.view[number].tobytes().hex())

    def spec(self, number: int) -> OpSpec:
        """Return the op of a call."""
        return self.specs[int(self.ops.view[number])]

    def links_of(self, call: int) -> Iterator[tuple[str, int, bool]]:
        """Yield the name, the ref, and whether it is an argument, of each link of a call."""
        given, made = self.inputs.of(call), self.outputs.of(call)
        for name, ref in zip(
            self.inputs.names.view[given].tolist(), self.inputs.refs.view[given].tolist(), strict=True
        ):
            yield self.labels[name], ref, True
        for position, ref in enumerate(self.outputs.refs.view[made].tolist()):
            yield self.spec(call).output_name(position), ref, False

    def linked(self, calls: np.ndarray) -> np.ndarray:
        """Return the refs that calls took and made, each once."""
        of_calls = [links.refs.view[links.places(calls)[0]] for links in (self.inputs, self.outputs)]
        return distinct(np.concatenate(of_calls))

    def call(self, number: int) -> Call:
        """Return a call."""
        return self.calls(np.array([number]))[0]

    @collector_at_rest()
    def calls(self, numbers: np.ndarray) -> list[Call]:
        """Return calls; for many much faster than one by one."""
        details, linked = details_of(self, numbers), self.linked(numbers)
        refs = dict(zip(linked.tolist(), self.refs.of(linked), strict=True))
        return [self._call(number, details, place, refs) for place, number in enumerate(numbers.tolist())]

    def _call(self, number: int, details: CallDetails, place: int, refs: Mapping[int, Ref]) -> Call:
        spec, state = self.spec(number), details.states[int(details.state_numbers[place])]
        inputs: dict[str, Ref] = {}
        outputs: dict[str, Ref] = {}
        for name, ref, is_input in self.links_of(number):
            (inputs if is_input else outputs)[name] = refs[ref]
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
                read.name: ref_class(read.data)(read.cid.hex(), read.hid.hex(), self.refs.source, data=read.data)
                for read in state.reads
            },
            history=None if self.origin is None else self.origin.history,
        )

    # --- taking in

    def _take_in(self, found: CallColumns) -> None:
        """Append calls none of which is here."""
        first = len(self)
        ops = np.array([self.take_op(spec) for spec in found.specs], np.int32)[found.ops] if len(found) else found.ops
        self.call_ids.append(found.hids)
        self._add_links(found, ops, first)
        for column, values in ((self.rows, found.rows), (self.ops, ops), (self.failed, found.failed)):
            column.extend(values)

    def _add_links(self, found: CallColumns, ops: np.ndarray, first: int) -> None:
        given, made = found.inputs, found.outputs
        owners = np.repeat(np.arange(len(found)), np.diff(made.starts))
        of_made = self.refs.add_made(made, first + owners)
        self.outputs.add(np.diff(made.starts), of_made, self._output_labels(made, ops[owners]), made.names)
        names = np.array([self._label(name) for name in found.names], np.int32)[given.names]
        of_given = self.refs.add_taken(given)
        self.inputs.add(np.diff(given.starts), of_given, self._input_labels(found, ops, names), names)

    def _input_labels(self, found: CallColumns, ops: np.ndarray, names: np.ndarray) -> np.ndarray:
        """Return the labels of edges: names, but the elements of a collection share one."""
        structural = self.is_structural(ops)
        if not structural.any():
            return names
        shared = {name: self._label(self.labels[name].partition("[")[0]) for name in distinct(names).tolist()}
        owners = np.repeat(np.arange(len(found)), np.diff(found.inputs.starts))
        projected = np.array([shared.get(name, 0) for name in range(len(self.labels))], np.int32)
        return np.where(structural[owners], projected[names], names)

    def _output_labels(self, made: LinkColumns, ops: np.ndarray) -> np.ndarray:
        many = np.array([bool(spec.output_names) and spec.output_names[0].endswith("[]") for spec in self.specs], bool)
        positions = np.where(many[ops], 0, made.names) if len(ops) else made.names
        most = int(positions.max(initial=0)) + 1
        pairs = ops.astype(np.int64) * most + positions
        found = distinct(pairs)
        labels = [self._output_label(*divmod(pair, most)) for pair in found.tolist()]
        return np.array(labels, np.int32)[np.searchsorted(found, pairs)]

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
