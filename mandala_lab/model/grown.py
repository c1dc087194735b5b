"""`Grown`: an array that grows at its end."""

from __future__ import annotations

from typing import Self

import numpy as np


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

    def __init__(self, dtype: np.dtype | type | str, width: int | None = None) -> None:
        self._all = np.zeros((0,) if width is None else (0, width), dtype)
        self.size = 0

    @classmethod
    def of(cls, values: np.ndarray) -> Self:
        """Return one that begins with these values, which nobody may change any more."""
        made = cls(values.dtype, values.shape[1] if values.ndim > 1 else None)
        made.extend(values)
        return made

    def changed(self, places: np.ndarray, values: np.ndarray) -> Self:
        """Return another with these values at these places."""
        made = self.view.copy()
        made[places] = values
        return type(self).of(made)

    @property
    def view(self) -> np.ndarray:
        """All elements so far."""
        return self._all[: self.size]

    def extend(self, values: np.ndarray) -> None:
        """Append values; the first are kept rather than copied, so that nobody may change them any more."""
        if not len(values):
            return
        if self.size == 0 and (values.dtype, values.shape[1:]) == (self._all.dtype, self._all.shape[1:]):
            self._all, self.size = values, len(values)
            return
        end = self.size + len(values)
        if end > len(self._all):
            room = np.empty(
                (end if self.size == 0 else max(end, 2 * self.size, 16), *self._all.shape[1:]), self._all.dtype
            )
            room[: self.size] = self.view
            self._all = room
        self._all[self.size : end] = values
        self.size = end
