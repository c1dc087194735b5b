"""Values as Python expressions: they make equal values of the same type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandala_lab.report.literals import IMPORTS, check_of, literal

plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, dt.UTC])),
    st.times(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))


def made_by(text):
    names = {}
    for line in (line for word, line in IMPORTS.items() if word in text):
        exec(line, names)
    return eval(text, names)


@given(values)
def test_plain_values_and_times_are_made_again(value):
    made = made_by(literal(value))
    assert (type(made), made) == (type(value), value)
    names = {"result": made}
    for line in IMPORTS.values():
        exec(line, names)
    assert eval(check_of(value, "result"), names)


@pytest.mark.parametrize(
    "value",
    [
        pd.Timestamp("2026-01-31 12:00:00.000000001"),
        pd.Timestamp("2026-01-31").as_unit("s"),
        pd.Timedelta("1 days 2 hours"),
        pd.Series([1.5, 2.5], name="x"),
        pd.Series([1, 2]),
        pd.DataFrame({"a": [1, 2], "b": [True, False]}),
        np.array([[1, 2], [3, 4]], dtype="int16"),
        np.float32(0.1),
    ],
    ids=repr,
)
def test_values_of_pandas_and_numpy_are_made_again(value):
    made = made_by(literal(value))
    assert type(made) is type(value)
    assert getattr(made, "unit", None) == getattr(value, "unit", None)
    assert eval(check_of(value, "made"), {"np": np, "pd": pd, "made": made})


@pytest.mark.parametrize("value", [pd.NA, pd.NaT, Decimal("NaN"), [pd.NA]], ids=repr)
def test_what_equals_nothing_is_made_again_and_not_compared(value):
    assert repr(made_by(literal(value))) == repr(value)
    assert check_of(value, "made") is None


@pytest.mark.parametrize(
    "value",
    [
        pd.Timestamp("2026-01-31", tz="Europe/Paris"),
        dt.datetime(2026, 1, 31, tzinfo=dt.timezone(dt.timedelta(hours=1))),
        pd.Series([1, 2], index=[5, 6]),
        pd.Series([1, 2], name=("a", 1)),
        pd.Series(["a"]),
        pd.DataFrame({"a": [1]}).rename_axis(columns="kind"),
        pd.Series([1, 2]).rename_axis("row"),
    ],
    ids=repr,
)
def test_what_would_lose_something_is_not_written(value):
    assert literal(value) is None
