"""What can be wrong with a store, as it is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, Protocol

from mandala_lab.model.values import StoredValue

FaultKind = Literal["corrupt", "other"]
FaultPlace = Literal["database", "pages", "op", "version", "run", "call", "edges", "value", "file", "disk"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written.

    Attributes
    ----------
    kind
        ``"corrupt"``: a result could be wrong or is lost; ``"other"``: nothing is lost, but it should not be so.
    place
        Where; ``"disk"`` for a value that could not be looked at just now.
    id
        Content id of a value, history id of a call (or its row, as ``#12``, where the id itself is damaged), row
        of an op or a run, name of a file.
    detail
        What is wrong, in a sentence.
    """

    kind: FaultKind
    place: FaultPlace
    id: str
    detail: str

    def __str__(self) -> str:
        return f"{self.place} {self.id}: {self.detail}" if self.id else f"{self.place}: {self.detail}"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A damaged record that a repair put where nobody finds it.

    Attributes
    ----------
    kind
        ``"value"``, ``"call"`` or ``"version"`` (of code).
    id
        Content id of a value, history id of a call, digest of a version.
    reason
        What was wrong, in a sentence.
    at_s
        When it was set aside, in seconds since 1970.
    bytes
        What it takes.
    made_again
        Whether there is a whole one in its place by now.
    """

    kind: str
    id: str
    reason: str
    at_s: float
    bytes: int
    made_again: bool


class CheckWatch(Protocol):
    """Who watches a check go on, and helps where a value has to be looked at."""

    @property
    def foreign(self) -> Counter[str]:
        """Numbers of records that somebody else signed, by fingerprint."""
        ...

    def fault(self, fault: Fault) -> None:
        """Learn of a fault."""
        ...

    def calls(self, number: int) -> None:
        """Learn that further calls were looked at."""
        ...

    def values(self, number: int) -> None:
        """Learn that further values were looked at."""
        ...

    def verify(self, stored: StoredValue) -> None:
        """Raise `CorruptValueError` where a value that is verified by its content is another one."""
        ...
