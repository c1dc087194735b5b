"""Pairs of values that must, or must not, have one content id; each says why.

Makers are called anew for each test. The pairs of scientific packages are in
`value_pairs_scientific`.
"""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import enum
import fractions
import functools
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


def _shared():
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
    same("order in a dict", "equal dicts", lambda: {"a": 1, "b": 2}, lambda: {"b": 2, "a": 1}),
    same("order in a long dict", "equal dicts", _mapped, lambda: dict(reversed(_mapped().items()))),
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
    same("shared parts", "who shares an object is no content", _shared, lambda: [[1, 2], [1, 2]]),
    same("much shared", "looked at once each", lambda: _long_shared(60), lambda: _long_shared(60)),
    other("much shared by one", "depth counts", lambda: _long_shared(60), lambda: _long_shared(61)),
    same("long list", "beyond the length that is digested", lambda: list(range(20_000)), lambda: [*range(20_000)]),
    other("long list by one", "the last counts", lambda: list(range(20_000)), lambda: [*range(19_999), 0]),
    other("mixed key types", "no order among keys is needed", lambda: {1: 0, "1": 0}, lambda: {1: 0, b"1": 0}),
    same("mixed key order", "no order among keys is needed", lambda: {1: 0, "1": 0}, lambda: {"1": 0, 1: 0}),
    other("OrderedDict order", "its order is its meaning", lambda: collections.OrderedDict(a=1, b=2), lambda: collections.OrderedDict(b=2, a=1)),
    other("OrderedDict, dict", "types count", lambda: collections.OrderedDict(a=1), lambda: {"a": 1}),
    other("defaultdict factory", "it makes values", lambda: collections.defaultdict(int), lambda: collections.defaultdict(list)),
    same("defaultdict order", "equal dicts", lambda: collections.defaultdict(int, a=1, b=2), lambda: collections.defaultdict(int, b=2, a=1)),
    same("Counter order", "equal counters", lambda: collections.Counter("ab"), lambda: collections.Counter("ba")),
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

OBJECTS = [
    same("dataclass", "equal fields", lambda: Point(1), lambda: Point(1, 0)),
    other("dataclass fields", "fields count", lambda: Point(1, 2), lambda: Point(2, 1)),
    other("field types", "1 is no True", lambda: Point(1), lambda: Point(True)),
    other("dataclasses", "the class counts", lambda: Point(1), lambda: Fixed(1)),
    same("slots dataclass", "equal fields", lambda: Fixed(1), lambda: Fixed(1, 0)),
    other("slots dataclass fields", "fields count", lambda: Fixed(1), lambda: Fixed(2)),
    other("dataclass, dict", "types count", lambda: Point(1), lambda: {"x": 1, "y": 0}),
    same("attribute order", "the order of attributes is none", lambda: Plain(a=1, b=2), lambda: Plain(b=2, a=1)),
    other("attributes", "state counts", lambda: Plain(a=1), lambda: Plain(a=2)),
    other("attribute missing", "state counts", lambda: Plain(), lambda: Plain(a=None)),
    other("slots", "state counts", lambda: Slotted(1), lambda: Slotted(2)),
    same("shared state", "who shares is none", lambda: Plain(a=_shared()), lambda: Plain(a=[[1, 2], [1, 2]])),
    same("array in an object", "layout is none", lambda: Point(np.arange(5)), lambda: Point(np.arange(9)[:5])),
    other("enum members", "members differ", lambda: Color.RED, lambda: Color.GREEN),
    other("enums", "the class counts", lambda: Color.RED, lambda: Shape.RED),
    other("enum, value", "a member is no number", lambda: Color.RED, lambda: 1),
    other("IntEnum, int", "types that compare equal", lambda: Level.LOW, lambda: 1),
    same("flags", "equal sets of flags", lambda: Access.READ | Access.WRITE, lambda: Access(3)),
    other("flag sets", "sets differ", lambda: Access.READ | Access.WRITE, lambda: Access.READ),
    other("int subclass", "a subclass is a type of its own", lambda: MyInt(1), lambda: 1),
    other("int subclass values", "the number counts", lambda: MyInt(1), lambda: MyInt(2)),
    other("str subclass", "a subclass is a type of its own", lambda: MyStr("a"), lambda: "a"),
    other("list subclass", "a subclass is a type of its own", lambda: MyList([1]), lambda: [1]),
    other("list subclass items", "items count", lambda: MyList([1]), lambda: MyList([2])),
    other("dict subclass", "a subclass is a type of its own", lambda: MyDict(a=1), lambda: {"a": 1}),
    same("dict subclass order", "equal dicts", lambda: MyDict(a=1, b=2), lambda: MyDict(b=2, a=1)),
    other("set subclass", "a subclass is a type of its own", lambda: MySet({1}), lambda: {1}),
    same("set subclass order", "sets have no order", lambda: MySet("abc"), lambda: MySet("cba")),
    other("tuple subclass", "a subclass is a type of its own", lambda: MyTuple((1,)), lambda: (1,)),
    same("registered", "the hasher says what counts", lambda: Registered("u"), lambda: Registered("u")),
    other("registered values", "the hasher says what counts", lambda: Registered("u"), lambda: Registered("v")),
    other("registered types", "types are told apart by name", lambda: Registered("u"), lambda: AlsoRegistered("u")),
    other("registered, its data", "types are told apart by name", lambda: Registered("u"), lambda: "u"),
    same("serialized", "the data counts", lambda: Serialized(20), lambda: Serialized(20)),
    other("serialized values", "the data counts", lambda: Serialized(20), lambda: Serialized(21)),
    other("exceptions", "arguments count", lambda: ValueError("a"), lambda: ValueError("b")),
    other("exception types", "the class counts", lambda: ValueError("a"), lambda: TypeError("a")),
]

