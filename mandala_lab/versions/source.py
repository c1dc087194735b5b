"""Source text of functions and classes, as long as it is the text of the code that runs."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from mandala_lab.versions.syntax import bytecode_digest

_INDENTED = (OSError, TypeError, IndentationError, SyntaxError)


def source_of(code: Any) -> str | None:
    """Source text of a function or class, dedented; ``None`` where there is none.

    Code that was loaded before its file was edited has no source: the file holds
    other code by now.
    """
    holder = code.__code__ if isinstance(code, FunctionType) else code
    if isinstance(holder, CodeType) and not _is_as_loaded(holder):
        return None
    try:
        return textwrap.dedent(inspect.getsource(holder))
    except _INDENTED:
        return None


def _is_as_loaded(code: CodeType) -> bool:
    """Whether the file of `code`, if there is one, still holds that code."""
    path = Path(code.co_filename)
    try:
        status = path.stat()
    except (OSError, ValueError):  # a cell of a notebook, or something typed
        return True
    there = _codes_in(str(path), status.st_mtime_ns, status.st_size).get((code.co_qualname, code.co_firstlineno))
    return there is not None and bytecode_digest(there) == bytecode_digest(code)


@functools.lru_cache(maxsize=64)
def _codes_in(path: str, _changed_ns: int, _size: int) -> dict[tuple[str, int], CodeType]:
    """Compile a file, without running it, and return the codes in it by name and line."""
    try:
        module = compile(Path(path).read_bytes(), path, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return {}
    return {(code.co_qualname, code.co_firstlineno): code for code in _inner_codes(module)}


def _inner_codes(code: CodeType) -> Iterator[CodeType]:
    todo = [code]
    while todo:
        found = todo.pop()
        yield found
        todo.extend(constant for constant in found.co_consts if isinstance(constant, CodeType))
