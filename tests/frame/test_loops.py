"""Loops that update a value in place, where constants are equal by chance."""

from __future__ import annotations

import pytest

from mandala_lab import Storage, op


@op(output_names=["w"])
def train(w, epoch):
    return w + 10 * epoch


@op(output_names=["score"])
def rate(w):
    return 2 * w


def last(w, epochs):
    for epoch in range(epochs):
        w = train(w, epoch)
    return w


def run(storage: Storage, *starts: int, epochs: int = 4) -> None:
    with storage:
        for start in starts:
            rate(last(start, epochs))


@pytest.mark.parametrize("start", [0, 2, 100], ids=["equals an epoch", "equals another", "equals none"])
def test_parts_keep_calls_whatever_constants_are_equal(storage, start):
    run(storage, start)
    frame = storage.cf("run")
    hids = set(frame.calls_by_func()["train"]), len(frame.calls)
    for part in (
        frame.drop("w"),
        frame[["epoch", "train", "w_0", "rate", "score"]],
        frame.downstream("epoch", how="weak"),
        frame.midstream("epoch", "score", how="weak"),
        frame.select("epoch+"),
    ):
        part.check()
        assert len(part.calls) == hids[1], part
    # A call of which an argument alone is left out stays; without all of them there is nothing it could start from.
    assert len(frame.select("!w").calls) == hids[1]


def test_a_replay_takes_its_constants_along(storage):
    @op(output_names=["d"])
    def make(n):
        return n * 100

    @op(output_names=["t"])
    def total(d, w):
        return d + w

    with storage:
        total(make(2), 2)
    frame, call = storage.cf("run"), storage.calls(make)[0]
    for scope in ("call", "downstream"):
        new = frame.replace(call, storage.replay(call, n=4, scope=scope))
        new.check()
        assert [ref.value for ref in new.refs_by_var()["n"]] == [4]
        assert [ref.value for ref in new.refs_by_var()["w"]] == [2]


def test_a_condition_on_what_changes_in_a_loop_keeps_the_loop(storage):
    run(storage, 5, 7, epochs=3)
    run(storage, 1000, epochs=2)
    frame = storage.cf("run")
    whole = frame.df("w", "epoch", "w_0", "score").set_index("w")
    assert whole.loc[5].tolist() == [(0, 1, 2), (5, 15, 35), 70]
    for epoch, starts in ((0, [5, 7, 1000]), (1, [5, 7, 1000]), (2, [5, 7])):
        found = frame.where(epoch=epoch)
        found.check()
        table = found.df("w", "epoch", "w_0", "score").set_index("w")
        assert table.sort_index().equals(whole.loc[starts].sort_index())
    assert frame.where(w_0=15).df("w", "epoch", "w_0", "score").set_index("w").equals(whole.loc[[5]])
    parts = dict(frame.groupby("epoch"))
    assert {epoch: sorted(part.df("w")["w"]) for epoch, part in parts.items()} == {
        0: [5, 7, 1000],
        1: [5, 7, 1000],
        2: [5, 7],
    }


def test_what_comes_of_several_loops_does_not_bring_the_others(storage):
    @op(output_names=["best"])
    def best(one, other):
        return max(one, other)

    with storage:
        best(rate(last(5, 2)), rate(last(7, 4)))
    frame = storage.cf("run")
    found = frame.where(epoch=3)
    assert [ref.value for ref in found.refs_by_var()["w"]] == [7]
    assert len(found.calls_by_func()["train"]) == 4
    assert len(found.calls_by_func()["best"]) == 1


@op(output_names=["w"])
def step(w, lr=1):
    return w + lr


@op(output_names=["v"])
def judge(w, k=1):
    return 10 * w


def test_a_union_over_a_loop_has_its_histories(storage):
    with storage:
        for lr in (1, 2):
            w = 0
            for _ in range(3):
                w = step(w, lr)
                judge(w)
    wanted = sorted(storage.cf("run").df("lr", "v").itertuples(index=False, name=None))
    assert wanted == [(1, 10), (1, 20), (1, 30), (2, 20), (2, 40), (2, 60)]
    for one, other in ((step, judge), (judge, step)):
        both = storage.cf(one) | storage.cf(other)
        both.check()
        assert sorted(both.df("lr", "v").itertuples(index=False, name=None)) == wanted
        assert both.where(v=30).df("w").shape[0] >= 1
        assert (both | storage.cf(one)) == both


def test_growing_forward_keeps_equal_constants_apart(storage):
    with storage:
        for lr in (1, 2):
            judge(step(5, lr))
    grown = storage.cf(step).expand_forward()
    assert ("lr", "judge", "k") not in grown.edges()
    assert sorted(grown.df("lr", "v").itertuples(index=False, name=None)) == [(1, 60), (2, 70)]
    (constant,) = [ref for ref in grown.refs.values() if ref.value == 1]
    asked = storage.cf({"one": constant}).expand_forward()  # here the constant is what was asked for
    assert {(source, label) for source, _, label in asked.edges() if source == "one"} == {("one", "lr"), ("one", "k")}
