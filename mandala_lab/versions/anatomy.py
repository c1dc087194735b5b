"""How each kind of thing that is reached is taken apart: functions, classes, objects, containers, modules.

Owns what the parts of a thing are and where they lie. Names in functions are
`mandala_lab.versions.scopes`'s; the walk along the parts is `reach`'s.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import sys
import types
from collections.abc import Callable
from operator import getitem
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from mandala_lab.model.hashing import combine
from mandala_lab.versions import kinds
from mandala_lab.versions.reach import Node, Walk, fixed
from mandala_lab.versions.scopes import follow_names
from mandala_lab.versions.source import class_text, written
from mandala_lab.versions.watch import MISSING, Place, is_immutable

_NOT_MEMBERS = {"__module__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__qualname__", "__slots__"}
_NOT_MEMBERS |= {"__static_attributes__", "__firstlineno__", "__type_params__", "__orig_bases__", "__parameters__"}
_NOT_MEMBERS |= {"__match_args__", "__abstractmethods__", "_abc_impl", "__annotate__", "__annotations_cache__"}
_NOT_MEMBERS |= {"__dataclass_fields__", "__dataclass_params__", "__annotate_func__", "__classdictcell__"}
_BY_DATACLASS = {"__init__", "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__setattr__"}
_BY_DATACLASS |= {"__delattr__", "__replace__", "__getstate__", "__setstate__", "__new__"}
_BARE: list[tuple[type, Callable[[Any], Any]]] = [
    (int, int.__index__),
    (float, float.__float__),
    (complex, complex.__complex__),
    (str, str.__str__),
    (bytes, bytes.__bytes__),
]
_FLAGS = ("init", "repr", "eq", "order", "unsafe_hash", "frozen")


class _Row(NamedTuple):
    only: int


_FOR_SLOTS = {types.MemberDescriptorType, types.GetSetDescriptorType, type(vars(_Row)["only"])}
_WITHOUT_STATE = {types.SimpleNamespace, object, int, float, complex, str, bytes, list, tuple, dict, set, frozenset}


def open_up(walk: Walk, node: Node, target: Any) -> None:
    """Fill in a node: its own digest, and edges to its parts."""
    if issubclass(type(target), FunctionType):
        (_open_function if kinds.is_user_function(target) else _open_installed)(walk, node, target)
    elif issubclass(type(target), type):
        (_open_class if kinds.is_user_class(target) else _open_name)(walk, node, target)
    elif issubclass(type(target), ModuleType):
        _open_module(walk, node, target)
    elif parts := kinds.parts(target):
        node.own = combine(b"made of", type(target).__qualname__.encode(), _name_in(target))
        for name, part in parts:
            if name == "keywords":
                _open_keywords(walk, node, part)
            else:
                walk.edge(node, name, fixed(part), _joined(node, name))
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
    """Return the name of a method written in C, whose object is a part of it."""
    return target.__name__.encode() if kinds.is_named(target) else b""


def _open_keywords(walk: Walk, node: Node, keywords: dict[str, Any]) -> None:
    walk.watch_size(keywords)
    for name in sorted(keywords):
        walk.edge(node, f"keyword {name}", Place(getitem, keywords, name, keywords[name]), _joined(node, name))


def _joined(node: Node, name: str) -> str:
    return f"{node.label}.{name}" if node.label else name


# --- functions


def _open_function(walk: Walk, node: Node, function: FunctionType) -> None:
    found = written(function)
    name = b"" if function is walk.root else function.__name__.encode("utf-8", "surrogatepass")
    node.own, node.annotations, node.text = combine(b"function", name, found.digest), found.annotations, found.text
    walk.functions.append(function)
    follow_names(walk, node, function)
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
            walk.edge(node, name, Place(getitem, registry, kind, implementation), _joined(node, kind.__qualname__))
        return
    cells = zip(code.co_freevars, function.__closure__ or (), strict=False)
    held = [(name, Place(getattr, cell, "cell_contents", MISSING)) for name, cell in cells]
    held += [("__wrapped__", Place(getitem, state, "__wrapped__", MISSING))] if "__wrapped__" in state else []
    for name, empty in held:
        value = empty.now()
        place = dataclasses.replace(empty, seen=value)
        if kinds.leads_to_code(value) or is_immutable(value):
            walk.edge(node, name, place, node.label if name == "__wrapped__" else _joined(node, name))
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


# --- classes and objects


def _open_class(walk: Walk, node: Node, target: type) -> None:
    space = vars(target)
    is_enum = issubclass(target, enum.Enum)
    members = {name: member for name, member in space.copy().items() if name not in _NOT_MEMBERS}
    is_row = tuple in target.__bases__ and "_fields" in space
    if is_enum or is_row:
        kept = {"_fields", "_field_defaults"} if is_row else set()
        written_by_user = {name for name, member in members.items() if name in kept or _is_written(target, member)}
        members = {name: members[name] for name in written_by_user - ({"__new__"} if is_row else set())}
    if dataclasses.is_dataclass(target) and "__dataclass_fields__" in space:
        members = {name: member for name, member in members.items() if not _is_by_dataclass(name, member)}
        _open_fields(walk, node, target)
    annotations = [(name, _hint(hint)) for name, hint in _annotations(target).items()]
    node.own = combine(b"class", repr((target.__name__, annotations)).encode("utf-8", "surrogatepass"), node.own)
    node.text, node.is_class = class_text(target), True
    walk.watch_size(space)
    walk.watch_place(Place(getattr, target, "__bases__", target.__bases__))
    for at, base in enumerate((*target.__bases__, type(target))):
        walk.edge(node, f"base {at}", fixed(base), base.__qualname__)
    if is_enum:
        for name, member in target.__members__.items():  # type: ignore[attr-defined]
            walk.edge(node, f"member {name}", fixed(member.value), _joined(node, name))
    for name in sorted(members):
        if _counts(walk, _joined(node, name), members[name]):
            walk.edge(node, name, Place(getitem, space, name, members[name]), _joined(node, name))


def _counts(walk: Walk, label: str, member: Any) -> bool:
    """Whether a member is code or data, rather than machinery of the class; tells what may be either."""
    kind = type(member)
    if type(kind) is type and kind in _FOR_SLOTS:
        return False
    if is_immutable(member) or kinds.leads_to_code(member):
        return True
    is_private = label.rpartition(".")[2].startswith("__")
    if not is_private and not kinds.is_known_data(member):
        walk.gap(f"{label} is of an installed class, whose state is not followed")
    return not is_private and kinds.is_known_data(member)


def _is_written(target: type, member: Any) -> bool:
    """Whether a member is code of the user's, rather than part of how enums and named tuples work."""
    functions = [member, *(part for _, part in kinds.parts(member))] if not isinstance(member, target) else []
    return any(isinstance(found, FunctionType) and kinds.is_user_function(found) for found in functions)


