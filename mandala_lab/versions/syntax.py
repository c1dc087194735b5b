"""Digests of code as people mean it: without comments, docstrings and positions.

Owns how one function or class becomes a digest. Does not follow what it calls
(`mandala_lab.versions.resolver`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from mandala_lab.model.hashing import combine

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_SKIPPED_FIELDS = {"ctx", "kind", "type_comment", "type_ignores"}


def definition_digest(source: str) -> bytes | None:
    r"""Digest of the first definition in `source`; ``None`` when there is none.

    Comments, layout, docstrings, the ``@op`` decorator and the name that is
    defined do not count: under which name code is known is told beside it.

    Examples
    --------
    >>> definition_digest("def f(x):\n    return x") == definition_digest("def f(x):  # why\n    return (x)")
    True
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    for node in tree.body:
        if isinstance(node, _Definition):
            node.name = ""
            node.decorator_list = [d for d in node.decorator_list if not _is_op(d)]
            return combine(b"code", *(piece.encode("utf-8", "surrogatepass") for piece in _pieces(node)))
    return None


def bytecode_digest(code: CodeType) -> bytes:
    """Digest of compiled code, for lambdas and functions without source."""
    parts: list[bytes] = [code.co_code, repr((code.co_names, code.co_varnames, code.co_freevars)).encode()]
    for constant in code.co_consts:
        is_code = isinstance(constant, CodeType)
        parts.append(bytecode_digest(constant) if is_code else _constant(constant).encode("utf-8", "surrogatepass"))
    return combine(b"bytecode", *parts)


def _constant(constant: object) -> str:
    """Write a constant out, the same in every process: the order of a set depends on the process."""
    if isinstance(constant, frozenset):
        return f"frozenset({sorted(map(_constant, constant))})"
    if isinstance(constant, tuple):
        return f"tuple({list(map(_constant, constant))})"
    return repr((type(constant), constant))


def function_digest(function: Callable[..., Any], source: str | None) -> bytes:
    """Digest of a function: of its syntax where there is source, else of its bytecode."""
    if source is not None and function.__name__ != "<lambda>":  # several lambdas may share a line
        found = definition_digest(source)
        if found is not None:
            return found
    return bytecode_digest(function.__code__)


def _is_op(decorator: ast.expr) -> bool:
    """Whether a decorator is ``@op`` in one of its spellings."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    return name == "op"


def _body_without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:]
    return body


def _pieces(node: ast.AST) -> Iterator[str]:
    """Flatten a syntax tree into words, the same in every Python version.

    Empty fields are left out, since newer Pythons add fields that are empty.
    """
    yield type(node).__name__
    for name, value in ast.iter_fields(node):
        if name in _SKIPPED_FIELDS or value is None or value == []:
            continue
        content = _body_without_docstring(value) if name == "body" and isinstance(node, _Definition) else value
        yield name
        yield "("
        for item in content if isinstance(content, list) else [content]:
            if isinstance(item, ast.AST):
                yield from _pieces(item)
            else:
                yield f"{type(item).__name__}:{item!r}"
        yield ")"
