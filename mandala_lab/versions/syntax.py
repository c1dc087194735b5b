"""Digests of code as people mean it: without comments, docstrings and positions.

Owns how one piece of code becomes a digest. Does not follow what it calls
(`mandala_lab.versions.reach`) nor find its text (`mandala_lab.versions.source`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from types import CodeType

from mandala_lab.model.hashing import combine

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_WITH_DOCSTRING = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_SKIPPED_FIELDS = {"ctx", "kind", "type_comment", "type_ignores"}
_ANNOTATIONS = {"annotation", "returns"}


def definition_digests(node: Definition) -> tuple[bytes, bytes]:
    r"""Digest of a definition, and digest of the annotations in its signature.

    Comments, layout, docstrings, the ``@op`` decorator, the name that is defined
    and the annotations of local variables, which never run, do not count. It is
    the same in every Python version.

    Examples
    --------
    >>> one, other = (ast.parse(s).body[0] for s in ("def f(x):\n  return x", "def g(x: int):  # why\n  return (x)"))
    >>> definition_digests(one)[0] == definition_digests(other)[0]
    True
    >>> definition_digests(one)[1] == definition_digests(other)[1]
    False
    """
    arguments = node.args
    parts: list[ast.AST] = [_bare(arguments)]
    if isinstance(node, ast.Lambda):
        parts.append(node.body)
        return _digest(b"lambda", parts), b""
    parts += [decorator for decorator in node.decorator_list if not _is_op(decorator)]
    parts += [ast.Pass(), *_body_without_docstring(node.body)]
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named += [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    hints = [ast.arg(argument.arg, argument.annotation) for argument in named if argument.annotation is not None]
    returned = [] if node.returns is None else [node.returns]
    return _digest(type(node).__name__.encode(), parts), _digest(b"annotations", [*hints, ast.Pass(), *returned])


def bytecode_digest(code: CodeType) -> bytes:
    """Digest of compiled code, for functions without source; differs between Python versions."""
    shape = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    parts: list[bytes] = [code.co_code, code.co_exceptiontable, repr((shape, names)).encode("utf-8", "surrogatepass")]
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


def _bare(arguments: ast.arguments) -> ast.arguments:
    """Return the arguments without their annotations."""

    def bare(given: Iterable[ast.arg]) -> list[ast.arg]:
        return [ast.arg(argument.arg) for argument in given]

    return ast.arguments(
        posonlyargs=bare(arguments.posonlyargs),
        args=bare(arguments.args),
        vararg=arguments.vararg and ast.arg(arguments.vararg.arg),
        kwonlyargs=bare(arguments.kwonlyargs),
        kw_defaults=[ast.Pass() if default is None else default for default in arguments.kw_defaults],  # type: ignore[misc]
        kwarg=arguments.kwarg and ast.arg(arguments.kwarg.arg),
        defaults=arguments.defaults,
    )


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


def _digest(domain: bytes, nodes: list[ast.AST]) -> bytes:
    pieces = (piece for node in nodes for piece in _pieces(node, in_class=False))
    return combine(domain, *(piece.encode("utf-8", "surrogatepass") for piece in pieces))


def _pieces(node: ast.AST, *, in_class: bool) -> Iterator[str]:
    """Flatten a syntax tree into words, the same in every Python version.

    Empty fields are left out, since newer Pythons add fields that are empty.
    """
    yield type(node).__name__
    inside = isinstance(node, ast.ClassDef) or (in_class and not isinstance(node, Definition))
    for name, value in ast.iter_fields(node):
        if name in _SKIPPED_FIELDS or value is None or value == []:
            continue
        if name in _ANNOTATIONS and isinstance(node, ast.AnnAssign) and not in_class:
            continue
        content = _content(node, name, value)
        if content is None:
            continue
        yield name
        yield "("
        for item in content if isinstance(content, list) else [content]:
            if isinstance(item, ast.AST):
                yield from _pieces(item, in_class=inside)
            else:
                yield f"{type(item).__name__}:{item!r}"
        yield ")"


def _content(node: ast.AST, name: str, value: object) -> object:
    """Return what a field holds, where Pythons and people write one thing in several ways."""
    if name == "body" and isinstance(node, _WITH_DOCSTRING):
        return _body_without_docstring(value)  # type: ignore[arg-type]
    if isinstance(node, ast.JoinedStr) and name == "values":
        return _joined(value)  # type: ignore[arg-type]
    if name == "format_spec" and isinstance(value, ast.JoinedStr) and not value.values:
        return None
    return value


def _joined(values: list[ast.expr]) -> list[ast.expr]:
    """Join literal parts of an f-string that lie side by side."""
    joined: list[ast.expr] = []
    for value in values:
        last = joined[-1] if joined else None
        if isinstance(value, ast.Constant) and isinstance(last, ast.Constant):
            joined[-1] = ast.Constant(str(last.value) + str(value.value))
        elif not isinstance(value, ast.Constant) or value.value:
            joined.append(value)
    return joined
