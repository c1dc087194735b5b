"""Warnings and tracebacks that point at the user's lines."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import TracebackType

from mandala_lab.model.errors import MandalaLabWarning
from mandala_lab.model.secrets import hidden

PACKAGE = str(Path(__file__).parent.parent)
"""Where the code of mandala-lab lies."""


def users_part(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback from the first line on that is not mandala-lab's; the whole where there is none."""
    found = trace
    while found is not None and found.tb_frame.f_code.co_filename.startswith(PACKAGE):
        found = found.tb_next
    return found or trace


def warn_user(message: str) -> None:
    """Warn at the line of the user's code that made the call, without the secrets that it handles."""
    level, frame = 2, sys._getframe(1)  # noqa: SLF001 - what `inspect` would use, without its cost
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(hidden(message), MandalaLabWarning, stacklevel=level)
