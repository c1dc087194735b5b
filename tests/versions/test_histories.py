"""Notebook histories: what is edited, and whether the old result may be served."""

from __future__ import annotations

import importlib
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from mandala_lab import MandalaLabWarning, Storage

SETUP = "from mandala_lab import op\n"
BASE = "@op\ndef f(x):\n    return x + 1\n"
PARTIAL = "import functools\ndef h(x, k): return x * k\ng = functools.partial(h, k=1)"
WRAPPED = """
import functools
K = 1
def scaled(function):
    @functools.wraps(function)
    def wrapper(x):
        return function(x) * 1
    return wrapper
@scaled
def g(x): return x
"""
CLASS = """
class B:
    def m(self, x): return x * self.p
class C(B):
    k = 1
    @property
    def p(self): return self.k * 1
    @staticmethod
    def s(x): return x
    @classmethod
    def c(cls, x): return x * cls.k
def g(x): return C().m(x)
"""
ENUM = "import enum\nclass E(enum.Enum):\n    ONE = 1\ndef g(x): return x * E.ONE.value"


@pytest.fixture
def cells(storage: Storage):
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()

    def run(*sources: str):
        for source in (SETUP, *sources):
            shell.run_cell(source).raise_error()
        with storage:
            before = storage.stats().computed
            shell.run_cell("answer = f(1)").raise_error()
            return shell.user_ns["answer"].value, storage.stats().computed - before

    yield run
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_a_changed_body_runs_and_changing_back_is_a_hit(cells):
    assert cells(BASE) == (2, 1)
    assert cells(BASE.replace("+ 1", "+ 10")) == (11, 1)
    assert cells(BASE) == (2, 0)


@pytest.mark.parametrize(
    "edited",
    [
        BASE.replace("return", "# why\n    return"),
        BASE.replace("    return", '    """What it does."""\n    return'),
        BASE.replace("x + 1", "(x  +  1)"),
        "y = 0\n\n" + BASE,
        BASE.replace("@op", "@op(output_names=['z'])"),
    ],
)
def test_an_edit_that_cannot_matter_is_a_hit(cells, edited):
    assert cells(BASE) == (2, 1)
    assert cells(edited) == (2, 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def g(x):\n    return x", "def g(x):\n    return x * 9"),
        (
            "def h(x):\n    return x\ndef g(x):\n    return h(x)",
            "def h(x):\n    return x * 9\ndef g(x):\n    return h(x)",
        ),
        ("K = 1\ndef g(x):\n    return x * K", "K = 9\ndef g(x):\n    return x * K"),
        (
            "class C:\n    def m(self, x): return x\ndef g(x):\n    return C().m(x)",
            "class C:\n    def m(self, x): return x * 9\ndef g(x):\n    return C().m(x)",
        ),
        ("g = lambda x: x", "g = lambda x: x * 9"),
        ("@op\ndef g(x):\n    return x", "@op\ndef g(x):\n    return x * 9"),
        (
            "def make(k):\n    return lambda x: x * k\ng = make(1)",
            "def make(k):\n    return lambda x: x * k\ng = make(9)",
        ),
        ("g = lambda x, k=1: x * k", "g = lambda x, k=9: x * k"),
        ("K = 1\ndef g(x, *, k=K): return x * k", "K = 9\ndef g(x, *, k=K): return x * k"),
        ("h = max\ndef g(x, by=h): return by(x, 1)", "h = lambda x, y: 9\ndef g(x, by=h): return by(x, 1)"),
        (PARTIAL, PARTIAL.replace("k=1", "k=9")),
        (PARTIAL.replace("k=1)", "k=1)  #"), PARTIAL.replace("x * k", "x * k * 9")),
        (WRAPPED, WRAPPED.replace("* 1", "* 9")),
        (WRAPPED.replace("* 1", "* K"), WRAPPED.replace("* 1", "* K").replace("K = 1", "K = 9")),
        (CLASS, CLASS.replace("self.k * 1", "self.k * 9")),
        (CLASS, CLASS.replace("k = 1", "k = 9")),
        (CLASS, CLASS.replace("return x * self", "return 9 * x * self")),
        (CLASS + "g = C.c", CLASS.replace("k = 1", "k = 9") + "g = C.c"),
        (CLASS + "g = C.s", CLASS.replace("return x\n", "return x * 9\n") + "g = C.s"),
        (CLASS, CLASS + "C.k = 9"),
        (ENUM, ENUM.replace("ONE = 1", "ONE = 9")),
        ("g = None\n@op\ndef f(x):\n    return g(x) if g else 1\n", "def g(x):\n    return x * 9"),
        ("import functools\n@functools.lru_cache\ndef g(x): return x", "@functools.lru_cache\ndef g(x): return x * 9"),
    ],
    ids=[
        "helper",
        "helper of helper",
        "global",
        "class",
        "lambda",
        "op",
        "closure",
        "default",
        "default by name",
        "default that is code",
        "partial",
        "code of a partial",
        "wrapper",
        "global of a wrapper",
        "property",
        "class attribute",
        "base class",
        "bound method",
        "static method",
        "attribute set later",
        "enum",
        "data that becomes code",
        "cache of functools",
    ],
)
def test_a_change_behind_the_op_is_seen_and_reverted(cells, before, after):
    calling = () if "def f(" in before else ("@op\ndef f(x):\n    return g(x)\n",)
    assert cells(before, *calling)[0] == 1
    assert cells(after)[0] == 9
    assert cells(before, *calling) == (1, 0)


