"""`Watcher`: what one panel shows of a growing frame, with its own view and revisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.occurrences import Occurrences
from mandala_lab.frame.viewed import WHOLE, in_view, viewed
from mandala_lab.live.labels import Labels
from mandala_lab.model.outline import Outline
from mandala_lab.model.view import View
from mandala_lab.ports.call_store import CallStore
from mandala_lab.render.layered import LayeredLayout
from mandala_lab.render.scene import diff_scenes
from mandala_lab.schema.messages import FrameDelta, FrameSnapshot, StoreInfo
from mandala_lab.schema.scene import SCENE_VERSION, Scene

NOTHING = Scene(version=SCENE_VERSION, width=0, height=0, nodes=[], edges=[])


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame as it is now, and what is known besides: the same for all who watch it.

    Attributes
    ----------
    occurrences
        What happened in the session; ``None`` where the records alone count.
    session
        Names the recording whose revisions follow each other.
    number
        Tells moments of a recording apart.
    """

    graph: FrameGraph
    occurrences: Occurrences | None
    store: CallStore
    info: StoreInfo | None = None
    session: str = ""
    number: int = 0


class Watcher:
    """The picture of one panel.

    Parameters
    ----------
    view
        What it shows.
    moment
        What there is to show at first.
    next_seq
        Gives the number of the next revision: ever larger ones.

    Raises
    ------
    ValueError
        Where the view selects nothing that there is.
    """

    def __init__(self, view: View, moment: Moment, next_seq: Callable[[], int]) -> None:
        self.view = view
        self.is_active = True
        self.number = moment.number
        self._next_seq = next_seq
        self._labels = Labels()
        self._layout = LayeredLayout()
        self._scene = NOTHING
        self._scene = self._layout.place(self._outline(in_view(moment.graph, view, moment.store), moment))
        self._seq = next_seq()

    def snapshot(self, moment: Moment) -> FrameSnapshot:
        """Return the whole picture."""
        return FrameSnapshot(
            seq=self._seq, scene=self._scene, store=moment.info, session=moment.session, matched=self._matched
        )

    def grow(self, panel: str, moment: Moment) -> FrameDelta:
        """Take in what the frame has become, and return what changed; what stays keeps its place."""
        try:
            graph = in_view(moment.graph, self.view, moment.store)
        except ValueError:  # what was selected is gone
            graph = FrameGraph(moment.graph.catalogue)
        old, base, self.number = self._scene, self._seq, moment.number
        new = self._layout.place(self._outline(graph, moment), old if old.nodes else None)
        nodes, edges, removed_nodes, removed_edges = diff_scenes(old, new)
        self._scene, self._seq = new, self._next_seq()
        return FrameDelta(
            panel=panel,
            seq=self._seq,
            base=base,
            width=new.width,
            height=new.height,
            nodes=nodes,
            edges=edges,
            removed_nodes=removed_nodes,
            removed_edges=removed_edges,
            store=moment.info,
            session=moment.session,
            matched=self._matched,
        )

    def _outline(self, graph: FrameGraph, moment: Moment) -> Outline:
        self._matched = graph.size if self.view.selection.strip() else None
        kept = {node.element for node in self._scene.nodes if node.element}
        return viewed(graph, self.view, moment.occurrences, self._labels.of, kept)


def still(moment: Moment, view: View = WHOLE) -> FrameSnapshot:
    """Return the picture of a frame that does not grow.

    Raises
    ------
    ValueError
        Where the view selects nothing that there is.
    """
    return Watcher(view, moment, lambda: 0).snapshot(moment)
