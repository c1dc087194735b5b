"""Selections as text, such as ``+model``, ``status:error`` or ``x=3``: read here, found in a frame by `querying`.

::

    selection  = part (" " part)*            what any part selects
    part       = ["!"] term ("," term)*      what all terms select; "!" leaves it out
    term       = [steps "+"] atom ["+" steps]
    atom       = name | method ":" value | name comparison literal

``+x`` is x and all that leads to it, ``2+x`` goes two steps along the edges, ``x+``
goes the other way. Names may hold ``*`` and ``?``; a name in quotes is that name.
There is one reader, so that magics, panel, command and Python understand the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from math import inf, nan
from typing import Any, Literal, cast, get_args

from mandala_lab.model.errors import in_quotes, nearest

Method = Literal["name", "op", "var", "status", "duration", "time", "run", "version", "value"]
METHODS = tuple(method for method in get_args(Method) if method not in {"name", "value"})
STATUSES = ("ok", "error")
ALL_STEPS = -1

_TERM = re.compile(r"(?:(?P<up>\d*)(?P<plus>\+))?(?P<atom>.+?)(?:(?P<more>\+)(?P<down>\d*))?", re.DOTALL)
_QUOTED = r"\"[^\"]*\"|'[^']*'"
_COMPARISON = re.compile(
    rf"(?P<name>{_QUOTED}|(?:[^\s=<>!:\[]|\[[^\]]*\])+)(?P<sign>==|!=|<=|>=|=|<|>)(?P<literal>.+)", re.DOTALL
)
_LIMIT = re.compile(r"(?P<sign><=|>=|<|>|=)?(?P<amount>.+)")
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "": 1.0}
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)\s*(?P<unit>[a-z]*)")
_DATE = re.compile(r"\btime:[<>=]*\d{4}-\d\d-\d\d$")
_NUMBERS = {"nan": nan, "inf": inf, "-inf": -inf}


def _same(one: Any, other: Any) -> bool:
    """Whether values are equal; nan is itself."""
    return bool(one == other) or bool(one != one and other != other)  # noqa: PLR0124 - which only nan is not


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": _same,
    "==": _same,
    "!=": lambda one, other: not _same(one, other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison with something: `sign` and what is on its right."""

    sign: str
    value: Any

    def __call__(self, found: Any) -> bool:
        """Whether it holds; what cannot be compared does not."""
        return self.compared(found) is True

    def compared(self, found: Any) -> bool | None:
        """Whether it holds, or ``None`` of what cannot be compared."""
        try:
            return _SIGNS[self.sign](found, self.value)
        except (TypeError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Term:
    """What one term selects.

    Attributes
    ----------
    method
        How `value` is meant: a name, an op, a variable, a status...
    value
        The name, or what is to be found.
    quoted
        The name stood in quotes: nothing in it stands for anything else.
    test
        What has to hold of a value, a duration or a time.
    up, down
        Steps along the edges, `ALL_STEPS` for as many as there are.
    """

    method: Method
    value: str
    test: Callable[[Any], bool] | None = None
    up: int = 0
    down: int = 0
    quoted: bool = False

    def means(self, name: str) -> bool:
        """Whether a name is one that is meant."""
        return name == self.value if self.quoted else fits(name, self.value)


@dataclass(frozen=True, slots=True)
class Part:
    """Terms that all have to select something; or, negated, what is left out."""

    terms: tuple[Term, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What any of its parts selects, without what the negated ones do."""

    parts: tuple[Part, ...] = field(default_factory=tuple)


def fits(name: str, pattern: str) -> bool:
    """Whether a name is one that a pattern means: ``*`` and ``?`` stand for anything, all else for itself.

    Examples
    --------
    >>> fits("args[0]", "args[?]"), fits("args0", "args[0]")
    (True, False)
    """
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def read_selection(text: str) -> Selection:
    """Return a selection that is written as text.

    Raises
    ------
    ValueError
        With what cannot be read, and what is possible in its place.

    Examples
    --------
    >>> read_selection("2+model").parts[0].terms[0].up
    2
    >>> read_selection("stat:error")
    Traceback (most recent call last):
    ...
    ValueError: 'stat:error' is no selection: there is no 'stat:'; did you mean 'status'?
    """
    words = _words(text)
    if not words:
        raise ValueError("a selection is empty; write a name, such as model, +model, status:error or x=3")
    return Selection(tuple(_part(word) for word in words))


def _words(text: str) -> list[str]:
    """Return what blanks part, but for blanks beside a comma, and between a date and the time of day."""
    found: list[str] = []
    for word in filter(None, _split(text, str.isspace)):
        if found and (found[-1].endswith(",") or word.startswith(",")):
            found[-1] += word
        elif found and _DATE.search(found[-1]) and re.match(r"\d\d:\d\d", word):
            found[-1] += f"T{word}"
        else:
            found.append(word)
    return found


def _split(text: str, is_separator: Callable[[str], bool]) -> list[str]:
    """Split at separators that are not within quotes or brackets."""
    found, quote, depth = [""], "", 0
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            depth += (character in "([{") - (character in ")]}")
        if is_separator(character) and not quote and depth <= 0:
            found.append("")
        else:
            found[-1] += character
    return found


def _part(word: str) -> Part:
    negated = word.startswith("!")
    terms = _split(word[negated:], ",".__eq__)
    for term in terms:
        if term.startswith("!"):
            raise ValueError(f"{in_quotes(word)} is no selection: what is left out stands apart, such as +score !x")
    return Part(tuple(map(_term, terms)), negated)


def _term(text: str) -> Term:
    found = _TERM.fullmatch(text)
    if not found:
        raise ValueError(f"{in_quotes(text)} is no selection; write a name, such as model, +model or status:error")
    up = int(found["up"] or ALL_STEPS) if found["plus"] else 0
    down = int(found["down"] or ALL_STEPS) if found["more"] else 0
    return replace(_atom(found["atom"]), up=up, down=down)


def _atom(text: str) -> Term:
    comparison = _COMPARISON.fullmatch(text)
    if comparison:
        name, quoted = _unquoted(comparison["name"])
        return Term("value", name, Test(comparison["sign"], _literal(text, comparison["literal"])), quoted=quoted)
    name, quoted = _unquoted(text)
    if quoted or ":" not in text:
        return Term("name", name, quoted=quoted)
    method, _, value = text.partition(":")
    if method not in METHODS:
        unknown = in_quotes(f"{method}:")
        raise ValueError(f"{in_quotes(text)} is no selection: there is no {unknown}; {nearest(method, METHODS)}")
    name, quoted = _unquoted(value)
    return Term(cast("Method", method), name, read_test(method, name), quoted=quoted)


def _unquoted(name: str) -> tuple[str, bool]:
    """Return a name without quotes, and whether it had them."""
    return (name[1:-1], True) if re.fullmatch(_QUOTED, name) else (name, False)


def read_test(method: str, value: str) -> Callable[[Any], bool] | None:
    """Return what has to hold of a call's duration or time; ``None`` for what is compared as text.

    Raises
    ------
    ValueError
        Where the text is none of what is possible.
    """
    if not value:
        raise ValueError(f"'{method}:' says nothing; write what, such as {_EXAMPLES[method]}")
    if method == "status" and value not in STATUSES:
        raise ValueError(f"status:{value} is not a choice; {nearest(value, STATUSES)}")
    if method not in {"duration", "time"}:
        return None
    found = _LIMIT.fullmatch(value)
    assert found is not None, "any text has an amount"
    amount = _seconds(value, found["amount"]) if method == "duration" else _moment(value, found["amount"])
    if method == "duration" and found["sign"] is None:
        raise ValueError(f"duration:{value} says neither more nor less; write duration:>{value} or duration:<{value}")
    return Test(found["sign"] or ">=", amount)


_EXAMPLES = {
    "op": "op:train*",
    "var": "var:model",
    "status": "status:error",
    "duration": "duration:>1.5s",
    "time": "time:>2026-01-31",
    "run": "run:ID",
    "version": "version:3fa9",
}


def _seconds(text: str, amount: str) -> float:
    found = _DURATION.fullmatch(amount.strip())
    if not found or found["unit"] not in _UNITS:
        raise ValueError(f"duration:{text} is not a duration; write a number and us, ms, s, min or h: duration:>1.5s")
    return float(found["number"]) * _UNITS[found["unit"]]


def _moment(text: str, amount: str) -> float:
    try:
        return datetime.fromisoformat(amount).timestamp()
    except ValueError:
        raise ValueError(
            f"time:{text} is not a time; write it as 2026-01-31 or 2026-01-31T12:00, such as time:>2026-01-31"
        ) from None


def _literal(text: str, literal: str) -> Any:
    try:
        return ast.literal_eval(literal)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        if literal in _NUMBERS:
            return _NUMBERS[literal]
        if re.fullmatch(r"[\w.-]+", literal):
            return literal  # a text without quotes
        raise ValueError(
            f"{in_quotes(text)} is no selection: {literal} is not a Python literal; quote a text: x='some text'"
        ) from None
