"""Edits behind an op: which are seen, and which cost nothing.

Each history is a state before and a state after: cells, or modules on disk that
are loaded anew. The op must run after the edit if the edit can matter, and give
the new value; changing back must be a hit.
"""

# ruff: noqa: E501 - a history is a line of a table

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

F = "@op\ndef f(x): return g(x)\n"


@dataclass(frozen=True)
class Edit:
    """A piece of text `old` in cells or modules becomes `new`; `why` says what to expect."""

    name: str
    why: str
    old: str
    new: str
    cells: tuple[str, ...] = (F,)
    modules: dict[str, str] = field(default_factory=dict)

    def states(self) -> list[tuple[tuple[str, ...], dict[str, str]]]:
        """Return cells and modules before and after."""
        assert any(self.old in text for text in (*self.cells, *self.modules.values()))
        return [
            (
                tuple(cell.replace(self.old, text) for cell in self.cells),
                {name: module.replace(self.old, text) for name, module in self.modules.items()},
            )
            for text in (self.old, self.new)
        ]


def cell(name: str, code: str, why: str, *cells: str, old: str = "* 1", new: str = "* 9") -> Edit:
    """Return an edit in a cell."""
    return Edit(name, why, old, new, (code, *(cells or (F,))))


def modules(name: str, use: str, why: str, *, old: str = "* 1", new: str = "* 9", **texts: str) -> Edit:
    """Return an edit in modules, which a cell with the op uses."""
    paths = {path: path.replace("__init__", "*").replace("__", "/").replace("*", "__init__") for path in texts}
    return Edit(name, why, old, new, (use,), {f"{paths[path]}.py": text for path, text in texts.items()})


