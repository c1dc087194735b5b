"""`ComputationFrame.df`: one row for each joint history, on random programs and frames."""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import add, frames, inc, programs, quick, ran, some_nodes
from tables import table

from mandala_lab import Call, Ref, op


def cells(frame_of_rows):
    """Return the rows of a table as ids."""
    return [
        tuple(frozenset(each.hid for each in _listed(cell)) for cell in row)
        for row in frame_of_rows.itertuples(index=False, name=None)
    ]


def _listed(cell):
    return () if cell is None else cell if isinstance(cell, tuple) else (cell,)


@quick(30)
@given(programs, st.data())
def test_rows_are_the_joint_histories(program, data):
    with ran(program) as done:
        frame = frames(data, done)
        nodes = some_nodes(data, frame, least=1)
        if not nodes:
            return
        for how in ("outer", "inner"):
            found = frame.df(*nodes, values="refs", join_how=how)
            assert list(found.columns) == nodes
            assert Counter(cells(found)) == table(frame, nodes, how)
        rows = cells(frame.df(*nodes, values="refs"))
        for place, name in enumerate(nodes):
            assert {hid for row in rows for hid in row[place]} == set(frame.sets[name])


@quick(30)
@given(programs, st.data())
def test_the_cells_of_a_row_belong_together(program, data):
    with ran(program) as done:
        frame = done.storage.cf(data.draw(st.sampled_from([None, "run", *done.ops]))).expand_all()
        nodes = some_nodes(data, frame)
        found = frame.df(*nodes, values="refs")
        if len(nodes) == 1:
            assert len(found) == len(frame.sets[nodes[0]])
        for row in found.to_dict("records"):
            for source, target, label in frame.edges():
                operation, variable = (target, source) if target in frame.fnames else (source, target)
                if operation not in row or variable not in row:
                    continue
                held = set(_listed(row[variable]))
                for call in _listed(row[operation]):
                    assert isinstance(call, Call)
                    refs = call.inputs if operation == target else call.outputs
                    taken = {ref for name, ref in refs.items() if name.partition("[")[0] == label}
                    if operation == target:  # what a call took is in its past
                        assert {ref for ref in taken if ref.hid in frame.vs[variable]} <= held
                for ref in held if operation == source else ():
                    assert isinstance(ref, Ref)
                    maker = frame.creator.get(ref.hid)
                    if maker is not None and maker in frame.fs[operation] and is_under(frame, maker, label, ref):
                        assert maker in {call.hid for call in _listed(row[operation])}


def is_under(frame, maker, label, ref):
    return any(name.partition("[")[0] == label and each == ref for name, each in frame.calls[maker].outputs.items())


@quick(30)
@given(programs, st.data())
def test_spellings_of_a_table_agree(program, data):
    with ran(program) as done:
        frame = frames(data, done)
        nodes = some_nodes(data, frame)
        refs, objs = (frame.df(*nodes, values=values) for values in ("refs", "objs"))
        lazy = frame.df(*nodes, lazy_vars=list(frame.vnames))
        assert list(refs.columns) == list(objs.columns) == (nodes or list(frame.nodes))
        assert cells(lazy) == cells(refs)
        for name in set(refs.columns) & set(frame.vnames):
            for shown, ref in zip(objs[name], refs[name], strict=True):
                values = tuple(each.value for each in _listed(ref))
                assert shown == (None if ref is None else values if isinstance(ref, tuple) else values[0])
        if len(refs.columns) > 1:
            without = frame.df(*nodes, values="refs", include_calls=False)
            assert list(without.columns) == [name for name in refs.columns if name in frame.vnames]
            assert len(without) == len(refs)
        assert cells(frame.eval(*nodes, values="refs", verbose=False)) == cells(refs)


def test_a_result_without_a_part_in_a_column_keeps_its_row(storage):
    with storage:
        inc(add(1, 2))
        inc(5)
    frame = storage.cf(inc).expand_back(recursive=True)
    found = frame.df("a", "y")
    assert found.set_index("y")["a"].to_dict() == {4: 1, 6: None}
    assert frame.df("a", "y", join_how="inner").to_dict("list") == {"a": [1], "y": [4]}


