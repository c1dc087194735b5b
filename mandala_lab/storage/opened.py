"""What every part of a storage works with: the open store and this session's recorder."""

from __future__ import annotations

from mandala_lab.ports.call_store import CallStore
from mandala_lab.settings import Settings
from mandala_lab.wiring import Parts


class Opened:
    """An open store, the engine that answers calls from it, and the recorder that writes to it."""

    _parts: Parts

    @property
    def path(self) -> str:
        """Absolute path of the store, or ``":memory:"``."""
        return self._parts.path

    @property
    def store(self) -> CallStore:
        """The call store, for those who build on it."""
        return self._parts.store

    @property
    def settings(self) -> Settings:
        """What was chosen, by whom: arguments, environment, file or default."""
        return self._parts.settings

    @property
    def run(self) -> str:
        """Id of this session's run."""
        return self._parts.recorder.run.id

    @property
    def session(self) -> str:
        """What this session belongs to."""
        return self._parts.recorder.run.session

    @property
    def _written(self) -> CallStore:
        """The store, with all that happened so far in it."""
        self._parts.recorder.flush()
        return self.store

    def __repr__(self) -> str:
        return f"Storage({self.path!r}, {self.store.count_calls()} calls)"
