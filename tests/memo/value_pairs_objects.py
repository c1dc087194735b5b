"""Pairs of objects and of code, as `value_pairs`; each says why."""

from __future__ import annotations

import functools
import math
import operator

import numpy as np
from value_pairs import (
    Access,
    AlsoRegistered,
    Color,
    Fixed,
    Level,
    MyDict,
    MyInt,
    MyList,
    MySet,
    MyStr,
    MyTuple,
    Plain,
    Point,
    Registered,
    Scaler,
    Serialized,
    Shape,
    Slotted,
    adder,
    double,
    other,
    same,
    shared,
    triple,
    with_default,
)

# fmt: off
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
    same("shared state", "who shares is none", lambda: Plain(a=shared()), lambda: Plain(a=[[1, 2], [1, 2]])),
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
    other("dict subclass order", "code sees it", lambda: MyDict(a=1, b=2), lambda: MyDict(b=2, a=1)),
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

PAIRS = [*OBJECTS, *CODE]
