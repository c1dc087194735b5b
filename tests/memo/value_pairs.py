"""Pairs of values that must, or must not, have one content id; each says why.

Makers are called anew for each test. `PAIRS` holds what needs numpy, pandas,
pyarrow and scipy only; `optional_pairs` adds those of packages that are there.
"""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import enum
import fractions
import functools
import importlib.util
import math
import operator
import pathlib
import re
import struct
import uuid
import zoneinfo
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse as sp

from mandala_lab.memo.encoding import register_hasher, register_serializer


class Pair(NamedTuple):
    """Two makers, what is expected of what they make, and why."""

    name: str
    same: bool
    why: str
    one: Callable[[], Any]
    other: Callable[[], Any]


def _same(name: str, why: str, one: Callable[[], Any], other: Callable[[], Any]) -> Pair:
    return Pair(name, True, why, one, other)


def _other(name: str, why: str, one: Callable[[], Any], other: Callable[[], Any]) -> Pair:
    return Pair(name, False, why, one, other)


# --- classes and functions of the user's own


@dataclasses.dataclass
class Point:
    x: Any
    y: Any = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Fixed:
    x: Any
    y: Any = 0


class Plain:
    def __init__(self, **attributes):
        vars(self).update(attributes)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a


class Color(enum.Enum):
    RED = 1
    GREEN = 2


