"""A recorded call is run again in a session that never defined its op: helpers and globals are found."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from mandala_lab import ReplayError, Storage

WORK = """
import math
import numpy as np
from mandala_lab import Storage, op

factor = 3
table = {"a": 1, "b": 2}
weights = np.arange(4.0)

class Shift:
    def __init__(self, by): self.by = by
    def __call__(self, x): return x + self.by

def helper(x):
    return deeper(x) * factor

def deeper(x):
    return math.floor(x) + table["b"]

@op
def inner(x):
    return x + factor

@op
def outer(x, by=1):
    return helper(x) + float(weights.sum()) + Shift(by)(inner(x))

def make(n):
    @op
    def closed(x):
        return x + n
    return closed

with Storage("store.db") as storage:
    print(outer(2).value, outer(outer(2), by=5).value)
    factor = 10
    print(outer(2).value, make(7)(1).value)
"""


@pytest.fixture
def store(tmp_path):
    Path("work.py").write_text(WORK)
    done = subprocess.run([sys.executable, "work.py"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["24.0", "116.0", "59.0", "8"]
    storage = Storage("store.db")
    yield storage
    storage.close()


def test_helpers_globals_and_nested_ops_are_found_after_a_restart(store):
    first, second, third = store.calls("outer")
    assert store.replay(first).verdict == "same"
    assert store.replay(second).verdict == "same"
    assert store.replay(third).verdict == "same"  # it read another value of the global
    changed = store.replay(first, x=3)
    assert changed.verdict == "changed"
    assert [ref.value for ref in changed.frame.calls[changed.executed[0]].outputs.values()] == [28.0]
    again = store.replay(third, x=3)
    assert [ref.value for ref in again.frame.calls[again.executed[0]].outputs.values()] == [70.0]
    (closed,) = store.calls("closed")
    assert store.replay(closed).verdict == "same"


def test_what_depends_on_a_call_is_run_again_after_a_restart(store):
    first = store.calls("outer")[0]
    outcome = store.replay(first, scope="downstream", x=3)
    assert len(outcome.executed) == 2
    new = [call for call in outcome.frame.calls.values() if call.hid in outcome.executed]
    assert sorted(call.outputs["output_0"].value for call in new) == [28.0, 132.0]


def test_a_program_that_others_signed_is_not_run(store, tmp_path, monkeypatch):
    monkeypatch.setenv("MANDALA_LAB_KEY_FILE", str(tmp_path / "another key"))
    with pytest.raises(ReplayError, match="not signed with your key") as error:
        store.replay(store.calls("outer")[0])
    assert error.value.code == "source_missing"
    store.close()
    with sqlite3.connect("store.db") as connection:
        connection.execute("update code_versions set program = null")
    connection.close()
    with pytest.raises(ReplayError, match="its code could not be kept"):
        store.replay(store.calls("outer")[0])


def test_an_object_whose_method_is_an_op_is_read_after_a_restart(tmp_path):
    Path("work.py").write_text(
        "from mandala_lab import Storage, op\n"
        "class Model:\n"
        "    def __init__(self, weight): self.weight = weight\n"
        "    @op\n"
        "    def predict(self, x): return self.weight * x\n"
        "@op\n"
        "def fit(weight): return Model(weight)\n"
        "with Storage('store.db') as storage:\n"
        "    print(fit(2).value.predict(5).value, Model(3).predict(5).value)\n"
    )
    done = subprocess.run([sys.executable, "work.py"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["10", "15"]
    again = subprocess.run([sys.executable, "work.py"], capture_output=True, text=True, check=True)
    assert again.stdout.split() == ["10", "15"]
    storage = Storage("store.db")
    assert storage.stats(everything=True).cached == 3
    assert storage.calls("fit")[0].outputs["output_0"].value.predict(7) == 14
    for call in storage.calls("predict"):
        assert storage.replay(call).verdict == "same"
    storage.close()


def test_code_that_is_imported_and_was_edited_is_not_taken_for_the_old_one(tmp_path):
    Path("rm.py").write_text("from rh import h\nfrom mandala_lab import op\n@op\ndef t(x): return h(x)\n")
    Path("rh.py").write_text("def h(x): return x + 1\n")
    record = "import rm\nfrom mandala_lab import Storage\nwith Storage('store.db'): print(rm.t(1).value)\n"
    replay = (
        "from mandala_lab import ReplayError, Storage\n"
        "storage = Storage('store.db')\n"
        "try: print(storage.replay(storage.calls('t')[0], x=50).verdict)\n"
        "except ReplayError as error: print(error.code, error)\n"
    )
    for name, text in (("record.py", record), ("replay.py", replay)):
        Path(name).write_text(text)

    def run(name):
        return subprocess.run([sys.executable, name], capture_output=True, text=True, check=True).stdout

    assert run("record.py") == "2\n"
    assert run("replay.py") == "changed\n"
    Path("rh.py").write_text("def h(x): return x + 1000\n")
    assert run("replay.py").startswith("code_changed t reaches code that is another now: h")
