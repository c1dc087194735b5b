"""`Grown`, an array that grows at its end, and `Seen`, a set of numbers."""

from __future__ import annotations

import numpy as np

from mandala_lab.frame.numbers import distinct


class Grown:
    """An array that grows at its end; what was read before stays as it is.

    Parameters
    ----------
    dtype
        Of the elements.
    width
        Length of an element that is an array itself.
    """

    __slots__ = ("_all", "size")

    def __init__(self, dtype: type | str, width: int | None = None) -> None:
        self._all = np.zeros((0,) if width is None else (0, width), dtype)
        self.size = 0

    @property
    def view(self) -> np.ndarray:
        """All elements so far."""
        return self._all[: self.size]

    def extend(self, values: np.ndarray) -> None:
        """Append values."""
        end = self.size + len(values)
        if end > len(self._all):
            room = np.empty(
                (end if self.size == 0 else max(end, 2 * self.size, 16), *self._all.shape[1:]), self._all.dtype
            )
            room[: self.size] = self.view
            self._all = room
        self._all[self.size : end] = values
        self.size = end


class Seen:
    """A growing set of numbers."""

    def __init__(self) -> None:
        self._flags = Grown(bool)

    def add(self, numbers: np.ndarray) -> np.ndarray:
        """Add numbers, and return those that were not here, each once."""
        top = int(numbers.max(initial=-1)) + 1
        if top > self._flags.size:
            self._flags.extend(np.zeros(max(top, 2 * self._flags.size) - self._flags.size, bool))
        new = numbers[~self._flags.view[numbers]]
        if len(new) > 1:
            new = distinct(new)
        self._flags.view[new] = True
        return np.asarray(new, np.int64)
