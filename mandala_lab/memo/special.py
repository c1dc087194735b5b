"""Arguments that say themselves how they are keyed: `Ignore`, `NewArgDefault`, `ValuePointer`.

Each is a value in a wrapping, given to a call or as the default of a parameter;
the body receives what is inside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mandala_lab.memo.encoding.forms import Form, add
from mandala_lab.model.refs import Ref, unwrapped


@dataclass(frozen=True, slots=True, eq=False)
class Ignore:
    """An argument that is not part of the key: calls that differ in it only are one call.

    Examples
    --------
    >>> from mandala_lab import Ignore, Storage, op
    >>> @op
    ... def add(x, y, verbose=Ignore(False)):
    ...     return x + y
    >>> with Storage() as storage:
    ...     add(1, 2) == add(1, 2, verbose=Ignore(True))
    True
    """

    value: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class NewArgDefault:
    """The default of a parameter that an op did not have before.

    Where the argument has this value, also as a ref, calls that were recorded
    before the parameter existed are hits, although the source changed.

    Examples
    --------
    >>> from mandala_lab import NewArgDefault, Storage, op
    >>> @op
    ... def add(x, y, z=NewArgDefault(0)):
    ...     return x + y + z
    >>> with Storage() as storage:
    ...     add(1, 2) == add(1, 2, z=0), add(1, 2, z=3).value
    (True, 6)
    """

    value: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class ValuePointer:
    """An object that is keyed by an id in its place, whatever it holds.

    The object itself is not stored.

    Raises
    ------
    ValueError
        When the id is empty.

    Examples
    --------
    >>> from mandala_lab import Storage, ValuePointer, op
    >>> @op
    ... def size(data):
    ...     return len(data)
    >>> with Storage() as storage:
    ...     size(ValuePointer("corpus, 2024", [1, 2, 3])).value
    3
    """

    id: str
    obj: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not self.id:
            raise ValueError(f"a ValuePointer needs an id that is a text and not empty, not {self.id!r}")


def inner(value: Any) -> Any:
    """Return what the body receives for an argument that may be in a wrapping."""
    kind = type(value)
    if kind is Ignore or kind is NewArgDefault:
        return value.value
    return value.obj if kind is ValuePointer else value


def plain(value: Any, load: Callable[[Ref], Any] = lambda ref: ref.value) -> Any:
    """Return what the body receives for an argument: out of its wrapping, with values in place of refs."""
    return unwrapped(inner(value), load)


def is_special(value: Any) -> bool:
    """Whether a value is in a wrapping."""
    kind = type(value)
    return kind is Ignore or kind is NewArgDefault or kind is ValuePointer


add(ValuePointer, Form("mandala_lab.ValuePointer", lambda pointer: pointer.id, ValuePointer))
