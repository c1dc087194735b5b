"""How each kind of thing that is reached is taken apart: functions, objects, containers, modules.

Owns what the parts of a thing are and where they lie. Names in functions are
`mandala_lab.versions.scopes`'s, members of classes `classes`'s; the walk along
the parts is `reach`'s.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import sys
import types
from operator import getitem
from types import FunctionType, ModuleType
from typing import Any

from mandala_lab.model.hashing import combine
from mandala_lab.versions import hints, kinds
from mandala_lab.versions.classes import open_class
from mandala_lab.versions.reach import Node, Walk, fixed
from mandala_lab.versions.scopes import follow_names
from mandala_lab.versions.source import written
from mandala_lab.versions.state import attributes, bare
from mandala_lab.versions.watch import MISSING, Place, is_immutable

_OF_MODULES = {"__name__", "__doc__", "__package__", "__loader__", "__spec__", "__file__", "__cached__", "__path__"}
_OF_MODULES |= {"__annotations__", "__annotate__", "__conditional_annotations__", "__warningregistry__"}
_OF_MODULES |= {"__builtins__", "__builtin__", "__session__"}
_WITHOUT_STATE = {types.SimpleNamespace, object, int, float, complex, str, bytes, list, tuple, dict, set, frozenset}


def open_up(walk: Walk, node: Node, target: Any) -> None:
    """Fill in a node: its own digest, and edges to its parts."""
    if issubclass(type(target), FunctionType):
        (_open_function if kinds.is_user_function(target) else _open_installed)(walk, node, target)
    elif issubclass(type(target), type):
        (open_class if kinds.is_user_class(target) else _open_name)(walk, node, target)
    elif issubclass(type(target), ModuleType):
        _open_module(walk, node, target)
    elif kinds.declared_version(target) is not None:
        _open_versioned(walk, node, target)
    elif parts := kinds.parts(target):
        node.own = combine(b"made of", type(target).__qualname__.encode(), _name_in(target))
        for name, part in parts:
            if name == "keywords":
                _open_keywords(walk, node, part)
            else:
                walk.edge(node, name, fixed(part), node.inner(name))
    elif kinds.is_object(target):
        _open_object(walk, node, target)
    elif kinds.is_container(target):
        node.own = combine(b"container", type(target).__qualname__.encode())
        _open_items(walk, node, target)
    else:
        _open_name(walk, node, target)


def _open_name(_: Walk, node: Node, target: Any) -> None:
    node.own = combine(b"named", kinds.name_of(target).encode("utf-8", "surrogatepass"))


def _name_in(target: Any) -> bytes:
    """Return the name of a method written in C, whose object is a part of it, and what a notation of types says."""
    if hints.is_hint(target):
        name = target.__name__ if hints.is_opaque(target) and hasattr(target, "__name__") else ""
        return f"{name} {hints.text(target)}".encode("utf-8", "surrogatepass")
    return target.__name__.encode() if kinds.is_named(target) else b""


def _open_keywords(walk: Walk, node: Node, keywords: dict[str, Any]) -> None:
    walk.watch_size(keywords)
    for name in sorted(keywords):
        walk.edge(node, f"keyword {name}", Place(getitem, keywords, name, keywords[name]), node.inner(name))


# --- functions


def _open_function(walk: Walk, node: Node, function: FunctionType) -> None:
    found = written(function)
    name = b"" if function is walk.root else function.__name__.encode("utf-8", "surrogatepass")
    node.own, node.annotations, node.text = combine(b"function", name, found.digest), found.annotations, found.text
    walk.functions.append(function)
    follow_names(walk, node, function)
    _open_defaults(walk, node, function)


def _open_versioned(walk: Walk, node: Node, op: Any) -> None:
    """Take the version that the user gave an op for its code; what it fills in for arguments is in its key as ever."""
    function, version = op.__wrapped__, kinds.declared_version(op) or ""
    node.own = combine(b"op", *(text.encode("utf-8", "surrogatepass") for text in (op.spec.key, version)))
    node.text = written(function).text
    _open_defaults(walk, node, function)


def _open_defaults(walk: Walk, node: Node, function: FunctionType) -> None:
    defaults = function.__defaults__ or ()
    names = function.__code__.co_varnames[: function.__code__.co_argcount][-len(defaults) :]
    for name_of_default, value in zip(names, defaults, strict=False):
        walk.edge(
            node, f"default {name_of_default}", fixed(value), f"default {name_of_default} of {node.label or 'it'}"
        )
    by_name = function.__kwdefaults__ or {}
    for name_of_default in sorted(by_name):
        place = Place(getitem, by_name, name_of_default, by_name[name_of_default])
        walk.edge(node, f"default {name_of_default}", place, f"default {name_of_default} of {node.label or 'it'}")


def _open_installed(walk: Walk, node: Node, function: FunctionType) -> None:
    """Look through a function of an installed package for the user's code, as decorators and factories hold it."""
    code = function.__code__  # a wrapper goes by the name of what it wraps: only its code tells who made it
    node.own = combine(b"installed", f"{function.__globals__.get('__name__')}.{code.co_qualname}".encode())
    if _is_importable(function):
        return
    state = vars(function)
    if "registry" in state and "dispatch" in state:  # singledispatch
        registry = function.registry  # type: ignore[attr-defined]
        walk.watch_size(registry)
        for kind, implementation in list(dict(registry).items()):
            name = f"{kind.__module__}.{kind.__qualname__}"
            walk.edge(node, name, Place(getitem, registry, kind, implementation), node.inner(kind.__qualname__))
        return
    cells = zip(code.co_freevars, function.__closure__ or (), strict=False)
    held = [(name, Place(getattr, cell, "cell_contents", MISSING)) for name, cell in cells]
    held += [("__wrapped__", Place(getitem, state, "__wrapped__", MISSING))] if "__wrapped__" in state else []
    for name, empty in held:
        value = empty.now()
        place = dataclasses.replace(empty, seen=value)
        if kinds.leads_to_code(value) or is_immutable(value):
            walk.edge(node, name, place, node.label if name == "__wrapped__" else node.inner(name))
        elif value is not MISSING:
            walk.gap(f"{node.label or 'it'} is made by an installed package, whose {name!r} is not followed")


