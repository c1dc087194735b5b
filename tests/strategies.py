"""Values made to measure: recipes, what is built from one, and recipes that miss it narrowly.

A recipe is a pair of a kind and a payload of plain data. `build` makes its
value, each time in another way that is no content: the order of a set, the
layout of an array, the chunks of a column. `near_miss` changes one small thing.
`meaning` says what the content is, independently of the code under test: two
recipes stand for one value exactly if their meanings are equal.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import operator
import pathlib
import random
import struct
import uuid
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

Recipe = tuple[str, Any]

_INTS = ["i1", "i2", "i4", "i8", ">i4"]
_FLOATS = ["f4", "f8", ">f8"]
_FUNCTIONS = {"add": operator.add, "sub": operator.sub, "sqrt": math.sqrt, "mean": np.mean}
_texts = st.text(st.sampled_from("ab\0é\ud800Z"), max_size=4)
_plain_texts = st.text(st.sampled_from("abé"), max_size=3)
_reals = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.1, math.inf, -math.inf, math.nan, 1e300]) | st.floats()
_short = st.sampled_from([0.0, -0.0, 1.0, 0.5, math.inf, math.nan])
_numbers = st.integers(-3, 3) | st.integers(-(2**70), 2**70)
_columns = st.lists(st.none() | _plain_texts, max_size=5)


def _kind(name: str, payload: st.SearchStrategy[Any]) -> st.SearchStrategy[Recipe]:
    return payload.map(lambda given: (name, given))


_leaves = st.one_of(
    _kind("none", st.none()),
    _kind("bool", st.booleans()),
    _kind("int", _numbers),
    _kind("float", _reals),
    _kind("complex", st.tuples(_short, _short)),
    _kind("text", _texts),
    _kind("bytes", st.binary(max_size=3)),
    _kind("bytearray", st.binary(max_size=3)),
    _kind("decimal", st.sampled_from(["1", "1.0", "-0", "0", "NaN", "1E+3", "1000"])),
    _kind("day", st.integers(700_000, 700_003)),
    _kind("moment", st.tuples(st.integers(0, 3), st.booleans(), st.booleans())),
    _kind("span", st.integers(-2, 2)),
    _kind("uuid", st.integers(0, 3)),
    _kind("path", st.sampled_from(["a", "a/b", "b"])),
    _kind("range", st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(1, 2))),
    _kind("function", st.sampled_from(sorted(_FUNCTIONS))),
    _kind("scalar", st.tuples(st.sampled_from(["f4", "f8"]), _short)),
    _kind("whole scalar", st.tuples(st.sampled_from(["i1", "i4", "i8"]), st.integers(-3, 3))),
    _kind("ints", st.tuples(st.sampled_from(_INTS), st.integers(1, 3), st.lists(st.integers(0, 3), max_size=6))),
    _kind("floats", st.tuples(st.sampled_from(_FLOATS), st.integers(1, 3), st.lists(_short, max_size=6))),
    _kind("objects", st.lists(st.sampled_from(["a", "b", "", "\ud800", None, math.nan, 1, True]), max_size=4)),
    _kind("strings", st.tuples(st.sampled_from(["frame", "series", "index"]), _columns)),
    _kind("category", st.tuples(st.booleans(), st.lists(st.sampled_from([-1, 0, 1]), max_size=4))),
    _kind(
        "nullable", st.tuples(st.sampled_from(["Int64", "Int32"]), st.lists(st.none() | st.integers(0, 2), max_size=4))
    ),
    _kind("arrow", st.tuples(st.sampled_from(["string", "large_string"]), _columns)),
    _kind(
        "arrow ints", st.tuples(st.sampled_from(["int64", "int8"]), st.lists(st.none() | st.integers(0, 2), max_size=5))
    ),
)
_keys = st.one_of(_kind("int", st.integers(-2, 2)), _kind("text", _texts), _kind("bytes", st.binary(max_size=2)))


def _containers(inner: st.SearchStrategy[Recipe]) -> st.SearchStrategy[Recipe]:
    items = st.lists(inner, max_size=4)
    pairs = st.lists(st.tuples(_keys, inner), max_size=4, unique_by=lambda pair: pair[0])
    return st.one_of(
        _kind("list", items),
        _kind("tuple", items),
        _kind("deque", items),
        _kind("set", st.lists(_keys, max_size=4, unique=True)),
        _kind("frozenset", st.lists(_keys, max_size=4, unique=True)),
        _kind("dict", pairs),
        _kind("ordered", pairs),
        _kind(
            "counter",
            st.lists(st.tuples(_keys, _kind("int", st.integers(0, 3))), max_size=3, unique_by=lambda pair: pair[0]),
        ),
        _kind("partial", st.tuples(st.sampled_from(sorted(_FUNCTIONS)), items)),
    )


recipes = st.recursive(_leaves, _containers, max_leaves=10)
"""Recipes of all kinds; draw ``st.randoms()`` beside them for `build` and `near_miss`."""


# --- what a recipe means


def meaning(recipe: Recipe) -> Any:  # noqa: PLR0911 - one line a kind
    """Return the content that a recipe stands for, as text that can be compared."""
    kind, payload = recipe
    if kind in {"list", "tuple", "deque"}:
        return kind, tuple(map(meaning, payload))
    if kind in {"set", "frozenset"}:
        return kind, tuple(sorted(map(repr, map(meaning, payload))))
    if kind in {"dict", "ordered", "counter"}:
        return kind, tuple((meaning(key), meaning(item)) for key, item in payload)
    if kind == "partial":
        return kind, payload[0], tuple(map(meaning, payload[1]))
    if kind == "range":
        return kind, payload
    if kind in {"ints", "floats"}:
        dtype, rows, numbers = payload
        return kind, dtype, _shape(rows, len(numbers)), repr(numbers)
    if kind in {"scalar", "whole scalar"}:  # a scalar has no byte order
        return kind, np.dtype(payload[0]).type.__name__, repr(payload[1])
    return kind, repr(payload)


def _shape(rows: int, count: int) -> tuple[int, ...]:
    return (rows, count // rows) if rows > 1 and count % rows == 0 else (count,)


# --- what is built from it


def build(recipe: Recipe, chance: random.Random) -> Any:
    """Make the value of a recipe in one of many ways that are no content."""
    kind, payload = recipe
    return _BUILDERS[kind](payload, chance)


def _items(payload: Any, chance: random.Random) -> list[Any]:
    return [build(recipe, chance) for recipe in payload]


def _shuffled(payload: Any, chance: random.Random) -> list[Any]:
    found = list(payload)
    chance.shuffle(found)
    return found


def _pairs(payload: Any, chance: random.Random) -> list[tuple[Any, Any]]:
    return [(build(key, chance), build(item, chance)) for key, item in payload]


def _nan(chance: random.Random) -> float:
    bits = 0x7FF8000000000000 | chance.getrandbits(50) | chance.getrandbits(1) << 63
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def _float(number: float, chance: random.Random) -> float:
    return _nan(chance) if math.isnan(number) else float(number)


def _array(payload: Any, chance: random.Random) -> Any:
    dtype, rows, numbers = payload
    if dtype.endswith("f8"):
        numbers = [_float(number, chance) for number in numbers]
    array = np.array(numbers, dtype).reshape(_shape(rows, len(numbers)))
    way = chance.randrange(4)
    if way == 0:
        return np.asfortranarray(array)
    if way == 1:
        return array[::-1].copy()[::-1]
    if way == 2:
        wide = np.repeat(array, 2, axis=-1)
        return wide[..., ::2]
    return array


def _moment(payload: Any, _chance: random.Random) -> dt.datetime:
    second, zoned, fold = payload
    return dt.datetime(2024, 1, 1, 2, 0, second, tzinfo=dt.UTC if zoned else None, fold=int(fold))


def _objects(payload: Any, chance: random.Random) -> Any:
    array = np.empty(len(payload), object)
    for place, item in enumerate(payload):
        array[place] = _nan(chance) if isinstance(item, float) else item
    return array if chance.random() < 0.5 else np.repeat(array, 2)[::2]


def _strings(payload: Any, chance: random.Random) -> Any:
    what, texts = payload
    dtype = chance.choice(["string[python]", "string[pyarrow]"])
    series = pd.Series(texts, dtype=dtype)
    if dtype == "string[pyarrow]" and texts and chance.random() < 0.5:
        cut = chance.randrange(len(texts))
        parts = [pd.Series(part, dtype=dtype) for part in (texts[:cut], texts[cut:])]
        series = pd.concat(parts, ignore_index=True)
    if what == "index":
        return pd.Index(series.array)
    return pd.DataFrame({"a": series, "b": 1}) if what == "frame" else series


def _arrow_array(payload: Any, chance: random.Random) -> Any:
    name, items = payload
    kind = getattr(pa, name)()
    array = pa.array([*items[:1], *items], kind)[1:] if items else pa.array([], kind)
    cut = chance.randrange(len(items) + 1)
    chunks = [array.slice(0, cut), array.slice(cut)] if chance.random() < 0.7 else [pa.array(items, kind)]
    return pa.chunked_array(chunks, kind)


def _nullable(payload: Any, chance: random.Random) -> Any:
    dtype, items = payload
    array = pd.array([chance.randrange(9) if item is None else item for item in items], dtype=dtype)
    array[[place for place, item in enumerate(items) if item is None]] = pd.NA
    return array


_BUILDERS: dict[str, Callable[[Any, random.Random], Any]] = {
    "none": lambda _payload, _chance: None,
    "bool": lambda payload, _chance: payload,
    "int": lambda payload, _chance: payload,
    "float": _float,
    "complex": lambda payload, chance: complex(_float(payload[0], chance), _float(payload[1], chance)),
    "text": lambda payload, _chance: "".join(list(payload)),
    "bytes": lambda payload, _chance: bytes(list(payload)),
    "bytearray": lambda payload, _chance: bytearray(payload),
    "decimal": lambda payload, _chance: Decimal(payload),
    "day": lambda payload, _chance: dt.date.fromordinal(payload),
    "moment": _moment,
    "span": lambda payload, _chance: dt.timedelta(seconds=payload),
    "uuid": lambda payload, _chance: uuid.UUID(int=payload),
    "path": lambda payload, chance: pathlib.PurePosixPath(payload.replace("/", chance.choice(["/", "//", "/./"]))),
    "range": lambda payload, _chance: range(*payload),
    "function": lambda payload, _chance: _FUNCTIONS[payload],
    "scalar": lambda payload, _chance: np.dtype(payload[0]).type(payload[1]),
    "whole scalar": lambda payload, _chance: np.dtype(payload[0]).type(payload[1]),
    "ints": _array,
    "floats": _array,
    "objects": _objects,
    "strings": _strings,
    "category": lambda payload, _chance: pd.Categorical.from_codes(payload[1], ["a", "b"], ordered=payload[0]),
    "nullable": _nullable,
    "arrow": _arrow_array,
    "arrow ints": _arrow_array,
    "list": _items,
    "tuple": lambda payload, chance: tuple(_items(payload, chance)),
    "deque": lambda payload, chance: deque(_items(payload, chance)),
    "set": lambda payload, chance: set(_items(_shuffled(payload, chance), chance)),
    "frozenset": lambda payload, chance: frozenset(_items(_shuffled(payload, chance), chance)),
    "dict": lambda payload, chance: dict(_pairs(payload, chance)),
    "counter": lambda payload, chance: Counter(dict(_pairs(payload, chance))),
    "ordered": lambda payload, chance: OrderedDict(_pairs(payload, chance)),
    "partial": lambda payload, chance: functools.partial(_FUNCTIONS[payload[0]], *_items(payload[1], chance)),
}


# --- what misses it narrowly

_ALIKE = [
    {"list", "tuple", "deque"},
    {"set", "frozenset"},
    {"dict", "ordered"},
    {"int", "bool", "float"},
    {"bytes", "bytearray"},
]


def near_miss(recipe: Recipe, chance: random.Random) -> Recipe:
    """Change one small thing; the result may by chance mean the same (see `meaning`)."""
    kind, payload = recipe
    if kind in {"list", "tuple", "deque", "set", "frozenset"}:
        return _near_items(kind, list(payload), chance)
    if kind in {"dict", "ordered", "counter"}:
        return _near_pairs(kind, list(payload), chance)
    if kind == "partial":
        return kind, (payload[0], _near_items("list", list(payload[1]), chance)[1])
    for alike in _ALIKE:
        if kind in alike and chance.random() < 0.5:
            other = chance.choice(sorted(alike - {kind}))
            converted = _converted(other, payload)
            if converted is not None:
                return converted
    return kind, _near_payload(payload, chance)


def _converted(other: str, payload: Any) -> Recipe | None:
    try:
        changed = {"int": int, "bool": bool, "float": float}.get(other, lambda same: same)(payload)
    except (OverflowError, ValueError):
        return None
    return (other, changed) if changed == payload else None


def _near_items(kind: str, items: list[Recipe], chance: random.Random) -> Recipe:
    way = chance.randrange(4)
    alike = next(group for group in _ALIKE if kind in group)
    if way == 0 or not items:
        return chance.choice(sorted(alike - {kind})), items
    place = chance.randrange(len(items))
    if way == 1:
        return kind, items[:place] + items[place + 1 :]
    if way == 2 and place:
        items[place - 1], items[place] = items[place], items[place - 1]
        return kind, items
    if kind in {"set", "frozenset"}:
        return kind, items[:place] + items[place + 1 :]
    items[place] = near_miss(items[place], chance)
    return kind, items


def _near_pairs(kind: str, pairs: list[Any], chance: random.Random) -> Recipe:
    if not pairs:
        return ("dict" if kind != "dict" else "ordered"), pairs
    place = chance.randrange(len(pairs))
    way = chance.randrange(4)
    if way == 0:
        return kind, pairs[:place] + pairs[place + 1 :]
    if way == 1 and place:
        (one, first), (other, second) = pairs[place - 1], pairs[place]
        pairs[place - 1 : place + 1] = [(one, second), (other, first)]
        return kind, pairs
    if way == 2 and place:
        pairs[place - 1], pairs[place] = pairs[place], pairs[place - 1]
        return kind, pairs
    key, item = pairs[place]
    pairs[place] = key, near_miss(item, chance)
    return kind, pairs


def _near_payload(payload: Any, chance: random.Random) -> Any:  # noqa: PLR0911 - one line a type
    """Change plain data: a number by one, the last item, a word for another of its kind."""
    if isinstance(payload, bool):
        return not payload
    if isinstance(payload, int):
        return payload + 1
    if isinstance(payload, float):
        return 0.0 if math.isnan(payload) else math.nan if math.isinf(payload) else payload / 2 or -payload
    if isinstance(payload, str):
        return _near_word(payload, chance)
    if isinstance(payload, bytes):
        return payload + b"\0"
    if isinstance(payload, list):
        return payload[:-1] if payload else payload
    if isinstance(payload, tuple):
        place = chance.randrange(len(payload))
        return (*payload[:place], _near_payload(payload[place], chance), *payload[place + 1 :])
    return payload


_WORDS = [
    _INTS,
    _FLOATS,
    ["i1", "i4", "i8"],
    sorted(_FUNCTIONS),
    ["Int64", "Int32"],
    ["int64", "int8"],
    ["string", "large_string"],
    ["frame", "series", "index"],
    ["a", "a/b", "b"],
    ["1", "1.0", "-0", "0", "NaN", "1E+3", "1000"],
]


def _near_word(word: str, chance: random.Random) -> str:
    for words in _WORDS:
        if word in words and word != "a":
            return chance.choice([other for other in words if other != word])
    return word + "a"
