"""The running of a body."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from mandala_lab.memo import context
from mandala_lab.memo.asked import Asked
from mandala_lab.memo.recorder import Recorder
from mandala_lab.memo.warn import users_part
from mandala_lab.model.calls import Span, SpanStatus
from mandala_lab.model.secrets import hidden

_FRAMES = 100


class Attempt:
    """The running of a body: inside a span, on the clock, with what it raises recorded."""

    __slots__ = ("_clock", "_failed", "_opened", "_recorder", "_started_s", "_token", "asked", "took_s")

    def __init__(self, recorder: Recorder, asked: Asked, failed: Callable[[Attempt, BaseException], None]) -> None:
        self._recorder = recorder
        self._failed = failed
        self._opened = recorder.open(asked.parent, asked.cid)
        self.asked = asked
        self.took_s = 0.0

    def __enter__(self) -> Self:
        self._token = context.enter_span(self._opened)
        self._recorder.running[id(self)] = self.asked
        self._started_s = time.time()
        self._clock = time.perf_counter()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.took_s = time.perf_counter() - self._clock
        self._recorder.running.pop(id(self), None)
        with suppress(ValueError):  # a task that was given up ends in another context
            context.leave_span(self._token)
        if error is not None:
            self._failed(self, error)

    def span(self, *, failed: bool = False) -> Span:
        """Return the finished span."""
        status: SpanStatus = "error" if failed else "computed"
        asked = self.asked
        return self._recorder.span(self._opened, asked.parent, asked.hid.hex(), status, self._started_s, self.took_s)


def text_of(error: BaseException) -> str:
    """Return the traceback of an error from the user's own code on, as text that any store takes, without secrets.

    Of a very deep one only the last frames are kept: each call on the way out has its own.
    """
    trace = users_part(error.__traceback__)
    more = sum(1 for _ in traceback.walk_tb(trace)) - _FRAMES
    lines = traceback.format_exception(type(error), error, trace, limit=-_FRAMES if more > 0 else None)
    if more > 0:
        lines.insert(1, f"  ... {more} frames ...\n")
    return hidden("".join(lines)).encode("utf-8", "backslashreplace").decode()
