"""How large the box of a node is, and the measures that drawing shares.

Owns sizes in pixels. Does not own positions, nor how a box looks.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from mandala_lab.render.text_width import shorten, text_width

if TYPE_CHECKING:
    from mandala_lab.model.outline import NodeKind, OutlineNode

LABEL_SIZE = 13.0
DETAIL_SIZE = 11.0
EDGE_LABEL_SIZE = 10.5
BOX_HEIGHT = 42.0
TEXT_LEFT = 33.0
"""Where text begins, right of the status glyph; see `render.svg`."""
TEXT_RIGHT = 15.0
MIN_WIDTH = 84.0
LONGEST_DETAIL = 40
CORNER = 7.0
_ROUND_END = 22.0
_SQUARE_END = 10.0
CHIP_HEIGHT = 24.0
CHIP_LEFT = 24.0
"""Where the text of a chip begins, which has one line."""
CHIP_RIGHT = 11.0
_ROUND = ("var", "ref", "chip")
_DETAIL_ROOM: dict[NodeKind, str] = {"var": "000 values", "op": "000 calls · 000 cached"}


def is_round(kind: NodeKind) -> bool:
    """Whether a kind of node has round ends: values have, calls have not."""
    return kind in _ROUND


def box_size(node: OutlineNode) -> tuple[float, float]:
    """Return the width and height of a node's box: never narrower than its text.

    A detail is a counter and grows, and boxes keep their width while a session
    runs; so there is always room for larger counts.
    """
    if node.kind == "chip":
        return CHIP_LEFT + math.ceil(text_width(shorten(node.label), DETAIL_SIZE)) + CHIP_RIGHT, CHIP_HEIGHT
    label = text_width(shorten(node.label), LABEL_SIZE)
    inner = TEXT_LEFT + math.ceil(max(label, _detail_width(node.detail, node.kind))) + TEXT_RIGHT
    return max(MIN_WIDTH, inner), BOX_HEIGHT


@lru_cache(maxsize=4096)
def _detail_width(detail: str, kind: NodeKind) -> float:
    """Return the room for a detail; many nodes have the same."""
    if not detail:
        return 0.0
    room = text_width(_DETAIL_ROOM.get(kind, ""), DETAIL_SIZE)
    return max(text_width(shorten(detail, LONGEST_DETAIL), DETAIL_SIZE), room)


def flat_half(kind: NodeKind, across: float, *, flip: bool) -> float:
    """How far from the middle of its side an edge may touch a box.

    Variables have round ends, so their short sides, where edges arrive when
    the flow goes from left to right (`flip`), have little room.
    """
    if flip:
        return 6.0 if is_round(kind) else 11.0
    if kind == "chip":
        return across / 2 - CHIP_HEIGHT / 2
    return across / 2 - (_ROUND_END if is_round(kind) else _SQUARE_END)
