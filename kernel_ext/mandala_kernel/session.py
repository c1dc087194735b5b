"""`Session`: the storage that a notebook records to, with its live frame."""

from __future__ import annotations

from typing import Any

from mandala_kernel.channel import Channel
from mandala_lab.live.desk import Desk, read_request
from mandala_lab.live.frame import LiveFrame
from mandala_lab.live.notebooks import note_store
from mandala_lab.schema.messages import Failure, RecordingStopped, Reply
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
        storage = Storage(path)
        self._close_storage()
        if hasattr(self._shell, "kernel"):
            from mandala_lab.widget import show_frames_live

            show_frames_live()
        storage.activate()
        note_store(storage.session, storage.path)
        self.storage = storage
        self.live = LiveFrame(storage, self._channel.push)
        self._desk = Desk(storage, self.live, self._channel.push, self._channel.later)
        self._channel.push(self.live.attach())
        self._shell.events.register("post_run_cell", self._after_cell)
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
        self.storage.deactivate()
        self.storage.close()
        self.storage = self.live = self._desk = None

    def close(self) -> None:
        """Stop recording and listening."""
        self.off()
        self._channel.close()

    def _after_cell(self, _result: Any) -> None:
        if self.storage is not None:
            self.storage.flush()

    def _handle(self, content: Any) -> Reply:
        request = read_request(content)
        if isinstance(request, Failure):
            return request
        if self._desk is None:
            return Failure(code="not_recording", message="nothing is recorded; type %mandala on results.db")
        return self._desk.answer(request)
