"""What goes into the store with a call: the values that it may lack, encoded once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from mandala_lab.memo import inline, values
from mandala_lab.memo.asked import Asked
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.special import inner, is_special, plain
from mandala_lab.memo.structures import Structures, Taken
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import CallEntry, Found, Given, Made
from mandala_lab.model.errors import MandalaLabError, StoreError
from mandala_lab.model.refs import Ref, ValueSource, is_immutable, unwrapped
from mandala_lab.model.structures import LEFT_OUT, is_mark, join, kind_of
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.call_store import CallStore

_REMEMBERED = 100_000


class Intake:
    """Turns arguments and outputs into what is recorded of them.

    Parameters
    ----------
    store
        Where values go.
    source
        What the refs of this store load from: theirs are stored already.
    structures
        Takes apart the collections that are stored element by element.
    """

    def __init__(self, store: CallStore, source: ValueSource, structures: Structures) -> None:
        self._structures = structures
        self._store = store
        self._source = source
        self._stored: dict[bytes, None] = {}

    def take_inputs(self, asked: Asked) -> None:
        """Encode the inputs that the store may lack, as they are before the body runs.

        Raises
        ------
        UnstorableError
            When an input has no format.
        """
        asked.new.extend(asked.state.new_reads)
        self._take_collections(asked)
        asked.inputs = tuple([self._taken(given, asked) for given in asked.inputs])

    def _taken(self, given: Given, asked: Asked) -> Given:
        value = asked.bound[given.name]
        is_ref = issubclass(type(value), Ref)
        ours = is_ref and value.comes_from(self._source)
        if ours or (given.data is not None and not (is_ref and is_mark(given.data))):
            return given
        data = inline.small(value)
        if data is None and given.name not in asked.op.spec.unsaved and not self._is_stored(given.cid):
            own = value if is_special(value) else plain(value, Ref.own_value)
            stored = values.store_unless_secret(own, given.cid)
            data = LEFT_OUT if stored is None else inline.inlined(stored)
            asked.new += [stored] if stored is not None and data is None else []
        return given if data is None else Given(given.name, given.cid, given.origin, data)

    def _take_collections(self, asked: Asked) -> None:
        """Take in the arguments that are collections of which the elements are stored."""
        depths = asked.op.depths
        if not depths:
            return
        asked.taken = Taken(self._source, self._is_stored, asked.new, time.time())
        for given in asked.inputs:
            value, depth = asked.bound[given.name], depths.of_argument(given.name)
            if depth and kind_of(value) and given.name not in asked.op.spec.unsaved:
                self._structures.collect(given.name, value, depth, asked.taken)

    def adopt(self, asked: Asked, same: Found) -> tuple[Made, ...]:
        """Return the outputs of an equal call, as those of a call with a history of its own."""
        depths = asked.op.depths
        if not depths:
            return same.outputs
        if asked.taken is None:
            self._take_collections(asked)
        return tuple(
            [self._adopted(asked, made, position, len(same.outputs)) for position, made in enumerate(same.outputs)]
        )

    def _adopted(self, asked: Asked, made: Made, position: int, number: int) -> Made:
        depth = asked.op.depths.of_output(position, number)
        if not depth or is_mark(made.data):
            return made
        value = self._source.load_value(Ref(made.cid.hex(), "", data=made.data))  # from before it had an annotation
        return self._collected(asked, value, depth) or made

    def _collected(self, asked: Asked, output: Any, depth: int) -> Made | None:
        if not kind_of(output):
            return None
        assert asked.taken is not None, "an op with collections takes them in before it runs"
        given = self._structures.collect("result", plain(output, Ref.own_value), depth, asked.taken)
        return Made(given.cid, given.data)

    def around(self, asked: Asked, entry: CallEntry) -> Sequence[CallEntry]:
        """Return a call with those that connect its collections with their elements."""
        if asked.taken is None:
            return (entry,)
        end_s = entry.started_s + (entry.duration_s if entry.executed else 0.0)
        items = self._structures.items_of(entry.hid, entry.outputs, asked.taken.structures, end_s)
        return (*asked.taken.entries, entry, *items)

    def made_of(self, kind: str, items: Sequence[Ref], keys: Sequence[Any]) -> CallEntry:
        """Return the call that makes a collection of refs."""
        new: list[StoredValue] = []
        taken = Taken(self._source, self._is_stored, new, time.time())
        self._structures.collect(kind, join(kind, items, keys), 1, taken)
        return replace(taken.entries[-1], values=new)

    def make_outputs(self, asked: Asked, outputs: list[Any], new: list[StoredValue]) -> tuple[Made, ...]:
        """Return outputs as they are recorded; values that are not small join `new`.

        Raises
        ------
        UnstorableError
            When an output has no format.
        """
        spec, depths = asked.op.spec, asked.op.depths
        if depths:
            return tuple([self._made(asked, output, at, outputs, new) for at, output in enumerate(outputs)])
        return tuple([_made(output, new, spec.saves_output(at)) for at, output in enumerate(outputs)])

    def _made(self, asked: Asked, output: Any, at: int, outputs: list[Any], new: list[StoredValue]) -> Made:
        saved = asked.op.spec.saves_output(at)
        depth = asked.op.depths.of_output(at, len(outputs)) if saved else 0
        found = self._collected(asked, output, depth) if depth else None
        return found or _made(output, new, saved)

    def remember(self, stored: Iterable[StoredValue]) -> None:
        """Note that these values are in the store."""
        for value in stored:
            if len(self._stored) >= _REMEMBERED:
                self._stored.clear()
            self._stored[value.cid] = None

    def forget(self) -> None:
        """Forget what is in the store."""
        self._stored.clear()

    def _is_stored(self, cid: bytes) -> bool:
        if cid in self._stored:
            return True
        try:
            return self._store.has_value(cid)
        except StoreError:
            return False


def changed_inputs(asked: Asked) -> tuple[str, ...]:
    """Return the arguments that the body changed in place, with a warning: they are recorded as they were before."""
    found = []
    for given in asked.inputs:
        value = inner(asked.bound[given.name])
        if issubclass(type(value), Ref) or is_immutable(value) or is_special(asked.bound[given.name]):
            continue
        if _differs(value, given.cid):
            found.append(given.name)
            warn_user(
                f"{asked.op.spec.name} changed its argument {given.name!r} in place; the call is recorded with "
                "the value from before: let the body change a copy and return it"
            )
    return tuple(found)


def warn_of_unchanged_inputs(op: str, changed: tuple[str, ...]) -> None:
    """Warn of a hit on a call whose body changed arguments in place: this time nothing does."""
    names = " and ".join(map(repr, changed))
    warn_user(
        f"{op} changed its argument {names} in place when this call ran; a hit leaves it as it is: let the body "
        "change a copy and return it, or declare the op pure=False, so that each call runs"
    )


def _differs(value: Any, cid: bytes) -> bool:
    try:
        if content_id(value) == cid:
            return False
        return content_id(unwrapped(value, Ref.own_value)) != cid  # several refs in a set may have one value
    except MandalaLabError:  # it has none any more, as a file that was deleted
        return True


def _made(output: Any, new: list[StoredValue], saved: bool) -> Made:
    data = inline.small(output)
    if data is not None:
        return Made(content_id(output), data if saved else None)
    if not saved:
        return Made(content_id(output))
    stored = values.store(output, copy=False)
    data = inline.inlined(stored)
    if data is None:
        new.append(stored)
    return Made(stored.cid, data)
