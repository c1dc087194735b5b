"""How the user's classes are taken apart: members, bases, annotations; dataclasses, enums, named tuples.

Owns what of a class is code or data of the user's, and what is machinery that
follows from the rest or differs between Python versions.
"""

from __future__ import annotations

import builtins
import dataclasses
import enum
import inspect
import re
import sys
import types
from operator import getitem
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from mandala_lab.model.hashing import combine
from mandala_lab.versions import hints, kinds
from mandala_lab.versions.reach import Node, Walk, fixed
from mandala_lab.versions.source import class_text
from mandala_lab.versions.state import attributes, bare
from mandala_lab.versions.watch import Place, is_immutable

_NOT_MEMBERS = {"__module__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__qualname__", "__slots__"}
_NOT_MEMBERS |= {"__static_attributes__", "__firstlineno__", "__type_params__", "__orig_bases__", "__parameters__"}
_NOT_MEMBERS |= {"__match_args__", "__abstractmethods__", "_abc_impl", "__annotate__", "__annotations_cache__"}
_NOT_MEMBERS |= {"__dataclass_fields__", "__dataclass_params__", "__annotate_func__", "__classdictcell__"}
_NOT_MEMBERS |= {"__protocol_attrs__", "__non_callable_proto_members__", "__callable_proto_members_only__"}
_NOT_MEMBERS |= {"__readonly_keys__", "__mutable_keys__", "__closed__", "__extra_items__"}
_NOT_MEMBERS |= {"__slotnames__"}  # left there by copyreg
_BY_DATACLASS = {"__init__", "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__setattr__"}
_BY_DATACLASS |= {"__delattr__", "__replace__", "__getstate__", "__setstate__", "__new__"}
_OF_MEMBERS = {"_value_", "_name_", "__objclass__", "_sort_order_", "_inverted_"}
_FLAGS = ("init", "repr", "eq", "order", "unsafe_hash", "frozen")
_NAME = re.compile(r"[^\W\d][\w.]*")


class _Row(NamedTuple):
    only: int


_BY_ROW = set(vars(_Row)) | {"__replace__"}
_FOR_SLOTS = {types.MemberDescriptorType, types.GetSetDescriptorType, type(vars(_Row)["only"])}


def open_class(walk: Walk, node: Node, target: type) -> None:
    """Fill in the node of a class of the user's."""
    space = vars(target)
    is_row = tuple in target.__bases__ and "_fields" in space
    members = {name: member for name, member in space.copy().items() if name not in _NOT_MEMBERS}
    if issubclass(target, enum.Enum) or is_row:
        is_own = _is_own_of_row if is_row else _is_own_of_enum
        members = {name: member for name, member in members.items() if is_own(target, name, member)}
    if dataclasses.is_dataclass(target) and "__dataclass_fields__" in space:
        members = {name: member for name, member in members.items() if not _is_by_dataclass(name, member)}
        _open_fields(walk, node, target)
    annotations = _annotations(target)
    shape: tuple[Any, ...] = (target.__name__, [(name, hints.text(hint)) for name, hint in annotations.items()])
    shape += () if is_row else _orders(walk, space)
    node.own = combine(b"class", repr(shape).encode("utf-8", "surrogatepass"), node.own)
    node.text, node.is_class = class_text(target), True
    walk.watch_size(space)
    walk.watch_place(Place(getattr, target, "__bases__", target.__bases__))
    for at, base in enumerate((*target.__bases__, type(target))):
        walk.edge(node, f"base {at}", fixed(base), base.__qualname__)
    _open_hints(walk, node, target, annotations)
    if issubclass(target, enum.Enum):
        _open_members(walk, node, target)
    for name in sorted(members):
        if _counts(walk, node.inner(name), members[name]):
            walk.edge(node, name, Place(getitem, space, name, members[name]), node.inner(name))


def _orders(walk: Walk, space: Any) -> tuple[Any, ...]:
    """Return what ``__slots__`` and ``__match_args__`` list, which code may go through in order."""
    found = []
    for name in ("__slots__", "__match_args__"):
        listed = space.get(name, ())
        if listed and issubclass(type(listed), str | list | tuple | dict):
            walk.watch_place(Place(getitem, space, name, listed))
            found.append((name, [listed] if isinstance(listed, str) else list(listed)))
    return tuple(found)


def _open_hints(walk: Walk, node: Node, target: type, annotations: dict[str, Any]) -> None:
    """Follow what the text of annotations and of bases such as ``Box[A]`` does not say: classes, metadata."""
    for name, hint in annotations.items():
        if isinstance(hint, str):
            _open_names(walk, node, target, name, hint)
        elif not kinds.is_plain_hint(hint):
            walk.edge(node, f"annotation {name}", fixed(hint), node.inner(name))
    for at, base in enumerate(vars(target).get("__orig_bases__", ())):
        if hints.is_hint(base):
            walk.edge(node, f"written base {at}", fixed(base), node.inner(f"base {at}"))


