"""Edits of what lies in classes, patterns, notations of types and behind methods written in C: which are seen.

The histories are those of `test_edits`, whose tests they go through.
"""

# ruff: noqa: E501 - a history is a line of a table

from __future__ import annotations

import pytest
from test_edits import cell, load, modules

LONG = "(?:" + "a" * 300 + ")?"

SEEN = [
    # patterns: their repr is cut off at 200 characters
    cell("long pattern", f"import re\nP = re.compile('{LONG}1')\ndef g(x): return 1 if P.match('1') else 9", "all of it", old=")?1", new=")?2"),
    cell("flag of a long pattern", f"import re\nP = re.compile('{LONG}b', 0 * re.I)\ndef g(x): return 1 if not P.match('B') else 9", "its flags",
         old="0 * re.I", new="1 * re.I"),
    cell("method of a long pattern", f"import re\nP = re.compile('{LONG}1').fullmatch\ndef g(x): return 1 if P('1') else 9", "its object",
         old=")?1", new=")?2"),
    cell("long pattern in a class", f"import re\nclass C:\n    P = re.compile('{LONG}1')\ndef g(x): return 1 if C.P.match('1') else 9", "a class attribute",
         old=")?1", new=")?2"),
    cell("long pattern in a list", f"import re\nL = [re.compile('{LONG}1')]\ndef g(x): return 1 if L[0].match('1') else 9", "an item", old=")?1", new=")?2"),
    # enums
    cell("attribute of enum members", "import enum\nclass E(enum.Enum):\n    A = (1, 1)\n    def __new__(cls, v, w):\n        o = object.__new__(cls)\n"
         "        o._value_ = v; o.w = w\n        return o\ndef g(x): return x * E.A.w", "beside the value", old="(1, 1)", new="(1, 9)"),
    cell("attribute of an enum member in a global", "import enum\nclass E(enum.Enum):\n    A = (1, 1)\n    def __init__(self, v, w): self._value_ = v; self.w = w\n"
         "e = E.A\ndef g(x): return x * e.w", "by its class", old="(1, 1)", new="(1, 9)"),
    cell("text of an enum member", "import enum\nclass E(str, enum.Enum):\n    A = ('1', 'a')\n    def __new__(cls, v, w):\n        o = str.__new__(cls, v)\n"
         "        o._value_ = w\n        return o\ndef g(x): return x * int(str.__str__(E.A))", "other than the value", old="'1'", new="'9'"),
    cell("attribute set on an enum member", "import enum\nclass E(enum.Enum): A = 1\nE.A.w = 1 * 1\ndef g(x): return x * E.A.w", "later"),
    cell("attribute set on an enum", "import enum\nclass E(enum.Enum): A = 1\nE.w = 1 * 1\ndef g(x): return x * E.w", "later"),
    cell("nonmember of an enum", "import enum\nclass E(enum.Enum):\n    A = 1\n    if hasattr(enum, 'nonmember'): w = enum.nonmember([1 * 1])\ndef g(x): return x * E.w[0]",
         "data of the class"),
    cell("private data of an enum", "import enum\nclass E(enum.Enum):\n    A = 1\n    __k = 1 * 1\n    def m(self): return self.__k\ndef g(x): return x * E.A.m()",
         "data of the class"),
    cell("boundary of a flag", "import enum\nclass E(enum.Flag, boundary=enum.STRICT):\n    A = 1\ndef g(x):\n    try: return E(9).value\n    except ValueError: return x",
         "what unknown bits do", old="enum.STRICT", new="enum.KEEP"),
    # members that are written with underscores, and lists of names
    cell("dunder dict of a class", "class A:\n    __config__ = {'k': 1}\ndef g(x): return x * A.__config__['k']", "data of the user's", old="'k': 1", new="'k': 9"),
    cell("dunder list of a class", "class A:\n    __fields__ = ['a', 1]\ndef g(x): return x * A.__fields__[-1]", "data of the user's", old="'a', 1", new="'a', 9"),
    cell("match args", "class A:\n    __match_args__ = ('a', 'b')\n    a, b = 1, 9\ndef g(x):\n    match A():\n        case A(k): return k", "by place",
         old="('a', 'b')", new="('b', 'a')"),
    cell("order of slots", "class A:\n    __slots__ = ('a', 'b')\ndef g(x): return {'a': 1, 'b': 9}[A.__slots__[0]]", "code goes through them",
         old="('a', 'b')", new="('b', 'a')"),
    cell("metadata of a field", "import dataclasses\n@dataclasses.dataclass\nclass A:\n    a: int = dataclasses.field(default=0, metadata={'k': 1})\n"
         "def g(x): return x * dataclasses.fields(A)[0].metadata['k']", "data of the user's", old="'k': 1", new="'k': 9"),
    cell("code in the metadata of a field", "import dataclasses\n@dataclasses.dataclass\nclass A:\n"
         "    a: int = dataclasses.field(default=0, metadata={'k': lambda: 1 * 1})\n"
         "def g(x): return x * dataclasses.fields(A)[0].metadata['k']()", "code of the user's"),
    cell("attribute of a NamedTuple", "import typing\nclass A(typing.NamedTuple):\n    a: int = 0\n    ORIGIN = (1, 0)\ndef g(x): return x * A.ORIGIN[0]",
         "beside the fields", old="(1, 0)", new="(9, 0)"),
    # notations of types
    cell("alias of a generic class", "import typing\nT = typing.TypeVar('T')\nclass Box(typing.Generic[T]):\n    def m(self, x): return x * 1\nB = Box[int]\n"
         "def g(x): return B().m(x)", "its origin"),
    cell("argument of an alias", "import typing\nclass A:\n    def m(self, x): return x * 1\nL = dict[str, list[A]]\n"
         "def g(x): return typing.get_args(typing.get_args(L)[1])[0]().m(x)", "at any depth"),
    cell("union", "import typing\nclass A:\n    def m(self, x): return x * 1\nU = A | None\ndef g(x): return typing.get_args(U)[0]().m(x)", "its arguments"),
    cell("class behind a NewType", "import typing\nclass A:\n    def m(self, x): return x * 1\nN = typing.NewType('N', A)\ndef g(x): return N.__supertype__().m(x)",
         "what it stands for"),
    cell("type behind a NewType", "import typing\nN = typing.NewType('N', int)\ndef g(x): return 1 if N.__supertype__ is int else 9", "what it stands for",
         old="'N', int", new="'N', str"),
    cell("bound of a type variable", "import typing\nT = typing.TypeVar('T', bound=int)\ndef g(x): return 1 if T.__bound__ is int else 9", "what it stands for",
         old="=int", new="=str"),
    cell("metadata of an alias", "import typing\nclass M:\n    def __init__(self, k): self.k = k\nN = typing.Annotated[int, M(1)]\n"
         "def g(x): return x * N.__metadata__[0].k", "objects of the user's", old="M(1)", new="M(9)"),
    cell("class of the metadata of an alias", "import typing\nclass M:\n    def m(self): return 1 * 1\nN = typing.Annotated[int, M()]\n"
         "def g(x): return x * N.__metadata__[0].m()", "code of the user's"),
    cell("metadata of a field's annotation", "import dataclasses, typing\nclass M:\n    def __init__(self, k): self.k = k\n@dataclasses.dataclass\nclass A:\n"
         "    a: typing.Annotated[int, M(1)] = 0\ndef g(x): return x * dataclasses.fields(A)[0].type.__metadata__[0].k", "objects of the user's",
         old="M(1)", new="M(9)"),
    cell("class in a class annotation", "class B:\n    def m(self, x): return x * 1\nclass A:\n    b: B\ndef g(x): return A.__annotations__['b']().m(x)",
         "code of the user's"),
    cell("class in an annotation that is a text", "import typing\nclass B:\n    def m(self, x): return x * 1\nclass A:\n    b: 'list[B]'\n"
         "def g(x): return typing.get_args(typing.get_type_hints(A)['b'])[0]().m(x)", "by its name"),
    cell("literal in a class annotation", "import typing\nclass A:\n    a: typing.Literal[1]\ndef g(x): return typing.get_args(A.__annotations__['a'])[0]",
         "a scalar", old="[1]", new="[9]"),
    cell("argument of a base", "import typing\nT = typing.TypeVar('T')\nclass Base(typing.Generic[T]): pass\nclass A(Base[int]): pass\n"
         "def g(x): return 1 if typing.get_args(A.__orig_bases__[0])[0] is int else 9", "as written", old="Base[int]", new="Base[str]"),
    # methods written in C
    cell("method of a struct", "import struct\nu = struct.Struct('<h').unpack\ndef g(x): return 1 if u(bytes([1, 0]))[0] == 1 else 9", "its format",
         old="<h", new=">h"),
    cell("method of an array", "import array\nu = array.array('i', [1 * 1]).tolist\ndef g(x): return u()[0]", "its object"),
    cell("method of a buffer", "import io\nu = io.BytesIO(bytes([1 * 1])).getvalue\ndef g(x): return u()[0]", "its object"),
    cell("method of a deque", "import collections\nu = collections.deque([1] * 1).count\ndef g(x): return u(1)", "its object"),
    cell("method of a generator of one's own", "import random\nu = random.Random(1 * 1).getrandbits\ndef g(x): return 1 if u.__self__.getstate() == random.Random(1).getstate() else 9",
         "its seed"),
    # objects of the standard library
    cell("formatter", "import logging\nL = logging.Formatter('%(msg)s1')\ndef g(x): return int(L.format(logging.makeLogRecord({'msg': ''})))", "its text", old="s1'", new="s9'"),
    cell("method of a formatter", "import logging\nL = logging.Formatter('%(msg)s1').format\ndef g(x): return int(L(logging.makeLogRecord({'msg': ''})))", "its text", old="s1'", new="s9'"),
    # modules that are passed on
    modules("dunder data of a module", "import helpers\n@op\ndef f(x): return x * getattr(helpers, '__limits' + '__')[0]", "data of the user's", old="[1]", new="[9]",
            helpers="__limits__ = [1]"),
    modules("private data of a module", "import helpers\n@op\ndef f(x): return x * getattr(helpers, '__' + 'k')", "data of the user's", old="= 1", new="= 9",
            helpers="__k = 1"),
    # ops with a version
    cell("version of an inner op", "@op(version='1')\ndef h(x): return x * 1\ndef g(x): return h(x)", "the user's word", old="version='1')\ndef h(x): return x * 1",
         new="version='2')\ndef h(x): return x * 9"),
    cell("default of an inner op with a version", "@op(version='1')\ndef h(x, k=1): return x * k\ndef g(x): return h(x)", "an argument of it", old="k=1", new="k=9"),
]  # fmt: skip

