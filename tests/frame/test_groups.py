"""Histories through groups of refs, on random programs, against a walk from element to element."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from programs import frames, programs, quick, ran

from mandala_lab.frame.flow import Ways
from mandala_lab.frame.through import Through, loops_after


def steps_of(graph, direction):
    """Return by element, with its node, those to which a step leads."""
    ways, steps = Ways(graph, direction), {}
    for node in graph.nodes:
        for edge, other in ways.on(node):
            for one, two in zip(*ways.pairs(edge), strict=True):
                steps.setdefault((node, one), []).append((other, two))
    return steps


def walked(graph, start, direction, without=frozenset(), not_into=frozenset()):
    """Return the elements to which steps lead from some, but not through others, nor into some nodes: one by one."""
    steps = steps_of(graph, direction)
    seen, left = set(start), list(start)
    while left:
        after = {one for one in steps.get(left.pop(), []) if one[0] not in not_into}
        new = after - seen - set(without)
        seen |= new
        left += new
    return seen


def beside(graph, kept):
    """Return what calls made besides in nodes that hold nothing of theirs, and what came from that alone."""
    taken = {node for node, _ in kept}
    steps = steps_of(graph, "forward")
    made = {one for call in kept if call[0] in graph.operations for one in steps.get(call, []) if one[0] not in taken}
    reached = walked(graph, made, "forward", not_into=taken)
    past = {one: walked(graph, {one}, "back") for one in reached}
    good = {one for one in reached if all(other in kept or other[0] not in taken for other in past[one])}
    return {other for one in good for other in past[one]}


@quick(40)
@given(programs, st.data())
def test_a_group_is_what_goes_through_it_and_not_through_what_others_led_to(program, data):
    with ran(program) as done:
        graph = frames(data, done)._graph
        through = Through(graph)
        for variable, refs in graph.variables.items():
            loops = loops_after(graph, [variable])
            groups = np.array_split(refs, data.draw(st.integers(1, max(1, len(refs)))))
            for group, found in zip(groups, through.each(variable, groups), strict=True):
                start = {(variable, ref) for ref in group}
                below = walked(graph, start, "forward")
                in_loops = walked(graph, {one for one in below if one[0] in loops}, "back")
                own = below | walked(graph, start, "back") | in_loops
                others = walked(graph, {(variable, ref) for ref in refs} - start, "forward")
                kept = own | walked(graph, below, "back", without=others - own)
                expected = kept | beside(graph, kept)
                assert {(node, one) for node, held in found.items() for one in held} == expected
