"""What goes into the store with a call: the values that it may lack, encoded once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mandala_lab.memo import inline, values
from mandala_lab.memo.asked import Asked
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.special import inner, is_special, plain
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import Given, Made
from mandala_lab.model.errors import StoreError, UnstorableError
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.refs import Ref, ValueSource, is_immutable
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
    """

    def __init__(self, store: CallStore, source: ValueSource) -> None:
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
        asked.inputs = tuple([self._taken(given, asked) for given in asked.inputs])

    def _taken(self, given: Given, asked: Asked) -> Given:
        value = asked.bound[given.name]
        if given.data is not None or (type(value) is Ref and value.comes_from(self._source)):
            return given
        data = inline.small(value)
        if data is None and given.name not in asked.op.spec.unsaved and not self._is_stored(given.cid):
            stored = values.store(value if is_special(value) else plain(value, Ref.own_value), given.cid)
            data = inline.inlined(stored)
            asked.new += [stored] if data is None else []
        return given if data is None else Given(given.name, given.cid, given.origin, data)

    def make_outputs(self, spec: OpSpec, outputs: list[Any], new: list[StoredValue]) -> tuple[Made, ...]:
        """Return outputs as they are recorded; values that are not small join `new`.

        Raises
        ------
        UnstorableError
            When an output has no format.
        """
        return tuple([_made(output, new, spec.saves_output(at)) for at, output in enumerate(outputs)])

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


def warn_of_changed_inputs(asked: Asked) -> None:
    """Warn of arguments that the body changed in place: they are recorded as they were before."""
    for given in asked.inputs:
        value = inner(asked.bound[given.name])
        if type(value) is Ref or is_immutable(value) or is_special(asked.bound[given.name]):
            continue
        if _differs(value, given.cid):
            warn_user(
                f"{asked.op.spec.name} changed its argument {given.name!r} in place; the call is recorded with "
                "the value from before: let the body change a copy and return it"
            )


def _differs(value: Any, cid: bytes) -> bool:
    try:
        return content_id(value) != cid
    except UnstorableError:
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
