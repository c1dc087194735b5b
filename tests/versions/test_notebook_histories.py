"""Histories of notebooks: what a person does in a session, and whether the op runs or is a hit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mandala_lab import MandalaLabWarning
from mandala_lab.versions.resolver import Resolver

F = "@op\ndef f(x):\n    return x + 1\n"
USING = "import helpers\n@op\ndef f(x): return helpers.g(x)\n"
ONE, NINE = {"helpers.py": "def g(x): return x * 1\n"}, {"helpers.py": "def g(x): return x * 9\n"}


def test_a_cell_run_again_is_a_hit(notebook):
    notebook.run(F)
    assert notebook.call() == (2, "ran")
    for _ in range(3):
        notebook.run(F)
        assert notebook.call() == (2, "hit"), "the same text"


def test_a_cell_that_is_renamed_or_moved_is_a_hit(notebook):
    notebook.run("a = 1", F)
    assert notebook.call() == (2, "ran")
    notebook.run("# a title\n\n" + F, "b = 2")
    assert notebook.call() == (2, "hit"), "where code lies says nothing"


def test_a_cell_split_in_two_is_a_hit(notebook):
    notebook.run("def g(x): return x\n@op\ndef f(x): return g(x)")
    assert notebook.call() == (1, "ran")
    notebook.run("def g(x): return x", "@op\ndef f(x): return g(x)")
    assert notebook.call() == (1, "hit")


def test_a_helper_redefined_alone_is_seen_by_the_op_of_before(notebook):
    notebook.run("def g(x): return x", "@op\ndef f(x): return g(x)")
    assert notebook.call() == (1, "ran")
    notebook.run("def g(x): return x * 9")
    assert notebook.call() == (9, "ran"), "the op looks the name up"


def test_a_global_changed_in_the_middle_of_a_cell_is_seen_at_the_next_call(notebook):
    notebook.run("K = 1\n@op\ndef f(x): return x * K")
    with notebook.storage:
        notebook.run("seen = []\nfor K in (1, 9, 1, 5): seen.append(f(1).value)")
    assert notebook.shell.user_ns["seen"] == [1, 9, 1, 5]
    assert notebook.storage.stats().computed == 3, "the third was known"


def test_a_name_deleted_and_defined_again(notebook):
    notebook.run("def g(x): return x * 1", "@op\ndef f(x): return g(x)")
    assert notebook.call() == (1, "ran")
    notebook.run("del g")
    with notebook.storage, pytest.raises(NameError):
        notebook.run("f(2)")
    notebook.run("def g(x): return x * 9")
    assert notebook.call() == (9, "ran")
    notebook.run("def g(x): return x * 1")
    assert notebook.call() == (1, "hit")


def test_a_global_function_shadows_a_builtin_until_it_is_deleted(notebook):
    notebook.run("@op\ndef f(x): return max(x, 1)")
    assert notebook.call() == (1, "ran")
    notebook.run("def max(*a): return 9")
    assert notebook.call() == (9, "ran")
    notebook.run("del max")
    assert notebook.call() == (1, "hit"), "the builtin again"


def test_open_is_the_same_in_a_notebook_and_in_a_script(notebook, define):
    source = "def f(path):\n    with open(path) as file:\n        return file.read()\n"
    notebook.run(source)
    assert notebook.shell.user_ns["open"] is not open  # a wrapper of IPython's
    of_notebook = Resolver().resolve(notebook.shell.user_ns["f"])
    of_script = Resolver().resolve(define(source)["f"])
    assert of_notebook.version.digest == of_script.version.digest
    notebook.run("def open(path): return path")
    assert not of_notebook.is_unchanged()
    assert Resolver().resolve(notebook.shell.user_ns["f"]).version.digest != of_script.version.digest


def test_run_of_a_script(notebook):
    script = "from mandala_lab import op\nK = 1\ndef g(x): return x * K\n@op\ndef f(x): return g(x)\n"
    path = str(notebook.folder / "script.py")
    for text, expected in ((script, (1, "ran")), (script.replace("x * K", "x * 9"), (9, "ran")), (script, (1, "hit"))):
        notebook.write({"script.py": text})
        notebook.run(f"%run {path}")
        assert notebook.call() == expected


def test_autoreload_puts_new_code_into_the_old_functions(notebook):
    notebook.write(ONE)
    notebook.run("%load_ext autoreload", "%autoreload 2", USING, "from helpers import g", "@op\ndef h(x): return g(x)")
    try:
        assert (notebook.call(), notebook.call("h(1)")) == ((1, "ran"), (1, "ran"))
        notebook.write(NINE)
        assert (notebook.call(), notebook.call("h(1)")) == ((9, "ran"), (9, "ran"))
        notebook.write(ONE)
        assert (notebook.call(), notebook.call("h(1)")) == ((1, "hit"), (1, "hit")), "back to what it was"
    finally:
        notebook.run("%autoreload 0")


def test_reload_of_a_module(notebook):
    notebook.write(ONE)
    notebook.run(USING)
    assert notebook.call() == (1, "ran")
    notebook.write(NINE)
    notebook.reload()
    assert notebook.call() == (9, "ran")
    notebook.write(ONE)
    notebook.reload()
    assert notebook.call() == (1, "hit")


def test_a_module_edited_on_disk_counts_as_it_was_loaded(notebook):
    notebook.write(ONE)
    notebook.run(USING)
    assert notebook.call() == (1, "ran")
    notebook.write(NINE)
    assert notebook.call() == (1, "hit"), "the old code is what runs"
    notebook.run(USING)
    assert notebook.call() == (1, "hit"), "also for an op that is defined after the edit"
    notebook.reload()
    assert notebook.call() == (9, "ran")


def test_a_module_whose_functions_moved_on_disk_is_a_hit(notebook):
    notebook.write(ONE)
    notebook.run(USING)
    assert notebook.call() == (1, "ran")
    notebook.write({"helpers.py": "import math\n\n\n# moved\n" + ONE["helpers.py"]})
    notebook.run(USING)
    assert notebook.call() == (1, "hit")
    notebook.reload()
    assert notebook.call() == (1, "hit")


def test_a_function_imported_from_a_module_stays_as_it_was_after_a_reload(notebook):
    notebook.write(ONE)
    notebook.run("from helpers import g\n@op\ndef f(x): return g(x)")
    assert notebook.call() == (1, "ran")
    notebook.write(NINE)
    notebook.run("import helpers")
    notebook.reload()
    assert notebook.call() == (1, "hit"), "the name still stands for the old function"
    notebook.run("from helpers import g")
    assert notebook.call() == (9, "ran")


def test_an_attribute_of_a_module_set_by_hand(notebook):
    notebook.write({"helpers.py": "K = 1\ndef g(x): return x * K\n"})
    notebook.run(USING)
    assert notebook.call() == (1, "ran")
    notebook.run("helpers.K = 9")
    assert notebook.call() == (9, "ran")
    notebook.run("helpers.g = lambda x: x * 5")
    assert notebook.call() == (5, "ran")


def test_cell_magics_keep_their_code(notebook):
    timed = "%%capture\n" + F
    notebook.run(timed)
    assert notebook.call() == (2, "ran")
    notebook.run(timed.replace("+ 1", "+ 9"))
    assert notebook.call() == (10, "ran")
    notebook.run(timed)
    assert notebook.call() == (2, "hit")


def test_code_that_is_executed_from_text(notebook):
    for text, expected in (("x * 1", (1, "ran")), ("x * 9", (9, "ran")), ("x * 1", (1, "hit"))):
        notebook.run(f"exec('@op\\ndef f(x): return {text}')")
        assert notebook.call() == expected


def test_functions_made_in_a_loop_differ_by_their_closures(notebook):
    notebook.run("def make(k):\n    @op\n    def f(x): return x * k\n    return f\nmade = [make(k) for k in (1, 9)]")
    assert [notebook.call(f"made[{at}](1)") for at in (0, 1, 0)] == [(1, "ran"), (9, "ran"), (1, "hit")]


def test_lambdas_made_in_a_loop_share_a_variable(notebook):
    notebook.run("made = []\nfor k in (1, 9):\n    made.append(lambda x: x * k)\n@op\ndef f(x): return made[0](x)")
    assert notebook.call() == (9, "ran"), "they all look up the last one"
    notebook.run("k = 5")
    assert notebook.call() == (5, "ran")


def test_what_is_imported_in_the_same_cell_hides_no_source(notebook):
    cell = "import math\nfrom mandala_lab import op\n{}@op\ndef f(x):\n    return math.floor(x)"
    notebook.run(cell.format(""))
    assert notebook.call() == (1, "ran")
    notebook.run(cell.format("# why\n"))
    assert notebook.call() == (1, "hit"), "a comment is none of the code"
    notebook.run("import math", "@op\ndef f(x):\n    return math.floor(x)")
    assert notebook.call() == (1, "hit"), "where it is imported makes no difference"


def test_an_op_moved_to_a_module_is_another_op(notebook):
    notebook.run("@op\ndef f(x): return x")
    assert notebook.call() == (1, "ran")
    notebook.write({"moved.py": "from mandala_lab import op\n@op\ndef f(x): return x\n"})
    notebook.run("from moved import f")
    with pytest.warns(MandalaLabWarning, match="go by the name 'f'"):
        assert notebook.call() == (1, "ran"), "the module is part of its name"
    notebook.write({"named.py": "from mandala_lab import op\n@op(name='shared')\ndef f(x): return x\n"})
    notebook.run("@op(name='shared')\ndef f(x): return x")
    assert notebook.call() == (1, "ran")
    notebook.run("from named import f")
    assert notebook.call() == (1, "hit"), "unless it has a name of its own"


def test_an_alias_keeps_the_helper_of_before(notebook):
    notebook.run("def g(x): return x * 1", "fast = g\n@op\ndef f(x): return fast(x)")
    assert notebook.call() == (1, "ran")
    notebook.run("def g(x): return x * 9")
    assert notebook.call() == (1, "hit"), "the alias stands for the old function"


def test_an_object_of_a_class_that_was_redefined_keeps_its_class(notebook):
    notebook.run("class C:\n    def m(self, x): return x * 1", "c = C()", "@op\ndef f(x): return c.m(x)")
    assert notebook.call() == (1, "ran")
    notebook.run("class C:\n    def m(self, x): return x * 9")
    assert notebook.call() == (1, "hit")
    notebook.run("c = C()")
    assert notebook.call() == (9, "ran")


def test_an_import_in_the_body_counts_from_the_first_call_on(notebook):
    notebook.write(ONE)
    notebook.run("@op\ndef f(x):\n    from helpers import g\n    return g(x)")
    assert notebook.call() == (1, "ran")
    assert notebook.call() == (1, "hit"), "although the module was not loaded before the first call"
    notebook.write(NINE)
    notebook.reload()
    assert notebook.call() == (9, "ran")


# --- sessions of their own


def session(folder: Path, *cells: str, store: str = "store.db", seed: str = "0") -> dict[str, object]:
    """Run cells in an IPython shell of a new process, call the op, and return what came of it."""
    code = f"""
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from mandala_lab import Storage
shell = InteractiveShell.instance()
for cell in {["from mandala_lab import op", *cells]!r}:
    shell.run_cell(cell, store_history=True).raise_error()