SEEN = [
    # modules
    modules("module function", "import helpers\n@op\ndef f(x): return helpers.g(x)", "an attribute of a user module",
            helpers="def g(x): return x * 1"),
    modules("module constant", "import helpers\n@op\ndef f(x): return x * helpers.K", "its value is data that is read",
            old="K = 1", new="K = 9", helpers="K = 1"),
    modules("module dict", "import helpers\n@op\ndef f(x): return x * helpers.C['k']", "a container is data by value",
            old="'k': 1", new="'k': 9", helpers="C = {'k': 1}"),
    modules("submodule", "import a.b.c\n@op\ndef f(x): return a.b.c.g(x)", "a chain of modules",
            a____init__="", a__b____init__="", a__b__c="def g(x): return x * 1"),
    modules("from package import module", "from pkg import mod\n@op\ndef f(x): return mod.g(x)", "a module as a name",
            pkg____init__="", pkg__mod="def g(x): return x * 1"),
    modules("helper of a module's helper", "import helpers\n@op\ndef f(x): return helpers.g(x)", "any depth",
            helpers="import deep\ndef g(x): return deep.h(x)", deep="def h(x): return x * 1"),
    modules("import in the body", "@op\ndef f(x):\n    import helpers\n    return helpers.g(x)", "followed at once",
            helpers="def g(x): return x * 1"),
    modules("from import in the body", "@op\ndef f(x):\n    from pkg import mod as m\n    return m.g(x)", "followed",
            pkg____init__="", pkg__mod="def g(x): return x * 1"),
    modules("import as in the body", "@op\ndef f(x):\n    import a.b as m\n    return m.g(x)", "followed",
            a____init__="", a__b="def g(x): return x * 1"),
    modules("import used by an inner function",
            "@op\ndef f(x):\n    import helpers\n    return [helpers.g(y) for y in [x]][0] * (lambda: helpers.K)()",
            "a local module is a variable of the closure", helpers="K = 1\ndef g(x): return x * 1"),
    modules("relative import in the body", "from pkg import api\n@op\ndef f(x): return api.g(x)", "by its package",
            pkg____init__="", pkg__api="def g(x):\n    from .low import h\n    return h(x)",
            pkg__low="def h(x): return x * 1"),
    modules("star import", "from helpers import *\n@op\ndef f(x): return g(x)", "the names are globals",
            helpers="def h(x): return x * 1\ndef g(x): return h(x)"),
    modules("module that escapes", "import helpers\n@op\ndef f(x): return getattr(helpers, 'g' + '')(x)",
            "all that it holds counts", helpers="def g(x): return x * 1"),
    modules("module in a variable", "import helpers\n@op\ndef f(x):\n    m = helpers\n    return m.g(x)", "it escapes",
            helpers="def g(x): return x * 1"),
    modules("class in a module", "import helpers\n@op\ndef f(x): return helpers.C().m(x)", "with its methods",
            helpers="class C:\n    def m(self, x): return x * 1"),
    modules("module __getattr__", "import helpers\n@op\ndef f(x): return helpers.g(x)", "it makes attributes up",
            helpers="def __getattr__(name):\n    if name.startswith('__'): raise AttributeError(name)\n"
            "    return lambda x: x * 1"),
    # containers and objects
    cell("dict of functions", "def a(x): return x * 1\nD = {'a': a}", "its items are code", "@op\ndef f(x): return D['a'](x)"),
    cell("list of functions", "def a(x): return x * 1\nL = [a]", "in order", "@op\ndef f(x):\n    for s in L: x = s(x)\n    return x"),
    cell("nested registry", "D = {'a': {'b': [lambda x: x * 1]}}", "at any depth", "@op\ndef f(x): return D['a']['b'][0](x)"),
    cell("registry by decorator", "R = {}\ndef reg(g):\n    R[g.__name__] = g\n    return g\n@reg\ndef g1(x): return x * 1",
         "filled elsewhere", "@op\ndef f(x): return R['g1'](x)"),
    cell("defaultdict", "import collections\nD = collections.defaultdict(lambda: 1 * 1)", "its factory",
         "@op\ndef f(x): return x * D[x]"),
    cell("state of an object", "class C:\n    def __init__(self): self.k = 1 * 1\n    def m(self, x): return x * self.k\nc = C()",
         "it is data", "@op\ndef f(x): return c.m(x)"),
    cell("class of an object", "class C:\n    def m(self, x): return x * 1\nc = C()", "it is code", "@op\ndef f(x): return c.m(x)"),
    cell("object in an object", "class D:\n    def __init__(self): self.k = 1 * 1\nclass C: pass\nc = C(); c.d = D()",
         "state at any depth", "@op\ndef f(x): return x * c.d.k"),
    cell("slots", "class C:\n    __slots__ = ('k',)\nc = C(); c.k = 1 * 1", "state without a dict", "@op\ndef f(x): return x * c.k"),
    cell("callable object", "class C:\n    def __call__(self, x): return x * 1\ng = C()", "its class"),
    cell("dict of the user's class", "class D(dict): pass\nd = D(k=1 * 1)", "items are state", "@op\ndef f(x): return x * d['k']"),
    cell("int of the user's class", "class N(int): pass\nn = N(1 * 1)", "the number is state", "@op\ndef f(x): return x * int(n)"),
    cell("namespace", "import types\nc = types.SimpleNamespace(k=1 * 1)", "attributes are data", "@op\ndef f(x): return x * c.k"),
    cell("vectorized function", "import numpy as np\ng = np.vectorize(lambda x: x * 1)", "a user function in an installed object",
         "@op\ndef f(x): return int(g(x))"),
    cell("polynomial", "import numpy as np\ng = np.poly1d([1 * 1, 0])", "an installed object has state", "@op\ndef f(x): return int(g(x))"),
    # classes
    cell("inherited method", "class A:\n    def m(self, x): return x * 1\nclass B(A): pass\ndef g(x): return B().m(x)", "by the base"),
    cell("super", "class A:\n    def m(self, x): return x * 1\nclass B(A):\n    def m(self, x): return super().m(x)\ndef g(x): return B().m(x)",
         "by the base"),
    cell("metaclass", "class M(type):\n    def m(cls, x): return x * 1\nclass A(metaclass=M): pass\ndef g(x): return A.m(x)", "its class"),
    cell("property", "class A:\n    @property\n    def p(self): return 1 * 1\ndef g(x): return x * A().p", "its getter"),
    cell("cached property", "import functools\nclass A:\n    @functools.cached_property\n    def p(self): return 1 * 1\ndef g(x): return x * A().p",
         "its function"),
    cell("descriptor", "class D:\n    def __get__(self, a, b): return 1 * 1\nclass A:\n    p = D()\ndef g(x): return x * A().p", "its class"),
    cell("data descriptor", "class D:\n    def __get__(self, a, b): return 1 * 1\n    def __set__(self, a, v): pass\nclass A:\n    p = D()\n"
         "def g(x): return x * A().p", "its class"),
    cell("dataclass method", "import dataclasses\n@dataclasses.dataclass\nclass A:\n    k: int\n    def m(self): return self.k * 1\ndef g(x): return A(x).m()",
         "code as any"),
    cell("dataclass default", "import dataclasses\n@dataclasses.dataclass\nclass A:\n    k: int = 1 * 1\ndef g(x): return x * A().k", "data"),
    cell("dataclass default factory", "import dataclasses\n@dataclasses.dataclass\nclass A:\n    k: int = dataclasses.field(default_factory=lambda: 1 * 1)\n"
         "def g(x): return x * A().k", "code"),
    cell("dataclass annotation", "import dataclasses\n@dataclasses.dataclass\nclass A:\n    k: int\ndef g(x): return {'int': 1}.get("
         "getattr(dataclasses.fields(A)[0].type, '__name__', ''), 9)", "somebody may read it", old="k: int", new="k: float"),
    cell("dataclass order of fields", "import dataclasses\n@dataclasses.dataclass\nclass A:\n    a: int; b: int\ndef g(x): return A(1, 9).a",
         "fields are set by place", old="a: int; b: int", new="b: int; a: int"),
    cell("dataclass flag", "import dataclasses\n@dataclasses.dataclass(eq=True)\nclass A:\n    a: int\ndef g(x): return 1 if A(1) == A(1) else 9",
         "generated methods", old="eq=True", new="eq=False"),
    cell("named tuple", "import typing\nclass A(typing.NamedTuple):\n    k: int = 1\ndef g(x): return x * A().k", "its default", old="= 1", new="= 9"),
    cell("fields of a namedtuple", "import collections\nA = collections.namedtuple('A', 'a b')\ndef g(x): return A(1, 9).a", "by place",
         old="'a b'", new="'b a'"),
    cell("abstract base", "import abc\nclass A(abc.ABC):\n    @abc.abstractmethod\n    def k(self): ...\n    def m(self, x): return x * self.k()\n"
         "class B(A):\n    def k(self): return 1 * 1\ndef g(x): return B().m(x)", "as any class"),
    cell("enum method", "import enum\nclass E(enum.Enum):\n    A = 1\n    def m(self): return self.value * 1\ndef g(x): return x * E.A.m()", "code"),
    cell("enum member in a global", "import enum\nclass E(enum.Enum):\n    A = 1\n    B = 9\ne = E.A\ndef g(x): return x * e.value", "which one",
         old="e = E.A", new="e = E.B"),
    cell("class attribute that is a function", "def h(x): return x * 1\nclass A:\n    k = staticmethod(h)\ndef g(x): return A.k(x)", "code"),
    cell("registry in a class", "class A:\n    R = {}\nclass B(A):\n    def m(self, x): return x * 1\nA.R['b'] = B\ndef g(x): return A.R['b']().m(x)",
         "classes in data"),
    cell("method as an op, by self", "class A:\n    @op(ignore_args=['self'])\n    def f(self, x): return self.h(x)\n    def h(self, x): return x * 1\n"
         "f = lambda x, a=A(): a.f(x)", "what self leads to", ""),
    # functions
    cell("decorator without wraps", "def d(fn):\n    def w(x): return fn(x) * 1\n    return w\n@d\ndef g(x): return x", "the wrapper is code"),
    cell("under a decorator without wraps", "def d(fn):\n    def w(x): return fn(x)\n    return w\n@d\ndef g(x): return x * 1", "the closure is code"),
    cell("decorator with arguments", "def d(k):\n    def dd(fn):\n        return lambda x: fn(x) * k\n    return dd\n@d(1 * 1)\ndef g(x): return x", "data"),
    cell("context manager", "import contextlib\n@contextlib.contextmanager\ndef c(): yield 1 * 1\ndef g(x):\n    with c() as k: return x * k",
         "an installed wrapper"),
    cell("singledispatch", "import functools\n@functools.singledispatch\ndef g(x): return 0\n@g.register\ndef _(x: int): return x * 1", "all implementations"),
    cell("singledispatch by annotation", "import functools\n@functools.singledispatch\ndef g(x): return 9\n@g.register\ndef _(x: int): return 1",
         "registered under another type", old="x: int", new="x: str"),
    cell("lru_cache", "import functools\n@functools.lru_cache(maxsize=8)\ndef g(x): return x * 1", "the function inside"),
    cell("partial of a partial", "import functools\ndef h(a, b, x): return x * a * b\ng = functools.partial(functools.partial(h, 1), 1 * 1)", "data"),
    cell("partialmethod", "import functools\nclass A:\n    def m(self, k, x): return k * x\n    n = functools.partialmethod(m, 1 * 1)\ndef g(x): return A().n(x)",
         "its arguments"),
    cell("bound method of an object", "class A:\n    def __init__(self): self.k = 1 * 1\n    def m(self, x): return x * self.k\ng = A().m", "its object"),
    cell("bound method in C", "l = [1 * 1]\ng = l.__getitem__", "its object", "@op\ndef f(x): return g(0)"),
    cell("mutual recursion", "def even(n): return 1 if n == 0 else odd(n - 1)\ndef odd(n): return 1 * 1 if n == 0 else even(n - 1)\ndef g(x): return even(x)",
         "cycles end"),
    cell("nested function", "def g(x):\n    def h(y): return y * 1\n    return h(x)", "part of the text"),
    cell("global of a nested function", "K = 1 * 1\ndef g(x):\n    def h(y): return y * K\n    return h(x)", "looked up inside"),
    cell("global of a comprehension", "K = 1 * 1\ndef g(x): return [y * K for y in [x]][0]", "looked up inside"),
    cell("global of a class body inside", "K = 1 * 1\ndef g(x):\n    class A:\n        k = K\n    return x * A.k", "looked up inside"),
    cell("generator", "def h(x): yield x * 1\ndef g(x): return next(h(x))", "code as any"),
    cell("async function", "import asyncio\nasync def h(x): return x * 1\ndef g(x):\n    c = h(x)\n    try: c.send(None)\n    except StopIteration as e: return e.value",
         "code as any"),
    cell("default that is a function", "def g(x, h=lambda x: x * 1): return h(x)", "code"),
    cell("two lambdas on a line", "g, h = lambda x: x * 1, lambda x: x * 5", "each by its place"),
    cell("parameter kinds", "g = lambda x, y=1, *a: 1 if a else 9", "by place or by name", "@op\ndef f(x): return g(x, 2, 3) if True else 0",
         old="y=1, *a: 1 if a else 9", new="*a, y=1: 9 if a else 1"),
    cell("function made by exec", "exec('def g(x): return x * 1')", "by its bytecode"),
    cell("monkeypatched function", "def g(x): return x\nfast = lambda x: x * 1\ng = fast", "what the name stands for"),
    cell("attribute of a function", "def h(x): return x\nh.k = 1 * 1\ndef g(x): return x * h.k", "data on a function"),
    cell("builtin shadowed", "globals().pop('max', 0)\nZ = 1\ndef g(x): return max(x, 1)", "a global is found first", F,
         old="Z = 1", new="max = lambda x, y: 9"),
    cell("patched installed module", "import json\njson.dumps_k = lambda x: x * 1\ndef g(x): return json.dumps_k(x)", "user code in it"),
    cell("getter", "import operator\ng = operator.itemgetter(0)", "what it gets", "@op\ndef f(x): return g([1, 9])", old="(0)", new="(1)"),
    cell("exception", "class E(Exception): pass\ne = E(1)", "its arguments", "@op\ndef f(x): return e.args[0]", old="E(1)", new="E(9)"),
    cell("swapped helpers", "def a(x): return 1\ndef b(x): return 9\nfirst, second = a, b\ndef g(x): return first(x)", "which name is which",
         old="first, second = a, b", new="first, second = b, a"),
    cell("regular expression", "import re\nP = re.compile('1')\ndef g(x): return 1 if P.match('1') else 9", "its pattern", old="compile('1')", new="compile('2')"),
    cell("annotation that is read", "def h(x: int): return x\ndef g(x): return 1 if 'int' in str(h.__annotations__) else 9", "handed on",
         old="x: int", new="x: str"),
    cell("star arguments", "def h(*a, **k): return a[0] * 1\ndef g(x): return h(*[x], **{})", "called with a spread"),
]  # fmt: skip

