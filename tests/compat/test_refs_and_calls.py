"""What code in mandala's style relies on of refs, calls and the tree of calls."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from mandala_lab import MList, Ref, op

runs: list[object] = []
note = runs.append


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


@op
def inc(x):
    note(x)
    return x + 1


def _zeros(n):
    return np.zeros(n)


REFUSED = {
    "-x": operator.neg,
    "+x": operator.pos,
    "~x": operator.invert,
    "abs": abs,
    "int": int,
    "float": float,
    "complex": complex,
    "round": round,
    "index": operator.index,
    "range": range,
    "len": len,
    "iter": list,
    "getitem": lambda x: x[0],
    "slice": lambda x: x[1:],
    "setitem": lambda x: operator.setitem(x, 0, 1),
    "in": lambda x: 1 in x,
    "in a list": lambda x: x in [1, 2],
    "bool": bool,
    "not": operator.not_,
    "call": lambda x: x(),
    "unpack": lambda x: (0, *x),
    "format": lambda x: f"{x:.2f}",
    "divmod": lambda x: divmod(x, 2),
    "array": lambda x: np.arange(2) + x,
    **{
        f"{name}{side}": (lambda x, f=getattr(operator, name), at=side: f(x, 2) if at == "" else f(2, x))
        for name in (
            "eq ne lt le gt ge add sub mul truediv floordiv mod pow matmul lshift rshift and_ or_ xor "
            "iadd isub imul itruediv ifloordiv imod ipow iand ior ixor ilshift irshift imatmul"
        ).split()
        for side in ("", " reflected")
    },
}


@pytest.mark.parametrize("name", REFUSED)
def test_operators_on_a_ref_are_refused(name, storage):
    with storage:
        ref = inc(1)
    with pytest.raises(TypeError) as caught:
        REFUSED[name](ref)
    if name != "call":  # a Ref with a call would pass for code, so Python's own words must do
        assert "use ref.value" in str(caught.value)
    assert runs == [1]


def test_refs_compare_with_refs_and_are_keys(storage):
    with storage:
        assert inc(1) == inc(1)
        assert inc(1) != inc(2)
        assert len({inc(1), inc(1), inc(2)}) == 2
        assert inc(1) in [inc(2), inc(1)]
    assert isinstance(inc(1) + 1, int)


def test_a_ref_shows_its_value_in_a_notebook(storage, path):
    pd = pytest.importorskip("pandas")

    class Hostile:
        def __repr__(self):
            raise RuntimeError("no")

        def _repr_html_(self):
            raise RuntimeError("no")

    with storage:
        table = op(lambda n: pd.DataFrame({"a": [n]}), name="table")(1)
        shown = table._repr_mimebundle_()
        assert "<table" in shown["text/html"]
        small = inc(1)._repr_mimebundle_()
        assert small["text/plain"].startswith("Ref(2")
        large = op(_zeros, name="zeros")(300_000)
        assert large._repr_mimebundle_() == {"text/plain": repr(large)}
        assert not large.in_memory
        text = op(lambda n: "<script>" * n, name="text")(10)._repr_mimebundle_()
        assert set(text) == {"text/plain"}
    hostile = Ref("", "", None, Hostile())._repr_mimebundle_()
    assert "repr raised RuntimeError" in hostile["text/plain"]
    assert set(hostile) == {"text/plain"}


def test_a_collection_shows_itself_only_where_all_of_it_is_small(storage):
    @op
    def arrays(n) -> MList[object]:
        return [np.zeros(n) + i for i in range(3)]

    with storage:
        assert "[0." in arrays(1)._repr_mimebundle_()["text/plain"]
        large = arrays(200_000)
        large._repr_mimebundle_()
        assert not large.in_memory


def test_a_call_tells_all_about_itself(storage):
    @op
    def outer(x):
        return inc(x) + inc(x + 1)

    @op
    def fails(x):
        raise LookupError(x)

    with storage:
        outer(1)
        outer(1)
        with pytest.raises(LookupError):
            fails(1)
    (call,) = storage.calls(outer)
    assert call.op.endswith("outer")
    assert (list(call.inputs), list(call.outputs)) == (["x"], ["output_0"])
    assert len(call.hid) == len(call.cid) == 40
    assert [span.status for span in call.spans] == ["computed", "cached"]
    assert [child.inputs["x"].value for child in call.children] == [1, 2]
    assert call.children[0].parent == call
    assert call.parent is None
    assert "return inc(x) + inc(x + 1)" in call.source
    assert call.duration == call.duration_s >= 0
    assert call.started == call.started_s > 0
    (failed,) = storage.calls(fails)
    assert failed.status == "error"
    assert "LookupError: 1" in failed.error
    assert call.span.status == "computed"


def test_the_call_tree_is_in_order_of_time(storage):
    @op
    def outer(x):
        return inc(inc(x))

    with storage:
        outer(1)
        inc(5)
        outer(1)
    tree = storage.call_tree()
    assert [(node.call.name, node.span.depth, node.span.status) for node in tree] == [
        ("outer", 0, "computed"),
        ("inc", 1, "computed"),
        ("inc", 1, "computed"),
        ("inc", 0, "computed"),
        ("outer", 0, "cached"),
    ]
    below = storage.call_tree(storage.calls(outer)[0])
    assert len(below) == 3
    assert len(below.roots) == 1
    assert str(below).splitlines()[1].startswith("  inc(x)")
    assert len(storage.call_tree(storage.calls(outer)[0].hid)) == 3
    with pytest.raises(LookupError):
        storage.call_tree("ff" * 20)
