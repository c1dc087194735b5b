"""Content ids: what is one value and what are two, here and in other processes."""

from __future__ import annotations

import pytest
import value_pairs
import value_pairs_objects
import value_pairs_scientific
from value_pairs import Pair

import mandala_lab.wiring  # noqa: F401 - connects the digester of code
from mandala_lab.memo.encoding import content_id

PAIRS = [*value_pairs.PAIRS, *value_pairs_objects.PAIRS, *value_pairs_scientific.PAIRS]
ALL = [*PAIRS, *value_pairs_scientific.optional_pairs()]


@pytest.mark.parametrize("pair", ALL, ids=[pair.name for pair in ALL])
def test_a_pair_of_values_has_one_id_or_two(pair: Pair):
    one, other = pair.one(), pair.other()
    assert (content_id(one) == content_id(other)) is pair.same, pair.why
    assert content_id(one) == content_id(one), "an id is the same each time"


def test_there_are_enough_pairs_and_each_is_named_once():
    names = [pair.name for pair in PAIRS]
    assert len(names) >= 150
    assert len(set(names)) == len(names)
