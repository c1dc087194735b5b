"""Pairs of values that must, or must not, have one content id; each says why.

Makers are called anew for each test. The pairs of objects and code are in
`value_pairs_objects`, those of scientific packages in `value_pairs_scientific`.
"""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import enum
import fractions
import math
import pathlib
import re
import struct
import uuid
import zoneinfo
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from mandala_lab.memo.encoding import register_hasher, register_serializer


class Pair(NamedTuple):
    """Two makers, what is expected of what they make, and why."""

    name: str
    same: bool
    why: str
    one: Callable[[], Any]
    other: Callable[[], Any]


def same(name: str, why: str, one: Callable[[], Any], other: Callable[[], Any]) -> Pair:
    """Return a pair of one content."""
    return Pair(name, True, why, one, other)


def other(name: str, why: str, one: Callable[[], Any], other: Callable[[], Any]) -> Pair:
    """Return a pair of two contents."""
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


# --- makers of values in unusual places


def odd_nan():
    return struct.unpack(">d", bytes.fromhex("7ff8000000000123"))[0]


def shared():
    inner = [1, 2]
    return [inner, inner]


def _long_shared(depth):
    value: list[Any] = [1]
    for _ in range(depth):
        value = [value, value]
    return value


def _mapped():
    return {str(number): number for number in range(100)}


_DAY = dt.datetime(2024, 5, 6, 7, 8, 9, 10)

# fmt: off
SCALARS = [
    other("int, bool", "types that compare equal", lambda: 1, lambda: True),
    other("int, float", "types that compare equal", lambda: 1, lambda: 1.0),
    other("float, complex", "types that compare equal", lambda: 1.0, lambda: 1 + 0j),
    other("int, text", "a number is no text", lambda: 1, lambda: "1"),
    other("text, bytes", "bytes are no text", lambda: "a", lambda: b"a"),
    other("bytes, bytearray", "one can be changed", lambda: b"a", lambda: bytearray(b"a")),
    other("zero, minus zero", "1/x differs", lambda: 0.0, lambda: -0.0),
    other("complex zeros", "the sign of zero counts in parts", lambda: complex(0.0, 0.0), lambda: complex(0.0, -0.0)),
    same("NaN payloads", "Python shows one NaN", lambda: math.nan, odd_nan),
    same("minus NaN", "the sign of NaN is noise of the processor", lambda: math.nan, lambda: -math.nan),
    same("complex NaN payloads", "as for floats", lambda: complex(math.nan, 1), lambda: complex(odd_nan(), 1)),
    other("NaN, None", "kinds of null", lambda: math.nan, lambda: None),
    other("NaN, infinity", "different numbers", lambda: math.nan, lambda: math.inf),
    other("False, None", "both are falsy", lambda: False, lambda: None),
    other("empty text, None", "both are falsy", lambda: "", lambda: None),
    other("large ints", "one apart beyond 64 bits", lambda: 2**70, lambda: 2**70 + 1),
    other("large int, float", "2**70 as either", lambda: 2**70, lambda: float(2**70)),
    other("sign of int", "a sign counts", lambda: -(2**63), lambda: 2**63),
    same("huge int", "beyond the limit of decimal digits", lambda: 10**5000, lambda: 10**5000),
    other("next float", "one bit apart", lambda: 0.1, lambda: math.nextafter(0.1, 1)),
    other("normal forms", "text is compared by code point", lambda: "\u00e9", lambda: "e\u0301"),
    other("surrogate", "a lone surrogate is no question mark", lambda: "\ud800", lambda: "?"),
    other("case", "case counts", lambda: "a", lambda: "A"),
    other("zero at the end", "a zero is a character", lambda: "a", lambda: "a\0"),
    same("interned text", "where text lies is no content", lambda: "ab", lambda: "".join(["a", "b"])),
    same("long text", "beyond the length that is digested", lambda: "x" * 100_000, lambda: "x" * 99_999 + "x"),
    other("long text by one", "the last character counts", lambda: "x" * 100_000, lambda: "x" * 99_999 + "y"),
    other("Decimal zeros", "trailing zeros are precision", lambda: Decimal("1.0"), lambda: Decimal("1.00")),
    other("Decimal, float", "types that compare equal", lambda: Decimal(1), lambda: 1.0),
    other("Decimal minus zero", "a sign counts", lambda: Decimal(0), lambda: Decimal("-0")),
    other("Decimal NaNs", "a signalling NaN raises", lambda: Decimal("NaN"), lambda: Decimal("sNaN")),
    same("Fraction", "it is kept in lowest terms", lambda: fractions.Fraction(2, 4), lambda: fractions.Fraction(1, 2)),
    other("Fraction, int", "types that compare equal", lambda: fractions.Fraction(1), lambda: 1),
    other("equal ranges", "they list the same and show another stop", lambda: range(0, 3, 2), lambda: range(0, 4, 2)),
    other("range, list", "one is lazy", lambda: range(2), lambda: [0, 1]),
    other("slices", "a step of one or none", lambda: slice(1, 2), lambda: slice(1, 2, 1)),
    other("Ellipsis, NotImplemented", "two constants", lambda: ..., lambda: NotImplemented),
    other("None, type of None", "a value is not its type", lambda: None, lambda: type(None)),
]

