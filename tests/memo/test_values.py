from __future__ import annotations

import base64
import contextlib
import io
import json
import sys
import threading
import warnings
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
import value_pairs
import value_pairs_objects
import value_pairs_scientific
from hypothesis import given
from hypothesis import strategies as st
from value_pairs import Plain

import mandala_lab.wiring  # noqa: F401 - connects the digester of code
from mandala_lab import CorruptValueError, UnstorableError, UntrustedValueError
from mandala_lab.memo.binding import Binder
from mandala_lab.memo.encoding import content_id, decode, encode
from mandala_lab.memo.values import load, store
from mandala_lab.model.values import StoredValue

GOLDEN = Path(__file__).parents[1] / "golden"
ALL = [
    *value_pairs.PAIRS,
    *value_pairs_objects.PAIRS,
    *value_pairs_scientific.PAIRS,
    *value_pairs_scientific.optional_pairs(),
]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
keys = st.booleans() | st.integers() | st.text() | st.binary()
plain = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner) | st.lists(inner).map(tuple) | st.frozensets(keys),
    max_leaves=20,
)


@given(plain)
def test_plain_values_come_back(value):
    back = decode(encode(value))
    assert content_id(back) == content_id(value)
    assert type(back) is type(value)


@given(plain, st.integers(min_value=0), st.binary(max_size=3))
def test_damaged_bytes_are_refused_or_another_value(value, at, patch):
    data = encode(value)
    place = at % (len(data) + 1)
    try:
        back = decode(data[:place] + patch + data[place + len(patch) + 1 :])
    except CorruptValueError:
        return
    assert decode(encode(back)) is not None or back is None


def test_types_and_nulls_are_told_apart():
    values = [1, True, 1.0, 1 + 0j, "1", b"1", np.int64(1), np.float64(1), [1], (1,), {1}, frozenset([1]), {1: None}]
    values += [None, float("nan"), pd.NaT, pd.NA, 0.0, -0.0, bytearray(b"1"), np.array([1]), np.array(1)]
    assert len({content_id(value) for value in values}) == len(values)


def test_equal_content_has_one_id_in_any_layout():
    array = np.arange(12.0).reshape(3, 4)
    assert content_id(array) == content_id(np.asfortranarray(array)) == content_id(array[::-1][::-1])
    assert content_id({"a", "b"}) == content_id({"b", "a"})
    assert content_id(array) != content_id(array.reshape(4, 3))
    assert content_id(array) != content_id(array.astype("f4"))


def test_what_has_no_format_is_refused_by_name():
    loop: list[object] = []
    loop.append(loop)
    circle = Plain()
    circle.itself = circle
    for value, words in [
        (object(), "builtins.object has no content"),
        (loop, "list, containing itself"),
        (circle, "Plain, containing itself"),
        (threading.Lock(), "lock does not tell its state"),
        (sys.modules[__name__], "is no value"),
    ]:
        with pytest.raises(UnstorableError, match=words):
            content_id(value)


def test_stored_bytes_are_verified_and_formats_known():
    stored = store([1, 2])
    with pytest.raises(CorruptValueError, match="damaged"):
        load(StoredValue(stored.cid, stored.format, stored.settled().data + b"x", stored.digest))
    with pytest.raises(UntrustedValueError, match="newer mandala-lab"):
        load(StoredValue(stored.cid, "hologram", stored.settled().data, stored.digest))


@pytest.mark.parametrize("pair", ALL, ids=[pair.name for pair in ALL])
def test_every_value_that_is_stored_comes_back_as_it_was(pair):
    for value in (pair.one(), pair.other()):
        stored = store(value)
        back = load(stored)
        assert content_id(back) == stored.cid
        assert type(back) is type(value)


def test_plain_arrays_and_tables_have_formats_that_others_read():
    array, table = np.arange(6.0).reshape(2, 3), pd.DataFrame({"a": [1, 2]})
    assert np.load(io.BytesIO(store(array).settled().data)).tolist() == array.tolist()
    assert pa.ipc.open_file(store(table).data).read_all().column("a").to_pylist() == [1, 2]
    assert [store(value).format for value in (array, array.T, table, 1)] == ["npy", "npy", "arrow", "tree"]


