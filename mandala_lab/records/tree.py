"""What was called by what: the tree of a run, or of a call as it was executed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mandala_lab.model.calls import Call, Span
from mandala_lab.ports.call_store import CallStore


@dataclass(frozen=True, slots=True)
class CallNode:
    """One occurrence of a call, with those that its body made."""

    call: Call
    span: Span
    children: list[CallNode] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CallTree:
    """Occurrences of calls in order of time; a loop over it goes through all, each before those below it.

    Attributes
    ----------
    roots
        Those at top level, or the one that was asked for.
    """

    roots: list[CallNode]

    def __iter__(self) -> Iterator[CallNode]:
        todo = list(reversed(self.roots))
        while todo:
            node = todo.pop()
            yield node
            todo.extend(reversed(node.children))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __str__(self) -> str:
        top = self.roots[0].span.depth if self.roots else 0
        lines = []
        for node in self:
            span = node.span
            took = f"{span.duration_s * 1000:.1f} ms" if span.status == "computed" else span.status
            lines.append(f"{'  ' * (span.depth - top)}{node.call.name}({', '.join(node.call.inputs)})  {took}")
        return "\n".join(lines)


def tree_of_run(store: CallStore, run: str) -> CallTree:
    """Return all that occurred in a run."""
    return _tree(store, store.spans_of_run(run), None)


def tree_of_call(store: CallStore, call: Call) -> CallTree:
    """Return a call, as it was executed, and all that happened below it.

    Raises
    ------
    LookupError
        When its occurrence is not in the store.
    """
    span = call.span
    if span is None:
        raise LookupError(f"{call!r} has no recorded occurrence; storage.calls() lists the calls")
    return _tree(store, store.spans_of_run(span.run), span.seq)


def _tree(store: CallStore, spans: list[Span], root: int | None) -> CallTree:
    calls = {call.hid: call for call in store.calls([span.call for span in spans])}
    nodes = {span.seq: CallNode(calls[span.call], span) for span in spans if span.call in calls}
    roots = []
    for node in (nodes[seq] for seq in sorted(nodes)):
        above = None if node.span.parent is None else nodes.get(node.span.parent)
        if above is not None:
            above.children.append(node)
        elif root is None:
            roots.append(node)
    return CallTree(roots if root is None else [nodes[root]])
