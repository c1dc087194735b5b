"""Answers that were given or found: what a hit hands out, kept in memory.

The index is bounded and filled lazily. Results that nobody can change are
handed out again as the very same refs; of others each caller gets refs of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mandala_lab.memo import inline
from mandala_lab.memo.keying import OpState
from mandala_lab.model.calls import Found
from mandala_lab.model.hashing import output_hid
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.refs import Ref, ValueSource, is_immutable, is_small
from mandala_lab.model.structures import ref_class

_INDEX_SIZE = 100_000


@dataclass(slots=True, eq=False)
class Hit:
    """A recorded call as it answers: `single` when its result is one output and no tuple; `kinds` are its refs'."""

    call: str
    found: Found
    single: bool
    kinds: tuple[type[Ref], ...]
    shared: Any = None


class Hits:
    """The answers of one engine, by history id.

    Parameters
    ----------
    source
        What refs load their values from.
    """

    def __init__(self, source: ValueSource) -> None:
        self._source = source
        self._index: dict[bytes, Hit] = {}

    def get(self, hid: bytes) -> Hit | None:
        """Return the answer of a call, if it is in memory."""
        return self._index.get(hid)

    def add(self, found: Found, nout: int, outputs: list[Any] | None = None) -> Hit:
        """Keep a recorded call; `outputs` are its values, where they are at hand."""
        kinds = tuple([ref_class(made.data) for made in found.outputs])
        hit = Hit(found.hid.hex(), found, nout == 1 or (nout == 0 and len(found.outputs) == 1), kinds)
        if all(inline.is_fixed(made.data) for made in found.outputs):
            hit.shared = _joined(hit, self._refs(hit, outputs))
        if len(self._index) >= _INDEX_SIZE:
            self._index.pop(next(iter(self._index)))
        self._index[found.hid] = hit
        return hit

    def first_answer(self, hit: Hit, spec: OpSpec, outputs: list[Any]) -> Any:
        """Return the result of a call that just ran.

        A value that is not stored goes with its ref; one that can be changed is
        loaded anew when it is asked for.
        """
        if hit.shared is not None:
            return hit.shared
        refs = self._refs(hit, None)
        for position, output in enumerate(outputs):
            if is_immutable(output) or not spec.saves_output(position):
                refs[position].holding(output)
        return _joined(hit, refs)

    def answer(self, hit: Hit, *, plain: bool) -> Any:
        """Return the result of a call: refs, or the values themselves."""
        if not plain:
            return hit.shared if hit.shared is not None else _joined(hit, self._refs(hit, None))
        refs = self._refs(hit, None) if hit.shared is None else [hit.shared] if hit.single else hit.shared
        return _joined(hit, [ref.own_value() for ref in refs])

    def clear(self) -> None:
        """Forget all."""
        self._index.clear()

    def _refs(self, hit: Hit, outputs: list[Any] | None) -> list[Ref]:
        refs, found = [], hit.found
        for position, (made, kind) in enumerate(zip(found.outputs, hit.kinds, strict=True)):
            ref = kind(made.cid.hex(), output_hid(found.hid, position).hex(), self._source, data=made.data)
            refs.append(ref if outputs is None else ref.holding(outputs[position]))
        return refs


def remember(state: OpState, arguments: tuple[Any, ...], hit: Hit) -> None:
    """Let the same arguments be answered at once, where Python's equality tells them apart.

    So they are refs or of exactly the plain types, and floats are neither zero
    (``0.0 == -0.0``) nor NaN.
    """
    if not all(map(_is_told_apart, arguments)):
        return
    known = state.known.setdefault(tuple(map(type, arguments)), {})
    if len(known) >= _INDEX_SIZE:
        known.clear()
    known[arguments] = hit


def _is_told_apart(value: Any) -> bool:
    if issubclass(type(value), Ref):
        return bool(value.cid)
    if type(value) is float:
        return value < 0 or value > 0
    return is_small(value) and type(value) is not complex


def _joined(hit: Hit, outputs: list[Any]) -> Any:
    return outputs[0] if hit.single else tuple(outputs)
