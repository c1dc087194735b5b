"""The package as a whole: quick to import, and its examples run."""

from __future__ import annotations

import doctest
import importlib
import json
import subprocess
import sys

import pytest

import mandala_lab

HEAVY = {"jupyter_client", "jupyter_core", "jupyterlab", "IPython", "ipykernel", "ipywidgets", "anywidget"}
HEAVY |= {"pandas", "numpy", "sqlalchemy", "pyarrow", "networkx", "traitlets", "tqdm"}


def test_importing_loads_nothing_heavy():
    code = "import sys, json, mandala_lab; from mandala_lab import op; print(json.dumps(sorted(sys.modules)))"
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & HEAVY


def test_every_public_name_is_there():
    for name in mandala_lab.__all__:
        assert getattr(mandala_lab, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'opp'"):
        mandala_lab.opp  # noqa: B018


@pytest.mark.parametrize(
    "name",
    "storage storage.records storage.code computation_frame computation_frame.contents computation_frame.framed "
    "computation_frame.growth computation_frame.holding computation_frame.picture computation_frame.refining "
    "computation_frame.selection computation_frame.structure model.ids frame.numbers frame.joining model.columns "
    "memo.decorator memo.context memo.encoding.forms model.errors model.hashing model.refs trust.keyring "
    "versions.syntax".split(),
)
def test_examples_in_docstrings_run(name):
    module = importlib.import_module(f"mandala_lab.{name}")
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
