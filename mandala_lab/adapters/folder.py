"""`FolderBlobs`: large values as files of a folder, one for each, named by content id.

A file is written under another name and renamed when it is whole, so that nobody
sees half of it. Reading maps it into memory.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mandala_lab.model.errors import StoreError
from mandala_lab.model.values import Blob

_PIECE = 1 << 18
"""Bytes written at once: pieces of megabytes make Linux look for huge pages, up to ten times slower for 80 MB."""

_LEFT_S = 86_400.0
"""Age of a file from which on nobody is still writing it."""


class FolderBlobs:
    """Blobs in a folder (see `mandala_lab.ports.blob_store`).

    Parameters
    ----------
    folder
        Made, for its owner only, when the first value comes.
    synced
        Let each value wait until it is on the disk.
    """

    def __init__(self, folder: Path, *, synced: bool = False) -> None:
        self._folder = folder
        self._synced = synced

    @property
    def place(self) -> str:
        return str(self._folder)

    def put(self, cid: bytes, *parts: bytes | memoryview) -> None:
        path = self._path(cid)
        with self._errors("written to"):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    def has(self, cid: bytes) -> bool:
        return self._path(cid).is_file()

    def get(self, cid: bytes) -> Blob:
        path = self._path(cid)
        if not path.is_file():
            raise LookupError(f"the file {path} of a stored value is not there")
        with self._errors("read"), path.open("rb") as file:
            status = os.fstat(file.fileno())
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if status.st_size else b""
        return Blob(memoryview(mapped), (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))

    def delete(self, cid: bytes) -> None:
        with self._errors("written to"):
            self._path(cid).unlink(missing_ok=True)

    def held(self) -> Iterator[tuple[bytes, int]]:
        for path in self._files():
            with contextlib.suppress(ValueError, FileNotFoundError):  # no content id, or deleted just now
                yield bytes.fromhex(path.name), path.stat().st_size

    def leftovers(self) -> Iterator[tuple[str, int]]:
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                if path.name.startswith(".") and status.st_mtime < time.time() - _LEFT_S:
                    yield path.name, status.st_size

    def delete_leftover(self, name: str) -> None:
        with self._errors("written to"):
            (self._folder / name).unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        with self._errors("read"):
            return sorted(path for path in self._folder.glob("*") if path.is_file()) if self._folder.is_dir() else []

    def _path(self, cid: bytes) -> Path:
        return self._folder / cid.hex()

    @contextlib.contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(f"the folder of large values {self._folder} cannot be {done}: {error}") from error
