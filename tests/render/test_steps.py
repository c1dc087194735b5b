"""The steps of a layout, each against what it promises or against a slow and plain way."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandala_lab.render.coordinates import BEND_GAP, NODE_GAP, across
from mandala_lab.render.isotonic import isotonic
from mandala_lab.render.order import order_layers
from mandala_lab.render.overlaps import Rectangles
from mandala_lab.render.ranks import against_the_flow, assign_ranks
from mandala_lab.render.runs import straight_runs
from mandala_lab.render.tiers import Tiers
from mandala_lab.render.web import weave

numbers = st.floats(-1000, 1000)


@st.composite
def webs(draw, most=14):
    """A web of any acyclic graph, and layers in any order."""
    count = draw(st.integers(1, most))
    index = st.integers(0, count - 1)
    found = draw(st.lists(st.tuples(index, index), max_size=2 * most))
    pairs = [(min(pair), max(pair)) for pair in found if pair[0] != pair[1]]
    reverse = against_the_flow(count, pairs)
    sizes = draw(st.lists(st.sampled_from([84.0, 120.0, 301.0]), min_size=count, max_size=count))
    web = weave(assign_ranks(count, pairs), sizes, pairs, reverse)
    layers = [[v for v, r in enumerate(web.rank) if r == rank] for rank in range(max(web.rank) + 1)]
    web.layers = [draw(st.permutations(layer)) for layer in layers]
    return web


def counted(web):
    """Crossings of pairs of edges, link by link."""
    place = {v: number for layer in web.layers for number, v in enumerate(layer)}
    many = [sum(number in path for path in web.paths) for number in range(len(web.links))]
    total = 0
    for (one, (a, b)), (two, (c, d)) in combinations(enumerate(web.links), 2):
        if web.rank[a] == web.rank[c] and (place[a] - place[c]) * (place[b] - place[d]) < 0:
            total += many[one] * many[two]
    return total


@given(webs())
def test_crossings_are_counted_as_by_hand(web):
    assert Tiers(web, web.layers).crossings() == counted(web)


@given(webs(), st.booleans(), st.booleans())
def test_a_sweep_keeps_each_layer_s_vertices(web, downwards, mirrored):
    tiers = Tiers(web, web.layers)
    tiers.sweep(downwards=downwards, mirrored=mirrored)
    assert [sorted(layer) for layer in tiers.layers()] == [sorted(layer) for layer in web.layers]


@given(webs())
def test_exchanges_only_remove_crossings(web):
    tiers = Tiers(web, web.layers)
    before = tiers.crossings()
    for _ in range(3):
        tiers.exchange(1)
        web.layers = tiers.layers()
        assert tiers.crossings() == counted(web) <= before
        before = tiers.crossings()


@given(webs())
def test_an_order_is_no_worse_than_the_first(web):
    order_layers(web)
    assert sorted(v for layer in web.layers for v in layer) == list(range(len(web.rank)))


@given(webs())
def test_runs_go_from_layer_to_layer_and_never_cross(web):
    run = straight_runs(web)
    links = set(web.links)
    place = {v: number for layer in web.layers for number, v in enumerate(layer)}
    steps = []
    for top in set(run):
        members = sorted((v for v in range(len(run)) if run[v] == top), key=web.rank.__getitem__)
        assert all(pair in links for pair in pairwise(members))
        steps += pairwise(members)
    for (a, b), (c, d) in combinations(steps, 2):
        if web.rank[a] == web.rank[c]:
            assert (place[a] - place[c]) * (place[b] - place[d]) > 0


@given(webs())
def test_places_keep_the_order_and_the_distances(web):
    centre = across(web)
    for layer in web.layers:
        for left, right in pairwise(layer):
            gap = NODE_GAP if max(left, right) < web.nodes else BEND_GAP
            assert centre[right] - centre[left] >= (web.size[left] + web.size[right]) / 2 + gap - 1e-6


@given(st.lists(st.tuples(numbers, st.floats(0.1, 10)), min_size=1, max_size=30))
def test_isotonic_regression_is_the_least_squares_fit(pairs):
    values, weights = np.array(pairs).T
    found = isotonic(values, weights)
    assert (np.diff(found) >= -1e-9).all()
    # The optimum by its closed form: the least of the means to the right, of the greatest to the left.
    means = {
        (a, b): np.average(values[a : b + 1], weights=weights[a : b + 1])
        for a in range(len(values))
        for b in range(a, len(values))
    }
    best = [max(min(means[a, b] for b in range(k, len(values))) for a in range(k + 1)) for k in range(len(values))]
    assert found == pytest.approx(best, abs=1e-6)


areas = st.lists(
    st.tuples(st.floats(-300, 900), st.floats(-300, 900), st.floats(0.5, 500), st.floats(0.5, 500)),
    min_size=1,
    max_size=20,
).map(lambda found: np.array([(x, y, x + w, y + h) for x, y, w, h in found]).T)


@given(areas, areas)
def test_overlaps_are_found_once_as_by_hand(some, others):
    pairs = list(zip(*(found.tolist() for found in Rectangles(others).overlapping(some)), strict=True))
    wanted = [
        (a, b)
        for a, (u0, v0, u1, v1) in enumerate(some.T)
        for b, (x0, y0, x1, y1) in enumerate(others.T)
        if u0 < x1 and u1 > x0 and v0 < y1 and v1 > y0
    ]
    assert sorted(pairs) == wanted