class Shape(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Pixel(NamedTuple):
    x: int
    y: int


class Loud(NamedTuple):
    x: int
    y: int

    def shout(self):
        return "!"


Spot = collections.namedtuple("Spot", "x y")


class MyInt(int):
    pass


class MyStr(str):
    __slots__ = ()


class MyList(list):
    pass


class MyDict(dict):
    pass


class MySet(set):
    pass


class MyTuple(tuple):
    __slots__ = ()


class MyArray(np.ndarray):
    pass


class MyDate(dt.date):
    pass


class Registered:
    def __init__(self, url):
        self.url, self.handle = url, object()


class AlsoRegistered(Registered):
    pass


class Serialized:
    def __init__(self, degrees):
        self.degrees = degrees


def _url(value):
    return value.url


def _degrees(value):
    return value.degrees


register_hasher(Registered, _url)
register_hasher(AlsoRegistered, _url)
register_serializer(Serialized, _degrees, Serialized, name="degrees")


def double(x):
    return x * 2


def triple(x):
    return x * 3


def adder(amount):
    def add(x):
        return x + amount

    return add


def with_default(default):
    def take(x=default):
        return x

    return take


class Scaler:
    def __init__(self, factor):
        self.factor = factor

    def scale(self, x):
        return x * self.factor

    def shift(self, x):
        return x + self.factor


# --- helpers for values in unusual places of memory


def _odd_nan():
    return struct.unpack(">d", bytes.fromhex("7ff8000000000123"))[0]


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


def _shared():
    inner = [1, 2]
    return [inner, inner]


def _long_shared(depth):
    value: list[Any] = [1]
    for _ in range(depth):
        value = [value, value]
    return value


def _masked(under):
    return np.ma.MaskedArray([1, under, 3], mask=[False, True, False])


def _nullable(under):
    return pd.arrays.IntegerArray(np.array([1, under]), np.array([False, True]))


def _csr(indices, data):
    return sp.csr_array((np.array(data), np.array(indices), np.array([0, 2])), shape=(1, 4))


def _mapped():
    return {str(number): number for number in range(100)}


_TEXTS = ["a", None, "ccc", "é"]
_DAY = dt.datetime(2024, 5, 6, 7, 8, 9, 10)

SCALARS = [
    _other("int, bool", "types that compare equal", lambda: 1, lambda: True),
    _other("int, float", "types that compare equal", lambda: 1, lambda: 1.0),
    _other("float, complex", "types that compare equal", lambda: 1.0, lambda: 1 + 0j),
    _other("int, text", "a number is no text", lambda: 1, lambda: "1"),
    _other("text, bytes", "bytes are no text", lambda: "a", lambda: b"a"),
    _other("bytes, bytearray", "one can be changed", lambda: b"a", lambda: bytearray(b"a")),
    _other("zero, minus zero", "1/x differs", lambda: 0.0, lambda: -0.0),
    _other("complex zeros", "the sign of zero counts in parts", lambda: complex(0.0, 0.0), lambda: complex(0.0, -0.0)),
    _same("NaN payloads", "Python shows one NaN", lambda: math.nan, _odd_nan),
    _same("minus NaN", "the sign of NaN is noise of the processor", lambda: math.nan, lambda: -math.nan),
    _same("complex NaN payloads", "as for floats", lambda: complex(math.nan, 1), lambda: complex(_odd_nan(), 1)),
    _other("NaN, None", "kinds of null", lambda: math.nan, lambda: None),
    _other("NaN, infinity", "different numbers", lambda: math.nan, lambda: math.inf),
    _other("False, None", "both are falsy", lambda: False, lambda: None),
    _other("empty text, None", "both are falsy", lambda: "", lambda: None),
    _other("large ints", "one apart beyond 64 bits", lambda: 2**70, lambda: 2**70 + 1),
    _other("large int, float", "2**70 as either", lambda: 2**70, lambda: float(2**70)),
    _other("sign of int", "a sign counts", lambda: -(2**63), lambda: 2**63),
    _same("huge int", "beyond the limit of decimal digits", lambda: 10**5000, lambda: 10**5000),
    _other("next float", "one bit apart", lambda: 0.1, lambda: math.nextafter(0.1, 1)),
    _other("normal forms", "text is compared by code point", lambda: "\u00e9", lambda: "e\u0301"),
    _other("surrogate", "a lone surrogate is no question mark", lambda: "\ud800", lambda: "?"),
    _other("case", "case counts", lambda: "a", lambda: "A"),
    _other("zero at the end", "a zero is a character", lambda: "a", lambda: "a\0"),
    _same("interned text", "where text lies is no content", lambda: "ab", lambda: "".join(["a", "b"])),
    _same("long text", "beyond the length that is digested", lambda: "x" * 100_000, lambda: "x" * 99_999 + "x"),
    _other("long text by one", "the last character counts", lambda: "x" * 100_000, lambda: "x" * 99_999 + "y"),
    _other("Decimal zeros", "trailing zeros are precision", lambda: Decimal("1.0"), lambda: Decimal("1.00")),
    _other("Decimal, float", "types that compare equal", lambda: Decimal(1), lambda: 1.0),
    _other("Decimal minus zero", "a sign counts", lambda: Decimal(0), lambda: Decimal("-0")),
    _other("Decimal NaNs", "a signalling NaN raises", lambda: Decimal("NaN"), lambda: Decimal("sNaN")),
    _same("Fraction", "it is kept in lowest terms", lambda: fractions.Fraction(2, 4), lambda: fractions.Fraction(1, 2)),
    _other("Fraction, int", "types that compare equal", lambda: fractions.Fraction(1), lambda: 1),
    _other("equal ranges", "they list the same and show another stop", lambda: range(0, 3, 2), lambda: range(0, 4, 2)),
    _other("range, list", "one is lazy", lambda: range(2), lambda: [0, 1]),
    _other("slices", "a step of one or none", lambda: slice(1, 2), lambda: slice(1, 2, 1)),
    _other("Ellipsis, NotImplemented", "two constants", lambda: ..., lambda: NotImplemented),
    _other("None, type of None", "a value is not its type", lambda: None, lambda: type(None)),
]

CONTAINERS = [
    _other("list, tuple", "one can be changed", lambda: [1], lambda: (1,)),
    _other("set, frozenset", "one can be changed", lambda: {1}, lambda: frozenset({1})),
    _other("order in a list", "order counts", lambda: [1, 2], lambda: [2, 1]),
    _same("order in a dict", "equal dicts", lambda: {"a": 1, "b": 2}, lambda: {"b": 2, "a": 1}),
    _same("order in a long dict", "equal dicts", _mapped, lambda: dict(reversed(_mapped().items()))),
    _same("order in a set", "sets have no order", lambda: {"a", "b", "c"}, lambda: {"c", "b", "a"}),
    _other("key types", "1 and True as keys", lambda: {1: "a"}, lambda: {True: "a"}),
    _other("value types", "1 and True as values", lambda: {"a": 1}, lambda: {"a": True}),
    _other("set element types", "1 and 1.0 as elements", lambda: {1}, lambda: {1.0}),
    _other("nesting", "brackets count", lambda: [[1], 2], lambda: [1, [2]]),
    _other("nesting of empties", "brackets count", lambda: [[], []], lambda: [[[]]]),
    _other("split texts", "commas count", lambda: ["ab", "c"], lambda: ["a", "bc"]),
    _other("empty containers", "types count", list, tuple),
    _other("empty dict, empty set", "types count", dict, set),
    _other("keys with values", "which value belongs to which key", lambda: {1: 2, 3: 4}, lambda: {1: 4, 3: 2}),
    _other("key and value", "sides count", lambda: {1: 2}, lambda: {2: 1}),
    _same("shared parts", "who shares an object is no content", _shared, lambda: [[1, 2], [1, 2]]),
    _same("much shared", "looked at once each", lambda: _long_shared(60), lambda: _long_shared(60)),
    _other("much shared by one", "depth counts", lambda: _long_shared(60), lambda: _long_shared(61)),
    _same("long list", "beyond the length that is digested", lambda: list(range(20_000)), lambda: [*range(20_000)]),
    _other("long list by one", "the last counts", lambda: list(range(20_000)), lambda: [*range(19_999), 0]),
    _other("mixed key types", "no order among keys is needed", lambda: {1: 0, "1": 0}, lambda: {1: 0, b"1": 0}),
    _same("mixed key order", "no order among keys is needed", lambda: {1: 0, "1": 0}, lambda: {"1": 0, 1: 0}),
    _other(
        "OrderedDict order",
        "its order is its meaning",
        lambda: collections.OrderedDict(a=1, b=2),
        lambda: collections.OrderedDict(b=2, a=1),
    ),
    _other("OrderedDict, dict", "types count", lambda: collections.OrderedDict(a=1), lambda: {"a": 1}),
    _other(
        "defaultdict factory",
        "it makes values",
        lambda: collections.defaultdict(int),
        lambda: collections.defaultdict(list),
    ),
    _same(
        "defaultdict order",
        "equal dicts",
        lambda: collections.defaultdict(int, a=1, b=2),
        lambda: collections.defaultdict(int, b=2, a=1),
    ),
    _same("Counter order", "equal counters", lambda: collections.Counter("ab"), lambda: collections.Counter("ba")),
    _other("Counter zero", "a zero is listed", lambda: collections.Counter(a=0), collections.Counter),
    _other("deque limit", "it drops", lambda: collections.deque([1], 1), lambda: collections.deque([1], 2)),
    _other("deque, list", "types count", lambda: collections.deque([1]), lambda: [1]),
    _other("named tuple, tuple", "names count", lambda: Pixel(1, 2), lambda: (1, 2)),
    _other("named tuples", "the class counts", lambda: Pixel(1, 2), lambda: Spot(1, 2)),
    _other("named tuple with methods", "the class counts", lambda: Pixel(1, 2), lambda: Loud(1, 2)),
    _same("named tuple", "equal content", lambda: Pixel(1, 2), lambda: Pixel(x=1, y=2)),
    _other("array types", "the type code counts", lambda: array.array("i", [1]), lambda: array.array("h", [1])),
    _same(
        "array NaN", "payloads are merged", lambda: array.array("d", [math.nan]), lambda: array.array("d", [_odd_nan()])
    ),
    _other("memoryview, bytes", "types count", lambda: memoryview(b"a"), lambda: b"a"),
    _same(
        "memoryview slice", "where bytes lie is no content", lambda: memoryview(b"abc")[1:], lambda: memoryview(b"bc")
    ),
    _same("memoryview steps", "strides are no content", lambda: memoryview(b"abcd")[::2], lambda: memoryview(b"ac")),
    _other("memoryview format", "elements count", lambda: memoryview(b"ab"), lambda: memoryview(b"ab").cast("H")),
]

TIMES = [
    _other("date, datetime", "types count", lambda: dt.date(2024, 1, 1), lambda: dt.datetime(2024, 1, 1)),  # noqa: DTZ001
    _other("with zone, without", "a zone counts", lambda: _DAY, lambda: _DAY.replace(tzinfo=dt.UTC)),
    _other(
        "the same moment",
        "the wall clock differs",
        lambda: _DAY.replace(tzinfo=dt.UTC),
        lambda: _DAY.replace(tzinfo=dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=1))),
    ),
    _other("fold", "which of two hours", lambda: _DAY, lambda: _DAY.replace(fold=1)),
    _other("UTC kinds", "classes of zones differ", lambda: dt.UTC, lambda: zoneinfo.ZoneInfo("UTC")),
    _other(
        "zones", "rules differ", lambda: zoneinfo.ZoneInfo("Europe/Berlin"), lambda: zoneinfo.ZoneInfo("Europe/Paris")
    ),
    _same(
        "zone not cached",
        "equal rules",
        lambda: zoneinfo.ZoneInfo("Europe/Berlin"),
        lambda: zoneinfo.ZoneInfo.no_cache("Europe/Berlin"),
    ),
    _other(
        "name of offset",
        "tzname differs",
        lambda: dt.timezone(dt.timedelta(hours=1)),
        lambda: dt.timezone(dt.timedelta(hours=1), "CET"),
    ),
    _same("timedelta", "it is kept in a normal form", lambda: dt.timedelta(hours=24), lambda: dt.timedelta(days=1)),
    _other("time", "microseconds count", lambda: dt.time(1, 2, 3), lambda: dt.time(1, 2, 3, 1)),
    _other("date subclass", "a subclass is a type of its own", lambda: dt.date(2024, 1, 1), lambda: MyDate(2024, 1, 1)),
]

