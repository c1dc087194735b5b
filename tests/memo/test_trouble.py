"""What goes wrong with values, names and stores, and costs nobody a result."""

from __future__ import annotations

import sqlite3
import warnings

import pytest

from mandala_lab import CorruptValueError, MandalaLabWarning, Storage, StoreError, op


@op
def inc(x):
    return x + 1


@op(output_names=["low", "high"])
def ends(items):
    return min(items), max(items)


class Hostile(type):
    def __hash__(cls):
        raise RuntimeError("no hash")


def _nameless():
    kind = type("Nameless", (), {})
    kind.__module__ = None
    return kind()


class Impostor:
    @property
    def __class__(self):
        raise RuntimeError("no class")


@pytest.mark.parametrize("make", [Hostile("H", (), {}), _nameless, Impostor], ids=["hash", "module", "class"])
def test_hostile_values_pass_through_with_a_warning(storage, make):
    value = make()

    @op
    def same(x):
        return x

    with storage:
        with pytest.warns(MandalaLabWarning, match="runs and is not remembered"):
            assert same(value).value is value
        with pytest.warns(MandalaLabWarning, match="not stored"):
            assert give(value).value is value


def give(value):
    @op(version="1")
    def giving():
        return value

    return giving()


def test_values_that_would_not_read_back_are_not_stored(storage):
    deep: list = []
    for _ in range(4000):
        deep = [deep]
    cyclic: list = []
    cyclic.append(cyclic)
    for value in (deep, cyclic):
        with storage, pytest.warns(MandalaLabWarning, match="not stored"):
            assert give(value).value is value


def test_odd_text_costs_nobody_a_result(storage):
    @op
    def fails_oddly(**names):
        raise ValueError("\ud800")

    @op
    def odd(**names):
        return len(names)

    with storage:
        with pytest.raises(ValueError, match="\ud800"):
            fails_oddly()
        assert odd(**{"\ud800": 1}).value == 1


def test_catchers_cannot_be_ignored():
    with pytest.raises(ValueError, match="'kwargs', which takes any number"):
        op(ignore_args=["kwargs"])(lambda **kwargs: kwargs)


def test_a_store_that_was_deleted_is_told_of_and_costs_no_result(storage, path):
    def use(*numbers):
        with storage:
            return [inc(x).value for x in numbers]

    use(1)
    path.unlink()
    with pytest.warns(MandalaLabWarning, match="was deleted or replaced while it was open") as caught:
        assert use(2, 1) == [3, 2]
    assert len(caught) == 2  # the call, and the span of the hit


def _change(path, statement, *parameters):
    with sqlite3.connect(path) as connection:
        assert connection.execute(statement, parameters).rowcount == 1
    connection.close()


def _numbers():
    @op
    def numbers(n):
        return list(range(n))

    return numbers


def test_a_damaged_value_is_made_again_and_named(storage, path):
    numbers = _numbers()
    with storage:
        ref = numbers(100)
    _change(path, "update stored_values set data = x'00ff' where cid = ?", bytes.fromhex(ref.cid))
    with pytest.raises(CorruptValueError, match=ref.cid):
        ref.detached().peek()  # who only shows a value runs nothing
    with pytest.warns(MandalaLabWarning, match=rf"{ref.cid} are damaged.*made again by running numbers") as caught:
        assert ref.detached().value == list(range(100))
    assert len(caught) == 1
    assert ref.detached().value == list(range(100))  # it was put back
    _change(path, "delete from stored_values where cid = ?", bytes.fromhex(ref.cid))
    assert ref.detached().value == list(range(100))  # it is at hand in memory
    storage.clear_cache()
    with storage, pytest.warns(MandalaLabWarning, match="made again"):
        assert len(numbers(100).value) == 100


def test_damaged_bytes_are_never_returned(storage, path):
    numbers = _numbers()
    with storage:
        ref = numbers(100)
    _change(path, "update stored_values set data = x'00ff' where cid = ?", bytes.fromhex(ref.cid))

    @op(name=numbers.spec.key)
    def other(n):
        return list(range(n + 1))

    with pytest.raises(CorruptValueError, match=ref.cid):
        storage.unwrap(ref.detached())  # the op has other code now


def test_damaged_bytes_of_a_small_value_are_never_returned(storage, path):
    with storage:
        ref = inc(41)
    storage.close()
    _change(path, "update calls set links = cast(replace(links, x'2a', x'2b') as blob)")  # 42 becomes 43
    with Storage(path) as again:
        (recorded,) = again.calls(inc)
        with pytest.raises(CorruptValueError, match=ref.cid):
            recorded.outputs["output_0"].peek()
        with pytest.warns(MandalaLabWarning, match=f"call {recorded.hid} is not what was signed"):
            assert inc(41).value == 42
        (recorded,) = again.calls(inc)  # the record was made anew with the call
        assert recorded.outputs["output_0"].peek() == 42


@pytest.mark.parametrize(
    "damage",
    [
        "update calls set links = cast(x'93c0' as blob)",
        "update calls set links = x'ffffffff'",
        "update calls set links = 'text'",
        "update code_states set reads = x'c1'",
        "update code_versions set code = '{'",
        "update code_versions set code = '[]'",
    ],
)
def test_a_damaged_record_is_told_of_and_the_call_runs(storage, path, damage):
    with storage:
        inc(41)
    storage.close()
    _change(path, damage)
    with Storage(path), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert inc(41).value == 42
    if "links" in damage:
        assert "a record of this store is damaged" in str(told[0].message)
    else:  # the call is known without them
        assert told == []
        with pytest.raises(StoreError, match="a record of this store is damaged"):
            storage.versions(inc), storage.calls()


def test_a_store_that_cannot_write_costs_a_warning_and_not_the_value(storage, monkeypatch):
    def refuse(_entry):
        raise StoreError("disk full")

    monkeypatch.setattr(storage.store, "record", refuse)
    with storage, pytest.warns(MandalaLabWarning, match="disk full") as caught:
        assert inc(1).value == 2
    assert len(caught) == 1
