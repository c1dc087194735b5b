"""Random programs of ops, the frames that are made of them, and random changes to those.

A program is a list of steps, each a name of an op with two places among the values so
far, so that a constant is shared, results are fed back, and calls are repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from mandala_lab import MDict, MList, Ref, Storage, op


def quick(examples: int) -> settings:
    """Return settings for so many examples, each of which has a store of its own."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=checks)


@op(output_names=["y"])
def inc(x):
    return x + 1


@op(output_names=["x"])
def advance(x):
    return x + 2


@op(output_names=["total"])
def add(a, b):
    return a + b


@op
def split(n):
    return n // 2, n - n // 2


@op(output_names=["low", "high"])
def order(a, b):
    return min(a, b), max(a, b)


@op
def same(x):
    return x


@op(output_names=["same"])
def same_again(x):
    return x


@op(output_names=["y"])
def nest(x):
    return add(inc(x), x)


@op
def fails(x):
    if x % 2:
        raise ValueError(x)
    return inc(x)


@op(output_names=["xs"])
def listed(x) -> MList[int]:
    return [x, x + 1]


@op
def mapped(a, b) -> MDict[str, int]:
    return {"a": a, "b": b}


@op
def total(xs: MList[int]):
    return sum(xs)


ONE = {each.__name__: each for each in (inc, advance, same, same_again, nest, fails, split, listed)}
TWO = {each.__name__: each for each in (add, order, mapped)}
OPS = {**ONE, **TWO, "total": total}

Step = tuple[str, int, int]

steps = st.tuples(st.sampled_from(sorted(OPS)), st.integers(0, 9), st.integers(0, 9))
loops = st.tuples(st.sampled_from(["inc", "advance", "same", "nest"]), st.just(-1), st.just(-1))
programs = st.lists(steps | loops, min_size=1, max_size=9)


@dataclass
class Ran:
    """A program that ran: its store, and the refs that it made."""

    storage: Storage
    refs: list[Ref]

    @property
    def ops(self) -> list[Any]:
        called = {call.op for call in self.storage.store.calls_of_session(None)}
        return [one for one in OPS.values() if one.spec.key in called]


@contextmanager
def ran(program: list[Step]) -> Iterator[Ran]:
    """Run a program in a store of its own."""
    storage = Storage(session="test")
    try:
        with storage:
            values: list[Any] = [1, 2]
            for name, i, j in program:
                values.extend(_run(name, values[i % len(values)], values[j % len(values)]))
        yield Ran(storage, [value for value in values if isinstance(value, Ref)])
    finally:
        storage.close()


def _run(name: str, left: Any, right: Any) -> list[Any]:
    try:
        made = (
            OPS[name]([left, right, left])
            if name == "total"
            else ONE[name](left)
            if name in ONE
            else TWO[name](left, right)
        )
    except ValueError:
        return []
    if name == "listed":
        return list(made)
    if name == "mapped":
        return [made["b"]]
    return list(made) if isinstance(made, tuple) else [made]


# --- frames of them


def sources(done: Ran) -> st.SearchStrategy[Any]:
    """Return what frames are made of: each kind of source."""
    kinds: list[st.SearchStrategy[Any]] = [st.sampled_from(["run", None])]
    if done.ops:
        kinds.append(st.sampled_from(done.ops))
    if done.refs:
        few = st.lists(st.sampled_from(done.refs), min_size=1, max_size=3)
        kinds += [st.sampled_from(done.refs), few, st.fixed_dictionaries({"p": few, "x": few})]
    return st.one_of(kinds)


Change = Callable[[Any], Any]


def frames(data: Any, done: Ran, most: int = 3) -> Any:
    """Draw a frame: of a source, and changed at most so many times."""
    frame = done.storage.cf(data.draw(sources(done)))
    for _ in range(data.draw(st.integers(0, most))):
        frame = data.draw(st.sampled_from(CHANGES))(data, frame)
    return frame


def some_nodes(data: Any, frame: Any, names: Any = None, least: int = 0) -> list[str]:
    """Draw names of nodes."""
    held = list(frame.nodes if names is None else names)
    return data.draw(st.lists(st.sampled_from(held), min_size=least, max_size=4, unique=True)) if held else []


def some_elements(data: Any, frame: Any) -> dict[str, list[str]]:
    """Draw history ids of elements for some nodes."""
    chosen = {}
    for name in some_nodes(data, frame):
        held = sorted(frame.sets[name])
        chosen[name] = data.draw(st.lists(st.sampled_from(held), unique=True)) if held else []
    return chosen


def _expanded(data: Any, frame: Any) -> Any:
    grow = data.draw(st.sampled_from([frame.expand_back, frame.expand_forward]))
    names = data.draw(st.none() | st.just(some_nodes(data, frame, frame.vnames)))
    flags = {name: data.draw(st.booleans()) for name in ("recursive", "skip_existing", "reuse_existing")}
    return grow(names, **flags)


def _streamed(data: Any, frame: Any) -> Any:
    names = some_nodes(data, frame, least=1)
    way = data.draw(st.sampled_from(["upstream", "downstream", "midstream"]))
    how = data.draw(st.sampled_from(["strong", "weak"]))
    return getattr(frame, way)(*names, how=how) if names else frame


def _thinned(data: Any, frame: Any) -> Any:
    return frame.select_subsets(_rest(data, frame))


def _rest(data: Any, frame: Any) -> dict[str, list[str]]:
    dropped = some_elements(data, frame)
    return {name: [hid for hid in held if hid not in dropped.get(name, ())] for name, held in frame.sets.items()}


def _renamed(data: Any, frame: Any) -> Any:
    new = {name: f"{name}!" for name in some_nodes(data, frame, frame.vnames)}
    return frame.rename(new)


def _merged(data: Any, frame: Any) -> Any:
    names = some_nodes(data, frame, frame.vnames)
    return frame.merge_into(names[0], names[-1]) if names else frame.merge_vars()


CHANGES: list[Callable[[Any, Any], Any]] = [
    _expanded,
    lambda data, frame: frame.expand_all(),
    _thinned,
    _streamed,
    _renamed,
    _merged,
    lambda data, frame: frame.drop(some_nodes(data, frame)),
    lambda data, frame: frame[some_nodes(data, frame)],
    lambda data, frame: frame.cleanup(),
    lambda data, frame: frame.merge_vars(),
    lambda data, frame: frame.isin([2, 3, 4]),
    lambda data, frame: frame < 4,
]
