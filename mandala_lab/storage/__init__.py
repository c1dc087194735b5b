"""`Storage`: the public face of a store of memoized calls. Methods only delegate.

Here are its options and its opening. What it does lies beside, by subject:
`blocks` (answering and writing calls), `records` (values and calls), `code` (its
versions), `frames` (graphs and replay), `care` (trust in what is stored),
`space` (how much is kept), `transfer` (whole stores); all of them work with `opened`.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from mandala_lab.memo.encoding.forms import Form, add
from mandala_lab.model.errors import ArgumentError, refuse_unknown
from mandala_lab.model.refs import short_repr
from mandala_lab.model.secrets import without_password
from mandala_lab.records import attended
from mandala_lab.settings import UNSET, Durability, OnChange, Settings
from mandala_lab.storage.blocks import Blocks
from mandala_lab.storage.care import Care
from mandala_lab.storage.code import Code
from mandala_lab.storage.frames import Frames
from mandala_lab.storage.records import Records
from mandala_lab.storage.space import Space
from mandala_lab.storage.transfer import Transfer
from mandala_lab.wiring import assemble
from mandala_lab.wiring.places import MEMORY

_OF_TRACERS = (
    "deps_package",
    "skip_globals_silently",
    "skip_missing_deps",
    "skip_missing_silently",
    "skip_unhashable_globals",
    "strict_tracing",
    "track_globals",
    "tracer_impl",
)


class Storage(Blocks, Records, Code, Frames, Care, Space, Transfer):
    """Keeps the calls of ops, with their inputs, results, code, time and order.

    What is not given comes from the environment (``MANDALA_LAB_DURABILITY=power``), else
    from a TOML file, else it is the default; see `mandala_lab.settings.Settings`.

    Parameters
    ----------
    db_path
        File of the store, made if it is missing, or ``":memory:"``.
    overflow_dir, overflow_threshold_MB
        Folder of the values that are larger than so many MB (2**20 bytes), a file
        for each: by default beside the file of the store, named like it with
        ``.values``. The store remembers a chosen folder.
    deps_path
        Ask about changed code on entering a block, as mandala does: ``"__main__"``
        for the ops of this notebook or script, a path for those in that file or
        below that folder. Each changed dependency is asked about once: ``y``
        recompute, ``n`` compatible, ``a`` abort (`StaleCodeError`, which is also
        raised where nobody can answer). By default nothing ever asks.
    on_change
        What an equal call that was recorded under other code means:
        ``"recompute"`` it and keep both, ``"reuse"`` the recorded result,
        ``"warn"`` (reuse, and say what changed) or ``"error"`` (`StaleCodeError`).
    cache
        Further tier for values, between this process and the store. There is none
        yet, so ``None`` is the one choice.
    cache_MB
        Most memory for values that were read, in MB (2**20 bytes); with 0 each is
        read from the store again. Larger ones than a quarter of it, and those that
        lie in files, are not kept.
    key_packages
        Names of installed packages whose versions count: with ``("numpy",)`` an
        upgrade of numpy makes all calls new. By default versions of packages are
        recorded with the session and do not count.
    session
        What this session belongs to, the same when it is repeated: by default
        the notebook's path, else the script's.
    deps_package, skip_globals_silently, skip_missing_deps, skip_missing_silently, \
    skip_unhashable_globals, strict_tracing, track_globals, tracer_impl
        Options of mandala's tracers: accepted, and without effect.
    group_commits_ms
        Calls that come within so many milliseconds are committed together: quicker
        for many small calls, and a crash may lose those of the last moment. With
        0 a call is committed before its caller goes on. `commit` waits for all.
    allow_network
        Whether the store may be written on a network file system, where one program
        at a time may write to it; by default that is refused.
    durability
        What a committed call survives: the death of the ``"process"``, or also that
        of the machine (``"power"``: each commit waits for the disk).
    progress
        Whether a loop of calls that goes on for more than a second shows how far
        it is, in a notebook or a terminal. ``MANDALA_LAB_PROGRESS=0`` in the
        environment says no for all storages.

    quota_MB
        What calls and values may take, in MB (2**20 bytes). Where they take more,
        those that are least worth it are collected at the end of a block or cell,
        and in a long one as it goes on, down to nine tenths (see `gc`).

    Raises
    ------
    StoreError
        When the file cannot be opened or is no store.
    TypeError
        For an unknown option.
    ValueError
        When an option is not a choice.

    Examples
    --------
    >>> from mandala_lab import Storage, op
    >>> @op
    ... def square(x):
    ...     return x * x
    >>> with Storage() as storage:
    ...     nine = square(3)
    ...     again = square(3)
    >>> storage.unwrap(again), storage.stats().cached
    (9, 1)
    """

    def __init__(
        self,
        db_path: str | Path = MEMORY,
        overflow_dir: str | Path | None = UNSET,
        overflow_threshold_MB: float = UNSET,  # noqa: N803 - mandala's name
        deps_path: str | Path | None = None,
        *,
        on_change: OnChange = UNSET,
        cache: None = None,
        key_packages: Sequence[str] = UNSET,
        session: str | None = UNSET,
        group_commits_ms: float = UNSET,
        durability: Durability = UNSET,
        progress: bool = UNSET,
        allow_network: bool = UNSET,
        cache_MB: float = UNSET,  # noqa: N803 - in bytes of 2**20, as above
        quota_MB: float | None = UNSET,  # noqa: N803 - as above
        **of_tracers: Any,
    ) -> None:
        _refuse_unknown(of_tracers)
        if cache is not None:
            given = without_password(short_repr(cache))
            raise ValueError(f"cache={given} is not a choice: None, no further tier, is the one there is so far")
        settings = Settings(
            session=session,
            on_change=on_change,
            group_commits_ms=group_commits_ms,
            overflow_dir=overflow_dir,
            overflow_threshold_MB=overflow_threshold_MB,
            durability=durability,
            progress=progress,
            key_packages=key_packages,
            cache_MB=cache_MB,
            quota_MB=quota_MB,
            allow_network=allow_network,
        )
        self._asks_about = attended.checked_place(deps_path, settings.on_change)
        self._parts = assemble(db_path, settings)
        self._exit_hooks = []
        # Spans of hits outlive a script that ends without close(); so do refs of a storage that is gone.
        self._finalizer = weakref.finalize(self, self._parts.release)


def _refuse_unknown(options: Iterable[str]) -> None:
    known = [name for name in inspect.signature(Storage).parameters if name != "of_tracers"]
    refuse_unknown("Storage", [name for name in options if name not in _OF_TRACERS], [*known, *_OF_TRACERS])


def _refuse_as_argument(storage: Storage) -> NoReturn:
    raise ArgumentError(
        f"{storage!r} was given to an op: a storage is no value; use it around the call, or in the body"
    )


add(Storage, Form("mandala_lab.Storage", _refuse_as_argument))
