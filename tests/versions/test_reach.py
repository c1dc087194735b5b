"""What a resolved function says: what it reads, what could not be followed, and whether anything changed."""

# ruff: noqa: E501 - a history is a line of a table

from __future__ import annotations

import builtins
import functools
import gc
import json
import linecache
import math
import operator
import os
import subprocess
import sys
import threading
import types
import weakref
from pathlib import Path

import numpy as np
import pytest

from mandala_lab.versions.resolver import Resolver
from mandala_lab.versions.source import _tree


def resolve(scope):
    return Resolver().resolve(scope["f"])


# --- gaps


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("eval('x')", "uses eval"),
        ("globals()['K']", "uses globals"),
        ("__import__('math').pi", "uses __import__"),
        ("importlib.import_module('math').pi", "uses importlib.import_module"),
        ("sys.modules['math'].pi", "uses sys.modules"),
        ("Base.__subclasses__()", "uses __subclasses__"),
        ("len(SET)", "set that leads to code"),
        ("odd.x", "cannot be looked into"),
        ("helper(x)", "helper uses eval"),
        ("made(x)", "made holds a function"),
        ("sorted([x], key=keyed)", "state of keyed"),
        ("arr.sum()", "state of arr that ndarray keeps"),
    ],
)
def test_what_cannot_be_followed_is_told_with_a_reason(define, body, reason):
    scope = define(
        "import sys, importlib, numpy\nK = 1\nclass Base: pass\nSET = {len, max}\ndef helper(x): return eval('x')\n"
        "import functools\nkeyed = functools.cmp_to_key(lambda a, b: 0)\nmade = numpy.frompyfunc(lambda a: a, 1, 1)\n"
        "class Array(numpy.ndarray): pass\narr = Array(3)\n"
        "class Odd:\n    @property\n    def __dict__(self): raise RuntimeError\nodd = Odd()\n"
        f"def f(x): return {body}\n"
    )
    found = resolve(scope)
    assert not found.version.complete
    assert any(reason in gap for gap in found.version.gaps), found.version.gaps


def test_an_import_that_fails_is_a_gap(define):
    found = resolve(define("def f(x):\n    import no_such_module_at_all as m\n    return m.g(x)"))
    assert not found.version.complete


def test_installed_code_is_complete_and_known_by_name(define):
    scope = define(
        "import json, math, collections, re, functools, logging\nimport numpy as np, pandas as pd\n"
        "log = logging.getLogger('x')\nP = re.compile('a')\n"
        "def f(x):\n    import os.path\n    log.info('x')\n"
        "    return json.dumps(math.sin(x)), np.sum([x]), np.linalg.norm([x]), pd.DataFrame(), P.match('a'), len([x])"
    )
    found = resolve(scope)
    assert found.version.gaps == ()
    assert found.version.reads == ()
    assert found.is_unchanged()


def test_a_library_decorator_with_a_changing_state_is_told(define):
    found = resolve(define("import reprlib\ndef f(x): return g(x)\n@reprlib.recursive_repr()\ndef g(x): return 'x'"))
    assert any("repr_running" in gap for gap in found.version.gaps), "its closure holds a set that it changes"
    assert "g.user_function" in found.version.pieces


@pytest.mark.parametrize(
    "use", ["import noted\ndef f(x): return noted.h(x)", "from noted import h\ndef f(x): return h(x)"]
)
@pytest.mark.parametrize("reading", ["", "\ndef k(x): return noted.h.__annotations__\nf = k"])
def test_annotations_of_a_helper_count_where_they_may_be_read(define, monkeypatch, use, reading):
    found = []
    for hint in ("int", "float"):
        module = types.ModuleType("noted")
        define(f"def h(x: {hint}): return x", vars(module))
        monkeypatch.setitem(sys.modules, "noted", module)
        found.append(
            resolve(define(use.replace("\n", f"\n{'import noted' if reading else ''}\n", 1) + reading)).version
        )
    assert (found[0].digest == found[1].digest) is (not reading)


# --- reads and helpers


