from __future__ import annotations

import contextlib
import queue

import msgspec
import numpy as np
import pandas as pd
import pytest

from mandala_lab import MList, Storage, op
from mandala_lab.live.desk import Desk, read_request
from mandala_lab.live.frame import LiveFrame
from mandala_lab.live.inspect import argument_texts, inspect_node
from mandala_lab.render.preview import preview
from mandala_lab.schema.messages import (
    CallInspect,
    CallInspected,
    Done,
    Failure,
    FrameDelta,
    FrameGet,
    NodeInspect,
    NodeInspected,
    PanelDetach,
    ReplayFinished,
    ReplayQueued,
    ReplayRun,
)
from mandala_lab.schema.scene import SCENE_MIME
from mandala_lab.widget import FrameWidget, show_frames_live


@op(output_names=["table"])
def make(rows, label="a"):
    """Make a table."""
    return pd.DataFrame({label: range(rows)})


@op
def stop(table):
    raise RuntimeError("stopped <b>here</b>")


@pytest.fixture
def live(storage):
    pushes: queue.Queue = queue.Queue()
    frame = LiveFrame(storage, pushes.put)
    yield frame, pushes, Desk(storage, frame, pushes.put, lambda work: work())
    frame.close()


def test_deltas_follow_each_other(storage, live):
    frame, pushes, _ = live
    snapshot = frame.attach()
    assert snapshot.scene.nodes == []
    revision = snapshot.seq
    names: set[str] = set()
    with storage:
        for rows in range(3):
            make(rows)
            make(rows)
            delta = pushes.get(timeout=10)
            assert isinstance(delta, FrameDelta)
            assert delta.base == revision
            revision = delta.seq
            names |= {node.id for node in delta.nodes}
    assert names == {"op:make", "var:rows", "var:label", "var:table"}
    last = frame.attach()
    assert last.store.calls == 3
    assert last.store.cached == 3


def test_each_recording_has_a_name_of_its_own(path):
    found = []
    for _ in range(2):
        storage = Storage(path, session="the same notebook")
        frame = LiveFrame(storage, lambda push: None)
        found.append(frame.attach().session)
        frame.close()
        storage.close()
    assert found[0] != found[1]  # revisions of one do not follow those of the other


def test_nothing_is_pushed_while_nobody_watches(storage, live):
    frame, pushes, desk = live
    frame.attach()
    assert desk.answer(PanelDetach()) == Done()
    with storage:
        make(1)
    frame.close()
    assert pushes.empty()


def test_one_window_that_hides_its_panel_leaves_the_other_its_pushes(storage, live):
    _, pushes, desk = live
    desk.answer(FrameGet(panel="one"))
    desk.answer(FrameGet(panel="two"))
    desk.answer(PanelDetach(panel="one"))
    with storage:
        make(1)
    assert isinstance(pushes.get(timeout=10), FrameDelta)


def test_earlier_sessions_are_shown_as_such(storage, live):
    with storage:
        make(2)
    again = LiveFrame(storage, lambda _push: None)
    nodes = {node.id: node for node in again.attach().scene.nodes}
    again.close()
    assert nodes["op:make"].status == "earlier"
    assert nodes["op:make"].counts.total == 1


def test_nodes_and_calls_are_inspected(storage, live):
    _, _, desk = live
    with storage:
        with pytest.raises(RuntimeError):
            stop(make(3))
        make(0, label="<i>")
    found = desk.answer(NodeInspect(node="op:make", limit=1))
    assert isinstance(found, NodeInspected)
    assert (found.total, len(found.calls), found.doc) == (2, 1, "Make a table.")
    assert "def make" in found.source
    values = desk.answer(NodeInspect(node="var:table"))
    assert isinstance(values, NodeInspected)
    assert values.values[0].preview.rows == [["0", "0"], ["1", "1"], ["2", "2"]]
    failed = storage.calls(stop)[0]
    seen = desk.answer(CallInspect(hid=failed.hid))
    assert isinstance(seen, CallInspected)
    assert seen.call.status == "error"
    assert "stopped <b>here</b>" in seen.traceback
    assert seen.call.arguments == "table=<DataFrame 3x1>"
    for request in (NodeInspect(node="op:mak"), CallInspect(hid="ab" * 20)):
        answer = desk.answer(request)
        assert isinstance(answer, Failure)
        assert answer.code == "not_found"


def test_arguments_are_edited_as_literals_and_replayed(storage, live):
    _, pushes, desk = live
    with storage:
        make(2)
    hid = storage.calls(make)[0].hid
    seen = desk.answer(CallInspect(hid=hid))
    assert isinstance(seen, CallInspected)
    assert [(each.name, each.literal) for each in seen.editable] == [("rows", "2"), ("label", "'a'")]
    queued = desk.answer(ReplayRun(call=hid, arguments={"rows": "4"}, scope="downstream"))
    assert isinstance(queued, ReplayQueued)
    done = pushes.get(timeout=10)
    assert isinstance(done, ReplayFinished)
    assert (done.verdict, done.executed, done.ticket) == ("changed", 1, queued.ticket)
    assert {difference.node for difference in done.differences} == {"rows", "table"}
    refused = desk.answer(ReplayRun(call=hid, arguments={"rows": "__import__('os')"}))
    assert isinstance(refused, Failure)
    assert refused.code == "bad_argument"
    desk.answer(ReplayRun(call=hid, arguments={"nothing": "1"}))
    assert pushes.get(timeout=10).verdict == "failed"