@pytest.fixture
def sweep(storage):
    """Return the frame of a sweep over two arguments: two outputs, of which one is taken on; one call failed."""

    @op(output_names=["model", "loss", "size"])
    def fit(depth, lr):
        if depth == 3:
            raise ValueError("too deep")
        return (depth, lr), depth * lr, depth

    @op(output_names=["acc"])
    def score(model):
        return sum(model)

    with storage:
        for depth in (1, 2):
            for lr in (10, 20):
                model, _, _ = fit(depth, lr)
                if (depth, lr) != (2, 20):
                    score(model)
        with pytest.raises(ValueError, match="too deep"):
            fit(3, 10)
    return storage.cf(fit).expand_all()


@pytest.mark.parametrize(
    ("nodes", "rows"),
    [
        (["depth", "loss", "acc"], [(1, 10, 11), (1, 20, 21), (2, 20, 12), (2, 40, None), (3, None, None)]),
        (["loss", "size"], [(10, 1), (20, 1), (20, 2), (40, 2)]),
        (["depth", "lr"], [(1, 10), (1, 20), (2, 10), (2, 20), (3, 10)]),
        (["acc", "size", "lr"], [(11, 1, 10), (21, 1, 20), (12, 2, 10), (None, 2, 20), (None, None, 10)]),
        (["model", "depth"], [((1, 10), 1), ((1, 20), 1), ((2, 10), 2), ((2, 20), 2), (None, 3)]),
    ],
)
def test_what_lies_between_the_named_nodes_says_what_belongs_together(sweep, nodes, rows):
    found = list(sweep.df(*nodes).itertuples(index=False, name=None))
    assert sorted(found, key=str) == sorted(rows, key=str)
    whole = list(sweep.df(*nodes, join_how="inner").itertuples(index=False, name=None))
    assert sorted(whole, key=str) == sorted((row for row in rows if None not in row), key=str)


def test_a_value_that_nobody_asked_for_adds_no_row_to_a_loop(storage):
    @op(output_names=["state", "residual"])
    def step(state):
        return state / 2, state / 4

    with storage:
        state = 8
        for _ in range(3):
            state, _ = step(state)
    frame = storage.cf(step).expand_back(recursive=True)
    assert [len(_listed(calls)) for calls in frame.df("step", "residual")["step"]] == [1, 2, 3]
    assert frame.df("residual")["residual"].tolist() == [2, 1, 0.5]


def test_a_table_that_would_fill_the_memory_is_refused(storage, monkeypatch):
    times = op(name="times", output_names=["product"])(lambda c, d: c * d)
    with storage:
        base = inc(0)
        for number in range(5):
            add(base, number), times(base, number)
    frame = storage.cf(base).expand_forward(recursive=True)
    assert len(frame.df("total", "product")) == 25  # each with each, since they have the base in common
    monkeypatch.setattr("mandala_lab.frame.joining._MOST_ROWS", 20)
    with pytest.raises(ValueError, match=r"25 rows.* name the operations"):
        frame.df("total", "product")


@pytest.mark.parametrize("number", [1, 3])
def test_one_node_has_a_row_for_each_element_in_order(storage, number):
    with storage:
        for x in range(number):
            inc(x)
    assert storage.cf(inc).df("x")["x"].tolist() == list(range(number))
    assert storage.cf(inc).df("inc")["inc"].tolist() == list(storage.cf(inc).calls.values())


def test_rows_are_in_the_order_in_which_calls_were_recorded(storage):
    @op(output_names=["score"])
    def evaluate(depth):
        if depth % 2:
            raise ValueError("odd")
        return 10 * depth

    with storage:
        for depth in (4, 3, 8, 1, 2):
            with contextlib.suppress(ValueError):
                evaluate(depth)
    table = storage.cf(evaluate).df("depth", "score")
    assert table["depth"].tolist() == [4, 3, 8, 1, 2]
    assert table["score"].tolist() == [40, None, 80, None, 20]