CONTAINERS = [
    other("list, tuple", "one can be changed", lambda: [1], lambda: (1,)),
    other("set, frozenset", "one can be changed", lambda: {1}, lambda: frozenset({1})),
    other("order in a list", "order counts", lambda: [1, 2], lambda: [2, 1]),
    other("order in a dict", "code sees it: columns of a frame", lambda: {"a": 1, "b": 2}, lambda: {"b": 2, "a": 1}),
    other("order in a long dict", "code sees it", _mapped, lambda: dict(reversed(_mapped().items()))),
    same("order in a set", "sets have no order", lambda: {"a", "b", "c"}, lambda: {"c", "b", "a"}),
    other("key types", "1 and True as keys", lambda: {1: "a"}, lambda: {True: "a"}),
    other("value types", "1 and True as values", lambda: {"a": 1}, lambda: {"a": True}),
    other("set element types", "1 and 1.0 as elements", lambda: {1}, lambda: {1.0}),
    other("nesting", "brackets count", lambda: [[1], 2], lambda: [1, [2]]),
    other("nesting of empties", "brackets count", lambda: [[], []], lambda: [[[]]]),
    other("split texts", "commas count", lambda: ["ab", "c"], lambda: ["a", "bc"]),
    other("empty containers", "types count", list, tuple),
    other("empty dict, empty set", "types count", dict, set),
    other("keys with values", "which value belongs to which key", lambda: {1: 2, 3: 4}, lambda: {1: 4, 3: 2}),
    other("key and value", "sides count", lambda: {1: 2}, lambda: {2: 1}),
    same("shared parts", "who shares an object is no content", shared, lambda: [[1, 2], [1, 2]]),
    same("much shared", "looked at once each", lambda: _long_shared(60), lambda: _long_shared(60)),
    other("much shared by one", "depth counts", lambda: _long_shared(60), lambda: _long_shared(61)),
    same("long list", "beyond the length that is digested", lambda: list(range(20_000)), lambda: [*range(20_000)]),
    other("long list by one", "the last counts", lambda: list(range(20_000)), lambda: [*range(19_999), 0]),
    other("mixed key types", "no order among keys is needed", lambda: {1: 0, "1": 0}, lambda: {1: 0, b"1": 0}),
    other("mixed key order", "code sees it", lambda: {1: 0, "1": 0}, lambda: {"1": 0, 1: 0}),
    other("OrderedDict order", "its order is its meaning", lambda: collections.OrderedDict(a=1, b=2), lambda: collections.OrderedDict(b=2, a=1)),
    other("OrderedDict, dict", "types count", lambda: collections.OrderedDict(a=1), lambda: {"a": 1}),
    other("defaultdict factory", "it makes values", lambda: collections.defaultdict(int), lambda: collections.defaultdict(list)),
    other("defaultdict order", "code sees it", lambda: collections.defaultdict(int, a=1, b=2), lambda: collections.defaultdict(int, b=2, a=1)),
    other("Counter order", "most_common breaks ties by it", lambda: collections.Counter("ab"), lambda: collections.Counter("ba")),
    other("Counter zero", "a zero is listed", lambda: collections.Counter(a=0), collections.Counter),
    other("deque limit", "it drops", lambda: collections.deque([1], 1), lambda: collections.deque([1], 2)),
    other("deque, list", "types count", lambda: collections.deque([1]), lambda: [1]),
    other("named tuple, tuple", "names count", lambda: Pixel(1, 2), lambda: (1, 2)),
    other("named tuples", "the class counts", lambda: Pixel(1, 2), lambda: Spot(1, 2)),
    other("named tuple with methods", "the class counts", lambda: Pixel(1, 2), lambda: Loud(1, 2)),
    same("named tuple", "equal content", lambda: Pixel(1, 2), lambda: Pixel(x=1, y=2)),
    other("array types", "the type code counts", lambda: array.array("i", [1]), lambda: array.array("h", [1])),
    same("array NaN", "payloads are merged", lambda: array.array("d", [math.nan]), lambda: array.array("d", [odd_nan()])),
    other("memoryview, bytes", "types count", lambda: memoryview(b"a"), lambda: b"a"),
    same("memoryview slice", "where bytes lie is no content", lambda: memoryview(b"abc")[1:], lambda: memoryview(b"bc")),
    same("memoryview steps", "strides are no content", lambda: memoryview(b"abcd")[::2], lambda: memoryview(b"ac")),
    other("memoryview format", "elements count", lambda: memoryview(b"ab"), lambda: memoryview(b"ab").cast("H")),
]