def test_frames_with_names_that_are_no_texts_come_back_without_a_warning():
    for frame in (
        pd.DataFrame({1: [1], "a": [2]}),
        pd.DataFrame({("a", 1): [1], ("b", 2): [2]}),
        pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)], names=[1, "a"])),
        pd.DataFrame({"a": pd.arrays.SparseArray([0, 1, 0])}),
        pd.DataFrame({"a": pd.arrays.SparseArray([1.5, None])}),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            stored = store(frame)
            back = load(stored)
        pd.testing.assert_frame_equal(back, frame)
        assert stored.format == "tree"
    assert store(pd.DataFrame({"a": [1]}, index=pd.Index([2], name="k"))).format == "arrow"


def test_a_frequency_comes_back_with_its_holidays():
    for offset in (pd.offsets.CDay(holidays=["2025-05-08"]), pd.offsets.CBMonthEnd(2, holidays=["2025-05-30"])):
        index = pd.date_range("2025-05-06", periods=4, freq=offset)
        stored = store(pd.Series(range(4), index=index))
        back = load(stored).index.freq
        assert stored.format == "tree"
        assert (back, back.holidays) == (offset, offset.holidays)

    class Fortnight(pd.DateOffset):
        pass

    of_the_user = store(Fortnight(days=14))
    assert of_the_user.format == "pickle"
    assert load(of_the_user).kwds == {"days": 14}


@pytest.mark.parametrize("dtype", "? u1 i2 <i4 >i4 f2 f4 >f4 f8 g c8 c16 U1 U5 S2 M8[D] m8[s] O i4,f4".split())
def test_masked_arrays_come_back_with_the_fill_value_that_numpy_gave_them(dtype):
    made = np.ma.MaskedArray(np.zeros(2, dtype), mask=[True, False])
    stored = store(made)
    assert stored.format == "tree"
    back = load(stored)
    with np.errstate(over="ignore"):  # the default for 2 bytes
        assert content_id(back.filled()) == content_id(made.filled())
    assert back.dtype == made.dtype
    assert content_id(np.ma.MaskedArray(np.zeros(2, dtype), mask=[True, False], fill_value=made[1])) != stored.cid


def test_a_multi_index_comes_back_but_for_levels_that_nothing_uses():
    days = pd.date_range("2024", periods=3, name="day")
    for made in (
        pd.MultiIndex.from_product([days, ["a", "b"]], sortorder=0)[:3],
        pd.MultiIndex.from_arrays([pd.Categorical(["a", "b"], ["c", "b", "a"]), [1, 2]], names=["k", None])[:1],
        pd.MultiIndex.from_tuples([(1, "a"), (None, "b"), (True, "a")]),
        pd.MultiIndex.from_tuples([(2**53, "a"), (None, "b"), (2**53 + 1, "a"), (1, None)])[:3],
        pd.MultiIndex.from_product([days, [1.5]])[:0],
        pd.MultiIndex.from_product([days.tz_localize("UTC"), pd.period_range("2024", periods=2, freq="M")]),
    ):
        for value in (made, pd.Series(range(len(made)), index=made), pd.DataFrame({"x": 1}, index=made)):
            stored = store(value)
            back = load(stored) if value is made else load(stored).index
            assert stored.format in {"tree", "arrow"}
            assert back.identical(made)
            assert [level.dtype for level in back.levels] == [level.dtype for level in made.levels]
            assert content_id(back) == content_id(made) == content_id(made.remove_unused_levels())


def test_a_loaded_array_can_be_written_to_and_changes_nothing_stored():
    stored = store(np.arange(3))
    load(stored)[0] = 7
    assert load(stored).tolist() == [0, 1, 2]


def test_objects_that_were_shared_are_shared_again():
    inner = [1]
    one, other, third = decode(encode([inner, inner, (inner,)]))
    assert one is other is third[0]
    assert len(encode([["x" * 1000]] * 2)) > 1000
    deep = [1]
    for _ in range(60):
        deep = [deep, deep]
    assert len(encode(deep)) < 2000, "what is shared is written once"


