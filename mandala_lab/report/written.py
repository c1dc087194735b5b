"""Writing an export: only over what is no store, and with one kind of error."""

from __future__ import annotations

from pathlib import Path

from mandala_lab.model.errors import StoreError
from mandala_lab.model.files import target


def write(path: str | Path, ending: str, content: str | bytes) -> Path:
    """Write a file whose name has this ending, and return its path as it was given.

    Raises
    ------
    ValueError
        When the name has another ending.
    StoreError
        When it cannot be written, or a store would be lost.
    """
    place = target(path, ending)
    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    try:
        place.write_bytes(data)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}") from error
    return Path(path)
