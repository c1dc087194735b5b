"""What each panel shows of one frame: views that do not disturb each other, while calls are made and from the store."""

from __future__ import annotations

import queue
from collections import defaultdict

import pytest

from mandala_lab import Storage, op
from mandala_lab.live.desk import Desk
from mandala_lab.live.frame import LiveFrame
from mandala_lab.live.stored import StoredFrame
from mandala_lab.schema.messages import (
    Failure,
    FoldedSide,
    FrameDelta,
    FrameGet,
    FrameSnapshot,
    FrameView,
    NodeInspect,
    PanelDetach,
    RefInspect,
    RefInspected,
)
from mandala_lab.widget import FrameWidget


@op(output_names=["y"])
def inc(x):
    return x + 1


@op(output_names=["z"])
def half(y):
    if y == 3:
        raise ValueError("<b>three</b>")
    return y / 2


@pytest.fixture
def desk(storage):
    pushes: queue.Queue = queue.Queue()
    frame = LiveFrame(storage, pushes.put)
    found = Desk(storage, frame, pushes.put, lambda work: work())
    found.pushes = pushes
    yield found
    frame.close()


def look(desk, panel, **view):
    found = desk.answer(FrameGet(panel=panel, view=FrameView(**view)))
    assert isinstance(found, FrameSnapshot), found
    return found


def kinds(nodes):
    found = defaultdict(list)
    for node in nodes:
        found[node.kind].append(node.label)
    return found


def test_panels_show_what_they_asked_for_and_grow_by_it(storage, desk):
    with storage:
        half(inc(1))
    whole, part = look(desk, "whole"), look(desk, "part", selection="+y")
    assert {node.id for node in whole.scene.nodes} == {"var:x", "op:inc", "var:y", "op:half", "var:z"}
    assert {node.id for node in part.scene.nodes} == {"var:x", "op:inc", "var:y"}
    assert (whole.matched, part.matched) == (None, 1)
    seqs = {"whole": whole.seq, "part": part.seq}
    with storage:
        half(inc(3))
    seen = defaultdict(set)
    while len(seen) < 2 or "var:x" not in seen["part"] or "op:half" not in seen["whole"]:
        delta = desk.pushes.get(timeout=10)
        assert isinstance(delta, FrameDelta)
        assert delta.base == seqs[delta.panel] < delta.seq
        seqs[delta.panel] = delta.seq
        seen[delta.panel] |= {node.id for node in delta.nodes}
    assert "op:half" not in seen["part"]
    assert look(desk, "part", selection="+y").matched == 2


def test_what_is_no_selection_is_told_and_changes_nothing(storage, desk):
    with storage:
        inc(1)
    look(desk, "one", selection="inc")
    refused = desk.answer(FrameGet(panel="one", view=FrameView(selection="incc")))
    assert refused == Failure(
        code="bad_selection", message="no node of the frame is called 'incc'; did you mean 'inc'?"
    )
    with storage:
        inc(2)
    assert desk.pushes.get(timeout=10).matched == 2  # still the selection from before
    assert isinstance(desk.answer(FrameGet(panel="one", view=FrameView(selection="stat:error"))), Failure)


def test_a_selection_of_failures_grows_with_the_next_failure(storage, desk):
    with storage:
        half(inc(1))
    assert look(desk, "one", selection="status:error").scene.nodes == []
    with storage, pytest.raises(ValueError, match="three"):
        half(inc(2))
    found: dict[str, str] = {}
    while "op:half" not in found:
        delta = desk.pushes.get(timeout=10)
        found |= {node.id: node.detail for node in delta.nodes}
    assert found["op:half"] == "1 call · 1 failed"
    assert delta.matched == 1


def test_an_operation_is_opened_with_its_arguments_and_grows(storage, desk):
    with storage:
        for x in range(45):
            inc(x)
    found = look(desk, "one", opened=["op:inc"])
    told = kinds(found.scene.nodes)
    assert sorted(told["call"]) == sorted(f"x={x}" for x in range(33, 45))
    assert told["more"] == ["33 more"]
    with storage:
        inc(100)
    delta = desk.pushes.get(timeout=10)
    assert [node.label for node in delta.nodes if node.kind == "more"] == ["34 more"]
    assert delta.removed_nodes == []  # what is shown stays until it is opened again
    again = look(desk, "one", opened=["op:inc", "var:y"])
    assert "x=100" in kinds(again.scene.nodes)["call"]


