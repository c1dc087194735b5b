"""Configuration to objects: the only place that knows which technology is behind a port."""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from mandala_lab.adapters.sql.standstill import GATE
from mandala_lab.memo import context
from mandala_lab.memo.encoding.code import use_code_digester
from mandala_lab.memo.engine import Engine
from mandala_lab.memo.flights import Flights, NoLeases
from mandala_lab.memo.loader import ValueLoader
from mandala_lab.memo.quota import Quota
from mandala_lab.memo.recorder import Recorder
from mandala_lab.memo.recovery import Recovery
from mandala_lab.memo.session import default_session
from mandala_lab.memo.succession import OnChange
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.errors import StoreError, nearest, refuse_other
from mandala_lab.model.holdings import Collected
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.progress import ProgressDisplay
from mandala_lab.ports.version_resolver import VersionResolver
from mandala_lab.records import space
from mandala_lab.trust.keyring import EverythingKnown, Keyring
from mandala_lab.trust.keys import KEY_FILE_VARIABLE, KEY_VARIABLE
from mandala_lab.versions.resolver import Resolver

if TYPE_CHECKING:
    from mandala_lab.adapters.sql.store import SqlCallStore

_SQLITE = "sqlite:///"
MEMORY = ":memory:"
_PROGRESS = "MANDALA_LAB_PROGRESS"
Durability = Literal["process", "power"]


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Parts:
    """The parts of one storage."""

    path: str
    store: CallStore
    keyring: Keyring
    engine: Engine
    recorder: Recorder
    loader: ValueLoader
    versions: VersionResolver
    flights: Flights

    def release(self) -> None:
        """Write what is left, and let go of the file; a ref that is asked later opens it again."""
        self.recorder.close()
        if self.path != MEMORY:
            self.store.close()


_assembled: weakref.WeakSet[Parts] = weakref.WeakSet()
_flights: weakref.WeakValueDictionary[str, Flights] = weakref.WeakValueDictionary()


def _stand_still() -> None:
    """Write what is kept for later, before a fork, since the child knows of it and could not find it; then hold all."""
    for parts in list(_assembled):
        parts.recorder.flush()
    GATE.close()


def _start_anew() -> None:
    """Part every storage from its parent, in a process that was forked."""
    GATE.start_anew()
    context.leave_all_spans()
    for parts in list(_assembled):
        parts.store.start_anew()
        parts.recorder.start_anew()
        parts.flights.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_stand_still, after_in_parent=GATE.open, after_in_child=_start_anew)


use_code_digester(Resolver().code_of)


@dataclass(frozen=True, slots=True)
class Options:
    """How a storage is to work; `Storage` says what each means."""

    session: str | None = None
    on_change: OnChange = "recompute"
    group_commits_ms: float = 0
    overflow_dir: str | Path | None = None
    overflow_threshold_mb: float = 50.0
    durability: Durability = "process"
    progress: bool = True
    key_packages: Sequence[str] = ()
    cache: None = None
    quota_mb: float | None = None

    def check(self) -> None:
        """Raise `ValueError` or `TypeError` for what is no choice."""
        if self.cache is not None:
            raise ValueError(f"cache={self.cache!r} is not a choice: None, no further tier, is the one there is so far")
        refuse_other(self.group_commits_ms, (int, float), "group_commits_ms is a number")
        refuse_other(self.overflow_threshold_mb, (int, float), "overflow_threshold_MB is a number")
        if isinstance(self.key_packages, str) or not all(isinstance(name, str) for name in self.key_packages):
            raise TypeError(f"key_packages={self.key_packages!r} is no tuple of names of packages; give one")
        if self.on_change not in get_args(OnChange):
            choices = get_args(OnChange)
            raise ValueError(f"on_change={self.on_change!r} is not a choice; {nearest(str(self.on_change), choices)}")
        if self.durability not in get_args(Durability):
            choices = get_args(Durability)
            raise ValueError(
                f"durability={self.durability!r} is not a choice; {nearest(str(self.durability), choices)}"
            )
        refuse_other(self.quota_mb, (int, float, type(None)), "quota_MB is a number, or None")
        if self.quota_mb is not None and not self.quota_mb > 0:
            raise ValueError(f"quota_MB={self.quota_mb!r} is no size; give MB (2**20 bytes), or None for no limit")
        if not self.group_commits_ms >= 0:
            raise ValueError(f"group_commits_ms={self.group_commits_ms!r} is no time; give milliseconds, or 0")
        if not self.overflow_threshold_mb > 0:
            raise ValueError(f"overflow_threshold_MB={self.overflow_threshold_mb!r} is no size; give MB (2**20 bytes)")


