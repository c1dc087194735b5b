"""Places where code looks, and whether they still hold what they held.

Owns the comparison that runs at every call. What is a place is found by
`mandala_lab.versions.reach`.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from operator import getitem, itemgetter
from types import FunctionType
from typing import Any

from mandala_lab.versions.kinds import leads_to_code

MISSING = object()
MUTABLE = object()
_ATOMS = {type(None), bool, int, float, complex, str, bytes, type(...)}
_GROUPS = {tuple, frozenset}
_BUILTINS = vars(builtins)
_GONE = (KeyError, IndexError, AttributeError, ValueError, TypeError)


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that code looks: ``get(holder, key)``, which held `seen`."""

    get: Callable[[Any, Any], Any]
    holder: Any
    key: Any
    seen: Any

    def now(self) -> Any:
        """Return what lies there now."""
        try:
            return self.get(self.holder, self.key)
        except _GONE:
            return MISSING


def is_immutable(value: Any) -> bool:
    """Whether nothing about a value can ever change: exact scalars, and tuples and frozensets of them."""
    kind = type(value)
    if type(kind) is not type:  # one that may not even have a hash
        return False
    return kind in _ATOMS or (kind in _GROUPS and all(map(is_immutable, value)))


class Watch:
    """All the places that one function looks at, as they were when it was resolved.

    Parameters
    ----------
    code
        Places that hold code, lead to code, or hold nothing.
    data
        Places that hold data, with their labels.
    functions
        Functions that are reached: their code and defaults can be replaced.
    absent
        Namespaces with names that they lack.
    sizes
        Containers that lead to code, with the number of their items.
    builtin_names
        Names that are looked up in vain before they are found among the builtins.
    """

    def __init__(
        self,
        code: Iterable[Place],
        data: Iterable[tuple[str, Place]],
        functions: Iterable[FunctionType],
        absent: Iterable[tuple[dict[str, Any], set[str]]],
        sizes: Iterable[tuple[Any, int]],
        builtin_names: Iterable[str],
    ) -> None:
        self._data = [(label, _released(place)) for label, place in data]
        mutable = not all(is_immutable(place.seen) for _, place in self._data)
        places = [*code, *(place for _, place in self._data if is_immutable(place.seen) and not mutable)]
        places = [place for place in places if type(place.holder) is not tuple]
        items = tuple((place.holder, place.key, place.seen) for place in places if place.get is getitem)
        others = tuple((place.get, place.holder, place.key, place.seen) for place in places if place.get is not getitem)
        states = tuple((f, f.__code__, f.__defaults__, f.__kwdefaults__) for f in functions)
        rest: list[Callable[[], bool]] = [partial(scope.keys().isdisjoint, frozenset(names)) for scope, names in absent]
        rest += _rarer_checks(others, tuple(sizes), sorted(builtin_names))
        self._is_same = _sameness(items, states, tuple(rest))
        self.is_unchanged: Callable[[], bool] = _never if mutable else self._is_same
        """Whether nothing at all has changed, and nothing could change unseen."""
        self.is_current: Callable[[], bool] = self._is_same_but_for_data if mutable else self._is_same
        """Whether the code is the same, and what was data is data."""

    def read(self) -> list[tuple[str, Any]]:
        """Return labels and values of the data, as it is now."""
        found = ((label, place.now()) for label, place in self._data)
        return [(label, value) for label, value in found if value is not MISSING]

    def _is_same_but_for_data(self) -> bool:
        return self._is_same() and all(_is_still_data(place) for _, place in self._data)


def _never() -> bool:
    return False


def _sameness(
    items: tuple[tuple[Any, Any, Any], ...],
    states: tuple[tuple[FunctionType, Any, Any, Any], ...],
    rest: tuple[Callable[[], bool], ...],
) -> Callable[[], bool]:
    """Return the check that runs at every call: its variables are those of a closure, the quickest there are."""

    def is_same() -> bool:
        try:
            for holder, key, seen in items:
                if holder[key] is not seen:
                    return False
            for function, code, defaults, by_name in states:
                if function.__code__ is not code or function.__defaults__ is not defaults:
                    return False
                if function.__kwdefaults__ is not by_name:
                    return False
            for check in rest:
                if not check():
                    return False
        except _GONE:
            return False
        return True

    return is_same


def _rarer_checks(
    others: tuple[tuple[Callable[[Any, Any], Any], Any, Any, Any], ...],
    sizes: tuple[tuple[Any, int], ...],
    builtin_names: list[str],
) -> list[Callable[[], bool]]:
    checks: list[Callable[[], bool]] = []
    if others:
        checks.append(lambda: all(get(holder, key) is seen for get, holder, key, seen in others))
    if sizes:
        containers, counts = tuple(container for container, _ in sizes), [size for _, size in sizes]
        checks.append(lambda: list(map(len, containers)) == counts)
    if builtin_names:
        pick = itemgetter(*builtin_names)
        picked = pick(_BUILTINS)
        checks.append(lambda: pick(_BUILTINS) == picked)
    return checks


def _released(place: Place) -> Place:
    """Return a place that keeps no large value alive: of arrays and the like only their being data is compared."""
    if is_immutable(place.seen) or type(place.holder) is tuple or issubclass(type(place.seen), list | dict | set):
        return place
    return replace(place, seen=MUTABLE)


def _is_still_data(place: Place) -> bool:
    value = place.now()
    if value is place.seen and is_immutable(value):
        return True
    return value is not MISSING and not leads_to_code(value)
