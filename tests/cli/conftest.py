"""A filled store, and the command."""

from __future__ import annotations

import pytest
from cli_store import fails, inc, ramp

from mandala_lab import Storage
from mandala_lab.cli.main import main


@pytest.fixture
def filled(path) -> str:
    with Storage(path, overflow_threshold_MB=0.02) as storage:
        inc(inc(1)), inc(1), ramp(50), ramp(5000)
        with pytest.raises(ValueError, match="no such thing"):
            fails(0)
    storage.close()
    return str(path)


@pytest.fixture
def run(capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(arguments)
        except SystemExit as error:
            status = error.code
        out, err = capsys.readouterr()
        return status, out, err

    return run
