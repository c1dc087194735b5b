"""`StoredFrame`: the frame of a notebook's session as its store knows it, with no kernel.

Answers the reading requests of a panel, and never writes to the store.
"""

from __future__ import annotations

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.occurrences import Occurrences
from mandala_lab.frame.source import of_session
from mandala_lab.live.desk import show
from mandala_lab.live.inspect import inspect
from mandala_lab.live.watcher import Moment, still
from mandala_lab.model.errors import MandalaLabError
from mandala_lab.model.view import View
from mandala_lab.ports.call_store import CallStore
from mandala_lab.schema.messages import (
    CallInspect,
    Failure,
    FrameGet,
    FrameSnapshot,
    NodeInspect,
    RefInspect,
    Reply,
    Request,
    StoreInfo,
)


class StoredFrame:
    """Answers questions about what a session recorded.

    Parameters
    ----------
    store
        Where it is recorded.
    label
        What the panel calls the store: its path.
    session
        Path of the notebook.
    """

    def __init__(self, store: CallStore, label: str, session: str) -> None:
        self._store = store
        self._label = label
        self._session = session
        self._graph: FrameGraph | None = None

    def answer(self, request: Request) -> Reply:
        """Return the reply; what cannot be answered is a `Failure`."""
        try:
            if isinstance(request, FrameGet):
                return show(request, self._snapshot)
            if isinstance(request, NodeInspect | CallInspect | RefInspect):
                return inspect(self._store, self._graph or self._read(), request)
        except MandalaLabError as error:
            return Failure(code="failed", message=str(error))
        return Failure(code="no_kernel", message="a kernel that records is needed for this; continue recording first")

    def close(self) -> None:
        """Release the store."""
        self._store.close()

    def _read(self) -> FrameGraph:
        self._graph = of_session(self._store, self._session)
        return self._graph

    def _snapshot(self, view: View) -> FrameSnapshot:
        graph = self._read()
        totals = self._store.totals(session=self._session)
        info = StoreInfo(self._label, graph.size, totals.computed, totals.cached, totals.error, saved_s=totals.saved_s)
        return still(Moment(graph, Occurrences(), self._store, info, self._session), view)
