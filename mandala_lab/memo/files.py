"""`File`: a file as a value, known by its content."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from blake3 import blake3

from mandala_lab.memo.encoding.forms import Form, add
from mandala_lab.model.errors import CorruptValueError
from mandala_lab.model.hashing import DIGEST_SIZE

_PIECE = 1 << 22
_SMALL = 1 << 14


class File(os.PathLike[str]):
    """A file as an argument or a result: keyed by its content and its name, wherever it lies.

    The content is read for each call, at the speed of the disk or of memory, so a
    change is seen whatever its date says. It is not kept: the store holds where the
    file was and the digest of its content. A file that comes out of a store is given
    to a body, or opened, only while its content is what it was.

    Parameters
    ----------
    path
        Where it lies. What opens paths takes a `File` too: ``open(file)``.

    Attributes
    ----------
    path : pathlib.Path
        Its absolute path.

    Raises
    ------
    FileNotFoundError
        When there is no file at `path`.
    CorruptValueError
        When the content of a file that was recorded is another now.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mandala_lab import File, Storage, op
    >>> @op
    ... def words(file):
    ...     with open(file) as text:
    ...         return len(text.read().split())
    >>> notes = pathlib.Path(tempfile.mkdtemp(), "notes.txt")
    >>> with Storage() as storage:
    ...     _ = notes.write_text("to be")
    ...     before = words(File(notes)).value
    ...     _ = notes.write_text("or not to be")
    ...     before, words(File(notes)).value
    (2, 4)
    """

    __slots__ = ("_path", "_recorded")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).expanduser().absolute()
        self._recorded: bytes | None = None
        if not self._path.is_file():
            what = "is a folder: give its files" if self._path.is_dir() else "is not there"
            raise FileNotFoundError(f"File({str(path)!r}): {self._path} {what}")

    def __init_subclass__(cls) -> None:
        raise TypeError(
            f"{cls.__name__} cannot be a subclass of File, which is keyed by content because it is of this very class; "
            "keep a File in an attribute instead"
        )

    @property
    def path(self) -> Path:  # noqa: D102 - said above
        if self._recorded is not None and _digest(self._path) != self._recorded:
            raise CorruptValueError(
                f"the file {self._path} is not what it was when it was recorded; bring that content back, "
                "call the op with the file as it is now, or drop the call that wrote it to write it again"
            )
        return self._path

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"File({str(self._path)!r})"


def _digest(path: Path) -> bytes:
    digest = blake3(max_threads=blake3.AUTO)
    try:
        with path.open("rb", buffering=0) as file:  # not mapped: to cut a mapped file ends the process
            buffer = memoryview(bytearray(min(_PIECE, max(_SMALL, os.fstat(file.fileno()).st_size))))
            while size := file.readinto(buffer):
                digest.update(buffer[:size])
    except OSError as error:
        raise CorruptValueError(f"the file {path} cannot be read: {error.strerror or error}") from error
    return digest.digest(DIGEST_SIZE)


def _content(file: File) -> Any:
    return file.path.name, file._recorded or _digest(file.path)  # noqa: SLF001 - of this module


def _data(file: File) -> Any:
    return str(file.path), _content(file)[1]


def _recorded(parts: Any) -> File:
    path, digest = parts
    file = File.__new__(File)
    file._path, file._recorded = Path(path), bytes(digest)  # noqa: SLF001 - of this module
    return file


add(File, Form("mandala_lab.File", _content, _recorded, _data))
