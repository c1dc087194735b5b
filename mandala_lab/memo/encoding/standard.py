"""Forms of the standard library's types: numbers, dates, paths and collections."""

from __future__ import annotations

import array
import datetime as dt
import pathlib
import re
import types
import uuid
import zoneinfo
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from mandala_lab.memo.encoding.forms import Form, Raw, add, type_name
from mandala_lab.model.errors import UnstorableError


def _add(kind: type, content: Callable[[Any], Any], rebuild: Callable[[Any], Any]) -> None:
    add(kind, Form(type_name(kind), content, rebuild))


def _moment(value: dt.datetime) -> Any:
    day, clock = (value.year, value.month, value.day), _clock(value)
    return day, clock


def _clock(value: dt.datetime | dt.time) -> Any:
    return value.hour, value.minute, value.second, value.microsecond, value.fold, value.tzinfo


def _time_of(parts: Any) -> dt.time:
    hour, minute, second, microsecond, fold, zone = parts
    return dt.time(hour, minute, second, microsecond, zone, fold=fold)


def _moment_of(parts: Any) -> dt.datetime:
    day, clock = parts
    return dt.datetime.combine(dt.date(*day), _time_of(clock))


def _zone(value: zoneinfo.ZoneInfo) -> str:
    if value.key is None:
        raise UnstorableError("a ZoneInfo that was read from a file has no key, and so no content id")
    return value.key


def _array(value: array.array[Any]) -> Any:
    if value.typecode in "fd":  # as floats, whose NaNs are all one
        return value.typecode, value.tolist()
    return value.typecode, value.itemsize, Raw(value.tobytes())


def _array_of(parts: Any) -> array.array[Any]:
    code, *_, items = parts
    if code in "fd":
        return array.array(code, items)
    made = array.array(code)
    made.frombytes(items)
    return made


def _view(value: memoryview) -> Any:
    form = value.format.lstrip("@")
    if form in {"f", "d"}:
        return form, value.shape, value.tolist()
    return form, value.shape, Raw(value.tobytes())


def _view_of(parts: Any) -> memoryview:
    form, shape, data = parts
    if form in {"f", "d"}:
        data = memoryview(array.array(form, _flat(data))).cast("B")
    return memoryview(bytes(data)).cast(form, shape) if data.nbytes else memoryview(b"").cast(form)


def _flat(items: Any) -> Any:
    for item in items if isinstance(items, list) else [items]:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _with_attributes(content: Any) -> Callable[[Any], Any]:
    return lambda value: (content(value), dict(vars(value)))


def _make(kind: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def rebuild(parts: Any) -> Any:
        made = kind(parts[0])
        vars(made).update(parts[1])
        return made

    return rebuild


def _filled(parts: Any) -> Any:
    made: Any = defaultdict(parts[0])
    made.update(parts[1])
    return made


def _nothing(_value: Any) -> None:
    return None


_add(Decimal, lambda value: tuple(value.as_tuple()), Decimal)
_add(Fraction, lambda value: (value.numerator, value.denominator), lambda parts: Fraction(*parts))
_add(range, lambda value: (value.start, value.stop, value.step), lambda parts: range(*parts))
_add(slice, lambda value: (value.start, value.stop, value.step), lambda parts: slice(*parts))
_add(type(Ellipsis), _nothing, lambda _none: Ellipsis)
_add(type(NotImplemented), _nothing, lambda _none: NotImplemented)
_add(dt.date, lambda value: (value.year, value.month, value.day), lambda parts: dt.date(*parts))
_add(dt.time, _clock, _time_of)
_add(dt.datetime, _moment, _moment_of)
_add(
    dt.timedelta,
    lambda value: (value.days, value.seconds, value.microseconds),
    lambda parts: dt.timedelta(*parts),
)
_add(dt.timezone, lambda value: value.__getinitargs__(), lambda parts: dt.timezone(*parts))
_add(zoneinfo.ZoneInfo, _zone, zoneinfo.ZoneInfo)
_add(
    uuid.UUID,
    lambda value: (value.int, value.is_safe.value),
    lambda parts: uuid.UUID(int=parts[0], is_safe=uuid.SafeUUID(parts[1])),
)
_add(re.Pattern, lambda value: (value.pattern, value.flags), lambda parts: re.compile(*parts))
for _path in (pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath, pathlib.WindowsPath):
    add(_path, Form(f"pathlib.{_path.__name__}", str, _path))  # its module has another name in newer Pythons
_add(OrderedDict, _with_attributes(lambda value: [list(pair) for pair in value.items()]), _make(OrderedDict))
_add(Counter, _with_attributes(dict), _make(Counter))
_add(defaultdict, lambda value: (value.default_factory, dict(value)), _filled)
_add(deque, lambda value: (value.maxlen, list(value)), lambda parts: deque(parts[1], parts[0]))
_add(types.MappingProxyType, dict, types.MappingProxyType)
_add(array.array, _array, _array_of)
_add(memoryview, _view, _view_of)
