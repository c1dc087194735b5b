"""What code in mandala's style relies on of a storage, and how it answers bad input."""

from __future__ import annotations

import contextvars
import linecache
import threading

import numpy as np
import pytest

from mandala_lab import MandalaLabWarning, NewCallError, StaleCodeError, Storage, op

runs: list[object] = []
note = runs.append


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


@op
def inc(x):
    note(x)
    return x + 1


@op
def scale(x, factor=2):
    note(x)
    return x * factor


def test_blocks_nest_and_the_outer_one_resumes(storage, tmp_path):
    inner = Storage(tmp_path / "inner.db")
    with storage:
        inc(1)
        with inner:
            inc(2)
        inc(3)
    inner.close()
    assert [call.inputs["x"].value for call in storage.calls()] == [1, 3]


def test_a_raising_op_keeps_earlier_calls(storage):
    @op
    def fails(x):
        raise KeyError(x)

    with storage:
        inc(1)
    with pytest.raises(KeyError), storage:
        fails(1)
    assert len(storage.calls(inc, status="ok")) == 1
    assert len(storage.calls(status="error")) == 1
    with pytest.raises(KeyError), storage:
        fails(1)


def test_only_lookups_where_new_calls_are_not_allowed(storage):
    with storage:
        inc(1)
        storage.allow_new_calls(False)
        assert inc(1).value == 2
        with pytest.raises(NewCallError) as caught:
            inc(2)
        assert str(caught.value) == "Call to inc does not exist and new calls are not allowed."
        storage.allow_new_calls(True)
        assert inc(2).value == 3
    assert isinstance(caught.value, RuntimeError)


def test_an_unknown_mode_is_refused(storage):
    with pytest.raises(ValueError, match="did you mean 'noop'"):
        storage(mode="nop")


def test_the_cache_is_not_cleared_over_uncommitted_calls(storage):
    with storage:
        inc(1)
        with pytest.raises(ValueError, match="commit"):
            storage.clear_cache()
        storage.clear_cache(allow_uncommitted=True)
        storage.commit()
        storage.clear_cache()
        assert inc(1).value == 2
    assert runs == [1]


def test_unwrap_and_attach(storage):
    with storage:
        refs = {"a": [inc(1)], "b": (inc(2), 5)}
    assert storage.unwrap(refs) == {"a": [2], "b": (3, 5)}
    detached = refs["a"][0].detached()
    assert storage.attach([detached])[0].obj == 2
    assert not detached.in_memory
    assert storage.attach([detached], inplace=True) is None
    assert detached.obj == 2


def test_a_ref_is_loaded_by_its_history(storage):
    with storage:
        ref = inc(1)
    assert storage.load_ref(ref.hid).obj == 2
    assert storage.load_ref(ref.hid, in_memory=False).obj is None
    with pytest.raises(LookupError):
        storage.load_ref("00" * 22)


def test_provenance_also_inside_a_block(storage):
    with storage:
        one = inc(1)
        two = inc(one)
        assert storage.get_ref_creator(two).inputs["x"] == one
        assert storage.get_consumers([one.hid]) == [storage.get_ref_creator(two)]
        assert storage.get_ref_creator(storage.get_ref_creator(one).inputs["x"]) is None


def test_frames_from_every_source(storage):
    with storage:
        refs = [inc(i) for i in range(3)]
    names = {"xs": refs}
    assert len(storage.cf(inc).graph.calls) == 3
    assert storage.cf(refs[0]).vnames == ["v"] or set(storage.cf(refs[0]).vnames) == {"v"}
    assert storage.cf(refs).df()["v"].map(int).sum() == 6
    assert storage.cf([ref.hid for ref in refs]).df()["v"].map(int).sum() == 6
    assert set(storage.cf(names).vnames) == {"xs"}
    assert names == {"xs": refs}
    assert storage.cf(scale).df().empty
    with pytest.raises(ValueError, match="frame"):
        storage.cf(5)