DATA = [
    ("deque", "import collections", "collections.deque([1])", "[0]"),
    ("Counter", "import collections", "collections.Counter(k=1)", "['k']"),
    ("OrderedDict", "import collections", "collections.OrderedDict(k=1)", "['k']"),
    ("defaultdict", "import collections", "collections.defaultdict(int, k=1)", "['k']"),
    ("range", "", "range(1, 20)", "[0]"),
    ("slice", "", "slice(1)", ".stop"),
    ("array", "import array", "array.array('i', [1])", "[0]"),
    ("memoryview", "", "memoryview(bytes([1]))", "[0]"),
    ("BytesIO", "import io", "io.BytesIO(bytes([1]))", ".getvalue()[0]"),
    ("address", "import ipaddress", "ipaddress.ip_address(1)", "._ip"),
    ("Template", "import string", "string.Template('$k' * 1)", ".template.count('$')"),
    ("polars", "import polars", "polars.Series([1])", "[0]"),
    ("sparse", "import scipy.sparse", "scipy.sparse.csr_array([[1]])", ".toarray()[0][0].item()"),
    ("Struct", "import struct", "struct.Struct('b' * 1)", ".size"),
    (
        "File",
        "from mandala_lab import File\nimport pathlib\npathlib.Path('n.txt').write_text(str(1))",
        "File('n.txt')",
        ".path.read_text()",
    ),
]


