"""Objects of classes without a form: all that they hold is content, or is not stored."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import fractions
import gc
import pathlib
import random
from typing import NamedTuple

import numpy as np
import pytest
from value_pairs import Plain

import mandala_lab.wiring  # noqa: F401 - connects the digester of code
from mandala_lab import UnstorableError
from mandala_lab.memo.encoding import code, content_id
from mandala_lab.memo.values import load, store


class Day(dt.date):
    pass


class Moment(dt.datetime):
    pass


class Clock(dt.time):
    pass


class Span(dt.timedelta):
    pass


class Amount(decimal.Decimal):
    pass


class Share(fractions.Fraction):
    pass


class Place(pathlib.PurePosixPath):
    pass


class Here(pathlib.PosixPath):
    pass


class Tally(collections.Counter):
    pass


class Groups(collections.defaultdict):
    pass


class Lengths(np.ndarray):
    pass


class Row(list):
    pass


class Bag(set):
    pass


class Dice(random.Random):
    pass


class Marked(dt.date):
    __slots__ = ("mark",)


def _lengths():
    return np.arange(3.0).view(Lengths)


FORGETFUL = [
    lambda: Day(2024, 1, 1),
    lambda: Moment(2024, 1, 1),
    lambda: Clock(1),
    lambda: Span(1),
    lambda: Amount(1),
    lambda: Share(1, 2),
    lambda: Place("a"),
    lambda: Here("a"),
    lambda: Tally("ab"),
    lambda: Groups(list),
    lambda: Marked(2024, 1, 1),
    _lengths,
]


@pytest.mark.parametrize("make", FORGETFUL)
def test_attributes_that_a_base_does_not_tell_are_content_and_never_lost(make):
    bare, one, other, swapped = make(), make(), make(), make()
    assert content_id(load(store(bare))) == content_id(bare)
    one.mark, other.mark, swapped.mark = 1, 2, 1
    assert len({content_id(value) for value in (bare, one, other)}) == 3
    assert content_id(one) == content_id(swapped)
    with pytest.raises(UnstorableError, match="would not read back as it is"):
        store(one)


def test_their_order_is_no_content():
    one, other = Day(2024, 1, 1), Day(2024, 1, 1)
    one.a, one.b = 1, 2
    other.b, other.a = 2, 1
    assert content_id(one) == content_id(other)


@pytest.mark.parametrize("make", [lambda: Row([1]), lambda: Bag({1}), lambda: Plain(a=1), lambda: ValueError("a")])
def test_attributes_that_are_told_are_content_once_and_come_back(make):
    value = make()
    value.mark = 1
    assert content_id(value) != content_id(make())
    assert load(store(value)).mark == 1


def test_a_mapped_array_is_no_object_with_attributes(tmp_path):
    (tmp_path / "numbers").write_bytes(bytes(8))
    (tmp_path / "same").write_bytes(bytes(8))
    one, other = (np.memmap(tmp_path / name, mode="r") for name in ("numbers", "same"))
    assert content_id(one) == content_id(other)


def test_which_of_two_hours_is_content_of_a_subclass_too():
    for value in (Moment(2024, 10, 27, 2), Clock(2)):
        folded = value.replace(fold=1)
        assert content_id(value) != content_id(folded)
        assert load(store(folded)).fold == 1


def test_a_named_tuple_is_looked_at_each_time():
    kind = collections.namedtuple("kind", "x y")  # noqa: PYI024 - as users do
    first = content_id(kind(1, 2))
    kind.__doc__ = kind.x.__doc__ = "said of it"
    assert content_id(kind(1, 2)) == first
    kind.area = property(lambda row: row.x)
    one = content_id(kind(1, 2))
    kind.area = property(lambda row: row.y)
    assert len({first, one, content_id(kind(1, 2))}) == 3
    del kind.area
    assert content_id(kind(1, 2)) == first


def test_a_named_tuple_with_another_field_or_maker_is_a_class_with_code():
    class Typed(NamedTuple):
        x: int
        y: int = 0

    for name, member in [
        ("x", property(lambda _row: 3)),
        ("x", Typed.y),
        ("_make", classmethod(lambda _kind, _items: 0)),
        ("__new__", lambda _kind, *_items: 0),
        ("__match_args__", ("y", "x")),
        ("__repr__", lambda _row: ""),
    ]:
        kind = collections.namedtuple("kind", "x y")  # noqa: PYI024 - as users do
        assert code.is_named_tuple(kind)
        setattr(kind, name, member)
        assert not code.is_named_tuple(kind)
    assert code.is_named_tuple(Typed)


def test_a_named_tuple_is_known_whenever_garbage_is_collected():
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        kinds = [collections.namedtuple("kind", "x y") for _ in range(20)]  # noqa: PYI024 - as users do
        assert all(code.is_named_tuple(kind) for kind in kinds)
    finally:
        gc.set_threshold(*before)


def test_what_contains_itself_is_told_what_to_do():
    circle = Plain()
    circle.itself = circle
    with pytest.raises(
        UnstorableError, match=r"containing itself.*picture as bytes or as a PIL image.*register_hasher"
    ):
        content_id(circle)
