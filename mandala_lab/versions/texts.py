"""Names that code looks up through a text: ``df.query("a > @limit")``, ``duckdb.sql("from df")``.

pandas, polars, duckdb and numexpr look for such names among the variables of whoever
calls them, where no instruction tells of it. Owns which texts these are and which
names are in them.
"""

from __future__ import annotations

import dis
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

_MARKED = {"query", "eval"}  # of a frame: variables are written with @
_BARE = {"eval", "evaluate"}  # pandas.eval, numexpr.evaluate
_SQL = re.compile(r"\s*(select|with|from|insert|create|copy|describe|summarize|pivot|show|explain)\b", re.IGNORECASE)
_SQL_RUNNERS = {"sql", "query", "execute", "query_df", "from_query", "sql_expr"}
_NAME = re.compile(r"[^\W\d]\w*")
_AT_NAME = re.compile(r"@\s*([^\W\d]\w*)")
_TOLD = {*_MARKED, "sql"}  # of these a text that is not written out is told
_ENDING = re.compile(r"\b(from|join)\s+$", re.IGNORECASE)
_VARIABLE = {"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_DEREF", "LOAD_GLOBAL", "LOAD_NAME"}
_ENDS = {"CALL", "PRECALL", "KW_NAMES", "CALL_KW", "LOAD_CONST", "LOAD_SMALL_INT"}
_FORMATS = {"FORMAT_VALUE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC", "CONVERT_VALUE"}


Use = tuple[str, str, str]


@dataclass(slots=True)
class Texts:
    """What the texts in a code object name: variables; and `uses` of texts that are not written out there.

    A use is the method, how it is called, and the global variable that holds the text, if it is one.
    """

    names: set[str] = field(default_factory=set)
    uses: set[Use] = field(default_factory=set)


def read_texts(code: CodeType, steps: list[dis.Instruction], attributes: set[str], loaded: set[str]) -> Texts:
    """Read the texts of one code object, which has these instructions, attributes and global names."""
    found = Texts()
    used = attributes | loaded
    if used & _MARKED:
        for text in _constants(code.co_consts):
            found.names.update(_AT_NAME.findall(text))
    texts = list(_constants(code.co_consts))
    if used & _SQL_RUNNERS and any(map(_SQL.match, texts)):  # in pieces, where it is put together
        found.names.update(name for text in texts for name in _NAME.findall(text))
        found.uses.update(("sql", ".sql(...)", "") for text in texts if _ENDING.search(text))
    steps = [step for step in steps if step.opname != "PUSH_NULL"]
    for at, step in enumerate(steps[:-2]):
        if step.opname in {"LOAD_ATTR", "LOAD_METHOD"} and step.argval in _TOLD | _BARE:
            _read_use(found, step.argval, steps[at + 1], steps[at + 2])
    return found


def _read_use(found: Texts, method: str, first: dis.Instruction, after: dis.Instruction) -> None:
    """Read what a method is called with, by the first two instructions of its first argument."""
    if first.opname == "LOAD_CONST" and isinstance(first.argval, str) and method in _BARE:
        found.names.update(_NAME.findall(first.argval))
    elif first.opname in _VARIABLE and after.opname not in _FORMATS and method in _TOLD:
        name = first.argval[0] if isinstance(first.argval, tuple) else first.argval
        whole = after.opname in _ENDS
        is_global = whole and first.opname in {"LOAD_GLOBAL", "LOAD_NAME"}
        found.uses.add((method, f".{method}({name}{'' if whole else '...'})", name if is_global else ""))


def names_in(method: str, text: str) -> list[str]:
    """Return the variables that a text names which is given to a method."""
    if method in _MARKED and not _SQL.match(text):
        return _AT_NAME.findall(text)
    return _NAME.findall(text)


def _constants(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from _constants(value)
