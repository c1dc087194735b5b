"""What the names in a function stand for: globals, closures, modules, imports in the body, ``self``.

Owns the way from a name with attributes, as in ``module.part.f``, to the place
where the last of them lies. Modules are gone through name by name, so that only
what is used of them counts.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from operator import getitem
from types import CellType, FunctionType, ModuleType
from typing import Any

from mandala_lab.versions import kinds
from mandala_lab.versions.names import Lookup, lookups
from mandala_lab.versions.reach import Node, Walk
from mandala_lab.versions.texts import Use, names_in
from mandala_lab.versions.watch import MISSING, Place

_COMPUTED = {"eval", "exec", "globals", "__import__"}
_COMPUTED_PATHS = {
    ("sys", "modules"),
    ("sys", "_getframe"),
    ("importlib", "import_module"),
    ("inspect", "stack"),
    ("inspect", "currentframe"),
    ("runpy", "run_path"),
    ("runpy", "run_module"),
}
_COMPUTED_ATTRIBUTES = {"__subclasses__", "__globals__", "f_globals", "f_back"}


def follow_names(walk: Walk, node: Node, function: FunctionType) -> None:
    """Add edges to everything that a function looks up by name."""
    found, attributes, uses = lookups(function.__code__)
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
    owner = _owner(function) if function is walk.root and any(lookup.kind == "self" for lookup in found) else None
    for name in sorted(attributes & _COMPUTED_ATTRIBUTES):
        walk.gap(f"{node.label or 'it'} uses {name}")
    _follow_texts(walk, node, function, uses)
    for lookup in found:
        if lookup.kind == "global":
            _follow_global(walk, node, function.__globals__, lookup)
        elif lookup.kind == "free":
            place = _in_cell(cells[lookup.name])
            _follow_path(walk, node, place, lookup, lookup.name)
        elif lookup.kind == "import":
            _follow_import(walk, node, function.__globals__, lookup)
        elif owner is not None:
            _follow_self(walk, node, owner, lookup.attributes[0])


def _follow_texts(walk: Walk, node: Node, function: FunctionType, uses: Iterable[Use]) -> None:
    """Follow what texts in variables name; tells of those that are not known."""
    for method, use, name in sorted(uses):
        text = function.__globals__.get(name, MISSING) if name else MISSING
        if isinstance(text, str):  # the variable itself is among what is looked up
            for variable in names_in(method, text):
                _follow_global(walk, node, function.__globals__, Lookup("global", variable))
        elif not isinstance(text, type):  # as a mapped class is, which is asked for in another way
            walk.gap(f"{node.label or 'it'} uses {use}, and the text may name variables")


def _follow_global(walk: Walk, node: Node, scope: dict[str, Any], lookup: Lookup) -> None:
    value = scope.get(lookup.name, MISSING)
    if value is not MISSING:
        place = Place(getitem, scope, lookup.name, value)
        if kinds.stands_for_builtin(lookup.name, value):
            walk.as_builtin(node, place)
        else:
            _follow_path(walk, node, place, lookup, _label(walk, scope, lookup.name))
        return
    walk.lacking(node, scope, lookup.name)
    if lookup.name in _COMPUTED:
        walk.gap(f"{node.label or 'it'} uses {lookup.name}")


def _label(walk: Walk, scope: dict[str, Any], name: str) -> str:
    return name if scope is walk.home else f"{scope.get('__name__', '')}.{name}".lstrip(".")


def _follow_path(walk: Walk, node: Node, place: Place, lookup: Lookup, label: str) -> None:
    """Go through modules along the attributes, and add an edge to what lies at the end."""
    path = list(lookup.attributes)
    name = ".".join((lookup.name, *path))
    while path and isinstance(place.seen, ModuleType):
        module = place.seen
        walk.watch_place(place)
        if (module.__name__, path[0]) in _COMPUTED_PATHS:
            walk.gap(f"{node.label or 'it'} uses {module.__name__}.{path[0]}")
        value = _in_module(module, path[0])
        is_user = kinds.is_user_module(module.__name__)
        if value is MISSING:
            _follow_missing(walk, node, module, path[0])
            return
        if not is_user and not isinstance(value, ModuleType | FunctionType | type):  # such as math.pi, sys.argv
            walk.named_edge(node, name, module.__name__)
            return
        label = f"{module.__name__}.{path[0]}"
        place = Place(getitem, vars(module), path.pop(0), value)
    walk.edge_or_empty(node, name, place, label, called=lookup.called and not path)
    held = vars(place.seen) if path and isinstance(place.seen, FunctionType) else {}
    if path and isinstance(place.seen, FunctionType):
        walk.watch_size(held)
    if path and path[0] in held:
        walk.edge(node, f"{name} there", Place(getitem, held, path[0], held[path[0]]), f"{label}.{path[0]}")


def _in_module(module: ModuleType, name: str) -> Any:
    value = vars(module).get(name, MISSING)
    if value is not MISSING:
        return value
    if kinds.is_user_module(module.__name__):
        return sys.modules.get(f"{module.__name__}.{name}", MISSING) if hasattr(module, "__path__") else MISSING
    if "__getattr__" in vars(module):  # numpy and scipy load parts of theirs so, at the latest when the body asks
        with contextlib.suppress(Exception):
            getattr(module, name)
    return vars(module).get(name, MISSING)


def _follow_missing(walk: Walk, node: Node, module: ModuleType, name: str) -> None:
    """Note an attribute that a module lacks; its ``__getattr__`` may make it up."""
    if not kinds.is_user_module(module.__name__):
        walk.named_edge(node, name, module.__name__)
        return
    walk.lacking(node, vars(module), name)
    maker = vars(module).get("__getattr__", MISSING)
    if maker is not MISSING:
        walk.edge(node, f"{name} made", Place(getitem, vars(module), "__getattr__", maker))
        walk.gap(f"{node.label or 'it'} uses {module.__name__}.{name}, which __getattr__ makes")


def _in_cell(cell: CellType) -> Place:
    try:
        return Place(getattr, cell, "cell_contents", cell.cell_contents)
    except ValueError:  # empty so far
        return Place(_contents, cell, "", MISSING)


def _contents(cell: CellType, _: str) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


# --- imports in a body


def _follow_import(walk: Walk, node: Node, scope: dict[str, Any], lookup: Lookup) -> None:
    """Follow what an import in a body brings; a module of the user's is imported now, as the body would."""
    try:
        name = importlib.util.resolve_name(lookup.name, scope.get("__package__") or None)
    except ImportError:
        walk.gap(f"{node.label or 'it'} imports {lookup.name}, which cannot be found")
        return
    if not _may_be_user_module(name):
        walk.named_edge(node, f"import {name}", name)
        return
    if not _load(name):
        walk.gap(f"{node.label or 'it'} imports {name}, which cannot be imported")
        walk.lacking(node, sys.modules, name)
        return
    if lookup.called and not lookup.attributes:  # imported, and what is used of it is told beside
        return
    module = sys.modules[name]
    first = lookup.attributes[0] if lookup.attributes else None
    if first is not None and first not in vars(module) and hasattr(module, "__path__"):
        _load(f"{name}.{first}")
    place = Place(getitem, sys.modules, name, module)
    _follow_path(walk, node, place, Lookup("import", name, lookup.attributes, lookup.called), name)


