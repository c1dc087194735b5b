"""The curves of a scene follow their rule, piece by piece, and paths draw each piece once."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
from geometry import curves
from graphs import outlines
from hypothesis import given, settings
from hypothesis import strategies as st

from mandala_lab.render.curves import path_data, ways
from mandala_lab.render.layered import LayeredLayout


def by_rule(points, *, down, loop):
    """Return the pieces through points, one by one, as the module's rule says."""
    turned = points if down else [(y, x) for x, y in points]
    rises = [two[1] - one[1] for one, two in pairwise(turned)]
    aside = [loop, *(one * two < 0 for one, two in pairwise(rises)), loop]
    found = []
    for (one, leaves), (two, reaches) in pairwise(zip(turned, aside, strict=True)):
        share = 0.5 if leaves == reaches else 0.552
        du, dv = (two[0] - one[0]) * share, (two[1] - one[1]) * share
        first = (one[0] + du, one[1]) if leaves else (one[0], one[1] + dv)
        second = (two[0] - du, two[1]) if reaches else (two[0], two[1] - dv)
        found.append([one, first, second, two])
    return found if down else [[(y, x) for x, y in piece] for piece in found]


@settings(deadline=None, max_examples=60)
@given(outlines(), st.sampled_from(["TB", "LR"]))
def test_curves_are_what_the_rule_says_and_pieces_are_there_once(outline, orientation):
    scene = LayeredLayout(orientation).place(outline)
    drawn = ways(scene)
    assert len({piece.tobytes() for piece in drawn.pieces}) == len(drawn.pieces)
    for edge, curve in zip(scene.edges, curves(scene), strict=True):
        loop = edge.source == edge.target
        wanted = by_rule(edge.points, down=(orientation == "TB"), loop=loop)
        assert np.allclose(curve, wanted, rtol=0, atol=1e-9)
    data = path_data(drawn)
    assert len(data) == len(scene.edges)
    assert len(re.findall("[CHV]", "".join(data))) == len(drawn.pieces)
    assert all(path.startswith("M") for path in data if path)
