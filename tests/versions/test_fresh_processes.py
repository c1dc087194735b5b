"""Versions in fresh processes: what a package offers is known by its name, whatever was loaded or drawn before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json, linecache, sys, warnings
warnings.simplefilter("error")
first, cell = sys.argv[1:]
exec(first, {})
linecache.cache["<cell>"] = (len(cell), None, cell.splitlines(keepends=True), "<cell>")
scope = {"__name__": "__main__"}
exec(compile(cell, "<cell>", "exec"), scope)
from mandala_lab.versions.resolver import Resolver
resolver = Resolver()
found = resolver.resolve(scope["f"])
before = [found.version.digest.hex(), found.version.gaps, [label for label, _ in found.read_globals()]]
if "ran" in scope:
    scope["f"](1)
again = resolver.resolve(scope["f"])
print(json.dumps([*before, found.is_unchanged() and again.version.digest == found.version.digest]))
"""


def resolved(cell: str, first: str = "") -> list[object]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", PROGRAM, first, cell]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("imports", "use", "first"),
    [
        ("from random import random, randint", "random() + randint(1, 2)", "import random; random.random()"),
        ("import random", "random.random()", "import random; random.random()"),
        ("from numpy.random import randn, randint", "randn(1) + randint(2)", "import numpy as np; np.random.rand()"),
        (
            "from numpy.random import rand\nuse = {'rand': rand}",
            "use['rand'](1)",
            "import numpy as np; np.random.rand()",
        ),
        ("import numpy as np\ndraw = np.random.normal", "draw()", "import numpy as np; np.random.rand()"),
        ("from scipy.stats import norm", "norm.pdf(x)", "from scipy.stats import norm; norm.rvs()"),
        ("from scipy.stats import norm\npdf = norm.pdf", "pdf(x)", "from scipy.stats import norm; norm.rvs()"),
        ("from os import environ", "environ.get('A')", "import os; os.environ['A'] = 'b'"),
        ("import os\nclass C: environ = os.environ", "C.environ.get('A')", "import os; os.environ['A'] = 'b'"),
    ],
)
def test_what_a_package_offers_counts_by_its_name(imports, use, first):
    if "scipy" in imports:
        pytest.importorskip("scipy")
    cell = f"{imports}\nran = True\ndef f(x): return {use}"
    found = resolved(cell)
    assert found == resolved(cell, first), "its state is its own"
    assert found[1:] == [[], [], True]


def test_classes_with_all_kinds_of_annotations_are_the_same_in_every_process():
    cell = (
        "import dataclasses, enum, typing\n"
        "class A: pass\n"
        "@dataclasses.dataclass\nclass P:\n    a: dataclasses.InitVar[A]\n    c: 'A' = None\n"
        "    b: typing.ClassVar[list[A]] = []\n"
        "class D(typing.TypedDict):\n    a: A\n"
        "class R(typing.NamedTuple):\n    a: typing.Annotated[int, A()] = 1\n"
        "class Q(typing.Protocol):\n    def m(self): ...\n"
        "class F(enum.IntFlag):\n    A = 1\n    B = 2\n"
        "def f(x): return P, D, R, Q, F"
    )
    assert resolved(cell)[0] == resolved(cell, "import pandas")[0]


@pytest.mark.parametrize(
    ("imports", "use", "first"),
    [
        ("import numpy as np", "np.random.default_rng(0)", "import pandas"),
        ("import numpy as np", "np.random.rand(3)", "import pandas"),
        ("import numpy as np", "np.ma.masked_array(x), np.fft.fft(x), np.polynomial", "import pandas"),
        ("import numpy as np", "np.ma.array(x), np.polynomial.Polynomial(x)", "import numpy.ma, numpy.polynomial"),
        ("import scipy", "scipy.stats.norm.pdf(x)", "import scipy.stats"),
        ("import scipy", "scipy.optimize.minimize(x)", "import scipy.optimize"),
        ("import numpy as np", "np.no_such_thing_at_all(x)", "import numpy.random"),
    ],
)  # fmt: skip
def test_a_submodule_that_its_package_loads_when_it_is_asked_for_makes_no_difference(imports, use, first):
    for module in ("pandas", "scipy"):
        if module in imports + first:
            pytest.importorskip(module)
    cell = f"{imports}\ndef f(x): return {use}"
    found = resolved(cell)
    assert found == resolved(cell, first)
    assert found[1:] == [[], [], True]
