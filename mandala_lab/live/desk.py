"""`Desk`: takes requests from a panel or widget and answers them.

Reading requests are answered at once, on the thread they come on. A replay
needs the user's thread: it is queued there and its outcome is pushed.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mandala_lab.frame.outline import outline
from mandala_lab.live.frame import LiveFrame
from mandala_lab.live.inspect import inspect
from mandala_lab.model.errors import MandalaLabError, ReplayError
from mandala_lab.model.view import Fold, View
from mandala_lab.render.layered import LayeredLayout
from mandala_lab.replay.replay import Replay
from mandala_lab.schema.messages import (
    CallInspect,
    Difference,
    Done,
    Failure,
    FrameGet,
    FrameSnapshot,
    FrameView,
    NodeInspect,
    PanelDetach,
    Push,
    RefInspect,
    ReplayFinished,
    ReplayQueued,
    ReplayRun,
    Reply,
    Request,
)
from mandala_lab.storage import Storage

_tickets = itertools.count(1)  # of this process: another recording must not reuse one


class Desk:
    """Answers requests about one storage.

    Parameters
    ----------
    storage, live
        What is asked about.
    push
        Sends a message to whoever watches.
    later
        Runs a function on the user's thread when that is free.
    """

    def __init__(
        self,
        storage: Storage,
        live: LiveFrame,
        push: Callable[[Push], None],
        later: Callable[[Callable[[], None]], None],
    ) -> None:
        self._storage = storage
        self._live = live
        self._push = push
        self._later = later
        self._closed = False

    def close(self) -> None:
        """Answer no more: a replay that still waits is refused when its turn comes."""
        self._closed = True

    def answer(self, request: Request) -> Reply:
        """Return the reply; what cannot be answered is a `Failure`."""
        try:
            return self._answer(request)
        except MandalaLabError as error:
            return Failure(code="failed", message=str(error))

    def _answer(self, request: Request) -> Reply:
        if isinstance(request, FrameGet):
            return show(request, lambda view: self._live.attach(request.panel, view))
        if isinstance(request, PanelDetach):
            self._live.detach(request.panel)
            return Done()
        if isinstance(request, NodeInspect | CallInspect | RefInspect):
            return inspect(self._storage.store, self._live.graph(), request)
        return self._queue_replay(request)

    def _queue_replay(self, request: ReplayRun) -> Reply:
        changes: dict[str, Any] = {}
        for name, text in request.arguments.items():
            try:
                changes[name] = ast.literal_eval(text)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                given = f"{name} = {text} is not a Python literal" if text.strip() else f"{name} is empty"
                return Failure(
                    code="bad_argument",
                    message=f"{given}; write a number, a quoted text, a list, a dict, True, False or None",
                )
        ticket = f"r{next(_tickets)}"
        self._later(lambda: self._push(self._replay(ticket, request, changes)))
        return ReplayQueued(ticket=ticket)

    def _replay(self, ticket: str, request: ReplayRun, changes: Mapping[str, Any]) -> ReplayFinished:
        try:
            if self._closed:
                raise ReplayError("stale_kernel", "recording stopped before this replay's turn came; run it again")
            call = self._storage.get_call(request.call)
            replay = self._storage.replay(call, scope=request.scope, set=changes)
        except (MandalaLabError, LookupError, ValueError, TypeError) as error:
            return ReplayFinished(
                ticket=ticket,
                verdict="failed",
                summary=str(error),
                executed=0,
                reused=0,
                differences=[],
            )
        return finished(ticket, replay)


def finished(ticket: str, replay: Replay) -> ReplayFinished:
    """Return the outcome of a replay as a message."""
    layout = LayeredLayout()
    before = layout.place(outline(replay.base))
    return ReplayFinished(
        ticket=ticket,
        verdict=replay.verdict,
        summary=replay.summary(),
        executed=len(replay.executed),
        reused=len(replay.reused),
        differences=[Difference(d.node, d.before, d.after) for d in replay.compare()],
        before=before,
        after=layout.place(outline(replay.graph), before),
        error=replay.error,
    )


def show(request: FrameGet, attach: Callable[[View], FrameSnapshot]) -> Reply:
    """Return what a request wants to see, from who can show it; what is no selection is a `Failure`."""
    asked = request.view or FrameView()
    folds = tuple(Fold(fold.node, fold.side) for fold in asked.folded)
    try:
        return attach(View(asked.selection.strip(), tuple(asked.opened), folds))
    except ValueError as error:
        return Failure(code="bad_selection", message=str(error))


def read_request(content: Any) -> Request | Failure:
    """Return the request in a message, or why it is none."""
    try:
        found: Request = msgspec.convert(content, Request)
    except msgspec.ValidationError as error:
        return Failure(code="bad_request", message=f"this is not a request of protocol 1: {error}")
    return found
