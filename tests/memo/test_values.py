from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandala_lab import CorruptValueError, UnstorableError, UntrustedValueError
from mandala_lab.memo.binding import Binder
from mandala_lab.memo.encoding import content_id, decode, encode
from mandala_lab.memo.values import load, store
from mandala_lab.model.values import StoredValue

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
    assert content_id({"a": 1, "b": 2}) == content_id({"b": 2, "a": 1})
    assert content_id(array) != content_id(array.reshape(4, 3))
    assert content_id(array) != content_id(array.astype("f4"))


TABLES = [
    pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"], ordered=True)}),
    pd.DataFrame({"t": pd.to_datetime(["2020", "2021"]).tz_localize("Europe/Berlin")}),
    pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "s": pd.array(["x", None], dtype="string")}),
    pd.DataFrame({0: [1.5]}, index=pd.MultiIndex.from_tuples([(1, "a")], names=["i", "j"])),
    pd.DataFrame({"o": pd.Series([None, float("nan"), "x", 3], dtype=object)}),
    pd.DataFrame(),
]


@pytest.mark.parametrize("table", TABLES, ids=range(len(TABLES)))
def test_tables_come_back_exactly(table):
    stored = store(table)
    pd.testing.assert_frame_equal(load(stored), table)
    pd.testing.assert_frame_equal(decode(encode(table)), table)
    assert content_id(load(stored)) == stored.cid


@pytest.mark.parametrize(
    "value",
    [
        pd.Series([1, 2], name="z", index=["p", "q"]),
        pd.Index(["a", "b"], name="k"),
        pd.Timestamp("2020-01-01", tz="UTC"),
        np.array([(1, 2.0)], dtype=[("a", "i1"), ("b", "f8")]),
        np.array(["a", None, 3], dtype=object),
        np.array(["2020-01-01"], dtype="M8[ns]"),
        np.float32(1.5),
        np.zeros((0, 3)),
    ],
)
def test_other_scientific_values_come_back(value):
    stored = store(value)
    assert content_id(load(stored)) == stored.cid
    assert type(load(stored)) is type(value)


def test_tables_differ_by_dtype_index_and_names():
    frame = pd.DataFrame({"a": [1, 2]})
    others = [frame.astype("i4"), frame.set_index(pd.Index([1, 2])), frame.rename(columns={"a": "b"}), frame.iloc[::-1]]
    assert len({content_id(table) for table in [frame, *others]}) == 5


def test_what_has_no_format_is_refused_by_name():
    loop: list[object] = []
    loop.append(loop)
    for value, word in [(object(), "builtins.object"), (loop, "containing itself"), (np.ma.array([1]), "MaskedArray")]:
        with pytest.raises(UnstorableError, match=word):
            content_id(value)
    with pytest.raises(UnstorableError, match="period"):
        content_id(pd.DataFrame({"p": pd.period_range("2020", periods=2, freq="M")}))


def test_stored_bytes_are_verified_and_formats_known():
    stored = store([1, 2])
    with pytest.raises(CorruptValueError, match="damaged"):
        load(StoredValue(stored.cid, stored.format, stored.data + b"x", stored.digest))
    with pytest.raises(UntrustedValueError, match="pickle"):
        load(StoredValue(stored.cid, "pickle", stored.data, stored.digest))


def test_binding_is_the_same_in_every_spelling():
    def function(a, b=2, *rest, key, other=5, **more):
        return a, b, rest, key, other, more

    binder = Binder(function)
    one = binder.bind((1,), {"key": 4, "z": 1, "y": 2})
    assert one == binder.bind((), {"y": 2, "z": 1, "b": 2, "key": 4, "a": 1, "other": 5})
    assert list(one) == ["a", "b", "key", "other", "y", "z"]
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
