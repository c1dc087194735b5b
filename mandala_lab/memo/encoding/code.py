"""Functions, classes and other code as values.

Code of the standard library and of installed packages is its module and
qualified name. Code of the user's own is what a *digester* says: the digest of
all code that it reaches, and the data that it reads. The digester belongs to
another room and is connected where the parts are put together.

Stored is where to find the code, not the code: reading looks it up among what
is loaded, imports nothing, and hands it out only if its content is the same.
"""

from __future__ import annotations

import builtins
import collections
import functools
import inspect
import sys
import sysconfig
import types
import weakref
from collections.abc import Callable
from typing import Any

from mandala_lab.memo.encoding import forms
from mandala_lab.memo.encoding.forms import Form, main_or, module_of, type_name
from mandala_lab.model.errors import UnstorableError, UntrustedValueError

Digester = Callable[[Any], "tuple[bytes, list[tuple[str, Any]]]"]
"""Gives the digest of the code of a function or class, and the data that it reads, by label."""

_INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_METHODS = (types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType)
_MEMBERS = (*_METHODS, types.GetSetDescriptorType, types.MemberDescriptorType)
_COMPILED = {"ufunc", "_ArrayFunctionDispatcher", "cython_function_or_method"}
_OP = "mandala_lab.memo.decorator.Op"
_UFUNC_HOMES = ("numpy", "scipy.special")
_BOUND = (types.BuiltinFunctionType, types.MethodWrapperType)
_OF_NAMED_TUPLES = {"__orig_bases__", "__annotations__", "__annotate_func__", "__annotations_cache__"}
_OF_NAMED_TUPLES |= {"__firstlineno__", "__static_attributes__", "__slotnames__"}
_SAID_OF_NAMED_TUPLES = {"__doc__", "__module__", "_field_defaults"}
_FIELD = type(vars(collections.namedtuple("one", "field"))["field"])  # noqa: PYI024 - a class that has no public name
_named_tuples: weakref.WeakKeyDictionary[type, tuple[dict[str, Any], bool]] = weakref.WeakKeyDictionary()
_digester: Digester | None = None


def use_code_digester(digester: Digester) -> None:
    """Say who digests the user's own code."""
    global _digester  # noqa: PLW0603 - one seam of the process, connected once
    _digester = digester


def is_code(kind: type) -> bool:
    """Whether values of a type are code: functions, classes, methods, partials, modules, ops."""
    return issubclass(kind, _KINDS) or kind.__qualname__ in _COMPILED or type_name(kind) == _OP


def content(target: Any) -> Any:  # noqa: PLR0911 - one line a kind of code
    """Return the data that stands for code in ids.

    Raises
    ------
    UnstorableError
        When code cannot be found by name and nobody can digest it.
    """
    kind = type(target)
    if issubclass(kind, functools.partial):
        return "partial", _kind_of(target), target.func, target.args, target.keywords, vars(target)
    if kind is types.MethodType:
        return "method", target.__func__, target.__self__
    if kind in _MEMBERS:
        return "member", target.__objclass__, target.__name__
    if issubclass(kind, types.ModuleType):
        return _of_module(target)
    if kind in _BOUND and target.__self__ is not None and not isinstance(target.__self__, types.ModuleType):
        return "bound", target.__self__, target.__name__
    module, qualname = _names(target)
    if _is_installed(module) and look_up(module, qualname) is target:
        return "named", module, qualname
    return "own", module, qualname, *_digested(target)


def by_name(value: Any, qualname: str) -> Any:
    """Return what stands for an object that reduces to the name of a global.

    Raises
    ------
    UnstorableError
        When no module has it under that name.
    """
    of_type = module_of(type(value))
    for module in (getattr(value, "__module__", None), of_type, of_type.partition(".")[0], "scipy.special"):
        if isinstance(module, str) and _is_installed(module) and look_up(module, qualname) is value:
            return "global", type_name(type(value)), module, qualname
    raise UnstorableError(f"an object of type {type_name(type(value))} says that it is {qualname!r}, which is not so")


def is_named_tuple(kind: type) -> bool:
    """Whether a class is one that `collections.namedtuple` makes, with nothing added."""
    known = _named_tuples.get(kind)
    if known is None or vars(kind) != known[0]:
        known = _named_tuples[kind] = dict(vars(kind)), kind.__bases__ == (tuple,) and _adds_nothing(kind)
    return known[1]


def _adds_nothing(kind: type) -> bool:
    fields = vars(kind).get("_fields")
    if not isinstance(fields, tuple) or not all(isinstance(name, str) for name in fields):
        return False
    made = collections.namedtuple("made", fields, rename=True)  # type: ignore[misc]  # noqa: PYI024 - to compare with
    own, plain = vars(kind), vars(made)  # which are emptied when a class that nobody holds is collected
    return set(own) - _OF_NAMED_TUPLES <= set(plain) and all(
        _is_alike(own.get(name), member) for name, member in plain.items() if name not in _SAID_OF_NAMED_TUPLES
    )


def _is_alike(member: Any, plain: Any) -> bool:
    """Whether a member of a class is what `namedtuple` makes there."""
    if type(member) is not type(plain):
        return False
    if isinstance(plain, classmethod | staticmethod):
        member, plain = member.__func__, plain.__func__
    if isinstance(plain, types.FunctionType):
        return getattr(member, "__code__", None) == plain.__code__
    if type(plain) is _FIELD:
        return bool(member.__reduce__()[1][0] == plain.__reduce__()[1][0])  # its place; then comes its docstring
    return bool(member == plain)


