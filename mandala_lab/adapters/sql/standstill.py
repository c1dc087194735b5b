"""A standstill of all databases of this process while it forks.

A thread that is inside SQLite at a fork leaves its locks taken in the child, where
nobody will ever give them back. So whoever is about to use SQLite passes a gate, and
a fork closes it and waits until nobody is behind it.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType

_PATIENCE_S = 5.0
_TICK_S = 0.0005


class Gate:
    """Passed by every use of SQLite; uses within uses count once."""

    def __init__(self) -> None:
        self._inside: dict[int, int] = {}  # by thread, how deep
        self._open = threading.Event()
        self._open.set()

    def __enter__(self) -> None:
        here = threading.get_ident()
        depth = self._inside.get(here, 0)
        self._inside[here] = depth + 1  # first, so that who closes the gate sees it
        while not depth and not self._open.is_set():
            del self._inside[here]
            self._open.wait(_PATIENCE_S)
            self._inside[here] = 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        here = threading.get_ident()
        depth = self._inside.pop(here) - 1
        if depth:
            self._inside[here] = depth

    def close(self) -> None:
        """Let nobody in, and wait, for some seconds at most, until nobody but this thread is inside."""
        self._open.clear()
        here, until = threading.get_ident(), time.monotonic() + _PATIENCE_S
        while self._inside.keys() - {here} and time.monotonic() < until:
            time.sleep(_TICK_S)

    def open(self) -> None:
        """Let everybody in again."""
        self._open.set()

    def start_anew(self) -> None:
        """Be open and empty, in a process that was forked."""
        self.__init__()  # type: ignore[misc]


GATE = Gate()
