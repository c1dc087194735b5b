"""Where stores and their large values lie: paths and folders out of what a user says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mandala_lab.memo.warn import warn_user
from mandala_lab.model.errors import StoreError
from mandala_lab.settings import Settings

if TYPE_CHECKING:
    from mandala_lab.adapters.sql.store import SqlCallStore

MEMORY = ":memory:"
_SQLITE = "sqlite:///"


def place_large_values(
    store: SqlCallStore, path: str, settings: Settings | None, *, must_be_there: bool = True
) -> None:
    """Let large values lie in the folder that was chosen, now or when the store was made, else beside the file."""
    from mandala_lab.adapters.folder import FolderBlobs

    known = store.setting("overflow_dir")
    chosen = settings.overflow_dir if settings is not None else None
    before = Path(known) if known is not None else None if path == MEMORY else Path(f"{path}.values")
    folder = before if chosen is None else _chosen_folder(chosen)
    if folder is None:
        return
    if must_be_there:
        _require_values(store, folder, before)
    if chosen is not None and str(folder) != known:
        store.set_setting("overflow_dir", str(folder))
    megabytes = settings.overflow_threshold_MB if settings is not None else 0.0
    synced = settings is not None and settings.durability == "power"
    apart = folder == Path(f"{path}.values")
    owner = None if apart or path == MEMORY else path
    store.spill_to(FolderBlobs(folder, synced=synced, owner=owner), int(megabytes * 2**20))


def _require_values(store: SqlCallStore, folder: Path, before: Path | None) -> None:
    """Refuse a folder without the large values that the store has: they lie elsewhere, or were moved."""
    sample = store.some_spilled_values()  # asked first, since another may be making the folder with its first value
    if not sample:
        return
    if not folder.is_dir() and folder == before:
        raise StoreError(
            f"large values of this store lie in {folder}, which is no folder or not there; bring it back, or say where "
            "it is now with overflow_dir; if it is gone for good, make an empty one: its values are made again when "
            "they are asked for"
        )
    if folder != before and not any(_is_file(folder / cid.hex()) for cid in sample):
        raise StoreError(
            f"overflow_dir is {folder}, and large values of this store are not there: it kept them in {before}; move "
            "them to the new folder first, or leave overflow_dir out"
        )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _chosen_folder(chosen: str | Path) -> Path:
    try:
        folder = Path(chosen).expanduser().resolve()
        folder.is_dir()  # which the system may refuse to say of such a name
        os.fsencode(folder)
    except (OSError, RuntimeError, ValueError) as error:  # no such user's home, a NUL in the name
        raise StoreError(
            f"overflow_dir={str(chosen)[:200]!r} is no folder: {error}; give one such as values"
        ) from error
    return folder


def is_shared(path: str, *, allowed: bool) -> bool:
    """Whether a store lies on a network file system, with a warning; where that is not `allowed` it is refused."""
    from mandala_lab.adapters.places import network_file_system

    kind = None if path == MEMORY else network_file_system(path)
    if kind is None:
        return False
    if not allowed:
        raise StoreError(
            f"{path} lies on a network file system ({kind}), where SQLite may lose or damage what several programs "
            "write: choose a path on a local disk, or pass allow_network=True if one program at a time writes to it"
        )
    warn_user(
        f"{path} lies on a network file system ({kind}): the store is written without a write-ahead log, which is "
        "slower, and only one program at a time may write to it"
    )
    return True


def local_path(place: str) -> str:
    """Return the absolute path of a store, or ``":memory:"``.

    Raises
    ------
    StoreError
        When it is of a kind that this version does not know, or no path.
    """
    if place.startswith(_SQLITE):
        place = place.removeprefix(_SQLITE) or MEMORY
    elif "://" in place:
        scheme = place.split("://", 1)[0]
        raise StoreError(f"{scheme}: stores lie in an SQLite file in this version; give a path, such as results.db")
    if place == MEMORY:
        return place
    try:
        return str(Path(place).expanduser().resolve())
    except (RuntimeError, ValueError) as error:  # no such user's home, a NUL in the name
        raise StoreError(f"{place!r} is no path: {error}; give one such as results.db") from error