def _is_importable(function: FunctionType) -> bool:
    """Whether a function is what its name in an installed package stands for, and so made by packages alone."""
    for module in {str(function.__module__), str(function.__globals__.get("__name__"))}:
        found: Any = None if kinds.is_user_module(module) else sys.modules.get(module)
        for name in function.__qualname__.split("."):
            found = None if found is None else inspect.getattr_static(found, name, None)
        if found is function:
            return True
    return False


# --- objects


def _open_object(walk: Walk, node: Node, target: Any) -> None:
    kind = type(target)
    node.own = combine(b"object")
    walk.edge(node, "type", Place(_type_of, target, "", kind), kind.__qualname__)
    if issubclass(type(target), enum.Enum):
        node.own = combine(b"member", target.name.encode("utf-8", "surrogatepass"))
        return
    _open_state(walk, node, target)
    for value in bare(target):
        walk.edge(node, "value", fixed(value), node.label)
    if kinds.is_container(target):
        _open_items(walk, node, target)
    if issubclass(kind, BaseException):
        walk.edge(node, "args", Place(getattr, target, "args", target.args), node.inner("args"))
    hidden = [base for base in kind.__mro__ if not base.__flags__ & (1 << 9) and base not in _WITHOUT_STATE]
    if not hidden and not kinds.is_user_class(kind) and not node.edges[1:]:
        hidden = [kind]  # written in C, like as not
    if hidden and not issubclass(kind, BaseException):
        walk.gap(f"the state of {node.label or 'it'} that {hidden[0].__qualname__} keeps is not followed")


def _open_state(walk: Walk, node: Node, target: Any) -> None:
    """Follow the attributes of an object, in its dict and in slots."""
    state, found = attributes(target)
    if state is not None:
        walk.watch_size(state)
    for name, value in found:
        walk.edge(node, f".{name}", Place(getitem, state, name, value), node.inner(name))
    for base in type(target).__mro__:
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name in {"__dict__", "__weakref__"} or base.__module__.startswith("functools"):
                continue
            descriptor = vars(base).get(name) or vars(base).get(f"_{base.__name__.lstrip('_')}{name}")
            if descriptor is not None:
                place = Place(_in_slot, target, descriptor, _in_slot(target, descriptor))
                walk.edge_or_empty(node, f".{name}", place, node.inner(name))


def _in_slot(target: Any, descriptor: Any) -> Any:
    try:
        return descriptor.__get__(target)
    except AttributeError:
        return MISSING


def _type_of(target: Any, _: str) -> type:
    return type(target)


# --- containers and modules


def _open_items(walk: Walk, node: Node, target: Any) -> None:
    """Follow the items of a container in order, which may matter to code that goes through them."""
    walk.watch_size(target)
    is_mapping = not issubclass(type(target), list | tuple | set | frozenset)
    if issubclass(type(target), set | frozenset):
        walk.gap(f"{node.label or 'it'} is a set that leads to code: its items have no order", unseen=False)
    for at, (key, value) in enumerate(kinds.items(target)):
        if is_mapping and not is_immutable(key):
            walk.edge(node, f"key {at}", fixed(key), f"{node.label} key {at}")
        shown = repr(key) if is_immutable(key) else str(at)
        ordered = issubclass(type(target), list | tuple)
        place = Place(getitem, target, key, value) if is_mapping or ordered else fixed(value)
        walk.edge(node, f"{at} {shown}", place, f"{node.label}[{shown}]")
    if type(target).__name__ == "defaultdict":
        walk.edge(node, "default_factory", Place(getattr, target, "default_factory", target.default_factory))


def _open_module(walk: Walk, node: Node, module: ModuleType) -> None:
    """Follow everything that a module holds: it is used as a value, so any of its names may be looked up."""
    node.own = combine(b"module", module.__name__.encode())
    space = vars(module)
    walk.watch_size(space)
    for name, value in sorted(space.copy().items()):
        if name.strip("_") and name not in _OF_MODULES:
            walk.edge(node, name, Place(getitem, space, name, value), f"{module.__name__}.{name}")