OTHERS = [
    _same(
        "path spelling",
        "a path is kept in a normal form",
        lambda: pathlib.Path("a//b"),
        lambda: pathlib.Path("a") / "b",
    ),
    _other("path, text", "types count", lambda: pathlib.Path("a"), lambda: "a"),
    _other("pure path", "one touches the disk", lambda: pathlib.PosixPath("a"), lambda: pathlib.PurePosixPath("a")),
    _other(
        "path cases", "no look at the disk", lambda: pathlib.PureWindowsPath("a"), lambda: pathlib.PureWindowsPath("A")
    ),
    _other("UUID, text", "types count", lambda: uuid.UUID(int=1), lambda: str(uuid.UUID(int=1))),
    _same("UUID", "equal content", lambda: uuid.UUID(int=1), lambda: uuid.UUID(str(uuid.UUID(int=1)))),
    _other("pattern flags", "flags count", lambda: re.compile("a"), lambda: re.compile("a", re.IGNORECASE)),
    _other("pattern kinds", "bytes are no text", lambda: re.compile("a"), lambda: re.compile(b"a")),
]

NUMPY = [
    _other("dtype", "4 and 8 bytes", lambda: np.array([1], "i4"), lambda: np.array([1], "i8")),
    _other("byte order", "the dtype is kept exactly", lambda: np.array([1], "<i4"), lambda: np.array([1], ">i4")),
    _same("native order", "= and < are one here", lambda: np.array([1], "=i4"), lambda: np.array([1], "<i4")),
    _other("shape", "shape counts", lambda: np.zeros((2, 3)), lambda: np.zeros((3, 2))),
    _other("empty shapes", "shape counts", lambda: np.zeros((0, 3)), lambda: np.zeros((3, 0))),
    _other("0-d, scalar", "types count", lambda: np.array(1.5), lambda: np.float64(1.5)),
    _other("0-d, 1-d", "shape counts", lambda: np.array(1.5), lambda: np.array([1.5])),
    _other("scalar, float", "types that compare equal", lambda: np.float64(1.5), lambda: 1.5),
    _other("scalar dtypes", "widths count", lambda: np.float64(1.5), lambda: np.float32(1.5)),
    _other("scalar, int", "types that compare equal", lambda: np.int64(1), lambda: 1),
    _other("bool_, bool", "types that compare equal", lambda: np.True_, lambda: True),
    _other("str_, str", "types that compare equal", lambda: np.str_("a"), lambda: "a"),
    _other("str_ with zero", "zeros at the end count", lambda: np.str_("a\0"), lambda: np.str_("a")),
    _other("bytes_ with zero", "zeros at the end count", lambda: np.bytes_(b"a\0"), lambda: np.bytes_(b"a")),
    _other("array, list", "types count", lambda: np.array([1]), lambda: [1]),
    _same(
        "Fortran order",
        "layout is no content",
        lambda: np.arange(6.0).reshape(2, 3),
        lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    ),
    _same(
        "transposed twice",
        "layout is no content",
        lambda: np.arange(6).reshape(2, 3),
        lambda: np.arange(6).reshape(2, 3).T.copy().T,
    ),
    _same("reversed view", "strides are no content", lambda: np.arange(5), lambda: np.arange(4, -1, -1)[::-1]),
    _same("slice of a larger", "the base is no content", lambda: np.arange(5), lambda: np.arange(9)[:5]),
    _same("steps", "strides are no content", lambda: np.arange(0, 10, 2), lambda: np.arange(10)[::2]),
    _same("misaligned", "alignment is no content", lambda: np.arange(5.0), _misaligned),
    _same(
        "broadcast",
        "strides of zero are no content",
        lambda: np.ones((2, 3)),
        lambda: np.broadcast_to(np.float64(1), (2, 3)),
    ),
    _same(
        "read-only", "a flag of memory", lambda: np.arange(3), lambda: np.frombuffer(np.arange(3).tobytes(), np.int64)
    ),
    _same(
        "NaN payloads in arrays",
        "numpy shows one NaN",
        lambda: np.array([math.nan, 0]),
        lambda: _with_nan(0x7FF8000000000123),
    ),
    _same(
        "minus NaN in arrays",
        "the sign of NaN is noise",
        lambda: np.array([math.nan, 0]),
        lambda: _with_nan(0xFFF8000000000000),
    ),
    _other("zeros in arrays", "1/x differs", lambda: np.array([0.0]), lambda: np.array([-0.0])),
    _same(
        "complex NaN in arrays",
        "as for floats",
        lambda: np.array([complex(math.nan, 1)]),
        lambda: np.array([complex(_odd_nan(), 1)]),
    ),
    _same(
        "longdouble",
        "bytes beyond the number are none",
        lambda: np.array([1], np.longdouble) / 3,
        lambda: np.ones(3, np.longdouble)[1:2] / 3,
    ),
    _other(
        "longdouble digits", "digits beyond double count", lambda: np.longdouble(1) / 3, lambda: np.longdouble(1 / 3)
    ),
    _same("half NaN", "as for floats", lambda: np.array([math.nan], "f2"), lambda: np.array([0x7E01], "u2").view("f2")),
    _other("datetime units", "units count", lambda: np.array(["2020"], "M8[D]"), lambda: np.array(["2020"], "M8[s]")),
    _other("NaT kinds", "a moment is no span", lambda: np.datetime64("NaT", "s"), lambda: np.timedelta64("NaT", "s")),
    _other("NaT, NaN", "kinds of null", lambda: np.datetime64("NaT"), lambda: np.float64("nan")),
    _other("text widths", "the dtype counts", lambda: np.array(["a"], "U1"), lambda: np.array(["a"], "U2")),
    _other("text, objects", "the dtype counts", lambda: np.array(["a"], "U1"), lambda: np.array(["a"], object)),
    _other("objects 1, True", "elements have types", lambda: np.array([1], object), lambda: np.array([True], object)),
    _other(
        "objects None, NaN",
        "kinds of null",
        lambda: np.array(["a", None], object),
        lambda: np.array(["a", math.nan], object),
    ),
    _other("object texts", "one letter", lambda: np.array(["a", "b"], object), lambda: np.array(["a", "c"], object)),
    _other(
        "object text, bytes",
        "bytes are no text",
        lambda: np.array(["a", "b"], object),
        lambda: np.array(["a", b"b"], object),
    ),
    _other(
        "object text subclass",
        "a subclass is a type of its own",
        lambda: np.array(["a", "b"], object),
        lambda: np.array(["a", MyStr("b")], object),
    ),
    _other(
        "split object texts",
        "borders count",
        lambda: np.array(["ab", "c"], object),
        lambda: np.array(["a", "bc"], object),
    ),
    _other(
        "object surrogate",
        "a lone surrogate is text",
        lambda: np.array(["a", "\ud800"], object),
        lambda: np.array(["a", "?"], object),
    ),
    _other(
        "object empty text, None",
        "kinds of nothing",
        lambda: np.array(["a", ""], object),
        lambda: np.array(["a", None], object),
    ),
    _same(
        "object layout",
        "layout is no content",
        lambda: np.array([["a", "b"], ["c", "d"]], object),
        lambda: np.array([["a", "c"], ["b", "d"]], object).T,
    ),
    _same("structured padding", "bytes between fields are none", lambda: _padded(0), lambda: _padded(255)),
    _other("field names", "names count", lambda: np.zeros(1, [("a", "i4")]), lambda: np.zeros(1, [("b", "i4")])),
    _other(
        "field order",
        "order counts",
        lambda: np.zeros(1, [("a", "i4"), ("b", "i4")]),
        lambda: np.zeros(1, [("b", "i4"), ("a", "i4")]),
    ),
    _other("structured, plain", "dtype counts", lambda: np.zeros(1, [("a", "i4")]), lambda: np.zeros(1, "i4")),
    _other(
        "record type",
        "attributes of records",
        lambda: np.zeros(1, [("a", "i4")]),
        lambda: np.rec.array(np.zeros(1, [("a", "i4")])),
    ),
    _same("masked data", "what lies under a mask is none", lambda: _masked(2), lambda: _masked(99)),
    _other("masked, plain", "a mask counts", lambda: np.ma.MaskedArray([1, 2]), lambda: np.array([1, 2])),
    _other(
        "masks",
        "a mask counts",
        lambda: np.ma.MaskedArray([1, 2], [True, False]),
        lambda: np.ma.MaskedArray([1, 2], [False, True]),
    ),
    _other(
        "fill values",
        "filled() differs",
        lambda: np.ma.MaskedArray([1], fill_value=1),
        lambda: np.ma.MaskedArray([1], fill_value=2),
    ),
    _other("matrix, array", "* differs", lambda: np.array([[1]]).view(np.matrix), lambda: np.array([[1]])),
    _other(
        "array subclass", "a subclass is a type of its own", lambda: np.arange(3), lambda: np.arange(3).view(MyArray)
    ),
    _other("dtypes as values", "widths count", lambda: np.dtype("f4"), lambda: np.dtype("f8")),
    _other("dtype, its class", "a dtype is no class", lambda: np.dtype("f8"), lambda: np.float64),
    _other(
        "dtype metadata",
        "it can be read",
        lambda: np.zeros(1, np.dtype("i4", metadata={"a": 1})),
        lambda: np.zeros(1, "i4"),
    ),
    _other("void", "bytes count", lambda: np.void(b"ab"), lambda: np.void(b"ac")),
    _other("large arrays", "the last element counts", lambda: np.zeros(100_000), lambda: np.r_[np.zeros(99_999), 1]),
    _other("generators", "the state counts", lambda: np.random.default_rng(1), lambda: np.random.default_rng(2)),
    _same("equal generators", "equal states", lambda: np.random.default_rng(1), lambda: np.random.default_rng(1)),
]

