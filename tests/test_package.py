"""The package as a whole: quick to import, and its examples run."""

from __future__ import annotations

import doctest
import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import mandala_lab
from mandala_lab import ComputationFrame

PACKAGE = Path(mandala_lab.__file__).parent
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


def with_examples():
    """Return the names of the modules in which something has an example."""
    files = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")]
    return sorted(".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files)


@pytest.mark.parametrize("name", with_examples())
def test_examples_in_docstrings_run(name):
    module = importlib.import_module(f"mandala_lab.{name}")
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


def test_every_public_method_of_a_frame_has_an_example():
    members = inspect.getmembers(ComputationFrame)
    public = {name: inspect.getdoc(member) for name, member in members if not name.startswith("_")}
    assert [name for name, doc in public.items() if ">>> " not in (doc or "")] == []
