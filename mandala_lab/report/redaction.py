"""What is left out of an export that shows values: by name, by type.

Owns which values are meant. A value that goes by a name that is meant is left out
under every other name too, and so is a collection that holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.selectors import fits
from mandala_lab.model.errors import nearest, refuse_other
from mandala_lab.model.outline import node_name
from mandala_lab.model.refs import Ref
from mandala_lab.model.secrets import is_secret
from mandala_lab.model.structures import CollectionRef

Redact = str | type | Iterable[str | type]
_LOOKED_AT = 2_000  # a look at a value shows no more items than this
_DEPTH = 8
_IN_NAME = re.compile(r"[\[\]'\"]+")


class Redaction:
    """Says which values of a frame are left out.

    Parameters
    ----------
    graph
        The frame.
    redact
        Names of arguments, outputs and variables, in which ``*`` and ``?`` stand for
        anything, in any case; types, or their (dotted) names.

    Raises
    ------
    TypeError
        For anything else.
    """

    def __init__(self, graph: FrameGraph, redact: Redact = ()) -> None:
        refuse_other(redact, (str, type, Iterable), "redact takes names and types, such as 'password'")
        given = [redact] if isinstance(redact, str | type) else list(redact)
        for one in given:
            if not isinstance(one, str | type):
                raise TypeError(f"redact takes names and types, not {one!r}")
        self._types = {one for one in given if isinstance(one, type)}
        self._patterns = [one for one in given if isinstance(one, str)]
        self._met: set[str] = set()
        self._met_types: set[type] = set()
        self._names = self._names_of(graph)
        self._cids = self._named(graph) if self._patterns else set()

    def __bool__(self) -> bool:
        return bool(self._types or self._patterns)

    def covers_name(self, name: str) -> bool:
        """Whether values of this name are left out; of an element, the name of its collection counts too."""
        parts = {name, *_IN_NAME.split(name)}
        met = {pattern for part in parts for pattern in self._patterns if fits(part.lower(), pattern.lower())}
        self._met |= met
        return bool(met)

    def unmet(self) -> dict[str, str]:
        """Return the names, patterns and types that meant nothing so far, with what they may be meant for."""
        left = [one for one in self._patterns if one not in self._met]
        types = {kind.__name__: "no value that was looked at is of it" for kind in self._types - self._met_types}
        return {one: nearest(one, self._names) for one in left} | types

    def covers_ref(self, ref: Ref) -> bool:
        """Whether a ref is left out by a name that it, or an element, goes by."""
        if ref.cid in self._cids:
            return True
        return bool(self._cids) and isinstance(ref, CollectionRef) and any(map(self.covers_ref, elements_of(ref)))

    def covers_value(self, value: Any, depth: int = 0) -> bool:
        """Whether a value, or what one sees of it in a look, is of a type that is left out."""
        if is_secret(type(value)) or self._covers_type(type(value)):
            return True
        if not self or depth > _DEPTH:
            return depth > _DEPTH
        return any(self.covers_value(item, depth + 1) for item in islice(_items(value), _LOOKED_AT))

    def _covers_type(self, kind: type) -> bool:
        if not self:
            return False
        for base in type.__dict__["__mro__"].__get__(kind):
            is_meant = any(base is one for one in self._types)
            names = (base.__name__, base.__qualname__, f"{base.__module__}.{base.__qualname__}")
            met = {one for name in names for one in self._patterns if fits(name, one)}
            if is_meant or (base is not object and met):
                self._met |= met
                self._met_types |= {base} if is_meant else set()
                return True
        return False

    @staticmethod
    def _names_of(graph: FrameGraph) -> list[str]:
        """Return the names of variables, arguments and outputs."""
        catalogue, found = graph.catalogue, dict.fromkeys(map(node_name, graph.variables))
        for links in (catalogue.inputs, catalogue.outputs):
            places, _ = links.places(graph.all_calls)
            found |= dict.fromkeys(catalogue.labels[n] for n in np.unique(links.labels.view[places]).tolist())
        return list(found)

    def _named(self, graph: FrameGraph) -> set[str]:
        """Return the content ids of all values that go by a name that is meant."""
        catalogue = graph.catalogue
        found = [refs for node, refs in graph.variables.items() if self.covers_name(node_name(node))]
        for links in (catalogue.inputs, catalogue.outputs):
            places, _ = links.places(graph.all_calls)
            for column in (links.names, links.labels) if links is catalogue.inputs else (links.labels,):
                numbers = column.view[places]
                meant = [n for n in np.unique(numbers).tolist() if self.covers_name(catalogue.labels[n])]
                found.append(links.refs.view[places[np.isin(numbers, meant)]].astype(np.int64))
        cids: set[str] = set()
        left = [catalogue.refs[number] for refs in found for number in np.unique(refs).tolist()]
        while left:
            ref = left.pop()
            if ref.cid not in cids:
                cids.add(ref.cid)
                left += elements_of(ref) if isinstance(ref, CollectionRef) else []
        return cids


def elements_of(ref: CollectionRef) -> list[Ref]:
    """Return the elements of a collection; none where they cannot be read, and so are not shown either."""
    try:
        return [one for one in (ref.values() if hasattr(ref, "values") else ref) if isinstance(one, Ref)]
    except Exception:  # whatever is wrong with the store is told where the value is looked at
        return []


def _items(value: Any) -> Iterable[Any]:
    kind = type(value)
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        return value  # type: ignore[no-any-return]
    if kind is dict:
        return (item for pair in value.items() for item in pair)
    if kind is np.ndarray and value.dtype.hasobject:
        return value.flat  # type: ignore[no-any-return]
    if kind.__module__.partition(".")[0] == "pandas" and hasattr(value, "head"):
        head = value.head(10)
        return (cell for row in head.to_numpy().reshape(len(head), -1) for cell in row)
    return ()
