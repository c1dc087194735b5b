"""A store as one file, and one store taken into another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from mandala_lab.model.errors import DamagedStoreError, StoreError
from mandala_lab.model.files import target
from mandala_lab.storage.opened import Opened
from mandala_lab.sync import archive
from mandala_lab.sync.merge import Imported, merge
from mandala_lab.wiring.reading import open_for_reading, what_is_left

Tell = Callable[[int], None]


class Transfer(Opened):
    """Archives and merges."""

    def backup(self, path: str | Path, *, progress: Tell | None = None) -> int:
        """Write all that is stored to one new file, as it is at this moment; others may go on writing.

        Parameters
        ----------
        path
            The archive, which ends in ``.zip``; an older one there is replaced when the new one is whole.
        progress
            Is called with numbers of further bytes that were packed.

        Returns
        -------
        int
            Bytes of the archive.

        Raises
        ------
        StoreError
            When it cannot be written, or a store lies there.
        ValueError
            When it does not end in ``.zip``.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def square(x):
        ...     return x * x
        >>> with Storage("squares.db") as storage:
        ...     _ = square(3)
        >>> storage.backup("squares.zip") > 0
        True
        >>> print(Storage("restored.db").merge("squares.zip"))
        1 new calls and 0 new values
        """
        return archive.pack(self._written, target(path, ".zip"), progress or _nobody)

    def merge(self, path: str | Path, *, progress: Tell | None = None) -> Imported:
        """Take in what an archive or another store holds and this one lacks; repeating is harmless.

        Records keep the signatures of those who wrote them, so that those of others
        are no hits before they are trusted.

        Parameters
        ----------
        path
            An archive that `backup` wrote, or the file of a store. Of one whose database is damaged, that comes
            in which can be read.
        progress
            Is called with numbers of further records that were looked at.

        Raises
        ------
        StoreError
            When there is no such file, or it is neither.
        """
        found = take_in(Path(path).expanduser().resolve(), self, progress or _nobody)
        self._parts.forget()
        return found


def take_in(path: Path, storage: Opened, tell: Tell) -> Imported:
    """Take an archive or a store into a storage."""
    if not path.is_file():
        raise StoreError(f"there is no file {path}: give an archive, or a store")
    if archive.is_archive(path):
        with archive.unpacked(path) as database:
            return take_in(database, storage, tell)
    target, taken = storage._written, Counter[str]()  # noqa: SLF001 - of this room
    try:
        with closing(open_for_reading(str(path))) as source:
            return merge(source, target, tell, taken)
    except DamagedStoreError:
        with what_is_left(str(path)) as (source, is_whole):
            return replace(merge(source, target, tell, taken), whole=is_whole)


def _nobody(_number: int) -> None:
    """Learn of progress that nobody watches."""