_TABLE = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


def _frame(**columns):
    return pd.DataFrame(columns)


PANDAS = [
    _other("pandas nulls", "kinds of null", lambda: pd.NA, lambda: pd.NaT),
    _other("NA, None", "kinds of null", lambda: pd.NA, lambda: None),
    _other("NaT, numpy's NaT", "kinds of null", lambda: pd.NaT, lambda: np.datetime64("NaT")),
    _other("null objects", "kinds of null", lambda: pd.Series([None], dtype=object), lambda: pd.Series([pd.NA], dtype=object)),
    _other("null objects 2", "kinds of null", lambda: pd.Series([math.nan], dtype=object), lambda: pd.Series([pd.NaT], dtype=object)),
    _other("column dtype", "widths count", lambda: _frame(a=[1]), lambda: _frame(a=[1]).astype("i4")),
    _other("nullable, plain", "dtypes count", lambda: pd.Series([1]), lambda: pd.Series([1], dtype="Int64")),
    _other("column order", "order counts", lambda: _TABLE, lambda: _TABLE[["b", "a"]]),
    _other("column names", "names count", lambda: _TABLE, lambda: _TABLE.rename(columns={"a": "z"})),
    _other("column name types", "1 is no '1'", lambda: pd.DataFrame({1: [0]}), lambda: pd.DataFrame({"1": [0]})),
    _other("row order", "order counts", lambda: _TABLE, lambda: _TABLE.iloc[::-1]),
    _other("index", "labels count", lambda: _TABLE, lambda: _TABLE.set_axis([1, 2])),
    _other("index kind", "a range is no list of numbers", lambda: _TABLE, lambda: _TABLE.set_axis(pd.Index([0, 1]))),
    _other("index name", "names count", lambda: _TABLE, lambda: _TABLE.rename_axis("k")),
    _other("attrs", "they are carried along", lambda: _TABLE, lambda: _with_attrs()),
    _other("series name", "names count", lambda: pd.Series([1], name="a"), lambda: pd.Series([1], name="b")),
    _other("series, frame", "types count", lambda: pd.Series([1], name="a"), lambda: pd.DataFrame({"a": [1]})),
    _other("series, index", "types count", lambda: pd.Series([1]), lambda: pd.Index([1])),
    _same("blocks", "how columns are joined in memory is none", lambda: pd.DataFrame(np.ones((2, 2)), columns=["a", "b"]), lambda: _frame(a=[1.0, 1.0], b=[1.0, 1.0])),
    _same("sliced frame", "the rest is none", lambda: _frame(a=[1, 2]), lambda: _frame(a=[1, 2, 3]).iloc[:2]),
    _same("NaN in frames", "one NaN", lambda: _frame(a=[math.nan]), lambda: _frame(a=[-math.nan])),
    _other("category order", "codes and sorting differ", lambda: pd.Categorical(["a"], ["a", "b"]), lambda: pd.Categorical(["a"], ["b", "a"])),
    _other("unused categories", "they are listed", lambda: pd.Categorical(["a"], ["a"]), lambda: pd.Categorical(["a"], ["a", "b"])),
    _other("ordered categories", "comparison differs", lambda: pd.Categorical(["a"]), lambda: pd.Categorical(["a"], ordered=True)),
    _other("category, text", "dtypes count", lambda: pd.Series(["a"]), lambda: pd.Series(["a"], dtype="category")),
    _other("time units", "units count", lambda: pd.Series(pd.to_datetime(["2020"])).astype("M8[s]"), lambda: pd.Series(pd.to_datetime(["2020"])).astype("M8[ns]")),
    _other("time zones", "zones count", lambda: pd.to_datetime(["2020"]).tz_localize("UTC"), lambda: pd.to_datetime(["2020"]).tz_localize("Europe/Paris").tz_convert("Europe/Berlin")),
    _other("zoned, plain", "zones count", lambda: pd.to_datetime(["2020"]), lambda: pd.to_datetime(["2020"]).tz_localize("UTC")),
    _other("Timestamp, datetime", "types that compare equal", lambda: pd.Timestamp(_DAY), lambda: _DAY),
    _other("Timestamp units", "units count", lambda: pd.Timestamp("2020").as_unit("s"), lambda: pd.Timestamp("2020").as_unit("ns")),
    _other("Timedelta, timedelta", "types that compare equal", lambda: pd.Timedelta(1, "D"), lambda: dt.timedelta(1)),
    _other("periods", "a frequency counts", lambda: pd.Period("2020-01", "M"), lambda: pd.Period("2020-01-01", "D")),
    _other("period columns", "a frequency counts", lambda: pd.period_range("2020", periods=2, freq="M"), lambda: pd.period_range("2020", periods=2, freq="D")),
    _other("intervals", "which end is in", lambda: pd.Interval(0, 1), lambda: pd.Interval(0, 1, closed="left")),
    _other("interval columns", "which end is in", lambda: pd.interval_range(0, 2), lambda: pd.interval_range(0, 2, closed="left")),
    _other("index frequency", "it is shown and used", lambda: pd.date_range("2020", periods=3), lambda: pd.DatetimeIndex(list(pd.date_range("2020", periods=3)))),
    _other("MultiIndex names", "names count", lambda: pd.MultiIndex.from_tuples([(1, 2)], names=["a", "b"]), lambda: pd.MultiIndex.from_tuples([(1, 2)], names=["a", "c"])),
    _same("MultiIndex levels", "unused levels are left over from slicing", lambda: pd.MultiIndex.from_tuples([(1, 2)]), lambda: pd.MultiIndex.from_tuples([(1, 2), (3, 4)])[:1]),
    _other("MultiIndex, tuples", "types count", lambda: pd.MultiIndex.from_tuples([(1, 2)]), lambda: pd.Index([(1, 2)], tupleize_cols=False)),
    _same("under NA", "what lies under NA is none", lambda: _nullable(0), lambda: _nullable(7)),
    _other("NA, zero", "a null is no zero", lambda: pd.array([1, None], dtype="Int64"), lambda: pd.array([1, 0], dtype="Int64")),
    _other("sparse, dense", "dtypes count", lambda: pd.Series([0, 1]), lambda: pd.Series([0, 1], dtype="Sparse[int]")),
    _other("sparse fill", "the fill value counts", lambda: pd.arrays.SparseArray([0, 1], fill_value=0), lambda: pd.arrays.SparseArray([0, 1], fill_value=1)),
    _same("string storage", "where strings lie is none", lambda: pd.Series(["a", None], dtype="string[python]"), lambda: pd.Series(["a", None], dtype="string[pyarrow]")),
    _same("string chunks", "chunks are none", lambda: pd.Series(["a", "b", "c"], dtype="string[pyarrow]"), lambda: pd.concat([pd.Series(["a"], dtype="string[pyarrow]"), pd.Series(["b", "c"], dtype="string[pyarrow]")], ignore_index=True)),
    _same("string slices", "offsets are none", lambda: pd.Series(["b", "c"], dtype="string[pyarrow]"), lambda: pd.Series(["a", "b", "c"], dtype="string[pyarrow]").iloc[1:].reset_index(drop=True)),
    _other("strings, objects", "dtypes count", lambda: pd.Series(["a"], dtype="string"), lambda: pd.Series(["a"], dtype=object)),
    _other("empty string, null", "a null is no text", lambda: pd.Series([""], dtype="string"), lambda: pd.Series([None], dtype="string")),
    _other("Arrow dtype, string", "dtypes count", lambda: pd.Series(["a"], dtype="string[pyarrow]"), lambda: pd.Series(["a"], dtype=pd.ArrowDtype(pa.string()))),
    _same("Arrow chunks", "chunks are none", lambda: pd.Series([1, 2], dtype="int64[pyarrow]"), lambda: pd.concat([pd.Series([1], dtype="int64[pyarrow]"), pd.Series([2], dtype="int64[pyarrow]")], ignore_index=True)),
    _other("Arrow widths", "dtypes count", lambda: pd.Series([1], dtype="int64[pyarrow]"), lambda: pd.Series([1], dtype="int32[pyarrow]")),
    _other("empty frames", "columns count", pd.DataFrame, lambda: pd.DataFrame(columns=["a"])),
]  # fmt: skip