def assemble(db_path: str | Path, options: Options) -> Parts:
    """Put a storage together.

    Raises
    ------
    StoreError
        When `db_path` cannot be opened.
    ValueError
        When an option is not a choice.
    """
    options.check()
    refuse_other(db_path, (str, os.PathLike), "db_path is a path, or ':memory:'")
    from mandala_lab.adapters.sql.store import SqlCallStore

    path = _local_path(str(db_path))
    loader = ValueLoader()
    keyring = _keyring(path)
    store = SqlCallStore(path, loader, synced=options.durability == "power", keyring=keyring)
    _place_large_values(store, path, options)
    session = options.session or default_session()
    recorder = Recorder(store, session, options.group_commits_ms / 1000, _progress_display(options))
    versions = Resolver()
    flights = _flights_of(path)
    packages = _package_versions(options.key_packages)
    engine = Engine(store, versions, recorder, loader, flights, options.on_change, packages)
    store.when_collected(engine.forget_stored)
    loader.connect(store, recorder.flush, Recovery(store, engine).recover)
    if options.quota_mb is not None:
        recorder.quota = _quota(store, engine, recorder, int(options.quota_mb * 2**20))
    parts = Parts(path, store, keyring, engine, recorder, loader, versions, flights)
    _assembled.add(parts)
    return parts


def _quota(store: CallStore, engine: Engine, recorder: Recorder, max_bytes: int) -> Quota:
    """Return what keeps a store within a number of bytes: it collects down to nine tenths of them."""

    def collect(in_use: Sequence[bytes]) -> Collected:
        found = space.collect(store, 0.9 * max_bytes, None, unless_within=max_bytes, in_use=in_use)
        if found.calls or found.values:
            engine.forget_stored()
            recorder.collected += found.calls
            store.log("gc", detail=f"quota of {max_bytes:,} bytes: {found}")
        return found

    return Quota(max_bytes, store.taken_bytes, collect)


def _keyring(path: str) -> Keyring:
    """Return whose records count in a store that is written to."""
    if path == MEMORY:
        return EverythingKnown()
    try:
        return Keyring.of_user(make=True)
    except OSError as error:
        warn_user(
            f"calls are signed with a key that is gone with this process, so that others will run them anew: your own "
            f"key cannot be used: {error}; see {KEY_FILE_VARIABLE} and {KEY_VARIABLE}"
        )
        return Keyring.of_process()


def _reading_keyring() -> Keyring:
    """Return whose records count in a store that is only read."""
    try:
        return Keyring.of_user()
    except OSError:
        return Keyring(None)


def _flights_of(path: str) -> Flights:
    """Return the running calls of a store, which all that have it open in this process share."""
    if path == MEMORY:
        return Flights(NoLeases())
    from mandala_lab.adapters.file_leases import FileLeases

    return _flights.setdefault(path, Flights(FileLeases(f"{path}.lock")))


def _package_versions(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the versions of packages, by what they are called in explanations, in a fixed order."""
    if not names:
        return []
    from importlib import metadata

    found = []
    for name in sorted({re.sub(r"[-_.]+", "-", name).lower() for name in names}):  # as packaging says
        try:
            found.append((f"{name}.__version__", metadata.version(name)))
        except (metadata.PackageNotFoundError, ValueError):
            installed = [one.name for one in metadata.distributions() if one.name]
            raise ValueError(
                f"key_packages: no package {name!r} is installed; {nearest(name, sorted(set(installed)))}"
            ) from None
    return found


def _progress_display(options: Options) -> ProgressDisplay | None:
    """Return what shows the progress of long loops, unless the storage or the environment wants none."""
    if not options.progress or os.environ.get(_PROGRESS) == "0":
        return None
    from mandala_lab.adapters.progress_bar import ProgressBar

    return ProgressBar()


def open_for_reading(path: str) -> CallStore:
    """Open a store that exists, and never write to it.

    Raises
    ------
    StoreError
        When there is none, or it is of another version.
    """
    from mandala_lab.adapters.sql.store import SqlCallStore

    loader = ValueLoader()
    local = _local_path(path)
    store = SqlCallStore(local, loader, read_only=True, keyring=_reading_keyring())
    _place_large_values(store, local, None)
    loader.connect(store)
    return store


def _place_large_values(store: SqlCallStore, path: str, options: Options | None) -> None:
    """Let large values lie in the folder that was chosen, now or when the store was made, else beside the file."""
    from mandala_lab.adapters.folder import FolderBlobs

    known = store.setting("overflow_dir")
    chosen = options.overflow_dir if options is not None else None
    if chosen is not None:
        folder: Path | None = Path(chosen).expanduser().resolve()
    elif known is not None:
        folder = Path(known)
    else:
        folder = None if path == MEMORY else Path(f"{path}.values")
    if folder is None:
        return
    if not folder.is_dir() and store.has_spilled_values():
        raise StoreError(
            f"large values of this store lie in the folder {folder}, which is not there; bring it back, or say where "
            "it is now with overflow_dir; if it is gone for good, make an empty one: its values are made again when "
            "they are asked for"
        )
    if chosen is not None and str(folder) != known:
        store.set_setting("overflow_dir", str(folder))
    megabytes = options.overflow_threshold_mb if options is not None else 0.0
    synced = options is not None and options.durability == "power"
    store.spill_to(FolderBlobs(folder, synced=synced), int(megabytes * 2**20))


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
