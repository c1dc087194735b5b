"""The progress bar in a real terminal, and where there is none."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios

import pytest

from mandala_lab.adapters.progress_bar import ProgressBar
from mandala_lab.ports.progress import Tally

SCRIPT = """
import sys, time
from mandala_lab import Storage, op
@op
def inc(x):
    return x + 1
with Storage({options}) as storage:
    end, count = time.monotonic() + 1.6, 0
    while time.monotonic() < end:
        inc(count := count + 1)
        inc(count)
assert storage.stats().cached == count
print("tqdm" in sys.modules)
sys.stderr.write("END")
"""


def run(options="", **environment):
    """Run the script with a terminal as its stderr; return what it printed, and what the terminal got."""
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, 100))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    script = SCRIPT.replace("{options}", options)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=end, env=environment)
    os.close(end)
    seen = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # nobody writes any more
            break
        if not part:
            break
        seen += part
    os.close(terminal)
    printed = process.communicate(timeout=30)[0].decode().strip()
    assert process.returncode == 0, seen
    return printed, seen.decode()


def test_a_terminal_shows_a_line_that_goes_away():
    printed, seen = run()
    assert printed == "True"
    assert "mandala: " in seen
    assert "calls/s" in seen
    assert " computed, " in seen
    assert " cached" in seen
    assert "\n" not in seen
    last = seen.removesuffix("END").rstrip("\r").rpartition("\r")[2]
    assert last.strip() == "", "the line is blank again"
    assert 1 <= seen.count("mandala: ") <= 5


@pytest.mark.parametrize(("options", "environment"), [("progress=False", {}), ("", {"MANDALA_LAB_PROGRESS": "0"})])
def test_one_setting_switches_it_off(options, environment):
    assert run(options, **environment) == ("False", "END")


def test_nothing_is_shown_where_nobody_looks(capsys):
    bar = ProgressBar()
    bar.show(Tally(1, 2, 3, 4, 5.0))
    bar.hide()
    bar.hide()
    assert capsys.readouterr() == ("", "")


def test_no_stderr_is_no_place_either(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    bar = ProgressBar()
    bar.show(Tally(1, 2, 3, 4, 5.0))
    assert bar._bar is None
    bar.hide()
