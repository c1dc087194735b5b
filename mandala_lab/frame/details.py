"""What is known of calls beside their links: read from the store when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mandala_lab.model.columns import NO_DETAILS, CallDetails

if TYPE_CHECKING:
    from mandala_lab.frame.catalogue import Catalogue

MICRO = 1_000_000


def details_of(catalogue: Catalogue, calls: np.ndarray) -> CallDetails:
    """Return what else is known of calls, in their order.

    Raises
    ------
    LookupError
        Where one was deleted from the store in the meantime.
    """
    found, places, gone = _found(catalogue, calls)
    if gone.any():
        hid = catalogue.call_hid(int(calls[gone][0]))
        raise LookupError(
            f"call {hid} was deleted from the storage after this frame was made"
            + (f", and so were {gone.sum() - 1:,} others" if gone.sum() > 1 else "")
            + "; make the frame anew, such as storage.cf(...)"
        )
    return found.take(places)


def known_details(catalogue: Catalogue, calls: np.ndarray) -> tuple[CallDetails, np.ndarray]:
    """Return what else is known of those calls that the store still has, in their order, and which they are."""
    found, places, gone = _found(catalogue, calls)
    return found.take(places[~gone]), ~gone


def versions_of(catalogue: Catalogue, calls: np.ndarray) -> list[str]:
    """Return the ids of the code versions that calls ran; empty for those deleted in the meantime."""
    found, places, gone = _found(catalogue, calls)
    states = found.state_numbers[places].tolist() if len(found.rows) else [0] * len(calls)
    return ["" if lost else found.states[state].version for state, lost in zip(states, gone.tolist(), strict=True)]


def starts_of(catalogue: Catalogue, calls: np.ndarray) -> np.ndarray:
    """Return when calls started, in microseconds since the epoch; 0 for those deleted in the meantime."""
    found, places, gone = _found(catalogue, calls)
    return np.where(gone, 0, found.started_us[places]) if len(found.rows) else np.zeros(len(calls), np.int64)


def _found(catalogue: Catalogue, calls: np.ndarray) -> tuple[CallDetails, np.ndarray, np.ndarray]:
    """Return details, at which place are those of each call, and whether there are none."""
    if catalogue.origin is None or not len(calls):
        return NO_DETAILS, np.zeros(0, np.int64), np.zeros(0, bool)
    rows = catalogue.rows.view[calls]
    found = catalogue.origin.details(rows)
    places = np.minimum(np.searchsorted(found.rows, rows), max(len(found.rows) - 1, 0))
    gone = np.ones(len(rows), bool)
    if len(found.rows):
        gone = (found.rows[places] != rows) | (found.hids[places] != catalogue.call_ids.rows.view[calls]).any(axis=1)
    return found, places, gone
