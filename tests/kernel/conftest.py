"""Real kernels for tests."""

from __future__ import annotations

import os
import sys

import pytest
from jupyter_client import KernelManager


@pytest.fixture
def kernel(tmp_path):
    manager = KernelManager(kernel_name="python3")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    manager.start_kernel(env=environment, cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()
