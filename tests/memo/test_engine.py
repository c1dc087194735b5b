from __future__ import annotations

import inspect
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from mandala_lab import (
    CorruptValueError,
    MandalaLabWarning,
    NewCallError,
    Storage,
    StoreError,
    noop,
    op,
)

runs: list[object] = []
note = runs.append  # code, not data: a list that an op reads would be part of its key


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
def unstorable(x):
    return lambda: x


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
        ref = inc(np.ma.array([1]))
    assert ref.value.tolist() == [2]
    assert len(caught) == 1


def test_a_store_that_cannot_write_costs_a_warning_and_not_the_value(storage, monkeypatch):
    def refuse(_entry):
        raise StoreError("disk full")

    monkeypatch.setattr(storage.store, "record", refuse)
    with storage, pytest.warns(MandalaLabWarning, match="disk full") as caught:
        assert inc(1).value == 2
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
    async def waits():
        return 1

    def yields():
        yield 1

    for function in (waits, yields, len):
        with pytest.raises(TypeError):
            op(function)
    with pytest.raises(TypeError, match="an op already"):
        op(inc)


def test_a_wrong_number_of_outputs_is_an_error(storage):
    @op(nout=2)
    def three(x):
        return 1, 2, 3

    with storage, pytest.raises(ValueError, match="declares 2 outputs and returned 3"):
        three(0)
    assert [call.status for call in storage.calls(three)] == ["error"]


def test_a_ref_refuses_to_pass_for_its_value(storage):
    with storage:
        ref = inc(0)
    for misuse in (lambda: bool(ref), lambda: ref == 1, lambda: ref < 1):
        with pytest.raises(TypeError, match="use ref"):
            misuse()
    assert ref == storage.load_ref(ref.hid)
    with pytest.raises(LookupError):
        storage.load_ref("0" * 40)