def _load(name: str) -> bool:
    if name in sys.modules:
        return True
    try:
        importlib.import_module(name)
    except Exception:
        return False
    return name in sys.modules


def _may_be_user_module(name: str) -> bool:
    """Whether an import may bring the user's own code; looked up without importing."""
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names and top != "__main__":
        return False
    if top in sys.modules:
        return kinds.is_user_module(top)
    try:
        found = importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return True
    return found is None or kinds.is_user_file(str(found.origin))


# --- methods


def _owner(function: FunctionType) -> type | None:
    """Return the class that a function is a method of, if its name leads there."""
    *path, name = function.__qualname__.split(".")
    if not path or path[-1] == "<locals>":
        return None
    found: Any = function.__globals__.get(path[0])
    for part in path[1:]:
        found = vars(found).get(part) if isinstance(found, type) else None
    member = vars(found).get(name) if isinstance(found, type) else None
    return found if member is function or getattr(member, "__wrapped__", None) is function else None


def _follow_self(walk: Walk, node: Node, owner: type, name: str) -> None:
    """Follow an attribute of ``self`` as far as the class has it; the object itself is an argument."""
    for base in owner.__mro__:
        if name in vars(base):
            if kinds.is_user_class(base):
                walk.edge(node, f"self.{name}", Place(getitem, vars(base), name, vars(base)[name]), f"self.{name}")
            return
