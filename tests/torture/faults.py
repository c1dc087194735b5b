"""Row 2: each thing that a call does to the disk fails in turn, and costs nobody a result.

The value reaches the caller, with one warning for a call that is lost. The store is sound
afterwards, and calls are recorded again as soon as the fault is gone. Faults are put in place of
the functions that write, and there are real ones: a limit to the size of files, none left to
open, and a disk that is full.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sqlite3
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

from mandala_lab import MandalaLabError, MandalaLabWarning, Storage, StoreError
from torture.figures import Figures, Size, check_store
from torture.work import KINDS, append, expected, kept, lines_of, opened, same
from torture.workers import errors_of, start

_CODES = (errno.ENOSPC, errno.EIO, errno.EMFILE, errno.EROFS)
_SAYS = ("database or disk is full", "disk I/O error", "unable to open database file", "attempt to write a readonly")
_CODES_OF = {"small": _CODES[:1], "full": _CODES}
_SAYS_OF = {"small": _SAYS[:1], "full": _SAYS}
_STATEMENTS = {"small": range(0, 40, 7), "full": range(40)}
_FULL_MB = 1


def run(size: Size, folder: Path) -> Figures:
    """Let every step fail, once and for good."""
    figures = Figures("faults")
    for body in (_fail_files, _fail_statements, _limit_files, _limit_descriptors, _fill_disk):
        place = folder / body.__name__
        place.mkdir()
        process = start(place, body, place, size)
        process.join(900)
        figures.expect(process.exitcode == 0, f"{body.__name__} ended with {process.exitcode}")
        process.kill()
        for text in errors_of(place):
            figures.fail(f"{body.__name__}: {text}")
        for line in lines_of(place / "failures"):
            figures.fail(f"{body.__name__}: {line}")
        for line in lines_of(place / "figures"):
            figures.count(line)
        if (place / "store.db").exists():
            check_store(figures, place / "store.db", body.__name__)
    return figures.done()


class _Row:
    """Makes calls of one store, under a fault and after it."""

    def __init__(self, place: Path, path: Path | None = None, **options: Any) -> None:
        self.place = place
        self.path = path or place / "store.db"
        self.options = options
        self.x = 0
        self.storage: Storage = opened(self.path, **options)
        with self.storage:
            for kind in KINDS:
                kept(kind, 0)

    def make(self, kind: str, fault: Any, says: str) -> None:
        """Make a call under a fault, then make it again without, and judge both."""
        self.x += 1
        told = self._make(kind, fault, says)
        lost = not self._is_recorded(kind)
        append(self.place / "figures", "faults that cost a record" if lost else "faults that cost nothing")
        if lost and told != 1:
            self._fail(f"{says}: {told} warnings for a lost call of {kind}")
        if not lost and told > 1:
            self._fail(f"{says}: {told} warnings although the call of {kind} is recorded")
        self.x += 1
        if self._make(kind, nullcontext(), says) or not self._is_recorded(kind):
            self._fail(f"{says}: a later call of {kind} is not recorded")

    def _make(self, kind: str, fault: Any, says: str) -> int:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                with self.storage:
                    with fault:
                        ref = kept(kind, self.x)
                        with suppress(StoreError):  # it is recorded, and cannot be read back just now
                            ref.loaded()
                    if not same(ref.value, expected(kind, self.x)):
                        self._fail(f"{says}: wrong value of {kind}")
            except Exception as error:
                self._fail(f"{says}: the caller of {kind} got {error!r}")
        others = [one for one in told if one.category is not MandalaLabWarning]
        if others:
            self._fail(f"{says}: another warning, {others[0].message}")
        return len(told)

    def _is_recorded(self, kind: str) -> bool:
        """Whether a storage that knows nothing finds the call."""
        other = opened(self.path, **self.options)
        other.allow_new_calls(False)
        try:
            with warnings.catch_warnings(), other:
                warnings.simplefilter("error")
                return same(other.unwrap(kept(kind, self.x)), expected(kind, self.x))
        except (MandalaLabError, Warning):
            return False
        finally:
            other.close()

    def _fail(self, text: str) -> None:
        append(self.place / "failures", text)


# --- faults in place of functions


def _raising(real: Callable[..., Any], code: int, concerns: Callable[..., bool]) -> Callable[..., Any]:
    def fail(*args: Any, **options: Any) -> Any:
        if concerns(*args):
            raise OSError(code, os.strerror(code))
        return real(*args, **options)

    return fail


def _fail_files(place: Path, size: Size) -> None:
    """Fail what the folder of large values asks of the system."""
    row = _Row(place, durability="power")

    def of_values(*args: Any) -> bool:
        return any(".values" in str(one) for one in args)

    steps: list[tuple[str, Callable[[int], Any]]] = [
        ("mkstemp", lambda code: patch("tempfile.mkstemp", _raising(tempfile.mkstemp, code, lambda *_: True))),
        ("mkdir", lambda code: patch("pathlib.Path.mkdir", _raising(Path.mkdir, code, of_values))),
        ("rename", lambda code: patch("pathlib.Path.replace", _raising(Path.replace, code, of_values))),
        ("fsync", lambda code: patch("os.fsync", _raising(os.fsync, code, lambda *_: True))),
        ("open", lambda code: patch("builtins.open", _raising(open, code, lambda name, *_: isinstance(name, int)))),
        ("write", _writes_fail),
    ]
    for name, fault in steps:
        for code in _CODES_OF[size]:
            for kind in ("array", "bytes"):
                row.make(kind, fault(code), f"{name} fails with {errno.errorcode[code]}")
    left = [path.name for path in (place / "store.db.values").iterdir() if path.name.startswith(".")]
    if left:
        row._fail(f"temporary files are left: {left}")


def _writes_fail(code: int) -> Any:
    real = open

    def open_failing(name: Any, *args: Any, **options: Any) -> Any:
        file = real(name, *args, **options)
        return _Failing(file, code) if isinstance(name, int) else file

    return patch("builtins.open", open_failing)


class _Failing:
    """A file of which a write fails."""

    def __init__(self, file: Any, code: int) -> None:
        self._file = file
        self._code = code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, _data: Any) -> int:
        raise OSError(self._code, os.strerror(self._code))

    def fileno(self) -> int:
        return int(self._file.fileno())


class _Plan:
    """Which statement fails, and what SQLite says then."""

    at: int | None = None
    for_good = False
    says = ""
    seen = 0

    def check(self, statement: str) -> None:
        """Fail if it is time."""
        if self.at is None or statement == "ROLLBACK":
            return
        self.seen += 1
        if self.seen - 1 == self.at or (self.for_good and self.seen > self.at):
            raise sqlite3.OperationalError(self.says)

    @contextmanager
    def failing(self, at: int, says: str, *, for_good: bool) -> Iterator[None]:
        """Fail the statement `at`, or all from it on."""
        self.at, self.says, self.seen, self.for_good = at, says, 0, for_good
        try:
            yield
        finally:
            self.at = None


_plan = _Plan()


class _Cursor(sqlite3.Cursor):
    def execute(self, statement: str, *args: Any) -> Any:
        _plan.check(statement)
        return super().execute(statement, *args)

    def executemany(self, statement: str, *args: Any) -> Any:
        _plan.check(statement)
        return super().executemany(statement, *args)


def _fail_statements(place: Path, size: Size) -> None:
    """Fail each statement of a call in turn: the commit is one of them."""
    real = sqlite3.connect

    def connect(*args: Any, **options: Any) -> Any:
        class Connection(options.get("factory", sqlite3.Connection)):  # type: ignore[misc]
            def cursor(self, factory: Any = _Cursor) -> Any:
                return super().cursor(factory)

        return real(*args, **{**options, "factory": Connection})

    with patch("sqlite3.connect", connect):
        row = _Row(place)
        for at in _STATEMENTS[size]:
            for says in _SAYS_OF[size]:
                for for_good in (False, True):
                    kind = KINDS[at % len(KINDS)]
                    fault = _plan.failing(at, says, for_good=for_good)
                    row.make(kind, fault, f"statement {at}{' and all after' if for_good else ''}: {says}")
        row.storage.close()


# --- real faults


def _limit_files(place: Path, size: Size) -> None:
    """Let files not grow: of values at once, then of the log."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    row = _Row(place)

    @contextmanager
    def limited(size: int) -> Iterator[None]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    for kind in KINDS:
        for most in (4096, 1):
            row.make(kind, limited(most), f"files of {most} bytes at most")


def _limit_descriptors(place: Path, size: Size) -> None:
    """Let no further file be opened."""
    row = _Row(place)

    @contextmanager
    def exhausted() -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, before[1]))
        taken = []
        with suppress(OSError):
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        try:
            yield
        finally:
            for number in taken:
                os.close(number)
            resource.setrlimit(resource.RLIMIT_NOFILE, before)

    for kind in KINDS:
        row.make(kind, exhausted(), "no descriptors are left")


def _fill_disk(place: Path, size: Size) -> None:
    """Fill a small disk to the last byte, where the user may mount one."""
    disk = place / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_FULL_MB}m", "none", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        append(place / "figures", "disks that could not be mounted, so that none was filled")
        return
    try:
        row = _Row(place, disk / "store.db")

        @contextmanager
        def full() -> Iterator[None]:
            filler = disk / "filler"
            with suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 512)
            try:
                yield
            finally:
                filler.unlink()

        for kind in KINDS:
            row.make(kind, full(), "the disk is full")
        row.storage.close()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
