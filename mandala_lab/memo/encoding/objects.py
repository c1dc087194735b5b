"""Objects of classes that have no form of their own: the class and the state.

State is what the class itself gives for copying and pickling, taken apart into
values: never the bytes of a pickle, which differ for equal objects. Asking for
it is the one place where code of a value runs. There is no data-only format.
"""

from __future__ import annotations

import copyreg
import enum
from typing import Any

from mandala_lab.memo.encoding import code
from mandala_lab.memo.encoding.forms import Form, Items, type_name
from mandala_lab.model.errors import MandalaLabError, UnstorableError
from mandala_lab.model.refs import short_repr

_FEWEST_PARTS, _MOST_PARTS = 2, 6


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
        reduced = reducer(value) if reducer is not None else value.__reduce_ex__(2)
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
    if pairs is not None and issubclass(kind, dict) and not code.is_ordered(kind):
        pairs = Items(list(pairs))
    elif pairs is not None:
        pairs = list(pairs)
    return kind, make, args, state, None if items is None else list(items), pairs


FORM = Form("object", _content)
