"""`Asking`: which calls made refs, and which took them; from the catalogue, or from the store.

Asking the store for a few calls at a time costs least where little is wanted, reading
all of it at once where much is. So it is asked, until that has cost as much as
reading all would; then all is read.
"""

from __future__ import annotations

import numpy as np

from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.links import NONE
from mandala_lab.frame.numbers import Seen, distinct
from mandala_lab.frame.reading import read_rest
from mandala_lab.ports.call_store import CallStore

_COST_OF_A_QUESTION = 50
"""Of asking at all, in units of what reading one call costs when all are read; an id that is asked for costs two."""

_LEAST_BUDGET = 1_000


class Asking:
    """Answers, from one catalogue and the store behind it, as the store is now.

    Parameters
    ----------
    catalogue
        Takes in what is found.
    store
        Where to look for what is not there.
    """

    def __init__(self, catalogue: Catalogue, store: CallStore) -> None:
        self.catalogue = catalogue
        self._store = store
        self._at = store.last_event()
        self._spent, self._budget = 0, _LEAST_BUDGET
        self._knows_size = False
        self._asked_makers, self._asked_takers = Seen(), Seen()
        self._whole = catalogue.whole_at == self._at

    def makers(self, refs: np.ndarray) -> np.ndarray:
        """Return the successful calls that made refs, each once."""
        unknown = refs[self.catalogue.refs.makers.view[refs] == NONE]
        if len(unknown) and not self._whole:
            unknown = self._asked_makers.add(unknown[~self.catalogue.refs.is_free(unknown)])
            if len(unknown) and not self._reads_all(len(unknown)):
                ids = self.catalogue.refs.maker_ids(unknown)
                self.catalogue.add(self._store.columns_of_calls(one.tobytes() for one in ids))
        found = self.catalogue.refs.makers.view[refs]
        return distinct(found[found != NONE]).astype(np.int64)

    def takers(self, refs: np.ndarray) -> np.ndarray:
        """Return the calls that took refs, each once; failed ones, too."""
        if not self._whole:
            unknown = self._asked_takers.add(refs)
            if len(unknown) and not self._reads_all(len(unknown)):
                ids = self.catalogue.refs.ids(unknown)
                self.catalogue.add(self._store.columns_of_takers(one.tobytes() for one in ids))
        return self.catalogue.takers(refs).astype(np.int64)

    def _reads_all(self, number: int) -> bool:
        """Read all that is not here yet if asking for so many more would cost as much."""
        self._spent += _COST_OF_A_QUESTION + 2 * number
        if self._spent > self._budget and not self._knows_size:  # counting a large store takes long
            self._budget, self._knows_size = max(_LEAST_BUDGET, self._store.count_calls() // 2), True
        if self._spent <= self._budget:
            return False
        held = self.catalogue.held if self.catalogue.held_at == self._at else frozenset[str]()
        read_rest(self.catalogue, self._store, besides=held)
        self.catalogue.whole_at = self._at
        self._whole = True
        return True
