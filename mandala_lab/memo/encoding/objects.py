"""Objects of classes that have no form of their own: the class and the state.

State is what the class itself gives for copying and pickling, taken apart into
values: never the bytes of a pickle, which differ for equal objects. Asking for
it is the one place where code of a value runs. There is no data-only format.
"""

from __future__ import annotations

import contextlib
import copyreg
import datetime as dt
import enum
import types
from collections import Counter
from typing import Any

from mandala_lab.memo.encoding import code
from mandala_lab.memo.encoding.forms import Form, Items, module_of, type_name
from mandala_lab.model.errors import MandalaLabError, UnstorableError
from mandala_lab.model.refs import short_repr

_FEWEST_PARTS, _MOST_PARTS = 2, 6
_TELLING = {"__reduce_ex__", "__reduce__", "__getstate__"}


def _content(value: Any) -> Any:
    kind = type(value)
    if kind is object:
        raise UnstorableError("a bare builtins.object has no content, only its place in memory")
    if isinstance(value, enum.Enum):
        return kind, value._name_ if value._name_ in kind.__members__ else None, value._value_
    if issubclass(kind, set | frozenset):  # reduced, they list their items in the order of hashing
        plain = set if issubclass(kind, set) else frozenset
        return kind, plain(plain.__iter__(value)), object.__getstate__(value)
    if issubclass(kind, tuple) and code.is_named_tuple(kind):
        own: Any = kind
        return type_name(kind), own._fields, list(own._field_defaults.items()), tuple(value)
    return _taken_apart(value, kind)


def _taken_apart(value: Any, kind: type) -> Any:
    try:
        reducer = copyreg.dispatch_table.get(kind)
        protocol = 4 if issubclass(kind, dt.datetime | dt.time) else 2  # which of two hours: since 4
        reduced = reducer(value) if reducer is not None else value.__reduce_ex__(protocol)
    except (MandalaLabError, RecursionError):
        raise
    except Exception as error:
        raise UnstorableError(
            f"an object of type {type_name(kind)} does not tell its state ({short_repr(error)}); "
            "say what its content is with register_hasher"
        ) from error
    if isinstance(reduced, str):
        return code.by_name(value, reduced)
    if not isinstance(reduced, tuple) or not _FEWEST_PARTS <= len(reduced) <= _MOST_PARTS:
        raise UnstorableError(f"an object of type {type_name(kind)} reduces to something of no meaning")
    make, args, state, items, pairs, *_ = *reduced, None, None, None
    told = kind, make, args, _state(kind, state), None if items is None else list(items), pairs and list(pairs)
    untold = _untold(value, kind, state) if reducer is None else []
    return (*told, Items(untold)) if untold else told


def _state(kind: type, state: Any) -> Any:
    """Return the attributes of an object without the order in which they were set; a state of its own as it is."""
    own: Any = kind
    if own.__getstate__ is not object.__getstate__ or hasattr(kind, "__setstate__"):
        return state
    if type(state) is tuple:  # attributes, and those in slots
        return tuple([_unordered(part) for part in state])
    return _unordered(state)


def _unordered(part: Any) -> Any:
    return Items(list(part.items())) if type(part) is dict else part


def _untold(value: Any, kind: type, state: Any) -> list[tuple[Any, Any]]:
    """Return the attributes that a base without any (a date, say, or an array) leaves out of what it tells.

    They are content, and what is read back without them is another value.
    """
    place, teller = next((place, base) for place, base in enumerate(kind.__mro__) if _TELLING & vars(base).keys())
    own, packages = kind.__mro__[:place], {base: _package(base) for base in kind.__mro__[: place + 1]}
    theirs = [base for base, package in packages.items() if package == packages[teller]]
    if teller is object or kind in theirs or any(_has_attributes(base) for base in theirs):
        return []
    told: set[Any] = set()
    for part in state if type(state) is tuple else (state,):
        told.update(part if type(part) is dict else ())
    found = dict(getattr(value, "__dict__", ()))
    for name, member in [pair for base in own for pair in vars(base).items()]:
        if type(member) is types.MemberDescriptorType:
            with contextlib.suppress(AttributeError):  # a slot that is empty
                found[name] = member.__get__(value)
    return [(name, item) for name, item in found.items() if name not in told]


def _package(kind: type) -> str:
    return module_of(kind).partition(".")[0]


def _has_attributes(kind: type) -> bool:
    """Whether instances of a class have attributes, which may be its own affair."""
    return bool(kind.__dictoffset__) and kind is not Counter


FORM = Form("object", _content)
