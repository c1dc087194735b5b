"""The in-cell widget: a frame's picture with clicks that reach Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import msgspec
import traitlets

from mandala_lab.computation_frame import ComputationFrame
from mandala_lab.computation_frame.picture import MimeBundle, register_live_display
from mandala_lab.live.desk import read_request, show
from mandala_lab.live.inspect import inspect
from mandala_lab.live.watcher import Moment, still
from mandala_lab.model.errors import MandalaLabError
from mandala_lab.model.view import View
from mandala_lab.render.scene import scene_to_json
from mandala_lab.schema.messages import (
    CallInspect,
    Failure,
    FrameGet,
    FrameSnapshot,
    NodeInspect,
    RefInspect,
    Reply,
    Request,
)

_STATIC = Path(__file__).parent / "static"


class FrameWidget(anywidget.AnyWidget):  # type: ignore[misc]
    """A frame in a cell.

    Parameters
    ----------
    frame
        What to show.

    Attributes
    ----------
    scene : dict
        The picture as data.
    selected : str
        Id of the node that was clicked, such as ``"op:fit"``; empty for none.
        Observe it to react to clicks; set it to select.
    """

    _esm = _STATIC / "widget.js"
    _css = _STATIC / "widget.css"
    scene = traitlets.Dict().tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)

    def __init__(self, frame: ComputationFrame) -> None:
        self.frame = frame
        self._shown: set[str] = set()
        super().__init__(scene=msgspec.json.decode(scene_to_json(frame.scene())))
        self.on_msg(self._on_message)

    @traitlets.validate("selected")  # type: ignore[untyped-decorator]
    def _known(self, proposal: Any) -> str:
        chosen = str(proposal["value"])
        known = [node["id"] for node in self.scene.get("nodes", [])]
        if chosen and chosen not in known and chosen not in self._shown:
            raise traitlets.TraitError(f"selected={chosen!r} is not a node of the frame; its nodes are {known}")
        return chosen

    def _on_message(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        ticket = content.pop("id", None)
        request = read_request(content)
        reply = request if isinstance(request, Failure) else self.answer(request)
        self.send({"id": ticket, **msgspec.to_builtins(reply)})

    def answer(self, request: Request) -> Reply:
        """Return the reply to a question about the frame; others are refused."""
        try:
            if isinstance(request, FrameGet):
                return show(request, self._look)
            if isinstance(request, NodeInspect | CallInspect | RefInspect):
                return inspect(self.frame.store, self.frame.graph, request)
        except MandalaLabError as error:
            return Failure(code="failed", message=str(error))
        return Failure(code="bad_request", message="a picture in a cell can be inspected; replay is in the panel")

    def _look(self, view: View) -> FrameSnapshot:
        found = still(Moment(self.frame.graph, None, self.frame.store), view)
        self._shown = {node.id for node in found.scene.nodes}
        return found


def show_frames_live() -> None:
    """Let frames that a notebook displays be widgets."""
    register_live_display(_view)


def _view(frame: ComputationFrame) -> MimeBundle:
    bundle = FrameWidget(frame)._repr_mimebundle_()
    found = bundle[0] if isinstance(bundle, tuple) else bundle
    view = found.get("application/vnd.jupyter.widget-view+json")
    return {"widget": view} if view else {}
