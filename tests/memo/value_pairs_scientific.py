"""Pairs of values of scientific packages, as `value_pairs`; each says why.

`PAIRS` holds what needs numpy, pandas, pyarrow and scipy only; `optional_pairs`
those of packages that may be missing.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse as sp
from value_pairs import MyStr, Pair, odd_nan, other, same


class MyArray(np.ndarray):
    pass


def _with_nan(bits):
    return np.array([bits, 0], "<u8").view("<f8")


def _misaligned():
    return np.frombuffer(b"x" + np.arange(5.0).tobytes(), "<f8", offset=1)


def _padded(filler):
    made = np.frombuffer(bytearray([filler]) * 32, np.dtype([("a", "i1"), ("b", "<f8")], align=True)).copy()
    made["a"], made["b"] = [1, 2], [3.0, 4.0]
    return made


def _hidden(filler):
    data = pa.py_buffer(np.array([1, filler, 3], "<i8"))
    return pa.Array.from_buffers(pa.int64(), 3, [pa.py_buffer(b"\x05"), data])


def _hidden_text(filler):
    data = b"a" + filler + b"b"
    ends = pa.py_buffer(np.array([0, 1, 1 + len(filler), len(data)], "<i4"))
    return pa.Array.from_buffers(pa.string(), 3, [pa.py_buffer(b"\x05"), ends, pa.py_buffer(data)])


def _masked(under):
    return np.ma.MaskedArray([1, under, 3], mask=[False, True, False])


def _nullable(under):
    return pd.arrays.IntegerArray(np.array([1, under]), np.array([False, True]))


def _csr(indices, data):
    return sp.csr_array((np.array(data), np.array(indices), np.array([0, 2])), shape=(1, 4))


def _frame(**columns):
    return pd.DataFrame(columns)


def _days(freq):
    return pd.date_range("2025-05-06", periods=5, freq=freq)


def _zone(*name, hours=1):
    return dt.timezone(dt.timedelta(hours=hours), *name)


def _with_attrs():
    table = _TABLE.copy()
    table.attrs["unit"] = "m"
    return table


_offsets = pd.offsets
_DAY = dt.datetime(2024, 5, 6, 7, 8, 9, 10)
_TABLE = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})

# fmt: off
NUMPY = [
    other("dtype", "4 and 8 bytes", lambda: np.array([1], "i4"), lambda: np.array([1], "i8")),
    other("byte order", "the dtype is kept exactly", lambda: np.array([1], "<i4"), lambda: np.array([1], ">i4")),
    same("native order", "= and < are one here", lambda: np.array([1], "=i4"), lambda: np.array([1], "<i4")),
    other("shape", "shape counts", lambda: np.zeros((2, 3)), lambda: np.zeros((3, 2))),
    other("empty shapes", "shape counts", lambda: np.zeros((0, 3)), lambda: np.zeros((3, 0))),
    other("0-d, scalar", "types count", lambda: np.array(1.5), lambda: np.float64(1.5)),
    other("0-d, 1-d", "shape counts", lambda: np.array(1.5), lambda: np.array([1.5])),
    other("scalar, float", "types that compare equal", lambda: np.float64(1.5), lambda: 1.5),
    other("scalar dtypes", "widths count", lambda: np.float64(1.5), lambda: np.float32(1.5)),
    other("scalar, int", "types that compare equal", lambda: np.int64(1), lambda: 1),
    other("bool_, bool", "types that compare equal", lambda: np.True_, lambda: True),
    other("str_, str", "types that compare equal", lambda: np.str_("a"), lambda: "a"),
    other("str_ with zero", "zeros at the end count", lambda: np.str_("a\0"), lambda: np.str_("a")),
    other("bytes_ with zero", "zeros at the end count", lambda: np.bytes_(b"a\0"), lambda: np.bytes_(b"a")),
    other("array, list", "types count", lambda: np.array([1]), lambda: [1]),
    same("Fortran order", "layout is no content", lambda: np.arange(6.0).reshape(2, 3), lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3))),
    same("transposed twice", "layout is no content", lambda: np.arange(6).reshape(2, 3), lambda: np.arange(6).reshape(2, 3).T.copy().T),
    same("reversed view", "strides are no content", lambda: np.arange(5), lambda: np.arange(4, -1, -1)[::-1]),
    same("slice of a larger", "the base is no content", lambda: np.arange(5), lambda: np.arange(9)[:5]),
    same("steps", "strides are no content", lambda: np.arange(0, 10, 2), lambda: np.arange(10)[::2]),
    same("misaligned", "alignment is no content", lambda: np.arange(5.0), _misaligned),
    same("broadcast", "strides of zero are no content", lambda: np.ones((2, 3)), lambda: np.broadcast_to(np.float64(1), (2, 3))),
    same("read-only", "a flag of memory", lambda: np.arange(3), lambda: np.frombuffer(np.arange(3).tobytes(), np.int64)),
    same("NaN payloads in arrays", "numpy shows one NaN", lambda: np.array([math.nan, 0]), lambda: _with_nan(0x7FF8000000000123)),
    same("minus NaN in arrays", "the sign of NaN is noise", lambda: np.array([math.nan, 0]), lambda: _with_nan(0xFFF8000000000000)),
    other("zeros in arrays", "1/x differs", lambda: np.array([0.0]), lambda: np.array([-0.0])),
    same("complex NaN in arrays", "as for floats", lambda: np.array([complex(math.nan, 1)]), lambda: np.array([complex(odd_nan(), 1)])),
    same("longdouble", "bytes beyond the number are none", lambda: np.array([1], np.longdouble) / 3, lambda: np.ones(3, np.longdouble)[1:2] / 3),
    other("longdouble digits", "digits beyond double count", lambda: np.longdouble(1) / 3, lambda: np.longdouble(1 / 3)),
    same("half NaN", "as for floats", lambda: np.array([math.nan], "f2"), lambda: np.array([0x7E01], "u2").view("f2")),
    other("datetime units", "units count", lambda: np.array(["2020"], "M8[D]"), lambda: np.array(["2020"], "M8[s]")),
    other("NaT kinds", "a moment is no span", lambda: np.datetime64("NaT", "s"), lambda: np.timedelta64("NaT", "s")),
    other("NaT, NaN", "kinds of null", lambda: np.datetime64("NaT", "s"), lambda: np.float64("nan")),
    other("text widths", "the dtype counts", lambda: np.array(["a"], "U1"), lambda: np.array(["a"], "U2")),
    other("text, objects", "the dtype counts", lambda: np.array(["a"], "U1"), lambda: np.array(["a"], object)),
    other("objects 1, True", "elements have types", lambda: np.array([1], object), lambda: np.array([True], object)),
    other("objects None, NaN", "kinds of null", lambda: np.array(["a", None], object), lambda: np.array(["a", math.nan], object)),
    other("object texts", "one letter", lambda: np.array(["a", "b"], object), lambda: np.array(["a", "c"], object)),
    other("object text, bytes", "bytes are no text", lambda: np.array(["a", "b"], object), lambda: np.array(["a", b"b"], object)),
    other("object text subclass", "a subclass is a type of its own", lambda: np.array(["a", "b"], object), lambda: np.array(["a", MyStr("b")], object)),
    other("split object texts", "borders count", lambda: np.array(["ab", "c"], object), lambda: np.array(["a", "bc"], object)),
    other("object surrogate", "a lone surrogate is text", lambda: np.array(["a", "\ud800"], object), lambda: np.array(["a", "?"], object)),
    other("object empty text, None", "kinds of nothing", lambda: np.array(["a", ""], object), lambda: np.array(["a", None], object)),
    same("object layout", "layout is no content", lambda: np.array([["a", "b"], ["c", "d"]], object), lambda: np.array([["a", "c"], ["b", "d"]], object).T),
    same("structured padding", "bytes between fields are none", lambda: _padded(0), lambda: _padded(255)),
    other("field names", "names count", lambda: np.zeros(1, [("a", "i4")]), lambda: np.zeros(1, [("b", "i4")])),
    other("field order", "order counts", lambda: np.zeros(1, [("a", "i4"), ("b", "i4")]), lambda: np.zeros(1, [("b", "i4"), ("a", "i4")])),
    other("structured, plain", "dtype counts", lambda: np.zeros(1, [("a", "i4")]), lambda: np.zeros(1, "i4")),
    other("record type", "attributes of records", lambda: np.zeros(1, [("a", "i4")]), lambda: np.rec.array(np.zeros(1, [("a", "i4")]))),
    same("masked data", "what lies under a mask is none", lambda: _masked(2), lambda: _masked(99)),
    other("masked, plain", "a mask counts", lambda: np.ma.MaskedArray([1, 2]), lambda: np.array([1, 2])),
    other("masks", "a mask counts", lambda: np.ma.MaskedArray([1, 2], [True, False]), lambda: np.ma.MaskedArray([1, 2], [False, True])),
    other("fill values", "filled() differs", lambda: np.ma.MaskedArray([1], fill_value=1), lambda: np.ma.MaskedArray([1], fill_value=2)),
    same("fill value of numpy", "it is another dtype only until it is used", lambda: np.ma.MaskedArray([1], dtype="f4"), lambda: np.ma.MaskedArray([1], dtype="f4", fill_value=1e20)),
    other("matrix, array", "* differs", lambda: np.array([[1]]).view(np.matrix), lambda: np.array([[1]])),
    other("array subclass", "a subclass is a type of its own", lambda: np.arange(3), lambda: np.arange(3).view(MyArray)),
    other("dtypes as values", "widths count", lambda: np.dtype("f4"), lambda: np.dtype("f8")),
    other("dtype, its class", "a dtype is no class", lambda: np.dtype("f8"), lambda: np.float64),
    other("dtype metadata", "it can be read", lambda: np.zeros(1, np.dtype("i4", metadata={"a": 1})), lambda: np.zeros(1, "i4")),
    other("void", "bytes count", lambda: np.void(b"ab"), lambda: np.void(b"ac")),
    other("large arrays", "the last element counts", lambda: np.zeros(100_000), lambda: np.r_[np.zeros(99_999), 1]),
    other("generators", "the state counts", lambda: np.random.default_rng(1), lambda: np.random.default_rng(2)),
    same("equal generators", "equal states", lambda: np.random.default_rng(1), lambda: np.random.default_rng(1)),
]

PANDAS = [
    other("pandas nulls", "kinds of null", lambda: pd.NA, lambda: pd.NaT),
    other("NA, None", "kinds of null", lambda: pd.NA, lambda: None),
    other("NaT, numpy's NaT", "kinds of null", lambda: pd.NaT, lambda: np.datetime64("NaT", "s")),
    other("null objects", "kinds of null", lambda: pd.Series([None], dtype=object), lambda: pd.Series([pd.NA], dtype=object)),
    other("null objects 2", "kinds of null", lambda: pd.Series([math.nan], dtype=object), lambda: pd.Series([pd.NaT], dtype=object)),
    other("column dtype", "widths count", lambda: _frame(a=[1]), lambda: _frame(a=[1]).astype("i4")),
    other("nullable, plain", "dtypes count", lambda: pd.Series([1]), lambda: pd.Series([1], dtype="Int64")),
    other("column order", "order counts", lambda: _TABLE, lambda: _TABLE[["b", "a"]]),
    other("column names", "names count", lambda: _TABLE, lambda: _TABLE.rename(columns={"a": "z"})),
    other("column name types", "1 is no '1'", lambda: pd.DataFrame({1: [0]}), lambda: pd.DataFrame({"1": [0]})),
    other("row order", "order counts", lambda: _TABLE, lambda: _TABLE.iloc[::-1]),
    other("index", "labels count", lambda: _TABLE, lambda: _TABLE.set_axis([1, 2])),
    other("index kind", "a range is no list of numbers", lambda: _TABLE, lambda: _TABLE.set_axis(pd.Index([0, 1]))),
    other("index name", "names count", lambda: _TABLE, lambda: _TABLE.rename_axis("k")),
    other("attrs", "they are carried along", lambda: _TABLE, lambda: _with_attrs()),
    other("series name", "names count", lambda: pd.Series([1], name="a"), lambda: pd.Series([1], name="b")),
    other("series, frame", "types count", lambda: pd.Series([1], name="a"), lambda: pd.DataFrame({"a": [1]})),
    other("series, index", "types count", lambda: pd.Series([1]), lambda: pd.Index([1])),
    same("blocks", "how columns are joined in memory is none", lambda: pd.DataFrame(np.ones((2, 2)), columns=["a", "b"]), lambda: _frame(a=[1.0, 1.0], b=[1.0, 1.0])),
    same("sliced frame", "the rest is none", lambda: _frame(a=[1, 2]), lambda: _frame(a=[1, 2, 3]).iloc[:2]),
    same("NaN in frames", "one NaN", lambda: _frame(a=[math.nan]), lambda: _frame(a=[-math.nan])),
    other("category order", "codes and sorting differ", lambda: pd.Categorical(["a"], ["a", "b"]), lambda: pd.Categorical(["a"], ["b", "a"])),
    other("unused categories", "they are listed", lambda: pd.Categorical(["a"], ["a"]), lambda: pd.Categorical(["a"], ["a", "b"])),
    other("ordered categories", "comparison differs", lambda: pd.Categorical(["a"]), lambda: pd.Categorical(["a"], ordered=True)),
    other("category, text", "dtypes count", lambda: pd.Series(["a"]), lambda: pd.Series(["a"], dtype="category")),
    other("time units", "units count", lambda: pd.Series(pd.to_datetime(["2020"])).astype("M8[s]"), lambda: pd.Series(pd.to_datetime(["2020"])).astype("M8[ns]")),
    other("time zones", "zones count", lambda: pd.to_datetime(["2020"]).tz_localize("UTC"), lambda: pd.to_datetime(["2020"]).tz_localize("Europe/Paris").tz_convert("Europe/Berlin")),
    other("zoned, plain", "zones count", lambda: pd.to_datetime(["2020"]), lambda: pd.to_datetime(["2020"]).tz_localize("UTC")),
    other("Timestamp, datetime", "types that compare equal", lambda: pd.Timestamp(_DAY), lambda: _DAY),
    other("Timestamp units", "units count", lambda: pd.Timestamp("2020").as_unit("s"), lambda: pd.Timestamp("2020").as_unit("ns")),
    other("Timedelta, timedelta", "types that compare equal", lambda: pd.Timedelta(1, "D"), lambda: dt.timedelta(1)),
    other("periods", "a frequency counts", lambda: pd.Period("2020-01", "M"), lambda: pd.Period("2020-01-01", "D")),
    other("period columns", "a frequency counts", lambda: pd.period_range("2020", periods=2, freq="M"), lambda: pd.period_range("2020", periods=2, freq="D")),
    other("intervals", "which end is in", lambda: pd.Interval(0, 1), lambda: pd.Interval(0, 1, closed="left")),
    other("interval columns", "which end is in", lambda: pd.interval_range(0, 2), lambda: pd.interval_range(0, 2, closed="left")),
    other("index frequency", "it is shown and used", lambda: pd.date_range("2020", periods=3), lambda: pd.DatetimeIndex(list(pd.date_range("2020", periods=3)))),
    other("holidays", "an offset is more than its text", lambda: _days("C"), lambda: _days(_offsets.CDay(holidays=["2024-05-08"]))),
    other("weekmasks", "a calendar counts", lambda: _offsets.CDay(), lambda: _offsets.CDay(calendar=np.busdaycalendar("1111110"))),
    other("hours of business", "the end counts", lambda: _days(_offsets.BusinessHour()), lambda: _days(_offsets.BusinessHour(end="16:00"))),
    other("hours with holidays", "holidays count", lambda: _days(_offsets.CustomBusinessHour()), lambda: _days(_offsets.CustomBusinessHour(holidays=["2025-05-08"]))),
    other("month ends", "holidays count", lambda: _days(_offsets.CBMonthEnd()), lambda: _days(_offsets.CBMonthEnd(holidays=["2035-05-31"]))),
    other("to midnight", "whether moments are set back counts", lambda: _days("B"), lambda: _days(_offsets.BDay(normalize=True))),
    other("frequency of no text", "keywords count", lambda: _days(_offsets.DateOffset(days=1)), lambda: _days(_offsets.DateOffset(hours=24))),
    same("frequency in words", "an offset may be what its text is", lambda: _days("W-WED"), lambda: _days(_offsets.Week(weekday=2))),
    other("offsets", "numbers count", lambda: _offsets.Day(1), lambda: _offsets.Day(2)),
    other("offset kinds", "the class counts", lambda: _offsets.Hour(24), lambda: _offsets.Day(1)),
    other("offset keywords", "holidays count", lambda: _offsets.CDay(), lambda: _offsets.CDay(holidays=["2024-05-08"])),
    other("offset of periods", "an offset is more than its text", lambda: pd.PeriodIndex.from_ordinals([1], freq="M"), lambda: pd.PeriodIndex.from_ordinals([1], freq=_offsets.MonthEnd(normalize=True))),
    same("array of moments", "an index may be made anew of it", lambda: pd.date_range("2024", periods=2).array, lambda: pd.date_range("2024", periods=3)[:2].array),
    other("arrays of moments", "moments count", lambda: pd.date_range("2024", periods=2).array, lambda: pd.date_range("2025", periods=2).array),
    other("array of moments, of spans", "types count", lambda: pd.date_range("2024", periods=2).array, lambda: pd.timedelta_range("1D", periods=2).array),
    other("name of a zone", "tzname differs", lambda: pd.Timestamp("2020", tz=_zone()), lambda: pd.Timestamp("2020", tz=_zone("CET"))),
    other("name of a zone of many", "tzname differs", lambda: pd.to_datetime(["2020"]).tz_localize(_zone()), lambda: pd.to_datetime(["2020"]).tz_localize(_zone("CET"))),
    other("named UTC", "tzname differs", lambda: pd.Timestamp("2020", tz="UTC"), lambda: pd.Timestamp("2020", tz=_zone("Z", hours=0))),
    other("MultiIndex names", "names count", lambda: pd.MultiIndex.from_tuples([(1, 2)], names=["a", "b"]), lambda: pd.MultiIndex.from_tuples([(1, 2)], names=["a", "c"])),
    same("MultiIndex levels", "unused levels are left over from slicing", lambda: pd.MultiIndex.from_tuples([(1, 2)]), lambda: pd.MultiIndex.from_tuples([(1, 2), (3, 4)])[:1]),
    other("MultiIndex levels with gaps", "2**53 and the next are one float", lambda: pd.MultiIndex([[2**53], [1]], [[0, -1], [0, 0]]), lambda: pd.MultiIndex([[2**53 + 1], [1]], [[0, -1], [0, 0]])),
    other("MultiIndex, tuples", "types count", lambda: pd.MultiIndex.from_tuples([(1, 2)]), lambda: pd.Index([(1, 2)], tupleize_cols=False)),
    same("under NA", "what lies under NA is none", lambda: _nullable(0), lambda: _nullable(7)),
    other("NA, zero", "a null is no zero", lambda: pd.array([1, None], dtype="Int64"), lambda: pd.array([1, 0], dtype="Int64")),
    other("sparse, dense", "dtypes count", lambda: pd.Series([0, 1]), lambda: pd.Series([0, 1], dtype="Sparse[int]")),
    other("sparse fill", "the fill value counts", lambda: pd.arrays.SparseArray([0, 1], fill_value=0), lambda: pd.arrays.SparseArray([0, 1], fill_value=1)),
    same("string storage", "where strings lie is none", lambda: pd.Series(["a", None], dtype="string[python]"), lambda: pd.Series(["a", None], dtype="string[pyarrow]")),
    same("string chunks", "chunks are none", lambda: pd.Series(["a", "b", "c"], dtype="string[pyarrow]"), lambda: pd.concat([pd.Series(["a"], dtype="string[pyarrow]"), pd.Series(["b", "c"], dtype="string[pyarrow]")], ignore_index=True)),
    same("string slices", "offsets are none", lambda: pd.Series(["b", "c"], dtype="string[pyarrow]"), lambda: pd.Series(["a", "b", "c"], dtype="string[pyarrow]").iloc[1:].reset_index(drop=True)),
    other("strings, objects", "dtypes count", lambda: pd.Series(["a"], dtype="string"), lambda: pd.Series(["a"], dtype=object)),
    other("empty string, null", "a null is no text", lambda: pd.Series([""], dtype="string"), lambda: pd.Series([None], dtype="string")),
    other("Arrow dtype, string", "dtypes count", lambda: pd.Series(["a"], dtype="string[pyarrow]"), lambda: pd.Series(["a"], dtype=pd.ArrowDtype(pa.string()))),
    same("Arrow chunks", "chunks are none", lambda: pd.Series([1, 2], dtype="int64[pyarrow]"), lambda: pd.concat([pd.Series([1], dtype="int64[pyarrow]"), pd.Series([2], dtype="int64[pyarrow]")], ignore_index=True)),
    other("Arrow widths", "dtypes count", lambda: pd.Series([1], dtype="int64[pyarrow]"), lambda: pd.Series([1], dtype="int32[pyarrow]")),
    other("empty frames", "columns count", pd.DataFrame, lambda: pd.DataFrame(columns=["a"])),
]

ARROW = [
    same("chunks of a column", "chunks are none", lambda: pa.chunked_array([[1, 2, 3]]), lambda: pa.chunked_array([[1], [2, 3]])),
    same("slice", "offsets are none", lambda: pa.array([2, 3]), lambda: pa.array([1, 2, 3])[1:]),
    same("slice of texts", "offsets are none", lambda: pa.array(["b", None]), lambda: pa.array(["a", "b", None])[1:]),
    same("slice of bools", "bit offsets are none", lambda: pa.array([True, None]), lambda: pa.array([False, True, None])[1:]),
    same("slice of lists", "offsets are none", lambda: pa.array([[2], None]), lambda: pa.array([[1], [2], None])[1:]),
    same("slice of structs", "offsets are none", lambda: pa.array([{"a": 2}, None]), lambda: pa.array([{"a": 1}, {"a": 2}, None])[1:]),
    same("under a null", "what lies under a null is none", lambda: _hidden(0), lambda: _hidden(99)),
    same("text under a null", "what lies under a null is none", lambda: _hidden_text(b""), lambda: _hidden_text(b"secret")),
    same("NaN payloads in Arrow", "one NaN", lambda: pa.array([math.nan, 0]), lambda: pa.array(_with_nan(0x7FF8000000000123))),
    other("null, NaN", "kinds of null", lambda: pa.array([None], pa.float64()), lambda: pa.array([math.nan])),
    other("Arrow types", "types count", lambda: pa.array([1], pa.int64()), lambda: pa.array([1], pa.int32())),
    other("text widths in Arrow", "types count", lambda: pa.array(["a"], pa.string()), lambda: pa.array(["a"], pa.large_string())),
    other("text, bytes in Arrow", "types count", lambda: pa.array(["a"], pa.string()), lambda: pa.array([b"a"], pa.binary())),
    other("empty list, null", "a null is no list", lambda: pa.array([[]], pa.list_(pa.int8())), lambda: pa.array([None], pa.list_(pa.int8()))),
    other("split lists", "borders count", lambda: pa.array([[1, 2], [3]]), lambda: pa.array([[1], [2, 3]])),
    other("null in a struct", "a null field is no null", lambda: pa.array([{"a": None}]), lambda: pa.array([None], pa.struct([("a", pa.null())]))),
    other("dictionary, plain", "types count", lambda: pa.array(["a"]), lambda: pa.array(["a"]).dictionary_encode()),
    other("array, chunked", "types count", lambda: pa.array([1]), lambda: pa.chunked_array([[1]])),
    other("column names in Arrow", "names count", lambda: pa.table({"a": [1]}), lambda: pa.table({"b": [1]})),
    other("table metadata", "it is carried along", lambda: pa.table({"a": [1]}), lambda: pa.table({"a": [1]}).replace_schema_metadata({"k": "v"})),
    same("table chunks", "chunks are none", lambda: pa.table({"a": [1, 2]}), lambda: pa.concat_tables([pa.table({"a": [1]}), pa.table({"a": [2]})])),
    other("table, batch", "types count", lambda: pa.table({"a": [1]}), lambda: pa.record_batch({"a": [1]})),
    other("scalar types in Arrow", "types count", lambda: pa.scalar(1), lambda: pa.scalar(1, pa.int8())),
    same("maps", "offsets are none", lambda: pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())), lambda: pa.array([[], [("a", 1)]], pa.map_(pa.string(), pa.int8()))[1:]),
    other("decimals", "scales count", lambda: pa.array([Decimal("1.0")]), lambda: pa.array([Decimal("1.00")])),
]

SPARSE = [
    other("formats", "the format counts", lambda: sp.csr_array([[1, 0]]), lambda: sp.csc_array([[1, 0]])),
    other("matrix, array of scipy", "* differs", lambda: sp.csr_array([[1, 0]]), lambda: sp.csr_matrix([[1, 0]])),
    same("order within rows", "the order of entries is none", lambda: _csr([1, 2], [5, 6]), lambda: _csr([2, 1], [6, 5])),
    other("entries", "where an entry is counts", lambda: _csr([1, 2], [5, 6]), lambda: _csr([1, 3], [5, 6])),
    other("written twice", "a program sees the number of entries", lambda: _csr([1, 1], [5, 6]), lambda: sp.csr_array([[0, 11, 0, 0]])),
    other("written zeros", "a program sees the number of entries", lambda: _csr([1, 2], [5, 0]), lambda: sp.csr_array([[0, 5, 0, 0]])),
    same("order of coordinates", "the order of entries is none", lambda: sp.coo_array(([1, 2], ([0, 1], [1, 0]))), lambda: sp.coo_array(([2, 1], ([1, 0], [0, 1])))),
    other("dtype of entries", "widths count", lambda: sp.csr_array([[1, 0]], dtype="i4"), lambda: sp.csr_array([[1, 0]], dtype="i8")),
    other("shape of sparse", "shape counts", lambda: sp.csr_array((2, 3)), lambda: sp.csr_array((3, 2))),
    same("dictionary of keys", "order is none", lambda: sp.dok_array(np.eye(2)), lambda: sp.dok_array(np.eye(2)[::-1][::-1])),
    other("sparse, dense array", "types count", lambda: sp.csr_array([[1, 0]]), lambda: np.array([[1, 0]])),
]


def _of_polars():
    import polars as pl

    return [
        same("polars chunks", "chunks are none", lambda: pl.DataFrame({"a": [1, 2]}), lambda: pl.concat([pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2]})], rechunk=False)),
        same("polars slice", "offsets are none", lambda: pl.Series("a", ["b", None]), lambda: pl.Series("a", ["a", "b", None])[1:]),
        other("polars dtype", "widths count", lambda: pl.Series([1], dtype=pl.Int64), lambda: pl.Series([1], dtype=pl.Int32)),
        other("polars names", "names count", lambda: pl.DataFrame({"a": [1]}), lambda: pl.DataFrame({"b": [1]})),
        other("polars null, NaN", "kinds of null", lambda: pl.Series([None], dtype=pl.Float64), lambda: pl.Series([math.nan])),
        other("polars categories", "dtypes count", lambda: pl.Series(["a"]), lambda: pl.Series(["a"], dtype=pl.Categorical)),
        other("polars, pandas", "types count", lambda: pl.DataFrame({"a": [1]}), lambda: pd.DataFrame({"a": [1]})),
    ]


def _of_torch():
    import torch

    return [
        same("torch layout", "strides are none", lambda: torch.arange(6).reshape(2, 3), lambda: torch.arange(6).reshape(2, 3).T.contiguous().T),
        same("torch slice", "the rest is none", lambda: torch.arange(3), lambda: torch.arange(9)[:3]),
        other("torch dtype", "widths count", lambda: torch.zeros(2), lambda: torch.zeros(2, dtype=torch.float64)),
        other("torch shape", "shape counts", lambda: torch.zeros(2, 3), lambda: torch.zeros(3, 2)),
        other("torch gradient", "whether one is wanted counts", lambda: torch.zeros(2), lambda: torch.zeros(2, requires_grad=True)),
        other("torch parameter", "types count", lambda: torch.zeros(2, requires_grad=True), lambda: torch.nn.Parameter(torch.zeros(2))),
        other("torch half kinds", "formats count", lambda: torch.ones(2, dtype=torch.float16), lambda: torch.ones(2, dtype=torch.bfloat16)),
        same("torch NaN", "one NaN", lambda: torch.tensor([math.nan]), lambda: torch.tensor([0x7FC00001], dtype=torch.int32).view(torch.float32)),
        other("torch, numpy", "types count", lambda: torch.zeros(2), lambda: np.zeros(2, "f4")),
    ]


def _of_sklearn():
    from sklearn.linear_model import LinearRegression, Ridge

    return [
        same("estimator", "equal parameters", LinearRegression, LinearRegression),
        other("estimators", "the class counts", LinearRegression, Ridge),
        other("estimator parameters", "parameters count", Ridge, lambda: Ridge(alpha=2)),
        other("fitted estimator", "state counts", LinearRegression, lambda: LinearRegression().fit([[0], [1]], [0, 1])),
        same("fitted twice", "equal state", lambda: Ridge().fit([[0], [1]], [0, 1]), lambda: Ridge().fit(np.array([[0], [1]]), [0, 1])),
    ]


def _of_pillow():
    from PIL import Image

    def drawn(mode="RGB", colour=0, size=(3, 2), **info):
        made = Image.new(mode, size, colour)
        made.info.update(info)
        return made

    return [
        same("picture", "equal pixels", drawn, lambda: drawn(size=(9, 9)).crop((0, 0, 3, 2))),
        other("pictures", "pixels count", drawn, lambda: drawn(colour=(0, 0, 1))),
        other("picture size", "size counts", drawn, lambda: drawn(size=(2, 3))),
        other("picture mode", "modes count", lambda: drawn("L"), lambda: drawn("1")),
        other("picture palette", "colours count", lambda: drawn("P"), lambda: drawn().convert("P", palette=Image.Palette.ADAPTIVE)),
        other("picture info", "what is said of it counts", drawn, lambda: drawn(dpi=(72, 72))),
        other("picture, numpy", "types count", drawn, lambda: np.asarray(drawn())),
    ]


# fmt: on
def optional_pairs() -> list[Pair]:
    """Return the pairs of packages that may be missing."""
    makers = {"polars": _of_polars, "torch": _of_torch, "sklearn": _of_sklearn, "PIL": _of_pillow}
    return [pair for name, make in makers.items() if importlib.util.find_spec(name) is not None for pair in make()]


PAIRS = [*NUMPY, *PANDAS, *ARROW, *SPARSE]
