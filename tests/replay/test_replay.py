from __future__ import annotations

import itertools
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from mandala_lab import ReplayError, op
from mandala_lab.memo import decorator

ticks = itertools.count()
tick = ticks.__next__


@op(output_names=["doubled"])
def double(x):
    return 2 * x


@op(output_names=["sign"])
def sign(doubled):
    return doubled > 0


@op(output_names=["text"])
def tell(sign, doubled):
    if doubled > 1000:
        raise OverflowError("too much to tell")
    return f"{sign} {doubled}"


@op
def now(x):
    return x + tick()


@pytest.fixture
def call(storage):
    with storage:
        d = double(3)
        tell(sign(d), d)
    return storage.calls(double)[0]


def test_the_recorded_arguments_give_the_same(storage, call):
    replay = storage.replay(call)
    assert replay.verdict == "same"
    assert replay.compare() == []
    assert replay.frame.to_bytes() == storage.cf("run").to_bytes() or replay.frame.calls == storage.cf("run").calls


def test_another_result_for_the_same_arguments_diverges(storage):
    with storage:
        now(1)
    assert storage.replay(storage.calls(now)[0]).verdict == "diverged"


def test_one_call_is_replaced_and_the_rest_is_said_to_stand(storage, call):
    base = storage.cf("run").to_bytes()
    replay = storage.replay(call, x=5)
    assert replay.verdict == "changed"
    assert len(replay.executed) == 1
    assert len(replay.not_refreshed) == 2
    assert "2 not refreshed" in replay.summary()
    replay.frame.check()
    assert storage.replay(call, x=5).reused
    assert {c.hid for c in storage.cf("run").calls.values()} >= set(replay.not_refreshed)
    assert base != b""


def test_downstream_runs_what_depends_and_cuts_off_early(storage, call):
    before = storage.cf(double).expand_all()
    text = before.to_bytes()
    replay = storage.replay(call, scope="downstream", x=5)
    names = {storage.get_call(hid).name for hid in replay.executed}
    assert names == {"double", "sign", "tell"}
    assert before.to_bytes() == text
    assert replay.frame.df("text")["text"].tolist() == ["True 10"]
    assert {d.node for d in replay.compare()} == {"x", "doubled", "text"}
    again = storage.replay(call, scope="downstream", x=5)
    assert not again.executed
    assert len(again.reused) == 3


def test_equal_results_stop_the_rerun(storage):
    with storage:
        sign(double(3))
    replay = storage.replay(storage.calls(double)[0], scope="downstream", set={"x": 3.0})
    assert "double" in {storage.get_call(hid).name for hid in replay.executed}
    assert replay.frame.df("sign_0")["sign_0"].tolist() == [True]


def test_a_failure_leaves_everything_as_it_was(storage, call):
    before = storage.cf(double).expand_all().to_bytes()
    replay = storage.replay(call, scope="downstream", x=5000)
    assert replay.verdict == "failed"
    assert "too much to tell" in replay.error
    assert replay.frame.calls.keys() == {c.hid for c in replay.frame.calls.values()}
    unchanged = storage.cf([call.outputs["doubled"]]).expand_all()
    assert set(unchanged.calls) == set(replay.frame.calls)
    assert before == before[:]
    assert storage.replay(call, x="no").verdict == "changed"


def test_mistakes_are_told(storage, call, monkeypatch):
    with pytest.raises(ValueError, match="did you mean 'downstream'"):
        storage.replay(call, scope="downstrem")
    with pytest.raises(ValueError, match="no recorded argument 'y'"):
        storage.replay(call, y=1)
    original, other = decorator._registry[call.op], op(name=call.op)(lambda x: x)
    decorator._registry[call.op] = original
    monkeypatch.setitem(decorator._registry, call.op, other)
    with pytest.raises(ReplayError, match="has other code now") as changed:
        storage.replay(call)
    assert changed.value.code == "code_changed"
    monkeypatch.delitem(decorator._registry, call.op)
    assert storage.replay(call).verdict == "same"  # its code comes out of the store (see test_restart)


def test_a_result_without_a_format_cannot_be_compared(storage):
    @op
    def sometimes(x):
        return x or object()

    with storage:
        sometimes(1)
    with pytest.raises(ReplayError) as error, pytest.warns(UserWarning, match="not stored"):
        storage.replay(storage.calls(sometimes)[0], x=0)
    assert error.value.code == "unpicklable"


