"""Frames in files: each kind by its ending, and data that comes back as the same frame."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from hostile import HOSTILE, hostile_frame
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mandala_lab import ComputationFrame, MList, Storage, op
from mandala_lab.model.errors import LayoutError, StoreError
from mandala_lab.report.markdown import escaped


@op(output_names=["y"])
def inc(x, k=1):
    if x < 0:
        raise ValueError("negative")
    return x + k


@op(output_names=["total", "size"])
def add(items: MList[int], y):
    return sum(items) + y, len(items)


@pytest.fixture
def frame(storage):
    with storage:
        add([inc(1), inc(2), 5], inc(inc(3)))
        with pytest.raises(ValueError, match="negative"):
            inc(-1)
    return storage.cf("run")


@pytest.mark.parametrize("ending", ["svg", "html", "png", "md", "json", "graphml"])
def test_the_ending_says_what_is_written(frame, tmp_path, ending):
    place = tmp_path / f"frame.{ending}"
    assert frame.save(place) == place
    assert place.stat().st_size > 100
    with pytest.raises(StoreError, match="is a store, or another database"):
        frame.save(Path("store.db").resolve().rename(tmp_path / f"store.{ending}"))


def test_other_endings_and_values_in_other_files_are_refused(frame):
    with pytest.raises(ValueError, match=r"the ending says what is written; did you mean '.html'"):
        frame.save("frame.htm")
    with pytest.raises(ValueError, match=r"only an .html file shows values"):
        frame.save("frame.svg", values=True)
    with pytest.raises(StoreError, match="does not exist"):
        frame.save("nowhere/frame.svg")


def test_a_picture_in_pixels_has_so_many(frame, tmp_path):
    scene = frame.scene()
    for scale in (1, 2.5):
        data = frame.save_png(tmp_path / "frame.png", scale=scale).read_bytes()
        size = Image.open(io.BytesIO(data)).size
        assert size == pytest.approx((scene.width * scale, scene.height * scale), abs=2)
    for scale in (0, -1, 17, float("nan")):
        with pytest.raises(ValueError, match="not a number above 0"):
            frame.save_png(tmp_path / "frame.png", scale=scale)
    with pytest.raises(ValueError, match=r"more than 40: give scale=\d"):
        frame.save_png(tmp_path / "frame.png", scale=16)


def test_without_resvg_it_is_told_how_to_get_it(frame, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(LayoutError, match=r'pip install "mandala-lab\[png\]"'):
        frame.save_png("frame.png")


def test_markdown_has_its_picture_beside_it(frame, tmp_path):
    text = frame.save_markdown(tmp_path / "a report.md", title="A *title*").read_text()
    assert text.startswith("# A \\*title\\*\n")
    assert "](<a%20report.svg>)" in text
    assert ET.parse(tmp_path / "a report.svg").getroot().tag.endswith("svg")
    assert "| inc | 5 | 1 |" in text


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_markdown_takes_names_for_text(hostile):
    from markdown_it import MarkdownIt

    shown = MarkdownIt("gfm-like", {"linkify": False}).render(f"| a |\n|---|\n| {escaped(hostile)} |\n")
    root = ET.fromstring(f"<x>{shown}</x>")
    assert {one.tag for one in root.iter()} == {"x", "table", "thead", "tbody", "tr", "th", "td"}
    assert len(root.findall(".//td")) == 1


def test_graphml_can_be_read_again(frame, storage, tmp_path):
    found = nx.read_graphml(frame.save_graphml(tmp_path / "frame.graphml"), force_multigraph=True)
    assert dict(found.nodes(data=True)) == dict(frame.to_networkx().nodes(data=True))
    assert sorted((a, b, d["label"]) for a, b, d in found.edges(data=True)) == sorted(frame.edges())
    hostile = hostile_frame(storage)
    found = nx.read_graphml(hostile.save_graphml(tmp_path / "hostile.graphml"))
    assert len(found) == len(hostile.nodes)


def test_data_come_back_as_the_same_frame(frame, storage, tmp_path):
    data = json.loads(frame.save_json(tmp_path / "frame.json").read_text())
    again = ComputationFrame.from_dict(data, storage)
    assert again.to_dict() == data == frame.to_dict()
    assert again.df().astype(str).equals(frame.df().astype(str))
    assert (again | frame).to_dict() == data
    assert again.expand_all().to_dict() == frame.expand_all().to_dict()


def test_frames_that_came_about_otherwise_are_equal_data(storage):
    with storage:
        last = inc(inc(inc(1)))
    grown = storage.cf([last])
    for _ in range(3):
        grown = grown.expand_back()
    whole = storage.cf([last]).expand_back(recursive=True)
    assert grown.to_dict()["calls"] == whole.to_dict()["calls"]


PLAN = st.lists(st.tuples(st.integers(-2, 4), st.integers(0, 1), st.booleans()), max_size=8)


@settings(max_examples=40, deadline=None)
@given(PLAN, st.sampled_from(["run", "inc", "last", "cut", "drop"]))
def test_any_frame_comes_back(plan, kind):
    with Storage() as storage:
        made = [inc(0)]
        for x, k, nested in plan:
            with contextlib.suppress(ValueError):
                made.append(inc(made[-1] if nested else x, k=k))
        add(made[-3:], made[-1])
    source = {"run": "run", "inc": inc, "last": [made[-1]], "cut": None, "drop": None}[kind]
    frame = storage.cf(source)
    if kind == "last":
        frame = frame.expand_back(recursive=True)
    elif kind == "cut":
        frame = frame[sorted(frame.nodes)[: len(frame.nodes) // 2]]
    elif kind == "drop":
        frame = frame.drop(sorted(frame.vnames)[:1])
    data = json.loads(json.dumps(frame.to_dict()))
    assert ComputationFrame.from_dict(data, storage).to_dict() == data


def _changed(data, change):
    changed = copy.deepcopy(data)
    change(changed)
    return changed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("edges"), "missing required field `edges`"),
        (lambda d: d.update(more=1), "unknown field"),
        (lambda d: d.update(refs=[1]), "Expected `object`"),
        (lambda d: d["edges"].append(["nowhere", "inc", "x"]), "leads to 'nowhere'"),
        (lambda d: d["edges"].append(["inc", "add", "x"]), "edges join unlike nodes"),
        (lambda d: d["edges"].append(d["edges"][0]), "edges are unique"),
        (lambda d: d["variables"].update(inc=[]), "names are unique"),
        (lambda d: d["ops"].update(inc="no:op"), "no op 'no:op'"),
        (lambda d: d["ops"].pop("inc"), "each operation has its op"),
        (lambda d: d["variables"]["k"].append("ab" * 22), "holds what is not among"),
        (lambda d: d["variables"]["k"].append("xyz"), "holds what is not among"),
        (lambda d: d["calls"].update({"xyz": next(iter(d["calls"].values()))}), "'xyz' is no id"),
        (lambda d: d["calls"].update({"ab" * 20: next(iter(d["calls"].values()))}), "lacks 1 of the calls"),
        (lambda d: d["refs"].update({"ab" * 22: "ab" * 20}), "lacks 1 of the refs"),
        (lambda d: d["refs"].update({next(iter(d["refs"])): "ab" * 20}), "are not those of its nodes"),
        (lambda d: next(iter(d["calls"].values())).update(version="other"), "has another call"),
        (lambda d: d["operations"]["add"].clear(), "are not those of its nodes"),
    ],
)
def test_what_is_no_frame_is_refused(frame, storage, change, said):
    with pytest.raises(ValueError, match=said):
        ComputationFrame.from_dict(_changed(frame.to_dict(), change), storage)


def test_what_a_storage_has_no_more_is_told(frame, storage):
    data = frame.to_dict()
    with pytest.raises(ValueError, match="the storage lacks"):
        ComputationFrame.from_dict(data, Storage())
    for data in (None, [], "text", {}):
        with pytest.raises(ValueError, match="this is no frame"):
            ComputationFrame.from_dict(data, storage)
