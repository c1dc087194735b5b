"""The memoizers, each behind the same few methods, with its own defaults.

A peer is imported when it is first opened: the cost of importing it belongs to
it, and whoever lacks it can still run the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, ClassVar

import bodies

Functions = tuple[Callable[..., Any], ...]


class Contestant:
    """One memoizer on a folder of its own.

    Attributes
    ----------
    calls
        The memoized functions by name, when open.
    package
        The distribution to install.
    refs
        Whether a call returns a ref, whose value is loaded when asked for.
    writes_later
        Whether hits leave something in memory that is written later.
    once
        Whether it promises that equal calls of several processes at the same time run once.
    share
        Which part of the calls of the others it makes in a pass, so that one slow peer does not fill the time.
    """

    name: ClassVar[str]
    package: ClassVar[str | None] = None
    refs: ClassVar[bool] = False
    writes_later: ClassVar[bool] = False
    once: ClassVar[bool] = False
    share: ClassVar[float] = 1.0
    calls: dict[str, Callable[..., Any]]

    def open(self, folder: str, functions: Functions = bodies.ALL, *, grouped: bool = False) -> None:  # noqa: ARG002
        """Open the store in the folder, which may be empty, and memoize functions. Most cannot group commits."""
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - keeps imports few: a new process is timed
        self.prepare(folder)
        self.calls = {function.__name__: self.memoize(function) for function in functions}

    def prepare(self, folder: str) -> None:
        """Open the store."""

    def memoize(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, memoized."""
        raise NotImplementedError

    def close(self) -> None:
        """Release the store, so that `open` begins anew."""

    def block(self) -> AbstractContextManager[Any]:
        """Return the block in which calls are made; its end is on the clock."""
        return nullcontext()

    def fill(self, work: Any, arguments: list[tuple[Any, ...]]) -> list[Any]:
        """Make calls that nobody made before."""
        with self.block():
            return self.run(work, arguments)

    def run(self, work: Any, arguments: list[tuple[Any, ...]]) -> list[Any]:
        """Make the calls of a work."""
        import works  # here, for it is not needed in a new process, which is timed

        return works.run(work, self.calls, arguments)

    def finish(self, results: list[Any], form: str) -> list[Any]:
        """Bring results into a form, on the clock."""
        return self.values(results) if form == "value" else results

    def settle(self) -> None:
        """Finish, off the clock, what calls leave for later."""

    def values(self, results: list[Any]) -> list[Any]:
        """Return the values of results."""
        return results


