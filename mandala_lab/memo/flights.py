"""Flights: calls that are running, for which equal calls wait instead of running too.

Within a process a flight is known by its key; between processes that share a store a
lease is (`mandala_lab.ports.leases`). Who waited asks again: it finds the result, or,
where the other failed or its process died, runs the call itself.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from mandala_lab.memo.context import OpenSpan
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.errors import StoreError
from mandala_lab.ports.leases import Leases

_SHORTEST_S, _LONGEST_S = 0.001, 0.05
_SAY_AFTER_S = 5.0


class NoLeases:
    """Leases of a store that one process has for itself."""

    def take(self, _key: bytes) -> bool:
        """Say that it is taken."""
        return True

    def give_back(self, _key: bytes) -> None:
        """Do nothing."""

    def holder(self, _key: bytes) -> str:
        """Say that nobody has it."""
        return ""

    def start_anew(self) -> None:
        """Do nothing."""


class Flight:
    """A call that is running, by its key, or that its owner is about to run."""

    __slots__ = ("_callbacks", "_landed", "key", "leased", "thread")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.leased = False
        self.thread = threading.get_ident()
        self._landed = False
        self._callbacks: list[Callable[[], object]] = []

    def when_landed(self, callback: Callable[[], object]) -> None:
        """Call back when it is over, perhaps twice."""
        self._callbacks.append(callback)
        if self._landed:
            callback()

    def land(self) -> None:
        """Say that it is over."""
        self._landed = True
        for callback in self._callbacks:
            callback()


_waiting: dict[int, Flight] = {}
"""By thread, the flight for which it waits."""


def _leads_back(flight: Flight, thread: int) -> bool:
    """Whether the thread of a flight waits for one whose thread waits ... for this thread."""
    seen: set[int] = set()
    while flight.thread not in seen:
        if flight.thread == thread:
            return True
        seen.add(flight.thread)
        after = _waiting.get(flight.thread)
        if after is None:
            return False
        flight = after
    return False


class Landing:
    """What is to be waited for: the flight of another thread or task of this process."""

    def __init__(self, flight: Flight, op: str) -> None:
        self._flight = flight
        self._op = op

    def wait(self) -> bool:
        """Block this thread until it is over; return at once, and ``False``, where it waits for this thread in turn."""
        event, here = threading.Event(), threading.get_ident()
        self._flight.when_landed(event.set)
        _waiting[here] = self._flight
        try:
            if _leads_back(self._flight, here):
                return False
            if not event.wait(_SAY_AFTER_S):
                warn_user(f"waiting for another thread of this process, which is running this call of {self._op}")
                event.wait()
        finally:
            del _waiting[here]
        return True

    async def wait_async(self) -> bool:
        """Let other tasks go on until it is over."""
        import asyncio  # here, for it takes long and few need it

        loop = asyncio.get_running_loop()
        over = asyncio.Event()

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(over.set)

        self._flight.when_landed(tell)
        await over.wait()
        return True


class Lease:
    """What is to be waited for: the right to run a call that another process has, for a flight of one's own."""

    def __init__(self, flight: Flight, leases: Leases, op: str) -> None:
        self.flight = flight
        self._leases = leases
        self._op = op

    def wait(self) -> bool:
        """Block this thread until it is ours."""
        for pause in self._tries():
            time.sleep(pause)
        return True

    async def wait_async(self) -> bool:
        """Let other tasks go on until it is ours."""
        import asyncio

        for pause in self._tries():
            await asyncio.sleep(pause)
        return True

    def _tries(self) -> Iterator[float]:
        pause, began, told = _SHORTEST_S, time.monotonic(), False
        while not self._leases.take(self.flight.key):
            yield pause
            pause = min(2 * pause, _LONGEST_S)
            if not told and time.monotonic() - began > _SAY_AFTER_S:
                told = True
                holder = self._leases.holder(self.flight.key) or "another process"
                warn_user(f"waiting for {holder}, which is running this call of {self._op} on the same store")
        self.flight.leased = True


Waiting = Landing | Lease


class Flights:
    """The running calls of one store, in this process.

    Parameters
    ----------
    leases
        The same between the processes that share the store.
    """

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._running: dict[bytes, Flight] = {}
        self._told = False

    def begin(self, key: bytes, parent: OpenSpan | None, op: str) -> Flight | Waiting | None:
        """Return a flight of one's own, or what is to be waited for; ``None`` inside the very same call."""
        own = Flight(key)
        flight = self._running.setdefault(key, own)
        if flight is not own:
            return None if _is_inside(key, parent) else Landing(flight, op)
        try:
            own.leased = self._leases.take(key)
        except StoreError as error:
            self._tell(own, error)
            return own
        return own if own.leased else Lease(own, self._leases, op)

    def _tell(self, flight: Flight, error: StoreError) -> None:
        if self._told:
            return
        self._told = True
        try:
            warn_user(f"equal calls of other processes may run at the same time: {error}")
        except BaseException:  # where warnings are errors
            self.land(flight, _at_once)
            raise

    def land(self, flight: Flight, when_written: Callable[[Callable[[], object]], object]) -> None:
        """End a flight; its lease is given back when its result is written."""
        del self._running[flight.key]
        flight.land()
        if flight.leased:
            when_written(lambda: self._leases.give_back(flight.key))

    def start_anew(self) -> None:
        """Forget the flights of the parent, in a process that was forked."""
        self._running.clear()
        self._leases.start_anew()


def _at_once(callback: Callable[[], object]) -> None:
    callback()


def _is_inside(key: bytes, span: OpenSpan | None) -> bool:
    while span is not None:
        if span.key == key:
            return True
        span = span.above
    return False