KEPT = [
    cell("comment", "def g(x):\n    return x  # a", "says nothing", old="# a", new="# b"),
    cell("docstring", "def g(x):\n    'a'\n    return x", "says nothing", old="'a'", new="'b'"),
    cell("layout", "def g(x): return (x)", "the same syntax", old="return (x)", new="\n    return x"),
    cell("moved in the cell", "def g(x): return x", "place says nothing", old="def g", new="Z = 5\n\n\ndef g"),
    cell("unrelated global", "K = 1\ndef g(x): return x", "not read", old="K = 1", new="K = 9"),
    cell("unrelated helper", "def h(x): return x * 1\ndef g(x): return x", "not reached"),
    cell("same text", "def g(x): return x", "the same code", old="def g", new="def g"),
    cell("annotation of a helper", "def g(x: int) -> int: return x", "called only: nobody reads it", old="int", new="float"),
    cell("annotation of the op", "@op\ndef f(x: int): return x", "nobody reads it", "", old="int", new="float"),
    cell("annotation of a local", "def g(x):\n    y: int = x\n    return y", "never runs", old="int", new="float"),
    cell("equal value", "K = 2 - 1\ndef g(x): return x * K", "data counts by value", old="2 - 1", new="1"),
    cell("equal object", "class C:\n    def __init__(self): self.k = 1\nc = C()\ndef g(x): return x * c.k", "state counts by value", old="c = C()", new="c = C( )"),
    cell("docstring of a class", "class C:\n    'a'\n    def m(self, x): return x\ndef g(x): return C().m(x)", "says nothing", old="'a'", new="'b'"),
    cell("comment in a lambda's line", "g = lambda x: x  # a", "says nothing", old="# a", new="# b"),
    cell("neighbour on a lambda's line", "g, h = lambda x: x, lambda x: x * 1", "the other lambda"),
    modules("unused name of a module", "import helpers\n@op\ndef f(x): return helpers.g(x)", "only what is used counts",
            helpers="K = 1\ndef h(x): return x * 1\ndef g(x): return x"),
    modules("comment in a module", "import helpers\n@op\ndef f(x): return helpers.g(x)", "says nothing", old="# a", new="# b\n\n\n# c",
            helpers="# a\ndef g(x): return x"),
]  # fmt: skip


def load(notebook, state):
    cells, files = state
    notebook.write(files)
    notebook.forget_modules()
    notebook.run(*cells)


@pytest.mark.filterwarnings("ignore:op f is recorded, but not every change")  # what a __getattr__ makes up
@pytest.mark.parametrize("edit", SEEN, ids=lambda edit: edit.name)
def test_an_edit_that_can_matter_runs_and_changing_back_is_a_hit(notebook, edit):
    before, after = edit.states()
    load(notebook, before)
    assert notebook.call() == (1, "ran")
    load(notebook, after)
    assert notebook.call() == (9, "ran"), edit.why
    load(notebook, before)
    assert notebook.call() == (1, "hit"), "old versions stay"


@pytest.mark.parametrize("edit", KEPT, ids=lambda edit: edit.name)
def test_an_edit_that_cannot_matter_is_a_hit(notebook, edit):
    before, after = edit.states()
    load(notebook, before)
    assert notebook.call() == (1, "ran")
    load(notebook, after)
    assert notebook.call() == (1, "hit"), edit.why
