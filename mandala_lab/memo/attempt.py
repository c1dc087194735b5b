"""The running of a body."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self

from mandala_lab.memo import context
from mandala_lab.memo.asked import Asked
from mandala_lab.memo.recorder import Recorder
from mandala_lab.model.calls import Span, SpanStatus


class Attempt:
    """The running of a body: inside a span, on the clock, with what it raises recorded."""

    __slots__ = ("_clock", "_failed", "_opened", "_recorder", "_started_s", "_token", "asked", "took_s")

    def __init__(self, recorder: Recorder, asked: Asked, failed: Callable[[Attempt, BaseException], None]) -> None:
        self._recorder = recorder
        self._failed = failed
        self._opened = recorder.open(asked.parent)
        self.asked = asked
        self.took_s = 0.0

    def __enter__(self) -> Self:
        self._token = context.enter_span(self._opened)
        self._started_s = time.time()
        self._clock = time.perf_counter()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.took_s = time.perf_counter() - self._clock
        context.leave_span(self._token)
        if error is not None:
            self._failed(self, error)

    def span(self, *, failed: bool = False) -> Span:
        """Return the finished span."""
        status: SpanStatus = "error" if failed else "computed"
        asked = self.asked
        return self._recorder.span(self._opened, asked.parent, asked.hid.hex(), status, self._started_s, self.took_s)
