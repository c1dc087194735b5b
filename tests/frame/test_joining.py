"""`joining`: what belongs together in several tables, compared with trying all sets of rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import quick
from tables import full_disjunction

from mandala_lab.frame import joining
from mandala_lab.frame.joining import ABSENT, joined


@st.composite
def some_tables(draw):
    """Return a few small tables of few codes, some of which are absent, with each row once."""
    columns = range(draw(st.integers(2, 5)))
    found = []
    for _ in range(draw(st.integers(1, 4))):
        own = draw(st.lists(st.sampled_from(columns), min_size=1, unique=True))
        row = st.tuples(*[st.sampled_from([0, 0, 1, ABSENT])] * len(own)).filter(lambda row: set(row) != {ABSENT})
        rows = draw(st.lists(row, max_size=3, unique=True))
        found.append(pd.DataFrame(rows, columns=own, dtype=np.int64))
    return found


def rows_of(table):
    return Counter(frozenset(known(row)) for row in table.to_dict("records"))


def known(row):
    return {(column, code) for column, code in row.items() if code != ABSENT}


@quick(120)
@given(some_tables(), st.data())
def test_each_row_is_the_most_that_belongs_together(tables, data):
    rows = [(number, dict(known(row))) for number, table in enumerate(tables) for row in table.to_dict("records")]
    wanted = Counter(
        frozenset((column, code) for row in together for column, code in rows[row][1].items())
        for together in full_disjunction(rows)
    )
    found = joined(tables)
    assert rows_of(found) == wanted
    assert set(found.columns) == {column for table in tables for column in table.columns}
    assert rows_of(joined(data.draw(st.permutations(tables)))) == wanted  # in whatever order they come


def sided(number):
    """Return what a row for each of some bases led to on several sides, of which each base lacks one."""
    base = np.arange(number)
    sides = [pd.DataFrame({0: base[base % 6 != side], side: base[base % 6 != side]}) for side in range(1, 6)]
    below = pd.DataFrame({0: base, **{10 + side: base for side in range(1, 6)}, 20: base})
    return [*sides, below]


def test_many_rows_that_meet_in_part_are_joined_at_once():
    found = joined(sided(30_000))
    assert len(found) == 30_000
    assert ((found == ABSENT).sum(axis=1) <= 1).all()


def test_a_fan_of_ends_is_not_multiplied_on_the_way():
    number = 20_000  # all of one base: half of the leaves were taken on, which the others were not
    leaf = np.arange(number)
    base = pd.DataFrame({0: [7], 1: [70]})
    ended, taken = leaf[::2], leaf[1::2]
    tables = [
        pd.DataFrame({0: np.full(len(ended), 7), 2: ended}),
        pd.DataFrame({0: np.full(len(taken), 7), 2: taken, 3: taken}),
        base,
    ]
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        found = joined([tables[place] for place in order])
        assert len(found) == number
        assert (found[1] == 70).all()


def test_too_many_ways_are_refused(monkeypatch):
    monkeypatch.setattr(joining, "_MOST_WAYS", 3)
    with pytest.raises(ValueError, match=r"would take too long.* name the operations"):
        joined([*(pd.DataFrame({side: [1], 9: [5]}) for side in range(3)), pd.DataFrame({0: [1], 1: [1], 2: [2]})])
