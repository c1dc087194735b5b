"""Why a call was a miss."""

from __future__ import annotations

import pytest

from mandala_lab import Storage, op


@op
def scale(x, by=2):
    return x * by


@op
def fails(x):
    raise KeyError(x)


@op(pure=False)
def draw():
    return 4


@op(save=False)
def big(x):
    return x


def test_a_call_that_is_not_made_is_explained(storage):
    assert storage.explain(scale, 1).reason == "first call"
    with storage:
        scale(1)
        scale(1, by=3)
        draw()
        big(1)
    assert storage.explain(scale, 1).reason == "hit"
    new = storage.explain(scale, 5, by=3)
    assert new.reason == "arguments"
    assert [(one.part, one.name, one.before, one.after) for one in new.differences] == [("argument", "x", "1", "5")]
    assert new.nearest.inputs["by"].value == 3
    assert str(new) == "scale would run anew: argument 'x' is 5 and was 1, compared with the nearest call"
    assert storage.explain(draw).reason == "impure"
    assert storage.explain(big, 1).reason == "not saved"
    with pytest.raises(TypeError, match="takes a Call or an op"):
        storage.explain("scale")
    assert storage.stats().computed == 4


def test_a_recorded_call_is_explained(storage):
    with storage:
        first, second = scale(1), scale(2, 7)
        scale(scale(1))
        scale(scale(scale(1)) if False else 2)
    calls = storage.calls(scale)
    assert storage.explain(calls[0]).reason == "first call"
    why = storage.explain(storage.get_ref_creator(second))
    assert (why.reason, len(why.differences)) == ("arguments", 2)
    assert first.value == 2
    same = next(call for call in calls if not call.executed)
    assert storage.explain(same).reason == "hit"


def test_a_failure_and_a_changed_global_are_the_reason(storage):
    with storage, pytest.raises(KeyError):
        fails(1)
    assert storage.explain(fails, 1).reason == "failed before"
    assert storage.explain(fails, 2).reason == "first call"
    scope = {"__name__": "cells"}
    exec("from mandala_lab import op\nlimit = 3\n@op\ndef cut(x):\n    return min(x, limit)\n", scope)
    with storage:
        scope["cut"](5)
    scope["limit"] = 4
    why = storage.explain(scope["cut"], 5)
    assert why.reason == "globals"
    assert "the global 'limit' is 4 and was 3" in str(why)
    with storage:
        scope["cut"](5)
    assert storage.explain(storage.calls("cut")[1]).reason == "globals"


def test_changed_code_is_the_reason(path):
    storage = Storage(path)
    for body in ("x", "x + 1"):
        scope = {"__name__": "cells"}
        exec(f"from mandala_lab import op\n@op\ndef f(x):\n    return {body}\n", scope)
        f = scope["f"]
        if body == "x":
            with storage:
                f(1)
    why = storage.explain(f, 1)
    assert why.reason == "code"
    assert "the code of" in str(why)
    with storage:
        f(1)
    assert storage.explain(storage.calls("f")[1]).reason == "code"
