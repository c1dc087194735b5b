"""What a recorded traceback says in a line.

A traceback is a text that anybody may have written, and its message may hold values.
"""

from __future__ import annotations

import re

_HEAD = "Traceback (most recent call last):"
_NAME = re.compile(r"[A-Za-z_][\w.]{0,200}(?=:|$)", re.ASCII)


def error_line(trace: str) -> str:
    """Return the line of a traceback that names the error, which may have more lines after it."""
    lines = trace.strip().splitlines()
    last = max((number for number, line in enumerate(lines) if line.startswith("  File ")), default=-1)
    return next((line for line in lines[last + 1 :] if not line.startswith(" ")), "")


def error_name(trace: str) -> str:
    r"""Return the type of the error alone, of several in a row that of the first, and nothing of any message.

    Found from the front: whatever a message looks like, it comes later.

    Examples
    --------
    >>> error_name('Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nValueError: got 42')
    'ValueError'
    """
    lines = trace.strip().split("\n")
    if lines and lines[0] == _HEAD:
        lines = lines[1:]
        while lines and lines[0].startswith(" "):
            lines = lines[1:]
    found = _NAME.match(lines[0]) if lines else None
    return "an error" if found is None else found[0]
