"""Recorded calls as a graph, and running them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mandala_lab.computation_frame import ComputationFrame
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.source import frame_of
from mandala_lab.memo.decorator import Op
from mandala_lab.model.calls import Call
from mandala_lab.records.find import drop_calls, tell_namesakes
from mandala_lab.replay.replay import Replay, Scope, run_replay
from mandala_lab.storage.opened import Opened


class Frames(Opened):
    """Frames of what is stored, and replays of its calls."""

    def cf(self, source: Any = None) -> ComputationFrame:
        """Make a frame.

        Parameters
        ----------
        source
            An op (all its calls); a ref, refs or hids (a variable to expand from);
            a dict of them (a variable for each name); or the word ``"run"`` (what
            occurred in this session, here and in earlier runs of the same
            notebook). ``None`` is all that is stored.

        Raises
        ------
        ValueError
            For anything else.
        """
        store = self._written
        graph = frame_of(store, source, self.session)
        if isinstance(source, Op) and not graph.operations:
            tell_namesakes(store, source)
        return self._face(graph)

    def replay(
        self,
        call: Call,
        /,
        *,
        scope: Scope = "call",
        set: Mapping[str, Any] | None = None,  # noqa: A002 - the field's word, for arguments named like an option
        **changed_args: Any,
    ) -> Replay:
        """Run a recorded call again, with other arguments if some are given.

        Parameters
        ----------
        scope
            ``"call"`` runs only this call; ``"downstream"`` also the calls that
            depend on it through refs, up to where results are the same again.
        set
            Arguments by name, for those named like an option.

        Returns
        -------
        Replay
            Verdict and new frame; what was recorded before is untouched.

        Raises
        ------
        ValueError
            For an unknown argument or scope.
        ReplayError
            When the call cannot be run again, or its result not be compared or
            recorded; `.code` says why.
        """
        return run_replay(self.store, self._parts.engine, call, {**(set or {}), **changed_args}, scope, self._face)

    def _face(self, graph: FrameGraph) -> ComputationFrame:
        return ComputationFrame(graph, self.store, self._drop)

    def _drop(self, hids: Iterable[str], /, *, dry_run: bool) -> int:
        found = drop_calls(self._written, hids, delete_dependents=True, dry_run=dry_run)
        self._parts.forget_stored()
        return found
