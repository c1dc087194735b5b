"""The floor: what no memoizer in Python can beat at each work, done by hand.

It is no memoizer: it is told what to look for, and checks nothing.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import works
from bodies import scale
from contestants import Contestant, Functions


class Floor(Contestant):
    """A dict lookup, a bare SQLite statement, or the digest of a buffer."""

    name = "floor"

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def open(self, folder: str, functions: Functions = (), *, grouped: bool = False) -> None:  # noqa: ARG002
        """Open the database."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        self._folder = place
        self._database = sqlite3.connect(place / "floor.db", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS known (number INTEGER PRIMARY KEY, factor REAL, result REAL)"
        )

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def run(self, work: works.Work, arguments: works.Arguments) -> list[Any]:
        """Do what stands for the calls."""
        results: list[Any] = getattr(self, f"_{work.floor.replace(' + ', '_').replace(' ', '_')}")(work, arguments)
        return results

    def fill(self, work: works.Work, arguments: works.Arguments) -> list[Any]:
        """Make the calls known."""
        results = works.run(work, works.PLAIN, arguments)
        if work.floor == "select":
            rows = [(*pair, result) for pair, result in zip(arguments, results, strict=True)]
            self._database.executemany("INSERT INTO known VALUES (?, ?, ?)", rows)
        elif work.large:
            self._known[self._digest(work, arguments[0][0])] = results[0]
        elif len(work.body) == 3:
            self._known.update((number, result) for (number,), result in zip(arguments, results, strict=True))
        else:
            self._known.update(zip(arguments, results, strict=True))
        return results

    def _dict(self, work: works.Work, arguments: works.Arguments) -> list[Any]:
        known = self._known
        if len(work.body) == 3:  # a look-up for each link
            return [(known[number], known[number], known[number])[2] for (number,) in arguments]
        return [known[pair] for pair in arguments]

    def _select(self, _: works.Work, arguments: works.Arguments) -> list[Any]:
        query = "SELECT result FROM known WHERE number = ? AND factor = ?"
        execute = self._database.execute
        return [execute(query, pair).fetchone()[0] for pair in arguments]

    def _insert(self, _: works.Work, arguments: works.Arguments) -> list[Any]:
        results = []
        execute = self._database.execute
        for number, factor in arguments:
            result = scale(number, factor)
            execute("INSERT INTO known VALUES (?, ?, ?)", (number, factor, result))  # commits by itself
            results.append(result)
        return results

    def _insert_grouped(self, work: works.Work, arguments: works.Arguments) -> list[Any]:
        self._database.execute("BEGIN")
        results = self._insert(work, arguments)
        self._database.execute("COMMIT")
        return results

    def _file(self, work: works.Work, arguments: works.Arguments) -> list[Any]:
        import numpy as np

        results = works.run(work, works.PLAIN, arguments)
        for (number, _), array in zip(arguments, results, strict=True):
            np.save(self._folder / f"{number}.npy", array)
        return results

    def _by_digest(self, work: works.Work, arguments: works.Arguments) -> list[Any]:
        return [self._known[self._digest(work, argument)] for (argument,) in arguments]

    _blake3 = _arrow_blake3 = _pickle_blake3 = _by_digest

    def _digest(self, work: works.Work, argument: Any) -> bytes:
        from blake3 import blake3

        digest = blake3()
        for buffer in _BUFFERS[work.floor](argument):
            digest.update(buffer)
        return bytes(digest.digest())


def _arrow_buffers(frame: Any) -> list[Any]:
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    chunks = (chunk for column in table.columns for chunk in column.chunks)
    return [buffer for chunk in chunks for buffer in chunk.buffers() if buffer is not None]


_BUFFERS: dict[str, Callable[[Any], list[Any]]] = {
    "blake3": lambda array: [memoryview(array).cast("B")],
    "arrow + blake3": _arrow_buffers,
    "pickle + blake3": lambda tree: [pickle.dumps(tree, protocol=5)],
}
