"""Read-only views of a frame's content: a million elements cost nothing until they are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np  # noqa: TC002 - as for our own imports

from mandala_lab.frame.hids import Hids
from mandala_lab.frame.numbers import is_in


class Names(AbstractSet[str]):
    """Names of nodes: a set, whose order is that of appearance."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = dict.fromkeys(names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"{{{', '.join(map(repr, self._names))}}}"


class HidSet(AbstractSet[str]):
    """History ids of elements: a set."""

    def __init__(self, numbers: np.ndarray, ids: Hids) -> None:
        self._numbers = numbers
        self._ids = ids

    def __contains__(self, hid: object) -> bool:
        return isinstance(hid, str) and bool(is_in(self._ids.numbers([hid]), self._numbers).any())

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids.texts(self._numbers))

    def __len__(self) -> int:
        return len(self._numbers)

    def __repr__(self) -> str:
        return f"<{len(self)} hids>"

    @classmethod
    def _from_iterable(cls, found: Iterable[Any]) -> AbstractSet[Any]:  # of `&`, `|`, `-`
        return set(found)


class ByName(Mapping[str, HidSet]):
    """History ids of the elements of each node, by its name."""

    def __init__(self, nodes: Mapping[str, np.ndarray], ids: Hids) -> None:
        self._nodes = nodes
        self._ids = ids

    def __getitem__(self, name: str) -> HidSet:
        return HidSet(self._nodes[name], self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{name!r}: {hids_!r}' for name, hids_ in self.items())}}}"
