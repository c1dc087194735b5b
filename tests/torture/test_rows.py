"""Every row at its small size (`scripts/torture --full` runs them at full size)."""

from __future__ import annotations

from importlib import import_module

import pytest

from torture import ROWS


@pytest.mark.parametrize("row", ROWS)
def test_nothing_is_lost_or_wrong(row, tmp_path):
    place = tmp_path / row
    place.mkdir()
    figures = import_module(f"torture.{row}").run("small", place)
    assert not figures.failures, "\n".join(figures.failures)
    assert any(figures.counts.values()), "nothing was counted"
