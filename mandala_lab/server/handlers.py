"""The route that answers a panel's questions about what a notebook recorded.

``POST <base>/mandala-lab/notebooks/<path>`` takes a request of
`mandala_lab.schema.messages` and returns the reply, whether or not the notebook
has a kernel and whatever that does. Which file is read follows from the
notebook's path and what its kernel noted, never from the page.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import OrderedDict
from pathlib import PurePosixPath
from typing import Any

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_escape, url_path_join
from tornado import web

from mandala_lab.live.desk import read_request
from mandala_lab.live.notebooks import store_of
from mandala_lab.live.stored import StoredFrame
from mandala_lab.model.errors import MandalaLabError
from mandala_lab.schema.messages import Failure, FrameGet, Reply
from mandala_lab.wiring.reading import open_for_reading

_LARGEST_REQUEST = 1_000_000
_KEPT_OPEN = 8

NEVER_RECORDED = Failure(code="never_recorded", message="this notebook has not recorded to a file on this machine")


class Shelf:
    """The stored frames that were asked for last, by notebook."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: OrderedDict[str, StoredFrame] = OrderedDict()

    def answer(self, session: str, content: Any) -> Reply:
        """Answer a request about the notebook `session`; called on any thread, one at a time."""
        request = read_request(content)
        if isinstance(request, Failure):
            return request
        with self._lock:
            try:
                frame = self._frame(session, anew=isinstance(request, FrameGet))
            except MandalaLabError as error:
                return Failure(code="failed", message=str(error))
            return NEVER_RECORDED if frame is None else frame.answer(request)

    def _frame(self, session: str, *, anew: bool) -> StoredFrame | None:
        """Return the frame of a notebook; `anew` where the notebook may record elsewhere by now."""
        found = self._frames.pop(session, None)
        if found is not None and anew:
            found.close()
            found = None
        if found is None:
            path = store_of(session)
            if path is None:
                return None
            found = StoredFrame(open_for_reading(path, for_values=False), path, session)
        self._frames[session] = found
        while len(self._frames) > _KEPT_OPEN:
            self._frames.popitem(last=False)[1].close()
        return found


class NotebookHandler(APIHandler):
    """Answers for one notebook; the server checks who asks, from where, and the XSRF token."""

    auth_resource = "contents"

    def initialize(self, shelf: Shelf) -> None:
        """Take what the route was made with."""
        self._shelf = shelf

    @web.authenticated
    @authorized("read", resource="contents")  # type: ignore[untyped-decorator]
    async def post(self, path: str) -> None:
        """Answer the request in the body."""
        if len(self.request.body) > _LARGEST_REQUEST:
            raise web.HTTPError(413, "a request is at most 1 MB")
        session = self._session(path)
        content = self.get_json_body()
        reply = NEVER_RECORDED if session is None else await asyncio.to_thread(self._shelf.answer, session, content)
        self.finish(msgspec.json.encode(reply))

    def _session(self, path: str) -> str | None:
        """Return what the kernel of a notebook calls its session, as the server told it."""
        folder_of = getattr(self.kernel_manager, "cwd_for_path", None)
        if folder_of is None:  # the kernels run elsewhere
            return None
        return os.path.join(folder_of(path), PurePosixPath(path).name)  # noqa: PTH118 - as the server joins them


def routes(base_url: str) -> list[tuple[Any, ...]]:
    """Return the routes for a server at `base_url`."""
    place = url_path_join(base_url, url_escape("mandala-lab"), "notebooks", "(.+)")
    return [(place, NotebookHandler, {"shelf": Shelf()})]
