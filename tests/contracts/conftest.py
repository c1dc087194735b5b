"""The call stores that keep the contracts."""

from __future__ import annotations

import pytest

from mandala_lab.adapters.sql.store import SqlCallStore
from mandala_lab.memo.loader import ValueLoader
from mandala_lab.model.calls import Run


@pytest.fixture(params=[":memory:", "file.db"])
def store(request, tmp_path):
    place = request.param if request.param == ":memory:" else str(tmp_path / request.param)
    loader = ValueLoader()
    made = SqlCallStore(place, loader)
    loader.connect(made)
    made.begin_run(Run("run", 1.0, "session"))
    yield made
    made.close()
