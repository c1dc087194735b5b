"""Processes of a row: forked from one that has everything imported and holds nothing, so that they start at once."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from multiprocessing import forkserver
from pathlib import Path
from typing import Any
from unittest.mock import patch

from torture.work import append, lines_of

_CONTEXT: Any = multiprocessing.get_context("forkserver")
_IMPORTED_LATE = (
    "mandala_lab.adapters.file_leases",
    "mandala_lab.adapters.folder",
    "mandala_lab.adapters.sql.store",
    "pandas",
    "pyarrow",
    "sqlalchemy.dialects.sqlite.pysqlite",
)
ERRORS, WARNINGS = "errors.log", "warnings.log"


def prepare(*modules: str) -> None:
    """Start what processes are forked from, with these modules imported; only the first time counts."""
    _CONTEXT.set_forkserver_preload(["torture.work", *_IMPORTED_LATE, *modules])
    with patch.dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)):
        forkserver.ensure_running()


def start(folder: Path, body: Callable[..., None], *arguments: Any) -> Any:
    """Run a function in a process of its own, in which `folder` takes its errors and warnings."""
    prepare()
    process = _CONTEXT.Process(target=_run, args=(dict(os.environ), str(folder), body, arguments), daemon=True)
    process.start()
    return process


def barrier(parties: int) -> Any:
    """Return a barrier for processes."""
    prepare()
    return _CONTEXT.Barrier(parties)


def errors_of(folder: Path) -> list[str]:
    """Return the errors of the processes, a line each."""
    return lines_of(folder / ERRORS)


def warnings_of(folder: Path) -> list[str]:
    """Return the warnings of the processes, a line each."""
    return lines_of(folder / WARNINGS)


def _run(environment: dict[str, str], folder: str, body: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    faulthandler.enable()
    warnings.simplefilter("always")
    warnings.showwarning = lambda message, *_: append(Path(folder) / WARNINGS, " ".join(str(message).split()))
    try:
        body(*arguments)
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = " ".join(str(error).split())
        append(Path(folder) / ERRORS, f"{type(error).__name__}: {text} at {where.filename}:{where.lineno}")
        os._exit(1)
