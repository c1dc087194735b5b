"""`Labels`: what calls and refs are called in a picture: by their arguments, and by their values."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

import numpy as np

from mandala_lab.frame.elements import short_ids
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.errors import MandalaLabError
from mandala_lab.model.refs import Ref
from mandala_lab.render.preview import one_line, preview_ref

_LIMIT, _ARGUMENT_LIMIT = 60, 24
_LARGEST = 200
"""Bytes of the values that are told; others are looked at in the inspector, one by one."""
_MOST_KEPT = 2_000


class Labels:
    """Tells calls and refs, and remembers what it read of them: neither changes."""

    def __init__(self) -> None:
        self._known: dict[str, Told] = {}

    def of(self, graph: FrameGraph, kind: Literal["call", "ref"], numbers: np.ndarray) -> Sequence[str]:
        """Return a short text for each of some calls or refs: of calls the arguments in which they differ."""
        if len(self._known) > _MOST_KEPT:
            self._known.clear()
        hids = (graph.catalogue.call_hids if kind == "call" else graph.catalogue.refs.hids).texts(numbers)
        new = np.array([hid not in self._known for hid in hids], bool)
        read = _arguments if kind == "call" else _values
        try:
            found = read(graph, numbers[new]) if new.any() else []
        except (LookupError, MandalaLabError):  # deleted in the meantime
            return short_ids(graph, kind, numbers)
        self._known.update(zip(np.array(hids)[new].tolist(), found, strict=True))
        told = [self._known[hid] for hid in hids]
        shared = set.intersection(*(set(one.items()) for one in told)) if len(told) > 1 else set()
        spare = short_ids(graph, kind, numbers)
        return [_line(one, shared) or short for one, short in zip(told, spare, strict=True)]


Told = dict[str, str]
"""Texts of values by the names of arguments; of a ref its one value, which has no name."""


def _line(told: Told, shared: AbstractSet[tuple[str, str]]) -> str:
    parts = [f"{name}={text}" if name else text for name, text in told.items() if (name, text) not in shared and text]
    line = ", ".join(parts)
    return line if len(line) <= _LIMIT else line[: _LIMIT - 1] + "…"


def _arguments(graph: FrameGraph, numbers: np.ndarray) -> list[Told]:
    calls = graph.catalogue.calls(numbers)
    return [{name: _text(ref, _ARGUMENT_LIMIT) for name, ref in call.inputs.items()} for call in calls]


def _values(graph: FrameGraph, numbers: np.ndarray) -> list[Told]:
    return [{"": _text(ref, _LIMIT)} for ref in graph.catalogue.refs.of(numbers)]


def _text(ref: Ref, limit: int) -> str:
    """Return a small value in one line; nothing for one that would have to be read from elsewhere."""
    if ref.data is None or len(ref.data) > _LARGEST:
        return ""
    seen = preview_ref(ref)
    return "" if seen.kind == "missing" else one_line(seen, limit)