with Storage({str(folder / store)!r}) as storage:
    shell.run_cell("answer = f(1)").raise_error()
    print(json.dumps([shell.user_ns["answer"].value, "ran" if storage.stats().computed else "hit"]))
"""
    root = Path(__file__).parents[2]
    environment = {"PYTHONPATH": f"{root}:{folder}", "PYTHONHASHSEED": seed, "HOME": str(folder), "PATH": ""}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


RESTART = (
    "import helpers\nK = {'b', 'a'}\nclass C:\n    def __init__(self): self.k = [1]\nc = C()\nR = {'x': lambda x: x}",
    "@op\ndef f(x): return R['x'](helpers.g(x)) * len(K) * c.k[0]",
)


def test_a_restart_is_a_hit_and_an_edit_while_the_kernel_was_down_is_seen(tmp_path):
    (tmp_path / "helpers.py").write_text("def g(x): return x * 1\n")
    assert session(tmp_path, *RESTART) == [2, "ran"]
    assert session(tmp_path, *RESTART, seed="7") == [2, "hit"], "another process, another hash seed"
    (tmp_path / "helpers.py").write_text("def g(x): return x * 100\n")
    assert session(tmp_path, *RESTART) == [200, "ran"]


def test_two_notebooks_with_an_op_of_the_same_name_keep_their_results_apart(tmp_path):
    first, second = "@op\ndef f(x): return x * 1", "@op\ndef f(x): return x * 9"
    assert session(tmp_path, first) == [1, "ran"]
    assert session(tmp_path, second) == [9, "ran"]
    assert session(tmp_path, first) == [1, "hit"]
    assert session(tmp_path, second, "# another cell") == [9, "hit"]