def test_a_helper_redefined_alone_is_seen(cells):
    assert cells("def g(x):\n    return x", "@op\ndef f(x):\n    return g(x)\n")[0] == 1
    assert cells("def g(x):\n    return -x")[0] == -1


def test_an_op_under_another_decorator_is_the_whole_of_it(cells):
    wrapped = WRAPPED.replace("@scaled\ndef g(x): return x\n", "@op\n@scaled\ndef f(x): return x\n")
    assert cells(wrapped) == (1, 1)
    assert cells(wrapped.replace("* 1", "* 9")) == (9, 1)
    assert cells(wrapped.replace("return x\n", "return x * 5\n")) == (5, 1)
    assert cells(wrapped) == (1, 0)


def test_an_explicit_name_survives_another_name_of_the_function(storage):
    from mandala_lab import op

    with storage:

        @op(name="area")
        def first(x):
            return x * x

        first(3)

        @op(name="area")
        def second(x):
            return x * x

        second(3)
    assert (storage.stats().computed, storage.stats().cached) == (1, 1)


def test_code_that_is_older_than_its_file_is_not_mistaken_for_it(storage, tmp_path, monkeypatch):
    file = tmp_path / "edited.py"
    file.write_text("from mandala_lab import op\n@op\ndef f(x): return x * 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("edited")
    file.write_text("from mandala_lab import op\n@op\ndef f(x): return x * 1000\n")
    with storage:
        assert module.f(1).value == 2
        importlib.invalidate_caches()
        del sys.modules["edited"]
        module = importlib.import_module("edited")
        assert module.f(1).value == 1000
    assert [version.source.strip()[-8:] for version in storage.versions(module.f)] == ["", "x * 1000"]


def test_code_that_is_replaced_in_place_is_seen(storage):
    from mandala_lab import op

    def helper(x):
        return x

    def other(x):
        return x * 9

    class Tool:
        def use(self, x):
            return x

    @op
    def f(x):
        return helper(x), Tool().use(x)

    with storage:
        assert [ref.value for ref in f(1)] == [1, 1]
        helper.__code__ = other.__code__  # as autoreload does
        assert [ref.value for ref in f(1)] == [9, 1]
        Tool.use = lambda self, x: x * 5
        assert [ref.value for ref in f(1)] == [9, 5]


def test_equal_names_in_different_modules_are_different_ops(storage):
    from mandala_lab import op

    made = []
    for module, factor in (("a", 1), ("b", 5)):
        scope = {"__name__": module, "op": op}
        exec(f"@op\ndef f(x):\n    return x * {factor}\n", scope)
        made.append(scope["f"])
    with storage:
        assert made[0](2).value == 2
        with pytest.warns(MandalaLabWarning, match="two ops of this storage go by the name 'f': a:f and b:f"):
            assert made[1](2).value == 10
        assert [f(3).value for f in made] == [3, 15]  # told once
    assert len(storage.store.ops()) == 2
