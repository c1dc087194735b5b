"""`Session`: the storage that a notebook records to, with its live frame."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mandala_kernel.channel import Channel
from mandala_lab.live.desk import Desk, read_request
from mandala_lab.live.frame import LiveFrame
from mandala_lab.live.notebooks import note_store
from mandala_lab.schema.messages import Failure, RecordingStopped, Reply
from mandala_lab.settings import UNSET
from mandala_lab.storage import Storage


class Session:
    """What ``%mandala on`` opens and ``%mandala off`` closes."""

    def __init__(self, shell: Any) -> None:
        self.storage: Storage | None = None
        self.live: LiveFrame | None = None
        self._desk: Desk | None = None
        self._shell = shell
        self._channel = Channel(shell, self._handle)

    def on(self, path: str) -> Storage:
        """Record to the store at `path`; another one that was on is closed."""
        storage = Storage(path, session=_notebook(self._shell) or UNSET)
        self._close_storage()
        storage.activate()
        note_store(storage.session, storage.path)
        self.storage = storage
        self.live = LiveFrame(storage, self._channel.push)
        self._desk = Desk(storage, self.live, self._channel.push, self._channel.later)
        self._channel.push(self.live.snapshot())  # a panel that is there asks for more
        self._shell.events.register("post_run_cell", self._after_cell)
        self._show_frames_live()
        return storage

    def off(self) -> None:
        """Stop recording; repeating is harmless."""
        if self.storage is not None:
            self._close_storage()
            self._channel.push(RecordingStopped())

    def _close_storage(self) -> None:
        if self.storage is None or self.live is None:
            return
        self._shell.events.unregister("post_run_cell", self._after_cell)
        self.live.close()
        if self._desk is not None:
            self._desk.close()
        self.storage.deactivate()
        self.storage.close()
        self.storage = self.live = self._desk = None

    def close(self) -> None:
        """Stop recording and listening."""
        self.off()
        self._channel.close()

    def _show_frames_live(self) -> None:
        """Let displayed frames be widgets, where there is a front end to show them."""
        if not hasattr(self._shell, "kernel"):
            return
        try:
            from mandala_lab.widget import show_frames_live
        except (ImportError, OSError) as error:  # a clone whose front end was not built
            print(f"frames in cells will be still pictures: {error}; see %mandala doctor")  # noqa: T201
            return
        show_frames_live()

    def _after_cell(self, _result: Any) -> None:
        if self.storage is not None:
            self.storage.commit()
            self.storage.rest()

    def _handle(self, content: Any) -> Reply:
        request = read_request(content)
        if isinstance(request, Failure):
            return request
        if self._desk is None:
            return Failure(code="not_recording", message="nothing is recorded; type %mandala on results.db")
        return self._desk.answer(request)


def _notebook(shell: Any) -> str | None:
    """Return what a notebook's runs belong to: its path, or where none is known its folder.

    ``None`` outside a notebook: then the storage finds it out.
    """
    if not hasattr(shell, "kernel"):
        return None
    told = os.environ.get("JPY_SESSION_NAME") or shell.user_ns.get("__vsc_ipynb_file__")
    return str(told or Path.cwd())
