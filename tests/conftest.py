"""Every test has a home, a working folder and Jupyter folders of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.history import HistoryAccessor
from IPython.core.interactiveshell import InteractiveShell

from mandala_lab import Storage
from mandala_lab.memo.context import set_default_engine
from mandala_lab.trust.keys import make_key

HistoryAccessor.enabled.default_value = False  # each of many shells would have a thread that is waited for at the end
InteractiveShell.atexit_operations = lambda _shell: None  # each would have all garbage of the session collected then


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(home))
    for name in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(home / name.lower()))
    monkeypatch.setenv("MANDALA_LAB_KEY_FILE", str(home / "keys" / "key"))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.chdir(tmp_path)
    yield
    set_default_engine(None)


@pytest.fixture
def own_key() -> bytes:
    """Return the key of this user, who has it since before the test."""
    return make_key()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def storage(path: Path) -> Iterator[Storage]:
    made = Storage(path, session="test")
    yield made
    made.close()
