"""`Hids`: history ids as text, and as rows of bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np


class Hids:
    """History ids as text: of numbers, and the numbers of ids."""

    def __init__(
        self, width: int, find: Callable[[np.ndarray], np.ndarray], ids: Callable[[np.ndarray], np.ndarray]
    ) -> None:
        self._width = width
        self._find = find
        self._ids = ids

    def numbers(self, hids: Iterable[str]) -> np.ndarray:
        """Return the numbers of those ids that are known, in their order."""
        whole = []
        for hid in hids:
            try:
                one = bytes.fromhex(hid)
            except ValueError:
                continue
            if len(one) == self._width:
                whole.append(one)
        found = self._find(np.frombuffer(b"".join(whole), np.uint8).reshape(-1, self._width))
        return np.asarray(found[found >= 0])

    def texts(self, numbers: np.ndarray) -> list[str]:
        """Return the ids of numbers."""
        return texts_of(self._ids(numbers))


def whole_ids(origins: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return history ids of refs, 22 bytes in a row."""
    ends = positions.astype(">u2").view(np.uint8).reshape(-1, 2)
    return np.concatenate([origins, ends], axis=1)


def texts_of(ids: np.ndarray) -> list[str]:
    """Return rows of bytes as hexadecimal texts."""
    return ids.tobytes().hex(" ", ids.shape[1]).split()
