"""`FileLeases`: leases as locks on single bytes of a file beside the store.

The operating system gives a lock back when its holder dies, however that happens,
and no clock is asked: nobody waits for a dead owner, and a body that keeps its
process busy for hours loses nothing. Taking and giving back one costs about 2 us.

Such locks belong to a process, whose threads share them, and closing the file
anywhere in it would lose them all; so a process opens the file once.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
import weakref
from pathlib import Path

from mandala_lab.model.errors import StoreError

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]

_MASK = 2**62 - 1  # the largest offset is 2**63 - 1
_FLOCK = struct.Struct("hhqqi4x")


class FileLeases:
    """Leases of one store (see `mandala_lab.ports.leases`).

    Parameters
    ----------
    path
        The file, made when the first lease is taken; nothing is written to it.
    like
        File whose users may use the leases too; by default its owner alone may.

    Raises
    ------
    StoreError
        By `take`, where the file or its locks cannot be had.
    """

    def __init__(self, path: str, like: str | None = None) -> None:
        self._path = path
        self._like = like
        self._file: int | None = None
        self._lock = threading.Lock()
        self._held: dict[int, int] = {}  # how often, by place

    def take(self, key: bytes) -> bool:
        place = _place(key)
        with self._lock:
            held = self._held.get(place, 0)
            if not held and not self._locked(place):
                return False
            self._held[place] = held + 1
            return True

    def give_back(self, key: bytes) -> None:
        place = _place(key)
        with self._lock:
            held = self._held.pop(place, 0)
            if held > 1:
                self._held[place] = held - 1
            elif held and self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)

    def holder(self, key: bytes) -> str:
        if self._file is None:
            return ""
        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _place(key), 1, 0)
        try:
            found = _FLOCK.unpack(fcntl.fcntl(self._file, fcntl.F_GETLK, asked))
        except (OSError, struct.error):  # laid out in another way on this system
            return ""
        return "" if found[0] == fcntl.F_UNLCK else f"process {found[4]}"

    def start_anew(self) -> None:
        self._lock = threading.Lock()
        self._held.clear()  # the locks are the parent's; its open file is ours too

    def _locked(self, place: int) -> bool:
        if fcntl is None:
            return True
        try:
            if self._file is None:
                self._file = self._opened()
                weakref.finalize(self, os.close, self._file).atexit = False
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except (BlockingIOError, PermissionError):  # which of them depends on the system
            if self._file is None:
                raise StoreError(f"{self._path} cannot be opened") from None
            return False
        except OSError as error:
            raise StoreError(f"{self._path} cannot be locked: {error.strerror or error}") from error
        return True

    def _opened(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        mode = 0o600
        with contextlib.suppress(OSError):  # it was deleted
            mode |= 0 if self._like is None else Path(self._like).stat().st_mode & 0o666
        try:
            file = os.open(self._path, flags | os.O_EXCL, 0o600)
        except FileExistsError:
            return os.open(self._path, flags)
        os.fchmod(file, mode)
        return file


def _place(key: bytes) -> int:
    """Return the byte that stands for a key; that two keys share one is as good as impossible."""
    return int.from_bytes(key[:8], "big") & _MASK
