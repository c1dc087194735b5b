"""What kind of thing a value is: code or data, and whose code.

Owns these decisions alone; nothing here follows anything.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import itertools
import operator
import os
import re
import sys
import sysconfig
import types
import typing
from collections.abc import Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

_INSTALLED = tuple(
    sysconfig.get_path(name).rstrip(os.sep) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
_PACKAGE_FOLDERS = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
_OURS = {"mandala_lab", "mandala_kernel"}
_HEAP_TYPE = 1 << 9
_ATOMS = {type(None), bool, int, float, complex, str, bytes, bytearray, type(...)}
_CONTAINERS = (list, tuple, dict, set, frozenset, types.MappingProxyType)
_EXACT_CONTAINERS = {list, tuple, dict, set, frozenset}
_FOREIGN_DATA = {"numpy", "pandas", "pyarrow", "datetime", "decimal", "fractions", "pathlib", "uuid", "zoneinfo"}
_SCAN = 1_000  # items of a container, at most, that are looked at in search of code
_BOUND = {types.BuiltinMethodType, types.MethodWrapperType}
_WRITING = {"append", "appendleft", "extend", "add", "update", "write", "writelines", "put"}
_PARTS = {
    functools.partial: ("func", "args", "keywords"),
    functools.partialmethod: ("func", "args", "keywords"),
    functools.cached_property: ("func",),
    functools.singledispatchmethod: ("dispatcher", "func"),
    MethodType: ("__func__", "__self__"),
    property: ("fget", "fset", "fdel"),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    types.BuiltinMethodType: ("__self__",),
    types.MethodWrapperType: ("__self__",),  # such as ``d.__getitem__``
}
_GETTERS = (operator.itemgetter, operator.attrgetter, operator.methodcaller)
_NAMED = (
    types.BuiltinFunctionType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)
_WRITTEN_OUT = (re.Pattern, types.GenericAlias, types.UnionType, typing.TypeVar)


@functools.lru_cache(maxsize=4096)
def is_user_file(path: str) -> bool:
    """Whether a file is the user's own rather than an installed package's."""
    return not path.startswith((*_INSTALLED, "<frozen ")) and not any(part in path for part in _PACKAGE_FOLDERS)


def is_user_module(name: str) -> bool:
    """Whether a module that is loaded, or is not known at all, is the user's own."""
    top = name.partition(".")[0]
    if top == "__main__":
        return True
    if top in _OURS or top in sys.stdlib_module_names:
        return False
    module = sys.modules.get(name)
    path = getattr(module, "__file__", None)
    if not isinstance(path, str):
        folders = list(getattr(module, "__path__", ()))
        return all(is_user_file(str(folder) + os.sep) for folder in folders)
    return is_user_file(path)


def is_user_function(function: FunctionType) -> bool:
    """Whether a function is the user's own."""
    if str(function.__module__ or "").partition(".")[0] in _OURS:
        return False
    return is_user_file(function.__code__.co_filename)


def _package(kind: type) -> str:
    return str(kind.__module__).partition(".")[0]


def is_user_class(kind: type) -> bool:
    """Whether a class is the user's own."""
    if not kind.__flags__ & _HEAP_TYPE:
        return False
    module = str(kind.__module__)  # whatever stands there
    if module == "builtins":  # made in a namespace without a name
        return getattr(builtins, kind.__name__, None) is not kind
    return is_user_module(module)


def parts(value: Any) -> list[tuple[str, Any]]:
    """Return what a thing that leads to code is made of: partials, bound methods, properties, wrappers."""
    kind = type(value)
    if kind in _BOUND and not _reads_its_object(value):
        return []
    if kind in _GETTERS:
        return [("made by", value.__reduce__())]
    for base in kind.__mro__:
        if base in _PARTS:
            found = [(name, getattr(value, name)) for name in _PARTS[base]]
            return [(name, part) for name, part in found if part is not None]
    if kind is FunctionType:
        return []
    wrapped = inspect.getattr_static(value, "__wrapped__", None)
    return [] if wrapped is None or issubclass(kind, type) else [("__wrapped__", wrapped)]  # an op, a cache


def _reads_its_object(method: Any) -> bool:
    """Whether a bound method written in C reads an object whose state is data; ``log.append`` only writes."""
    owner = method.__self__
    if owner is None or isinstance(owner, ModuleType | type) or method.__name__ in _WRITING:
        return False
    return is_container(owner) or _package(type(owner)) in _FOREIGN_DATA or type(owner) in _ATOMS


