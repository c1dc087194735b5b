"""What a function reaches: the code that it may run, and the data that it reads.

Followed are user functions, ops, classes, partials and wrappers that a function
names as globals or in its closure, with their defaults, at any depth; code of
the standard library and of installed packages is not. Not followed, and told
by ``complete`` being False: attributes of user modules, imports inside a body,
and names that are computed.
"""

from __future__ import annotations

import builtins
import dis
import enum
import functools
import importlib.util
import inspect
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from mandala_lab.model.hashing import combine
from mandala_lab.versions.source import source_of
from mandala_lab.versions.syntax import function_digest

MISSING = object()
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_OURS = {"mandala_lab", "mandala_kernel", "builtins"}
_COMPUTED_NAMES = {"eval", "exec", "globals", "locals", "vars", "__import__"}
_WITHOUT_MEANING = {"__module__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__qualname__"}
_DATA_MODULES = {"builtins", "numpy", "pandas", "datetime", "decimal", "fractions", "pathlib", "uuid"}


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that code looks, with what lay there when it was resolved."""

    label: str
    now: Callable[[], Any]
    seen: Any


def is_code(target: Any) -> bool:
    """Whether a value is code, or leads to code, rather than data.

    An object of the user's own that can be called is data, whose class is code.
    """
    kind = type(target)
    if issubclass(kind, _CODE_TYPES) or inspect.getattr_static(target, "__wrapped__", None) is not None:
        return True
    return any("__call__" in vars(base) for base in kind.__mro__) and not _is_user_code(kind)


_CODE_TYPES = (FunctionType, MethodType, ModuleType, type, functools.partial, type(len))


@dataclass(slots=True)
class Walk:
    """One walk over the code that a function reaches."""

    digests: list[tuple[str, bytes]] = field(default_factory=list)
    helpers: dict[str, str] = field(default_factory=dict)
    code: list[Place] = field(default_factory=list)
    data: list[Place] = field(default_factory=list)
    complete: bool = True
    _visited: dict[int, Any] = field(default_factory=dict)
    _todo: list[Place] = field(default_factory=list)

    def start(self, function: Callable[..., Any]) -> bytes:
        """Walk from a function to the end; return the digest of its own code."""
        self._visited[id(function)] = function
        if isinstance(function, FunctionType):
            self._look_into(function, "")
        while self._todo:
            self._follow(self._todo.pop())
        return function_digest(function, source_of(function))

    def _follow(self, place: Place) -> None:
        target = place.seen
        kind = type(target)
        wrapped = None if target is MISSING else inspect.getattr_static(target, "__wrapped__", None)
        if kind is FunctionType:
            self._follow_function(place, target, wrapped)
        elif issubclass(kind, type):
            self.code.append(place)
            if _is_user_code(target):
                self._enter_class(place.label, target)
        elif issubclass(kind, ModuleType):
            self.code.append(place)
            self.complete = self.complete and not _is_user_module(target)
        elif parts := _parts(target, wrapped):
            self.code.append(place)
            self._todo.extend(Place(f"{place.label}.{name}", _constant(part), part) for name, part in parts)
        elif target is MISSING or is_code(target):
            self.code.append(place)
        else:
            self.data.append(place)
            if _is_user_code(kind):
                self._todo.append(Place(f"type({place.label})", lambda: type(place.now()), kind))

    def _follow_function(self, place: Place, target: FunctionType, wrapped: Any) -> None:
        self.code.append(place)
        if _is_user_code(target):
            self._enter_function(place.label, target)
        elif wrapped is not None:  # a wrapper of the standard library around the user's function
            self._todo.append(Place(place.label, _constant(wrapped), wrapped))
            self.complete = self.complete and not hasattr(target, "registry")  # singledispatch

    def _enter_function(self, label: str, function: FunctionType) -> None:
        source = source_of(function)
        self.digests.append((label, function_digest(function, source)))
        if id(function) in self._visited:
            return
        self._visited[id(function)] = function
        if source is not None:
            self.helpers[label] = source
        self._look_into(function, label)
        self.code.append(Place(f"{label} defaults", lambda: function.__defaults__, function.__defaults__))
        self.code.append(Place(f"{label} defaults", lambda: function.__kwdefaults__, function.__kwdefaults__))
        defaults = [*enumerate(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).items()]
        self._todo.extend(Place(f"default {name} of {label}", _constant(value), value) for name, value in defaults)

    def _look_into(self, function: FunctionType, label: str) -> None:
        """Note the names that a function looks up."""
        code = function.__code__
        self.code.append(Place(f"{label} code", lambda: function.__code__, code))  # autoreload puts new code there
        self._todo.extend(_names(function))
        used = _used_names(code, {"LOAD_GLOBAL", "LOAD_NAME"})
        computes = any(name in used and name not in function.__globals__ for name in _COMPUTED_NAMES)
        imports = any(map(_may_be_user_module, _used_names(code, {"IMPORT_NAME"})))
        self.complete = self.complete and not computes and not imports

    def _enter_class(self, label: str, target: type) -> None:
        members = {name: member for name, member in vars(target).items() if name not in _WITHOUT_MEANING}
        kinds = sorted(f"{name}:{type(member).__qualname__}" for name, member in members.items())
        bases = [f"{base.__module__}.{base.__qualname__}" for base in (*target.__bases__, type(target))]
        self.digests.append((label, combine(b"class", repr((bases, kinds)).encode("utf-8", "surrogatepass"))))
        if id(target) in self._visited:
            return
        self._visited[id(target)] = target
        source = source_of(target)
        if source is not None:
            self.helpers[label] = source
        self._todo.extend(Place(f"{label}.{base.__name__}", _constant(base), base) for base in target.__bases__)
        if issubclass(target, enum.Enum):
            values = {name: member.value for name, member in target.__members__.items()}
            self._todo.append(Place(f"{label} members", _constant(values), values))
            members = {name: member for name, member in members.items() if type(member) is FunctionType}
        for name, member in members.items():
            self._follow_member(label, target, name, member)

    def _follow_member(self, label: str, target: type, name: str, member: Any) -> None:
        place = Place(f"{label}.{name}", lambda: vars(target).get(name, MISSING), member)
        kind = type(member)
        if kind is FunctionType and member.__code__.co_filename == "<string>":  # written by a dataclass
            self.digests.append((place.label, function_digest(member, None)))
            return
        leads_to_code = is_code(member) or bool(_parts(member, None))
        if leads_to_code or kind.__module__.partition(".")[0] in _DATA_MODULES - {"builtins"} or kind in _PLAIN_TYPES:
            self._todo.append(place)
        elif not name.startswith("_") and not inspect.isdatadescriptor(member):
            self.complete = False


_PLAIN_TYPES = {type(None), bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset}


def _parts(target: Any, wrapped: Any) -> list[tuple[str, Any]]:
    """Return what something that leads to code is made of; nothing for data."""
    kind = type(target)
    if issubclass(kind, functools.partial):
        return [("func", target.func), ("args", target.args), ("keywords", target.keywords)]
    if kind is MethodType:
        return [("__func__", target.__func__), ("__self__", target.__self__)]
    if kind is property:
        return [(name, part) for name in ("fget", "fset", "fdel") if (part := getattr(target, name)) is not None]
    if kind is staticmethod or kind is classmethod:
        return [("__func__", target.__func__)]
    if kind is functools.cached_property:
        return [("func", target.func)]
    return [] if wrapped is None else [("__wrapped__", wrapped)]  # an op, a cache of functools


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value


def _names(function: FunctionType) -> Iterator[Place]:
    """Yield the global and closure names that a function (or a function in it) looks up."""
    scope = function.__globals__
    for label in sorted(_used_names(function.__code__, {"LOAD_GLOBAL", "LOAD_NAME"})):
        seen = scope.get(label, MISSING)
        if seen is not MISSING or not hasattr(builtins, label):
            yield Place(label, functools.partial(scope.get, label, MISSING), seen)
    for label, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        now = functools.partial(_in_cell, cell)
        yield Place(label, now, now())


def _in_cell(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # empty so far
        return MISSING


def _used_names(code: CodeType, instructions: set[str]) -> set[str]:
    found = {i.argval for i in dis.get_instructions(code) if i.opname in instructions}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _used_names(constant, instructions)
    return found


def _may_be_user_module(name: str) -> bool:
    """Whether an import may bring the user's own code; looked up without importing."""
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return False
    try:
        found = importlib.util.find_spec(top) if top else None
    except (ImportError, ValueError, AttributeError):
        return True
    return found is None or not str(found.origin).startswith(_INSTALLED)


def _is_user_module(module: ModuleType) -> bool:
    path = getattr(module, "__file__", None)
    return bool(path) and not str(path).startswith(_INSTALLED) and module.__name__.partition(".")[0] not in _OURS


def _is_user_code(target: FunctionType | type) -> bool:
    """Whether code is the user's own rather than an installed package's."""
    module = str(target.__module__ or "")
    if module.partition(".")[0] in _OURS:
        return False
    if isinstance(target, FunctionType):
        return not target.__code__.co_filename.startswith((*_INSTALLED, "<frozen"))
    owner = sys.modules.get(module)
    return module == "__main__" or (owner is not None and _is_user_module(owner))
