"""Recorded sources as code that stands by itself: without their op decorators, with the names that they need.

Nothing recorded is run here: texts are parsed, and what a name stands for is looked
up in the modules of this session, else guessed from the names of packages.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import symtable
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from types import ModuleType
from typing import Any

from mandala_lab.versions.kinds import is_user_module, offered_as

_USUAL = {
    "np": "numpy",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
    "nx": "networkx",
    "pl": "polars",
    "pa": "pyarrow",
    "sns": "seaborn",
    "xr": "xarray",
    "sp": "scipy",
    "tf": "tensorflow",
    "jnp": "jax.numpy",
}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """The code of an op in one version, ready to be written down.

    Attributes
    ----------
    function
        Name of the function.
    is_async
        Whether a call of it has to be awaited.
    signature
        Its parameters.
    texts
        What it needs and the function itself last, each by the name that it defines.
    needs
        Names that none of the texts defines.
    labels
        The names that the texts define, by the labels under which they were recorded.
    identifiers
        All names that stand in the texts.
    defaults
        The names that stand as defaults of parameters, by the labels under which their values were recorded.
    """

    function: str
    is_async: bool
    signature: ast.arguments
    texts: Mapping[str, str]
    needs: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    identifiers: frozenset[str] = field(default=frozenset())
    defaults: Mapping[str, str] = field(default_factory=dict)


def source_of(name: str, key: str, text: str, helpers: Mapping[str, str]) -> Source:
    """Return the code of an op, given as it was recorded.

    Raises
    ------
    ValueError
        When there is none, it is not the definition of a function, or several things go by one name.
    """
    if not text:
        raise ValueError(f"the source of {name} was not recorded, so a program cannot make its result again")
    scope = vars(sys.modules.get(key.partition(":")[0], ModuleType("")))
    own, definition = _definition(name, _plain(text), scope)
    texts: dict[str, str] = {definition[0]: own}
    labels: dict[str, str] = {}
    defaults = _defaults("it", own)
    for label, helper in helpers.items():
        its_name, its_text = _helper(name, _plain(helper), scope)
        labels[label] = its_name
        defaults |= _defaults(label, its_text)
        if texts.setdefault(its_name, its_text) != its_text and "." in label:
            raise ValueError(f"{name} needs {label} and another {its_name}, and a program has one of each name")
    texts.pop(definition[0])
    ordered = {one: texts[one] for one in _in_order(texts)} | {definition[0]: own}
    needs = dict.fromkeys(free for one in ordered.values() for free in free_names(one) if free not in ordered)
    words = frozenset(word for one in ordered.values() for word in _identifiers(one))
    return Source(*definition, ordered, tuple(needs), labels, words, defaults)


def importing(name: str, homes: Iterable[str]) -> str | None:
    """Return the line that makes a name stand for what it did in one of some modules, or is likely to.

    ``None`` where there is none; modules of the user's own are not imported.
    """
    spaces = (vars(sys.modules.get(home, ModuleType(""))) for home in homes)
    value = next((space[name] for space in spaces if name in space), None)
    line = _importing(name, value)
    return None if line is None or is_user_module(line.split()[1]) else line


def _importing(name: str, value: Any) -> str | None:
    if isinstance(value, ModuleType) and all(map(str.isidentifier, value.__name__.split("."))):
        return f"import {value.__name__}" if value.__name__ == name else f"import {value.__name__} as {name}"
    home, own = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if isinstance(home, str) and isinstance(own, str) and home not in {"builtins", "__main__"}:
        is_there = getattr(sys.modules.get(home), own, None) is value
        if is_there and all(map(str.isidentifier, [*home.split("."), own])):
            return f"from {home} import {own}" if own == name else f"from {home} import {own} as {name}"
    offered = None if value is None else offered_as(value)
    if offered is not None and all(map(str.isidentifier, offered.split("."))):
        home, _, own = offered.rpartition(".")
        return f"from {home} import {own}" if own == name else f"from {home} import {own} as {name}"
    if name in _USUAL:
        return f"import {_USUAL[name]} as {name}"
    try:
        found = name.isidentifier() and importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        found = False
    return f"import {name}" if found else None


def free_names(text: str) -> list[str]:
    """Return the names that a text looks up outside itself, builtins left out."""
    tree = _Bare().visit(_parsed("a recorded source", text))
    top = symtable.symtable(ast.unparse(ast.fix_missing_locations(tree)), "recorded", "exec")
    found: dict[str, None] = {}
    defined = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_namespace()}
    for table in _tables(top):
        for symbol in table.get_symbols():
            is_outside = symbol.is_global() if table is not top else not symbol.is_assigned()
            if is_outside and symbol.is_referenced() and symbol.get_name() not in defined:
                found[symbol.get_name()] = None
    return [name for name in found if not hasattr(builtins, name)]


def indented(text: str) -> str:
    """Return a text one step further in, but for lines that continue a string."""
    kept = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno is not None
        for line in range(node.lineno + 1, node.end_lineno + 1)
    }
    return "".join(line if at in kept or not line.strip() else f"    {line}" for at, line in enumerate(_lines(text), 1))


def sets_globals(text: str) -> bool:
    """Whether a text says ``global`` somewhere."""
    return any(isinstance(node, ast.Global) for node in ast.walk(ast.parse(text)))


def _plain(text: str) -> str:
    """Return a text with the ends of lines that the parser sees."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str) -> list[str]:
    """Return the lines as the parser counts them, each with its end."""
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")]


