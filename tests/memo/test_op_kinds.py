"""Ops of every kind: impure and unsaved ones, async ones, generators, methods, and wrapped arguments."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest

from mandala_lab import Ignore, MandalaLabWarning, MSet, NewArgDefault, Storage, ValuePointer, noop, op

runs: list[object] = []
note = runs.append


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


@op(pure=False)
def draw(x):
    note(x)
    return len(runs)


@op(save=False, output_names=["size"])
def big(x):
    note(x)
    return [x] * 100


@op
async def fetch(x):
    note(x)
    await asyncio.sleep(0)
    return x + 1


@op
async def fetch_twice(x):
    return await fetch(x) + await fetch(x)


class Model:
    def __init__(self, weight):
        self.weight = weight

    @op
    def predict(self, x):
        note(x)
        return self.weight * x

    @classmethod
    @op
    def named(cls, x):
        note(x)
        return f"{cls.__name__}{x}"

    @staticmethod
    @op
    def still(x):
        note(x)
        return x


def test_an_impure_op_runs_each_time_and_each_time_is_recorded(storage):
    with storage:
        refs = [draw(1), draw(1)]
    assert [ref.value for ref in refs] == [1, 2]
    assert refs[0].hid != refs[1].hid
    assert [call.outputs["output_0"].value for call in storage.calls(draw)] == [1, 2]
    assert storage.stats().computed == 2


def test_values_that_are_not_saved_are_known_by_their_ids(storage):
    with storage:
        first, second = big(3), big(3)
    assert first.value == second.value == [3] * 100
    assert runs == [3, 3]
    (call,) = storage.calls(big)
    assert call.outputs["size"].cid == first.cid
    assert call.outputs["size"].value == [3] * 100
    assert runs == [3, 3, 3], "made again for who asks for it, and not stored"
    runs.pop()

    @op(save={"data": False})
    def count(data, by):
        note(by)
        return len(data) * by

    with storage:
        assert count(list(range(1000)), 2).value == count(list(range(1000)), 2).value == 2000
    assert runs[2:] == [2]
    with pytest.raises(LookupError, match="is not in the store"):
        storage.calls(count)[0].inputs["data"].value  # noqa: B018
    with pytest.raises(ValueError, match="did you mean 'data'"):
        op(save={"dat": False})(lambda data: data)


def test_an_async_op_is_memoized_and_knows_its_parent(storage):
    async def work():
        with storage:
            return [await fetch_twice(1), await fetch_twice(1), *(await asyncio.gather(fetch(5), fetch(6)))]

    results = asyncio.run(work())
    assert [ref.value for ref in results] == [4, 4, 6, 7]
    assert runs == [1, 5, 6]
    parents = {span.parent for call in storage.calls(fetch) for span in storage.store.spans_of_call(call.hid)}
    assert len(parents) == 2  # the span of fetch_twice, and none
    assert asyncio.run(fetch(3)) == 4

    @op
    async def fails(x):
        raise OSError("away")

    async def try_it():
        with storage:
            await fails(1)

    with pytest.raises(OSError, match="away"):
        asyncio.run(try_it())
    assert [call.status for call in storage.calls(fails)] == ["error"]


def test_each_task_and_thread_has_a_storage_of_its_own(tmp_path):
    first, second = Storage(tmp_path / "a.db"), Storage(tmp_path / "b.db")

    async def work(storage, x):
        with storage:
            await asyncio.sleep(0)
            ref = await fetch(x)
            await asyncio.sleep(0)
            return ref.comes_from(storage._parts.loader)

    async def both():
        return await asyncio.gather(work(first, 1), work(second, 2))

    assert asyncio.run(both()) == [True, True]
    assert [first.store.count_calls(), second.store.count_calls()] == [1, 1]
    seen = []

    def outside():
        seen.append(Model.still(1))

    with first:
        thread = threading.Thread(target=outside)
        thread.start()
        thread.join()
    assert seen == [1]


def test_a_generator_reaches_the_caller_with_a_warning(storage):
    @op
    def lazily(n):
        yield from range(n)

    @op
    def maps(n):
        return map(str, range(n))

    with storage:
        with pytest.warns(MandalaLabWarning, match="nothing is stored: return a list"):
            assert list(lazily(3)) == [0, 1, 2]
        with pytest.warns(MandalaLabWarning, match="made one by one, so nothing is stored"):
            assert list(maps(2)) == ["0", "1"]
    assert list(lazily(2)) == [0, 1]
    assert storage.calls() == []


def test_static_methods_are_ops(storage):
    with storage:
        assert Model.still(2).value == Model(1).still(2).value == 2
    assert runs == [2]


def test_ignored_arguments_share_one_call_and_reach_the_body(storage):
    @op
    def add(x, y, verbose=Ignore(False)):
        note(verbose)
        return x + y

    with storage:
        assert add(1, 2).hid == add(1, 2, verbose=Ignore(True)).hid
    assert False in runs
    assert add(1, 2) == 3
    assert runs[-1] is False
    assert add(1, Ignore(4)) == 5


def test_a_pointer_is_keyed_by_its_id_and_its_object_reaches_the_body(storage):
    @op
    def size(data):
        note(len(data))
        return len(data)

    with storage:
        assert size(ValuePointer("a", [1, 2])).value == 2
        assert size(ValuePointer("a", [1, 2, 3])).value == 2
        assert size(ValuePointer("b", [1, 2, 3])).value == 3
        assert size([1, 2, 3]).value == 3
    assert runs == [2, 3, 3]
    assert storage.calls(size)[0].inputs["data"].value.id == "a"
    assert size(ValuePointer("a", "xyz")) == 3
    with pytest.raises(ValueError, match="needs an id"):
        ValuePointer("", 1)


def test_a_new_argument_at_its_default_is_as_if_it_were_not_there(storage):
    @op
    def scaled(x, by=NewArgDefault(1)):
        note(by)
        return x * by

    @op
    def one(x):
        return x

    with storage:
        refs = [scaled(3), scaled(3, by=1), scaled(3, one(1)), scaled(3, by=2)]
    assert [ref.value for ref in refs] == [3, 3, 3, 6]
    assert runs == [1, 2]
    assert [list(call.inputs) for call in storage.calls(scaled)] == [["x"], ["x", "by"]]
    assert scaled(3) == 3
    with storage, noop():
        assert scaled(3) == 3


def test_an_argument_that_is_changed_in_place_is_keyed_by_what_it_was(storage):
    @op
    def grow(items):
        items.append(0)
        return len(items)

    given = [1, 2]
    with storage, pytest.warns(MandalaLabWarning, match="changed its argument 'items' in place") as caught:
        assert grow(given).value == 3
    assert len(caught) == 1
    again = [1, 2]
    with storage, pytest.warns(MandalaLabWarning, match="a hit leaves it as it is") as caught:
        assert [grow(again).value, grow(again).value] == [3, 3]
    assert len(caught) == 1
    assert again == [1, 2]
    assert storage.calls(grow)[0].inputs["items"].value == [1, 2]
    assert storage.stats().cached == 2
    storage.close()
    with Storage(storage.path), pytest.warns(MandalaLabWarning, match="a hit leaves it as it is"):
        assert grow(again).value == 3


def test_refs_of_one_value_in_a_set_change_nothing(storage):
    @op
    def double(x):
        return 2 * x

    @op
    def count(items: MSet[int]):
        return len(items)

    with storage:  # a warning would fail this test
        assert count({double(3), double(double(1)), double(2)}).value == 2


def test_a_result_that_is_not_stored_is_passed_on_while_its_ref_is_held(storage):
    @op
    def total(items):
        items.append(1)
        return sum(items)

    with storage:
        ref = big(3)
        storage.clear_cache(allow_uncommitted=True)
        assert total(ref).value == 301
        assert ref.value == [3] * 100


def test_what_a_holder_does_to_an_unsaved_result_is_not_passed_on(storage):
    @op
    def doubled(items):
        return items * 2

    with storage:
        ref = big(3)
        assert runs == [3]
        assert doubled(ref).value == [3] * 200
        assert runs == [3], "what is held is as it was"
        again = big(2)
        again.value.append("mine")
        assert doubled(again).value == [2] * 200
        assert runs == [3, 2, 2], "made again"
        assert doubled([2] * 100).value == [2] * 200


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda: op("f"), "name of the op"),
        (lambda: op(version=1)(lambda x: x), "version is a text, not int"),
        (lambda: op(name=5)(lambda x: x), "name is a text, not int"),
        (lambda: op(save=5)(lambda x: x), "save is True, False, or a dict"),
        (lambda: op(5), "op takes a function, not int"),
        (lambda: op(outputnames=["a"])(lambda x: x), "op has no option 'outputnames'; did you mean 'output_names'?"),
    ],
)
def test_a_slip_in_the_options_is_told(misuse, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        misuse()