def _with_attrs():
    table = _TABLE.copy()
    table.attrs["unit"] = "m"
    return table


ARROW = [
    _same("chunks of a column", "chunks are none", lambda: pa.chunked_array([[1, 2, 3]]), lambda: pa.chunked_array([[1], [2, 3]])),
    _same("slice", "offsets are none", lambda: pa.array([2, 3]), lambda: pa.array([1, 2, 3])[1:]),
    _same("slice of texts", "offsets are none", lambda: pa.array(["b", None]), lambda: pa.array(["a", "b", None])[1:]),
    _same("slice of bools", "bit offsets are none", lambda: pa.array([True, None]), lambda: pa.array([False, True, None])[1:]),
    _same("slice of lists", "offsets are none", lambda: pa.array([[2], None]), lambda: pa.array([[1], [2], None])[1:]),
    _same("slice of structs", "offsets are none", lambda: pa.array([{"a": 2}, None]), lambda: pa.array([{"a": 1}, {"a": 2}, None])[1:]),
    _same("under a null", "what lies under a null is none", lambda: _hidden(0), lambda: _hidden(99)),
    _same("text under a null", "what lies under a null is none", lambda: _hidden_text(b""), lambda: _hidden_text(b"secret")),
    _same("NaN payloads in Arrow", "one NaN", lambda: pa.array([math.nan, 0]), lambda: pa.array(_with_nan(0x7FF8000000000123))),
    _other("null, NaN", "kinds of null", lambda: pa.array([None], pa.float64()), lambda: pa.array([math.nan])),
    _other("Arrow types", "types count", lambda: pa.array([1], pa.int64()), lambda: pa.array([1], pa.int32())),
    _other("text widths in Arrow", "types count", lambda: pa.array(["a"], pa.string()), lambda: pa.array(["a"], pa.large_string())),
    _other("text, bytes in Arrow", "types count", lambda: pa.array(["a"], pa.string()), lambda: pa.array([b"a"], pa.binary())),
    _other("empty list, null", "a null is no list", lambda: pa.array([[]], pa.list_(pa.int8())), lambda: pa.array([None], pa.list_(pa.int8()))),
    _other("split lists", "borders count", lambda: pa.array([[1, 2], [3]]), lambda: pa.array([[1], [2, 3]])),
    _other("null in a struct", "a null field is no null", lambda: pa.array([{"a": None}]), lambda: pa.array([None], pa.struct([("a", pa.null())]))),
    _other("dictionary, plain", "types count", lambda: pa.array(["a"]), lambda: pa.array(["a"]).dictionary_encode()),
    _other("array, chunked", "types count", lambda: pa.array([1]), lambda: pa.chunked_array([[1]])),
    _other("column names in Arrow", "names count", lambda: pa.table({"a": [1]}), lambda: pa.table({"b": [1]})),
    _other("table metadata", "it is carried along", lambda: pa.table({"a": [1]}), lambda: pa.table({"a": [1]}).replace_schema_metadata({"k": "v"})),
    _same("table chunks", "chunks are none", lambda: pa.table({"a": [1, 2]}), lambda: pa.concat_tables([pa.table({"a": [1]}), pa.table({"a": [2]})])),
    _other("table, batch", "types count", lambda: pa.table({"a": [1]}), lambda: pa.record_batch({"a": [1]})),
    _other("scalar types in Arrow", "types count", lambda: pa.scalar(1), lambda: pa.scalar(1, pa.int8())),
    _same("maps", "offsets are none", lambda: pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())), lambda: pa.array([[], [("a", 1)]], pa.map_(pa.string(), pa.int8()))[1:]),
    _other("decimals", "scales count", lambda: pa.array([Decimal("1.0")]), lambda: pa.array([Decimal("1.00")])),
]  # fmt: skip

