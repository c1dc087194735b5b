"""Forms of pandas: frames, series, indexes and their scalars.

Content is dtypes, index, column names, their order, ``attrs`` and the values.
None, NaN, NaT and pd.NA stay distinct. No content are: where strings lie in
memory, chunks of Arrow columns, what lies under a null, the blocks of a frame.
A zone within pandas is its name, whichever package it comes from.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import numpy as np
import pandas as pd

from mandala_lab.memo.encoding import strings
from mandala_lab.memo.encoding.forms import Form, add
from mandala_lab.memo.encoding.offsets import frequency
from mandala_lab.model.errors import CorruptValueError, UnstorableError

_INDEXES = (
    pd.Index,
    pd.RangeIndex,
    pd.DatetimeIndex,
    pd.TimedeltaIndex,
    pd.CategoricalIndex,
    pd.PeriodIndex,
    pd.IntervalIndex,
)


def _of_frame(frame: pd.DataFrame, *, storing: bool) -> Any:
    columns = [_column(frame.iloc[:, place], storing=storing) for place in range(frame.shape[1])]
    return dict(frame.attrs), bool(frame.flags.allows_duplicate_labels), frame.columns, frame.index, columns


def _frame_of(parts: Any) -> pd.DataFrame:
    attrs, duplicates, columns, index, found = parts
    data = {place: _series(_column_of(column), index=index) for place, column in enumerate(found)}
    frame = pd.DataFrame(data, index=index)
    frame.columns = columns
    frame.attrs.update(attrs)
    frame.flags.allows_duplicate_labels = duplicates
    return frame


def _series(values: Any, **options: Any) -> pd.Series[Any]:
    """Make a series of exactly the dtype of `values`: pandas is not to guess another."""
    return pd.Series(values, dtype=values.dtype, **options)


def _of_series(series: pd.Series[Any], *, storing: bool) -> Any:
    duplicates = bool(series.flags.allows_duplicate_labels)
    return dict(series.attrs), duplicates, series.name, series.index, _column(series, storing=storing)


def _series_of(parts: Any) -> pd.Series[Any]:
    attrs, duplicates, name, index, column = parts
    series = _series(_column_of(column), index=index, name=name)
    series.attrs.update(attrs)
    series.flags.allows_duplicate_labels = duplicates
    return series


def _of_index(index: pd.Index[Any], *, storing: bool) -> Any:
    if isinstance(index, pd.RangeIndex):
        return index.name, "range", (index.start, index.stop, index.step)
    freq = None if isinstance(index, pd.PeriodIndex) else getattr(index, "freq", None)
    return index.name, "values", _column(index, storing=storing), frequency(freq)


def _index_of(parts: Any) -> pd.Index[Any]:
    name, kind, *rest = parts
    if kind == "range":
        return pd.RangeIndex(*rest[0], name=name)
    values = _column_of(rest[0])
    index = pd.Index(values, dtype=values.dtype, name=name)
    if rest[1] is not None:
        index.freq = rest[1]
    return index


def _of_multi_index(index: pd.MultiIndex, *, storing: bool) -> Any:
    return list(index.names), [_of_level(index, level, storing=storing) for level in range(index.nlevels)]


def _of_level(index: pd.MultiIndex, place: int, *, storing: bool) -> Any:
    """Return the values of a level; where a gap makes them of another dtype, those between gaps, and the gaps."""
    values, level = index.get_level_values(place), index.levels[place]
    if values.dtype == level.dtype:
        return _column(values, storing=storing)
    codes = np.asarray(index.codes[place])
    return "gaps", _column(level.take(codes[codes >= 0]), storing=storing), codes < 0


def _multi_index_of(parts: Any) -> pd.MultiIndex:
    names, found = parts
    levels, codes = zip(*[_level_of(level) for level in found], strict=True)
    return pd.MultiIndex(levels, codes, names=names)


def _level_of(parts: Any) -> Any:
    gaps = None
    if parts[0] == "gaps":
        _, parts, gaps = parts
    level = pd.MultiIndex.from_arrays([_series(_column_of(parts))])
    codes = np.asarray(level.codes[0])
    if gaps is not None:
        spread = np.full(len(gaps), -1)
        spread[~gaps] = codes
        codes = spread
    return level.levels[0], codes


def _of_array(array: Any, *, storing: bool) -> Any:
    return _column(pd.Series(array, dtype=array.dtype, copy=False), storing=storing)


def _of_moments(array: Any, *, storing: bool) -> Any:
    return _of_array(array, storing=storing), frequency(getattr(array, "freq", None))  # until pandas 3


def _moments_of(parts: Any) -> Any:
    return _index_of((None, "values", *parts)).array


def _column(values: pd.Series[Any] | pd.Index[Any], *, storing: bool) -> Any:  # noqa: PLR0911 - one line a kind
    """Return one column: a word that says how, and the content."""
    dtype, column = values.dtype, values.array
    if isinstance(dtype, np.dtype):
        return "numpy", values.to_numpy()
    if isinstance(dtype, pd.StringDtype):
        return _of_strings(column, storing=storing)
    if isinstance(dtype, pd.CategoricalDtype):
        return "category", bool(dtype.ordered), dtype.categories, np.asarray(column.codes)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "zoned", dtype.unit, zone_name(dtype.tz), column.asi8
    if isinstance(dtype, pd.PeriodDtype):
        return "period", _period_name(str(dtype), dtype.freq), column.asi8
    if isinstance(dtype, pd.IntervalDtype):
        return "interval", dtype.closed, column.left, column.right
    if isinstance(dtype, pd.SparseDtype):
        places = (
            column.sp_index.indices if hasattr(column.sp_index, "indices") else column.sp_index.to_int_index().indices
        )
        return "sparse", dtype.subtype, dtype.fill_value, len(column), places, column.sp_values
    if isinstance(dtype, pd.ArrowDtype):
        import pyarrow as pa

        found = pa.array(column)
        return "arrow", found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])
    if hasattr(column, "_mask") and dtype.kind in "biuf":
        mask = np.asarray(column.isna()) if dtype.kind != "f" else np.array(column._mask)  # noqa: SLF001 - NaN is no NA
        return "nullable", str(dtype), mask, _under(column, mask, dtype)
    raise UnstorableError(f"a pandas column of dtype {dtype} has no data-only format; convert it first")


def _under(column: Any, mask: Any, dtype: Any) -> Any:
    """Return the values of a masked column with zeros under the mask."""
    data = np.array(column._data)  # noqa: SLF001 - the public way merges NaN and NA in newer versions of pandas
    data[mask] = dtype.type(0)
    return data


def _of_strings(column: Any, *, storing: bool) -> Any:
    dtype = column.dtype
    if str(dtype.storage).startswith("pyarrow"):
        content = strings.of_arrow(column.__arrow_array__())
    else:
        items = [str.__str__(item) if isinstance(item, str) else None for item in column.to_numpy(object).tolist()]
        content = strings.of_nullable(items)
    missing = "NA" if dtype.na_value is pd.NA else "NaN"
    return ("string", missing, content, str(dtype.storage)) if storing else ("string", missing, content)


def _strings_of(missing: str, content: Any, storage: str) -> Any:
    na_value = pd.NA if missing == "NA" else np.nan
    found = [na_value if text is None else text for text in strings.texts(content)]
    return pd.array(found, dtype=string_dtype(missing, storage))


def string_dtype(missing: str, storage: str) -> Any:
    """Return the dtype that was stored, as far as this pandas has it."""
    if missing == "NA":
        return pd.StringDtype(storage)
    try:
        return pd.StringDtype(storage, na_value=np.nan)
    except TypeError as error:
        raise CorruptValueError("this value needs pandas 2.3 or newer: its strings use NaN for missing") from error


def _column_of(parts: Any) -> Any:  # noqa: PLR0911 - one line a kind of column
    how, *rest = parts
    if how == "numpy":
        return rest[0]
    if how == "string":
        return _strings_of(*rest)
    if how == "category":
        ordered, categories, codes = rest
        return pd.Categorical.from_codes(codes, categories=categories, ordered=ordered)
    if how == "zoned":
        unit, zone, moments = rest
        return pd.DatetimeIndex(moments.view(f"M8[{unit}]")).tz_localize("UTC").tz_convert(zone_of(zone)).array
    if how == "period":
        dtype, ordinals = rest
        return pd.arrays.PeriodArray(ordinals, dtype=_period_dtype(dtype))
    if how == "interval":
        closed, left, right = rest
        return pd.arrays.IntervalArray.from_arrays(left, right, closed=closed)
    if how == "sparse":
        return _sparse_of(*rest)
    if how == "arrow":
        return pd.array(rest[0], dtype=pd.ArrowDtype(rest[0].type))
    if how == "nullable":
        dtype, mask, data = rest
        return type(pd.array([], dtype=dtype))(data, mask)
    raise CorruptValueError(f"stored bytes hold an unknown kind of column: {how!r}")


def _period_name(name: str, offset: Any) -> Any:
    """Return what periods call their offset, where the text of the offset is all of it."""
    return name if isinstance(frequency(offset), str) else offset


def _period_dtype(said: Any) -> Any:
    return pd.api.types.pandas_dtype(said) if isinstance(said, str) else pd.PeriodDtype(said)


def _sparse_of(subtype: Any, fill: Any, size: int, places: Any, values: Any) -> Any:
    from pandas._libs.sparse import IntIndex

    index = IntIndex(size, np.array(places, np.int32), check_integrity=True)
    dtype: Any = pd.SparseDtype(subtype, fill)
    return pd.arrays.SparseArray._simple_new(values, index, dtype)  # noqa: SLF001 - no public way takes places


def zone_name(zone: Any) -> Any:
    """Return the name of a zone, or its minutes east of Greenwich, with the name that these were given.

    Raises
    ------
    UnstorableError
        When it has neither, as the zone of this machine.
    """
    if zone is None:
        return None
    name = zone.key if isinstance(zone, zoneinfo.ZoneInfo) else getattr(zone, "zone", None)
    if isinstance(name, str):
        return name
    if isinstance(zone, dt.timezone) or type(zone).__module__.startswith("pytz"):
        minutes = zone.utcoffset(None).total_seconds() / 60
        if isinstance(zone, dt.timezone) and len(zone.__getinitargs__()) > 1:  # type: ignore[attr-defined]
            return minutes, zone.tzname(None)
        return "UTC" if zone == dt.UTC else minutes
    raise UnstorableError(f"the zone {zone!r} has no name that means the same elsewhere; use one of zoneinfo")


def zone_of(name: Any) -> Any:
    """Return the zone of a name, as this pandas makes it."""
    if isinstance(name, tuple):
        minutes, said = name
        return dt.timezone(dt.timedelta(minutes=minutes), said)
    return dt.timezone(dt.timedelta(minutes=name)) if isinstance(name, float) else name


def _of_timestamp(value: pd.Timestamp) -> Any:
    return value.unit, value.asm8.view("i8").item(), zone_name(value.tz), value.fold


def _timestamp_of(parts: Any) -> pd.Timestamp:
    unit, number, zone, fold = parts
    stamp = pd.Timestamp(np.datetime64(number, unit))
    if zone is not None:
        return stamp.tz_localize("UTC").tz_convert(zone_of(zone))
    return stamp.replace(fold=1) if fold else stamp


def _of_timedelta(value: pd.Timedelta) -> Any:
    return value.unit, value.asm8.view("i8").item()


def _add(kind: Any, of: Any, made_of: Any) -> None:
    def content(value: Any) -> Any:
        return of(value, storing=False)

    def data(value: Any) -> Any:
        return of(value, storing=True)

    add(kind, Form(f"pandas.{kind.__name__}", content, made_of, data))


_add(pd.DataFrame, _of_frame, _frame_of)
_add(pd.Series, _of_series, _series_of)
_add(pd.MultiIndex, _of_multi_index, _multi_index_of)
for _kind in _INDEXES:
    _add(_kind, _of_index, _index_of)
for _dtype in ("int8", "Int8", "Float64", "boolean", "category", "period[D]", "interval[int64]", "Sparse[int8]"):
    _empty = pd.array([], dtype=_dtype)
    _add(type(_empty), _of_array, _column_of)
for _moments in (pd.arrays.DatetimeArray, pd.arrays.TimedeltaArray):
    _add(_moments, _of_moments, _moments_of)
add(pd.Timestamp, Form("pandas.Timestamp", _of_timestamp, _timestamp_of))
add(
    pd.Timedelta,
    Form("pandas.Timedelta", _of_timedelta, lambda parts: pd.Timedelta(np.timedelta64(parts[1], parts[0]))),
)
add(
    pd.Period,
    Form(
        "pandas.Period",
        lambda value: (_period_name(value.freqstr, value.freq), value.ordinal),
        lambda parts: pd.Period(ordinal=parts[1], freq=parts[0]),
    ),
)
add(
    pd.Interval,
    Form("pandas.Interval", lambda value: (value.left, value.right, value.closed), lambda parts: pd.Interval(*parts)),
)
add(type(pd.NaT), Form("pandas.NaT", lambda _value: None, lambda _none: pd.NaT))
add(type(pd.NA), Form("pandas.NA", lambda _value: None, lambda _none: pd.NA))
