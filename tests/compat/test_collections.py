"""Collections that are stored element by element: what users of mandala write with MList and its kin."""

from __future__ import annotations

from typing import Optional

import pytest
from collection_ops import (
    arrays,
    first_of,
    flat,
    grid,
    inc,
    numbers,
    numbers_kept,
    pair,
    runs,
    size,
    table,
    total,
    total_whole,
    unique,
    values_of,
)

from mandala_lab import (
    DictRef,
    ListRef,
    MandalaLabWarning,
    MDict,
    MList,
    Ref,
    SetRef,
    Storage,
    TupleRef,
    get_content_hash,
    op,
)


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


def test_a_result_is_a_list_of_refs_with_length_loop_index_and_slice(storage):
    with storage:
        xs = numbers(4)
    assert isinstance(xs, ListRef)
    assert len(xs) == 4
    assert [x.value for x in xs] == [0, 10, 20, 30] == xs.value
    assert xs[-1].value == 30
    part = xs[1:3]
    assert type(part) is list
    assert [x.value for x in part] == [10, 20]
    with pytest.raises(IndexError):
        xs[4]


def test_the_content_id_is_that_of_the_plain_list(storage):
    with storage:
        assert numbers(3).cid == get_content_hash([0, 10, 20])


def test_equal_elements_are_stored_once(storage):
    with storage:
        xs = arrays(6)
        assert len({x.cid for x in xs}) == 2
        assert len({x.hid for x in xs}) == 6
    assert storage.stats().values == 3  # two arrays, and the list


def test_an_element_leads_back_to_the_call_that_made_the_list(storage):
    with storage:
        xs = numbers(3)
        taken = storage.get_ref_creator(xs[1])
        assert taken.name == "items"
        assert taken.inputs["collection"] == xs
        assert storage.get_ref_creator(taken.inputs["collection"]).name == "numbers"
        assert storage.get_consumers([xs]) == [taken]


def test_a_list_of_refs_keeps_the_history_of_each(storage):
    with storage:
        ys = [inc(x) for x in numbers(3)]
        call = storage.get_ref_creator(total(ys))
        given = call.inputs["xs"]
        assert isinstance(given, ListRef)
        assert list(given) == ys
        assert {one.name for one in storage.get_consumers(ys)} == {"list"}


def test_a_frame_connects_elements_and_lists_without_running_anything(storage):
    with storage:
        result = total([inc(x) for x in numbers(3)])
    runs.clear()
    frame = storage.cf(result).expand_back(recursive=True)
    frame.check()
    assert {"numbers", "items", "inc", "list", "total"} == set(frame.fnames)
    assert sum(len(hids) for hids in frame.graph.operations.values()) == 7
    assert storage.cf("run").edges() != []
    storage.cf("run").check()
    assert runs == []


def test_expanding_forward_from_the_input_of_a_list_reaches_the_aggregate(storage):
    with storage:
        xs = numbers(3)
        total([inc(x) for x in xs])
        frame = storage.cf({"xs": xs}).expand_forward(recursive=True)
    frame.check()
    assert {"items", "inc", "list", "total"} == set(frame.fnames)


def test_lists_of_equal_content_and_other_history_do_not_run_again(storage):
    with storage:
        one = total([inc(x) for x in numbers(2)])
        other = total([1, 11])
    assert one.cid == other.cid
    assert one.hid != other.hid
    assert runs == [2, 2]  # numbers(2), total: the third call is a content hit


def test_a_content_hit_derives_the_histories_of_the_elements_anew(storage):
    with storage:
        first = numbers_kept(10, 3)
        second = numbers_kept(inc(9), 3)
        assert runs == [3]
        assert [x.cid for x in first] == [x.cid for x in second]
        assert not {x.hid for x in first} & {x.hid for x in second}
        assert storage.get_ref_creator(second[0]).inputs["collection"] == second
        frame = storage.cf(second[0]).expand_back(recursive=True)
        assert "inc" in frame.fnames


def test_after_reopening_everything_is_a_hit_and_elements_are_the_same(path):
    with Storage(path) as storage:
        before = numbers(3)
        kept = [x.hid for x in before]
        total([inc(x) for x in before])
    storage.close()
    runs.clear()
    with Storage(path) as again:
        xs = numbers(3)
        assert [x.hid for x in xs] == kept
        total([inc(x) for x in xs])
        assert again.stats().computed == 0
    again.close()
    assert runs == []


