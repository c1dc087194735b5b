"""The code version of a function: its own code and the user code it reaches.

Followed are user functions, ops and classes that a function names as globals or
in its closure, at any depth; code of the standard library and of installed
packages is not. Global *data* that is read belongs to the key of a call and is
only named here. Not followed yet: attributes of modules and calls by computed
names.
"""

from __future__ import annotations

import builtins
import dis
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

from mandala_lab.model.hashing import combine
from mandala_lab.model.ops import CodeVersion
from mandala_lab.versions.syntax import definition_digest, function_digest, source_of

_MISSING = object()
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that code looks up, with what it meant when it was resolved."""

    label: str
    scope: dict[str, Any] | CellType
    seen: Any

    def now(self) -> Any:
        """Return what the name means now."""
        if isinstance(self.scope, dict):
            return self.scope.get(self.label, _MISSING)
        try:
            return self.scope.cell_contents
        except ValueError:  # an empty cell
            return _MISSING


@dataclass(slots=True)
class Resolved:
    """What one function object reaches (see `mandala_lab.ports.version_resolver`)."""

    version: CodeVersion
    code_names: list[_Name]
    data_names: list[_Name]

    def is_current(self) -> bool:
        """Whether every name still means the code (or the absence) that it meant."""
        return all(name.now() is name.seen for name in self.code_names)

    def read_globals(self) -> list[tuple[str, Any]]:
        """Return the data that the function reads, as it is now."""
        return [(name.label, value) for name in self.data_names if (value := name.now()) is not _MISSING]


class Resolver:
    """Resolves functions to code versions, once per function object and change."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Callable[..., Any], Resolved]] = {}

    def resolve(self, function: Callable[..., Any]) -> Resolved:
        """Return the code behind `function`, reusing what is still current."""
        known = self._known.get(id(function))
        if known is not None and known[0] is function and known[1].is_current():
            return known[1]
        resolved = _Walk().walk(function)
        self._known[id(function)] = (function, resolved)
        return resolved


@dataclass(slots=True)
class _Walk:
    """One walk over the code that a function reaches."""

    visited: set[int] = field(default_factory=set)
    digests: list[tuple[str, bytes]] = field(default_factory=list)
    helpers: dict[str, str] = field(default_factory=dict)
    code_names: list[_Name] = field(default_factory=list)
    data_names: list[_Name] = field(default_factory=list)
    complete: bool = True

    def walk(self, function: Callable[..., Any]) -> Resolved:
        source = source_of(function)
        own = function_digest(function, source)
        self.visited.add(id(function))
        todo: list[FunctionType] = [function] if isinstance(function, FunctionType) else []
        while todo:
            for name in _names(todo.pop()):
                todo.extend(self._follow(name))
        reads = tuple(sorted({name.label for name in self.data_names}))
        parts = [label.encode() + b"\0" + found for label, found in sorted(set(self.digests))]
        version = CodeVersion(combine(b"version", own, *parts), source or "", self.helpers, reads, self.complete)
        return Resolved(version, self.code_names, self.data_names)

    def _follow(self, name: _Name) -> list[FunctionType]:
        """Note what a name stands for; return the functions to look into."""
        target = _unwrapped(name.seen)
        if isinstance(target, ModuleType):
            self.code_names.append(name)
            self.complete = self.complete and not _is_user_module(target)
        elif isinstance(target, FunctionType | type):
            self.code_names.append(name)
            if _is_user_code(target):
                return self._enter(name.label, target)
        elif name.seen is _MISSING or callable(target):
            self.code_names.append(name)
            self.complete = self.complete and not _is_user_code(target)
        else:
            self.data_names.append(name)
        return []

    def _enter(self, label: str, target: FunctionType | type) -> list[FunctionType]:
        source = source_of(target)
        if isinstance(target, FunctionType):
            found: bytes | None = function_digest(target, source)
            inner = [target]
        else:
            inner = [m for m in map(_unwrapped, vars(target).values()) if isinstance(m, FunctionType)]
            found = _class_digest(target, source, inner)
        self.complete = self.complete and found is not None
        self.digests.append((label, found or b""))
        if id(target) in self.visited:
            return []
        self.visited.add(id(target))
        if source is not None:
            self.helpers[label] = source
        return inner


def _names(function: FunctionType) -> Iterator[_Name]:
    """Yield the global and closure names that a function (or a function in it) looks up."""
    scope = function.__globals__
    for label in sorted(_global_names(function.__code__)):
        seen = scope.get(label, _MISSING)
        if seen is not _MISSING or not hasattr(builtins, label):
            yield _Name(label, scope, seen)
    for label, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        name = _Name(label, cell, None)
        yield _Name(label, cell, name.now())


def _global_names(code: CodeType) -> set[str]:
    found = {i.argval for i in dis.get_instructions(code) if i.opname in {"LOAD_GLOBAL", "LOAD_NAME"}}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _global_names(constant)
    return found


def _unwrapped(target: Any) -> Any:
    """Return the function inside an op, a static or class method, or another wrapper."""
    if isinstance(target, type) or not callable(target):
        return target
    for _ in range(20):
        inner = getattr(target, "__wrapped__", None)
        if inner is None:
            break
        target = inner
    return target


def _class_digest(target: type, source: str | None, methods: list[FunctionType]) -> bytes:
    """Digest of a class: of its syntax, or where that is lost (in notebooks) of its methods and plain attributes."""
    found = None if source is None else definition_digest(source)
    if found is not None:
        return found
    parts = sorted(m.__qualname__.encode() + function_digest(m, source_of(m)) for m in methods)
    plain = {
        name: value for name, value in vars(target).items() if isinstance(value, int | float | str | bytes | tuple)
    }
    bases = [base.__qualname__ for base in target.__bases__]
    shown = sorted((name, repr(value)) for name, value in plain.items() if name not in {"__module__", "__doc__"})
    return combine(b"class", repr((bases, shown)).encode(), *parts)


def _is_user_module(module: ModuleType) -> bool:
    path = getattr(module, "__file__", None)
    return bool(path) and not str(path).startswith(_INSTALLED) and not module.__name__.startswith("mandala_lab")


def _is_user_code(target: Any) -> bool:
    """Whether code is the user's own rather than an installed package's."""
    module = getattr(target, "__module__", None) or ""
    if module.partition(".")[0] in {"mandala_lab", "mandala_kernel", "builtins"}:
        return False
    code = getattr(target, "__code__", None)
    if code is not None:
        return not str(code.co_filename).startswith((*_INSTALLED, "<frozen"))
    owner = sys.modules.get(module)
    return module == "__main__" or (owner is not None and _is_user_module(owner))
