"""What an equal call that was recorded under other code means, by policy and by declaration."""

from __future__ import annotations

import warnings

import pytest

from mandala_lab import MandalaLabWarning, StaleCodeError, Storage

runs: list[object] = []
FIRST = "def f(x):\n    note(x)\n    return x + 1\n"
SECOND = "def f(x):\n    note(x)\n    return x + 100\n"
THIRD = "def f(x):\n    note(x)\n    return x + 1000\n"
WITH_DEFAULT = "def f(x, y=NewArgDefault(0)):\n    note(x)\n    return x + 1 + y\n"


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


def define(source, extra=""):
    scope = {"note": runs.append, "__name__": "cells"}
    exec(f"from mandala_lab import op, NewArgDefault\n{extra}\n@op(name='f')\n{source}", scope)
    return scope["f"]


def call(path, source, *args, policy="recompute", extra=""):
    """Call the op in a new session; return the value and whether a body ran."""
    runs.clear()
    op = define(source, extra)
    storage = Storage(path, on_change=policy)
    try:
        with storage:
            return op(*args).value, bool(runs)
    finally:
        storage.close()


def test_by_default_other_code_runs_and_the_old_result_is_kept(path):
    assert call(path, FIRST, 1) == (2, True)
    assert call(path, SECOND, 1) == (101, True)
    assert call(path, FIRST, 1) == (2, False)
    assert call(path, SECOND, 1) == (101, False)


def test_reuse_serves_the_old_result(path):
    assert call(path, FIRST, 1) == (2, True)
    assert call(path, SECOND, 1, policy="reuse") == (2, False)
    assert call(path, SECOND, 2, policy="reuse") == (102, True)
    assert call(path, FIRST, 2) == (102, False)  # declared compatible by then: one class
    assert call(path, THIRD, 2, policy="reuse") == (102, False)


def test_reuse_finds_results_of_every_version(path):
    call(path, FIRST, 1)
    call(path, SECOND, 2)
    assert call(path, THIRD, 1, policy="reuse") == (2, False)
    assert call(path, THIRD, 2, policy="reuse") == (102, False)


def test_warn_serves_the_old_result_and_says_what_changed(path):
    call(path, FIRST, 1)
    with pytest.warns(MandalaLabWarning, match=r"code of f changed .* earlier results are used") as caught:
        assert call(path, SECOND, 1, policy="warn") == (2, False)
    assert len(caught) == 1


def test_error_stops_before_anything_runs(path):
    call(path, FIRST, 1)
    with pytest.raises(StaleCodeError, match=r"code of f changed .*mark_compatible"):
        call(path, SECOND, 1, policy="error")
    assert runs == []
    assert call(path, SECOND, 2, policy="error") == (102, True)  # nothing is recorded for these arguments
    assert call(path, SECOND, 2, policy="error") == (102, False)
    assert call(path, FIRST, 1, policy="error") == (2, False)


def test_a_policy_is_checked_at_the_door(path):
    with pytest.raises(ValueError, match="did you mean 'recompute'"):
        Storage(path, on_change="recompte")


def test_declared_compatible_code_has_the_same_history(path):
    call(path, FIRST, 1)
    op = define(SECOND)
    storage = Storage(path)
    storage.mark_compatible(op)
    runs.clear()
    with storage:
        first = op(1)
        assert first.value == 2
        assert op(5).value == 105
    assert runs == [5]
    (event,) = [event for event in storage.store.events() if event.kind == "compatible"]
    assert '"op":"f"' in event.detail
    storage.close()
    assert call(path, FIRST, 1) == (2, False)
    assert call(path, FIRST, 5) == (105, False)
    with pytest.raises(ValueError, match="recorded under no other code"):
        Storage().mark_compatible(op)


def test_results_from_before_and_after_a_declaration_are_both_kept(path):
    call(path, FIRST, 1)
    call(path, SECOND, 2)
    storage = Storage(path)
    storage.mark_compatible(define(SECOND), storage.versions(define(FIRST))[0].id[:8])
    storage.close()
    assert call(path, SECOND, 1) == (2, False)
    assert call(path, SECOND, 2) == (102, False)
    assert call(path, FIRST, 2) == (102, False)


def test_a_new_argument_keeps_the_results_from_before_it(path):
    call(path, FIRST, 1)
    assert call(path, WITH_DEFAULT, 1) == (2, False)
    assert call(path, WITH_DEFAULT, 1, 0) == (2, False)
    assert call(path, WITH_DEFAULT, 1, 5) == (7, True)
    assert call(path, WITH_DEFAULT, 3) == (4, True)
    edited = WITH_DEFAULT.replace("x + 1 + y", "x + 50 + y")
    assert call(path, edited, 3) == (53, True)  # the version before this one had the argument


def test_versions_history_and_differences_are_told(path):
    helper = "def g(x):\n    return {}\n"
    using = "def f(x):\n    note(x)\n    return g(x)\n"
    call(path, using, 1, extra=helper.format("x"))
    call(path, using, 1, extra=helper.format("x * 2"))
    storage = Storage(path)
    op = define(using, helper.format("x"))
    versions = storage.versions(op)
    assert len(versions) == 2
    assert [version.parameters for version in versions] == [("x",), ("x",)]
    text = storage.source_history(op)
    assert text.count("first seen") == 2
    with pytest.raises(ValueError, match="is the id of 0 recorded code versions"):
        storage.diff("abcdef", versions[0].id)
    assert storage.diff(versions[0], versions[0].id) == ""


def test_nothing_is_ever_asked(path, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for policy in ("recompute", "reuse", "warn"):
            for source in (FIRST, SECOND, THIRD):
                call(path, source, 1, policy=policy)
