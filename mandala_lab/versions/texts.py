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
_VARIABLE = {"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_DEREF"}
_ENDS = {"CALL", "PRECALL", "KW_NAMES", "CALL_KW", "LOAD_CONST", "LOAD_SMALL_INT", "RESUME"}


@dataclass(slots=True)
class Texts:
    """What the texts in a code object name: variables, and `told`, how others come to be unknown."""

    names: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)


def read_texts(code: CodeType, steps: list[dis.Instruction], attributes: set[str], loaded: set[str]) -> Texts:
    """Read the texts of one code object, which has these instructions, attributes and global names."""
    found = Texts()
    used = attributes | loaded
    if used & _MARKED:
        for text in _constants(code.co_consts):
            found.names.update(_AT_NAME.findall(text))
    if used & _SQL_RUNNERS:
        for text in _constants(code.co_consts):
            found.names.update(_NAME.findall(text) if _SQL.match(text) else ())
    steps = [step for step in steps if step.opname != "PUSH_NULL"]
    for at, step in enumerate(steps[:-2]):
        if step.opname not in {"LOAD_ATTR", "LOAD_METHOD"} or step.argval not in _MARKED | _BARE:
            continue
        first, after = steps[at + 1], steps[at + 2]
        if first.opname == "LOAD_CONST" and isinstance(first.argval, str) and step.argval in _BARE:
            found.names.update(_NAME.findall(first.argval))
        elif first.opname in _VARIABLE and after.opname in _ENDS and step.argval in _MARKED:
            found.told.add(f".{step.argval}({first.argval})")
    return found


def _constants(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from _constants(value)
