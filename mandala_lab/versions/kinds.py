"""What kind of thing a value is: code or data, and whose code.

Owns these decisions alone; nothing here follows anything.
"""

from __future__ import annotations

import builtins
import collections
import functools
import inspect
import io
import itertools
import logging
import operator
import os
import re
import string
import struct
import sys
import sysconfig
import types
from collections.abc import Callable, Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

from mandala_lab.versions import hints

_INSTALLED = tuple(
    sysconfig.get_path(name).rstrip(os.sep) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
_PACKAGE_FOLDERS = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
_OURS = {"mandala_lab", "mandala_kernel"}
_HEAP_TYPE = 1 << 9
_ATOMS = {type(None), bool, int, float, complex, str, bytes, bytearray, type(...)}
_CONTAINERS = (list, tuple, dict, set, frozenset, types.MappingProxyType)
_EXACT_CONTAINERS = {list, tuple, dict, set, frozenset}
_FOREIGN_DATA = {"numpy", "pandas", "polars", "pyarrow", "array", "datetime", "decimal", "fractions", "ipaddress"}
_FOREIGN_DATA |= {"pathlib", "uuid", "zoneinfo"}
_DATA = {range, slice, memoryview, collections.deque, io.BytesIO, io.StringIO, string.Template}
_OP = "mandala_lab.memo.decorator.Op"  # of a room that this one does not import
_DATA_BY_NAME = {"mandala_lab.memo.files.File"}
_SCAN = 1_000  # items of a container, at most, that are looked at in search of code
_BOUND = {types.BuiltinMethodType, types.MethodWrapperType}
_WRITING = {"append", "appendleft", "extend", "add", "update", "write", "writelines", "put", "acquire", "release"}
_STREAMS = {"__next__", "send"}
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
_WRITTEN_OUT: dict[type, Callable[[Any], str]] = {
    re.Pattern: lambda found: f"{found.pattern!r} {found.flags}",  # its repr is cut off
    struct.Struct: lambda found: repr(found.format),
}
_LOGGING = (logging.Logger, logging.LoggerAdapter, logging.Handler, logging.Manager, logging.PlaceHolder)


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


def stands_for_builtin(name: str, value: Any) -> bool:
    """Whether a global is a package's wrapper around the builtin of its name, such as the ``open`` of notebooks."""
    if type(value) is not FunctionType or is_user_function(value):
        return False
    return name in vars(builtins) and vars(value).get("__wrapped__") is vars(builtins)[name]


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
    """Return what a thing that leads to code is made of: partials, bound methods, properties, wrappers, aliases."""
    kind = type(value)
    if hints.is_hint(value):
        return [] if is_plain_hint(value) else hints.parts(value)
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
    """Whether a bound method written in C may read its object; ``log.append`` only writes, and a stream goes on."""
    owner = method.__self__
    return not (owner is None or isinstance(owner, ModuleType | type) or method.__name__ in _WRITING | _STREAMS)


def is_plain_hint(hint: Any) -> bool:
    """Whether the text of a notation of types says all: what is in it are installed classes and scalars."""
    todo: list[Any] = [hint]
    seen: list[Any] = []
    while todo:
        found = todo.pop()
        if issubclass(type(found), type):
            if is_user_class(found):
                return False
        elif hints.is_hint(found):
            inside = [part for _, part in hints.parts(found)]
            if inside and hints.is_opaque(found):
                return False
            if not any(found is known for known in seen):
                seen.append(found)
                todo += inside
        elif type(found) not in _ATOMS:
            return False
    return True


def offered_as(value: Any) -> str | None:
    """Return the name under which the installed package that defines the type of a value offers that value.

    Such are ``scipy.stats.norm`` and ``random.random``, a method of a generator
    that the module keeps: whatever state they have is the package's own.
    """
    kind = type(value)
    if kind in _ATOMS or kind in _EXACT_CONTAINERS or issubclass(kind, type | ModuleType | FunctionType):
        return None
    owner = getattr(value, "__self__", None) if kind in _BOUND or kind is MethodType else None
    if isinstance(owner, ModuleType | type):
        return None
    home = str((kind if owner is None else type(owner)).__module__)
    while home and home != "builtins" and not is_user_module(home):
        for name, there in dict(getattr(sys.modules.get(home), "__dict__", {})).items():
            if there is value:
                return f"{home}.{name}"
        home = home.rpartition(".")[0]
    return None


def declared_version(value: Any) -> str | None:
    """Return the version by which the user vouches for the code of an op, if the value is one that has it."""
    if f"{type(value).__module__}.{type(value).__qualname__}" != _OP:
        return None
    version: str | None = value.fixed_version
    return version


def is_named(value: Any) -> bool:
    """Whether a thing is known by its name alone: code written in C, and notations of types."""
    kind = type(value)
    if issubclass(kind, _NAMED) or kind in _WRITTEN_OUT or hints.is_hint(value):
        return True
    if issubclass(kind, _LOGGING) and not is_user_class(kind):
        return True
    return kind.__name__ in {"ufunc", "cython_function_or_method", "_ArrayFunctionDispatcher"}


def name_of(value: Any) -> str:
    """Return the name of a thing that is known by its name."""
    written_out = _WRITTEN_OUT.get(type(value), repr if hints.is_hint(value) else None)
    if written_out is not None:
        return f"{type(value).__qualname__} {written_out(value)}"
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
    kind = type(value)
    if kind in _ATOMS or kind in _DATA or _package(kind) in _FOREIGN_DATA or kind.__module__.startswith("scipy.sparse"):
        return True
    return is_container(value) or f"{kind.__module__}.{kind.__qualname__}" in _DATA_BY_NAME


def holds_data_only(value: Any) -> bool:
    """Whether a value is known data, and so is all that lies in it, as far as is looked."""
    todo, left = [value], _SCAN
    while todo and left:
        left -= 1
        found = todo.pop()
        if not is_known_data(found):
            return False
        todo += itertools.islice(_inner(found), _SCAN)
    return True


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
