"""Counts: what happened in a run, a session or a store, and how much a store holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SpanTotals:
    """What happened in a run, a session or a store.

    Attributes
    ----------
    computed, cached, error
        Numbers of spans by status.
    computed_s
        Seconds spent in bodies of top-level spans.
    saved_s
        Seconds that the hits would have taken.
    """

    computed: int = 0
    cached: int = 0
    error: int = 0
    computed_s: float = 0.0
    saved_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a store holds: numbers of calls and of stored values, and bytes."""

    calls: int
    values: int
    value_bytes: int
    file_bytes: int


@dataclass(frozen=True, slots=True)
class Stats(SpanTotals):
    """What memoization came to.

    Attributes
    ----------
    misses
        Numbers of misses of this session by reason.
    calls, values
        Numbers of calls and of values in the store; small values lie in the
        records of calls and do not count.
    value_bytes, file_bytes
        Bytes of those values, and of the database.
    cache_hits, cache_misses, cache_evictions, cache_failures
        How often a value was at hand in memory or had to be read, made room for
        others, or the cache failed, in this session.
    cache_bytes
        About how many bytes of memory the values at hand take.
    collected
        Number of calls that this session deleted to keep the store small.
    """

    misses: Mapping[str, int] = field(default_factory=dict)
    calls: int = 0
    values: int = 0
    value_bytes: int = 0
    file_bytes: int = 0
    cache_hits: int = 0
    cache_misses: int = 0
    cache_evictions: int = 0
    cache_failures: int = 0
    cache_bytes: int = 0
    collected: int = 0

    @property
    def hits(self) -> int:
        """Number of calls that were answered without running."""
        return self.cached

    def __str__(self) -> str:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(self.misses.items(), key=lambda one: -one[1]))
        return (
            f"{self.cached} hits, {self.computed} computed in {self.computed_s:.3g} s, {self.error} failed; "
            f"{self.saved_s:.3g} s saved; misses: {why or 'none'}; "
            f"{self.calls} calls and {self.values} values in {self.file_bytes + self.value_bytes:,} bytes"
            f"{self._told_cache()}"
        )

    def _told_cache(self) -> str:
        if not self.cache_hits + self.cache_misses:
            return ""
        failed = f", {self.cache_failures} failures" if self.cache_failures else ""
        return (
            f"; values read: {self.cache_hits} from memory and {self.cache_misses} from the store, "
            f"{self.cache_evictions} evicted{failed}, {self.cache_bytes:,} bytes at hand"
        )
