"""The benchmarks as modules, and a run of them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
MODULES = (
    "bodies",
    "contestants",
    "works",
    "timing",
    "floors",
    "crew",
    "rows",
    "report",
    "sharing",
    "large",
    "frames",
    "webs",
    "crossings",
)


def _require() -> None:
    if not FOLDER.exists():
        pytest.skip("the benchmarks are not part of a source distribution")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where a run may leave nothing."""
    _require()
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Its modules, which have plain names and so must not stay imported."""
    _require()
    monkeypatch.syspath_prepend(FOLDER)
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in MODULES})
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture
def run(scratch: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program of the benchmarks, with options."""
    places = {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}
    environment = {**os.environ, **places, "PYTHONPATH": os.pathsep.join(sys.path)}

    def run(program: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(FOLDER / program), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)

    return run