class _Bare(ast.NodeTransformer):
    """Takes annotations away: a program does not evaluate them."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)


def _parsed(name: str, text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"the source of {name} cannot be read: {error}") from error


def _defaults(label: str, text: str) -> dict[str, str]:
    """Return the names that stand as defaults in the signature of a function, by parameter."""
    node = ast.parse(text).body[0]
    if isinstance(node, ast.Assign):
        node = ast.Expr(node.value)
    given = node.args if isinstance(node, _Function) else getattr(getattr(node, "value", None), "args", None)
    if not isinstance(given, ast.arguments):
        return {}
    positional = [*given.posonlyargs, *given.args]
    pairs = [
        *zip(positional[len(positional) - len(given.defaults) :], given.defaults, strict=True),
        *zip(given.kwonlyargs, given.kw_defaults, strict=True),
    ]
    return {f"default {one.arg} of {label}": default.id for one, default in pairs if isinstance(default, ast.Name)}


def _definition(name: str, text: str, scope: Mapping[str, Any]) -> tuple[str, tuple[str, bool, ast.arguments]]:
    """Return the text without what made it an op; name, kind and parameters of the function."""
    node = next(iter(_parsed(name, text).body), None)
    if isinstance(node, _Function):
        return _undecorated(text, node, scope), (node.name, isinstance(node, ast.AsyncFunctionDef), node.args)
    lambdas = [one for one in ast.walk(node) if isinstance(one, ast.Lambda)] if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.Assign) and len(lambdas) == 1 and isinstance(node.targets[0], ast.Name):
        made = ast.get_source_segment(text, lambdas[0])
        return f"{node.targets[0].id} = {made}\n", (node.targets[0].id, False, lambdas[0].args)
    raise ValueError(f"the source of {name} is not the definition of a function, so a program cannot call it")


def _helper(name: str, text: str, scope: Mapping[str, Any]) -> tuple[str, str]:
    node = next(iter(_parsed(name, text).body), None)
    if isinstance(node, _Function):
        return node.name, _undecorated(text, node, scope, needs_one=False)
    if isinstance(node, ast.ClassDef):
        return node.name, text
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        own, (its_name, _, _) = _definition(name, text, scope)
        return its_name, own
    raise ValueError(f"what {name} needs is not written as a definition, so a program cannot have it")


def _undecorated(text: str, node: _Function, scope: Mapping[str, Any], *, needs_one: bool = True) -> str:
    """Return a definition without the decorators that make it an op."""
    left_out = [one for one in node.decorator_list if _is_ours(one, scope)]
    if not left_out and needs_one:
        unknown = [one for one in node.decorator_list if set(free_names(ast.unparse(one))) - set(scope)]
        left_out = unknown[:1]
    gone = {line for one in left_out for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
    return "".join(line for at, line in enumerate(_lines(text), 1) if at not in gone)


def _is_ours(decorator: ast.expr, scope: Mapping[str, Any]) -> bool:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    first = named
    while isinstance(first, ast.Attribute):
        first = first.value
    known = scope.get(first.id) if isinstance(first, ast.Name) else None
    if known is not None:
        home = known.__name__ if isinstance(known, ModuleType) else str(getattr(known, "__module__", ""))
        return home.partition(".")[0] == "mandala_lab"
    return (named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")) == "op"


def _in_order(texts: Mapping[str, str]) -> list[str]:
    """Return names so that what a text looks up comes before it, as far as there is such an order."""
    try:
        needed = {name: [one for one in free_names(text) if one in texts] for name, text in texts.items()}
        return list(TopologicalSorter(needed).static_order())
    except CycleError:
        return sorted(texts, key=lambda name: not texts[name].lstrip().startswith("class"))


def _tables(top: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    left = [top]
    while left:
        table = left.pop(0)
        yield table
        left += table.get_children()


def _identifiers(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        for name in ("id", "name", "arg", "attr", "asname"):
            found = getattr(node, name, None)
            if isinstance(found, str):
                yield found
