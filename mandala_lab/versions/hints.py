"""Notations of types: ``list[A]``, ``A | None``, ``Annotated[int, unit]``, ``NewType``, type variables.

Owns how one is written out, the same in every process, and what it is made of.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

_ATOMS = {bool, int, float, complex, str, bytes}
_ALIASES = (types.GenericAlias, types.UnionType, typing.TypeVar)
_HOMES = {"typing", "typing_extensions"}
_INSIDE = {  # of what does not show in its text
    "NewType": ("__supertype__",),
    "TypeVar": ("__bound__", "__constraints__", "__default__"),
    "TypeAliasType": ("__value__",),
    "InitVar": ("type",),
}


def is_hint(value: Any) -> bool:
    """Whether a value is a notation of types, rather than a class."""
    kind = type(value)
    if issubclass(kind, type):
        return False
    return issubclass(kind, _ALIASES) or kind.__module__ in _HOMES or kind is dataclasses.InitVar


def is_opaque(hint: Any) -> bool:
    """Whether the text of a notation does not show what it is made of."""
    return type(hint).__name__ in _INSIDE


def parts(hint: Any) -> list[tuple[str, Any]]:
    """Return what a notation is made of: origin, arguments, metadata, bounds."""
    inside = _INSIDE.get(type(hint).__name__)
    names = inside or ("__origin__", "__args__", "__metadata__")
    held = [(name, _held(hint, name)) for name in names]
    found = []
    for name, value in held:
        if name in {"__args__", "__metadata__", "__constraints__"}:
            found += [(f"{name} {at}", part) for at, part in enumerate(value or ())]
        elif value is not None and type(value).__name__ != "NoDefaultType":
            found.append((name, value))
    return found


def text(hint: Any) -> str:
    """Write a notation out, the same in every process."""
    if isinstance(hint, str):
        return hint
    if type(hint) in _ATOMS:
        return repr(hint)
    if isinstance(hint, type) and not hasattr(hint, "__origin__"):
        return f"{hint.__module__}.{hint.__qualname__}"
    arguments = ", ".join(map(text, getattr(hint, "__args__", ())))
    return f"{type(hint).__qualname__} {text(getattr(hint, '__origin__', ''))}[{arguments}]"


def _held(hint: Any, name: str) -> Any:
    if name == "__metadata__" and type(hint).__module__ not in _HOMES:  # ``list[int]`` asks its class
        return ()
    try:
        return getattr(hint, name, None)
    except Exception:  # a bound that names what is not defined yet is looked up only now
        return None
