"""`VersionResolver`: which code an op runs, and which globals it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from mandala_lab.model.ops import CodeVersion


class ResolvedCode(Protocol):
    """The code behind one function object, as of now."""

    @property
    def version(self) -> CodeVersion:
        """The code version."""
        ...

    def is_unchanged(self) -> bool:
        """Whether all code and data that the function reaches are the very same objects, which nobody can change."""
        ...

    def read_globals(self) -> list[tuple[str, Any]]:
        """Return names and values of the global data that the function reads, as they were when it was resolved."""
        ...


class VersionResolver(Protocol):
    """Finds the code version of a function."""

    def resolve(self, function: Callable[..., Any]) -> ResolvedCode:
        """Return the code behind `function` and the data that it reads, as they are now."""
        ...

    def changed(self, old: CodeVersion, new: CodeVersion) -> list[str]:
        """Return the names of the pieces of code that differ between two versions."""
        ...
