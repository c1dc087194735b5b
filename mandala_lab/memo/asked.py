"""A call on its way through the engine, and what answering it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mandala_lab.memo.context import OpenSpan
from mandala_lab.memo.flights import Flight
from mandala_lab.memo.keying import Operation, OpState
from mandala_lab.memo.outputs import is_lazy, joined_outputs
from mandala_lab.memo.structures import Taken
from mandala_lab.model.calls import Given
from mandala_lab.model.refs import Ref
from mandala_lab.model.values import StoredValue


@dataclass(frozen=True, slots=True)
class Outcome:
    """The call that answered (its hid; empty if none was recorded), whether a body ran, and the result."""

    call: str
    executed: bool
    result: Any


@dataclass(slots=True)
class Asked:
    """What was asked, under which key.

    Attributes
    ----------
    values, bound
        The arguments by parameter, and by name.
    hid
        History id of the call.
    parent
        The span whose body asks.
    new
        Values that the call brings into the store.
    taken
        Its collections that are stored element by element, if there are any.
    flight
        Its running, for which equal calls wait.
    foreign
        Whether an equal call is recorded by somebody who does not count.
    """

    state: OpState
    values: tuple[Any, ...]
    bound: Mapping[str, Any]
    inputs: tuple[Given, ...]
    hid: bytes
    parent: OpenSpan | None
    new: list[StoredValue] = field(default_factory=list)
    taken: Taken | None = None
    flight: Flight | None = None
    foreign: bool = False

    _cid: bytes = b""

    @property
    def op(self) -> Operation:
        """The op."""
        return self.state.op

    @property
    def cid(self) -> bytes:
        """Content id of the call."""
        if not self._cid:
            self._cid = self.state.cid(self.inputs)
        return self._cid


@dataclass(frozen=True, slots=True)
class Unkeyed:
    """A call that cannot be known again: it runs, and nothing is recorded."""

    op: Operation
    values: tuple[Any, ...]
    parent: OpenSpan | None

    @property
    def span(self) -> OpenSpan:
        """The span of its body, which has no number."""
        return OpenSpan(None, 0 if self.parent is None else self.parent.depth + 1, above=self.parent)


def unstored(op: Operation, outputs: list[Any], parent: OpenSpan | None) -> Outcome:
    """Return the outcome of a call of which nothing is recorded."""
    if parent is not None or is_lazy(outputs):
        return Outcome("", executed=True, result=joined_outputs(op.spec, outputs))
    refs = [Ref("", "", None, output) for output in outputs]
    return Outcome("", executed=True, result=joined_outputs(op.spec, refs))
