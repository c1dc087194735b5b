"""Ops that note when they run, for stores that somebody else wrote."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from mandala_lab import MandalaLabWarning, MList, op

RAN: list[str] = []
note = RAN.append  # code, not data: a list that an op reads would be part of its key


class Pickled:
    """A value without a data-only format, so that it is pickled."""

    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return isinstance(other, Pickled) and self.x == other.x

    def __hash__(self):
        return hash(self.x)

    def __setstate__(self, state):
        note("unpickled")
        self.__dict__.update(state)


@op
def inc(x):
    note("inc")
    return x + 1


@op
def ramp(n):
    note("ramp")
    return np.arange(n)


@op
def table(n):
    note("table")
    return pd.DataFrame({"a": range(n), "b": [str(i) for i in range(n)]})


@op
def parts(n) -> MList:
    note("parts")
    return [list(range(i, i + 40)) for i in range(n)]


@op
def pickled(x):
    note("pickled")
    return Pickled(x)


def everything():
    """Call every op; return what they give."""
    return [
        inc(1).value,
        inc(inc(1)).value,
        ramp(50).value.tolist(),
        ramp(70).value.tolist(),
        ramp(5000).value.sum(),
        table(9).value.to_dict(),
        parts(3).value,
        pickled(4).value.x,
    ]


OPS = ["inc", "inc", "ramp", "ramp", "ramp", "table", "parts", "pickled"]


def run_all(storage) -> list[str]:
    RAN.clear()
    with storage, warnings.catch_warnings():
        warnings.simplefilter("ignore", MandalaLabWarning)
        everything()
    return [name for name in RAN if name != "unpickled"]
