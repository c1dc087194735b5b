"""What a function reaches: the code that it may run, and the data that it reads.

The walk goes breadth first from one function, class or callable along the names
that it looks up: globals, closures, defaults, attributes of modules, imports in
a body, members and bases of classes, items of containers that hold code, and
the state of objects of the user's classes. The user's code counts by what it
says, installed code by its name. What is found is a numbered graph; its digest
takes in every edge, so that two helpers that swap names are told apart.

How each kind of thing is taken apart is `mandala_lab.versions.anatomy`'s.
"""

from __future__ import annotations

import builtins
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import getitem
from types import FunctionType, ModuleType
from typing import Any

from mandala_lab.model.hashing import combine
from mandala_lab.versions import kinds
from mandala_lab.versions.watch import MISSING, Place, Watch

_HELPERS_SIZE = 1_000_000  # characters of source, at most, that are kept with a version


@dataclass(slots=True)
class Node:
    """One thing that is reached.

    Attributes
    ----------
    label
        Its name to people, unique in the walk; empty for the op itself.
    own
        Digest of the thing without what it leads to.
    annotations
        Digest of a function's annotations; counts only if the function is
        `handed_on`, since only then may somebody read them.
    edges
        What it leads to: names, with tokens of what is there.
    text
        Its source.
    """

    label: str
    own: bytes = b""
    annotations: bytes = b""
    handed_on: bool = False
    edges: list[tuple[str, bytes]] = field(default_factory=list)
    text: str | None = None
    is_class: bool = False

    def inner(self, name: str) -> str:
        """Return the label of a part."""
        return f"{self.label}.{name}" if self.label else name

    def digest(self) -> bytes:
        """Digest of the thing itself, without its edges."""
        return combine(b"piece", self.own, self.annotations if self.handed_on else b"")


def fixed(value: Any) -> Place:
    """Return a place that cannot change."""
    return Place(getitem, (value,), 0, value)


