"""Configuration to objects: the only place that knows which technology is behind a port."""

from __future__ import annotations

import os
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from mandala_lab.memo import context
from mandala_lab.memo.engine import Engine
from mandala_lab.memo.loader import ValueLoader
from mandala_lab.memo.recorder import Recorder, default_session
from mandala_lab.memo.succession import OnChange
from mandala_lab.model.errors import StoreError, nearest
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.version_resolver import VersionResolver
from mandala_lab.versions.resolver import Resolver

_SQLITE = "sqlite:///"
MEMORY = ":memory:"


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Parts:
    """The parts of one storage."""

    path: str
    store: CallStore
    engine: Engine
    recorder: Recorder
    loader: ValueLoader
    versions: VersionResolver

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


def assemble(
    db_path: str | Path, *, session: str | None = None, on_change: OnChange = "recompute", group_commits_ms: float = 0
) -> Parts:
    """Put a storage together.

    Raises
    ------
    StoreError
        When `db_path` cannot be opened.
    ValueError
        When `on_change` is not a choice, or `group_commits_ms` is negative.
    """
    if on_change not in get_args(OnChange):
        raise ValueError(f"on_change={on_change!r} is not a choice; {nearest(str(on_change), get_args(OnChange))}")
    if not group_commits_ms >= 0:
        raise ValueError(f"group_commits_ms={group_commits_ms!r} is no time; give milliseconds, or 0")
    from mandala_lab.adapters.sql.store import SqlCallStore

    path = _local_path(str(db_path))
    loader = ValueLoader()
    store = SqlCallStore(path, loader)
    recorder = Recorder(store, session or default_session(), group_commits_ms / 1000)
    loader.connect(store, recorder.flush)
    versions = Resolver()
    engine = Engine(store, versions, recorder, loader, on_change)
    parts = Parts(path, store, engine, recorder, loader, versions)
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