def test_a_replay_that_waits_is_refused_when_recording_stopped(storage):
    waiting = []
    pushes: queue.Queue = queue.Queue()
    frame = LiveFrame(storage, pushes.put)
    desk = Desk(storage, frame, pushes.put, waiting.append)
    with storage:
        make(1)
    queued = desk.answer(ReplayRun(call=storage.calls(make)[0].hid, arguments={"rows": "2"}))
    desk.close()
    frame.close()
    waiting.pop()()
    finished = pushes.get_nowait()
    assert (finished.ticket, finished.verdict) == (queued.ticket, "failed")
    assert "recording stopped" in finished.summary
    assert len(storage.calls(make)) == 1
    again = Desk(storage, frame, pushes.put, waiting.append)
    assert again.answer(ReplayRun(call="ab", arguments={})).ticket != queued.ticket
    assert "rows is empty" in again.answer(ReplayRun(call="ab", arguments={"rows": " "})).message


def test_errors_of_several_lines_are_named_by_the_line_that_names_them(storage, live):
    _, _, desk = live

    @op
    def unlucky():
        raise ValueError("unlucky\n  <b>13</b>\nend")

    with storage, pytest.raises(ValueError, match="unlucky"):
        unlucky()
    page = desk.answer(NodeInspect(node="op:unlucky"))
    assert page.calls[0].error == "ValueError: unlucky"


def test_messages_of_another_protocol_are_refused():
    for content in (None, {}, {"type": "frame.get", "extra": 1}, {"type": "nonsense"}):
        answer = read_request(content)
        assert isinstance(answer, Failure)
        assert answer.code == "bad_request"
    assert read_request(msgspec.to_builtins(FrameGet())) == FrameGet()


def test_previews_are_bounded():
    table = preview(pd.DataFrame(np.zeros((100, 50)), columns=[f"<c{i}>" * 40 for i in range(50)]))
    assert (len(table.rows), len(table.columns), table.truncated) == (10, 21, True)
    assert max(map(len, table.columns)) <= 60
    array = preview(np.array([1.0, np.inf, 3.0]))
    assert array.stats["not finite"] == "1"
    assert (array.shape, array.dtype) == ([3], "float64")
    for long in ("x" * 10_000, list(range(10_000)), {str(i): i for i in range(10_000)}):
        text = preview(long)
        assert len(text.text) <= 2000
        assert text.truncated or isinstance(long, dict)
    assert preview(pd.Series([1], name="s")).kind == "table"


def test_the_widget_selects_and_answers(storage):
    with storage:
        make(2)
    frame = storage.cf(make)
    widget = FrameWidget(frame)
    clicks: list[str] = []
    widget.observe(lambda change: clicks.append(change["new"]), "selected")
    widget.selected = "op:make"
    assert clicks == ["op:make"]
    with pytest.raises(Exception, match="not a node"):
        widget.selected = "op:nothing"
    sent: list[dict] = []
    widget.send = sent.append
    widget._on_message(widget, {"id": 5, **msgspec.to_builtins(NodeInspect(node="var:rows"))}, [])
    widget._on_message(widget, {"id": 6, **msgspec.to_builtins(FrameGet())}, [])
    widget._on_message(widget, {"id": 7, **msgspec.to_builtins(CallInspect(hid="00" * 20))}, [])
    assert [(reply["id"], reply["type"]) for reply in sent] == [
        (5, "node.inspected"),
        (6, "frame.snapshot"),
        (7, "error"),
    ]
    widget.close()


def test_displayed_frames_become_widgets_beside_the_static_picture(storage, monkeypatch):
    import mandala_lab.computation_frame.picture as module

    monkeypatch.setattr(module, "_live_display", [])
    with storage:
        make(2)
    show_frames_live()
    bundle, metadata = storage.cf(make)._repr_mimebundle_()
    assert "model_id" in metadata[SCENE_MIME]["widget"]
    assert "application/vnd.jupyter.widget-view+json" not in bundle  # nbconvert would prefer it, and cannot show it
    assert "image/svg+xml" in bundle


@op(output_names=["parts"])
def cut(x) -> MList[int]:
    if x > 8:
        raise ValueError("too long")
    return [x, x + 1]


def test_values_are_as_recent_as_what_made_them_and_so_is_what_connects_collections(tmp_path):
    def seen(numbers):
        with Storage(tmp_path / "s.db") as storage:
            frame = LiveFrame(storage, lambda _: None)
            for number in numbers:
                with contextlib.suppress(ValueError):
                    cut(number)
            snapshot = frame.attach()
            frame.close()
        assert snapshot.store.calls == len(numbers)  # without what takes lists apart
        return {node.label: node.status for node in snapshot.scene.nodes}

    first = seen([1, 2, 9])
    assert first == {"cut": "error", "x": "computed", "parts": "computed", "items": "computed", "items_0": "computed"}
    again = seen([1, 2, 9])  # what failed is asked again
    assert again == {"cut": "error", "x": "cached", "parts": "cached", "items": "cached", "items_0": "cached"}


def test_calls_are_told_by_the_arguments_in_which_they_differ(storage, live):
    @op(output_names=["score"])
    def evaluate(data, note, depth):
        return depth

    data = np.zeros((60, 4))
    with storage:
        for depth in (1, 2):
            evaluate(data, "a note", depth)
    frame, _, _ = live
    frame.attach()
    seen = inspect_node(storage.store, storage.cf("run").graph, "op:evaluate", 0, 10)
    assert [row.arguments.partition(",")[0] for row in seen.calls] == ["depth=2", "depth=1"]
    assert all("note='a note'" in row.arguments for row in seen.calls)
    assert argument_texts([]) == []
