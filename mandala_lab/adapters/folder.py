"""`FolderBlobs`: large values as files of a folder, one for each, named by content id.

A file is written under another name and renamed when it is whole, so that nobody
sees half of it. Reading maps it into memory. Only regular files are values: a link,
a pipe or a folder under a value's name is as if nothing were there, and is never followed.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mandala_lab.model.errors import StoreError
from mandala_lab.model.values import Blob, Stray

_NAME = re.compile("[0-9a-f]{40}")
_ASIDE = ".damaged"
_OWNERS = ".stores"
_PIECE = 1 << 18
"""Bytes written at once: pieces of megabytes make Linux look for huge pages, up to ten times slower for 80 MB."""

_READING = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe that nobody writes to would be waited for
)
_NO_VALUE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.EIO}
"""Of opening: the file of a value is not there, is something else, or cannot be had from the disk any more."""


class FolderBlobs:
    """Blobs in a folder (see `mandala_lab.ports.blob_store`).

    Parameters
    ----------
    folder
        Made, for its owner only, when the first value comes.
    synced
        Let each value wait until it is on the disk.
    owner
        The store whose values lie in a folder that others may use too: noted with the
        first of them, in a file beside the folder, named like it with ``.stores``.
    """

    def __init__(self, folder: Path, *, synced: bool = False, owner: str | None = None) -> None:
        self._folder = folder
        self._synced = synced
        self._owner = owner
        beside = owner is None or folder not in Path(owner).parents  # each value is to be one file of the folder
        self._owners = folder.with_name(f"{folder.name}{_OWNERS}") if beside else folder / _OWNERS
        self._is_noted = owner is None

    @property
    def place(self) -> str:
        return str(self._folder)

    @property
    def is_shared(self) -> bool:
        if self._owner is None:
            return False
        with self._errors("read"):
            return any(owner != self._owner and Path(owner).is_file() for owner in self._known_owners())

    def _note_owner(self) -> None:
        if not self._is_noted and self._owner not in self._known_owners():
            with self._owners.open("a", encoding="utf-8", errors="surrogateescape") as file:
                file.write(f"{self._owner}\n")
        self._is_noted = True

    def _known_owners(self) -> list[str]:
        try:
            return self._owners.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        except FileNotFoundError:
            return []

    def put(self, cid: bytes, *parts: bytes | memoryview) -> None:
        path = self._path(cid)
        with self._errors("written to"):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._note_owner()
            number, name = tempfile.mkstemp(prefix=".", dir=self._folder)
            try:
                with open(number, "wb", buffering=0) as file:  # noqa: PTH123 - of a descriptor
                    for part in parts:
                        left = memoryview(part).cast("B")
                        while left:
                            left = left[file.write(left[:_PIECE]) :]
                    if self._synced:
                        os.fsync(file.fileno())
                Path(name).replace(path)
                if self._synced:
                    _sync_names(self._folder)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    def has(self, cid: bytes) -> bool:
        return _is_regular(self._path(cid))

    def get(self, cid: bytes) -> Blob:
        path = self._path(cid)
        with self._errors("read"), _opened(path) as number:
            status = os.fstat(number)
            mapped = mmap.mmap(number, 0, access=mmap.ACCESS_READ) if status.st_size else b""
        return Blob(memoryview(mapped), (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))

    def strays(self, is_known: Callable[[bytes], bool]) -> Iterator[Stray]:
        now = time.time()
        with self._errors("read"):
            entries = sorted(os.scandir(self._folder), key=lambda one: one.name) if self._folder.is_dir() else []
        for entry in entries:
            named_by_content = _NAME.fullmatch(entry.name)
            if entry.name == _OWNERS or (not named_by_content and not entry.name.startswith(".")):  # no value of ours
                continue
            if named_by_content and is_known(bytes.fromhex(entry.name)):
                continue
            with contextlib.suppress(FileNotFoundError):  # it was written, or deleted, just now
                status = entry.stat(follow_symlinks=False)
                yield Stray(entry.name, status.st_size, now - status.st_mtime)

    def remove_stray(self, name: str) -> None:
        with self._errors("written to"):
            path = self._folder / Path(name).name
            if not path.is_dir():
                path.unlink(missing_ok=True)

    def set_aside(self, cid: bytes) -> None:
        with self._errors("written to"), contextlib.suppress(FileNotFoundError):
            self._path(cid).replace(self._aside(cid))

    def size_set_aside(self, cid: bytes) -> int:
        path = self._aside(cid)
        with self._errors("read"):
            return path.lstat().st_size if _is_regular(path) else 0

    def discard_set_aside(self, cid: bytes) -> None:
        with self._errors("written to"):
            self._aside(cid).unlink(missing_ok=True)

    def delete(self, cid: bytes) -> None:
        with self._errors("written to"):
            self._path(cid).unlink(missing_ok=True)

    def _path(self, cid: bytes) -> Path:
        return self._folder / cid.hex()

    def _aside(self, cid: bytes) -> Path:
        return self._folder / f"{cid.hex()}{_ASIDE}"

    @contextlib.contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:  # no name of a folder, a file that was cut at this moment
            raise StoreError(f"the folder of large values {self._folder} cannot be {done}: {error}") from error


def _sync_names(folder: Path) -> None:
    """Let the names of files in a folder wait until they are on the disk, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Yield the descriptor of a regular file; `LookupError` where there is none."""
    try:
        number = os.open(path, _READING)
    except OSError as error:
        if error.errno not in _NO_VALUE:
            raise
        raise LookupError(f"the file {path} of a stored value cannot be had: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise LookupError(f"the file {path} of a stored value is no regular file")
        yield number
    finally:
        os.close(number)