def _is_by_dataclass(name: str, member: Any) -> bool:
    """Whether a member was generated: what it does follows from the fields, and its bytecode from the Python."""
    if name not in _BY_DATACLASS or not isinstance(member, FunctionType):
        return False
    return not kinds.is_user_function(member) or member.__code__.co_qualname.startswith("__create_fn__")


def _open_fields(walk: Walk, node: Node, target: type) -> None:
    space = vars(target)
    flags = [getattr(space.get("__dataclass_params__"), name, None) for name in _FLAGS]
    params = repr((flags, "__slots__" in space, space.get("__match_args__"))).encode("utf-8", "surrogatepass")
    shapes = []
    for found in space["__dataclass_fields__"].values():
        shapes.append((found.name, _hint(found.type), found.init, found.repr, found.hash, found.compare, found.kw_only))
        for part in ("default", "default_factory"):
            value = getattr(found, part)
            if value is not dataclasses.MISSING:
                walk.edge(node, f"{part} {found.name}", fixed(value), _joined(node, found.name))
    node.own = combine(b"fields", params, repr(shapes).encode("utf-8", "surrogatepass"))


def _annotations(target: type) -> dict[str, Any]:
    try:
        return dict(inspect.get_annotations(target))
    except Exception:
        return {}


def _hint(hint: Any) -> str:
    """Write an annotation out, the same in every process."""
    if isinstance(hint, str):
        return hint
    if isinstance(hint, type) and not hasattr(hint, "__origin__"):
        return f"{hint.__module__}.{hint.__qualname__}"
    arguments = ", ".join(map(_hint, getattr(hint, "__args__", ())))
    return f"{type(hint).__qualname__} {_hint(getattr(hint, '__origin__', ''))}[{arguments}]"


def _open_object(walk: Walk, node: Node, target: Any) -> None:
    kind = type(target)
    node.own = combine(b"object")
    walk.edge(node, "type", Place(_type_of, target, "", kind), kind.__qualname__)
    if issubclass(type(target), enum.Enum):
        node.own = combine(b"member", target.name.encode("utf-8", "surrogatepass"))
        return
    _open_state(walk, node, target)
    for base, bare in _BARE:
        if issubclass(type(target), base):
            walk.edge(node, "value", fixed(bare(target)), node.label)
    if kinds.is_container(target):
        _open_items(walk, node, target)
    if issubclass(kind, BaseException):
        walk.edge(node, "args", Place(getattr, target, "args", target.args), _joined(node, "args"))
    hidden = [base for base in kind.__mro__ if not base.__flags__ & (1 << 9) and base not in _WITHOUT_STATE]
    if not hidden and not kinds.is_user_class(kind) and not node.edges[1:]:
        hidden = [kind]  # written in C, like as not
    if hidden and not issubclass(kind, BaseException):
        walk.gap(f"the state of {node.label or 'it'} that {hidden[0].__qualname__} keeps is not followed")


def _open_state(walk: Walk, node: Node, target: Any) -> None:
    """Follow the attributes of an object; what a cached property left there follows from the others."""
    kind = type(target)
    state = getattr(target, "__dict__", None)
    if type(state) is dict:
        walk.watch_size(state)
        for name, value in sorted(state.items(), key=lambda item: str(item[0])):
            if type(inspect.getattr_static(kind, name, None)) is not functools.cached_property:
                walk.edge(node, f".{name}", Place(getitem, state, name, value), _joined(node, name))
    for base in kind.__mro__:
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name in {"__dict__", "__weakref__"} or base.__module__.startswith("functools"):
                continue
            descriptor = vars(base).get(name) or vars(base).get(f"_{base.__name__.lstrip('_')}{name}")
            if descriptor is not None:
                place = Place(_in_slot, target, descriptor, _in_slot(target, descriptor))
                walk.edge_or_empty(node, f".{name}", place, _joined(node, name))


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
        if not name.startswith("__"):
            walk.edge(node, name, Place(getitem, space, name, value), f"{module.__name__}.{name}")
