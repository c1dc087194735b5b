"""The code version of a function: its own code and the user code it reaches.

Owns when a version that was found is still true. What a function reaches is
`mandala_lab.versions.reach`'s; how code becomes a digest is `syntax`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mandala_lab.model.hashing import combine
from mandala_lab.model.ops import CodeVersion
from mandala_lab.model.refs import is_immutable
from mandala_lab.versions.reach import MISSING, Place, Walk, is_code
from mandala_lab.versions.source import source_of


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one function object reaches (see `mandala_lab.ports.version_resolver`)."""

    version: CodeVersion
    code: list[Place]
    data: list[Place]

    def is_current(self) -> bool:
        """Whether every place still holds the code (or the absence) that it held, and data is still data."""
        return all(place.now() is place.seen for place in self.code) and not any(
            is_code(place.now()) for place in self.data
        )

    def is_unchanged(self) -> bool:
        """Whether every place, of code and of data, holds the very object that it held, and nobody can change it."""
        return self.is_current() and all(place.now() is place.seen and is_immutable(place.seen) for place in self.data)

    def read_globals(self) -> list[tuple[str, Any]]:
        """Return the data that the function reads."""
        return [(place.label, place.seen) for place in self.data if place.seen is not MISSING]

    def looking_again(self) -> Resolved:
        """Return the same code with the data that lies there now."""
        if all(place.now() is place.seen for place in self.data):
            return self
        return replace(self, data=[replace(place, seen=place.now()) for place in self.data])


class Resolver:
    """Resolves functions to code versions, once per function object and change."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Callable[..., Any], Resolved]] = {}

    def resolve(self, function: Callable[..., Any]) -> Resolved:
        """Return the code behind `function`, reusing what is still current."""
        known = self._known.get(id(function))
        if known is not None and known[0] is function and known[1].is_current():
            resolved = known[1].looking_again()
        else:
            resolved = _resolve(function)
        self._known[id(function)] = (function, resolved)
        return resolved

    def changed(self, old: CodeVersion, new: CodeVersion) -> list[str]:
        """Return the names of the pieces of code that differ between two versions."""
        before, after = {"the op itself": old.source, **old.helpers}, {"the op itself": new.source, **new.helpers}
        return [name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)]


def _resolve(function: Callable[..., Any]) -> Resolved:
    walk = Walk()
    own = walk.start(function)
    parts = [label.encode("utf-8", "surrogatepass") + b"\0" + found for label, found in sorted(set(walk.digests))]
    version = CodeVersion(
        digest=combine(b"version", own, *parts),
        source=source_of(function) or "",
        helpers=walk.helpers,
        reads=tuple(sorted({place.label for place in walk.data})),
        complete=walk.complete,
    )
    return Resolved(version, walk.code, walk.data)
