"""The code version of a function: its own code and the user code it reaches.

Owns when a version that was found is still true, and for how many functions it
is remembered. What a function reaches is `mandala_lab.versions.reach`'s.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from mandala_lab.model.hashing import combine
from mandala_lab.model.ops import CodeVersion
from mandala_lab.versions.anatomy import open_up
from mandala_lab.versions.diff import difference
from mandala_lab.versions.reach import Walk
from mandala_lab.versions.watch import Watch

_REMEMBERED = 512  # function objects: those of long-gone cells are let go


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one function object reaches (see `mandala_lab.ports.version_resolver`)."""

    version: CodeVersion
    unseen: tuple[str, ...]
    is_unchanged: Callable[[], bool]
    is_current: Callable[[], bool]
    read_globals: Callable[[], list[tuple[str, Any]]]


class Resolver:
    """Resolves functions to code versions, once per function object and change.

    It may be used from several threads at once: two that ask for the same
    function at the same time both resolve it, with the same outcome.
    """

    def __init__(self) -> None:
        self._functions: dict[int, tuple[Any, Resolved]] = {}
        self._targets: dict[int, tuple[Any, bytes, Watch]] = {}
        self._lock = threading.Lock()

    def resolve(self, function: Callable[..., Any]) -> Resolved:
        """Return the code behind `function`, reusing what is still current."""
        known = self._functions.get(id(function))
        if known is not None and known[0] is function and known[1].is_current():
            return known[1]
        resolved = _resolve(function)
        self._keep(self._functions, id(function), (function, resolved))
        return resolved

    def code_of(self, target: Any) -> tuple[bytes, list[tuple[str, Any]]]:
        """Return a digest of all code behind a function, class or callable, and the data that it reads.

        Parameters
        ----------
        target
            A function, lambda, method, partial, class, builtin or an object
            whose class is the user's.

        Returns
        -------
        tuple
            The digest, the same in every process; and labels and present values
            of the data: globals, closures, defaults, what partials and bound
            methods hold.
        """
        known = self._targets.get(id(target))
        if known is not None and known[0] is target and known[2].is_current():
            return known[1], known[2].read()
        walk = Walk(target, open_up)
        name = target.__name__ if isinstance(target, FunctionType) else ""  # those who get it may ask for its name
        found = combine(b"code", name.encode("utf-8", "surrogatepass"), walk.digest())
        watch = walk.watch()
        self._keep(self._targets, id(target), (target, found, watch))
        return found, watch.read()

    def changed(self, old: CodeVersion, new: CodeVersion) -> list[str]:
        """Return the names of the pieces of code that differ between two versions; the op itself has none."""
        return [one.name for one in difference(old, new)]

    def _keep(self, known: dict[int, Any], at: int, entry: Any) -> None:
        with self._lock:
            known.pop(at, None)
            if len(known) >= _REMEMBERED:
                del known[next(iter(known))]
            known[at] = entry


def _resolve(function: Callable[..., Any]) -> Resolved:
    walk = Walk(function, open_up)
    watch = walk.watch()
    helpers = walk.helpers()
    version = CodeVersion(
        digest=combine(b"version", walk.digest()),
        source=walk.nodes[0].text or "",
        helpers=helpers,
        reads=walk.reads(),
        complete=not walk.gaps,
        pieces={label: digest.hex() for label, digest in walk.pieces().items()},
        gaps=tuple(walk.gaps),
    )
    unseen = tuple(reason for reason, is_unseen in walk.gaps.items() if is_unseen)
    return Resolved(version, unseen, watch.is_unchanged, watch.is_current, watch.read)
