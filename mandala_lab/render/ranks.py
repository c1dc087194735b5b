"""Which layer each node stands in, and which edges run against the flow.

Owns cycle breaking and ranking of one graph given by integer indices. Does not
own the order inside a layer (`order`). Nothing here recurses: chains of
100,000 nodes are ordinary.
"""

from __future__ import annotations

from collections import deque

Links = list[tuple[int, int]]
Neighbours = list[list[int]]


def neighbours(count: int, links: Links) -> tuple[Neighbours, Neighbours]:
    """Successors and predecessors of each vertex, in the order of `links`."""
    after: Neighbours = [[] for _ in range(count)]
    before: Neighbours = [[] for _ in range(count)]
    for source, target in links:
        after[source].append(target)
        before[target].append(source)
    return after, before


def against_the_flow(count: int, links: Links) -> list[bool]:
    """Say of each link whether to reverse it so that no cycle is left.

    A depth-first walk in input order, which for calls is the order in which
    they ran: an ordinary loop ``init -> x -> f -> x`` reverses the way back
    to ``x``.
    Links from a vertex to itself are reported as False and must be left out by
    the caller.
    """
    out: list[list[int]] = [[] for _ in range(count)]
    for number, (source, target) in enumerate(links):
        if source != target:
            out[source].append(number)
    reverse = [False] * len(links)
    state = bytearray(count)  # 0 unseen, 1 on the walk, 2 done
    for root in range(count):
        if not state[root]:
            _walk(root, out, links, state, reverse)
    return reverse


def _walk(root: int, out: list[list[int]], links: Links, state: bytearray, reverse: list[bool]) -> None:
    state[root] = 1
    stack = [(root, iter(out[root]))]
    while stack:
        vertex, rest = stack[-1]
        for number in rest:
            target = links[number][1]
            if state[target] == 1:
                reverse[number] = True
            elif state[target] == 0:
                state[target] = 1
                stack.append((target, iter(out[target])))
                break
        else:
            state[vertex] = 2
            stack.pop()


def topological(after: Neighbours, before: Neighbours) -> list[int]:
    """Return the vertices of an acyclic graph, each after its predecessors."""
    waiting = [len(found) for found in before]
    ready = deque(v for v, count in enumerate(waiting) if count == 0)
    done: list[int] = []
    while ready:
        vertex = ready.popleft()
        done.append(vertex)
        for target in after[vertex]:
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return done


def assign_ranks(count: int, links: Links) -> list[int]:
    """Layer numbers from 0 for an acyclic graph: every link goes down.

    The longest path gives the fewest layers; then each vertex moves to the
    side where it has more links, which brings inputs next to their first
    reader and shortens edges.
    """
    after, before = neighbours(count, links)
    order = topological(after, before)
    rank = [0] * count
    for v in order:
        rank[v] = max((rank[w] + 1 for w in before[v]), default=0)
    for _ in range(2):
        for v in reversed(order):
            if len(after[v]) > len(before[v]):
                rank[v] = min(rank[w] for w in after[v]) - 1
        for v in order:
            if len(before[v]) > len(after[v]):
                rank[v] = max(rank[w] for w in before[v]) + 1
    lowest = min(rank, default=0)
    return [value - lowest for value in rank]
