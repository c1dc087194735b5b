"""Files that are written for a user: never over a store."""

from __future__ import annotations

from pathlib import Path

from mandala_lab.model.errors import StoreError

_DATABASE = b"SQLite format 3\0"


def target(path: str | Path, ending: str) -> Path:
    """Return the absolute path of a file that is to be written, or written anew.

    Raises
    ------
    ValueError
        When it has not the ending that says what it holds.
    StoreError
        When there is no folder for it, or a store would be lost.

    Examples
    --------
    >>> target("backup.tar", ".zip")
    Traceback (most recent call last):
        ...
    ValueError: backup.tar does not end in .zip, and that is what is written: name it backup.zip
    """
    try:
        place = Path(path).expanduser().resolve()
        is_store = place.is_file() and _begins(place, _DATABASE)
    except (OSError, RuntimeError, ValueError) as error:
        raise StoreError(f"{str(path)!r} cannot be written: {error}") from error
    if place.is_dir() or is_store:
        what = "a folder" if place.is_dir() else "a store, or another database"
        raise StoreError(f"{path} is {what}: choose another name")
    if Path(path).suffix.lower() != ending:
        better = Path(path).with_suffix(ending) if Path(path).name else f"backup{ending}"
        raise ValueError(f"{path} does not end in {ending}, and that is what is written: name it {better}")
    if not place.parent.is_dir():
        raise StoreError(f"the folder {place.parent} does not exist; create it or choose another path")
    return place


def _begins(place: Path, head: bytes) -> bool:
    with place.open("rb") as file:
        return file.read(len(head)) == head