class Plain(Contestant):
    """No memoizer at all: what the others' figures contain besides them."""

    name = "plain"

    def memoize(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return function


class MandalaLab(Contestant):
    """mandala_lab on a file."""

    name = "mandala_lab"
    package = "mandala-lab"
    refs = True
    writes_later = True
    once = True

    def open(self, folder: str, functions: Functions = bodies.ALL, *, grouped: bool = False) -> None:
        """Open the store, with grouped commits if asked."""
        self._options = grouping() if grouped else {}
        super().open(folder, functions)

    def prepare(self, folder: str) -> None:
        """Open the store and let it answer everywhere, as a notebook does."""
        import mandala_lab

        self._op = mandala_lab.op
        self.storage: Any = mandala_lab.Storage(os.path.join(folder, "store.db"), session="benchmark", **self._options)  # noqa: PTH118
        self.storage.activate()

    def memoize(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Make an op."""
        return self._op(function)

    def close(self) -> None:
        """Close the store; what this process remembers of its calls and their arguments goes with it."""
        self.storage.clear_cache(allow_uncommitted=True)
        self.storage.deactivate()
        self.storage.close()

    def finish(self, results: list[Any], form: str) -> list[Any]:
        """Load values, or wait until everything is written."""
        if form == "value":
            return [ref.value for ref in results]
        if form == "written":
            self.storage.flush()
        elif self._options:
            self.storage.commit()
        return results

    def settle(self) -> None:
        """Write the spans of hits, which else happens in a thread within 100 ms."""
        self.storage.flush()

    def values(self, results: list[Any]) -> list[Any]:
        """Load what is not loaded."""
        return list(self.storage.unwrap(results))


def grouping() -> dict[str, Any]:
    """Return the option of `Storage` that groups commits, set to 10 ms; empty if there is none.

    It is told by its name, as is its unit.
    """
    import inspect

    import mandala_lab

    parameters = inspect.signature(mandala_lab.Storage).parameters
    name = next((name for name in parameters if "group" in name or "behind" in name), None)
    if name is None:
        return {}
    return {name: 0.01 if name.endswith("_s") else 10 if name.endswith("_ms") else True}


class DiskCache(Contestant):
    """diskcache.Cache: rows of an SQLite file."""

    name = "diskcache"
    package = "diskcache"

    def prepare(self, folder: str) -> None:
        """Open the cache."""
        import diskcache

        self.cache = diskcache.Cache(folder)

    def memoize(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Key by the types of arguments too: else 1, 1.0 and True share a result."""
        memoized: Callable[..., Any] = self.cache.memoize(typed=True)(function)
        return memoized

    def close(self) -> None:
        """Close its connection."""
        self.cache.close()


class FanoutCache(DiskCache):
    """diskcache.FanoutCache: eight of them, for many writers."""

    name = "FanoutCache"

    def prepare(self, folder: str) -> None:
        """Open the cache."""
        import diskcache

        self.cache = diskcache.FanoutCache(folder)


class Joblib(Contestant):
    """joblib.Memory: a folder for each call."""

    name = "joblib"
    package = "joblib"

    def prepare(self, folder: str) -> None:
        """Make a memory on the folder."""
        import joblib

        self.memory = joblib.Memory(folder, verbose=0)

    def memoize(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Cache the function."""
        memoized: Callable[..., Any] = self.memory.cache(function)
        return memoized


class Marimo(Contestant):
    """marimo.persistent_cache: a pickle for each call. Outside an app, it is used as modules use it."""

    name = "marimo"
    package = "marimo"

    def prepare(self, folder: str) -> None:
        """Make the decorator."""
        import marimo

        self._decorator = partial(marimo.persistent_cache, save_path=folder)

    def memoize(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate where the function is at home: the names it reads are looked up in the frame of the decoration."""
        scope = {**function.__globals__, "decorate": self._decorator(), "function": function}
        memoized: Callable[..., Any] = eval("decorate(function)", scope)
        return memoized


class Pymandala(Contestant):
    """pymandala (imported as mandala): calls and their history in an SQLite file, written at the end of a block."""

    name = "pymandala"
    package = "pymandala"
    refs = True
    share = 0.1

    def prepare(self, folder: str) -> None:
        """Open the storage."""
        from mandala.imports import Storage, op

        self._op = op
        overflow = os.path.join(folder, "overflow")  # noqa: PTH118 - without it a value over 50 MB is an error
        os.makedirs(overflow, exist_ok=True)  # noqa: PTH103
        self.storage = Storage(os.path.join(folder, "store.db"), overflow_dir=overflow)  # noqa: PTH118

    def memoize(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Make an op."""
        memoized: Callable[..., Any] = self._op(function)
        return memoized

    def close(self) -> None:
        """Forget the storage; it keeps no connection."""
        del self.storage

    def block(self) -> AbstractContextManager[Any]:
        """Its ops are memoized only inside such a block."""
        block: AbstractContextManager[Any] = self.storage
        return block

    def values(self, results: list[Any]) -> list[Any]:
        """Load what is not loaded."""
        return list(self.storage.unwrap(results))


PEERS: tuple[type[Contestant], ...] = (DiskCache, FanoutCache, Joblib, Marimo, Pymandala)
MEMOIZERS: tuple[type[Contestant], ...] = (MandalaLab, *PEERS, Plain)
OURS = MandalaLab.name
