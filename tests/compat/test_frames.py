"""Frames hold what mandala's do: nodes, edges, values and tables of programs in the style of its tutorials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import frame_programs
import pytest

import mandala_lab

MANDALA = json.loads(Path(__file__).with_name("frames_of_mandala.json").read_text("utf-8"))
LOOP = "after_a_loop: all the way back"
IN_OUR_WORDS = {
    "collections: add, one step back": {
        "__make_list__": "list",
        "elts": "items",
        ("__make_list__", "list"): "output_0",
    },
    "collections: weigh, one step forward": {
        "__make_list__": "list",
        "elts": "items",
        "list": "var_0",
        ("__make_list__", "list"): "output_0",
    },
}
"""What connects collections with elements has names of its own here: see docs/switching.md."""


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    return frame_programs.all_frames(mandala_lab)


def translated(found: dict[str, Any], words: dict[Any, str]) -> dict[str, Any]:
    def word(name: str) -> str:
        return words.get(name, name)

    return {
        "variables": {word(name): values for name, values in found["variables"].items()},
        "operations": {word(name): count for name, count in found["operations"].items()},
        "edges": sorted([word(a), word(b), words.get((a, label), word(label))] for a, b, label in found["edges"]),
        "table": [{word(name): cell for name, cell in row.items()} for row in found["table"]],
    }


@pytest.mark.parametrize("frame", sorted(MANDALA.keys() - {LOOP}))
def test_a_frame_is_as_mandala_says(ours, frame):
    assert ours[frame] == translated(MANDALA[frame], IN_OUR_WORDS.get(frame, {}))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("get_joint_history_df", r"no 'get_joint_history_df'; write df\(\*names\)"),
        ("info", r"no 'info'; write print_graph\(\)"),
        ("expand_bak", r"no 'expand_bak'; did you mean 'expand_back'\?"),
    ],
)
def test_what_to_write_in_place_of_a_method_is_told(storage, name, said):
    frame = storage.cf([])
    with pytest.raises(AttributeError, match=said):
        getattr(frame, name)
    assert not hasattr(frame, "_repr_png_")


def test_all_frames_were_asked_for(ours):
    assert ours.keys() == MANDALA.keys()
    assert len(ours) > 30


def test_a_loop_is_whole_where_mandala_loses_most_of_it(ours):
    assert (ours[LOOP]["operations"]["step"], MANDALA[LOOP]["operations"]["step"]) == (6, 2)
    assert ours[LOOP]["edges"] == MANDALA[LOOP]["edges"]
    assert ours[LOOP]["table"] == [
        {"acc": "several: 0, 0, 1, 10, 3, 6", "half": "7.5", "i": "several: 0, 1, 2, 3, 4, 5", "x": "15"}
    ]
