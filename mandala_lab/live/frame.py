"""`LiveFrame`: the frame of a notebook's session, growing while calls are made.

Owns the revision, the scene of the last push, and the thread that pushes: at
most ten times a second, with at most a sixth of the time, and only while
somebody watches. Does not own how a push travels: that is the `push` given to it.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np

from mandala_lab.frame.asking import Asking
from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.details import MICRO, details_of
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.joined import JoinedCalls
from mandala_lab.frame.outline import outline
from mandala_lab.frame.source import with_structure
from mandala_lab.model.calls import Span, SpanStatus
from mandala_lab.model.hashing import DIGEST_SIZE
from mandala_lab.model.outline import OpId
from mandala_lab.render.layered import LayeredLayout
from mandala_lab.render.scene import diff_scenes
from mandala_lab.schema.messages import FrameDelta, FrameSnapshot, Push, StoreInfo
from mandala_lab.schema.scene import Scene
from mandala_lab.storage import Storage

_INTERVAL_S = 0.1
_REST = 5.0
"""A large frame takes long to bring up to date: then there is this many times as long a pause."""


class LiveFrame:
    """Follows a storage and pushes the changes of its session's frame.

    Parameters
    ----------
    storage
        What to follow; its session's earlier runs are shown too.
    push
        Sends a message to whoever watches; called on a thread of this object.
    """

    def __init__(self, storage: Storage, push: Callable[[Push], None]) -> None:
        self._storage = storage
        self._push = push
        self._lock = threading.RLock()
        self._start_anew()
        self._occurrences: dict[OpId, dict[SpanStatus, int]] = defaultdict(lambda: defaultdict(int))
        self._pending: list[Span] = []
        self._saved_s = 0.0
        self._counts: dict[SpanStatus, int] = {"computed": 0, "cached": 0, "error": 0}
        self._layout = LayeredLayout()
        self._scene = self._layout.place(outline(self._joined.graph(), self._occurrences))
        self._seq = 0
        self._session = storage.run  # revisions of one recording follow each other, and no others
        self._panels: set[str] = set()
        self._dirty = threading.Event()
        self._closed = threading.Event()
        self._unsubscribe = storage.subscribe(self._note)
        self._thread = threading.Thread(target=self._push_often, name="mandala-lab live", daemon=True)
        self._thread.start()

    def attach(self, panel: str = "") -> FrameSnapshot:
        """Start pushing, for one panel more, and return the frame as it is now."""
        self._panels.add(panel)
        return self.snapshot()

    def snapshot(self) -> FrameSnapshot:
        """Return the frame as it is now."""
        with self._lock:
            self._advance()
            return FrameSnapshot(seq=self._seq, scene=self._scene, store=self._store_info(), session=self._session)

    def detach(self, panel: str = "") -> None:
        """Stop pushing when no other panel watches; what happens meanwhile is in the next snapshot."""
        self._panels.discard(panel)

    def graph(self) -> FrameGraph:
        """Return the content of the frame as it is now."""
        with self._lock:
            self._absorb()
            return self._joined.graph()

    def close(self) -> None:
        """Stop following; repeating is harmless."""
        self._unsubscribe()
        self._closed.set()
        self._dirty.set()
        self._thread.join(timeout=5)

    def _note(self, span: Span) -> None:
        self._pending.append(span)
        self._dirty.set()

    def _push_often(self) -> None:
        pause = _INTERVAL_S
        while True:
            self._dirty.wait()
            if self._closed.wait(pause):
                return
            self._dirty.clear()
            began = time.perf_counter()
            if self._panels:
                with self._lock:
                    delta = self._advance()
                if delta is not None:
                    self._push(delta)
            pause = max(_INTERVAL_S, _REST * (time.perf_counter() - began))

    def _absorb(self) -> None:
        """Take in the spans that were noted; the store has their calls."""
        spans, self._pending = self._pending, []
        hids = [bytes.fromhex(span.call) for span in spans]
        ids = np.frombuffer(b"".join(hids), np.uint8).reshape(-1, DIGEST_SIZE)
        numbers = self._catalogue.call_ids.find(ids)
        self._add([hid for hid, number in zip(hids, numbers.tolist(), strict=True) if number < 0])
        if any(
            number >= 0 and self._succeeds_now(span, number)
            for span, number in zip(spans, numbers.tolist(), strict=True)
        ):
            self._start_anew()
        cached: list[int] = []
        for span, number in zip(spans, self._catalogue.call_ids.find(ids).tolist(), strict=True):
            self._counts[span.status] += 1
            if number in self._joined:
                self._occurrences[self._joined.operation_of(number)][span.status] += 1
                cached += [number] * (span.status == "cached")
        self._saved_s += self._duration_s(cached)

    def _duration_s(self, calls: list[int]) -> float:
        """Return how long calls took when they were computed; 0 where they are gone."""
        try:
            return float(details_of(self._catalogue, np.array(calls, np.int64)).duration_us.sum()) / MICRO
        except LookupError:
            return 0.0

    def _start_anew(self) -> None:
        """Read what the session recorded."""
        self._catalogue = Catalogue()
        self._joined = JoinedCalls(self._catalogue)
        calls = self._catalogue.add(self._storage.store.columns_of_session(self._storage.session))
        self._joined.add(with_structure(Asking(self._catalogue, self._storage.store), calls))

    def _add(self, hids: list[bytes]) -> None:
        """Add calls that are new here, with what connects the collections among their refs."""
        if hids:
            calls = self._catalogue.add(self._storage.store.columns_of_calls(hids))
            self._joined.add(with_structure(Asking(self._catalogue, self._storage.store), calls))

    def _succeeds_now(self, span: Span, number: int) -> bool:
        """Whether a call is known as one that failed: now it has outputs."""
        return span.status == "computed" and bool(self._catalogue.failed.view[number])

    def _advance(self) -> FrameDelta | None:
        """Bring the scene up to date; return what changed, or ``None``."""
        if not self._pending:
            return None
        self._absorb()
        new = self._layout.place(outline(self._joined.graph(), self._occurrences), self._grown_from())
        nodes, edges, removed_nodes, removed_edges = diff_scenes(self._scene, new)
        base, self._seq, self._scene = self._seq, self._seq + 1, new
        return FrameDelta(
            seq=self._seq,
            base=base,
            width=new.width,
            height=new.height,
            nodes=nodes,
            edges=edges,
            removed_nodes=removed_nodes,
            removed_edges=removed_edges,
            store=self._store_info(),
            session=self._session,
        )

    def _grown_from(self) -> Scene | None:
        return self._scene if self._scene.nodes else None

    def _store_info(self) -> StoreInfo:
        return StoreInfo(
            label=self._storage.path,
            calls=self._joined.size,
            computed=self._counts["computed"],
            cached=self._counts["cached"],
            errors=self._counts["error"],
            saved_s=self._saved_s,
        )
