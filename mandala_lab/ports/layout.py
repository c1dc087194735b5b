"""The seam for drawing engines: an outline in, a scene out.

Owns the Protocol only. The built-in engine is `mandala_lab.render.layered`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from mandala_lab.model.outline import Outline
    from mandala_lab.schema.scene import Scene


@runtime_checkable
class LayoutEngine(Protocol):
    """Gives every node of an outline a box and every edge a route."""

    def place(self, outline: Outline, previous: Scene | None = None) -> Scene:
        """Place an outline.

        Parameters
        ----------
        outline
            What to draw. Its order is significant: the same outline gives the
            same scene.
        previous
            The scene that the reader is looking at. Nodes and edges in both
            keep their boxes and bend points exactly; None asks for a fresh
            layout.

        Returns
        -------
        Scene
            One node and one edge for each of the outline's, in its order.

        Raises
        ------
        ValueError
            If two nodes share an id or an edge names a node that is not there.
        """
        ...
