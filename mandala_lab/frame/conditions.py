"""Conditions of `where`, as they are given: checked here, and made into what `querying` looks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mandala_lab.frame.selectors import METHODS
from mandala_lab.memo.decorator import Op
from mandala_lab.memo.encoding.spellings import equal_ids
from mandala_lab.model.errors import UnstorableError, refuse_other

Predicate = Callable[[Any], bool]
_TAKEN = {
    "status": "'ok' or 'error'",
    "run": "the id of a run, as a text",
    "version": "how the id of a code version begins, as a text",
    "duration": "a text such as '>1.5s', or a function of seconds",
    "time": "a text such as '>2026-01-31', or a function of seconds since the epoch",
}


@dataclass(frozen=True, slots=True)
class Where:
    """What `where` asks for.

    Attributes
    ----------
    values
        What has to hold of the value of a ref of a variable: a value that it equals, several in a set, or a function.
    op
        Which operations are spoken of: a name, in which ``*`` stands for anything.
    calls
        What has to hold of a call, by method of selection; text, or a function of seconds for duration and time.
    """

    values: Mapping[str, Any]
    op: str | None
    calls: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Equal:
    """Whether a value is one of some: by content id, so that nothing is loaded."""

    cids: frozenset[str]

    def __call__(self, _value: Any) -> bool:
        """Say nothing of a value: `querying` compares the ids."""
        raise AssertionError("values are not looked at")


def conditions(values: Mapping[str, Any] | None, named: Mapping[str, Any]) -> Where:
    """Return what is asked for by a mapping of variables, and by keywords.

    Raises
    ------
    TypeError
        For a condition of the wrong kind.
    ValueError
        For two conditions on one variable.
    """
    refuse_other(values, (Mapping, type(None)), "where takes conditions by name, such as where(depth=3); a mapping")
    calls = {name: named[name] for name in _TAKEN if name in named}
    of_values = {name: wanted for name, wanted in named.items() if name not in calls and name != "op"}
    for name in of_values:
        if values and name in values:
            raise ValueError(f"where has two conditions on {name!r}: a function of the value can ask for both")
    for name, wanted in calls.items():
        if not isinstance(wanted, str) and not (callable(wanted) and name in {"duration", "time"}):
            raise TypeError(f"{name}= takes {_TAKEN[name]}, not {wanted!r:.60}{_of_a_variable(name)}")
    op = named.get("op")
    if isinstance(op, Op):
        op = op.spec.key
    if not isinstance(op, str | None):
        raise TypeError(f"op= takes an op, or its name (* stands for anything), not {op!r:.60}{_of_a_variable('op')}")
    return Where({**(values or {}), **of_values}, op, calls)


def _of_a_variable(name: str) -> str:
    return f"; of a variable {name!r}, write where({{{name!r}: ...}})"


def predicate_of(wanted: Any) -> Predicate:
    """Return the condition of a value: that it equals one, is in a set, or what a function says.

    What equals a number or a text are all its spellings (see `equal_ids`), as for the comparisons of a selection.
    """
    if isinstance(wanted, type):
        name = wanted.__name__
        raise TypeError(
            f"{name} is a class: for its objects give lambda value: isinstance(value, {name}), for itself {{{name}}}"
        )
    if callable(wanted):
        return wanted  # type: ignore[no-any-return]
    values = wanted if isinstance(wanted, set | frozenset) else [wanted]
    try:
        return Equal(frozenset().union(*map(equal_ids, values)))
    except UnstorableError as error:
        raise ValueError(f"{wanted!r} cannot be looked for: {error}; give a function of the value") from error


assert set(_TAKEN) <= set(METHODS), "they are methods of selections, too"