SPARSE = [
    _other("formats", "the format counts", lambda: sp.csr_array([[1, 0]]), lambda: sp.csc_array([[1, 0]])),
    _other("matrix, array of scipy", "* differs", lambda: sp.csr_array([[1, 0]]), lambda: sp.csr_matrix([[1, 0]])),
    _same("order within rows", "the order of entries is none", lambda: _csr([1, 2], [5, 6]), lambda: _csr([2, 1], [6, 5])),
    _other("entries", "where an entry is counts", lambda: _csr([1, 2], [5, 6]), lambda: _csr([1, 3], [5, 6])),
    _other("written twice", "a program sees the number of entries", lambda: _csr([1, 1], [5, 6]), lambda: sp.csr_array([[0, 11, 0, 0]])),
    _other("written zeros", "a program sees the number of entries", lambda: _csr([1, 2], [5, 0]), lambda: sp.csr_array([[0, 5, 0, 0]])),
    _same("order of coordinates", "the order of entries is none", lambda: sp.coo_array(([1, 2], ([0, 1], [1, 0]))), lambda: sp.coo_array(([2, 1], ([1, 0], [0, 1])))),
    _other("dtype of entries", "widths count", lambda: sp.csr_array([[1, 0]], dtype="i4"), lambda: sp.csr_array([[1, 0]], dtype="i8")),
    _other("shape of sparse", "shape counts", lambda: sp.csr_array((2, 3)), lambda: sp.csr_array((3, 2))),
    _same("dictionary of keys", "order is none", lambda: sp.dok_array(np.eye(2)), lambda: sp.dok_array(np.eye(2)[::-1][::-1])),
    _other("sparse, dense array", "types count", lambda: sp.csr_array([[1, 0]]), lambda: np.array([[1, 0]])),
]  # fmt: skip