def test_threads_share_a_storage(storage):
    storage.activate()
    results = []

    def work():
        results.append([inc(number).value for number in range(20)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [list(range(1, 21))] * 8
    assert len(storage.calls(inc)) == 20


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


def test_damaged_bytes_are_never_returned(storage, path):
    import sqlite3

    with storage:
        ref = ends([5, 9])[1]
    with sqlite3.connect(path) as connection:
        connection.execute("update stored_values set data = x'00ff' where cid = ?", [bytes.fromhex(ref.cid)])
    connection.close()
    with pytest.raises(CorruptValueError, match=ref.cid):
        storage.unwrap(ref.detached())


SCRIPT = """
import sys
from mandala_lab import Storage, op

@op
def square(x):
    print("ran", x, flush=True)
    return x * x

with Storage(sys.argv[1]) as storage:
    for x in range(int(sys.argv[2])):
        square(x)
        print("done", x, flush=True)
"""


def _script(tmp_path, path, count, **options):
    (tmp_path / "work.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "work.py"), str(path), str(count)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, **options)


def test_another_process_gets_hits(tmp_path, path):
    first = _script(tmp_path, path, 3).communicate()[0]
    again = _script(tmp_path, path, 3).communicate()[0]
    assert first.count("ran") == 3
    assert again.count("ran") == 0
    assert again.count("done") == 3


def test_calls_that_returned_survive_a_kill(tmp_path, path):
    process = _script(tmp_path, path, 100_000)
    done = 0
    for line in process.stdout:
        done += line.startswith("done")
        if done == 40:
            process.send_signal(signal.SIGKILL)
            break
    done += sum(line.startswith("done") for line in process.stdout)
    process.stdout.close()
    process.wait()
    again = _script(tmp_path, path, done).communicate()[0]
    assert done >= 40
    assert again.count("ran") == 0


def test_the_spans_of_hits_are_written_on_closing(path):
    storage = Storage(path)
    with storage:
        for _ in range(5):
            inc(41)
    storage.close()
    assert Storage(path).stats(everything=True).cached == 4


def test_refs_inside_containers_stand_for_their_values(storage):
    @op
    def total(parts):
        note(parts)
        return sum(parts["kept"]) + sum(sum(inner) for inner in parts["nested"])

    with storage:
        one, two = inc(0), inc(1)
        with_refs = {"kept": [one, two], "nested": ((one,), [two])}
        assert total(with_refs).value == 6
        assert total({"kept": [1, 2], "nested": ((1,), [2])}).value == 6
        assert total(with_refs).value == 6
    assert [run for run in runs if isinstance(run, dict)] == [{"kept": [1, 2], "nested": ((1,), [2])}]
    assert total(with_refs) == 6  # outside a storage too
    assert storage.unwrap(with_refs) == {"kept": [1, 2], "nested": ((1,), [2])}


def test_a_result_may_hold_refs(storage):
    with storage:
        kept = inc(1)

        @op
        def wrap(x):
            return {"x": x, "kept": [kept]}

        assert wrap(1).value == {"x": 1, "kept": [2]}
        assert wrap(1).value == {"x": 1, "kept": [2]}


def test_each_thread_enters_and_leaves_for_itself(storage):
    both_in = threading.Barrier(2)
    found = []

    def work(number):
        with storage:
            both_in.wait(10)
            found.append(inc(number).value)
            both_in.wait(10)
        found.append(inc(number))

    threads = [threading.Thread(target=work, args=(10 * n,)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [11, 11, 21, 21]


def test_blocks_nest_and_the_outer_resumes(storage, tmp_path):
    other = Storage(tmp_path / "other.db")
    with storage:
        with other, noop():
            assert inc(1) == 2
        with other:
            inc(2)
            with storage:
                inc(3)
            inc(4)
        inc(5)
    assert storage.store.count_calls() == 2
    assert other.store.count_calls() == 2
    other.close()


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


def test_a_loaded_value_that_was_changed_does_not_become_a_key(storage):
    @op
    def listing(n):
        return list(range(n))

    @op
    def total(parts):
        return sum(map(sum, parts))

    with storage:
        ref = listing(3)
        ref.value.append(100)
        assert total([ref]).value == 3
        assert total([[0, 1, 2, 100]]).value == 103


def test_a_ref_of_another_storage_brings_its_value(storage, tmp_path):
    @op
    def listing(n):
        return list(range(n))

    other = Storage(tmp_path / "other.db")
    with other:
        foreign, number = listing(3), inc(1)
    with storage:
        assert ends(foreign)[1].value == 2
        assert inc(number).value == 3
        assert ends([number, 0])[1].value == 2
    other.close()
    assert storage.store.count_calls() == 3
    assert storage.cf(ends).df("items")["items"].tolist() == [[0, 1, 2], [2, 0]]


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
    for _ in range(400):
        deep = [deep]
    cyclic: list = []
    cyclic.append(cyclic)
    for value in (deep, cyclic, np.array([(1, "a")], dtype=[("x", int), ("y", object)])[0]):
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


def test_warnings_and_tracebacks_show_the_users_own_lines(storage):
    with storage, pytest.warns(MandalaLabWarning) as caught:
        unstorable(1)
    assert caught[0].filename == __file__
    with storage, pytest.raises(KeyError):
        fails(1)
    trace = storage.calls(fails)[0].error
    assert [line.split('"')[1] for line in trace.splitlines() if line.startswith("  File")] == [__file__]


def test_catchers_cannot_be_ignored():
    with pytest.raises(ValueError, match="'kwargs', which takes any number"):
        op(ignore_args=["kwargs"])(lambda **kwargs: kwargs)


def test_a_closed_storage_in_memory_says_so():
    storage = Storage()
    with storage:
        inc(1)
    storage.close()
    with pytest.raises(StoreError, match="in memory and is closed"):
        storage.calls()


def test_refs_outlive_their_storage(path):
    def make(place):
        with Storage(place) as storage:
            return ends([3, 4])[1], storage.session

    for place in (path, ":memory:"):
        ref, _ = make(place)
        if place is path:
            assert [file.name for file in path.parent.glob("store.db*")] == ["store.db"]  # its logs are gone
        assert ref.detached().value == 4


FORKING = """
import multiprocessing, sys
from mandala_lab import Storage, op

@op
def square(x):
    return x * x

@op
def spread(numbers):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(square, numbers)

storage = Storage(sys.argv[1])
storage.activate()
for x in range(5):
    square(x)
with multiprocessing.get_context("fork").Pool(3) as pool:
    assert [ref.value for ref in pool.map(square, range(60))] == [x * x for x in range(60)]
assert len(spread(list(range(60, 80))).value) == 20
for x in range(80, 85):
    square(x)
print(storage.stats(everything=True).computed, storage.store.count_calls())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_processes_record_for_themselves(tmp_path, path):
    (tmp_path / "work.py").write_text(FORKING)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(tmp_path / "work.py"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["86", "86"]
    assert Storage(path).stats(everything=True).computed == 86


def test_a_store_that_was_deleted_is_told_of_and_costs_no_result(storage, path):
    def use(*numbers):
        with storage:
            return [inc(x).value for x in numbers]

    use(1)
    path.unlink()
    with pytest.warns(MandalaLabWarning, match="was deleted or replaced while it was open") as caught:
        assert use(2, 1) == [3, 2]
    assert len(caught) == 2  # the call, and the span of the hit


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
