"""Who answers calls just now, and inside which span.

The engines that were entered are a context variable: each thread and asyncio
task has its own, innermost last. Under them lies one process-wide default, which
``%mandala on`` sets, so that a notebook needs no with-block.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mandala_lab.memo.engine import Engine


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """The span whose body is running.

    `seq` is absent where the call is not recorded, `key` where nothing is known of
    it; `above` is the span whose body made the call.
    """

    seq: int | None
    depth: int
    key: bytes = b""
    above: OpenSpan | None = None


_entered: ContextVar[tuple[Engine | None, ...]] = ContextVar("mandala_lab_entered", default=())  # None in `noop`
_span: ContextVar[OpenSpan | None] = ContextVar("mandala_lab_span", default=None)
_default: list[Engine] = []


def current_engine() -> Engine | None:
    """Return the engine that answers calls here, if there is one."""
    entered = _entered.get()
    if entered:
        return entered[-1]
    return _default[-1] if _default else None


def is_suspended() -> bool:
    """Whether the innermost block here is one in which ops are plain functions."""
    entered = _entered.get()
    return bool(entered) and entered[-1] is None


def is_entered(engine: Engine) -> bool:
    """Whether a block of this engine is open here."""
    return engine in _entered.get()


def set_default_engine(engine: Engine | None) -> None:
    """Let `engine` answer calls wherever no other was entered."""
    _default[:] = [] if engine is None else [engine]


def enter_engine(engine: Engine | None) -> None:
    """Let `engine` answer calls in this context until `leave_engine`; ``None`` for nobody."""
    _entered.set((*_entered.get(), engine))


def leave_engine() -> None:
    """Undo the last `enter_engine` of this context."""
    _entered.set(_entered.get()[:-1])


current_span = _span.get
"""Return the span whose body is running here."""


def leave_all_spans() -> None:
    """Forget the span whose body is running: in a forked process it is none of ours."""
    _span.set(None)


enter_span = _span.set
"""Run what follows inside a span; returns what `leave_span` takes."""

leave_span = _span.reset
"""Undo `enter_span`."""


@contextmanager
def inside(span: OpenSpan | None) -> Iterator[None]:
    """Run a body inside a span."""
    token = enter_span(span)
    try:
        yield
    finally:
        leave_span(token)


@contextmanager
def noop() -> Iterator[None]:
    """Run ops as the plain functions that they are, in this block.

    Examples
    --------
    >>> from mandala_lab import Storage, noop, op
    >>> @op
    ... def inc(x):
    ...     return x + 1
    >>> with Storage(), noop():
    ...     inc(1)
    2
    """
    enter_engine(None)
    try:
        yield
    finally:
        leave_engine()
