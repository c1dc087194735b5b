"""Configuration to objects: the only place that knows which technology is behind a port."""

from __future__ import annotations

import os
import weakref
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

from mandala_lab.memo import context
from mandala_lab.memo.encoding.code import use_code_digester
from mandala_lab.memo.engine import Engine
from mandala_lab.memo.loader import ValueLoader
from mandala_lab.memo.recorder import Recorder, default_session
from mandala_lab.model.errors import StoreError
from mandala_lab.ports.call_store import CallStore
from mandala_lab.versions.resolver import Resolver

_SQLITE = "sqlite:///"
MEMORY = ":memory:"
_code_resolver = Resolver()


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Parts:
    """The parts of one storage."""

    path: str
    store: CallStore
    engine: Engine
    recorder: Recorder
    loader: ValueLoader

    def release(self) -> None:
        """Write what is left, and let go of the file; a ref that is asked later opens it again."""
        self.recorder.close()
        if self.path != MEMORY:
            self.store.close()


_assembled: weakref.WeakSet[Parts] = weakref.WeakSet()


def _start_anew() -> None:
    """Part every storage from its parent, in a process that was forked."""
    context.leave_all_spans()
    for parts in list(_assembled):
        parts.store.start_anew()
        parts.recorder.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def _code_of(target: Any) -> tuple[bytes, list[tuple[str, Any]]]:
    """Return the digest of code that is a value, and the data that it reads."""
    code_of = getattr(_code_resolver, "code_of", None)
    if code_of is not None:
        return code_of(target)  # type: ignore[no-any-return]

    def reach() -> Any:
        return target

    resolved = Resolver().resolve(target if isinstance(target, FunctionType) else reach)
    return resolved.version.digest, resolved.read_globals()


use_code_digester(_code_of)


def assemble(db_path: str | Path, session: str | None) -> Parts:
    """Put a storage together.

    Raises
    ------
    StoreError
        When `db_path` cannot be opened.
    """
    from mandala_lab.adapters.sql.store import SqlCallStore

    path = _local_path(str(db_path))
    loader = ValueLoader()
    store = SqlCallStore(path, loader)
    loader.connect(store)
    recorder = Recorder(store, session or default_session())
    engine = Engine(store, Resolver(), recorder, loader)
    parts = Parts(path, store, engine, recorder, loader)
    _assembled.add(parts)
    return parts


def open_for_reading(path: str) -> CallStore:
    """Open a store that exists, and never write to it.

    Raises
    ------
    StoreError
        When there is none, or it is of another version.
    """
    from mandala_lab.adapters.sql.store import SqlCallStore

    loader = ValueLoader()
    store = SqlCallStore(_local_path(path), loader, read_only=True)
    loader.connect(store)
    return store


def _local_path(place: str) -> str:
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
