"""Many calls of a store, taken into a catalogue part by part; of several records of a call, that which counts."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

import numpy as np

from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.model.collector import collector_at_rest
from mandala_lab.model.ids import may_repeat
from mandala_lab.ports.call_store import CallStore


@collector_at_rest()
def read_new(store: CallStore, op: str | None = None) -> Catalogue:
    """Return a catalogue of all calls, or of those of an op, taken in while the store reads on."""
    catalogue, taken = Catalogue(), 0
    with closing(store.columns_in_parts(of=op)) as parts:
        for part in parts:
            catalogue.add(part)
            taken += len(part)
    if taken == len(catalogue) and not may_repeat(catalogue.call_ids.rows.view):
        return catalogue
    other, ordered = Catalogue(), Catalogue()  # the first record of a call need not be the one that counts
    read_rest(other, store, of=op)
    ordered.add(other.columns(np.argsort(other.rows.view, kind="stable")))
    return ordered


@collector_at_rest()
def read_rest(catalogue: Catalogue, store: CallStore, *, of: str | None = None, besides: Iterable[str] = ()) -> None:
    """Take in all calls, or those of an op, or of all ops but some; those that are here stay as they are."""
    with closing(store.columns_in_parts(of=of, besides=besides)) as found:
        parts = list(found)
    repeated = _repeated([part.hids for part in parts])
    for part in parts:
        catalogue.add(part if not repeated else part.take(_others(part.hids, repeated)))
    if repeated:
        catalogue.add(store.columns_of_calls(repeated))


def _repeated(ids: list[np.ndarray]) -> set[bytes]:
    """Return the ids that are there more than once."""
    every = np.concatenate(ids)
    if not may_repeat(every):
        return set()
    found, counts = np.unique(every, axis=0, return_counts=True)
    return set(map(bytes, found[counts > 1]))


def _others(ids: np.ndarray, left_out: set[bytes]) -> np.ndarray:
    return np.flatnonzero([one not in left_out for one in map(bytes, ids)])
