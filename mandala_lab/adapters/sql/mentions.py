"""Whether what records speak of is there, for a store of any size.

Ids are compared by their first eight bytes, as machine integers: some 16 bytes of
memory for each link rather than a hundred. What seems to be missing is then looked
up in full.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from mandala_lab.adapters.sql.rows import Links
from mandala_lab.adapters.sql.schema import HEAD
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.structures import from_bytes, is_mark

_MIX = 0x9E3779B97F4A7C15  # an odd number, so that different calls give different products
_FULL = (1 << 64) - 1

Wanted = tuple[bytes, str, bytes]
"""A content id that is meant to be stored, what it is to its owner, and where it came from."""


class Mentions:
    """Which rows of a table speak of which values."""

    def __init__(self) -> None:
        self._heads = array("Q")
        self._owners = array("Q")

    def add(self, owner: int, wanted: Iterable[Wanted]) -> None:
        """Note what a row speaks of."""
        for cid, _, _ in wanted:
            self._heads.append(head_of(cid))
            self._owners.append(owner)

    def suspects(self, present: array[int]) -> list[int]:
        """Return the rows that speak of something which seems not to be there."""
        import numpy as np

        missing = ~np.isin(_numpy(self._heads), _numpy(present))
        return [int(owner) for owner in np.unique(_numpy(self._owners)[missing])]


def wanted_by_call(links: Links, spec: OpSpec) -> Iterator[Wanted]:
    """Yield what is meant to be stored of a call: small values lie in its record, others may be left out on purpose."""
    for given in links.inputs:
        if (given.data is None or is_mark(given.data)) and given.name not in spec.unsaved:
            yield given.cid, f"its argument {given.name!r}", given.origin
    for position, made in enumerate(links.outputs):
        if is_mark(made.data) or (made.data is None and spec.saves_output(position)):
            yield made.cid, f"its result {spec.output_name(position)!r}", b""


def wanted_by_structure(data: bytes) -> Iterator[Wanted]:
    """Yield what is meant to be stored of a collection."""
    structure = from_bytes(data)
    for number, made in enumerate((*structure.items, *([structure.keys] if structure.keys else ()))):
        if made.data is None or is_mark(made.data):
            yield made.cid, f"element {number}" if number < len(structure.items) else "its keys", b""


def head_of(cid: bytes) -> int:
    """Return the indexed part of an id as a number."""
    return int.from_bytes(cid[:HEAD], "big")


def edge(taken: bytes, call_id: int) -> int:
    """Return a number for the fact that a call took a ref."""
    return head_of(taken) ^ (call_id * _MIX & _FULL)


def differences(recorded: array[int], kept: array[int]) -> tuple[int, int]:
    """Return how many of the first are not among the second, and the other way round."""
    import numpy as np

    one, other = np.unique(_numpy(recorded)), np.unique(_numpy(kept))
    return len(np.setdiff1d(one, other, assume_unique=True)), len(np.setdiff1d(other, one, assume_unique=True))


def _numpy(found: array[int]) -> Any:
    import numpy as np

    return np.frombuffer(found, np.uint64) if found else np.zeros(0, np.uint64)


def numbers() -> array[Any]:
    """Return an empty list of such numbers."""
    return array("Q")
