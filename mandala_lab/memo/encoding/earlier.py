"""Reads what the first version of the encoding wrote for numpy and pandas values."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mandala_lab.memo.encoding.tables import string_dtype
from mandala_lab.model.errors import CorruptValueError

if TYPE_CHECKING:
    from mandala_lab.memo.encoding.tree import Reader


def read(reader: Reader, tag: int) -> Any:
    """Return the value of an earlier tag.

    Raises
    ------
    CorruptValueError
        When no version wrote such a tag.
    """
    read_it = _READERS.get(tag)
    if read_it is None:
        raise CorruptValueError(f"stored bytes hold an unknown kind of value, tag {tag}")
    return read_it(reader)


def _dtype(described: str) -> np.dtype[Any]:
    lib: Any = np.lib.format
    found: np.dtype[Any] = lib.descr_to_dtype(ast.literal_eval(described))
    return found


def _array(reader: Reader) -> np.ndarray[Any, Any]:
    dtype, shape = _dtype(reader.read()), reader.read()
    size = math.prod(shape)
    if dtype.names is not None:
        array = np.empty(shape, dtype)
        for name in dtype.names:
            array[name] = reader.read()
        return array
    if dtype.hasobject:
        items = np.empty(size, dtype)
        for index in range(size):
            items[index] = reader.read()
        return items.reshape(shape)
    raw = reader.take(size * dtype.itemsize)
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy() if dtype.itemsize else np.empty(shape, dtype)


def _scalar(reader: Reader) -> Any:
    dtype, raw = _dtype(reader.read()), reader.run()
    return np.frombuffer(bytes(raw), dtype=dtype)[0]


def _series_of(values: Any, **options: Any) -> pd.Series[Any]:
    return pd.Series(values, dtype=values.dtype, **options)


def _frame(reader: Reader) -> pd.DataFrame:
    attrs, columns, index = reader.read(), reader.read(), reader.read()
    frame = pd.DataFrame({at: _series_of(_column(reader), index=index) for at in range(len(columns))}, index=index)
    frame.columns = columns
    frame.attrs.update(attrs)
    return frame


def _series(reader: Reader) -> pd.Series[Any]:
    attrs, name, index = reader.read(), reader.read(), reader.read()
    series = _series_of(_column(reader), index=index, name=name)
    series.attrs.update(attrs)
    return series


def _index(reader: Reader) -> pd.Index[Any]:
    name, kind = reader.read(), reader.read()
    if kind == "range":
        return pd.RangeIndex(*reader.read(), name=name)
    values = _column(reader)
    index = pd.Index(values, dtype=values.dtype, name=name)
    if kind == "regular":
        index.freq = reader.read()
    return index


def _multi_index(reader: Reader) -> pd.MultiIndex:
    names, levels = reader.read(), reader.read()
    return pd.MultiIndex.from_arrays([_series_of(_column(reader)) for _ in range(levels)], names=names)


def _column(reader: Reader) -> Any:
    how, *details = reader.read()
    if how == "numpy":
        return reader.read()
    if how == "category":
        categories, codes = reader.read(), reader.read()
        return pd.Categorical.from_codes(codes, categories=categories, ordered=details[0])
    if how == "zoned":
        dtype = pd.api.types.pandas_dtype(details[0])
        moments = pd.DatetimeIndex(reader.read().view(f"M8[{dtype.unit}]"))
        return moments.tz_localize("UTC").tz_convert(dtype.tz).array
    if how == "string":
        return _strings(reader, *details)
    if how == "nullable":
        mask, data = reader.read(), reader.read()
        return type(pd.array([], dtype=details[0]))(data, mask)
    raise CorruptValueError(f"stored bytes hold an unknown kind of column: {how!r}")


def _strings(reader: Reader, missing: str, storage: str) -> Any:
    mask, sizes, joined = reader.read(), reader.read(), reader.read()
    ends = np.cumsum(sizes)
    texts: list[Any] = [
        joined[end - size : end].decode("utf-8", "surrogatepass")
        for end, size in zip(ends.tolist(), sizes.tolist(), strict=True)
    ]
    for place in np.flatnonzero(mask):
        texts[place] = pd.NA if missing == "NA" else np.nan
    return pd.array(texts, dtype=string_dtype(missing, storage))


def _timestamp(reader: Reader) -> pd.Timestamp:
    unit, number, zone = reader.read()
    stamp = pd.Timestamp(np.datetime64(number, unit))
    return stamp if zone is None else stamp.tz_localize("UTC").tz_convert(zone)


_READERS: dict[int, Callable[[Reader], Any]] = {
    ord("a"): _array,
    ord("g"): _scalar,
    ord("D"): _frame,
    ord("R"): _series,
    ord("I"): _index,
    ord("M"): _multi_index,
    ord("p"): _timestamp,
    ord("n"): lambda _reader: pd.NaT,
    ord("m"): lambda _reader: pd.NA,
}
