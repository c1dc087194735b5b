"""Code that cannot be followed everywhere: it is told, on the call and in time."""

from __future__ import annotations

import warnings

import pytest

from mandala_lab import MandalaLabWarning, Storage, op
from mandala_lab.live.inspect import inspect_call, inspect_node

secret = 1
BOTH = {len, max}


@op
def open_ended(x):
    return eval("x + secret", globals(), {"x": x})


@op
def computing(x):
    if x < 0:
        raise ValueError(x)
    return eval("x")


@op
def closed(x):
    return x + secret


@op(version="1")
def answered_for(x):
    return eval("x")


@op
def unordered(x):
    return x + len(BOTH)


@pytest.fixture
def gaps(storage):
    """A storage with a call whose code has gaps."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MandalaLabWarning)
        with storage:
            open_ended(1)
            open_ended(2)
    return storage


def test_an_op_with_gaps_warns_once_in_a_session_at_the_users_line(storage):
    def work():
        with storage:
            for x in range(3):
                computing(x)
                open_ended(x)

    with pytest.warns(MandalaLabWarning) as caught:
        work()
    texts = [str(one.message) for one in caught]
    assert len(texts) == 2
    assert texts[0].startswith("op computing is recorded, but not every change of its code can be seen: it uses eval;")
    assert "version=" in texts[0]
    assert "as an argument" in texts[0]
    assert "(and 1 more)" in texts[1]
    assert {one.filename for one in caught} == {__file__}


def test_the_next_session_warns_when_it_records(path):
    for x, count in ((1, 1), (1, 0), (2, 1)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with Storage(path) as storage:
                computing(x)
            storage.close()
        assert len(caught) == count


def test_a_call_that_fails_raises_its_own_error(storage):
    with storage, pytest.raises(ValueError, match="-1"):
        computing(-1)


@pytest.mark.parametrize("name", ["closed", "answered_for", "unordered"])
def test_no_warning_where_every_change_is_seen_or_answered_for(storage, name):
    with storage:
        globals()[name](1)
    assert storage.explain(globals()[name], 1).reason == "hit"


def test_gaps_are_kept_with_the_version(gaps, path):
    gaps.close()
    again = Storage(path)
    [version] = again.versions(open_ended)
    assert not version.complete
    assert version.gaps == ("it uses eval", "it uses globals")
    again.close()


def test_harmless_gaps_are_kept_too(storage):
    with storage:
        unordered(1)
    [version] = storage.versions(unordered)
    assert not version.complete
    assert "is a set that leads to code" in version.gaps[0]


def test_explain_tells_the_gaps_of_a_call(gaps):
    first, second = gaps.calls(open_ended)
    for explanation in (gaps.explain(first), gaps.explain(second), gaps.explain(open_ended, 3)):
        assert explanation.gaps == ("it uses eval", "it uses globals")
        assert str(explanation).endswith(". Not followed in its code: it uses eval; it uses globals")
    with gaps:
        closed(1)
    [call] = gaps.calls(closed)
    assert gaps.explain(call).gaps == ()
    assert "Not followed" not in str(gaps.explain(call))


def test_the_inspector_tells_them_under_the_source(gaps):
    call = gaps.calls(open_ended)[0]
    text = inspect_call(gaps.store, call.hid).source
    assert text.startswith("@op\ndef open_ended(x):")
    assert text.endswith("# not followed: it uses eval\n# not followed: it uses globals")
    graph = gaps.cf(open_ended).graph
    assert inspect_node(gaps.store, graph, "op:open_ended", 0, 10).source == text
