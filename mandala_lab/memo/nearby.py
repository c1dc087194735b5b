"""Values at hand: the tier between refs and the store, as the loader asks it.

Owns what may lie there (bytes that were verified, and are not mapped from a file) and
that a tier which fails is counted and skipped: it never costs anybody a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mandala_lab.model.values import StoredValue, TierCounts
from mandala_lab.ports.cache_tier import CacheTier

_T = TypeVar("_T")


class Nearby:
    """A tier that never fails, or none.

    Parameters
    ----------
    tier
        Where values are kept; ``None`` to keep none.

    Attributes
    ----------
    failures
        How often the tier failed.
    """

    def __init__(self, tier: CacheTier | None = None) -> None:
        self._tier = tier
        self.failures = 0

    def get(self, cid: bytes) -> StoredValue | None:
        """Return a value whose bytes were verified, if it is at hand."""
        return None if self._tier is None else self._tried(self._tier.get, cid, instead=None)

    def keep(self, value: StoredValue) -> None:
        """Keep a value whose bytes were verified; one that is mapped from a file is at hand already."""
        if self._tier is not None and value.identity is None:
            self._tried(self._tier.put, value, instead=None)

    def drop(self, cid: bytes) -> None:
        """Forget a value."""
        if self._tier is not None:
            self._tried(self._tier.drop, cid, instead=None)

    def clear(self) -> None:
        """Forget all values."""
        if self._tier is not None:
            self._tried(self._tier.clear, instead=None)

    def counts(self) -> TierCounts:
        """Return what was asked so far, and what is kept now."""
        return TierCounts() if self._tier is None else self._tried(self._tier.counts, instead=TierCounts())

    def start_anew(self) -> None:
        """Go on in a forked process."""
        if self._tier is not None:
            self._tried(self._tier.start_anew, instead=None)

    def _tried(self, ask: Callable[..., _T], *what: object, instead: _T) -> _T:
        try:
            return ask(*what)
        except Exception:  # whatever a tier raises: the store has the value
            self.failures += 1
            return instead
