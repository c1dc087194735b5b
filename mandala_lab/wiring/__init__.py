"""Configuration to objects: the only place that knows which technology is behind a port.

Here a storage is put together. `reading` opens stores that are only read, `places`
says where a store and its large values lie.
"""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mandala_lab.adapters.sql.standstill import GATE
from mandala_lab.memo import context
from mandala_lab.memo.encoding.code import use_code_digester
from mandala_lab.memo.engine import Engine
from mandala_lab.memo.flights import Flights, NoLeases
from mandala_lab.memo.loader import ValueLoader
from mandala_lab.memo.nearby import Nearby
from mandala_lab.memo.quota import Quota
from mandala_lab.memo.recorder import Recorder
from mandala_lab.memo.recovery import Recovery
from mandala_lab.memo.session import default_session
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.errors import nearest, refuse_other
from mandala_lab.model.holdings import Collected
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.progress import ProgressDisplay
from mandala_lab.ports.version_resolver import VersionResolver
from mandala_lab.records import space
from mandala_lab.settings import Settings
from mandala_lab.trust.keyring import EverythingKnown, Keyring
from mandala_lab.trust.keys import KEY_FILE_VARIABLE, KEY_VARIABLE, key_file
from mandala_lab.versions.resolver import Resolver
from mandala_lab.wiring.places import MEMORY, is_shared, local_path, place_large_values


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Parts:
    """The parts of one storage."""

    path: str
    settings: Settings
    store: CallStore
    keyring: Keyring
    engine: Engine
    recorder: Recorder
    loader: ValueLoader
    versions: VersionResolver
    flights: Flights

    def forget(self) -> None:
        """Empty the memory of answers and of values."""
        self.engine.forget()
        self.loader.nearby.clear()

    def forget_stored(self) -> None:
        """Forget what is in the store, since some of it was deleted."""
        self.engine.forget_stored()
        self.loader.nearby.clear()

    def release(self) -> None:
        """Write what is left, and let go of the file; a ref that is asked later opens it again."""
        self.recorder.close()
        self.loader.nearby.clear()
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
        parts.loader.nearby.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_stand_still, after_in_parent=GATE.open, after_in_child=_start_anew)


use_code_digester(Resolver().code_of)


def assemble(db_path: str | Path, settings: Settings) -> Parts:
    """Put a storage together.

    Raises
    ------
    StoreError
        When `db_path` cannot be opened.
    ValueError
        When a package of `key_packages` is not installed.
    """
    refuse_other(db_path, (str, os.PathLike), "db_path is a path, or ':memory:'")
    from mandala_lab.adapters.sql.store import SqlCallStore

    path = local_path(str(db_path))
    loader = ValueLoader(_nearby(settings))
    keyring = _keyring(path)
    shared = is_shared(path, allowed=settings.allow_network)
    store = SqlCallStore(path, loader, synced=settings.durability == "power", shared=shared, keyring=keyring)
    place_large_values(store, path, settings)
    if keyring.is_new:
        _tell_of_others(store, keyring)
    session = settings.session or default_session()
    recorder = Recorder(store, session, settings.group_commits_ms / 1000, _progress_display(settings))
    versions = Resolver()
    flights = _flights_of(path)
    packages = _package_versions(settings.key_packages)
    engine = Engine(store, versions, recorder, loader, flights, settings.on_change, packages)
    loader.connect(store, recorder.flush, Recovery(store, engine).recover)
    parts = Parts(path, settings, store, keyring, engine, recorder, loader, versions, flights)
    store.when_collected(parts.forget_stored)
    if settings.quota_MB is not None:
        recorder.quota = _quota(parts, int(settings.quota_MB * 2**20))
    _assembled.add(parts)
    return parts


def _quota(parts: Parts, max_bytes: int) -> Quota:
    """Return what keeps a store within a number of bytes: it collects down to nine tenths of them."""
    store = parts.store

    def collect(in_use: Sequence[bytes]) -> Collected:
        found = space.collect(store, 0.9 * max_bytes, None, unless_within=max_bytes, in_use=in_use)
        if found.calls or found.values:
            parts.forget_stored()
            parts.recorder.collected += found.calls
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


def _tell_of_others(store: CallStore, keyring: Keyring) -> None:
    """Say that what a store holds is not of the key that was just made: another may be meant."""
    others = sum(calls for by, (calls, _) in store.signers().items() if not keyring.claims(by))
    if others:
        warn_user(
            f"a new key was made for you in {key_file()}, and the {others:,} calls of this store are not signed with "
            f"it: they are listed, and run anew. If your key lies elsewhere, say where with {KEY_FILE_VARIABLE}; "
            "Storage.trust lets the records of others, or unsigned ones, count"
        )


def _flights_of(path: str) -> Flights:
    """Return the running calls of a store, which all that have it open in this process share."""
    if path == MEMORY:
        return Flights(NoLeases())
    from mandala_lab.adapters.file_leases import FileLeases

    return _flights.setdefault(path, Flights(FileLeases(f"{path}.lock", like=path)))


def _nearby(settings: Settings) -> Nearby:
    """Return where values that were read are kept in memory."""
    max_bytes = int(settings.cache_MB * 2**20)
    if not max_bytes:
        return Nearby()
    from mandala_lab.adapters.memory_tier import MemoryTier

    return Nearby(MemoryTier(max_bytes))


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


def _progress_display(settings: Settings) -> ProgressDisplay | None:
    """Return what shows the progress of long loops, if that is wanted."""
    if not settings.progress:
        return None
    from mandala_lab.adapters.progress_bar import ProgressBar

    return ProgressBar()
