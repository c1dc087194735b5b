"""Ops whose calls fill the store that the command looks at."""

from __future__ import annotations

import numpy as np

from mandala_lab import op


@op
def inc(x):
    return x + 1


@op
def ramp(n):
    return np.arange(n)


@op
def fails(x):
    raise ValueError("no such thing: \x1b[31mred\u202e")
