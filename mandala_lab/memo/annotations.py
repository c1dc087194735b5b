"""`MList`, `MDict`, `MSet`, `MTuple`: annotations that say that a collection is stored element by element.

Owns which arguments and outputs of a function have one. An annotation says how
deep to look; which kind a collection is, its own type says.
"""

from __future__ import annotations

import builtins
import contextlib
import typing
from collections.abc import Callable, Mapping
from types import SimpleNamespace, UnionType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, TypeVarTuple

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
Ts = TypeVarTuple("Ts")

if TYPE_CHECKING:
    MList = list
    MDict = dict
    MSet = set
    MTuple = tuple  # type: ignore[type-arg]
else:

    class _Annotation:
        def __new__(cls, *_args: object, **_kwargs: object) -> NoReturn:
            plain = cls.__name__[1:].lower()
            raise TypeError(f"{cls.__name__} is an annotation, such as {cls.__name__}[int]; make a {plain} instead")

    class MList(_Annotation, Generic[T]):
        """A list, stored element by element: ``xs: MList[int]``; its refs are `ListRef`."""

    class MDict(_Annotation, Generic[K, V]):
        """A dict, its values stored one by one: ``d: MDict[str, int]``; its refs are `DictRef`."""

    class MSet(_Annotation, Generic[T]):
        """A set, stored element by element: ``s: MSet[int]``; its refs are `SetRef`."""

    class MTuple(_Annotation, Generic[*Ts]):
        """A tuple, one output and stored element by element: ``t: MTuple[int, str]``; its refs are `TupleRef`."""


_NAMES = {"MList": MList, "MDict": MDict, "MSet": MSet, "MTuple": MTuple}
_OURS = tuple(_NAMES.values())
_UNIONS = (typing.Union, UnionType)


class Depths:
    """How many levels of collections are stored element by element; 0 for a value that is stored whole.

    Attributes
    ----------
    parameters
        By name; those of 0 are left out.
    """

    __slots__ = ("_result", "_results", "parameters")

    def __init__(self, function: Callable[..., Any]) -> None:
        hints = _hints(function)
        result = hints.pop("return", None)
        self.parameters = {name: depth for name, hint in hints.items() if (depth := _depth(hint))}
        self._result = _depth(result)
        several = typing.get_origin(result) is tuple
        self._results = [_depth(one) for one in typing.get_args(result)] if several else []

    def __bool__(self) -> bool:
        return bool(self.parameters or self._result or any(self._results))

    @property
    def is_one_output(self) -> bool:
        """Whether the function returns one collection, be it a tuple."""
        return bool(self._result)

    def of_argument(self, name: str) -> int:
        """Return the depth of an argument; one of ``*args`` has that of all."""
        return self.parameters.get(name) or self.parameters.get(name.partition("[")[0], 0)

    def of_output(self, position: int, number: int) -> int:
        """Return the depth of one of the outputs."""
        if number == 1 and (self._result or not self._results):
            return self._result
        return self._results[position] if position < len(self._results) else 0


class _Scope(dict[str, Any]):
    """Names as an annotation sees them; those that are not there (yet) stand for anything."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
        for name, cell in cells:
            try:
                self[name] = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
        self._around = function.__globals__

    def __missing__(self, name: str) -> Any:
        for names in (self._around, vars(builtins), _NAMES):
            if name in names:
                return names[name]
        return Any


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations that can be evaluated; none of them can keep a function from being an op."""
    annotations = getattr(function, "__annotations__", None) or {}
    scope: Mapping[str, Any] | None = None
    found = {}
    for name, annotation in annotations.items():
        if isinstance(annotation, type) and annotation not in _OURS:
            continue
        scope = scope or _Scope(function)
        alone = SimpleNamespace(__annotations__={name: annotation})
        with contextlib.suppress(Exception):  # whatever an annotation raises when it is evaluated
            found.update(typing.get_type_hints(alone, function.__globals__, scope))
    return found


def _depth(hint: Any) -> int:
    origin, args = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in _OURS:
        return 1 + max(map(_depth, args), default=0)
    if origin in _UNIONS:
        return max(map(_depth, args), default=0)
    return 0
