"""A kernel that is killed in the middle of a loop: every call that had returned is a hit afterwards."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from jupyter_client import KernelManager

SETUP = """
%load_ext mandala_lab
%mandala on kept.db
from mandala_lab import op
ran = []
note = ran.append
@op(output_names=["y"])
def work(x):
    note(x)
    return [x] * 100
"""


@pytest.fixture
def manager(tmp_path):
    made = KernelManager(kernel_name="python3")
    made.start_kernel(env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, cwd=str(tmp_path))
    yield made
    made.shutdown_kernel(now=True)
    made.cleanup_resources()


def connect(manager):
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return client


def lines_of(client, code):
    """Yield the lines that a cell prints, until it ends."""
    cell = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != cell:
            continue
        if message["msg_type"] == "stream":
            yield from message["content"]["text"].splitlines()
        elif message["msg_type"] == "error":
            pytest.fail("\n".join(message["content"]["traceback"]))
        elif message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return


@pytest.mark.filterwarnings("default")
def test_calls_that_had_returned_are_hits_after_sigkill(manager):
    client = connect(manager)
    list(lines_of(client, SETUP))
    done = 0
    for line in lines_of(client, "for x in range(1_000_000):\n    work(x)\n    print(x, flush=True)"):
        done = int(line)
        if done >= 50:
            os.kill(manager.provisioner.process.pid, signal.SIGKILL)
            break
    client.stop_channels()
    manager.provisioner.process.wait(timeout=20)
    manager.restart_kernel(now=True)
    client = connect(manager)
    list(lines_of(client, SETUP))
    told = list(lines_of(client, f"for x in range({done + 1}):\n    assert work(x).value == [x] * 100\nprint(ran)"))
    client.stop_channels()
    assert done >= 50
    assert told == ["[]"]