CODE = [
    same("function", "one function", lambda: double, lambda: double),
    other("functions", "bodies differ", lambda: double, lambda: triple),
    same("closure", "equal variables", lambda: adder(1), lambda: adder(1)),
    other("closures", "variables differ", lambda: adder(1), lambda: adder(2)),
    other("closure types", "1 is no True", lambda: adder(1), lambda: adder(True)),
    other("defaults", "a default counts", lambda: with_default(1), lambda: with_default(2)),
    other("lambdas", "bodies differ", lambda: lambda x: x + 1, lambda: lambda x: x + 2),
    same("partial", "equal parts", lambda: functools.partial(double, 1), lambda: functools.partial(double, 1)),
    other("partial arguments", "arguments count", lambda: functools.partial(pow, 1), lambda: functools.partial(pow, 2)),
    other("partial spelling", "positions are no names", lambda: functools.partial(double, 1), lambda: functools.partial(double, x=1)),
    other("partial functions", "functions count", lambda: functools.partial(double, 1), lambda: functools.partial(triple, 1)),
    other("partial, function", "types count", lambda: functools.partial(double), lambda: double),
    other("builtins", "names differ", lambda: math.sqrt, lambda: math.cos),
    same("builtin", "one function", lambda: operator.add, lambda: operator.add),
    other("numpy functions", "names differ", lambda: np.mean, lambda: np.median),
    other("ufuncs", "names differ", lambda: np.add, lambda: np.subtract),
    other("classes", "names differ", lambda: int, lambda: float),
    other("own classes", "code differs", lambda: Point, lambda: Fixed),
    other("class, instance", "types count", lambda: Plain, lambda: Plain()),
    same("bound method", "equal objects", lambda: Scaler(2).scale, lambda: Scaler(2).scale),
    other("bound objects", "the object counts", lambda: Scaler(2).scale, lambda: Scaler(3).scale),
    other("methods", "the method counts", lambda: Scaler(2).scale, lambda: Scaler(2).shift),
    other("bound builtins", "the object counts", lambda: "a".upper, lambda: "b".upper),
    other("method descriptors", "names differ", lambda: str.upper, lambda: str.lower),
    other("modules", "names differ", lambda: math, lambda: operator),
    other("function, its name", "types count", lambda: math.sqrt, lambda: "math.sqrt"),
]

# fmt: on
PAIRS = [*SCALARS, *CONTAINERS, *TIMES, *OTHERS, *OBJECTS, *CODE]