def load_data(notebook, setup, made, got, value):
    notebook.run(
        f"{setup}\nclass C:\n    data = {made}\n".replace("(1)", f"({value})").replace("[1]", f"[{value}]")
        .replace("(1,", f"({value},").replace("=1)", f"={value})").replace("* 1)", f"* {value})"),
        f"@op\ndef f(x): return int(C.data{got})",
    )  # fmt: skip


@pytest.mark.parametrize(("setup", "made", "got"), [row[1:] for row in DATA], ids=[row[0] for row in DATA])
def test_a_class_attribute_of_a_standard_type_is_data(notebook, setup, made, got, monkeypatch):
    monkeypatch.chdir(notebook.folder)
    for module in ("polars", "scipy.sparse"):
        if module in setup:
            pytest.importorskip(module)
    load_data(notebook, setup, made, got, 1)
    assert notebook.call() == (1, "ran")
    load_data(notebook, setup, made, got, 9)
    assert notebook.call() == (9, "ran")
    load_data(notebook, setup, made, got, 1)
    assert notebook.call() == (1, "hit")


@pytest.mark.parametrize("edit", SEEN, ids=lambda edit: edit.name)
def test_an_edit_that_can_matter_runs_and_changing_back_is_a_hit(notebook, edit):
    before, after = edit.states()
    load(notebook, before)
    assert notebook.call() == (1, "ran")
    load(notebook, after)
    assert notebook.call() == (9, "ran"), edit.why
    load(notebook, before)
    assert notebook.call() == (1, "hit"), "old versions stay"


KEPT = [
    cell("body of an inner op with a version", "@op(version='1')\ndef h(x): return x * 1\ndef g(x): return h(x)", "the user vouches for it"),
    modules("annotation of a module's helper", "import helpers\n@op\ndef f(x): return helpers.g(x)", "called only: nobody reads it", old="int", new="float",
            helpers="def g(x: int) -> int: return x"),
    modules("annotation of an imported helper", "from helpers import g\n@op\ndef f(x): return g(x)", "called only: nobody reads it", old="int", new="float",
            helpers="def g(x: int) -> int: return x"),
]  # fmt: skip


@pytest.mark.parametrize("edit", KEPT, ids=lambda edit: edit.name)
def test_an_edit_that_cannot_matter_is_a_hit(notebook, edit):
    before, after = edit.states()
    load(notebook, before)
    assert notebook.call() == (1, "ran")
    load(notebook, after)
    assert notebook.call() == (1, "hit"), edit.why
