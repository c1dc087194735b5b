"""Frames of long loops and of graphs with cycles: complete, whatever their length, and without deep recursion."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from mandala_lab import ComputationFrame, Storage, op
from mandala_lab.adapters.sql.store import SqlCallStore
from mandala_lab.memo.loader import ValueLoader
from mandala_lab.memo.values import store as encode
from mandala_lab.model.calls import CallEntry, Given, Made, Run, Span
from mandala_lab.model.hashing import combine, output_hid
from mandala_lab.model.ops import CodeVersion, OpSpec

MANY = 100_000
SPEC = OpSpec("m:step", "step", ("x",), ("x",))
VERSION = CodeVersion(combine(b"v", b"step"), "def step(x): ...")
BATCH = 5_000


@op(output_names=["x"])
def advance(x):
    return x + 1


@op(output_names=["b"])
def there(a):
    return a + 1


@op(output_names=["a"])
def back(b):
    return 2 * b


@op(output_names=["weights"])
def update(weights, step):
    return [*weights, step]


class Asked:
    """A store that counts what it is asked."""

    def __init__(self, store):
        self._store = store
        self.asked = Counter()

    def __getattr__(self, name):
        self.asked[name] += 1
        return getattr(self._store, name)


def hid_of(number: int) -> bytes:
    return combine(b"h", number.to_bytes(4, "big"))


def entry(number: int) -> CallEntry:
    """Return the call that makes ``number + 1`` of `number`."""
    taken, made = encode(number), encode(number + 1)
    hid = hid_of(number)
    return CallEntry(
        hid,
        combine(b"c", number.to_bytes(4, "big")),
        SPEC,
        VERSION,
        VERSION.digest,
        b"p" * 20,
        (Given("x", taken.cid, output_hid(hid_of(number - 1), 0) if number else b"", taken.data),),
        (Made(made.cid, made.data),),
        (),
        [],
        "ok",
        float(number),
        0.5,
        Span("run", number, None, 0, hid.hex(), "computed", float(number), 0.5),
    )


@pytest.fixture(scope="module")
def chain():
    """Return a store with a loop of so many calls, and its ref at the beginning and at the end."""
    loader = ValueLoader()
    store = SqlCallStore(":memory:", loader)
    loader.connect(store)
    store.begin_run(Run("run", 1.0, "session"))
    for start in range(0, MANY, BATCH):
        store.record([entry(number) for number in range(start, start + BATCH)])
    yield store
    store.close()


def frame_of(store, *hids: bytes):
    from mandala_lab.frame.source import frame_of

    source = [hid.hex() for hid in hids] or None
    return ComputationFrame(frame_of(store, source, "session"), store)


@pytest.mark.parametrize("number", [10, 100, 1_000])
def test_a_loop_expands_whole_both_ways(storage, number):
    with storage:
        refs = [advance(0)]
        for _ in range(number - 1):
            refs.append(advance(refs[-1]))
    for frame in (
        storage.cf(refs[-1]).expand_back(recursive=True),
        storage.cf(refs[number // 2]).expand_all(),
        storage.cf(advance).expand_all(),
        storage.cf(None),
    ):
        frame.check()
        assert len(frame.calls) == number
        assert len(frame.refs) == number + 1
    forward = storage.cf(refs[0]).expand_forward(recursive=True)
    forward.check()
    assert set(forward.refs) == {ref.hid for ref in refs}
    assert len(forward.calls) == number - 1
    step = storage.cf(refs[-1])
    for _ in range(3):
        step = step.expand_back()
    assert len(step.calls) == 3


def test_a_loop_of_a_hundred_thousand_calls_expands_whole(chain, monkeypatch):
    limit = sys.getrecursionlimit()
    monkeypatch.setattr(sys, "setrecursionlimit", lambda _limit: pytest.fail("no limit is to be lifted"))
    asked = Asked(chain)
    last, first = output_hid(hid_of(MANY - 1), 0), entry(0).inputs[0].hid
    assert len(frame_of(asked, last).expand_back().calls) == 1
    assert not asked.asked["count_calls"]  # which takes long, and a picture that grows asks for little each time
    for frame in (
        frame_of(asked, last).expand_back(recursive=True),
        frame_of(asked, first).expand_forward(recursive=True),
        frame_of(asked),
    ):
        frame.check()
        assert len(frame.calls) == MANY
        assert len(frame.refs) == MANY + 1
        assert len(frame.nodes) <= 3
    assert sys.getrecursionlimit() == limit
    assert asked.asked["columns_of_calls"] < MANY // 20  # it asks for a few, and then reads all at once
    assert asked.asked["columns_of_takers"] < MANY // 20
    assert asked.asked["columns_in_parts"] <= 3
    assert not asked.asked["calls"]


def test_the_table_of_a_hundred_thousand_calls_is_one_history(chain):
    frame = frame_of(chain)
    table = frame.df(*frame.vnames, values="refs")
    assert len(table) == 1
    held = {ref.hid for cell in table.iloc[0] for ref in (cell if isinstance(cell, tuple) else (cell,))}
    assert held == set(frame.refs)
    assert len(frame.upstream("step").calls) == MANY


def test_two_ops_that_feed_each_other_are_a_cycle(storage):
    with storage:
        a, made = 1, []
        for _ in range(50):
            a = back(there(a))
            made.append(a)
    for frame in (
        storage.cf(None),
        storage.cf(made[-1]).expand_back(recursive=True),
        storage.cf(made[20]).expand_all(),
    ):
        frame.check()
        assert len(frame.calls) == 100
        assert len(frame.refs) == 101
        assert frame.fnames == {"there", "back"}
        assert len(frame.df(values="refs")) == 1
        assert len(frame.upstream("there").calls) >= 99  # the last of the other op may come after
        assert len(frame.merge_vars().refs) == 101
    assert len(storage.cf(there).expand_all().calls) == 100


def test_a_value_that_is_updated_is_a_chain_of_refs_in_one_variable(storage):
    with storage:
        weights = []
        for step in range(30):
            weights = update(weights, step)
    frame = storage.cf(weights).expand_back(recursive=True)
    frame.check()
    assert len(frame.calls) == 30
    assert weights.value == list(range(30))
    made = frame.df(*frame.vnames, values="refs")
    assert len(made) == 1
    assert set(frame.calls) == set(storage.cf(update).calls)


def test_frames_of_many_results_of_one_constant_stay_small(storage):
    with storage:
        made = [there(number) for number in range(300)]
        sums = [back(one) for one in made]
    asked = Asked(storage.store)
    frame = ComputationFrame(storage.cf(sums).graph, asked).expand_back(recursive=True)
    frame.check()
    assert len(frame.calls) == 600
    assert frame.df("a", "b").shape[0] == 300
    assert sum(asked.asked[name] for name in ("columns_of_calls", "columns_of_takers", "columns_in_parts")) <= 3
    assert isinstance(storage, Storage)
