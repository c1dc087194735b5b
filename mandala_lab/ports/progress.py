"""`ProgressDisplay`: where a long loop of calls shows how far it is."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Tally(NamedTuple):
    """What a burst of calls came to so far.

    Attributes
    ----------
    computed, cached, failed
        Numbers of top-level calls.
    nested
        Number of calls that were made in the bodies of others.
    elapsed_s
        Seconds since the first of them.
    """

    computed: int
    cached: int
    failed: int
    nested: int
    elapsed_s: float

    @property
    def calls(self) -> int:
        """Number of top-level calls."""
        return self.computed + self.cached + self.failed


class ProgressDisplay(Protocol):
    """Shows a tally, where there is somebody to see it."""

    def show(self, tally: Tally) -> None:
        """Show this in place of what is shown; called on the thread of a call, a few times a second."""
        ...

    def hide(self) -> None:
        """Take away what is shown; repeating is harmless."""
        ...
