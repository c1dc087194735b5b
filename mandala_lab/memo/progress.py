"""When the progress of a long loop of calls is shown, and what is counted.

A burst is calls without a pause between them. Its progress appears once it has
gone on for a while, and goes when the burst is over: at the end of a block or a
cell, or at the first call after a pause, since only calls ever show anything.
Calls at top level are what is counted; those in the bodies of others are a
figure of their own. How it looks is the display's.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import SpanStatus
from mandala_lab.ports.progress import ProgressDisplay, Tally

_BEAT_S = 0.2
_APPEARS_AFTER_S = 1.0
_PAUSE_S = 2.0
_NEVER = math.inf


class Progress:
    """Counts the calls of a burst, and lets a display show them.

    Its caller keeps the time: it calls `beat` when the time has passed that the
    last `beat` or `rest` returned, and so a hit costs no more than a comparison.

    Parameters
    ----------
    display
        Where it is shown; ``None`` for nowhere.
    """

    def __init__(self, display: ProgressDisplay | None) -> None:
        self._display = display
        self._is_shown = False
        self._lock = threading.RLock()  # a storage may be let go in the middle of showing
        self._begin(0.0)

    def _begin(self, now_s: float) -> None:
        self._begun_s = self._latest_s = now_s
        self._counts: dict[SpanStatus, int] = {"computed": 0, "cached": 0, "error": 0}
        self._nested = 0

    def count_hits(self, depths: list[int]) -> None:
        """Count hits by their depth in the call tree."""
        if self._display is None:
            return
        top = depths.count(0)
        with self._lock:
            self._counts["cached"] += top
            self._nested += len(depths) - top

    def count_call(self, status: SpanStatus, depth: int, started_s: float, now_s: float) -> None:
        """Count a call that was recorded; the running of its body is no pause."""
        if self._display is None:
            return
        with self._lock:
            self._go_on(started_s)
            self._latest_s = now_s
            if depth:
                self._nested += 1
            else:
                self._counts[status] += 1

    def beat(self, now_s: float) -> float:
        """Show how far it is, if it is time; return when to ask again."""
        display = self._display
        if display is None:
            return _NEVER
        if not self._lock.acquire(blocking=False):  # another thread is at it
            return now_s + _BEAT_S
        try:
            self._go_on(now_s)
            if now_s - self._begun_s > _APPEARS_AFTER_S:
                self._is_shown = True
                self._ask(lambda: display.show(self._tally(now_s)))
        finally:
            self._lock.release()
        return now_s + _BEAT_S

    def rest(self) -> float:
        """End the burst, and take away what is shown; return when the next beat is due."""
        with self._lock:
            self._hide()
            self._begin(0.0)
        return _NEVER if self._display is None else 0.0

    def _go_on(self, now_s: float) -> None:
        """Go on with the burst, or begin another one after a pause."""
        if now_s - self._latest_s > _PAUSE_S:
            self._hide()
            self._begin(now_s)
        self._latest_s = max(self._latest_s, now_s)

    def _hide(self) -> None:
        if self._is_shown and self._display is not None:
            self._is_shown = False
            self._ask(self._display.hide)

    def _tally(self, now_s: float) -> Tally:
        counts = self._counts
        elapsed_s = now_s - self._begun_s
        return Tally(counts["computed"], counts["cached"], counts["error"], self._nested, elapsed_s)

    def _ask(self, request: Callable[[], None]) -> None:
        """Ask the display for something; one that fails is asked no more, and costs the caller no result."""
        try:
            request()
        except Exception as error:
            self._display = None
            warn_user(f"progress is not shown any more: {error!r}")