OBJECTS = [
    _same("dataclass", "equal fields", lambda: Point(1), lambda: Point(1, 0)),
    _other("dataclass fields", "fields count", lambda: Point(1, 2), lambda: Point(2, 1)),
    _other("field types", "1 is no True", lambda: Point(1), lambda: Point(True)),
    _other("dataclasses", "the class counts", lambda: Point(1), lambda: Fixed(1)),
    _same("slots dataclass", "equal fields", lambda: Fixed(1), lambda: Fixed(1, 0)),
    _other("slots dataclass fields", "fields count", lambda: Fixed(1), lambda: Fixed(2)),
    _other("dataclass, dict", "types count", lambda: Point(1), lambda: {"x": 1, "y": 0}),
    _same("attribute order", "the order of attributes is none", lambda: Plain(a=1, b=2), lambda: Plain(b=2, a=1)),
    _other("attributes", "state counts", lambda: Plain(a=1), lambda: Plain(a=2)),
    _other("attribute missing", "state counts", lambda: Plain(), lambda: Plain(a=None)),
    _other("slots", "state counts", lambda: Slotted(1), lambda: Slotted(2)),
    _same("shared state", "who shares is none", lambda: Plain(a=_shared()), lambda: Plain(a=[[1, 2], [1, 2]])),
    _same("array in an object", "layout is none", lambda: Point(np.arange(5)), lambda: Point(np.arange(9)[:5])),
    _other("enum members", "members differ", lambda: Color.RED, lambda: Color.GREEN),
    _other("enums", "the class counts", lambda: Color.RED, lambda: Shape.RED),
    _other("enum, value", "a member is no number", lambda: Color.RED, lambda: 1),
    _other("IntEnum, int", "types that compare equal", lambda: Level.LOW, lambda: 1),
    _same("flags", "equal sets of flags", lambda: Access.READ | Access.WRITE, lambda: Access(3)),
    _other("flag sets", "sets differ", lambda: Access.READ | Access.WRITE, lambda: Access.READ),
    _other("int subclass", "a subclass is a type of its own", lambda: MyInt(1), lambda: 1),
    _other("int subclass values", "the number counts", lambda: MyInt(1), lambda: MyInt(2)),
    _other("str subclass", "a subclass is a type of its own", lambda: MyStr("a"), lambda: "a"),
    _other("list subclass", "a subclass is a type of its own", lambda: MyList([1]), lambda: [1]),
    _other("list subclass items", "items count", lambda: MyList([1]), lambda: MyList([2])),
    _other("dict subclass", "a subclass is a type of its own", lambda: MyDict(a=1), lambda: {"a": 1}),
    _same("dict subclass order", "equal dicts", lambda: MyDict(a=1, b=2), lambda: MyDict(b=2, a=1)),
    _other("set subclass", "a subclass is a type of its own", lambda: MySet({1}), lambda: {1}),
    _same("set subclass order", "sets have no order", lambda: MySet("abc"), lambda: MySet("cba")),
    _other("tuple subclass", "a subclass is a type of its own", lambda: MyTuple((1,)), lambda: (1,)),
    _same("registered", "the hasher says what counts", lambda: Registered("u"), lambda: Registered("u")),
    _other("registered values", "the hasher says what counts", lambda: Registered("u"), lambda: Registered("v")),
    _other("registered types", "types are told apart by name", lambda: Registered("u"), lambda: AlsoRegistered("u")),
    _other("registered, its data", "types are told apart by name", lambda: Registered("u"), lambda: "u"),
    _same("serialized", "the data counts", lambda: Serialized(20), lambda: Serialized(20)),
    _other("serialized values", "the data counts", lambda: Serialized(20), lambda: Serialized(21)),
    _other("exceptions", "arguments count", lambda: ValueError("a"), lambda: ValueError("b")),
    _other("exception types", "the class counts", lambda: ValueError("a"), lambda: TypeError("a")),
]

