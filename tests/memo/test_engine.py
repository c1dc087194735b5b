from __future__ import annotations

import inspect
import threading
import warnings

import pytest

from mandala_lab import (
    MandalaLabWarning,
    NewCallError,
    Storage,
    StoreError,
    noop,
    op,
)

runs: list[object] = []
note = runs.append  # code, not data: a list that an op reads would be part of its key
deck = [0, 0]
turns = 0


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


@op
def inc(x):
    note(x)
    return x + 1


@op(output_names=["low", "high"])
def ends(items):
    return min(items), max(items)


@op
def twice(x):
    assert isinstance(inc(x), int)
    return inc(inc(x))


@op
def fails(x):
    note(x)
    raise KeyError("no such thing")


@op
def constant(x):
    return 2


@op
def unstorable(x):
    lock = threading.Lock()
    return lambda: lock and x


def test_a_call_runs_once_and_is_a_hit_in_every_spelling(storage):
    with storage:
        refs = [inc(1), inc(x=1), inc(*[1])]
    assert [ref.value for ref in refs] == [2, 2, 2]
    assert len(runs) == 1
    assert len({ref.hid for ref in refs}) == 1
    totals = storage.stats()
    assert (totals.computed, totals.cached, totals.error) == (1, 2, 0)


def test_equal_content_with_another_history_is_recorded_and_not_executed(storage):
    with storage:
        a = inc(inc(0))
        b = inc(1)
    assert a.cid == b.cid
    assert a.hid != b.hid
    assert len(runs) == 2
    assert [call.executed for call in storage.calls(inc)] == [True, True, False]


def test_outside_a_storage_an_op_is_the_plain_function(storage):
    with storage:
        ref = inc(1)
    assert inc(1) == 2
    assert inc(ref) == 3
    with storage, noop():
        assert inc(5) == 6
    assert inspect.signature(inc) == inspect.signature(inc.f)


def test_outputs_are_split_and_named(storage):
    with storage:
        low, high = ends([3, 1, 2])
    assert storage.unwrap({"both": [low, high]}) == {"both": [1, 3]}
    call = storage.get_ref_creator(high)
    assert list(call.outputs) == ["low", "high"]
    assert storage.get_call(call.hid[:8]) == call


def test_ops_in_ops_get_plain_values_and_know_their_parent(storage):
    with storage:
        assert twice(1).value == 3
    calls = {call.name: call for call in storage.calls()}
    top = storage.store.spans_of_call(calls["twice"].hid)[0]
    nested = [span for call in storage.calls(inc) for span in storage.store.spans_of_call(call.hid)]
    storage.flush()
    nested = [span for call in storage.calls(inc) for span in storage.store.spans_of_call(call.hid)]
    assert {span.parent for span in nested} == {top.seq}
    assert {span.depth for span in nested} == {1}
    assert sorted(span.status for span in nested) == ["cached", "computed", "computed"]


def test_an_error_is_raised_recorded_and_never_a_hit(storage):
    for _ in range(2):
        with storage, pytest.raises(KeyError, match="no such thing"):
            fails(1)
    assert len(runs) == 2
    (call,) = storage.calls(status="error")
    assert "no such thing" in call.error
    assert "Traceback" in call.error
    assert not call.outputs
    assert storage.stats().error == 2


def test_a_failed_call_that_succeeds_later_is_a_success(storage):
    answers = iter([OSError("away"), 7])
    ask = answers.__next__

    @op
    def flaky(x):
        answer = ask()
        if isinstance(answer, Exception):
            raise answer
        return answer

    with storage:
        with pytest.raises(OSError, match="away"):
            flaky(1)
        assert [call.status for call in storage.calls(flaky)] == ["error"]
        assert flaky(1).value == 7
        assert flaky(1).value == 7
    assert [call.status for call in storage.calls(flaky)] == ["ok"]


def test_an_unstorable_result_reaches_the_caller_with_one_warning(storage):
    with storage, pytest.warns(MandalaLabWarning, match="not stored") as caught:
        ref = unstorable(3)
    assert ref.value() == 3
    assert len(caught) == 1
    assert storage.calls(unstorable) == []


def test_an_unstorable_argument_runs_with_one_warning(storage):
    with storage, pytest.warns(MandalaLabWarning, match="argument 'x'") as caught:
        ref = constant(threading.Lock())
    assert ref.value == 2
    assert len(caught) == 1


def test_a_changed_result_does_not_change_the_store(storage):
    @op
    def numbers(n):
        return list(range(n))

    @op
    def total(items):
        items.append(100)
        return sum(items)

    with storage:
        ref = numbers(3)
        ref.value.append(7)
        assert total(ref).value == 103
        assert numbers(3).value == [0, 1, 2]
        assert ref.detached().value == [0, 1, 2]


def test_new_calls_can_be_forbidden(storage):
    with storage:
        inc(1)
        storage.allow_new_calls(False)
        assert inc(1).value == 2
        with pytest.raises(NewCallError) as error:
            inc(2)
    assert str(error.value) == "Call to inc does not exist and new calls are not allowed."


def test_ignored_arguments_names_and_versions(storage):
    seen = []
    see = seen.append

    @op(ignore_args=["verbose"], name="shared", version="1")
    def one(x, verbose=False):
        see(verbose)
        return x

    @op(name="shared", version="1")
    def other(x):
        return "never runs"

    with storage:
        assert one(1, verbose=True).value == 1
        assert one(1, verbose=False).value == 1
        assert other(1).value == 1
    assert seen == [True]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: op(output_names=["a", "a"])(lambda x: x), "twice"),
        (lambda: op(ignore_args=["verbos"])(lambda verbose: 1), "did you mean 'verbose'"),
        (lambda: op(nout=2, output_names=["a"])(lambda x: x), "agree"),
        (lambda: op(nout=0)(lambda x: x), "at least 1"),
    ],
)
def test_a_wrong_declaration_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_functions_that_cannot_be_ops_are_refused():
    with pytest.raises(TypeError, match="not a function written in Python"):
        op(len)
    with pytest.raises(TypeError, match="write @classmethod first"):
        op(classmethod(lambda cls: 1))
    with pytest.raises(TypeError, match="an op already"):
        op(inc)


