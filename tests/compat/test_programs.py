"""Whole programs as users of mandala write them, with this package's import in place of theirs."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest

from mandala_lab import ComputationFrame, MDict, MList, NewArgDefault, Storage, op, track

runs: list[str] = []
note = runs.append


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


# --- 1. a pipeline with loops over parameters


@op(output_names=["train", "test"])
def load_points(seed=0, number=60):
    note("load")
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(number, 3))
    labels = (points @ np.array([1.0, -2.0, 0.5]) > 0).astype(float)
    half = number // 2
    return (points[:half], labels[:half]), (points[half:], labels[half:])


@op
def fit_ridge(train, penalty=1.0):
    note("fit")
    points, labels = train
    return np.linalg.solve(points.T @ points + penalty * np.eye(3), points.T @ (2 * labels - 1))


@op
def accuracy(weights, data):
    note("score")
    points, labels = data
    return float(((points @ weights > 0) == labels).mean())


@track
def penalties():
    return [0.01, 0.1, 1.0, 10.0]


def sweep(storage, seeds=(0, 1)):
    found = []
    with storage:
        for seed in seeds:
            train, test = load_points(seed)
            for penalty in penalties():
                weights = fit_ridge(train, penalty=penalty)
                score = accuracy(weights, test)
                if storage.unwrap(score) > 0.5:
                    found.append((seed, penalty, accuracy(weights, train)))
    return found


def test_a_sweep_over_parameters_resumes_where_it_was_and_gives_a_table(path):
    storage = Storage(path)
    first = sweep(storage)
    count = len(runs)
    storage.close()
    storage = Storage(path)
    assert [(seed, penalty) for seed, penalty, _ in sweep(storage)] == [(s, p) for s, p, _ in first]
    assert len(runs) == count, "a second session runs nothing"
    sweep(storage, seeds=(0, 1, 2))
    assert runs[count:].count("load") == 1, "a new seed runs alone"
    frame = storage.cf(accuracy).expand_back(recursive=True)
    frame.check()
    assert isinstance(frame, ComputationFrame)
    table = frame.df()
    assert {"seed", "penalty", "load_points", "fit_ridge", "accuracy"} <= set(table.columns)
    assert set(table["penalty"].dropna()) == set(penalties())
    storage.close()


# --- 2. fan out over a list, and aggregate


@op
def chunks(text, size=3) -> MList[str]:
    words = text.split()
    return [" ".join(words[at : at + size]) for at in range(0, len(words), size)]


@op
def count_words(chunk):
    note(chunk)
    return {word: chunk.split().count(word) for word in chunk.split()}


@op
def merge(counts: MList[dict]) -> MDict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for word, number in one.items():
            total[word] = total.get(word, 0) + number
    return total


def test_fan_out_over_a_list_recomputes_only_the_new_chunks(storage):
    with storage:
        counts = merge([count_words(chunk) for chunk in chunks("a b c a b d")])
        assert counts["a"].value == 2
        more = merge([count_words(chunk) for chunk in chunks("a b c a b d e e e")])
        assert more.value == {"a": 2, "b": 2, "c": 1, "d": 1, "e": 3}
    assert runs == ["a b c", "a b d", "e e e"]
    frame = storage.cf(more["e"]).expand_back(recursive=True)
    frame.check()
    assert {"chunks", "count_words", "merge"} <= set(frame.fnames)
    assert len([call for call in frame.graph.calls.values() if call.name == "count_words"]) == 3


# --- 3. an argument more


def test_an_experiment_grows_an_argument_and_keeps_its_results(path):
    old = "@op\ndef train(data, epochs=2):\n    note('old')\n    return [x * epochs for x in data]\n"
    new = (
        "@op\ndef train(data, epochs=2, momentum=NewArgDefault(None)):\n    note('new')\n"
        "    return [x * epochs + (momentum or 0) for x in data]\n"
    )
    scope = {"op": op, "note": note, "NewArgDefault": NewArgDefault, "__name__": "experiment"}
    with Storage(path) as storage:
        exec(old, scope)
        results = [scope["train"]([1, 2], epochs=epochs).value for epochs in (1, 2)]
    storage.close()
    with Storage(path) as storage:
        exec(new, scope)
        train = scope["train"]
        assert [train([1, 2], epochs=epochs).value for epochs in (1, 2)] == results
        assert runs == ["old", "old"]
        assert train([1, 2], epochs=1, momentum=1).value == [2, 3]
        frame = storage.cf(train)
        assert len(frame.graph.calls) >= 3
    storage.close()


# --- 4. ops in ops


@op
def fib(n):
    note(str(n))
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@op
def ratio(n):
    return fib(n + 1) / fib(n)


def test_ops_in_ops_are_memoized_each_and_form_a_tree(storage):
    with storage:
        assert fib(20).value == 6765
        assert sorted(runs, key=int) == [str(n) for n in range(21)], "each ran once"
        assert ratio(20).value == pytest.approx(1.618, abs=1e-3)
    assert runs.count("21") == 1
    tree = storage.call_tree(storage.calls(ratio)[0])
    assert [node.call.name for node in tree.roots[0].children] == ["fib", "fib"]
    assert storage.calls(fib, where={"n": 0})[0].parent.name == "fib"


# --- 5. unversioned behaviour is relied on


def test_with_reuse_results_of_before_are_kept_whatever_is_edited(path, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "unversioned_lab.py"
    module.write_text(
        "from mandala_lab import op\n\ndef helper(x):\n    return x\n\n@op\ndef f(x):\n    return helper(x)\n"
    )
    lab = importlib.import_module("unversioned_lab")
    with Storage(path, on_change="reuse") as storage:
        assert [lab.f(x).value for x in (1, 2)] == [1, 2]
    storage.close()
    module.write_text(module.read_text().replace("return x\n", "return x * 10  # faster now\n", 1))
    importlib.invalidate_caches()
    del sys.modules["unversioned_lab"]
    lab = importlib.import_module("unversioned_lab")
    with Storage(path, on_change="reuse") as storage:
        assert [lab.f(x).value for x in (1, 2, 3)] == [1, 2, 30]
    storage.close()
    del sys.modules["unversioned_lab"]


# --- 6. a long loop


@op
def step(state, rate):
    return state - rate * 2 * state


@pytest.mark.parametrize("length", [10, 100, 400])
def test_a_descent_of_many_steps_is_expanded_to_its_first(length, storage):
    with storage:
        state = 1.0
        for _ in range(length):
            state = step(state, 0.1)
    frame = storage.cf(state).expand_back(recursive=True)
    frame.check()
    assert len(frame.graph.calls) == length
    assert frame.expand_back(recursive=True).to_dict() == frame.to_dict()
    assert len(storage.cf(storage.calls(step)[0].inputs["state"]).expand_forward(recursive=True).graph.calls) == length


# --- 7. choosing by lookups, and filtering in a block


def test_models_are_chosen_by_results_that_are_there(storage):
    with storage:
        scores = {n: step(float(n), 0.5) for n in range(3)}
        storage.allow_new_calls(False)
        best = min(range(3), key=lambda n: step(float(n), 0.5).value)
        storage.allow_new_calls(True)
    assert best == 0
    assert storage.unwrap(scores) == {0: 0.0, 1: 0.0, 2: 0.0}