@op(output_names=["model"])
def train(rows, lr, wide=True):
    return rows * lr


def test_calls_are_told_by_the_arguments_in_which_they_differ(storage, desk):
    with storage:
        for lr in (1, 2):
            train(7, lr)
    assert sorted(kinds(look(desk, "one", opened=["op:train"]).scene.nodes)["call"]) == ["lr=1", "lr=2"]
    with storage:
        train(8, 2, wide=False)
    desk.pushes.get(timeout=10)
    told = sorted(kinds(look(desk, "one", opened=["op:train"]).scene.nodes)["call"])
    assert told == ["rows=7, lr=1, wide=True", "rows=7, lr=2, wide=True", "rows=8, lr=2, wide=False"]


def test_what_stays_keeps_its_place_as_an_open_operation_grows(storage, desk):
    with storage:
        for x in range(5):
            inc(x)
    before = {node.id: (node.x, node.y) for node in look(desk, "one", opened=["op:inc"]).scene.nodes}
    with storage:
        inc(100)
    desk.pushes.get(timeout=10)
    after = {node.id: (node.x, node.y) for node in look(desk, "one", opened=["op:inc"]).scene.nodes}
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 1


def test_a_folded_side_is_counted_on_its_node(storage, desk):
    with storage:
        half(inc(1))
    found = look(desk, "one", folded=[FoldedSide("var:y", "before")])
    nodes = {node.id: node for node in found.scene.nodes}
    assert set(nodes) == {"var:y", "op:half", "var:z"}
    assert (nodes["var:y"].detail, nodes["var:y"].hidden_before) == ("1 value · 2 hidden", 2)


def test_a_panel_that_rests_keeps_its_picture_and_is_told_nothing(storage, desk):
    with storage:
        inc(1)
    before = {node.id: (node.x, node.y) for node in look(desk, "one").scene.nodes}
    desk.answer(PanelDetach(panel="one"))
    with storage:
        half(inc(1))
    after = {node.id: (node.x, node.y) for node in look(desk, "one").scene.nodes}
    assert {name: after[name] for name in before} == before
    assert "op:half" in after
    assert desk.pushes.empty()


def test_looking_into_a_node_takes_no_news_from_a_panel(storage, desk):
    look(desk, "one")
    with storage:
        inc(1)
        desk.answer(NodeInspect(node="op:inc"))
    assert "op:inc" in {node.id for node in desk.pushes.get(timeout=10).nodes}


def test_a_value_is_inspected_with_its_maker_and_its_takers(storage, desk):
    with storage:
        y = inc(1)
        half(y)
    found = desk.answer(RefInspect(hid=y.hid, variable="var:y"))
    assert isinstance(found, RefInspected)
    assert (found.value.preview.text, found.maker.arguments) == ("2", "x=1")
    assert ([call.op for call in found.takers], found.takers_total) == (["half"], 1)
    gone = desk.answer(RefInspect(hid=y.hid, variable="var:x"))
    assert isinstance(gone, Failure)
    assert gone.code == "not_found"


def test_a_stored_frame_is_seen_in_any_view(path):
    with Storage(path, session="nb.ipynb") as storage:
        half(inc(1))
    storage.close()
    again = Storage(path, session="other")
    frame = StoredFrame(again.store, "nb", "nb.ipynb")
    asked = FrameView(selection="inc+", opened=["op:inc"])
    found = frame.answer(FrameGet(view=asked))
    assert kinds(found.scene.nodes)["call"] == ["x=1"]
    refused = frame.answer(FrameGet(view=FrameView(selection="inx")))
    assert isinstance(refused, Failure)
    assert refused.code == "bad_selection"
    again.close()


def test_a_widget_shows_a_view_and_selects_in_it(storage):
    with storage:
        inc(1)
    widget = FrameWidget(storage.cf(inc))
    found = widget.answer(FrameGet(view=FrameView(opened=["var:y"])))
    value = next(node for node in found.scene.nodes if node.kind == "ref")
    assert value.label == "2"
    widget.selected = value.id
    assert widget.selected == value.id