TIMES = [
    other("date, datetime", "types count", lambda: dt.date(2024, 1, 1), lambda: dt.datetime(2024, 1, 1)),
    other("with zone, without", "a zone counts", lambda: _DAY, lambda: _DAY.replace(tzinfo=dt.UTC)),
    other("the same moment", "the wall clock differs", lambda: _DAY.replace(tzinfo=dt.UTC), lambda: _DAY.replace(tzinfo=dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=1)))),
    other("fold", "which of two hours", lambda: _DAY, lambda: _DAY.replace(fold=1)),
    other("UTC kinds", "classes of zones differ", lambda: dt.UTC, lambda: zoneinfo.ZoneInfo("UTC")),
    other("zones", "rules differ", lambda: zoneinfo.ZoneInfo("Europe/Berlin"), lambda: zoneinfo.ZoneInfo("Europe/Paris")),
    same("zone not cached", "equal rules", lambda: zoneinfo.ZoneInfo("Europe/Berlin"), lambda: zoneinfo.ZoneInfo.no_cache("Europe/Berlin")),
    other("name of offset", "tzname differs", lambda: dt.timezone(dt.timedelta(hours=1)), lambda: dt.timezone(dt.timedelta(hours=1), "CET")),
    same("timedelta", "it is kept in a normal form", lambda: dt.timedelta(hours=24), lambda: dt.timedelta(days=1)),
    other("time", "microseconds count", lambda: dt.time(1, 2, 3), lambda: dt.time(1, 2, 3, 1)),
    other("date subclass", "a subclass is a type of its own", lambda: dt.date(2024, 1, 1), lambda: MyDate(2024, 1, 1)),
]

OTHERS = [
    same("path spelling", "a path is kept in a normal form", lambda: pathlib.Path("a//b"), lambda: pathlib.Path("a") / "b"),
    other("path, text", "types count", lambda: pathlib.Path("a"), lambda: "a"),
    other("pure path", "one touches the disk", lambda: pathlib.PosixPath("a"), lambda: pathlib.PurePosixPath("a")),
    other("path cases", "no look at the disk", lambda: pathlib.PureWindowsPath("a"), lambda: pathlib.PureWindowsPath("A")),
    other("UUID, text", "types count", lambda: uuid.UUID(int=1), lambda: str(uuid.UUID(int=1))),
    same("UUID", "equal content", lambda: uuid.UUID(int=1), lambda: uuid.UUID(str(uuid.UUID(int=1)))),
    other("pattern flags", "flags count", lambda: re.compile("a"), lambda: re.compile("a", re.IGNORECASE)),
    other("pattern kinds", "bytes are no text", lambda: re.compile("a"), lambda: re.compile(b"a")),
]

# fmt: on
PAIRS = [*SCALARS, *CONTAINERS, *TIMES, *OTHERS]