def is_named(value: Any) -> bool:
    """Whether a thing is known by its name alone: code written in C, and notations of types."""
    kind = type(value)
    if issubclass(kind, _NAMED) or issubclass(kind, _WRITTEN_OUT) or kind.__module__ in {"typing", "logging"}:
        return True
    return kind.__name__ in {"ufunc", "cython_function_or_method", "_ArrayFunctionDispatcher"}


def name_of(value: Any) -> str:
    """Return the name of a thing that is known by its name."""
    if issubclass(type(value), _WRITTEN_OUT) or type(value).__module__ == "typing":
        return f"{type(value).__qualname__} {value!r}"
    owner = getattr(value, "__objclass__", None)
    module = getattr(value, "__module__", None) or getattr(owner, "__module__", None) or ""
    return f"{module}.{getattr(value, '__qualname__', None) or getattr(value, '__name__', repr(type(value)))}"


def is_object(value: Any) -> bool:
    """Whether a value is an object whose class is code that counts, and whose state is data.

    Objects of the user's classes are, and objects of installed packages that can
    be called and have attributes: those may hold functions of the user's.
    """
    kind = type(value)
    if issubclass(kind, type | ModuleType | FunctionType) or kind in _ATOMS:
        return False
    if is_user_class(kind):
        return True
    if kind.__qualname__ in {"SimpleNamespace", "Namespace"} and kind.__module__ in {"types", "argparse"}:
        return True
    callable_object = any("__call__" in vars(base) for base in kind.__mro__)
    return callable_object and kind.__module__ != "builtins"


def is_container(value: Any) -> bool:
    """Whether a value is a list, dict, tuple or set, or of an installed class that descends from these."""
    return issubclass(type(value), _CONTAINERS)


def is_known_data(value: Any) -> bool:
    """Whether a value is of a type that holds nothing but data."""
    return type(value) in _ATOMS | _EXACT_CONTAINERS or _package(type(value)) in _FOREIGN_DATA


def items(value: Any) -> list[tuple[Any, Any]]:
    """Return keys (or positions) and items of a container; the items of a set have no order."""
    if issubclass(type(value), dict | types.MappingProxyType):
        return list(dict(value).items())
    return list(enumerate(tuple(value)))


def leads_to_code(value: Any) -> bool:
    """Whether a value is code, or holds code somewhere that is not too deep inside."""
    try:
        return not _is_plain(value) and _holds_code(value)
    except Exception:  # a hostile class: whoever opens it up tells that it could not
        return True


def _holds_code(value: Any) -> bool:
    todo, seen, left = [value], {id(value)}, _SCAN
    while todo and left:
        left -= 1
        found = todo.pop()
        if type(found) not in _EXACT_CONTAINERS and _is_code(found):
            return True
        for inner in itertools.islice(_inner(found), 10 * _SCAN):
            if type(inner) not in _ATOMS and id(inner) not in seen and len(todo) < _SCAN:
                seen.add(id(inner))
                todo.append(inner)
    return False


def _is_plain(value: Any) -> bool:
    """Whether a value is data at first sight, as most are."""
    kind = type(value)
    if kind in _ATOMS:
        return True
    if kind is dict:
        return (
            len(value) < _SCAN and _ATOMS.issuperset(map(type, value)) and _ATOMS.issuperset(map(type, value.values()))
        )
    if kind in _EXACT_CONTAINERS:
        return len(value) < _SCAN and _ATOMS.issuperset(map(type, value))
    return not callable(value) and _package(kind) in _FOREIGN_DATA


def _is_code(value: Any) -> bool:
    kind = type(value)
    if issubclass(kind, FunctionType | type | ModuleType) or is_named(value) or is_user_class(kind):
        return True
    if _package(kind) not in _FOREIGN_DATA and parts(value):
        return True
    return not is_container(value) and is_object(value)


def _inner(value: Any) -> Iterator[Any]:
    if issubclass(type(value), dict | types.MappingProxyType):
        for key, item in list(dict(value).items()):
            yield key
            yield item
    elif is_container(value):
        yield from tuple(value)
    if type(value).__name__ == "defaultdict":
        yield value.default_factory