def test_calls_are_dropped_from_any_iterable(storage):
    with storage:
        two = inc(inc(1))
    first, second = storage.calls(inc)
    with pytest.raises(ValueError, match="took what these calls made"):
        storage.drop_calls([first], delete_dependents=False)
    storage.drop_calls((call.hid for call in [first]), delete_dependents=True)
    assert storage.calls() == []
    assert storage.cleanup_refs() == 0
    with pytest.raises(LookupError):
        storage.drop_calls([second.hid], delete_dependents=False)
    assert two.hid


def test_code_versions_are_kept(path):
    scope = {"op": op, "__name__": "kept"}
    with Storage(path) as storage:
        _run_cell("@op\ndef f(x):\n    return x", scope)
        scope["f"](1)
        _run_cell("@op\ndef f(x):\n    return x + 1", scope)
        scope["f"](1)
        first, second = storage.versions(scope["f"])
        assert "x + 1" in storage.diff(first, second)
        assert storage.source_history(scope["f"])
        with pytest.raises(ValueError, match="version"):
            storage.diff("abc", second)
    storage.close()


def _run_cell(code, scope):
    """Run code whose source can be found, as that of a cell can."""
    name = f"<cell {len(linecache.cache)}>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    exec(compile(code, name, "exec"), scope)


def test_ops_by_name_and_exit_hooks(storage):
    left = []
    storage._exit_hooks.append(left.append)
    with storage:
        inc(1)
        scale(1)
    assert left == [storage]
    assert set(storage.ops.cache) == {"inc", "scale"}
    assert storage.ops.cache["inc"] is inc


def test_calls_are_found_by_op_status_and_argument(storage):
    with storage:
        scale(1, factor=3)
        scale(2)
    assert [call.inputs["x"].value for call in storage.calls(scale, where={"factor": 2})] == [2]
    with pytest.raises(ValueError, match="status"):
        storage.calls(status="fine")
    with pytest.raises(LookupError):
        storage.get_call("zz")


@pytest.mark.parametrize("policy", ["recompute", "reuse", "warn", "error"])
def test_policies_for_changed_code_never_prompt(policy, path, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("nobody asked for questions"))
    scope = {"op": op, "__name__": "policies"}
    exec("@op\ndef f(x):\n    return x", scope)
    with Storage(path) as storage:
        assert scope["f"](1).value == 1
    storage.close()
    exec("@op\ndef f(x):\n    return x + 1", scope)
    with Storage(path, on_change=policy) as storage:
        if policy == "recompute":
            assert scope["f"](1).value == 2
        elif policy == "reuse":
            assert scope["f"](1).value == 1
        elif policy == "warn":
            with pytest.warns(MandalaLabWarning):
                assert scope["f"](1).value == 1
        else:
            with pytest.raises(StaleCodeError):
                scope["f"](1)
    storage.close()


def _arange(n):
    return np.arange(n)


def test_large_values_lie_in_the_overflow_folder_one_file_each(tmp_path):
    folder = tmp_path / "large"
    with Storage(tmp_path / "s.db", overflow_dir=folder, overflow_threshold_MB=0.1) as storage:
        made = op(_arange, name="arange")(100_000)
        inc(1)
    storage.clear_cache()
    assert len([one for one in folder.rglob("*") if one.is_file()]) == 1
    assert made.value[-1] == 99_999
    storage.close()


def test_options_of_mandalas_tracers_are_accepted():
    options = dict.fromkeys(
        "strict_tracing skip_unhashable_globals skip_globals_silently skip_missing_deps skip_missing_silently "
        "track_globals".split(),
        True,
    )
    with Storage(tracer_impl=None, deps_package="mine", **options):
        assert inc(1).value == 2


def test_an_unknown_option_names_the_nearest():
    with pytest.raises(TypeError, match="no option 'overflow_di'; did you mean 'overflow_dir'"):
        Storage(overflow_di="x")
    with pytest.raises(TypeError, match="did you mean 'strict_tracing'"):
        Storage(strict_tracin=True)


def test_a_storage_is_no_argument(storage):
    with storage:
        with pytest.raises(TypeError, match="a storage is no value"):
            inc(storage)
        with pytest.raises(TypeError, match="a storage is no value"):
            inc([storage])
    assert runs == []


