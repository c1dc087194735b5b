"""Source text of functions and classes, as long as it is the text of the code that runs.

Owns the way from compiled code to its place in a file or a cell. A text counts
only if it compiles to the code that is loaded: a file may have been edited
since, and a name such as ``<string>`` says nothing.
"""

from __future__ import annotations
import __future__

import ast
import functools
import linecache
import sys
import textwrap
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from mandala_lab.versions.kinds import parts
from mandala_lab.versions.syntax import Definition, bytecode_digest, definition_digests

_Placed = ast.expr | ast.stmt
_FUTURE = functools.reduce(
    lambda flags, name: flags | getattr(__future__, name).compiler_flag, __future__.all_feature_names, 0
)

_TRIES = 100
_compiling = threading.Lock()


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of one code object.

    Attributes
    ----------
    digest
        Of its syntax where there is source, else of its bytecode.
    annotations
        Digest of the annotations in the signature.
    text
        The definition, dedented, with its decorators; ``None`` without source.
    """

    digest: bytes
    annotations: bytes
    text: str | None


_known: dict[int, tuple[weakref.ref[CodeType], Written]] = {}


def written(function: FunctionType) -> Written:
    """Return how a function is written, as it was when its code was first seen."""
    code = function.__code__
    known = _known.get(id(code))
    if known is not None and known[0]() is code:
        return known[1]
    found = _written(code, function.__globals__)
    at = id(code)
    _known[at] = (weakref.ref(code, lambda gone: _forget(at, gone)), found)
    return found


def class_text(target: type) -> str | None:
    """Source text of a class: of the definition that holds its methods."""
    members = [part for member in vars(target).values() for part in (member, *(p for _, p in parts(member)))]
    own = [member for member in members if type(member) is FunctionType]
    own = [function for function in own if function.__qualname__ == f"{target.__qualname__}.{function.__name__}"]
    first = next((function for function in own if written(function).text is not None), None)
    lines = []
    if first is not None:
        texts = [_text(first.__code__.co_filename, first.__globals__)]
        lines = [first.__code__.co_firstlineno]
    else:  # without methods a class leads nowhere itself
        scope = vars(sys.modules.get(target.__module__, sys))
        texts = [_text(str(scope.get("__file__")), scope), _cell_defining(target.__name__)]
    for text in filter(None, texts):
        nodes = _tree(text).classes.get(target.__qualname__, [])
        holding = [node for node in nodes if all(node.lineno <= line <= (node.end_lineno or 0) for line in lines)]
        if holding:
            return _cut(text, holding[-1])
    return None


def _forget(at: int, gone: weakref.ref[CodeType]) -> None:
    known = _known.get(at)
    if known is not None and known[0] is gone:
        del _known[at]


def _written(code: CodeType, scope: dict[str, Any]) -> Written:
    text = _text(code.co_filename, scope)
    node = _node_of(code, text) if text else None
    if text is None or node is None:
        return Written(bytecode_digest(code), b"", None)
    digest, annotations = definition_digests(node)
    return Written(digest, annotations, _cut(text, _tree(text).statements.get(node, node)))


def _text(filename: str, scope: dict[str, Any]) -> str | None:
    linecache.checkcache(filename)
    return "".join(linecache.getlines(filename, scope)) or None


def _cell_defining(name: str) -> str | None:
    """Return the latest text that is no file and defines a class; a class without methods leads nowhere itself."""
    for entry in reversed(list(linecache.cache.values())):
        if len(entry) > 1 and entry[1] is None and any(f"class {name}" in line for line in entry[2]):
            return "".join(entry[2])
    return None


def _node_of(code: CodeType, text: str) -> Definition | None:
    """Return the definition that compiles to `code`: at its line, or where it was moved to."""
    own, flags = bytecode_digest(code), code.co_flags & _FUTURE
    for codes in (_codes, _codes_of_statements):
        candidates = codes(text, flags).get(code.co_qualname, [])
        for found in sorted(candidates, key=lambda found: found.co_firstlineno != code.co_firstlineno):
            if bytecode_digest(found) == own:
                return _narrowest(found, _tree(text).definitions.get((found.co_name, found.co_firstlineno), []))
    return None


def _narrowest(code: CodeType, nodes: list[Definition]) -> Definition | None:
    """Of the definitions that begin on one line (lambdas), return the one that the code lies in."""
    if len(nodes) <= 1:
        return nodes[0] if nodes else None
    places = [place for place in code.co_positions() if place[2] and None not in place]
    if not places:
        return None
    first, last = min((at[0], at[2]) for at in places), max((at[1], at[3]) for at in places)
    around = []
    for node in nodes:
        begin, end = _span(node.body) if isinstance(node, ast.Lambda) else _span(node)
        if begin <= first and last <= end:
            around.append((begin, node))
    return max(around, key=lambda found: found[0])[1] if around else None  # of nested ones, the inner


def _span(node: ast.expr | ast.stmt) -> tuple[tuple[int, int], tuple[int, int]]:
    return (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)


@functools.lru_cache(maxsize=64)
def _codes(text: str, flags: int) -> dict[str, list[CodeType]]:
    """Compile a text, without running it, and return the codes in it by qualified name."""
    try:
        return _by_name([_compiled(text, flags)])
    except (SyntaxError, ValueError):
        return {}


@functools.lru_cache(maxsize=64)
def _codes_of_statements(text: str, flags: int) -> dict[str, list[CodeType]]:
    """Return the codes in a text that is compiled statement by statement, as a notebook does with a cell.

    They differ where a name is imported in the same text: Python then calls its
    attributes in another way.
    """
    try:
        statements = _compiled(text, ast.PyCF_ONLY_AST).body
        return _by_name([_compiled(ast.Module([one], []), flags) for one in statements])
    except (SyntaxError, ValueError):
        return {}


def _by_name(modules: list[CodeType]) -> dict[str, list[CodeType]]:
    found: dict[str, list[CodeType]] = {}
    for code in (code for module in modules for code in _inner_codes(module)):
        found.setdefault(code.co_qualname, []).append(code)
    return found


def _inner_codes(code: CodeType) -> Iterator[CodeType]:
    todo = [code]
    while todo:
        found = todo.pop()
        yield found
        todo.extend(constant for constant in found.co_consts if isinstance(constant, CodeType))


@dataclass(frozen=True, slots=True)
class _Tree:
    """The definitions in a text: functions and lambdas by name and first line, classes by name."""

    definitions: dict[tuple[str, int], list[Definition]]
    classes: dict[str, list[ast.ClassDef]]
    statements: dict[ast.expr | ast.stmt, ast.stmt]
    """The statement around a lambda, by which it can be made again."""


@functools.lru_cache(maxsize=64)
def _tree(text: str) -> _Tree:
    found = _Tree({}, {}, {})
    todo: list[tuple[ast.AST, str, ast.stmt | None]] = [(_parsed(text), "", None)]
    while todo:
        node, prefix, statement = todo.pop()
        statement = node if isinstance(node, ast.stmt) else statement
        inner = prefix
        if isinstance(node, ast.ClassDef):
            found.classes.setdefault(prefix + node.name, []).insert(0, node)
            inner = f"{prefix}{node.name}."
        elif isinstance(node, Definition):
            name = getattr(node, "name", "<lambda>")
            found.definitions.setdefault((name, _first_line(node)), []).append(node)
            inner = f"{prefix}{name}.<locals>."
            if isinstance(node, ast.Lambda) and isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
                found.statements[node] = statement
        todo.extend((child, inner, statement) for child in ast.iter_child_nodes(node))
    return found


def _parsed(text: str) -> ast.AST:
    try:
        return _compiled(text, ast.PyCF_ONLY_AST)  # type: ignore[no-any-return]
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _compiled(text: str | ast.Module, flags: int) -> Any:
    """Compile a text or tree without running it, in one thread at a time.

    Python 3.11 counts how deep a tree is for all threads together, and raises
    `SystemError` when another thread makes one meanwhile; that passes.
    """
    for attempt in range(_TRIES):
        try:
            with _compiling:
                return compile(text, "<text>", "exec", flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except SystemError:
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")


def _first_line(node: _Placed) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _cut(text: str, node: _Placed) -> str:
    lines = text.splitlines(keepends=True)[_first_line(node) - 1 : node.end_lineno]
    return textwrap.dedent("".join(lines))
