"""What frames are to hold, worked out in plain sets from what the store says of its calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Links = Mapping[str, Mapping[str, set[str]]]
"""For each call, ids of refs by the label of their edge."""


class World:
    """All calls of a store: their ops, and what they took and made."""

    def __init__(self, storage: Any) -> None:
        calls = storage.store.calls_of_session(None)
        self.op = {call.hid: call.op for call in calls}
        self.given: Links = {call.hid: _by_label(call, call.inputs) for call in calls}
        self.made: Links = {call.hid: _by_label(call, call.outputs) for call in calls}

    def all(self, links: Links, calls: Iterable[str]) -> set[str]:
        """Return the refs of calls."""
        return {ref for call in calls for refs in links[call].values() for ref in refs}

    def makers(self, refs: Iterable[str]) -> set[str]:
        return {call for call in self.op if self.all(self.made, [call]) & set(refs)}

    def takers(self, refs: Iterable[str]) -> set[str]:
        return {call for call in self.op if self.all(self.given, [call]) & set(refs)}

    def closure(
        self,
        refs: Iterable[str],
        ask: Callable[[Iterable[str]], set[str]],
        beyond: Links,
    ) -> tuple[set[str], set[str]]:
        """Return the calls that are reached, and the refs, going on from all of these."""
        calls: set[str] = set()
        held, fresh = set(refs), set(refs)
        while fresh:
            new = ask(fresh) - calls
            calls |= new
            reached = self.all(beyond, new)
            fresh = reached - held
            held |= reached
        return calls, held

    def back(self, refs: Iterable[str]) -> tuple[set[str], set[str]]:
        return self.closure(refs, self.makers, self.given)

    def forward(self, refs: Iterable[str]) -> tuple[set[str], set[str]]:
        return self.closure(refs, self.takers, self.made)

    def covered(self, refs: Iterable[str], calls: Iterable[str], near: Links) -> set[str]:
        """Return refs, with all that calls have on an edge on which one of them lies.

        So one element that goes into a list brings the others along: they share an edge.
        """
        held, size = set(refs), -1
        while len(held) != size:
            size = len(held)
            edges = {(self.op[call], label) for call in calls for label, some in near[call].items() if some & held}
            held |= {
                ref
                for call in calls
                for label, some in near[call].items()
                if (self.op[call], label) in edges
                for ref in some
            }
        return held

    def whole(self, refs: Iterable[str], calls: Iterable[str] = ()) -> tuple[set[str], set[str]]:
        """Go back from what no call made, and forward from what no call took, in turn, until nothing is new."""
        held, within, size = set(refs), set(calls), -1
        while len(held) + len(within) != size:
            size = len(held) + len(within)
            for go, near in ((self.back, self.made), (self.forward, self.given)):
                found, reached = go(held - self.all(near, within))
                held |= reached
                within |= found
        return within, held

    def component(self, refs: Iterable[str]) -> tuple[set[str], set[str]]:
        """Return all that hangs together with refs, by whatever way."""
        held, size = set(refs), -1
        while len(held) != size:
            size = len(held)
            calls = self.makers(held) | self.takers(held)
            held |= self.all(self.given, calls) | self.all(self.made, calls)
        return calls, held


def _by_label(call: Any, refs: Mapping[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, ref in refs.items():
        label = name.partition("[")[0] if call.op.startswith("mandala_lab:") else name
        found.setdefault(label, set()).add(ref.hid)
    return found