def data(target: Any) -> Any:
    """Return the data to store for code."""
    from mandala_lab.memo.encoding.identity import content_id

    kind = type(target)
    if issubclass(kind, functools.partial):
        if kind is not functools.partial:
            raise UnstorableError(f"{type_name(kind)} has no data-only format")
        return "partial", target.func, target.args, target.keywords, vars(target)
    if kind is types.MethodType:
        return "method", target.__func__, target.__self__
    if kind in _MEMBERS:
        return "attribute", target.__objclass__, target.__name__
    if kind in _BOUND and target.__self__ is not None and not isinstance(target.__self__, types.ModuleType):
        return "attribute", target.__self__, target.__name__
    if issubclass(kind, types.ModuleType):
        return "code", target.__name__, "", "module", "", content_id(target)
    module, qualname = _names(target)
    return "code", module, qualname, kind.__name__, _source(target), content_id(target)


def rebuild(found: Any) -> Any:
    """Return the code that stored data speaks of.

    Raises
    ------
    UntrustedValueError
        When it is not loaded here, or is other code now.
    """
    what, *parts = found
    if what == "partial":
        func, args, keywords, attributes = parts
        made = functools.partial(func, *args, **keywords)
        vars(made).update(attributes)
        return made
    if what == "method":
        return types.MethodType(*parts)
    if what == "attribute":
        owner, name = parts
        return inspect.getattr_static(owner, name) if isinstance(owner, type) else _builtin_of(owner, name)
    module, qualname, kind, _source_text, cid = parts
    return _same_code(module, qualname, kind, cid)


def _same_code(module: str, qualname: str, kind: str, cid: bytes) -> Any:
    from mandala_lab.memo.encoding.identity import content_id

    target = look_up(module, qualname)
    name = f"{module}.{qualname}" if qualname else module
    if target is None:
        raise UntrustedValueError(
            f"this value is the {kind} {name}, which is not loaded here: define or import it, then read again"
            + (" (what is local to a function, or a lambda, cannot be found by its name)" if "<" in name else "")
        )
    if content_id(target) != cid:
        raise UntrustedValueError(f"this value is the {kind} {name} as it was; its code has changed since: restore it")
    return target


def _builtin_of(owner: Any, name: str) -> Any:
    """Return a bound method of a built-in value, such as ``"abc".upper``; never run a property."""
    if not isinstance(inspect.getattr_static(type(owner), name), _METHODS):
        raise UntrustedValueError(f"{name!r} of a {type_name(type(owner))} is not a built-in method")
    return getattr(owner, name)


def _of_module(target: types.ModuleType) -> Any:
    if _is_installed(target.__name__) and sys.modules.get(target.__name__) is target:
        return "module", target.__name__
    raise UnstorableError(f"the module {target.__name__} is no value: pass what is needed of it")


def digest_of(target: Any) -> bytes:
    """Return the digest of all code of the user's that a function or class reaches.

    Raises
    ------
    UnstorableError
        When nobody can digest it.
    """
    if _digester is None:
        raise UnstorableError(f"{_names(target)[1]} is code, and nobody here says what it does: open a Storage first")
    return _digester(target)[0]


def _digested(target: Any) -> tuple[Any, ...]:
    if _digester is None:
        raise UnstorableError(f"{_names(target)[1]} is code, and nobody here says what it does: open a Storage first")
    digest, reads = _digester(target)
    own: list[Any] = []
    if isinstance(target, types.FunctionType):
        attributes = {name: value for name, value in vars(target).items() if name != "__wrapped__"}
        own = [target.__defaults__, target.__kwdefaults__, attributes]
    return digest, [list(pair) for pair in sorted(reads, key=lambda pair: pair[0])], own


def _names(target: Any) -> tuple[str, str]:
    module, qualname = getattr(target, "__module__", None), getattr(target, "__qualname__", None)
    if type(target).__qualname__ == "ufunc":  # older ones know only their name
        qualname = target.__name__
        module = next((home for home in _UFUNC_HOMES if look_up(home, qualname) is target), module)
    if module is None and isinstance(getattr(target, "__self__", None), types.ModuleType):
        module = target.__self__.__name__
    if module == "builtins" and not hasattr(builtins, str(qualname)):  # the type of None, of functions, ...
        found = next((name for name, there in vars(types).items() if there is target), None)
        module, qualname = (module, qualname) if found is None else ("types", found)
    if not isinstance(module, str) or not isinstance(qualname, str):
        raise UnstorableError(f"a {type_name(type(target))} without module and qualified name is no value")
    return main_or(module), qualname


def look_up(module: str, qualname: str) -> Any:
    """Return what is loaded under a name, without importing or running anything."""
    found: Any = sys.modules.get(module)
    for name in qualname.split(".") if qualname else ():
        if found is None:
            return None
        found = inspect.getattr_static(found, name, None)
        if isinstance(found, staticmethod | classmethod):
            found = found.__func__
    return found


def _is_installed(module: str) -> bool:
    """Whether a module is of the standard library or an installed package, or ours."""
    if module == "__main__":
        return False
    if module.partition(".")[0] == "mandala_lab":
        return True
    loaded = sys.modules.get(module)
    if loaded is None:
        return False
    path = vars(loaded).get("__file__")
    return module in sys.builtin_module_names if path is None else str(path).startswith(_INSTALLED)


def _source(target: Any) -> str:
    try:
        return inspect.getsource(target)
    except (OSError, TypeError):
        return ""


def _kind_of(target: Any) -> str | type:
    """Return the class of a partial: that of functools by name, a subclass as the code that it is."""
    return "partial" if type(target) is functools.partial else type(target)


_KINDS = (
    types.FunctionType,
    types.MethodType,
    types.ModuleType,
    type,
    functools.partial,
    *_MEMBERS,
    *_BOUND,
)
FORM = Form("code", content, rebuild, data)
forms.add_name(FORM)
