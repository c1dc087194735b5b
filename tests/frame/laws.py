"""What the laws of frames speak of."""

from __future__ import annotations


def sets(frame):
    return {name: set(held) for name, held in frame.sets.items()}


def elements(frame):
    return set(frame.refs), set(frame.calls)


def kinds_of(frame):
    return {**dict.fromkeys(frame.vnames), **{name: spec.key for name, spec in frame.ops().items()}}


def is_part(one, other):
    """Whether one frame has only nodes, elements and edges of another."""
    held = sets(other)
    return (
        all(elements <= held.get(name, set()) for name, elements in sets(one).items())
        and set(one.nodes) <= set(other.nodes)
        and set(one.edges()) <= set(other.edges())
    )


def is_within(one, other):
    """Whether each element of one frame is in the same node of another, whatever the edges."""
    held = sets(other)
    return all(elements <= held.get(name, set()) for name, elements in sets(one).items() if elements)
