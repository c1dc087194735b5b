"""Modules of the user's own in a program: what the code takes from them stands in it, and they become name spaces.

Of ``import helpers`` only what was recorded of it is there: functions and classes with
their sources, data with their values. Elsewhere there is no such module, so the
program never imports one.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from mandala_lab.versions.kinds import is_user_module

Path = tuple[str, ...]


def modules_of(labels: Iterable[str]) -> frozenset[str]:
    """Return the modules that labels of recorded code and data speak of, such as ``helpers.f``.

    Examples
    --------
    >>> sorted(modules_of(["f", "helpers.Kind", "helpers.Kind.size"]))
    ['helpers']
    """
    known = set(labels)
    prefixes = {label.rpartition(".")[0] for label in known} - {""}
    return frozenset(one for one in prefixes if one not in known and _is_dotted(one) and is_user_module(one))


def module_called(name: str, homes: Iterable[str], modules: frozenset[str]) -> str | None:
    """Return which module of the user's a name stands for in one of some modules; ``None`` for none."""
    for home in homes:
        value = vars(sys.modules.get(home, ModuleType(""))).get(name)
        if value is not None:
            is_own = isinstance(value, ModuleType) and is_user_module(value.__name__)
            return value.__name__ if is_own else None
    return name if any(f"{one}.".startswith(f"{name}.") for one in modules) else None


def paths_of(texts: Iterable[str], name: str) -> set[Path]:
    """Return the attributes that code takes of a name, as far as they are spelled; an empty path where it takes all."""
    return {path for text in texts for path in _paths(ast.parse(text), name)}


def _paths(tree: ast.AST, name: str, path: Path = ()) -> Iterator[Path]:
    if isinstance(tree, ast.Attribute):
        yield from _paths(tree.value, name, (tree.attr, *path))
    elif isinstance(tree, ast.Name):
        yield from [path] if tree.id == name else []
    else:
        for inner in ast.iter_child_nodes(tree):
            yield from _paths(inner, name)


def imported_inside(texts: Iterable[str]) -> Iterator[str]:
    """Yield the user's own modules that code imports while it runs."""
    for node in (node for text in texts for node in ast.walk(ast.parse(text))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if _is_own(one.name))
        elif isinstance(node, ast.ImportFrom) and (node.level or _is_own(node.module or "")):
            yield f"{'.' * node.level}{node.module or ''}"


def namespace(module: str, paths: Iterable[Path], found: Callable[[str, str], str]) -> str:
    """Return an expression of a name space in the place of a module; `found` gives that of a member of a module."""
    members: dict[str, set[Path]] = {}
    for path in paths:
        members.setdefault(path[0], set()).add(path[1:])
    texts = []
    for name, rest in sorted(members.items()):
        below = _below(module, name)
        deeper = {path for path in rest if path}
        text = namespace(below, deeper, found) if below is not None and rest == deeper else found(module, name)
        texts.append(f"{name}={text}")
    return f"types.SimpleNamespace({', '.join(texts)})"


def _below(module: str, name: str) -> str | None:
    """Return the user's module that is a member of a module of theirs."""
    value: Any = vars(sys.modules.get(module, ModuleType(""))).get(name) or sys.modules.get(f"{module}.{name}")
    return value.__name__ if isinstance(value, ModuleType) and is_user_module(value.__name__) else None


def member_of(module: str, name: str, defined: Mapping[str, str]) -> str | None:
    """Return the name by which code defines a member of a module, given names by label; ``None`` where it does not."""
    own = defined.get(f"{module}.{name}")
    if own is not None:
        return own
    value = vars(sys.modules.get(module, ModuleType(""))).get(name)  # or it was met under another label
    own = getattr(value, "__name__", None)
    return own if isinstance(own, str) and own in defined.values() else None


def _is_own(module: str) -> bool:
    return module.partition(".")[0] in sys.modules and is_user_module(module)


def _is_dotted(name: str) -> bool:
    return all(map(str.isidentifier, name.split(".")))
