"""pandas objects in the typed encoding.

Content is dtypes, index, column names, their order, ``attrs`` and the values; None, NaN,
NaT and pd.NA stay distinct, and what lies under a null is not content.
Supported are numpy-backed columns, object columns of encodable values,
categoricals, timestamps with zones, nullable integers, floats and booleans, and
strings. Other extension types (periods, intervals, sparse) are refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mandala_lab.memo import arrays as _arrays  # noqa: F401 - registers the encoding of numpy values
from mandala_lab.memo.encoding import Chunk, Reader, register, write
from mandala_lab.model.errors import CorruptValueError, UnstorableError

_INDEXES = (pd.Index, pd.RangeIndex, pd.DatetimeIndex, pd.TimedeltaIndex, pd.CategoricalIndex)


def _write_frame(frame: pd.DataFrame, out: list[Chunk], canonical: bool) -> None:
    out.append(b"D")
    write(dict(frame.attrs), out, canonical)
    write(frame.columns, out, canonical)
    write(frame.index, out, canonical)
    for position in range(frame.shape[1]):
        _write_column(frame.iloc[:, position], out, canonical)


def _read_frame(reader: Reader) -> pd.DataFrame:
    attrs, columns, index = reader.read(), reader.read(), reader.read()
    data = {position: _series(_read_column(reader), index=index) for position in range(len(columns))}
    frame = pd.DataFrame(data, index=index)
    frame.columns = columns
    frame.attrs.update(attrs)
    return frame


def _series(values: Any, **options: Any) -> pd.Series[Any]:
    """Make a series of exactly the dtype of `values`: pandas is not to guess another."""
    return pd.Series(values, dtype=values.dtype, **options)


def _write_series(series: pd.Series[Any], out: list[Chunk], canonical: bool) -> None:
    out.append(b"R")
    write(dict(series.attrs), out, canonical)
    write(series.name, out, canonical)
    write(series.index, out, canonical)
    _write_column(series, out, canonical)


def _read_series(reader: Reader) -> pd.Series[Any]:
    attrs, name, index = reader.read(), reader.read(), reader.read()
    series = _series(_read_column(reader), index=index, name=name)
    series.attrs.update(attrs)
    return series


def _write_index(index: pd.Index[Any], out: list[Chunk], canonical: bool) -> None:
    out.append(b"I")
    write(index.name, out, canonical)
    if isinstance(index, pd.RangeIndex):
        write("range", out, canonical)
        write((index.start, index.stop, index.step), out, canonical)
        return
    frequency = getattr(index, "freqstr", None)
    write("values" if frequency is None else "regular", out, canonical)
    _write_column(index, out, canonical)
    if frequency is not None:
        write(frequency, out, canonical)


def _read_index(reader: Reader) -> pd.Index[Any]:
    name, kind = reader.read(), reader.read()
    if kind == "range":
        return pd.RangeIndex(*reader.read(), name=name)
    values = _read_column(reader)
    index = pd.Index(values, dtype=values.dtype, name=name)
    if kind == "regular":
        index.freq = reader.read()
    return index


def _write_multi_index(index: pd.MultiIndex, out: list[Chunk], canonical: bool) -> None:
    out.append(b"M")
    write(list(index.names), out, canonical)
    write(index.nlevels, out, canonical)
    for level in range(index.nlevels):
        _write_column(index.get_level_values(level), out, canonical)


def _read_multi_index(reader: Reader) -> pd.MultiIndex:
    names, levels = reader.read(), reader.read()
    return pd.MultiIndex.from_arrays([_series(_read_column(reader)) for _ in range(levels)], names=names)


def _write_column(values: pd.Series[Any] | pd.Index[Any], out: list[Chunk], canonical: bool) -> None:
    """Write one column: a word that says how, its details, the content."""
    dtype, column = values.dtype, values.array
    if isinstance(dtype, np.dtype):
        write(("numpy",), out, canonical)
        write(values.to_numpy(), out, canonical)
    elif isinstance(dtype, pd.CategoricalDtype):
        write(("category", bool(dtype.ordered)), out, canonical)
        write(dtype.categories, out, canonical)
        write(np.asarray(column.codes).astype(np.int64), out, canonical)
    elif isinstance(dtype, pd.DatetimeTZDtype):
        write(("zoned", str(dtype)), out, canonical)
        write(column.asi8, out, canonical)
    elif isinstance(dtype, pd.StringDtype):
        _write_strings(column, out, canonical)
    elif hasattr(column, "_mask") and dtype.kind in "biuf":
        mask = np.asarray(column.isna())
        write(("nullable", str(dtype)), out, canonical)
        write(mask, out, canonical)
        write(column.to_numpy(dtype.numpy_dtype, na_value=dtype.type(0)), out, canonical)
    else:
        raise UnstorableError(f"a pandas column of dtype {dtype} has no data-only format; convert it first")


def _write_strings(column: Any, out: list[Chunk], canonical: bool) -> None:
    dtype = column.dtype
    storage = "" if canonical else str(dtype.storage)  # where strings lie in memory is no content
    write(("string", "NA" if dtype.na_value is pd.NA else "NaN", storage), out, canonical)
    mask = np.asarray(column.isna())
    data = [
        b"" if gone else text.encode("utf-8", "surrogatepass") for text, gone in zip(column, mask.tolist(), strict=True)
    ]
    write(mask, out, canonical)
    write(np.fromiter(map(len, data), np.int64, len(data)), out, canonical)
    write(b"".join(data), out, canonical)


def _read_strings(reader: Reader, missing: str, storage: str) -> Any:
    mask, sizes, joined = reader.read(), reader.read(), reader.read()
    ends = np.cumsum(sizes)
    texts: list[Any] = [
        joined[end - size : end].decode("utf-8", "surrogatepass")
        for end, size in zip(ends.tolist(), sizes.tolist(), strict=True)
    ]
    na_value = pd.NA if missing == "NA" else np.nan
    for position in np.flatnonzero(mask):
        texts[position] = na_value
    return pd.array(texts, dtype=_string_dtype(missing, storage))


def _string_dtype(missing: str, storage: str) -> Any:
    """Return the dtype that was stored, as far as this pandas has it."""
    if missing == "NA":
        return pd.StringDtype(storage)
    try:
        return pd.StringDtype(storage, na_value=np.nan)
    except TypeError as error:
        raise CorruptValueError("this value needs pandas 2.3 or newer: its strings use NaN for missing") from error


def _read_column(reader: Reader) -> Any:
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
        return _read_strings(reader, *details)
    if how == "nullable":
        mask, data = reader.read(), reader.read()
        return type(pd.array([], dtype=details[0]))(data, mask)
    raise CorruptValueError(f"stored bytes hold an unknown kind of column: {how!r}")


def _write_timestamp(value: pd.Timestamp, out: list[Chunk], canonical: bool) -> None:
    out.append(b"p")
    write((value.unit, value.asm8.view("i8").item(), None if value.tz is None else str(value.tz)), out, canonical)


def _read_timestamp(reader: Reader) -> pd.Timestamp:
    unit, number, zone = reader.read()
    stamp = pd.Timestamp(np.datetime64(number, unit))
    return stamp if zone is None else stamp.tz_localize("UTC").tz_convert(zone)


def _tag_writer(tag: bytes) -> Any:
    return lambda _value, out, _canonical: out.append(tag)


register(pd.DataFrame, b"D", _write_frame, _read_frame)
register(pd.Series, b"R", _write_series, _read_series)
register(_INDEXES, b"I", _write_index, _read_index)
register(pd.MultiIndex, b"M", _write_multi_index, _read_multi_index)
register(pd.Timestamp, b"p", _write_timestamp, _read_timestamp)
register(type(pd.NaT), b"n", _tag_writer(b"n"), lambda _reader: pd.NaT)
register(type(pd.NA), b"m", _tag_writer(b"m"), lambda _reader: pd.NA)
