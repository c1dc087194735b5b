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
_SHORT_SIDE: dict[NodeKind, float] = {"var": 6.0, "op": 11.0}
_DETAIL_ROOM: dict[NodeKind, str] = {"var": "000 values", "op": "000 calls · 000 cached"}


def box_size(node: OutlineNode) -> tuple[float, float]:
    """Return the width and height of a node's box: never narrower than its text.

    A detail is a counter and grows, and boxes keep their width while a session
    runs; so there is always room for larger counts.
    """
    label = text_width(shorten(node.label), LABEL_SIZE)
    inner = TEXT_LEFT + math.ceil(max(label, _detail_width(node.detail, node.kind))) + TEXT_RIGHT
    return max(MIN_WIDTH, inner), BOX_HEIGHT


@lru_cache(maxsize=4096)
def _detail_width(detail: str, kind: NodeKind) -> float:
    """Return the room for a detail; many nodes have the same."""
    if not detail:
        return 0.0
    return max(text_width(shorten(detail, LONGEST_DETAIL), DETAIL_SIZE), text_width(_DETAIL_ROOM[kind], DETAIL_SIZE))


def flat_half(kind: NodeKind, across: float, *, flip: bool) -> float:
    """How far from the middle of its side an edge may touch a box.

    Variables have round ends, so their short sides, where edges arrive when
    the flow goes from left to right (`flip`), have little room.
    """
    if flip:
        return _SHORT_SIDE[kind]
    return across / 2 - (_ROUND_END if kind == "var" else _SQUARE_END)