def _open_names(walk: Walk, node: Node, target: type, name: str, hint: str) -> None:
    """Follow names in an annotation that is a text, as far as they stand for types of the user's."""
    scope = vars(sys.modules.get(str(target.__module__), builtins))
    for path in sorted(set(_NAME.findall(hint))):
        first, *rest = path.split(".")
        if first not in scope and not hasattr(builtins, first):
            walk.watch_absent(scope, first)
        holder: Any = scope
        found = scope.get(first)
        for part in rest:
            holder = vars(found) if issubclass(type(found), type | ModuleType) else {}
            found = holder.get(part)
        is_type = issubclass(type(found), type) or hints.is_hint(found)
        if is_type and not kinds.is_plain_hint(found):
            place = Place(getitem, holder, path.rpartition(".")[2], found)
            walk.edge(node, f"annotation {name} {path}", place, path)


def _open_members(walk: Walk, node: Node, target: type[enum.Enum]) -> None:
    """Follow the members of an enum: values, and what else they hold."""
    boundary = getattr(target, "_boundary_", None)
    if boundary is not None:
        node.own = combine(b"bounded", boundary.name.encode(), node.own)
    for name, member in target.__members__.items():
        value = member._value_
        walk.edge(node, f"member {name}", fixed(value), node.inner(name))
        for other in bare(member):
            if type(other) is not type(value) or other != value:
                walk.edge(node, f"member {name} itself", fixed(other), node.inner(name))
        state, found = attributes(member)
        if state is not None:
            walk.watch_size(state)
        for attribute, held in found:
            if attribute not in _OF_MEMBERS:
                label = f"{node.inner(name)}.{attribute}"
                walk.edge(node, f"member {name}.{attribute}", Place(getitem, state, attribute, held), label)


def _counts(walk: Walk, label: str, member: Any) -> bool:
    """Whether a member is code or data, rather than machinery of the class; tells what may be either."""
    kind = type(member)
    if type(kind) is type and kind in _FOR_SLOTS:
        return False
    if is_immutable(member) or kinds.leads_to_code(member) or kinds.offered_as(member) is not None:
        return True
    name = label.rpartition(".")[2]
    if name.startswith("__"):  # what packages leave in a class for themselves may be anything
        return kinds.holds_data_only(member) and not name.startswith("__pydantic")
    if not kinds.is_known_data(member):
        walk.gap(f"{label} is of an installed class, whose state is not followed")
    return kinds.is_known_data(member)


def _is_own_of_row(target: Any, name: str, member: Any) -> bool:
    """Whether a member of a named tuple is the user's, rather than made from the fields."""
    if name in {"_fields", "_field_defaults"}:
        return True
    return name != "__new__" and ((name not in _BY_ROW and name not in target._fields) or _is_written(member))


def _is_own_of_enum(target: Any, name: str, member: Any) -> bool:
    """Whether a member of the class dict of an enum is the user's, rather than a member or part of how enums work."""
    if name in target.__members__ or isinstance(member, target):
        return False
    is_machinery = name.startswith("_") and name.endswith("_") and (not name.startswith("__") or callable(member))
    return not is_machinery or _is_written(member)


def _is_written(member: Any) -> bool:
    """Whether a member is code of the user's."""
    functions = [member, *(part for _, part in kinds.parts(member))]
    return any(isinstance(found, FunctionType) and kinds.is_user_function(found) for found in functions)


def _is_by_dataclass(name: str, member: Any) -> bool:
    """Whether a member was generated: what it does follows from the fields, and its bytecode from the Python."""
    if name not in _BY_DATACLASS or not isinstance(member, FunctionType):
        return False
    return not kinds.is_user_function(member) or member.__code__.co_qualname.startswith("__create_fn__")


def _open_fields(walk: Walk, node: Node, target: type) -> None:
    space = vars(target)
    options = [getattr(space.get("__dataclass_params__"), name, None) for name in _FLAGS]
    params = repr((options, "__slots__" in space, space.get("__match_args__"))).encode("utf-8", "surrogatepass")
    shapes = []
    for found in space["__dataclass_fields__"].values():
        flags = [found.init, found.repr, found.hash, found.compare, found.kw_only]
        said = [None if flag is dataclasses.MISSING else flag for flag in flags]  # as for a ClassVar
        shapes.append((found.name, hints.text(found.type), *said))
        for part in ("default", "default_factory"):
            value = getattr(found, part)
            if value is not dataclasses.MISSING:
                walk.edge(node, f"{part} {found.name}", fixed(value), node.inner(found.name))
        for at, (key, value) in enumerate(found.metadata.items()):
            shown = repr(key) if is_immutable(key) else str(at)
            label = f"{node.inner(found.name)}.metadata[{shown}]"
            if _counts(walk, label, value):
                walk.edge(node, f"metadata {found.name} {shown}", fixed(value), label)
    node.own = combine(b"fields", params, repr(shapes).encode("utf-8", "surrogatepass"))


def _annotations(target: type) -> dict[str, Any]:
    try:
        return dict(inspect.get_annotations(target))
    except Exception:
        return {}
