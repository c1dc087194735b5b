"""What code in mandala's style relies on of ops and wrappings."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

import mandala_lab
from mandala_lab import (
    CorruptValueError,
    Ignore,
    MList,
    NewArgDefault,
    Op,
    Ref,
    Storage,
    UnstorableError,
    UntrustedValueError,
    ValuePointer,
    deserialize,
    get_content_hash,
    noop,
    op,
    register_hasher,
    register_serializer,
    serialize,
    track,
    wrap_atom,
)

runs: list[object] = []
note = runs.append


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


@op
def inc(x):
    """Add one."""
    note(x)
    return x + 1


@op
def total(xs: MList[int]):
    return sum(xs)


# --- section 1


def test_equal_content_and_other_history_is_a_content_hit(storage):
    with storage:
        a = inc(inc(0))
        b = inc(1)
    assert a.cid == b.cid
    assert a.hid != b.hid
    assert runs == [0, 1]


@pytest.mark.parametrize("length", [10, 100, 400])
def test_expand_back_returns_every_call_of_a_loop(length):
    with Storage() as storage:
        x = 0
        for _ in range(length):
            x = inc(x)
        back = storage.cf(x).expand_back(recursive=True)
        assert len(back.graph.calls) == length
        assert back.df()["inc"].map(lambda cell: len(cell) if isinstance(cell, tuple) else 1).sum() == length
        first = storage.calls(inc)[0].inputs["x"]
        assert len(storage.cf(first).expand_forward(recursive=True).graph.calls) == length


# --- section 2


def test_one_import_brings_every_name():
    scope: dict[str, object] = {}
    exec("from mandala_lab import *", scope)
    mandalas = "Storage op track noop Ignore NewArgDefault ValuePointer wrap_atom MList MDict MSet MTuple Ref ListRef"
    names = f"{mandalas} DictRef SetRef TupleRef ComputationFrame Call Op get_content_hash serialize deserialize"
    assert set(names.split()) <= set(scope)


def test_an_op_has_name_and_function_signature_and_doc():
    assert isinstance(inc, Op)
    assert inc.name == "inc"
    assert inc.f(1) == 2
    assert list(inc.signature.parameters) == ["x"]
    assert inc.doc == "Add one."


def test_outside_a_storage_an_op_is_the_plain_function(storage):
    assert inc(1) == 2
    with storage:
        ref = inc(1)
        refs = [ref, inc(2)]
    assert inc(ref) == 3
    assert total(refs) == 5


def test_both_spellings_of_output_names_work(storage):
    @op(output_names=["low", "high"])
    def new(x):
        return x - 1, x + 1

    @op(["low", "high"])
    def old(x):
        return x - 1, x + 1

    @op(nout=2)
    def counted(x):
        return [x - 1, x + 1]

    with storage:
        assert storage.unwrap([new(1), old(1), counted(1)]) == [(0, 2)] * 3
    assert list(storage.calls(old)[0].outputs) == ["low", "high"]


def test_bad_declarations_are_refused():
    with pytest.raises(ValueError, match="ignore_args names 'z'"):
        op(ignore_args=["z"])(lambda x: x)
    with pytest.raises(ValueError, match="twice"):
        op(output_names=["a", "a"])(lambda x: x)
    for name in ("", " ", "half \ud800"):
        with pytest.raises(ValueError, match="is no name for an op or an output"):
            op(output_names=["a", name])(lambda x: (x, x))
        with pytest.raises(ValueError, match="is no name for an op or an output"):
            op(name=name)(lambda x: x)
    with pytest.raises(ValueError, match="begin with 'mandala_lab:'"):
        op(name="mandala_lab:list")(lambda x: x)

    @op(nout=2)
    def three(x):
        return x, x, x

    with Storage(), pytest.raises(ValueError, match="declares 2 outputs and returned 3"):
        three(1)


def test_track_is_a_hint_without_effect():
    assert track(inc) is inc

    @track
    def helper():
        return 1

    assert helper() == 1


def test_in_noop_ops_are_plain_functions(storage):
    with storage, noop():
        assert inc(1) == 2
    with storage(mode="noop") as same:
        assert same.mode == "noop"
        assert inc(1) == 2
    assert storage.mode == "run"
    assert storage.calls() == []


def test_ignored_arguments_are_not_in_the_key(storage):
    @op
    def f(x, verbose=Ignore(False)):
        note(verbose)
        return x

    with storage:
        assert f(1) == f(1, verbose=Ignore(True))
    assert runs == [False]


def test_calls_from_before_an_argument_existed_are_hits(path):
    scope = {"op": op, "note": note, "NewArgDefault": NewArgDefault, "__name__": "pipeline"}
    with Storage(path) as storage:
        exec("@op\ndef fit(x):\n    note('old')\n    return x", scope)
        assert scope["fit"](1).value == 1
    storage.close()
    with Storage(path) as storage:
        exec("@op\ndef fit(x, rate=NewArgDefault(0.5)):\n    note('new')\n    return x * rate * 2", scope)
        fit = scope["fit"]
        assert fit(1).value == fit(1, rate=0.5).value == fit(1, rate=wrap_atom(0.5)).value == 1
        assert runs == ["old"]
        assert fit(1, rate=1.0).value == 2.0
    storage.close()
    assert runs == ["old", "new"]


def test_a_value_pointer_is_keyed_by_its_id(storage):
    with storage:
        total = op(lambda data: note("ran") or sum(data), name="sum_of")
        assert total(ValuePointer("corpus", [1, 2])) == total(ValuePointer("corpus", [5]))
        total(ValuePointer("other", [5]))
    assert runs == ["ran", "ran"]
    with pytest.raises(ValueError, match="needs an id"):
        ValuePointer("", [1])


def test_wrap_atom_makes_a_ref(storage):
    two = wrap_atom(2)
    assert isinstance(two, Ref)
    assert two.obj == 2
    assert two.in_memory
    assert wrap_atom(two) is two
    with storage:
        assert inc(two) == inc(2)
        measured = inc(wrap_atom(2, "measured"))
        assert measured.cid == inc(2).cid
        assert measured.hid != inc(2).hid
        assert inc(wrap_atom(2, "measured")).hid == measured.hid
        assert inc(wrap_atom(3, "measured")).value == 4, "one history id never stands for two values"
        wrapped = [1, 2]
        ref = wrap_atom(wrapped)
        wrapped.append(3)
        assert op(_length, name="length")(ref).value == 2
        with pytest.raises(ValueError, match="is a collection"):
            wrap_atom(storage.get_ref_creator(total([inc(1)])).inputs["xs"])


def test_content_hashes_are_those_of_refs(storage):
    with storage:
        assert inc(1).cid == get_content_hash(2)
        assert get_content_hash(inc(1)) == get_content_hash(2)
    assert get_content_hash(1) != get_content_hash(1.0) != get_content_hash(True)
    assert get_content_hash(inc) == get_content_hash(inc)
    with pytest.raises(UnstorableError):
        get_content_hash(threading.Lock())


def test_a_content_hash_of_code_needs_no_storage():
    import subprocess
    import sys

    code = "from mandala_lab import get_content_hash\ndef f(): return 1\nprint(get_content_hash(f))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert len(done.stdout.strip()) == 40, done.stderr


@pytest.mark.parametrize("value", [1, "a", [1, {"k": (2, None)}], {1, 2}, b"x" * 1000])
def test_serialized_values_come_back(value):
    assert deserialize(serialize(value)) == value


def test_serialized_arrays_come_back():
    assert deserialize(serialize(np.arange(3))).tolist() == [0, 1, 2]


def test_foreign_bytes_are_refused(monkeypatch, tmp_path):
    import pickle

    with pytest.raises(UntrustedValueError, match="pickle"):
        deserialize(pickle.dumps(1))
    with pytest.raises(CorruptValueError):
        deserialize(b"hello")
    data = serialize([1, 2, 3, "text"])
    with pytest.raises(CorruptValueError):
        deserialize(data[:-1] + b"X")
    signed = serialize(Opaque(1))
    assert deserialize(signed).x == 1
    monkeypatch.setenv("MANDALA_LAB_KEY_FILE", str(tmp_path / "another"))
    with pytest.raises(UntrustedValueError):
        deserialize(signed)


class Opaque:
    def __init__(self, x):
        self.x = x


class Reading:
    def __init__(self, celsius):
        self.celsius = celsius


def test_types_of_ones_own_can_be_registered(storage):
    register_hasher(Reading, _celsius)
    register_serializer(Reading, _celsius, Reading)
    register_serializer(Reading, _celsius, Reading)
    with pytest.raises(ValueError, match="different serializer"):
        register_serializer(Reading, lambda value: value, Reading)
    with storage:
        made = op(_reading, name="reading")(20)
    storage.clear_cache()
    assert made.value.celsius == 20


def _celsius(reading):
    return reading.celsius


def _reading(celsius):
    return Reading(celsius)


def _length(xs):
    return len(xs)


def test_flags_of_ops(storage):
    @op(pure=False)
    def now(x):
        note(x)
        return len(runs)

    @op(save=False)
    def large(x):
        note(x)
        return x

    @op(name="steady", version="1")
    def fixed(x):
        note(x)
        return x

    with storage:
        assert [now(1).value, now(1).value] == [1, 2]
        large(1)
        large(1)
        fixed(1)
        fixed(1)
    assert len(runs) == 5
    assert fixed.name == "steady"


def test_nested_ops_receive_plain_values_and_have_a_parent(storage):
    @op
    def outer(x):
        assert type(x) is int
        y = inc(x)
        assert type(y) is int
        return y

    with storage:
        outer(inc(0))
    (inner,) = [call for call in storage.calls(inc) if call.parent]
    assert inner.parent.name == "outer"


def test_generators_need_materialising(storage):
    @op
    def lazy(n):
        yield from range(n)

    with storage, pytest.warns(mandala_lab.MandalaLabWarning, match="return a list"):
        assert list(lazy(2)) == [0, 1]
    assert storage.calls() == []


def test_async_ops(storage):
    @op
    async def fetch(x) -> MList[int]:
        note(x)
        return [x, x + 1]

    async def main():
        with storage:
            return [await fetch(1), await fetch(1)]

    first, second = asyncio.run(main())
    assert [x.value for x in first] == [1, 2]
    assert first == second
    assert runs == [1]
