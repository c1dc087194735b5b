"""Programs in the style of mandala's tutorials, and what their frames hold: for mandala_lab and for mandala.

``PYTHON tests/compat/frame_programs.py FILE``, with an interpreter that has mandala, writes
what mandala says of them; `test_frames` compares that with what mandala_lab says.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Frames = Iterator[tuple[str, Any]]
PROGRAMS: dict[str, Callable[[Any, Any], Frames]] = {}


def program(function: Callable[[Any, Any], Frames]) -> Callable[[Any, Any], Frames]:
    """Take a function that runs a program with a library, and yields named frames, into `PROGRAMS`."""
    PROGRAMS[function.__name__] = function
    return function


def annotated(returns: Any = Any, **arguments: Any) -> Callable[[Any], Any]:
    """Annotate a function with types of a library, which text cannot name."""

    def take(function: Any) -> Any:
        function.__annotations__ = {**arguments, "return": returns}
        return function

    return take


def pipeline_ops(lib: Any) -> tuple[Any, Any, Any]:
    """Return three ops that follow each other."""

    @lib.op(output_names=["rows"])
    def load(path):
        return list(range(len(path)))

    @lib.op(output_names=["clean_rows"])
    def clean(rows, cut):
        return [row for row in rows if row >= cut]

    @lib.op(output_names=["total"])
    def score(clean_rows, weight):
        return weight * sum(clean_rows)

    return load, clean, score


@program
def pipeline(lib: Any, storage: Any) -> Frames:
    load, clean, score = pipeline_ops(lib)
    with storage:
        totals = [score(clean(load("data.csv"), cut), weight) for cut in (1, 2) for weight in (10, 20)]
    yield "one op", storage.cf(clean)
    yield "one step back", storage.cf(score).expand_back()
    yield "all the way back", storage.cf(score).expand_back(recursive=True)
    yield "one step forward", storage.cf(load).expand_forward()
    yield "all the way forward", storage.cf(load).expand_forward(recursive=True)
    yield "everything", storage.cf(clean).expand_all()
    yield "one result", storage.cf(totals[0]).expand_back(recursive=True)
    yield "some results", storage.cf(totals[:2]).expand_back(recursive=True)


@program
def parts(lib: Any, storage: Any) -> Frames:
    load, clean, score = pipeline_ops(lib)
    with storage:
        for cut in (1, 2, 3):
            score(clean(load("data.csv"), cut), 10)
    frame = storage.cf(score).expand_back(recursive=True)
    yield "named nodes", frame[["rows", "clean", "clean_rows"]]
    yield "downstream", frame.downstream("clean_rows")
    yield "upstream", frame.upstream("clean_rows")
    yield "midstream", frame.midstream("rows", "total")
    yield "renamed", frame.rename(vars={"total": "result"})
    yield "without a variable", frame.drop_var("weight") if hasattr(frame, "drop_var") else frame.drop("weight")
    yield "copy", frame.copy()


@program
def diamond(lib: Any, storage: Any) -> Frames:
    @lib.op(output_names=["base"])
    def start(x):
        return x + 1

    @lib.op(output_names=["left"])
    def go_left(base):
        return 2 * base

    @lib.op(output_names=["right"])
    def go_right(base, k):
        return base - k

    @lib.op(output_names=["joined"])
    def join(left, right):
        return left + right

    with storage:
        for x in (1, 2, 3):
            base = start(x)
            join(go_left(base), go_right(base, 10))
    yield "back", storage.cf(join).expand_back(recursive=True)
    yield "forward", storage.cf(start).expand_forward(recursive=True)
    yield "everything", storage.cf(go_left).expand_all()
    yield "union", storage.cf(go_left) | storage.cf(go_right)
    yield "union of ends", storage.cf(start).expand_forward() | storage.cf(join).expand_back()
    yield (
        "intersection",
        storage.cf(start).expand_forward(recursive=True) & storage.cf(join).expand_back(recursive=True),
    )


@program
def training(lib: Any, storage: Any) -> Frames:
    @lib.op(output_names=["x_train", "x_test", "y_train", "y_test"])
    def split(seed):
        return seed, seed + 1, 10 * seed, 10 * seed + 10

    @lib.op(output_names=["model", "train_score"])
    def train(x_train, y_train, depth):
        return x_train * depth, y_train + depth

    @lib.op(output_names=["score"])
    def evaluate(model, x_test, y_test):
        return model + x_test + y_test

    with storage:
        x_train, x_test, y_train, y_test = split(0)
        for depth in (1, 2, 3):
            model, train_score = train(x_train, y_train, depth)
            if storage.unwrap(train_score) > 1:
                evaluate(model, x_test, y_test)
    yield "train", storage.cf(train)
    yield "back", storage.cf(evaluate).expand_back(recursive=True)
    yield "forward", storage.cf(split).expand_forward(recursive=True)
    yield "everything", storage.cf(train).expand_all()
    yield "partial", storage.cf(train).expand_forward()


def loop(lib: Any, storage: Any) -> tuple[Any, Any]:
    """Update a value in place, step by step, and go on from the last; return both ops."""

    @lib.op(output_names=["after"])
    def step(acc, i):
        return acc + i

    @lib.op(output_names=["half"])
    def halve(x):
        return x / 2

    with storage:
        acc = 0
        for i in range(6):
            acc = step(acc, i)
        halve(acc)
    return step, halve


@program
def a_loop(lib: Any, storage: Any) -> Frames:
    step, _ = loop(lib, storage)
    yield "the op", storage.cf(step)


@program
def after_a_loop(lib: Any, storage: Any) -> Frames:
    _, halve = loop(lib, storage)
    yield "one step back", storage.cf(halve).expand_back()
    yield "all the way back", storage.cf(halve).expand_back(recursive=True)


@program
def unnamed(lib: Any, storage: Any) -> Frames:
    @lib.op
    def two(x):
        return x, x + 1

    @lib.op
    def inc(x):
        return x + 1

    with storage:
        results = [inc(x) for x in (1, 2)]
        inc(results[0])
        two(results[1])
    yield "inc", storage.cf(inc)
    yield "two, back", storage.cf(two).expand_back(recursive=True)


@program
def collections(lib: Any, storage: Any) -> Frames:
    @lib.op(output_names=["parts"])
    @annotated(returns=lib.MList[int])
    def cut(n):
        return list(range(n))

    @lib.op(output_names=["weighed"])
    def weigh(part):
        return 10 * part

    @lib.op(output_names=["total"])
    @annotated(xs=lib.MList[int])
    def add(xs):
        return sum(xs)

    with storage:
        parts_ = cut(3)
        add([weigh(part) for part in parts_])
    yield "weigh", storage.cf(weigh)
    yield "add", storage.cf(add)
    yield "weigh, one step forward", storage.cf(weigh).expand_forward()
    yield "add, one step back", storage.cf(add).expand_back()


def described(frame: Any, unwrap: Callable[[Any], Any]) -> dict[str, Any]:
    """Return what a frame holds, as data that are the same for both libraries where they agree."""
    names = sorted(frame.vnames)
    return {
        "variables": {name: sorted(shown(unwrap(ref)) for ref in frame.get_var_values(name)) for name in names},
        "operations": {name: len(frame.fs[name]) for name in sorted(frame.fnames)},
        "edges": sorted(map(list, frame.edges())),
        "table": table_of(frame, names),
    }


def table_of(frame: Any, names: list[str]) -> list[dict[str, str]] | str:
    """Return the rows of the table, in an order that does not depend on the library's, or the kind of its error."""
    try:
        table = frame.df(*names, include_calls=False)
    except Exception as error:
        return type(error).__name__
    rows = [{name: shown(table[name].iloc[at]) for name in names} for at in range(len(table))]
    return sorted(rows, key=lambda row: sorted(row.values()))


def shown(cell: Any) -> str:
    """Return a value as text, whatever pandas made of it: numbers by value, what is missing, several of one cell."""
    if type(cell).__name__ == "ValueCollection":
        cell = tuple(cell.values)
    if isinstance(cell, tuple):
        return f"several: {', '.join(sorted(map(shown, cell)))}"
    cell = cell.item() if hasattr(cell, "item") else cell
    if cell is None or cell != cell:  # noqa: PLR0124 - nan
        return "missing"
    return repr(int(cell)) if isinstance(cell, float) and cell.is_integer() else repr(cell)


def all_frames(lib: Any) -> dict[str, Any]:
    """Return what the frames of all programs hold."""
    found: dict[str, Any] = {}
    for name, run in PROGRAMS.items():
        storage = lib.Storage()
        for part, frame in run(lib, storage):
            found[f"{name}: {part}"] = described(frame, storage.unwrap)
    return found


if __name__ == "__main__":
    import mandala.imports

    Path(sys.argv[1]).write_text(json.dumps(all_frames(mandala.imports), indent=1, sort_keys=True) + "\n", "utf-8")
