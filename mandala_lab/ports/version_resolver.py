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

    @property
    def unseen(self) -> tuple[str, ...]:
        """The gaps of the version through which a change can go unseen, so that results may be stale."""
        ...

    def is_unchanged(self) -> bool:
        """Whether nothing that counts, code or data, has changed or could have changed unseen.

        True only if every place that the function looks at holds the identical
        object, and all data among it is immutable. Asked at every warm hit.
        """
        ...

    def read_globals(self) -> list[tuple[str, Any]]:
        """Return names and present values of the global data that the function reads."""
        ...


class VersionResolver(Protocol):
    """Finds the code version of a function."""

    def resolve(self, function: Callable[..., Any]) -> ResolvedCode:
        """Return the code behind `function`, reusing what is still current."""
        ...

    def changed(self, old: CodeVersion, new: CodeVersion) -> list[str]:
        """Return the names of the pieces of code that differ between two versions; the op itself has none."""
        ...

    def code_of(self, target: Any) -> tuple[bytes, list[tuple[str, Any]]]:
        """Return a digest of all code behind a function, class or callable, and the data that it reads."""
        ...
