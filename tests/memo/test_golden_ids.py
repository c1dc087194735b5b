"""Content ids are the same in other processes, Pythons and versions of packages, and from release to release.

``MANDALA_LAB_UPDATE_GOLDEN=1`` writes the file anew. ``MANDALA_LAB_PYTHONS`` names further
interpreters (separated like a search path) that have the dependencies installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from golden_values import ids

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden" / "content_ids.json"
PYTHONS = [path for path in os.environ.get("MANDALA_LAB_PYTHONS", "").split(os.pathsep) if path]


def _ids_in(python: str, seed: str) -> dict[str, str]:
    environment = {
        **os.environ,
        "PYTHONHASHSEED": seed,
        "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), *sys.path]),
    }
    if python != sys.executable:
        environment["PYTHONPATH"] = str(HERE.parents[1])
    command = [python, str(HERE / "golden_values.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_ids_are_those_of_the_last_release():
    found = ids()
    if os.environ.get("MANDALA_LAB_UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert len(found) >= 60


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_ids_do_not_depend_on_the_seed_of_hashes(seed: str):
    assert _ids_in(sys.executable, seed) == json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.skipif(not PYTHONS, reason="MANDALA_LAB_PYTHONS names no other interpreters")
@pytest.mark.parametrize("python", PYTHONS)
def test_ids_do_not_depend_on_the_python(python: str):
    for seed in ("0", "99"):
        assert _ids_in(python, seed) == json.loads(GOLDEN.read_text(encoding="utf-8"))
