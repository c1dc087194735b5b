"""Notebook histories: what is edited, and whether the old result may be served."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from mandala_lab import Storage

SETUP = "from mandala_lab import op\n"
BASE = "@op\ndef f(x):\n    return x + 1\n"


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
    ],
    ids=["helper", "helper of helper", "global", "class", "lambda", "op", "closure"],
)
def test_a_change_behind_the_op_is_seen_and_reverted(cells, before, after):
    op = "@op\ndef f(x):\n    return g(x)\n"
    assert cells(before, op) == (1, pytest.approx(1, abs=1))
    assert cells(after, op)[0] == 9
    assert cells(before, op) == (1, 0)


def test_a_helper_redefined_alone_is_seen(cells):
    assert cells("def g(x):\n    return x", "@op\ndef f(x):\n    return g(x)\n")[0] == 1
    assert cells("def g(x):\n    return -x")[0] == -1


def test_equal_names_in_different_modules_are_different_ops(storage):
    from mandala_lab import op

    made = []
    for module, factor in (("a", 1), ("b", 5)):
        scope = {"__name__": module, "op": op}
        exec(f"@op\ndef f(x):\n    return x * {factor}\n", scope)
        made.append(scope["f"])
    with storage:
        assert [f(2).value for f in made] == [2, 10]
    assert len(storage.store.ops()) == 2
