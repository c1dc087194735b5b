"""`Leases`: which process runs which call now, of those that share a store."""

from __future__ import annotations

from typing import Protocol


class Leases(Protocol):
    """Rights to run a call, each held by one process at a time and gone with it.

    Any thread may call these; threads of one process are told apart elsewhere.
    """

    def take(self, key: bytes) -> bool:
        """Take the right to run the call of this key, unless another process has it. It counts how often."""
        ...

    def give_back(self, key: bytes) -> None:
        """Give a right back that was taken."""
        ...

    def holder(self, key: bytes) -> str:
        """Say which process has the right, for people; empty where nobody has it, or it is not known."""
        ...

    def start_anew(self) -> None:
        """Hold nothing, in a process that was forked."""
        ...
