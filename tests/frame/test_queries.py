"""Questions to a frame: selections as text, `where`, groups, comparisons, replacements, deletions."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandala_lab import MandalaLabError, Storage, op
from mandala_lab.frame.selectors import ALL_STEPS, read_selection
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.encoding.spellings import equal_ids

ran: list[float] = []
note = ran.append


@op(output_names=["model", "loss"])
def fit(data, depth):
    if depth > 8:
        raise ValueError("too deep")
    return {"depth": depth, "data": data}, 1 / depth


@op(output_names=["acc"])
def score(model, data):
    note(model["depth"])
    return model["depth"] / 10 + data


@op(output_names=["best"])
def slow_best(one, other):
    time.sleep(0.02)
    return max(one, other)


@pytest.fixture
def fits(storage):
    with storage:
        scores = []
        for depth in (1, 2, 4, 9):
            try:
                model, _ = fit(0.0, depth)
            except ValueError:
                continue
            scores.append(score(model, 0.0))
        slow_best(scores[0], scores[1])
    return storage


@pytest.fixture
def frame(fits):
    return fits.cf("run")


def numbers(frame, name):
    return sorted(ref.value for ref in frame.refs_by_var().get(name, []))


@pytest.mark.parametrize(
    ("selection", "nodes"),
    [
        ("acc", {"acc"}),
        ("fit", {"fit", "data", "depth", "model", "loss"}),
        ("+acc", {"acc", "score", "model", "data_0", "fit", "data", "depth", "loss"}),
        ("1+acc", {"acc", "score", "model", "data_0"}),
        ("2+acc !var:data*", {"acc", "score", "model"}),
        ("acc+", {"acc", "slow_best", "best"}),
        ("acc+1", {"acc", "slow_best", "best"}),
        ("op:s*", {"score", "slow_best", "model", "data_0", "acc", "best"}),
        ("op:*test_queries:fit", {"fit", "data", "depth", "model", "loss"}),
        ("var:d*", {"data", "data_0", "depth"}),
        ("status:error", {"fit", "data", "depth"}),
        ("loss best", {"loss", "best"}),
        ("duration:>10ms", {"slow_best", "acc", "best"}),
        ("fit,status:ok,duration:<1h", {"fit", "data", "depth", "model", "loss"}),
        ("depth=9+", {"depth", "fit", "data"}),
        ("fit , status:error", {"fit", "data", "depth"}),
        ("time:>2020-01-31 12:30 !op:*", {"data", "data_0", "depth", "model", "loss", "acc", "best"}),
        ("time:>2020-01-31 !op:*", {"data", "data_0", "depth", "model", "loss", "acc", "best"}),
    ],
)
def test_a_selection_finds(frame, selection, nodes):
    found = frame.select(selection)
    found.check()
    assert set(found.nodes) == nodes
    assert set(found.calls) <= set(frame.calls)


def test_a_selection_finds_elements_not_only_nodes(frame):
    assert numbers(frame.select("depth>1,depth<9"), "depth") == [2, 4]
    assert len(frame.select("status:error").calls) == 1
    assert numbers(frame.select("depth=4+"), "acc") == [0.4]
    assert numbers(frame.select("+best"), "depth") == [1, 2]
    assert frame.select("status:ok").compare(frame).nodes[0].node == "depth"
    run = frame.store.spans_of_call(next(iter(frame.calls)))[0].run
    assert len(frame.select(f"run:{run}").calls) == len(frame.calls)
    version = next(iter(frame.calls.values())).version
    assert {call.version for call in frame.select(f"version:{version[:6]}").calls.values()} == {version}


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ("", "a selection is empty"),
        ("stat:error", "there is no 'stat:'; did you mean 'status'"),
        ("status:eror", "did you mean 'error'"),
        ("status:", "such as status:error"),
        ("modle", "did you mean 'model'"),
        ("op:model", "'model' is a variable of the frame: write var:model, or model"),
        ("var:fit", "'fit' is an operation of the frame: write op:fit, or fit"),
        ("op:scor", "no operation of the frame is called 'scor'; did you mean 'score'"),
        ("acc2=3", "did you mean 'acc'"),
        ("depth=[1", "quote a text"),
        ("duration:>3 parsecs", "no node of the frame is called 'parsecs'"),
        ("duration:>3parsecs", "write a number and us, ms, s, min or h"),
        ("time:>yesterday", "write it as 2026-01-31"),
    ],
)
def test_a_wrong_selection_is_told(frame, selection, message):
    with pytest.raises(ValueError, match=message):
        frame.select(selection)


def test_brackets_are_part_of_a_name(storage):
    @op
    def gather(*args, **kwargs):
        return len(args)

    with storage:
        gather(1, 2, **{"a b": 3})
    frame = storage.cf(gather)
    assert frame.select("args[0]").nodes == {"args[0]"}
    assert frame.select("args[*]").nodes == {"args[0]", "args[1]"}
    assert frame.select("args[1]=2").nodes == {"args[1]"}
    assert len(frame.select("args[1]+").calls) == 1
    assert frame.select("kwargs['a b']=3").nodes == frame.select("var:kwargs[*").nodes == {"kwargs['a b']"}


@given(st.text("abx+!:=<>, '\"[](){}0123*", max_size=12))
def test_any_text_is_read_or_refused(text):
    try:
        read = read_selection(text)
    except ValueError as error:
        read, told = None, str(error)
    assert told if read is None else read.parts


def test_steps_are_read():
    ((one,), (two,), (three,)) = (part.terms for part in read_selection("3+x x+ +x=1+2").parts)
    assert (one.up, one.down, one.value) == (3, 0, "x")
    assert (two.up, two.down) == (0, ALL_STEPS)
    assert (three.up, three.down, three.method) == (ALL_STEPS, 2, "value")


def test_where_keeps_histories(frame):
    table = frame.drop("slow_best").where(depth={1, 4}).df("depth", "acc")
    assert table["depth"].tolist() == [1, 4]
    assert table["acc"].tolist() == [0.1, 0.4]
    assert numbers(frame.where(depth=1), "acc") == [0.1], "not what else the best of both was made of"
    assert frame.where(depth=1).df("depth", "acc").to_dict("list") == {"depth": [1], "acc": [0.1]}
    for depth, part in frame.groupby("depth"):
        assert set(part.df("depth", "fit")["depth"]) == {depth}
    assert frame.where(depth=2, acc=lambda value: value > 0.3).nodes == set()
    assert numbers(frame.where(acc=lambda value: value < 0.3), "depth") == [1, 2]
    failed = frame.where(status="error")
    assert numbers(failed, "depth") == [9]
    assert len(frame.where(op="score", duration="<1h").calls) == 7
    assert numbers(frame.where(duration=lambda seconds: seconds > 0.01), "depth") == [1, 2]
    assert frame.where({"depth": 4}).to_bytes() == frame.where(depth=4).to_bytes()
    for part in (failed, frame.where(depth=1), frame.where(op="fit", status="ok")):
        part.check()


def test_where_keeps_the_other_outputs_of_its_calls_and_what_came_of_them(frame):
    good = frame.where(loss=lambda loss: loss < 0.6)
    good.check()
    assert good.df("depth", "loss", "acc")["depth"].tolist() == [2, 4]
    assert "best" not in good.nodes  # it came of another model, too
    assert frame.where(acc=0.4).df("loss", "acc").to_dict("list") == {"loss": [0.25], "acc": [0.4]}


def test_where_loads_nothing_to_find_equal_values(frame, monkeypatch):
    monkeypatch.setattr("mandala_lab.model.refs.Ref.value", property(lambda _self: pytest.fail("loaded")))
    assert len(frame.where(depth=2).vs["depth"]) == 1


SPELLINGS = [1, 1.0, True, np.int8(1), np.int64(1), np.float16(1), np.float32(1), np.float64(1), np.bool_(True), 1 + 0j]


@op(output_names=["loss"])
def train(lr):
    return 1.0


def found_by(storage, value):
    """Return what each way to ask finds of a value."""
    frame = storage.cf(train)
    ways = {
        "where": frame.where(lr=value),
        "set": frame.where(lr={value, "none"}) if value.__hash__ else frame.where(lr=value),
        "isin": frame.isin([value]),
        "calls": storage.calls(train, where={"lr": value}),
    }
    if type(value) in {int, float, str, bool}:
        ways["select"] = frame.select(f"lr={value!r}") if value == value else ways["where"]  # noqa: PLR0124
    return {way: len(found) if isinstance(found, list) else len(found.vs.get("lr", ())) for way, found in ways.items()}


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        ([*SPELLINGS, 2, "1", np.float32(1.5)], SPELLINGS),
        ([0, 0.0, -0.0, False, np.float32(-0.0), 1, None], [0, -0.0, False, np.uint8(0)]),
        ([0.1, np.float64(0.1), np.float32(0.1)], [0.1]),
        ([float("nan"), np.float64("nan"), np.float32("nan"), 1.0], [float("nan"), np.float16("nan")]),
        (["a", np.str_("a"), "b", b"a"], ["a", np.str_("a")]),
        ([2**60, 2**60 + 1, float(2**60), np.int64(2**60)], [2**60]),
    ],
)
def test_a_number_or_text_is_found_in_all_its_spellings(storage, recorded, asked):
    with storage:
        for lr in recorded:
            train(lr)
    for value in asked:
        same = [one for one in recorded if one == value or (one != one and value != value)]  # noqa: PLR0124
        found = found_by(storage, value)
        assert set(found.values()) == {len(same)}, (value, found)


def test_what_a_small_type_cannot_tell_apart_is_no_equal():
    assert content_id(np.float16("inf")).hex() not in equal_ids(1e10)
    assert content_id(np.float16(0)).hex() not in equal_ids(1e-10)


def test_what_a_sweep_of_numpy_took_is_found_by_plain_numbers(storage):
    with storage:
        _ = [train(lr) for lr in np.linspace(0.1, 0.5, 5)]
    assert len(storage.cf(train).where(lr=0.1).calls) == 1
    assert len(storage.calls("train", where={"lr": 0.5})) == 1


def test_isin_and_where_agree_on_arrays_refs_and_what_is_no_list(storage):
    values = [np.arange(3), np.arange(4), [1, 2], 7]
    with storage:
        losses = [train(value) for value in values]
    frame = storage.cf(train)
    for value in values:
        assert len(frame.isin([value]).vs["lr"]) == len(frame.where(lr=value).vs["lr"]) == 1
    assert len(frame.isin(range(5, 9)).vs["lr"]) == 1
    assert len(frame.isin(losses[:1]).vs["loss"]) == len(frame.where(loss=losses[0]).vs["loss"]) == 4
    for wrong in (7, "text", losses[0]):
        with pytest.raises(TypeError, match=r"isin looks among several: write isin\(\["):
            frame.isin(wrong)


def test_a_list_means_a_list_and_it_is_told_where_its_elements_would_do(frame, storage):
    with pytest.raises(ValueError, match=r"no value of 'depth' is the list \[1, 2\].*: depth=\{1, 2\}$"):
        frame.where(depth=[1, 2])
    with pytest.raises(ValueError, match=r"a set means one of several: depth=\{0, 1, 2, ...\}$"):
        frame.where(depth=range(9))
    assert frame.where(depth=[70, 80]).nodes == set()
    with storage:
        train([1, 2])
    assert len(storage.cf(train).where(lr=[1, 2]).calls) == 1


def test_where_says_what_is_wrong(frame):
    with pytest.raises(ValueError, match="did you mean 'depth'"):
        frame.where(dept=1)
    with pytest.raises(ValueError, match="'fit' is an operation, which has no value; choose one of"):
        frame.where(fit=1)
    with pytest.raises(TypeError, match="one at a time"):
        frame.groupby(["data", "depth"])
    with pytest.raises(ValueError, match="did you mean 'error'"):
        frame.where(status="errors")
    with pytest.raises(ValueError, match="no operation of the frame is called 'fitt'"):
        frame.where(op="fitt")
    with pytest.raises(ValueError, match="the condition failed for a value of type int"):
        frame.where(depth=lambda value: value + "a")


def test_groups_hold_one_value_each(frame):
    groups = dict(frame.groupby("depth"))
    assert list(groups) == [1, 2, 4, 9]
    assert numbers(groups[4], "acc") == [0.4]
    assert numbers(groups[1], "depth") == [1]
    assert len(groups[9].calls) == 1
    for part in groups.values():
        part.check()


def test_a_comparison_tells_of_values_calls_and_edges(fits, frame):
    assert not frame.compare(frame)
    assert str(frame.compare(frame.copy())) == "no difference"
    found = frame.drop(["best", "slow_best"]).where(depth={1, 2}).compare(frame.drop("best").where(depth={2, 4}))
    assert "depth: 1 -> 4" in str(found)
    table = found.df().set_index("node")
    assert table.loc["depth", ["removed", "added"]].tolist() == [1, 1]
    assert table.loc["score", "after"] == "1 other call"
    assert table.loc["slow_best", "after"] == "1 call"
    assert found.edges_added == (("acc", "slow_best", "one"), ("acc", "slow_best", "other"))


def test_a_replay_takes_the_place_of_a_call(fits):
    frame = fits.cf(fit).expand_forward(recursive=True)
    before = frame.to_bytes()
    call = fits.calls(fit, where={"depth": 2})[0]
    replay = fits.replay(call, depth=5, scope="downstream")
    new = frame.replace(call, replay)
    new.check()
    assert frame.to_bytes() == before
    assert numbers(new, "depth") == [1, 4, 5, 9]
    assert numbers(new, "acc") == [0.1, 0.4, 0.5]
    assert set(new.nodes) == set(frame.nodes)
    other = fits.calls(fit, where={"depth": 1})[0]
    assert numbers(frame.replace(call, other), "depth") == [1, 4, 9]
    with pytest.raises(ValueError, match="not of"):
        frame.replace(other, replay)
    with pytest.raises(ValueError, match="does not hold"):
        frame.select("depth=1").replace(call, replay)


def test_deleting_takes_calls_out_of_the_storage_and_leaves_the_frame(fits):
    frame = fits.cf(score)
    hids = set(frame.calls)
    part = frame.where(acc=0.4)
    assert part.delete_calls(dry_run=True) == 1
    assert {call.hid for call in fits.calls(score)} == hids
    assert part.delete_calls() == 1
    assert {call.hid for call in fits.calls(score)} < hids
    assert set(frame.calls) == hids
    frame.check()
    assert [call["version"] for call in frame.to_dict()["calls"].values()].count("") == 1
    gone = next(iter(hids - {call.hid for call in fits.calls(score)}))
    with pytest.raises(LookupError, match="was deleted from the storage"):
        frame.calls[gone]
    frame.delete_calls_from_df(frame.select("1+acc=0.1").df())
    assert [call.outputs["acc"].value for call in fits.calls(score)] == [0.2]
    assert fits.calls(slow_best) == []
    count = len(ran)
    with fits:
        model, _ = fit(0.0, 4)
        score(model, 0.0)
    assert len(ran) == count + 1


def test_frames_of_two_storages_are_kept_apart(fits):
    with Storage() as other:
        fit(1.0, 1)
    with pytest.raises(ValueError, match="of one storage"):
        fits.cf(fit) | other.cf(fit)
    other.close()
    assert issubclass(MandalaLabError, Exception)
