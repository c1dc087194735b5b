"""The recording session: its run, the order of its spans, and what is written when.

A computed call is committed with its span before the caller goes on, unless
commits are grouped. Spans of hits are kept in memory and written off the hit
path, within 100 ms, on `flush` and on `close`; the death of the process may lose
that window of hits.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
import warnings
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from mandala_lab.memo.asked import Asked
from mandala_lab.memo.context import OpenSpan
from mandala_lab.memo.progress import Progress
from mandala_lab.memo.quota import Quota
from mandala_lab.memo.session import new_run
from mandala_lab.model.calls import CallEntry, Found, Span, SpanStatus
from mandala_lab.model.errors import CollectedError, MandalaLabWarning, StoreError
from mandala_lab.model.hashing import DIGEST_SIZE
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.progress import ProgressDisplay

_FLUSH_AFTER_S = 0.1
_MOST_WAITING = 64  # callbacks: leases that are held are a list to the system, which it goes through for each
_MOST_HITS = 50_000  # kept in memory: who makes more has to write them

_T = TypeVar("_T")
Listener = Callable[[Span], None]
_Hit = tuple[int, int | None, int, str, float]  # number, parent's number, depth, call, start


class Recorder:
    """Numbers spans, buffers those of hits, and tells listeners of all.

    Parameters
    ----------
    store
        Where calls and spans are written.
    session
        What the run belongs to, the same after a restart: a notebook or script.
    group_s
        Calls that come within so many seconds are committed together; with 0
        each is committed before its caller goes on.
    display
        Where the progress of long loops is shown; ``None`` for nowhere.

    Attributes
    ----------
    run
        The session.
    uncommitted
        Number of calls that were made since the last `commit`, written or not.
    quota
        What the store may take, if that is limited.
    collected
        Number of calls that this session deleted to keep within bounds.
    running
        The calls whose bodies run.
    """

    def __init__(
        self, store: CallStore, session: str, group_s: float = 0.0, display: ProgressDisplay | None = None
    ) -> None:
        self._store = store
        self._session = session
        self._group_s = group_s
        self.quota: Quota | None = None
        self.collected = 0
        self.running: dict[int, Asked] = {}
        self._begin_run(Progress(display))
        self._write_when_a_worker_ends()

    def start_anew(self) -> None:
        """Begin a run with nothing in it, in a forked process, where progress is its parent's to show."""
        self._parents = self._progress  # kept: a bar that is let go is closed, also where it is shown
        self._begin_run(Progress(None))
        if self.quota is not None:
            self.quota.start_anew()
        workers = sys.modules.get("multiprocessing.util")
        if workers is not None:  # what is registered here is dropped before the body of a worker begins
            workers.register_after_fork(self, Recorder._write_when_a_worker_ends)

    def _write_when_a_worker_ends(self) -> None:
        """Write what is kept for later at the end of a worker process, which ends without the usual ceremony."""
        workers = sys.modules.get("multiprocessing.util")
        if workers is not None:
            workers.Finalize(self, _flush, args=(weakref.ref(self),), exitpriority=10)

    def _begin_run(self, progress: Progress) -> None:
        self._progress = progress
        self._next_beat = progress.rest()
        self.run = new_run(self._session)
        self._numbers = itertools.count()
        self._begun = False
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._hits: deque[_Hit] = deque()
        self._entries: deque[CallEntry] = deque()
        self._unwritten: dict[bytes, Found] = {}
        self._when_written: deque[Callable[[], object]] = deque()
        self._waiting = False
        self.uncommitted = 0
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._flusher: threading.Thread | None = None
        self._listeners: tuple[Listener, ...] = ()

    def unique(self) -> bytes:
        """Return something that no other call has."""
        return f"{self.run.id}/{next(self._numbers)}".encode()

    def open(self, parent: OpenSpan | None, key: bytes = b"") -> OpenSpan:
        """Give the next span its number."""
        return OpenSpan(next(self._numbers), 0 if parent is None else parent.depth + 1, key, parent)

    def span(
        self, opened: OpenSpan, parent: OpenSpan | None, call: str, status: SpanStatus, started_s: float, took_s: float
    ) -> Span:
        """Return the finished span of an opened one."""
        assert opened.seq is not None
        above = None if parent is None else parent.seq
        return Span(self.run.id, opened.seq, above, opened.depth, call, status, started_s, took_s)

    def hit(self, call: str, parent: OpenSpan | None) -> None:
        """Note that a recorded call occurred again."""
        now = time.time()
        if parent is None:
            hit: _Hit = (next(self._numbers), None, 0, call, now)
        else:
            hit = (next(self._numbers), parent.seq, parent.depth + 1, call, now)
        self._hits.append(hit)
        if not self._waiting:
            self._start_flusher()
        if len(self._hits) > _MOST_HITS:  # they come quicker than the flusher writes them
            self.flush()
        if self._listeners:
            self.tell(self._span_of(hit))
        if now > self._next_beat:
            self._next_beat = self._progress.beat(now)

    def write(self, *entries: CallEntry) -> None:
        """Write a call and what belongs to it: at once, or with others soon where commits are grouped.

        Raises
        ------
        StoreError
            When it cannot be written at once.
        """
        self.uncommitted += 1
        for entry in entries:
            if entry.span is not None:
                self._show_progress(entry.span)
        if self._group_s:
            for entry in entries:
                self._entries.append(replace(entry, values=[value.settled() for value in entry.values]))
                if entry.status == "ok":
                    self._unwritten[entry.cid] = Found(entry.hid, entry.outputs, entry.duration_s, entry.changed)
            if not self._waiting:
                self._start_flusher()
            return
        self._begin()
        self._store.record(entries)
        if self.quota is not None:
            self.quota.wrote(entries, self._in_use)

    def _in_use(self) -> list[bytes]:
        """Return the ids of what the running calls were given, and of the calls that made it."""
        given = [one for asked in list(self.running.values()) for one in asked.inputs]
        return [one.cid for one in given] + [one.origin[:DIGEST_SIZE] for one in given if one.origin]

    def unwritten(self, cid: bytes) -> Found | None:
        """Return a call of this content that is about to be written."""
        return self._unwritten.get(cid) if self._unwritten else None

    def when_written(self, callback: Callable[[], object]) -> None:
        """Call back when what was given to `write` so far is in the store."""
        if not self._group_s:
            callback()
            return
        self._when_written.append(callback)
        if len(self._when_written) >= _MOST_WAITING:
            self.flush()
        elif not self._waiting:
            self._start_flusher()

    def _show_progress(self, span: Span) -> None:
        now = time.time()
        self._progress.count_call(span.status, span.depth, span.started_s, now)
        if now > self._next_beat:
            self._next_beat = self._progress.beat(now)

    def _span_of(self, hit: _Hit) -> Span:
        seq, parent, depth, call, started_s = hit
        return Span(self.run.id, seq, parent, depth, call, "cached", started_s, 0.0)

    def tell(self, span: Span) -> None:
        """Tell listeners of a span; a listener that fails is dropped with a warning."""
        for listener in self._listeners:
            try:
                listener(span)
            except Exception as error:  # a watcher must never cost the caller a result
                self.unlisten(listener)
                warnings.warn(
                    f"a subscriber of the storage failed and was dropped: {error!r}", MandalaLabWarning, stacklevel=2
                )

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every span from now on."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def unlisten(self, listener: Listener) -> None:
        """Undo `listen`; repeating is harmless."""
        with self._lock:
            self._listeners = tuple(known for known in self._listeners if known is not listener)

    def commit(self) -> None:
        """Write all; after it nothing is `uncommitted`."""
        self.flush()
        self.uncommitted = 0

    def flush(self) -> None:
        """Write now what is kept for later."""
        with self._flushing:
            self._waiting = False  # before looking: what comes from now on wakes the flusher again
            written = _emptied(self._when_written)  # first, so that what they wait for is among the entries
            entries, hits = _emptied(self._entries), _emptied(self._hits)
            if entries or hits:
                self._write(entries, hits)
            for callback in written:
                callback()

    def _write(self, entries: list[CallEntry], hits: list[_Hit]) -> None:
        self._progress.count_hits([hit[2] for hit in hits])
        try:
            self._begin()
            self._store.record(entries, [self._span_of(hit) for hit in hits])
            if self.quota is not None and entries:
                self.quota.wrote(entries, self._in_use)
        except CollectedError as error:
            text = f"{error.refused} calls could not be recorded: {error}"
            warnings.warn(text, MandalaLabWarning, stacklevel=2)
        except StoreError as error:
            lost = [f"{len(entries)} calls"] * bool(entries) + [f"{len(hits)} spans of hits"] * bool(hits)
            text = f"{' and '.join(lost)} could not be recorded: {error}"
            warnings.warn(text, MandalaLabWarning, stacklevel=2)
        finally:
            for entry in entries:
                self._unwritten.pop(entry.cid, None)

    def rest(self) -> None:
        """Write now what is kept for later, and take away the progress that is shown: nothing goes on for now."""
        self.flush()
        if self.quota is not None:
            self.quota.rest(self._in_use())
        self._next_beat = self._progress.rest()

    def close(self) -> None:
        """Write what is left and stop; repeating is harmless."""
        self._closed.set()
        self._wake.set()
        self.rest()

    def _begin(self) -> None:
        if self._begun:
            return
        with self._lock:
            if not self._begun:
                self._store.begin_run(self.run)
                self._begun = True

    def _start_flusher(self) -> None:
        with self._lock:
            self._waiting = True
            if self._flusher is None or not self._flusher.is_alive():
                self._flusher = threading.Thread(target=self._flush_often, name="mandala-lab spans", daemon=True)
                self._flusher.start()
        self._wake.set()

    def _flush_often(self) -> None:
        while not self._closed.is_set():
            self._wake.wait()
            self._wake.clear()
            self._closed.wait(self._group_s or _FLUSH_AFTER_S)
            self.flush()


def _flush(recorder: weakref.ref[Recorder]) -> None:
    found = recorder()
    if found is not None:
        found.flush()


def _emptied(queue: deque[_T]) -> list[_T]:
    return [queue.popleft() for _ in range(len(queue))]
