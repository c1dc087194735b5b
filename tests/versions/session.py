"""A session of its own, run by another Python: prints code versions of a program as JSON."""

import json
import linecache
import sys

from mandala_lab.versions.resolver import Resolver

PROGRAM = '''
import collections, contextlib, dataclasses, enum, functools, json, math, typing, abc
import numpy as np
K = 2
NAMES = {"b", "a", "c"}
class Color(enum.Enum):
    RED = 1
    BLUE = 2
    def shade(self): return self.value * K
@dataclasses.dataclass(order=True, slots=True)
class Point:
    """Doc."""
    x: int
    y: float = 1.5
    tags: list[str] = dataclasses.field(default_factory=list)
    def norm(self): return math.hypot(self.x, self.y)
@dataclasses.dataclass(frozen=True)
class Frozen:
    a: int | None = None
class Row(typing.NamedTuple):
    a: int
    b: str = "x"
Pair = collections.namedtuple("Pair", "left right")
class Base(abc.ABC):
    @abc.abstractmethod
    def run(self, x): ...
    @property
    def p(self): return 1
    @functools.cached_property
    def q(self): return [y for y in range(K)]
class Sub(Base):
    __slots__ = ("z",)
    def run(self, x):
        try:
            return super().run(x)
        except* ValueError as e:
            raise RuntimeError(f"{x!r:>{K}} {x=} {'a' + 'b'} {{}}") from e
    @staticmethod
    def s(x): return x
    @classmethod
    def c(cls, x): return cls
sub = Sub()
@functools.singledispatch
def show(x): return "?"
@show.register
def _(x: int): return str(x)
@contextlib.contextmanager
def held(x): yield x
@functools.lru_cache
def cached(x): return x + K
def gen(x):
    for i in range(x): yield i, [j for j in range(i) if j in NAMES]
async def later(x):
    async with x as y:
        return [z async for z in y]
a, b = lambda x: (x + 1 if x else K), lambda x: [lambda y: y + x][0]
part = functools.partial(gen, 3)
HANDLERS = {"a": a, "show": show, "more": [cached, Point]}
def outer(k, /, n: int = 3, *args, flag=True, **kw):
    def inner(z):
        nonlocal k
        k += z
        return [k * q for q in (lambda: range(n))()]
    class Local(Base):
        top = K
        def run(self, x): return inner(x)
    match n:
        case {"a": [1, *rest], **others} if rest: return others
        case Point(x=1): return Local
    assert n, f"{n:.2f}"
    return inner, np.linalg.norm(args), json.dumps(kw, default=lambda o: str(o))
def f(x):
    from math import pi
    return (outer(x), Color.RED.shade(), Point(1).norm(), Frozen(), Row(1), Pair(1, 2), sub.run(x), Sub.s(x), sub.p,
            HANDLERS["a"](x), b(x), part(), later, show(x), held(x), *gen(x))
'''


def main() -> None:
    linecache.cache["<cell 1>"] = (len(PROGRAM), None, PROGRAM.splitlines(keepends=True), "<cell 1>")
    scope = {"__name__": "__main__"}
    exec(compile(PROGRAM, "<cell 1>", "exec"), scope)
    resolver = Resolver()
    resolved = resolver.resolve(scope["f"])
    made = {name: resolver.code_of(scope[name])[0].hex() for name in ("a", "b", "part", "Point", "sub", "show", "Sub")}
    version = resolved.version
    found = {"digest": version.digest.hex(), "pieces": version.pieces, "reads": version.reads, "made": made}
    found |= {"gaps": version.gaps, "helpers": sorted(version.helpers), "still": resolved.is_current()}
    sys.stdout.write(json.dumps(found))


main()