CODE = [
    _same("function", "one function", lambda: double, lambda: double),
    _other("functions", "bodies differ", lambda: double, lambda: triple),
    _same("closure", "equal variables", lambda: adder(1), lambda: adder(1)),
    _other("closures", "variables differ", lambda: adder(1), lambda: adder(2)),
    _other("closure types", "1 is no True", lambda: adder(1), lambda: adder(True)),
    _other("defaults", "a default counts", lambda: with_default(1), lambda: with_default(2)),
    _other("lambdas", "bodies differ", lambda: lambda x: x + 1, lambda: lambda x: x + 2),
    _same("partial", "equal parts", lambda: functools.partial(double, 1), lambda: functools.partial(double, 1)),
    _other("partial arguments", "arguments count", lambda: functools.partial(pow, 1), lambda: functools.partial(pow, 2)),
    _other("partial spelling", "positions are no names", lambda: functools.partial(double, 1), lambda: functools.partial(double, x=1)),
    _other("partial functions", "functions count", lambda: functools.partial(double, 1), lambda: functools.partial(triple, 1)),
    _other("partial, function", "types count", lambda: functools.partial(double), lambda: double),
    _other("builtins", "names differ", lambda: math.sqrt, lambda: math.cos),
    _same("builtin", "one function", lambda: operator.add, lambda: operator.add),
    _other("numpy functions", "names differ", lambda: np.mean, lambda: np.median),
    _other("ufuncs", "names differ", lambda: np.add, lambda: np.subtract),
    _other("classes", "names differ", lambda: int, lambda: float),
    _other("own classes", "code differs", lambda: Point, lambda: Fixed),
    _other("class, instance", "types count", lambda: Plain, lambda: Plain()),
    _same("bound method", "equal objects", lambda: Scaler(2).scale, lambda: Scaler(2).scale),
    _other("bound objects", "the object counts", lambda: Scaler(2).scale, lambda: Scaler(3).scale),
    _other("methods", "the method counts", lambda: Scaler(2).scale, lambda: Scaler(2).shift),
    _other("bound builtins", "the object counts", lambda: "a".upper, lambda: "b".upper),
    _other("method descriptors", "names differ", lambda: str.upper, lambda: str.lower),
    _other("modules", "names differ", lambda: math, lambda: operator),
    _other("function, its name", "types count", lambda: math.sqrt, lambda: "math.sqrt"),
]  # fmt: skip


def optional_pairs() -> list[Pair]:
    """Pairs of packages that may be missing."""
    found: list[Pair] = []
    if importlib.util.find_spec("polars") is not None:
        import polars as pl

        found += [
            _same("polars chunks", "chunks are none", lambda: pl.DataFrame({"a": [1, 2]}), lambda: pl.concat([pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2]})], rechunk=False)),
            _same("polars slice", "offsets are none", lambda: pl.Series("a", ["b", None]), lambda: pl.Series("a", ["a", "b", None])[1:]),
            _other("polars dtype", "widths count", lambda: pl.Series([1], dtype=pl.Int64), lambda: pl.Series([1], dtype=pl.Int32)),
            _other("polars names", "names count", lambda: pl.DataFrame({"a": [1]}), lambda: pl.DataFrame({"b": [1]})),
            _other("polars null, NaN", "kinds of null", lambda: pl.Series([None], dtype=pl.Float64), lambda: pl.Series([math.nan])),
            _other("polars categories", "dtypes count", lambda: pl.Series(["a"]), lambda: pl.Series(["a"], dtype=pl.Categorical)),
            _other("polars, pandas", "types count", lambda: pl.DataFrame({"a": [1]}), lambda: pd.DataFrame({"a": [1]})),
        ]  # fmt: skip
    if importlib.util.find_spec("torch") is not None:
        import torch

        found += [
            _same("torch layout", "strides are none", lambda: torch.arange(6).reshape(2, 3), lambda: torch.arange(6).reshape(2, 3).T.contiguous().T),
            _same("torch slice", "the rest is none", lambda: torch.arange(3), lambda: torch.arange(9)[:3]),
            _other("torch dtype", "widths count", lambda: torch.zeros(2), lambda: torch.zeros(2, dtype=torch.float64)),
            _other("torch shape", "shape counts", lambda: torch.zeros(2, 3), lambda: torch.zeros(3, 2)),
            _other("torch gradient", "whether one is wanted counts", lambda: torch.zeros(2), lambda: torch.zeros(2, requires_grad=True)),
            _other("torch parameter", "types count", lambda: torch.zeros(2, requires_grad=True), lambda: torch.nn.Parameter(torch.zeros(2))),
            _other("torch half kinds", "formats count", lambda: torch.ones(2, dtype=torch.float16), lambda: torch.ones(2, dtype=torch.bfloat16)),
            _same("torch NaN", "one NaN", lambda: torch.tensor([math.nan]), lambda: torch.tensor([0x7FC00001], dtype=torch.int32).view(torch.float32)),
            _other("torch, numpy", "types count", lambda: torch.zeros(2), lambda: np.zeros(2, "f4")),
        ]  # fmt: skip
    if importlib.util.find_spec("sklearn") is not None:
        from sklearn.linear_model import LinearRegression, Ridge

        found += [
            _same("estimator", "equal parameters", LinearRegression, LinearRegression),
            _other("estimators", "the class counts", LinearRegression, Ridge),
            _other("estimator parameters", "parameters count", Ridge, lambda: Ridge(alpha=2)),
            _other("fitted estimator", "state counts", LinearRegression, lambda: LinearRegression().fit([[0], [1]], [0, 1])),
            _same("fitted twice", "equal state", lambda: Ridge().fit([[0], [1]], [0, 1]), lambda: Ridge().fit(np.array([[0], [1]]), [0, 1])),
        ]  # fmt: skip
    return found


PAIRS = [*SCALARS, *CONTAINERS, *TIMES, *OTHERS, *NUMPY, *PANDAS, *ARROW, *SPARSE, *OBJECTS, *CODE]
