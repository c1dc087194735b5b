"""Ops over wrappers that show the signature of what they wrap: each call reaches them as it was spelled."""

from __future__ import annotations

import functools
from unittest import mock

import pytest

from mandala_lab import Ignore, NewArgDefault, Storage, op

runs: list[object] = []
note = runs.append


def injecting(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        kwargs.setdefault("b", 10)
        return f(*args, **kwargs)

    return wrapper


def counting(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return len(args), sorted(kwargs), f(*args, **kwargs)

    return wrapper


def plain(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        note(args)
        return f(*args, **kwargs)

    return wrapper


@injecting
def added(a, b=2):
    return a + b


@counting
def counted(a, b=2, *rest, c=3, **more):
    return a, b, rest, c, more


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


SPELLINGS = [
    ((1,), {}),
    ((), {"a": 1}),
    ((1, 2), {}),
    ((1,), {"b": 2}),
    ((), {"b": 2, "a": 1}),
    ((), {"a": 1, "b": 2}),
    ((1, 2, 4, 5), {"c": 6}),
    ((1,), {"d": 1, "args[0]": 2, "by keyword": 3}),
    ((1, 2, 3), {"args[0]": 2}),
]


@pytest.mark.parametrize("reopened", [False, True])
def test_every_spelling_gives_what_the_wrapper_gives(path, reopened):
    memoized = op(counted, nout=1)
    storage = Storage(path)
    for args, kwargs in SPELLINGS:
        for _ in range(2):
            with storage:
                assert memoized(*args, **kwargs).value == counted(*args, **kwargs), (args, kwargs)
            if reopened:
                storage.close()
                storage = Storage(path)
    assert storage.stats(everything=True).computed == len(SPELLINGS)
    for call in storage.calls("counted"):
        assert storage.replay(call).verdict == "same"


def test_a_wrapper_that_fills_in_something_else_is_not_filled_in_for(storage):
    memoized = op(added)
    with storage:
        assert [memoized(1).value, memoized(1, b=2).value, memoized(1).value] == [11, 3, 11]
        assert [call.inputs["a"].value for call in storage.calls("added")] == [1, 1]
    with pytest.raises(TypeError, match="multiple values"):
        added(1, 2)
    with storage, pytest.raises(TypeError, match="multiple values"):
        memoized(1, 2)


def test_what_is_ignored_may_be_spelled_in_any_way(storage):
    @op(ignore_args=["verbose"])
    @plain
    def loud(x, verbose=False, level=1):
        return x

    with storage:
        results = [loud(1), loud(1, True), loud(1, verbose=True), loud(1, level=Ignore(2))]
        assert len({ref.hid for ref in results}) == 1
    assert len(runs) == 1


def test_defaults_that_say_how_they_are_keyed_still_do(storage):
    @op
    @plain
    def grown(x, y=NewArgDefault(0)):
        return x + y

    with storage:
        assert grown(1) == grown(1, 0) == grown(1, y=0)
        assert grown(1, 2).value == 3
    assert len(runs) == 2


def test_patched_functions_are_ops(storage):
    class Server:
        @staticmethod
        def answer():
            return 1

    @op(version="1")  # what a patch holds cannot be seen
    @mock.patch.object(Server, "answer", return_value=2)
    def asked(x, answer):
        return x + Server.answer()

    with storage:
        assert asked(1).value == 3


def test_wrapped_arguments_among_others_reach_the_body_unwrapped(storage):
    @op
    def collected(*args, **kwargs):
        note(args)
        return list(args), dict(kwargs)

    with storage:
        first = collected(Ignore([1]), 2, verbose=Ignore(True))
        assert [ref.value for ref in first] == [[[1], 2], {"verbose": True}]
        collected(Ignore([5]), 2, verbose=Ignore(False))
    assert runs == [([1], 2)]
