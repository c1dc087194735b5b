"""What an object holds besides its class: attributes, and the plain value that a subclass of ``int`` or ``str`` is."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

_BARE: list[tuple[type, Callable[[Any], Any]]] = [
    (int, int.__index__),
    (float, float.__float__),
    (complex, complex.__complex__),
    (str, str.__str__),
    (bytes, bytes.__bytes__),
]


def attributes(target: Any) -> tuple[dict[str, Any] | None, list[tuple[str, Any]]]:
    """Return the dict of an object, if it has one, and the attributes in it by name.

    What a cached property left there is left out: it follows from the others, and
    no look at it tells it from what was assigned under that name.
    """
    state = getattr(target, "__dict__", None)
    if type(state) is not dict:
        return None, []
    kind = type(target)
    found = [
        (name, value)
        for name, value in sorted(state.items(), key=lambda item: str(item[0]))
        if type(inspect.getattr_static(kind, name, None)) is not functools.cached_property
    ]
    return state, found


def bare(target: Any) -> list[Any]:
    """Return the plain value that an object is, if it is one."""
    return [value_of(target) for base, value_of in _BARE if issubclass(type(target), base)]