def test_arguments_and_results_may_be_named_like_outputs(storage):
    @op
    def f(output_0, output_names=1):
        return output_0 + output_names

    with storage:
        three = f(f(1), output_names=1)
    frame = storage.cf(three).expand_back(recursive=True)
    frame.check()
    assert three.value == 3
    assert set(storage.calls(f)[0].inputs) == {"output_0", "output_names"}


def test_an_output_may_be_named_like_its_op(storage):
    @op(output_names=["model"])
    def model(x):
        return x

    with storage:
        frame = storage.cf(model(1)).expand_back(recursive=True)
    frame.check()
    assert len(frame.fnames) == 1


def test_a_mutated_argument_is_keyed_by_its_state_at_entry(storage):
    @op
    def append(xs):
        xs.append(1)
        return len(xs)

    with storage:
        with pytest.warns(MandalaLabWarning, match="changed its argument"):
            append([0])
        assert storage.calls(append)[0].inputs["xs"].value == [0]


def test_results_do_not_change_with_what_callers_do(storage):
    @op
    def listing(n):
        return list(range(n))

    with storage:
        listing(3).value.append(5)
        assert listing(3).value == [0, 1, 2]


def test_unstorable_results_come_back_with_one_warning(storage):
    @op
    def handle(x):
        return iter([x])

    with storage, pytest.warns(MandalaLabWarning) as caught:
        assert list(handle(1)) == [1]
    assert len(caught) == 1
    assert storage.calls() == []


def test_ops_of_one_short_name_are_distinct_and_told_of(storage):
    def make(factor):
        scope = {"op": op, "__name__": f"module_{factor}"}
        exec(f"@op\ndef f(x):\n    return x * {factor}", scope)
        return scope["f"]

    two, three = make(2), make(3)
    with storage:
        assert two(1).value == 2
        with pytest.warns(MandalaLabWarning, match="two ops of this storage go by the name 'f'"):
            assert three(1).value == 3
        assert [two(2).value, three(2).value] == [4, 6]


def test_an_op_of_an_earlier_session_counts_as_a_namesake(path):
    scope = {"op": op, "__name__": "before"}
    exec("@op\ndef inc(x):\n    return x", scope)
    with Storage(path) as storage:
        scope["inc"](1)
    storage.close()
    with Storage(path) as storage, pytest.warns(MandalaLabWarning, match="before:inc and "):
        inc(1)
    storage.close()


def test_renaming_outputs_keeps_old_calls(path):
    scope = {"op": op, "note": note, "__name__": "renamed"}
    with Storage(path) as storage:
        exec("@op(output_names=['a', 'b'])\ndef f(x):\n    note(x)\n    return x, x + 1", scope)
        scope["f"](1)
    storage.close()
    with Storage(path) as storage:
        exec("@op(output_names=['low', 'high'])\ndef f(x):\n    note(x)\n    return x, x + 1", scope)
        assert storage.unwrap(scope["f"](1)) == (1, 2)
    storage.close()
    assert runs == [1]


def test_keys_of_dicts_need_not_be_text(storage):
    with storage:
        assert op(lambda d: {1: d[(1, 2)]}, name="keys")({(1, 2): 3}).value == {1: 3}


def test_the_current_storage_is_of_the_thread(storage):
    seen = []
    with storage:
        thread = threading.Thread(target=lambda: seen.append(inc(1)))
        thread.start()
        thread.join()
        thread = threading.Thread(target=contextvars.copy_context().run, args=(lambda: seen.append(inc(1).value),))
        thread.start()
        thread.join()
    assert seen == [2, 2]
    assert len(storage.calls()) == 1


def test_spellings_of_a_call_are_one_call(storage):
    with storage:
        assert scale(1) == scale(x=1) == scale(1, 2) == scale(1, factor=2)
    assert runs == [1]


def test_numbers_of_other_types_are_other_values(storage):
    with storage:
        assert len({inc(1).hid, inc(1.0).hid, inc(True).hid}) == 3