class Walk:
    """One walk over everything that a function, class or callable reaches.

    Parameters
    ----------
    target
        Where the walk begins.
    open_up
        Fills in a node: its own digest and its edges.
    """

    def __init__(self, target: Any, open_up: Callable[[Walk, Node, Any], None]) -> None:
        self.nodes: list[Node] = []
        self.named: dict[str, bytes] = {}
        self.gaps: dict[str, bool] = {}
        self.root = target
        self.home: dict[str, Any] | None = target.__globals__ if isinstance(target, FunctionType) else None
        self.functions: list[FunctionType] = []
        self._code: list[Place] = []
        self._data: list[tuple[str, Place]] = []
        self._read: dict[tuple[int, str | int], int] = {}
        self._absent: dict[int, tuple[dict[str, Any], set[str]]] = {}
        self._sizes: list[tuple[Any, int]] = []
        self._builtin_names: set[str] = set()
        self._numbers: dict[int, int] = {}
        self._labels: dict[str, int] = {"": 1}
        self._todo: deque[tuple[Node, Any]] = deque()
        self._alive: list[Any] = []  # while ids of objects tell them apart
        self.root_token = self._number(target, "")
        while self._todo:
            node, value = self._todo.popleft()
            try:
                open_up(self, node, value)
            except Exception as error:  # a class of the user's may raise at any question
                self.gap(f"{node.label or 'it'} cannot be looked into: {type(error).__name__}")

    def digest(self) -> bytes:
        """Digest of everything reached, in the order in which it was reached."""
        parts = [self.root_token]
        for node in self.nodes:
            parts.append(node.digest())
            parts.append(len(node.edges).to_bytes(4, "big"))
            for name, token in node.edges:
                parts += (_utf8(name), token)
        return combine(b"reach", *parts)

    def pieces(self) -> dict[str, bytes]:
        """Return digests of the pieces of code by label."""
        return {**self.named, **{node.label: node.digest() for node in self.nodes}}

    def helpers(self) -> dict[str, str]:
        """Return the source of what is reached, by label; tells a gap where it is too long to keep."""
        found, left = {}, _HELPERS_SIZE
        classes = ["".join(node.text.split()) for node in self.nodes if node.text is not None and node.is_class]
        for node in self.nodes:
            if node.label and node.text is not None:
                words = "".join(node.text.split())
                if not node.is_class and "." in node.label and any(words in text for text in classes):
                    continue  # a method, which comes with its class
                left -= len(node.text)
                if left < 0:
                    self.gap(f"the source of {node.label} and what comes after it is too long to be kept", unseen=False)
                    break
                found[node.label] = node.text
        return found

    def watch(self) -> Watch:
        """Return what says whether all of this is still so."""
        absent, sizes = self._absent.values(), self._sizes
        return Watch(self._code, self._data, self.functions, absent, sizes, self._builtin_names)

    def reads(self) -> tuple[str, ...]:
        """Return the labels of the data that is read."""
        return tuple(label for label, _ in self._data)

    def gap(self, reason: str, *, unseen: bool = True) -> None:
        """Note something that cannot be followed, and whether changes there go unseen."""
        self.gaps[reason] = unseen

    # --- what `open_up` asks for

    def edge(self, node: Node, name: str, place: Place, label: str = "", *, called: bool = False) -> None:
        """Add an edge to what lies at a place."""
        node.edges.append((name, self._token(place, label or name, called=called)))

    def named_edge(self, node: Node, name: str, token: str) -> None:
        """Add an edge to something that is known by its name."""
        node.edges.append((name, b"name:" + _utf8(token)))

    def edge_or_empty(self, node: Node, name: str, place: Place, label: str, *, called: bool = False) -> None:
        """Add an edge to what lies at a place that may be empty so far."""
        if place.seen is MISSING:
            self._code.append(place)
            node.edges.append((name, b"empty"))
        else:
            self.edge(node, name, place, label, called=called)

    def lacking(self, node: Node, scope: dict[str, Any], name: str) -> None:
        """Note that a name is absent from a namespace, and looked for among the builtins next."""
        self.watch_absent(scope, name)
        found = getattr(builtins, name, MISSING)
        if found is MISSING:
            self.watch_absent(vars(builtins), name)
            node.edges.append((name, b"missing"))
            return
        if scope is not vars(builtins):
            self._builtin_names.add(name)
        if isinstance(found, FunctionType) and kinds.is_user_function(found):
            self.edge(node, name, fixed(found))
        else:
            node.edges.append((name, b"builtin"))

    def as_builtin(self, node: Node, place: Place) -> None:
        """Note that what lies at a place is a builtin, so that there is the same without it."""
        self._code.append(place)
        node.edges.append((place.key, b"builtin"))

    def watch_place(self, place: Place) -> None:
        """Watch a place that leads on."""
        self._code.append(place)

    def watch_absent(self, scope: dict[str, Any], name: str) -> None:
        """Watch that a name is absent from a namespace."""
        self._absent.setdefault(id(scope), (scope, set()))[1].add(name)

    def watch_size(self, container: Any) -> None:
        """Watch how many items a container has."""
        self._sizes.append((container, len(container)))

    def _token(self, place: Place, label: str, *, called: bool) -> bytes:
        """Return how an edge to a place is written."""
        value = place.seen
        kind = type(value)
        if kind is FunctionType:
            self._code.append(place)
            token = self._number(value, label)
            self.nodes[self._numbers[id(value)]].handed_on |= not called
            return token
        if issubclass(kind, type | ModuleType):
            self._code.append(place)
            is_user = kinds.is_user_class(value) if issubclass(kind, type) else kinds.is_user_module(value.__name__)
            return self._number(value, label) if is_user else self._name(label, value)
        offered = kinds.offered_as(value)
        if offered is not None:
            self._code.append(place)
            return self._named(label, _utf8(offered))
        if kinds.is_named(value) and not kinds.parts(value):
            self._code.append(place)
            return self._name(label, value)
        if kinds.leads_to_code(value):
            self._code.append(place)
            return self._number(value, label)
        key = place.key if type(place.key) is str else id(place.key)
        at = (id(place), "") if type(place.holder) is tuple else (id(place.holder), key)
        if at not in self._read:  # the same global, read in several functions, is one
            self._read[at] = len(self._data)
            self._data.append((self._unique(label), place))
        return b"data:%d" % self._read[at]

    def _name(self, label: str, value: Any) -> bytes:
        name = _utf8(value.__name__ if issubclass(type(value), ModuleType) else kinds.name_of(value))
        if name.endswith(b" (vectorized)"):  # made by numpy around a function that it does not show
            self.gap(f"{label} holds a function that cannot be looked into")
        return self._named(label, name)

    def _named(self, label: str, name: bytes) -> bytes:
        self.named.setdefault(label, combine(b"named", name))
        return b"name:" + name

    def _number(self, value: Any, label: str) -> bytes:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self.nodes)
            node = Node(self._unique(label) if self.nodes else "")
            self.nodes.append(node)
            self._alive.append(value)
            self._todo.append((node, value))
        return b"node:%d" % number

    def _unique(self, label: str) -> str:
        count = self._labels[label] = self._labels.get(label, 0) + 1
        return label if count == 1 else self._unique(f"{label} ({count})")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