def test_a_wrong_number_of_outputs_is_an_error(storage):
    @op(nout=2)
    def three(x):
        return 1, 2, 3

    with storage, pytest.raises(ValueError, match="declares 2 outputs and returned 3"):
        three(0)
    assert [call.status for call in storage.calls(three)] == ["error"]


def test_global_data_is_part_of_the_key(storage):
    scope = {"op": op}
    exec("factor = 2\n@op\ndef times(x):\n    return x * factor\n", scope)
    with storage:
        assert scope["times"](3).value == 6
        scope["factor"] = 5
        assert scope["times"](3).value == 15
        scope["factor"] = 2
        assert scope["times"](3).value == 6
    assert storage.stats().cached == 1


def test_order_in_a_dict_is_the_callers_in_arguments_and_in_results(storage):
    @op
    def columns(table):
        return list(table)

    @op
    def options(**given):
        return list(given)

    @op
    def built(first, second):
        return {first: 1, second: 1}

    with storage:
        assert [columns({"a": 1, "b": 2}).value, columns({"b": 2, "a": 1}).value] == [["a", "b"], ["b", "a"]]
        assert [options(a=1, b=2).value, options(b=2, a=1).value] == [["a", "b"], ["b", "a"]]
        assert [list(built("a", "b").value), list(built("b", "a").value)] == [["a", "b"], ["b", "a"]]


def test_a_global_that_the_body_changes_counts_as_it_was_before_and_is_told_once(storage):
    @op
    def drawn():
        deck.append(len(deck))
        return len(deck)

    @op
    def counted():
        global turns  # noqa: PLW0603 - what this is about
        turns += 1
        return turns

    @op
    def looked():
        return len(deck)

    with storage, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert [looked().value, drawn().value, drawn().value, looked().value, looked().value] == [2, 3, 4, 4, 4]
        assert [counted().value, counted().value] == [1, 2]
        deck[2:] = []  # as before the first call
        assert drawn().value == 3
        assert len(deck) == 2, "a hit"
    told = [str(warning.message) for warning in seen]
    assert [text.split(",")[0] for text in told] == ["the global 'deck'", "the global 'turns'"]
    assert "which drawn reads, changed while it ran" in told[0]
    assert "recorded with the value from before" in told[0]


def test_the_spans_of_hits_are_written_on_closing(path):
    storage = Storage(path)
    with storage:
        for _ in range(5):
            inc(41)
    storage.close()
    assert Storage(path).stats(everything=True).cached == 4


def test_the_number_of_outputs_is_part_of_the_key_and_naming_them_is_not(storage):
    def make(**options):
        @op(**options)
        def pair(x):
            note(x)
            return x, x + 1

        return pair

    with storage:
        assert [ref.value for ref in make()(5)] == [5, 6]
        assert make(nout=1)(5).value == (5, 6)
        assert runs == [5, 5]
        assert [ref.value for ref in make(nout=2)(5)] == [5, 6]
        assert [ref.value for ref in make(output_names=["a", "b"])(5)] == [5, 6]
    assert runs == [5, 5]


def test_a_result_has_one_shape_in_and_out_of_bodies(storage):
    @op
    def one(x):
        return (x,)

    @op(nout=2)
    def two(x):
        return [x, x]

    @op
    def outer(x, again):
        return [repr(one(x)), repr(two(x))]

    with storage:
        assert one(1).value == (1,)
        assert outer(2, 0).value == outer(2, 1).value == ["(2,)", "(2, 2)"]


def test_no_spelling_is_mistaken_for_another(storage):
    @op
    def catch(*args, **kwargs):
        return [list(args), kwargs]

    @op
    def positional(self, /, **kwargs):
        return [self, kwargs]

    with storage:
        assert catch(1, args_0=2).value == [[1], {"args_0": 2}]
        assert catch(3, args_0=2).value == [[3], {"args_0": 2}]
        assert catch(**{"args[0]": 3}).value == [[], {"args[0]": 3}]
        assert catch(3).value == [[3], {}]
        assert positional(1, self=2).value == [1, {"self": 2}]
        assert positional(2, self=1).value == [2, {"self": 1}]


def test_warnings_and_tracebacks_show_the_users_own_lines(storage):
    with storage, pytest.warns(MandalaLabWarning) as caught:
        unstorable(1)
    assert caught[0].filename == __file__
    with storage, pytest.raises(KeyError):
        fails(1)
    trace = storage.calls(fails)[0].error
    assert [line.split('"')[1] for line in trace.splitlines() if line.startswith("  File")] == [__file__]


def test_a_closed_storage_in_memory_says_so():
    storage = Storage()
    with storage:
        inc(1)
    storage.close()
    with pytest.raises(StoreError, match="in memory and is closed"):
        storage.calls()


def test_the_caller_sees_a_traceback_of_the_callers_own_lines(storage):
    @op
    def outer(x):
        return fails(x)

    with storage, pytest.raises(KeyError) as caught:
        outer(1)
    files = [entry.path.name for entry in caught.traceback]
    assert files.count("decorator.py") == 2  # one for each op; the rest is this file
    assert set(files) == {"decorator.py", "test_engine.py"}
    with storage, pytest.raises(ValueError, match="declares 2 outputs"):
        op(nout=2)(lambda: 1)()
