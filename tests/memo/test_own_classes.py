"""Objects of classes that a script or notebook defines: they are of the class of the session, which stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import dataclasses, enum, functools, sys
from mandala_lab import Storage, op

K = 1

class Mode(enum.Enum):
    FAST = 1
    SLOW = 2

@dataclasses.dataclass
class Point:
    x: float
    tags: list = dataclasses.field(default_factory=list)
    def scaled(self):
        return self.x * K

class Names(list):
    def joined(self):
        return "-".join(self)

class Cached:
    def __init__(self, n): self.n = n
    @functools.cached_property
    def double(self): return 2 * self.n

class Maker:
    registry = {}
    def __init__(self, n): self.n = n
    @classmethod
    @op
    def named(cls, n): return cls(n)
    @op
    def times(self, by): return self.n * by

@op
def choose(n): return Mode.FAST
@op
def point(n): return Point(n)
@op
def names(n): return Names(["a"] * n)
@op
def cached(n): return Cached(n)
@op
def run(mode, n): return n * 10 if mode is Mode.FAST else -1
@op
def same(p, n): return p == Point(n) and isinstance(p, Point)

before = {kind: dict(vars(kind)) for kind in (Mode, Point, Names, Cached, Maker)}
with Storage("store.db") as storage:
    assert storage.unwrap(choose(1)) is Mode.FAST
    assert type(point(2).value) is Point and point(2).value == Point(2)
    assert type(names(2).value) is Names and names(2).value.joined() == "a-a"
    assert type(cached(3).value) is Cached and cached(3).value.double == 6
    made = Maker.named(4)
    assert type(made.value) is Maker and made.value.times(5).value == 20
    assert type(made.value).registry is Maker.registry
    assert run(choose(1), 2).value == run(Mode.FAST, 2).value == 20
    assert same(point(2), 2).value is same(Point(2), 2).value is True
    K = 3
    assert point(2).value.scaled() == Point(2).scaled() == 6
after = {kind: dict(vars(kind)) for kind in before}
assert all(before[kind][name] is after[kind][name] for kind in before for name in before[kind]), "a class was changed"
print(storage.stats().computed)
"""


def _run(text, *arguments):
    Path("work.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-W", "error", "work.py", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_objects_are_of_the_class_of_the_session_which_is_left_alone():
    assert _run(SCRIPT) == ["9"]
    assert _run(SCRIPT) == ["0"]


def test_an_object_of_a_class_that_is_not_defined_is_still_read():
    _run(SCRIPT)
    reader = (
        "from mandala_lab import Storage\n"
        "storage = Storage('store.db')\n"
        "point, again = (storage.calls('point')[0].outputs['output_0'].detached().value for _ in range(2))\n"
        "print(point.x, point == again, type(point) is type(again), type(point).__name__)\n"
    )
    assert _run(reader) == ["2", "True", "True", "Point"]


def test_a_value_that_others_signed_is_made_again(tmp_path):
    script = (
        "from mandala_lab import Storage, op\n"
        "class W:\n    def __init__(self, n): self.n = n\n"
        "@op\ndef make(n): return W(n)\n"
        "@op\ndef use(w): return w.n\n"
        "with Storage('store.db') as storage:\n    print(use(make(5)).value, make(5).value.n)\n"
    )
    assert _run(script) == ["5", "5"]
    environment = {**os.environ, "MANDALA_LAB_KEY_FILE": str(tmp_path / "other")}
    done = subprocess.run([sys.executable, "work.py"], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["5", "5"]
    assert "an equal call of make is recorded, but not under your key, so it runs anew" in done.stderr
    environment["MANDALA_LAB_KEY_FILE"] = str(tmp_path / "work.py" / "key")  # where no key can ever lie
    done = subprocess.run([sys.executable, "work.py"], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["5", "5"]
    assert "calls are signed with a key that is gone with this process" in done.stderr
    assert "the result of make is returned but not stored" in done.stderr


def test_workers_that_are_spawned_share_with_their_script():
    script = (
        "import multiprocessing\n"
        "from mandala_lab import Storage, op\n"
        "class P:\n    def __init__(self, n): self.n = n\n"
        "@op\ndef square(x): return P(x * x)\n"
        "def work(x):\n"
        "    with Storage('store.db') as storage:\n"
        "        return square(x).value.n\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(*pool.map(work, [1, 2]))\n"
        "    with Storage('store.db') as storage:\n"
        "        print(*(type(square(x).value) is P for x in (1, 2)), storage.stats().computed)\n"
    )
    assert _run(script) == ["1", "4", "True", "True", "0"]


def test_what_is_grouped_is_found_after_a_fork():
    script = (
        "import os\n"
        "from mandala_lab import Storage, op\n"
        "@op\ndef big(n): return list(range(n))\n"
        "with Storage('store.db', group_commits_ms=60_000) as storage:\n"
        "    big(500)\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        os._exit(0 if len(big(500).value) == 500 else 3)\n"
        "    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert _run(script) == ["0"]
