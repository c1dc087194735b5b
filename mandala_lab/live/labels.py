"""`Labels`: what calls and refs are called in a picture: by their arguments, and by their values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    """Tells calls and refs, and remembers what it told: neither changes."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, graph: FrameGraph, kind: Literal["call", "ref"], numbers: np.ndarray) -> Sequence[str]:
        """Return a short text for each of some calls or refs."""
        ids = graph.catalogue.call_hids if kind == "call" else graph.catalogue.ref_hids
        hids = ids.texts(numbers)
        new = np.array([hid not in self._known for hid in hids], bool)
        if len(self._known) > _MOST_KEPT:
            self._known.clear()
            new[:] = True
        try:
            tell = _calls if kind == "call" else _refs
            told = tell(graph, numbers[new]) if new.any() else []
        except (LookupError, MandalaLabError):  # deleted in the meantime
            return short_ids(graph, kind, numbers)
        spare = short_ids(graph, kind, numbers[new])
        for hid, text, short in zip(np.array(hids)[new].tolist(), told, spare, strict=True):
            self._known[hid] = text or short
        return [self._known[hid] for hid in hids]


def _calls(graph: FrameGraph, numbers: np.ndarray) -> list[str]:
    return [_arguments(call.inputs.items()) for call in graph.catalogue.calls(numbers)]


def _arguments(inputs: Iterable[tuple[str, Ref]]) -> str:
    parts: list[str] = []
    for name, ref in inputs:
        text = _value(ref, _ARGUMENT_LIMIT)
        parts.append(f"{name}={text}" if text else name)
        if sum(map(len, parts)) > _LIMIT:
            parts.append("…")
            break
    return ", ".join(parts)


def _refs(graph: FrameGraph, numbers: np.ndarray) -> list[str]:
    return [_value(ref, _LIMIT) for ref in graph.catalogue.refs(numbers)]


def _value(ref: Ref, limit: int) -> str:
    """Return a small value in one line; nothing for one that would have to be read from elsewhere."""
    if ref.data is None or len(ref.data) > _LARGEST:
        return ""
    seen = preview_ref(ref)
    return "" if seen.kind == "missing" else one_line(seen, limit)