def test_reads_are_named_once_and_by_module(define, tmp_path, monkeypatch):
    (tmp_path / "reads_helpers.py").write_text("K = 5\ndef g(x): return x * K\n")
    monkeypatch.syspath_prepend(tmp_path)
    scope = define(
        "import reads_helpers\nK = 1\ndef h(x): return x * K\ndef f(x): return h(x) + K + reads_helpers.g(x)"
    )
    found = resolve(scope)
    assert found.read_globals() == [("K", 1), ("reads_helpers.K", 5)]
    assert found.version.reads == ("K", "reads_helpers.K")
    assert found.version.helpers == {"h": "def h(x): return x * K\n", "reads_helpers.g": "def g(x): return x * K\n"}


def test_helpers_are_whole_definitions_that_run_again(define):
    cell = (
        "import functools\nK = 2\ndef twice(fn):\n    @functools.wraps(fn)\n    def wrapper(x): return fn(x) * 2\n    return wrapper\n"
        "class Tool:\n    k = 1\n    @property\n    def p(self): return self.k\n"
        "g = lambda x: x + 1\n@functools.lru_cache\ndef cached(x):\n    return x\n"
        "def f(x): return cached(g(x)) + Tool().p\n"
    )
    found = resolve(define(cell)).version
    scope: dict = {"functools": functools, "K": 2}
    for text in (*found.helpers.values(), found.source):
        exec(text, scope)
    assert scope["f"](1) == 3


def test_too_much_source_is_left_out_and_told(define, monkeypatch):
    monkeypatch.setattr("mandala_lab.versions.reach._HELPERS_SIZE", 30)
    found = resolve(define("def g(x): return h(x)\ndef h(x): return x  # longer\ndef f(x): return g(x)"))
    assert list(found.version.helpers) == ["g"]
    assert any("too long" in gap for gap in found.version.gaps)


# --- currentness


