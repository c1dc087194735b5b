"""A bound on what a store takes, kept while calls are written; never on the way of a hit.

Owns when to look and what is in use at that moment. Does not own what is deleted:
that is for whoever made the quota to say.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import CallEntry
from mandala_lab.model.errors import StoreError
from mandala_lab.model.holdings import Collected

_SHARE = 0.1  # of the quota, that is written until the next look
_CALL_BYTES = 500


class Quota:
    """Looks at what a store takes, and lets some of it go when that is too much.

    Parameters
    ----------
    max_bytes
        The quota.
    taken
        Returns about how many bytes are taken, quickly.
    collect
        Collects where calls and values take more than the quota; it is given the ids of what is in use.
    """

    def __init__(
        self, max_bytes: int, taken: Callable[[], int], collect: Callable[[Sequence[bytes]], Collected]
    ) -> None:
        self._max_bytes = max_bytes
        self._taken = taken
        self._collect = collect
        self._beside = 0  # what is taken by neither calls nor values
        self._written = 1  # since the last look: at first that of others
        self._told = False
        self.start_anew()

    def start_anew(self) -> None:
        """Go on in a forked process."""
        self._looking = threading.Lock()

    def wrote(self, entries: Sequence[CallEntry], in_use: Callable[[], Sequence[bytes]]) -> None:
        """Note what was written, and look when it was much."""
        self._written += sum(_CALL_BYTES + sum(value.size for value in entry.values) for entry in entries)
        if self._written > _SHARE * self._max_bytes:
            self.look([*in_use(), *(entry.hid for entry in entries)])

    def rest(self, in_use: Sequence[bytes]) -> None:
        """Look, if anything was written since that was done."""
        if self._written:
            self.look(in_use)

    def look(self, in_use: Sequence[bytes]) -> None:
        """Collect if too much is taken; trouble costs no caller a result, and is told once."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            self._written = 0
            if self._taken() - self._beside <= self._max_bytes:
                return
            found = self._collect(in_use)
            self._beside = max(0, self._taken() - found.kept)
            if found.kept > self._max_bytes:
                self._tell(f"the store takes {found.kept:,} bytes, and its quota cannot be met: {found.reason}")
        except StoreError as error:
            self._tell(f"the quota of the store could not be kept: {error}")
        finally:
            self._looking.release()

    def _tell(self, text: str) -> None:
        if not self._told:
            self._told = True
            warn_user(text)