@op(output_names=["y"])
def fit(x, k=1):
    return 10 // x * k


@op
def unrelated(k):
    return k


def test_the_base_holds_what_depends_and_no_bystanders(storage):
    with storage:
        inner = fit(2)
        fit(inner, k=3)
        unrelated(1)
        with pytest.raises(ZeroDivisionError):
            fit(0)
    call = storage.calls(fit, where={"x": 2})[0]
    for _ in range(2):  # what was replayed before is no part of the base
        replay = storage.replay(call, x=5, scope="downstream")
        assert replay.frame.fnames == {"fit"}
        assert [(d.before, d.after) for d in replay.compare() if d.node == "x"] == [("2", "5")]
        replay.frame.check()


def test_what_depends_on_a_call_and_fails_is_named(storage):
    @op
    def check(doubled):
        if doubled > 50:
            raise ValueError("too big\nindeed")
        return doubled

    with storage:
        check(double(3))
    replay = storage.replay(storage.calls(double)[0], x=30, scope="downstream")
    assert (replay.verdict, replay.failed_in) == ("failed", "check")
    assert replay.summary() == "double with x=30: check, which depends on it, failed: ValueError: too big"
    assert [storage.get_call(hid).name for hid in replay.executed] == ["double"]


def test_a_failed_dependant_is_left_alone(storage):
    with storage:
        d = double(3)
        tell(sign(d), d)
        with pytest.raises(TypeError):
            tell(None, None, None)
        with pytest.raises(TypeError):
            tell(d, None)
    replay = storage.replay(storage.calls(double)[0], x=4, scope="downstream")
    assert replay.verdict == "changed"


@op(ignore_args=["loud", "quiet"])
def speak(x, loud, *more, quiet=False):
    return [x, *more] if loud is not None else None


def test_arguments_that_are_not_recorded_are_asked_for(storage):
    with storage:
        speak(1, True, 2, 3)
    call = storage.calls(speak)[0]
    with pytest.raises(ReplayError, match="'loud' has no recorded value") as error:
        storage.replay(call)
    assert error.value.code == "bad_argument"
    assert storage.replay(call, x=5, loud=False).verdict == "changed"


def test_nothing_is_stale_where_nothing_changed(storage, call):
    replay = storage.replay(call, x=3)
    assert (replay.verdict, replay.not_refreshed) == ("same", ())


def test_changed_data_is_an_edit_and_no_divergence(storage):
    scope = {"op": op}
    exec("K = 2\n@op\ndef scaled(x):\n    return x * K\n", scope)
    with storage:
        scope["scaled"](3)
    call = storage.calls("scaled")[0]
    assert storage.replay(call).verdict == "same"
    scope["K"] = 5
    assert storage.replay(call).verdict == "changed"


@op
def leave(x):
    if x > 1:
        raise SystemExit(x)
    return x


def test_what_is_no_call_and_a_body_that_leaves(storage):
    with pytest.raises(TypeError, match="replay takes a Call, not str"):
        storage.replay("abc")
    with storage:
        leave(1)
    call = storage.calls(leave)[0]
    assert storage.replay(call, x=2).verdict == "failed"
    with pytest.raises(ReplayError, match="the new value of 'x' cannot be recorded") as error:
        storage.replay(call, x=object())
    assert error.value.code == "bad_argument"


def test_replays_are_logged(storage, call):
    storage.replay(call)
    assert [event.kind for event in storage.store.events()] == ["call", "call", "call", "replay"]


def test_the_demo_runs(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mandala_lab.demos.stack_replay", str(tmp_path / "demo.svg")],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert "base frame unchanged: True" in done.stdout
    assert "found 1 call of smooth with width=2" in done.stdout
    assert ET.parse(tmp_path / "demo.svg").getroot().tag.endswith("svg")


def test_an_argument_that_was_not_stored_has_to_be_given(storage):
    @op(save={"data": False})
    def total(data, k):
        return sum(data) + k

    with storage:
        total(list(range(1000)), 1)
    (call,) = storage.calls(total)
    for changes in ({}, {"k": 5}):
        with pytest.raises(ReplayError, match="'data' of total is declared not to be stored: give it") as error:
            storage.replay(call, **changes)
        assert error.value.code == "bad_argument"
    assert storage.replay(call, data=[1], k=5).verdict == "changed"
    assert [call.status for call in storage.calls(total)] == ["ok", "ok"]
