"""A store that somebody else wrote."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from others import RAN, everything

from mandala_lab import Storage
from mandala_lab.trust import keys


@pytest.fixture
def copied(tmp_path, monkeypatch, own_key) -> Path:
    """Return a store that another user wrote, with large values beside it, as a copy."""
    mine = os.environ[keys.KEY_FILE_VARIABLE]
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "theirs" / "key"))
    theirs = tmp_path / "theirs.db"
    with Storage(theirs, overflow_threshold_MB=0.02) as storage:
        everything()
    storage.close()
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, mine)
    shutil.copy(theirs, tmp_path / "copy.db")
    shutil.copytree(f"{theirs}.values", tmp_path / "copy.db.values")
    RAN.clear()
    return tmp_path / "copy.db"
