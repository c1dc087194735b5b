"""A store in one file: a zip of the database as it is at one moment, and of the large values beside it.

What is read of an archive is what `pack` puts into one, by exact names and within
the sizes that it says itself, whatever else the file holds.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import msgspec

from mandala_lab.model.errors import StoreError
from mandala_lab.ports.call_store import CallStore

FORMAT = 1
_DATABASE, _MANIFEST, _VALUES = "store.db", "manifest.json", "store.db.values/"
_VALUE = re.compile(re.escape(_VALUES) + "[0-9a-f]{40}")
_ZIP = b"PK\3\4"
_PIECE = 1 << 20
_TRIES = 20
_TROUBLE = (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error)
_LARGEST_MANIFEST = 1 << 26


class Manifest(msgspec.Struct, forbid_unknown_fields=True):
    """What an archive says of itself: bytes by name of all that it holds."""

    format: int
    sizes: dict[str, Annotated[int, msgspec.Meta(ge=0)]]


def pack(store: CallStore, path: Path, tell: Callable[[int], None]) -> int:
    """Write a store to a new archive; return the bytes of the archive. `tell` learns how many bytes were packed.

    Raises
    ------
    StoreError
        When it cannot be written, or a value cannot be read; then nothing is left of it.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        for attempt in range(_TRIES):
            try:
                _pack(store, part, tell)
                break
            except LookupError as error:  # it was collected a moment ago, and the next snapshot does not speak of it
                if attempt == _TRIES - 1:
                    raise StoreError(f"{error}: repair the store first, with 'mandala fsck --repair'") from error
        part.chmod(0o600)
        part.replace(path)
    except OSError as error:
        raise StoreError(f"the archive {path} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return path.stat().st_size


def _pack(store: CallStore, part: Path, tell: Callable[[int], None]) -> None:
    with tempfile.TemporaryDirectory(prefix=".mandala-", dir=part.parent) as folder:
        copy = Path(folder) / _DATABASE
        large = store.snapshot(str(copy))
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            sizes = {_DATABASE: _add(archive, _DATABASE, copy, tell)}
            for cid in large:
                name = _VALUES + cid.hex()
                data = memoryview(store.large_value(cid).data)
                with archive.open(name, "w", force_zip64=True) as file:
                    sizes[name] = _written(file, data, tell)
            archive.writestr(_MANIFEST, msgspec.json.encode(Manifest(FORMAT, sizes)))


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Yield the database of an archive, with its large values beside it, in a folder that is gone afterwards.

    Raises
    ------
    StoreError
        When the file is no archive of a store, or is damaged.
    """
    with tempfile.TemporaryDirectory(prefix="mandala-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                _extract(archive, Path(folder), path)
        except _TROUBLE as error:
            raise StoreError(f"{path} cannot be read as an archive: {error}") from error
        yield Path(folder) / _DATABASE


def is_archive(path: Path) -> bool:
    """Whether a file is a zip, maybe a damaged one, rather than a database."""
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP or zipfile.is_zipfile(path) or path.suffix.lower() == ".zip"


def _extract(archive: zipfile.ZipFile, folder: Path, path: Path) -> None:
    names = set(archive.namelist())
    if _MANIFEST not in names or archive.getinfo(_MANIFEST).file_size > _LARGEST_MANIFEST:
        raise StoreError(f"{path} is a zip, but no archive of a store: it has no {_MANIFEST}")
    try:
        manifest = msgspec.json.decode(archive.read(_MANIFEST), type=Manifest)
    except msgspec.DecodeError as error:
        raise StoreError(f"{path} is no archive of a store: its {_MANIFEST} is damaged: {error}") from error
    if manifest.format != FORMAT:
        raise StoreError(f"{path} is an archive of format {manifest.format}, and this version reads {FORMAT}")
    (folder / _VALUES).mkdir(mode=0o700)
    for name, size in manifest.sizes.items():
        if name != _DATABASE and not _VALUE.fullmatch(name):
            raise StoreError(f"{path} is no archive of a store: it speaks of {name[:80]!r}")
        if name not in names:
            raise StoreError(f"{path} is damaged: it lacks {name}")
        with archive.open(name) as file, (folder / name).open("wb") as copy:
            _copy(file, copy, size, f"{path}: {name}")


def _copy(file: IO[bytes], copy: Any, size: int, what: str) -> None:
    """Copy exactly so many bytes."""
    left = size
    while piece := file.read(min(_PIECE, left + 1)):
        left -= len(piece)
        if left < 0:
            break
        copy.write(piece)
    if left:
        raise StoreError(f"{what} has not the size that the archive says")


def _add(archive: zipfile.ZipFile, name: str, path: Path, tell: Callable[[int], None]) -> int:
    size = 0
    with archive.open(name, "w", force_zip64=True) as file, path.open("rb") as source:
        while piece := source.read(_PIECE):
            file.write(piece)
            size += len(piece)
            tell(len(piece))
    return size


def _written(file: IO[bytes], data: memoryview, tell: Callable[[int], None]) -> int:
    for start in range(0, len(data), _PIECE):
        piece = data[start : start + _PIECE]
        file.write(piece)
        tell(len(piece))
    return len(data)
