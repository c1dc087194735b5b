"""A real kernel: pushes arrive and requests are answered while a cell runs."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from mandala_lab.schema.messages import PUSH_COMM_ID, REPLY_MSG_TYPE, REQUEST_MSG_TYPE

if TYPE_CHECKING:
    from jupyter_client import BlockingKernelClient

SETUP = """
%load_ext mandala_lab
%mandala on busy.db
import threading
from mandala_lab import op
go = threading.Event()
wait = go.wait
@op(output_names=["y"])
def slow(x):
    wait(0.05)
    return x
"""


def ask(client: BlockingKernelClient, **content) -> dict:
    message = client.session.msg(REQUEST_MSG_TYPE, content)
    client.control_channel.send(message)
    reply = client.get_control_msg(timeout=20)
    assert reply["header"]["msg_type"] == REPLY_MSG_TYPE
    return reply["content"]


@pytest.mark.filterwarnings("default")
def test_nothing_is_pushed_to_nobody(kernel):
    kernel.execute(SETUP, reply=True, timeout=60)
    cell = kernel.execute("for x in range(10):\n    slow(x)")
    pushes = []
    while True:
        message = kernel.get_iopub_msg(timeout=60)
        if message["msg_type"] == "comm_msg":
            pushes.append(message["content"]["data"]["type"])
        mine = message["parent_header"].get("msg_id") == cell
        if mine and message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
    assert pushes == ["frame.snapshot"]  # the one that says that recording began
    assert ask(kernel, type="frame.get")["store"]["calls"] == 10


@pytest.mark.filterwarnings("default")
def test_a_busy_kernel_pushes_and_answers(kernel):
    setup = kernel.execute(SETUP, reply=True, timeout=60)
    assert setup["content"]["status"] == "ok"
    assert ask(kernel, type="frame.get")["type"] == "frame.snapshot"
    cell = kernel.execute("for x in range(100):\n    slow(x)")
    pushes = []
    asked = None
    while True:
        message = kernel.get_iopub_msg(timeout=60)
        mine = message["parent_header"].get("msg_id") == cell
        if message["msg_type"] == "comm_msg" and message["content"]["comm_id"] == PUSH_COMM_ID:
            pushes.append(message["content"]["data"])
            if len(pushes) == 3:
                asked = ask(kernel, type="node.inspect", node="op:slow")
        elif mine and message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
    deltas = [push for push in pushes if push["type"] == "frame.delta"]
    assert len(deltas) >= 5
    assert all(after["base"] == before["seq"] for before, after in pairwise(deltas))
    assert asked is not None
    assert 0 < asked["total"] < 100
    assert ask(kernel, type="nonsense")["code"] == "bad_request"
    kernel.execute("%mandala off", reply=True, timeout=60)
    assert ask(kernel, type="frame.get")["code"] == "not_recording"