def test_bytes_of_the_first_version_are_still_read():
    found = {
        name: decode(base64.b64decode(text))
        for name, text in json.loads((GOLDEN / "earlier_values.json").read_text(encoding="utf-8")).items()
    }
    assert found["plain"] == {"a": [1, 2.5, None, (True, b"x")], "b": {frozenset([1])}}
    assert found["array"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["objects"].tolist() == ["a", None, 3]
    assert found["structured"].tolist() == [(1, 2.0)]
    assert content_id(found["scalar"]) == content_id(np.float32(1.5))
    frame = found["frame"]
    assert list(map(str, frame.dtypes)) == ["int64", "category", "datetime64[ns, Europe/Berlin]", "Int64", "string"]
    assert frame["s"].tolist() == ["x", pd.NA]
    assert frame["c"].cat.ordered
    assert found["series"].to_dict() == {3: 1, 4: 2}
    assert found["multi"].names == ["i", "j"]
    assert found["timestamp"] == pd.Timestamp("2020-01-01", tz="UTC")
    assert found["nulls"] == [pd.NaT, pd.NA]


def test_damaged_forms_are_refused_and_run_nothing():
    for value in (np.arange(4), pd.DataFrame({"a": ["x"]}), sp.csr_array([[1, 0]]), pa.table({"a": ["x"]}), Decimal(1)):
        data = encode(value)
        for place in range(0, len(data), max(1, len(data) // 40)):
            with contextlib.suppress(CorruptValueError, UntrustedValueError):
                decode(data[:place] + b"\xff" + data[place + 1 :])
    with pytest.raises(CorruptValueError):
        decode(encode(sp.csr_array([[1, 0]])).replace(encode(1)[1:], encode(9)[1:]))


def test_binding_is_the_same_in_every_spelling():
    def function(a, b=2, *rest, key, other=5, **more):
        return a, b, rest, key, other, more

    binder = Binder(function)
    one = binder.bind((1,), {"key": 4, "z": 1, "y": 2})
    assert one == binder.bind((), {"y": 2, "z": 1, "b": 2, "key": 4, "a": 1, "other": 5})
    assert list(one) == ["a", "b", "key", "other", "z", "y"]  # further keywords as the body sees them
    assert binder.bind((1, 2, 3, 4), {"key": 0})["rest[1]"] == 4
    with pytest.raises(TypeError):
        binder.bind((), {})
    with pytest.raises(TypeError, match="'a' has no recorded value"):
        binder.spell({"key": 1})


def test_no_two_calls_bind_alike():
    def catching(*args, **kwargs):
        return args, kwargs

    def positional(a, /, b=1, **kwargs):
        return a, b, kwargs

    for function, calls in [
        (catching, [((7,), {}), ((), {"args[0]": 7}), ((), {"args_0": 7}), ((7,), {"args[0]": 7}), ((), {"it's": 1})]),
        (positional, [((1,), {"a": 2}), ((2,), {"a": 1}), ((1,), {"kwargs": 2}), ((1,), {"kwargs['a']": 2})]),
    ]:
        binder = Binder(function)
        bound = [binder.bind(*call) for call in calls]
        assert all(one != other for i, one in enumerate(bound) for other in bound[:i])
        for names, (args, kwargs) in zip(bound, calls, strict=True):
            spelled = binder.spell(names)
            assert function(*spelled[0], **spelled[1]) == function(*args, **kwargs)


@given(st.integers(), st.lists(st.integers(), max_size=4), st.dictionaries(st.sampled_from(["p", "q"]), st.integers()))
def test_spelling_is_the_inverse_of_binding(first, rest, more):
    def function(a, b=2, *rest, key=3, **more):
        return a, b, rest, key, more

    binder = Binder(function)
    args = (first, 7, *rest) if rest else (first,)
    bound = binder.bind(args, more)
    spelled = binder.spell(bound)
    assert binder.bind(*spelled) == bound
    assert function(*spelled[0], **spelled[1]) == function(*args, **more)
