"""The file of a database, before SQLite opens it: whether it can be one, and whose it is."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from mandala_lab.model.errors import StoreError

_making = threading.Lock()


def prepare_file(path: str) -> None:
    """Say plainly why a path cannot be a store, before SQLite says it darkly; make a file that is missing.

    It is its owner's alone, and SQLite gives the files beside it the same mode.

    Raises
    ------
    StoreError
        When there can be no store.
    """
    if path == ":memory:":
        return
    place = Path(path)
    if place.is_dir():
        raise StoreError(f"{path} is a folder; give the path of a file, such as {place / 'results.db'}")
    if not place.parent.is_dir():
        raise StoreError(f"{path}: the folder {place.parent} does not exist; create it or choose another path")
    if not os.access(place if place.exists() else place.parent, os.W_OK):
        raise StoreError(f"{path} cannot be written: check its permissions or choose another path")
    _make(place)


def _make(place: Path) -> None:
    """Make an empty file, unless there is one.

    One at a time: closing a file gives back all locks that this process has on it, so
    it is closed before another thread finds it and lets SQLite lock it.
    """
    with _making:
        if place.exists():
            return
        try:
            os.close(os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:  # another process was quicker
            return
        except OSError as error:
            raise StoreError(f"{place} cannot be made: {error.strerror or error}") from error
