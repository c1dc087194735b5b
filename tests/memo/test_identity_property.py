"""Equal content exactly if equal content id, over generated values and near misses.

``MANDALA_LAB_PAIRS=100000`` makes that many pairs (by default a few hundred).
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import build, meaning, near_miss, recipes

import mandala_lab.wiring  # noqa: F401 - connects the digester of code
from mandala_lab.memo.encoding import content_id, decode, encode, recognised
from mandala_lab.memo.values import load, store

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of the strategy, when one fails

_PAIRS = int(os.environ.get("MANDALA_LAB_PAIRS", "800"))
_PER_EXAMPLE = 8
_settings = settings(
    max_examples=max(1, _PAIRS // _PER_EXAMPLE),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="MANDALA_LAB_PAIRS" not in os.environ,
)


@_settings
@given(recipes, st.integers(0, 2**32))
def test_one_id_exactly_if_one_meaning(recipe, seed):
    chance = random.Random(seed)
    first = content_id(build(recipe, chance))
    assert content_id(build(recipe, chance)) == first, "a split: layout changed the id"
    for _ in range(_PER_EXAMPLE - 1):
        other = near_miss(recipe, chance)
        same = meaning(other) == meaning(recipe)
        assert (content_id(build(other, chance)) == first) is same, f"a merge or a split with {other!r}"


@pytest.fixture
def _recognised_always(monkeypatch):
    monkeypatch.setattr(recognised, "MANY", 1)


@pytest.mark.usefixtures("_recognised_always")
@_settings
@given(recipes, st.integers(0, 2**32))
def test_what_was_met_before_has_the_id_that_it_has_anew(recipe, seed):
    chance = random.Random(seed)
    made = [build(one, chance) for one in (recipe, near_miss(recipe, chance), recipe)]
    remembered = [content_id([value]) for value in made]
    recognised.forget()
    anew = []
    for value in made:
        anew.append(content_id([value]))
        recognised.forget()
    assert remembered == anew


@settings(_settings, max_examples=max(50, _PAIRS // 100))
@given(recipes, st.integers(0, 2**32))
def test_what_is_stored_comes_back_with_its_id(recipe, seed):
    value = build(recipe, random.Random(seed))
    stored = store(value)
    assert stored.format != "pickle", "everything generated has a data-only format"
    assert content_id(load(stored)) == stored.cid
    back = decode(encode(value))
    assert content_id(back) == stored.cid
    assert type(back) is type(value)
