"""Notebook sessions: real IPython shells with a store, and modules of the user's beside them."""

from __future__ import annotations

import importlib
import linecache
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from mandala_lab import Storage

SETUP = "from mandala_lab import op\n"


class Notebook:
    """A session in which cells are run, and an op ``f`` is called."""

    def __init__(self, storage: Storage, folder: Path) -> None:
        self.storage = storage
        self.folder = folder
        self._written = 0
        InteractiveShell.clear_instance()
        self.shell = InteractiveShell.instance()
        self.run(SETUP)

    def run(self, *cells: str) -> None:
        for cell in cells:
            self.shell.run_cell(cell, store_history=True).raise_error()

    def write(self, files: dict[str, str]) -> None:
        """Write modules, each time with another time of change, as an editor does."""
        for name, text in files.items():
            self._written += 1
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            os.utime(path, ns=(self._written * 10**9 + 10**18,) * 2)
        importlib.invalidate_caches()

    def call(self, expression: str = "f(1)") -> tuple[Any, str]:
        """Call the op; return the value, and whether that was a ``"hit"`` or it ``"ran"``."""
        with self.storage:
            before = self.storage.stats().computed
            self.run(f"answer = {expression}")
            value = self.storage.unwrap(self.shell.user_ns["answer"])
            return value, "ran" if self.storage.stats().computed > before else "hit"

    def reload(self) -> None:
        """Load the user's modules anew."""
        for name in self._modules():
            importlib.reload(sys.modules[name])

    def forget_modules(self) -> None:
        for name in self._modules():
            del sys.modules[name]

    def _modules(self) -> list[str]:
        here = str(self.folder)
        found = [name for name, module in sys.modules.items() if str(getattr(module, "__file__", "")).startswith(here)]
        return sorted(found, key=lambda name: -name.count("."))

    def close(self) -> None:
        self.forget_modules()
        self.shell.history_manager.end_session()
        InteractiveShell.clear_instance()


@pytest.fixture
def notebook(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # edits within one second
    made = Notebook(storage, folder)
    yield made
    made.close()


@pytest.fixture
def define() -> Iterator[Callable[..., dict[str, Any]]]:
    """Run a text as a cell is run, in a namespace of its own or a given one, and return the namespace."""
    made: list[str] = []

    def run(source: str, scope: dict[str, Any] | None = None) -> dict[str, Any]:
        made.append(f"<cell {len(made)} of {id(made)}>")
        linecache.cache[made[-1]] = (len(source), None, source.splitlines(keepends=True), made[-1])
        scope = {"__name__": "__main__"} if scope is None else scope
        exec(compile(source, made[-1], "exec"), scope)
        return scope

    yield run
    for name in made:
        linecache.cache.pop(name, None)