CHANGES = [
    ("a global", "K = 1\ndef f(x): return K", "K = 2"),
    ("a global of the same value and another type", "K = 1\ndef f(x): return K", "K = True"),
    ("a global that is gone", "K = 1\ndef f(x): return K", "del K"),
    ("a helper", "def g(x): return x\ndef f(x): return g(x)", "def g(x): return x"),
    ("code put into a helper", "def g(x): return x\ndef f(x): return g(x)", "g.__code__ = (lambda x: -x).__code__"),
    ("defaults of a helper", "def g(x=1): return x\ndef f(x): return g()", "g.__defaults__ = (2,)"),
    ("defaults by name", "def g(*, x=1): return x\ndef f(x): return g()", "g.__kwdefaults__['x'] = 2"),
    ("code put into the op", "def f(x): return x", "f.__code__ = (lambda x: -x).__code__"),
    ("a name that appears", "def f(x): return g(x)", "g = 1"),
    ("a builtin that appears", "import builtins\nvars(builtins).pop('zork', 0)\ndef f(x): return zork(x)", "builtins.zork = lambda x: x"),
    ("a builtin shadowed", "def f(x): return len(x)", "len = max"),
    ("a method", "class C:\n    def m(self): pass\ndef f(x): return C().m()", "C.m = None"),
    ("a new method", "class C:\n    def m(self): pass\ndef f(x): return C().m()", "C.n = None"),
    ("a class attribute", "class C:\n    k = 1\ndef f(x): return C.k", "C.k = 2"),
    ("state", "class C: pass\nc = C(); c.k = 1\ndef f(x): return c.k", "c.k = 2"),
    ("new state", "class C: pass\nc = C(); c.k = 1\ndef f(x): return c.k", "c.n = 2"),
    ("state in a slot", "class C: __slots__ = 'k'\nc = C(); c.k = 1\ndef f(x): return c.k", "c.k = 2"),
    ("the class of an object", "class C: pass\nclass D: pass\nc = C()\ndef f(x): return c", "c.__class__ = D"),
    ("bases", "class A: pass\nclass B: pass\nclass C(A): pass\ndef f(x): return C", "C.__bases__ = (B,)"),
    ("a closure", "def make():\n    k = 1\n    def g(x): return k\n    def s(v):\n        nonlocal k; k = v\n    return g, s\nf, s = make()", "s(2)"),
    ("a registry", "def g(): pass\nR = {'a': g}\ndef f(x): return R", "R['a'] = lambda: 1"),
    ("a longer registry", "def g(): pass\nR = {'a': g}\ndef f(x): return R", "R['b'] = 1"),
    ("a keyword of a partial", "import functools\ng = functools.partial(print, end='')\ndef f(x): return g()", "g.keywords['end'] = 'x'"),
    ("a patched library", "import textwrap\ndef f(x): return textwrap.dedent(x)", "keep = textwrap.dedent; textwrap.dedent = lambda x: x"),
    ("an attribute of an enum member", "import enum\nclass E(enum.Enum): A = 1\ndef f(x): return E.A.w", "E.A.w = 5"),
    ("an attribute of an enum member that was there", "import enum\nclass E(enum.Enum): A = 1\nE.A.w = 1\ndef f(x): return E.A.w", "E.A.w = 5"),
    ("match args", "class C: __match_args__ = ('a', 'b')\ndef f(x): return C", "C.__match_args__ = ('b', 'a')"),
    ("an attribute of a function", "def g(x): pass\ng.k = 1\ndef f(x): return g.k", "g.k = 2"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "change"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_a_change_is_seen_at_once(define, before, change):
    scope = define(before)
    found = resolve(scope)
    assert found.is_current()
    assert found.is_unchanged(), "all data is immutable"
    define(change, scope)
    try:
        assert not found.is_unchanged()
    finally:
        if "keep" in scope:
            scope["textwrap"].dedent = scope["keep"]
        vars(builtins).pop("zork", None)


@pytest.mark.parametrize("data", ["[1]", "{'a': 1}", "({},)", "np.zeros(3)", "{1, 2}", "bytearray(b'1')"])
def test_what_can_change_unseen_is_never_called_unchanged(define, data):
    scope = define(f"import numpy as np\nK = {data}\ndef f(x): return K")
    found = resolve(scope)
    assert not found.is_unchanged()
    assert found.is_current(), "data may change; the code is the same"


def test_data_may_change_without_a_new_version_until_it_becomes_code(define):
    scope = define("K = [1]\ndef f(x): return K")
    resolver = Resolver()
    found = resolver.resolve(scope["f"])
    scope["K"] = [2]
    assert found.is_current()
    assert resolver.resolve(scope["f"]) is found
    assert found.read_globals() == [("K", [2])]
    scope["K"].append(lambda: 1)
    assert not found.is_current(), "code in a list is code"


def test_an_old_large_value_is_not_kept_alive(define):
    scope = define("import numpy as np\nK = np.zeros(3)\ndef f(x): return K")
    found = resolve(scope)
    old = weakref.ref(scope["K"])
    scope["K"] = np.ones(3)
    assert found.is_current()
    assert old() is None


def test_the_resolver_lets_old_functions_go(define):
    resolver, gone = Resolver(), []
    for number in range(700):
        scope = define(f"def f(x): return x + {number}")
        resolver.resolve(scope["f"])
        resolver.code_of(scope["f"])
        gone.append(weakref.ref(scope["f"]))
        del scope
    gc.collect()
    assert sum(ref() is not None for ref in gone) <= 512


def test_threads_find_the_same_version(define):
    scope = define("import math\nK = 1\ndef g(x): return math.sin(x) * K\ndef f(x): return g(x)")
    resolver, found = Resolver(), set()

    def work():
        for _ in range(50):
            found.add(resolver.resolve(scope["f"]).version.digest)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1


# --- code_of


def code_of(target):
    return Resolver().code_of(target)


def test_code_as_a_value_is_its_text_its_name_and_its_data(define):
    cell = "K = 1\ndef g(x): return x * K\ndef make(k): return lambda x: x + k\n"
    scope, again = define(cell), define("# moved\n" + cell.replace("x * K", "(x * K)  # why"))
    assert code_of(scope["g"]) == code_of(again["g"]), "the same text"
    assert code_of(scope["g"])[1] == [("K", 1)]
    assert code_of(scope["make"](1))[0] == code_of(scope["make"](2))[0]
    assert [code_of(scope["make"](k))[1] for k in (1, 2)] == [[("k", 1)], [("k", 2)]]
    other = define(cell.replace("def g", "def h"))
    assert code_of(scope["g"])[0] != code_of(other["h"])[0], "whoever gets it may ask for its name"


def test_all_kinds_of_code_have_digests_of_their_own(define):
    scope = define(
        "import functools\nclass C:\n    def __init__(self, k): self.k = k\n    def m(self): return self.k\n    @classmethod\n    def c(cls): pass\n"
        "    def __call__(self): pass\ndef g(x): return g(x - 1)\nh = lambda x: x\n"
    )
    first, second = scope["C"](1), scope["C"](2)
    partial = functools.partial(scope["g"], 1, y=[2])
    targets = [scope["g"], scope["h"], scope["C"], first.m, first, scope["C"].c, partial, len, math.sin, operator.add]
    targets += [np.sum, np.sin, json.dumps, [].__len__, str.upper, int, dict, json, functools.lru_cache(scope["g"])]
    digests = [code_of(target)[0] for target in targets]
    assert len(set(digests)) == len(targets)
    assert digests == [code_of(target)[0] for target in targets]
    assert code_of(first.m)[0] == code_of(second.m)[0]
    assert [value for _, value in code_of(first.m)[1]] == [1]
    assert [value for _, value in code_of(second.m)[1]] == [2]
    assert [value for _, value in code_of(partial)[1]] == [(1,), [2]]


def test_code_of_sees_changes(define):
    scope = define("def h(x): return x\ndef g(x): return h(x)")
    resolver = Resolver()
    before = resolver.code_of(scope["g"])
    assert resolver.code_of(scope["g"]) == before
    define("def h(x): return -x", scope)
    assert resolver.code_of(scope["g"]) != before


def test_modules_that_are_in_no_table_are_the_users(define):
    module = types.ModuleType("nowhere")
    define("def g(x): return x", vars(module))
    first = code_of(define("def f(x): return m.g(x)", {"__name__": "__main__", "m": module})["f"])
    define("def g(x): return -x", vars(module))
    assert first != code_of(define("def f(x): return m.g(x)", {"__name__": "__main__", "m": module})["f"])


# --- the same everywhere


def others() -> list[str]:
    """Return the Pythons that tests of versions run on: this one, and those named in the environment."""
    return [sys.executable, *filter(None, os.environ.get("MANDALA_LAB_PYTHONS", "").split(os.pathsep))]


def test_a_version_is_the_same_in_every_process_and_python():
    """A program with most of the language in it; MANDALA_LAB_PYTHONS names more interpreters to ask."""
    script = Path(__file__).parent / "session.py"
    found = []
    for python in others():
        for seed in ("0", "1"):
            root = str(Path(__file__).parents[2])
            environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": root}
            done = subprocess.run([python, script], capture_output=True, text=True, check=True, env=environment)
            found.append(json.loads(done.stdout))
    assert found[0]["gaps"] == []
    assert found[0]["still"] is True
    assert all(session == found[0] for session in found)
    assert found[0]["digest"] == GOLDEN


GOLDEN = "001f521ca563b5cad912d667c8319748b10873ba"
"""Kept here so that a change of the digest, which turns every stored call into a miss, is made knowingly."""


def test_threads_that_resolve_at_once_find_the_same():
    source = "\n".join(f"def g{n}(x):\n    return [x, ({n}, [{n}, (x, [{n}])])]" for n in range(60))
    names = " + ".join(f"len(g{n}(x))" for n in range(60))
    text = f"{source}\ndef f(x):\n    return {names}\n"
    linecache.cache["<threads>"] = (0, None, text.splitlines(keepends=True), "<threads>")
    _tree.cache_clear()
    found = []
    start = threading.Barrier(4)

    def resolve():
        scope = {"__name__": "__main__"}
        exec(compile(text, "<threads>", "exec"), scope)
        start.wait(10)
        found.append(Resolver().resolve(scope["f"]).version)

    threads = [threading.Thread(target=resolve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert {version.digest for version in found} == {found[0].digest}
    assert found[0].complete
