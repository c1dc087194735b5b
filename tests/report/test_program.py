"""Programs that make a value again: run apart from the store, with the same result."""

from __future__ import annotations

import linecache
import os
import subprocess
import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from hostile import HOSTILE

from mandala_lab import MandalaLabWarning, MDict, MList, Storage, op
from mandala_lab.report.program import only_result

OFFSET = 3
WEIGHTS = np.array([1.0, 2.5])


def helper(value):
    """Add, as a helper does."""
    return value + OFFSET


class Kind:
    factor = 4

    def go(self):
        return self.factor


@op(output_names=["y"])
def inc(x, *rest, k=2, **more):
    text = """of several

    lines"""
    return helper(x) + float(np.sum(WEIGHTS)) + Kind().go() + len(rest) + k + more.get("zz", 0) + len(text)


@op(output_names=["low", "high"])
def both(y):
    return y - 1, [y, y + 1]


@op
def append(items, item):
    items.append(item)
    return list(items)


@op
def total(items: MList[float]) -> float:
    return sum(items)


@op
def scale(values, table):
    return values * table["a"].sum()


@op
async def later(x):
    return x + 1


@op
def parts(n) -> MDict[str, int]:
    return {"a": n, "b": n + 1}


def run(text, folder):
    """Run a program where there is no mandala-lab."""
    place = folder / "program.py"
    place.write_text(text, encoding="utf-8")
    command = [sys.executable, "-W", "error", str(place)]
    environment = {**os.environ, "PYTHONPATH": ""}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)


def program_of(storage, ref, tmp_path):
    return storage.cf([ref]).save_py(tmp_path / "made.py", ref).read_text(encoding="utf-8")


def open_program_of(storage, ref, tmp_path):
    """Return a program that lacks something, which a warning tells."""
    with pytest.warns(MandalaLabWarning, match=r"made.py lacks what could not be written, and stops there"):
        return program_of(storage, ref, tmp_path)


def assert_makes_again(storage, ref, tmp_path):
    text = program_of(storage, ref, tmp_path)
    done = run(text, tmp_path)
    assert done.returncode == 0, done.stderr + text
    assert done.stdout.strip() == str(ref.value)
    return text


def test_a_chain_with_all_kinds_of_arguments_is_made_again(storage, tmp_path):
    with storage:
        first = inc(1, 5, 6, k=4, zz=2)
        low, high = both(first)
        grown = append(high, low)
        again = append(high, 7)
        last = total([low, inc(2), 3])
    for ref in (last, grown, again, first):
        text = assert_makes_again(storage, ref, tmp_path)
        assert "assert result ==" in text
    assert "mandala" not in "".join(line for line in text.splitlines() if not line.startswith("#"))


