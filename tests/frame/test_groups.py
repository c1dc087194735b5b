"""Histories through groups of refs, on random programs, against a walk from element to element."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from programs import frames, programs, quick, ran

from mandala_lab.frame.flow import Ways
from mandala_lab.frame.through import Through, loops_after


def walked(graph, start, direction, without=frozenset()):
    """Return the elements, with their nodes, to which steps lead from some, but not through others: one by one."""
    ways, steps = Ways(graph, direction), {}
    for node in graph.nodes:
        for edge, other in ways.on(node):
            for one, two in zip(*ways.pairs(edge), strict=True):
                steps.setdefault((node, one), []).append((other, two))
    seen, left = set(start), list(start)
    while left:
        new = {after for after in steps.get(left.pop(), []) if after not in seen and after not in without}
        seen |= new
        left += new
    return seen


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
                expected = own | walked(graph, below, "back", without=others - own)
                assert {(node, one) for node, held in found.items() for one in held} == expected
