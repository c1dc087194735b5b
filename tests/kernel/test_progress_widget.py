"""Progress in a real kernel: a widget in the cell whose calls it tells of, and gone when the cell ends."""

from __future__ import annotations

import pytest

SETUP = """
import threading, time
from mandala_lab import Storage, op
@op
def inc(x):
    return x + 1
def long(start=0, takes_s=1.6):
    end, count = time.monotonic() + takes_s, start
    while time.monotonic() < end:
        inc(count := count + 1)
        inc(count)
"""
WIDGET = "application/vnd.jupyter.widget-view+json"


def run(client, code):
    """Run a cell; return the messages of outputs and widgets by their type, all of which are the cell's."""
    cell = client.execute(code)
    found = []
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != cell:
            continue
        kind, content = message["msg_type"], message["content"]
        assert kind != "error", content
        if kind == "status" and content["execution_state"] == "idle":
            return found
        if kind in {"display_data", "update_display_data", "comm_open", "comm_msg", "comm_close", "stream"}:
            found.append((kind, content))


def texts(found):
    """Return the texts that widgets were given."""
    states = [content["data"].get("state", {}) for kind, content in found if kind == "comm_msg"]
    return [state["value"] for state in states if "value" in state and isinstance(state["value"], str)]


def shown(found):
    return [content["data"] for kind, content in found if kind == "display_data"]


@pytest.mark.filterwarnings("default")
def test_a_widget_shows_in_the_cell_and_goes_with_the_block(kernel):
    run(kernel, SETUP)
    assert shown(run(kernel, "with Storage():\n    long(takes_s=0.2)")) == []
    for start in (0, 10**9):
        found = run(kernel, f"with Storage():\n    long({start})")
        [data] = shown(found)
        assert WIDGET in data
        assert any("computed" in text and "cached" in text and "calls/s" in text for text in texts(found))
        kind, content = found[-1]
        assert kind == "update_display_data"
        assert content["data"] == {"text/plain": ""}, "a saved notebook keeps no dead widget"
        assert any(kind == "comm_close" for kind, _ in found)
        assert not any(kind == "stream" for kind, _ in found)


@pytest.mark.filterwarnings("default")
def test_recording_to_a_notebook_wide_storage_shows_it_per_cell(kernel):
    run(kernel, f"%load_ext mandala_lab\n%mandala on loop.db\n{SETUP}")
    for start in (0, 10**9):
        found = run(kernel, f"long({start})")
        assert len(shown(found)) == 1
        assert found[-1][1].get("data") == {"text/plain": ""}
    assert shown(run(kernel, "inc(-1)")) == [], "the next cell has none"


@pytest.mark.filterwarnings("default")
def test_threads_of_a_notebook_show_nothing_in_other_cells(kernel):
    run(kernel, SETUP)
    code = "storage = Storage()\ndef work():\n    with storage:\n        long()\n"
    found = run(kernel, f"{code}thread = threading.Thread(target=work)\nthread.start()\nthread.join()")
    assert shown(found) == []