def test_arrays_and_tables_are_written_and_what_is_too_large_is_named(storage, tmp_path):
    with storage:
        small = scale(np.arange(6).reshape(2, 3), pd.DataFrame({"a": [1, 2], "b": [0.5, 1.0]}))
        large = scale(np.arange(5_000), pd.DataFrame({"a": [1]}))
    assert "np.array_equal(result" in assert_makes_again(storage, small, tmp_path)
    done = run(open_program_of(storage, large, tmp_path), tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("argument values of scale (of type ndarray) could not be written")


def test_collections_async_ops_and_lambdas_are_made_again(storage, tmp_path):
    double = op(lambda x: 2 * x)
    with storage:
        found = parts(3)
        ref = double(found["b"])
        import asyncio

        late = asyncio.run(later(ref))
    assert_makes_again(storage, ref, tmp_path)
    assert "asyncio.run(later(" in assert_makes_again(storage, late, tmp_path)


FACTORS = [1, 2]


def weigh(x, factor=OFFSET, *, factors=FACTORS):
    return x * factor * len(factors)


@op
def weighed(x, factor=OFFSET):
    return weigh(x) + factor


def test_defaults_that_a_name_gives_are_made_again(storage, tmp_path):
    with storage:
        text = assert_makes_again(storage, weighed(2), tmp_path)
    assert "OFFSET = 3\n" in text
    assert "FACTORS = [1, 2]\n" in text


def defined(source, name, tmp_path, number):
    """Return the op that a text defines, as a cell does."""
    filename = f"<cell {tmp_path} {number}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    scope = {"op": op, "__name__": "__main__", "FACTOR": number}
    exec(compile(source, filename, "exec"), scope)
    return scope[name]


def test_versions_of_one_op_stand_side_by_side(storage, tmp_path):
    with storage:
        ref = 1
        for number in (1, 2, 3):
            source = f"def step(x):\n    return x + {number}\n@op\ndef walk(x):\n    return step(x) * FACTOR\n"
            ref = defined(source, "walk", tmp_path, number)(ref)
    text = assert_makes_again(storage, ref, tmp_path)
    assert text.count("def walk(x)") == text.count("def step(x)") == 3


def test_a_value_that_no_call_made_and_an_unknown_one(storage, tmp_path):
    with storage:
        inc(41)
    ref = storage.cf(inc).expand_back().refs_by_var()["x"][0]
    assert_makes_again(storage, ref, tmp_path)
    frame = storage.cf(inc)
    with pytest.raises(ValueError, match="no ref has the hid 'beef'"):
        frame.save_py(tmp_path / "x.py", "beef")
    with pytest.raises(TypeError, match="a value again that is given as a ref, or by its hid, not int"):
        frame.save_py(tmp_path / "x.py", 3)
    assert not (tmp_path / "x.py").exists()


def test_what_was_not_recorded_is_told(storage, tmp_path):
    scope = {"op": op, "__name__": "__main__"}
    exec("@op\ndef sourceless(x):\n    return x\n", scope)
    with storage:
        ref = scope["sourceless"](1)
    with pytest.raises(ValueError, match="the source of sourceless was not recorded"):
        program_of(storage, ref, tmp_path)


def test_a_name_that_nothing_explains_is_named(storage, tmp_path):
    source = "@op\ndef f(x):\n    return x + sum(unheard(1) for _ in ())\n"
    with storage:
        ref = defined(source, "f", tmp_path, 1)(1)
    done = run(open_program_of(storage, ref, tmp_path), tmp_path)
    assert done.stderr.startswith("unheard, which f uses, could not be written")


HELPERS = """
import math
import numpy as nump
SCALE = 3
TABLE = {"a": 1}
def base(x):
    return x + SCALE
def f(x):
    return base(x) * math.pi + float(nump.float64(1))
again = f
class Kind:
    def go(self):
        return SCALE
OPEN = object()
"""


def of_helpers(body, storage, tmp_path, monkeypatch, head="import helpers", name="helpers"):
    """Return what an op makes that uses a module of the user's."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / f"{name}.py").write_text(HELPERS)
    monkeypatch.syspath_prepend(tmp_path / "lib")
    scope_source = f"{head}\n@op\ndef one(x):\n    {body}\n"
    monkeypatch.setitem(sys.modules, name, ModuleType(name))  # so that it is gone after the test
    del sys.modules[name]
    one = defined(scope_source, "one", tmp_path, 1)
    for alias, value in one.f.__globals__.items():
        if isinstance(value, ModuleType):
            monkeypatch.setattr(sys.modules["__main__"], alias, value, raising=False)
    with storage:
        return one(1)


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ("return helpers.f(x) + helpers.SCALE + helpers.Kind().go() + helpers.TABLE['a']", "import helpers"),
        ("return hp.again(x) * hp.math.pi", "import helpers as hp"),
        ("return f(x) + helpers.f(x) + helpers.base(x)", "import helpers\nfrom helpers import f"),
        ("return Kind().go() + f(x)", "from helpers import f, Kind"),
    ],
)
def test_what_is_used_of_a_module_of_the_users_is_in_the_program(storage, tmp_path, monkeypatch, body, head):
    ref = of_helpers(body, storage, tmp_path, monkeypatch, head)
    text = assert_makes_again(storage, ref, tmp_path)
    assert "import helpers" not in text
    assert "assert result ==" in text


@pytest.mark.filterwarnings("ignore:.*changes cannot be seen")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return str(type(helpers.OPEN))", "helpers.OPEN, which one uses, could not be written"),
        ("return [helpers, x][1]", "the module helpers, which one uses as a whole, could not be written"),
    ],
)
def test_what_cannot_be_had_of_such_a_module_is_named(storage, tmp_path, monkeypatch, body, said):
    ref = of_helpers(body, storage, tmp_path, monkeypatch)
    done = run(open_program_of(storage, ref, tmp_path), tmp_path)
    assert done.returncode == 1
    assert said in done.stderr


def test_two_things_of_one_name_and_imports_inside_are_refused(storage, tmp_path, monkeypatch):
    head = "import helpers\nSCALE = 5\ndef base(x):\n    return x"
    ref = of_helpers("return helpers.base(x) + base(x) + SCALE", storage, tmp_path, monkeypatch, head)
    with pytest.raises(ValueError, match=r"one needs helpers\.base and another base"):
        program_of(storage, ref, tmp_path)
    with storage:
        inside = defined("@op\ndef two(x):\n    import helpers\n    return helpers.SCALE\n", "two", tmp_path, 2)(1)
        mixed = defined(
            "import helpers\nSCALE = 5\n@op\ndef three(x):\n    return helpers.base(x) + SCALE\n", "three", tmp_path, 3
        )
        third = mixed(1)
    with pytest.raises(ValueError, match="the code of two imports helpers while it runs"):
        program_of(storage, inside, tmp_path)
    with pytest.raises(ValueError, match=r"three reads SCALE and helpers\.SCALE, and a program has one SCALE"):
        program_of(storage, third, tmp_path)


@pytest.mark.parametrize("hostile", [*HOSTILE[:4], "x\nimport os; os.abort()", "a'\"\\\n", "class", "\uff58", "1\r2"])
def test_names_put_no_code_into_a_program(storage, tmp_path, hostile):
    source = "@op\ndef f(x, **more):\n    return (x, 1)\n"
    made = defined(source, "f", tmp_path, 1)
    hostile_op = op(made.f, name=hostile, output_names=[hostile, "b"])
    with storage:
        first, _ = hostile_op(1, **{hostile: hostile})
        last, _ = hostile_op(first, **{hostile: first})
    text = program_of(storage, last, tmp_path)
    done = run(text, tmp_path)
    assert (done.returncode, done.stdout) == (0, "1\n"), text


@op(output_names=["kept", "aside"])
def part(x):
    return x + 1, -x


def test_what_a_call_made_besides_is_no_result_of_what_it_led_to(storage, tmp_path):
    with storage:
        kept = 0
        for _ in range(3):
            kept, _ = part(kept)
        total = inc(kept)
    frame = storage.cf("run")
    assert only_result(frame._graph).hid == total.hid
    assert only_result(frame.select(f"+{name_of(frame, total)}={total.value}")._graph).hid == total.hid
    with pytest.raises(ValueError, match=r"this frame has 2 results \(1 of .*, 1 of .*\)"):
        only_result(storage.cf(part).where(x=0).select("op:part")._graph)


def name_of(frame, ref):
    return next(name for name, refs in frame.refs_by_var().items() if ref in refs)


def test_a_program_is_written_from_a_store_that_is_only_read(tmp_path):
    with Storage(tmp_path / "s.db") as storage:
        ref = inc(5)
    storage.close()
    again = Storage(tmp_path / "s.db")
    with again:
        pass
    assert_makes_again(again, again.load_ref(ref.hid), tmp_path)
    again.close()