def test_dicts_sets_and_tuples(storage):
    with storage:
        d = table(1)
        assert isinstance(d, DictRef)
        assert list(d) == ["b", "a", "c"]
        assert d["a"].value == 2
        assert "a" in d
        assert "z" not in d
        assert {key: ref.value for key, ref in d.items()} == d.value == {"b": 1, "a": 2, "c": 1}
        assert values_of({"x": d["a"], "y": inc(d["b"])}).value == [2, 2]
        s = unique([3, 1, 3])
        assert isinstance(s, SetRef)
        assert len(s) == 2
        assert s.value == {1, 3}
        assert next(iter(s)) in s
        assert size({inc(1), inc(2)}).value == 2
        t = pair(7)
        assert isinstance(t, TupleRef)
        assert [x.value for x in t] == [7, "7"]
        assert t[:1] == (t[0],)
        assert t.value == (7, "7")
        assert first_of((inc(4), "b")).value == 5


def test_the_order_of_a_dict_belongs_to_it(storage):
    with storage:
        a, b = inc(1), inc(2)
        assert values_of({"x": a, "y": b}).hid == values_of({"x": a, "y": b}).hid
        assert values_of({"y": b, "x": a}).hid != values_of({"x": a, "y": b}).hid
        assert values_of({"x": b, "y": a}).hid != values_of({"x": a, "y": b}).hid
        taken = storage.get_ref_creator(values_of({"y": b, "x": a})).inputs["d"]
        assert taken["x"] == a
        assert taken["y"] == b


def test_keys_need_not_be_text(storage):
    @op
    def squares(n) -> MDict[int, int]:
        return {i: i * i for i in range(n)} | {(1, 2): 5}

    with storage:
        d = squares(3)
        assert d[2].value == 4
        assert d[(1, 2)].value == 5


def test_nested_annotations_go_down_level_by_level(storage):
    with storage:
        rows = grid(3)
        assert isinstance(rows[2], ListRef)
        assert rows[2][2].value == 4
        assert storage.get_ref_creator(rows[2][1]).inputs["collection"] == rows[2]
        assert flat([[inc(rows[2][2])], rows[1]]).value == [5, 0, 1, 2]
        frame = storage.cf(flat([[inc(rows[2][2])], rows[1]])).expand_back(recursive=True)
        assert "grid" in frame.fnames
        assert storage.unwrap(rows) == [[0, 0, 0], [0, 1, 2], [0, 2, 4]]


def test_one_of_several_outputs_may_be_a_collection(storage):
    @op
    def split(xs) -> tuple[MList[int], int]:
        return sorted(xs), len(xs)

    with storage:
        ordered, number = split([3, 1])
        assert [x.value for x in ordered] == [1, 3]
        assert number.value == 2


def test_annotations_may_be_optional_of_unknown_names_or_wrong(storage):
    @op
    def maybe(xs: Optional[MList[int]] = None, other: NotThere.either = 1) -> MList[NotThereYet]:  # noqa: F821, UP045
        return list(xs or ())

    with storage:
        assert len(maybe()) == 0
        assert [x.value for x in maybe([inc(1)])] == [2]


def test_elements_of_star_args_may_be_collections(storage):
    @op
    def joined(*lists: MList[int]):
        return [x for one in lists for x in one]

    with storage:
        call = storage.get_ref_creator(joined([inc(1)], [2]))
    assert [type(ref) for ref in call.inputs.values()] == [ListRef, ListRef]
    assert call.inputs["lists[0]"][0].value == 2


def test_without_an_annotation_a_list_is_one_value(storage):
    with storage:
        call = storage.get_ref_creator(total_whole([inc(1), inc(2)]))
    assert type(call.inputs["xs"]) is Ref
    assert call.inputs["xs"].value == [2, 3]


def test_a_ref_of_a_whole_list_is_taken_as_it_is(storage):
    @op
    def whole(n):
        return list(range(n))

    with storage:
        xs = whole(3)
        assert storage.get_ref_creator(total(xs)).inputs["xs"] == xs


def test_refs_of_values_that_are_one_element_for_python_are_not_confused(storage):
    @op
    def same(x):
        return x

    with storage, pytest.warns(MandalaLabWarning, match="equal for Python, such as 1 and True"):
        assert size({same(1), same(True)}).value == 1
    assert storage.calls(size) == []


def test_a_list_that_is_stored_whole_already_still_has_elements(storage):
    with storage:
        storage_first = total_whole(list(range(0, 400, 10)))
        xs = numbers(40)
        assert xs[39].value == 390
        assert storage.get_ref_creator(inc(xs[39])).inputs["x"] == xs[39]
        assert storage.get_ref_creator(total(list(range(0, 400, 10)))).inputs["xs"][2].value == 20
    assert storage_first.value == 7800


def test_inside_a_body_collections_are_plain(storage):
    @op
    def outer(n):
        xs = numbers(n)
        assert type(xs) is list
        return total(xs)

    with storage:
        assert outer(3).value == 30
        assert outer(3).value == 30
    assert [call.name for call in storage.calls("outer")[0].children] == ["numbers", "total"]
