"""Values whose ids are kept in ``tests/golden/content_ids.json``; run it to print their ids.

No value here depends on the version of a package: those of the user's own
classes and functions do, since code is digested as the Python at hand shows it.
"""

from __future__ import annotations

import array
import collections
import datetime as dt
import fractions
import functools
import json
import math
import operator
import pathlib
import re
import uuid
import zoneinfo
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mandala_lab.memo.encoding import content_id

_MOMENT = dt.datetime(2024, 5, 6, 7, 8, 9, 10)  # noqa: DTZ001 - it has no zone


def values() -> dict[str, Any]:
    """Return the values by name."""
    return {**_plain(), **_standard(), **_arrays(), **_tables(), **_arrow()}


def _plain() -> dict[str, Any]:
    return {
        "None": None,
        "True": True,
        "False": False,
        "zero": 0,
        "int": 12345,
        "negative int": -1,
        "large int": 2**100,
        "float": 0.1,
        "minus zero": -0.0,
        "NaN": math.nan,
        "infinity": math.inf,
        "complex": 1 - 2j,
        "empty text": "",
        "text": "gr\u00fc\u00df dich",
        "surrogate": "\ud800",
        "long text": "x" * 100_000,
        "bytes": b"\x00\xff",
        "bytearray": bytearray(b"ab"),
        "list": [1, "a", None],
        "tuple": (1, 2.5),
        "set": {"a", "b", "c", 1, b"d"},
        "frozenset": frozenset(range(10)),
        "dict": {"b": [1, {"c": ()}], "a": {1, 2}, 3: b""},
        "long list": list(range(30_000)),
    }


def _standard() -> dict[str, Any]:
    return {
        "Decimal": Decimal("-1.50E+3"),
        "Fraction": fractions.Fraction(3, 7),
        "range": range(1, 10, 3),
        "slice": slice(None, 5),
        "Ellipsis": ...,
        "date": dt.date(2024, 5, 6),
        "datetime": _MOMENT,
        "zoned datetime": _MOMENT.replace(tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
        "offset": dt.timezone(dt.timedelta(hours=2)),
        "time": dt.time(1, 2, 3),
        "timedelta": dt.timedelta(days=1, seconds=2),
        "path": pathlib.PurePosixPath("a/b"),
        "UUID": uuid.UUID(int=5),
        "pattern": re.compile("a+", re.IGNORECASE),
        "OrderedDict": collections.OrderedDict(b=1, a=2),
        "defaultdict": collections.defaultdict(list, a=[1]),
        "deque": collections.deque([1, 2], maxlen=3),
        "Counter": collections.Counter("hello"),
        "array": array.array("h", [1, 2]),
        "memoryview": memoryview(b"abc"),
        "builtin": operator.add,
        "partial": functools.partial(math.pow, 2.0),
        "class": collections.OrderedDict,
    }


def _arrays() -> dict[str, Any]:
    return {
        "array of floats": np.arange(6.0).reshape(2, 3),
        "array of ints": np.arange(5, dtype="<i4"),
        "array of texts": np.array(["a", "bc"]),
        "array of objects": np.array(["a", None, "bc"], object),
        "array of moments": np.array(["2020-01-01", "NaT"], "M8[D]"),
        "structured array": np.array([(1, 2.0)], [("a", "<i2"), ("b", "<f8")]),
        "large array": np.arange(100_000),
        "scalar": np.float32(1.5),
        "masked floats": np.ma.MaskedArray(np.array([1, 2], "<f4"), [False, True]),
        "masked": np.ma.MaskedArray([1, 2], [False, True]),
        "dtype": np.dtype("<f8"),
        "ufunc": np.add,
    }


def _tables() -> dict[str, Any]:
    frame = pd.DataFrame({"a": [1.5, math.nan], "b": np.array([1, 2], "<i4")}, index=pd.Index([3, 4], name="i"))
    words = pd.Series(["a", None, "bc"], dtype="string")
    return {
        "series": pd.Series([1, 2], name="s"),
        "frame": frame.set_axis(pd.Index(["a", "b"], dtype=object), axis=1),  # pandas 3 would make them str
        "object column": pd.DataFrame(
            {"a": pd.Series(["x", None], dtype=object)}, columns=pd.Index(["a"], dtype=object)
        ),
        "string column": words,
        "categories": pd.Categorical(["u", "v"], pd.Index(["v", "u", "w"], dtype=object), ordered=True),
        "nullable": pd.array([1, None], dtype="Int64"),
        "zoned": pd.DatetimeIndex(["2020-01-01"], tz="Europe/Berlin").as_unit("ns"),
        "period": pd.period_range("2020-01", periods=2, freq="M"),
        "Period": pd.Period("2020-01", "M"),
        "frequency": pd.DatetimeIndex(pd.date_range("2020-01-01", periods=2).as_unit("ns"), freq="D"),
        "holidays": pd.offsets.CDay(holidays=["2020-01-01"]),
        "interval": pd.interval_range(0, 2),
        "MultiIndex": pd.MultiIndex.from_arrays([np.array([1, 2]), np.array([3, 4])], names=["a", "b"]),
        "Timestamp": pd.Timestamp("2020-01-01", tz="UTC").as_unit("ns"),
        "NA": pd.NA,
        "NaT": pd.NaT,
        "Arrow column": pd.Series([1, None], dtype="int64[pyarrow]"),
    }


def _arrow() -> dict[str, Any]:
    return {
        "Arrow texts": pa.array(["a", None, "bc"]),
        "Arrow table": pa.table({"a": pa.chunked_array([[1], [None, 3]]), "b": ["x", "y", "z"]}),
    }


def ids() -> dict[str, str]:
    """Return the ids of the values by name."""
    return {name: content_id(value).hex() for name, value in values().items()}


if __name__ == "__main__":
    print(json.dumps(ids()))  # noqa: T201 - a test reads it from another process
