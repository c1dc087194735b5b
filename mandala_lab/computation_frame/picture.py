"""How a frame is shown: in a notebook, in files, as text."""

from __future__ import annotations

import json
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from mandala_lab.computation_frame.framed import Framed
from mandala_lab.frame.outline import outline
from mandala_lab.frame.viewed import viewed
from mandala_lab.model.errors import nearest
from mandala_lab.report.written import write
from mandala_lab.schema.scene import SCENE_MIME, Scene

if TYPE_CHECKING:
    from mandala_lab.render.layered import Orientation

_ORIENTATIONS = ("TB", "LR")
MimeBundle = dict[str, Any]
Layout = Literal["layered", "dot"]
ShowHow = Literal["inline", "browser", "none"]
_live_display: list[Callable[[Any], MimeBundle]] = []


def register_live_display(make: Callable[[Any], MimeBundle]) -> None:
    """Let `make` give the live view of every frame that is displayed, as metadata of its picture.

    As metadata, and not as another picture beside it: what shows a saved notebook
    (nbconvert, say) would prefer the live view, which it cannot show. The last one counts.
    """
    _live_display[:] = [make]


class Picture(Framed):
    """The graph of a frame, drawn."""

    def scene(self, orientation: Orientation = "TB", *, layout: Layout = "layered") -> Scene:
        """Return the picture as data.

        Parameters
        ----------
        orientation
            Top to bottom (``"TB"``) or left to right (``"LR"``).
        layout
            ``"layered"``, or ``"dot"`` for that of Graphviz, whose program has to be installed.

        Raises
        ------
        LayoutError
            When Graphviz is not there, or would take minutes.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> len(frame.scene().nodes)
        3
        """
        if layout not in get_args(Layout):
            raise ValueError(f"layout={layout!r} is not a choice; {nearest(str(layout), get_args(Layout))}")
        drawn = viewed(self._graph)
        if layout == "dot":
            from mandala_lab.render.dot import DotLayout

            return DotLayout(orientation).place(drawn)
        from mandala_lab.render.layered import LayeredLayout

        return LayeredLayout(orientation).place(drawn)

    def to_dot(self, orientation: Orientation = "TB") -> str:
        """Return the graph in the language of Graphviz; its program is not needed.

        Examples
        --------
        >>> from mandala_lab import Storage
        >>> Storage().cf([]).to_dot().split()[:2]
        ['digraph', 'mandala']
        """
        from mandala_lab.render.dot import outline_to_dot

        _refuse_other_orientation(orientation)
        return outline_to_dot(outline(self._graph), orientation)

    def to_svg(self, orientation: Orientation = "TB", *, layout: Layout = "layered") -> str:
        """Return the picture as SVG text.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.to_svg().startswith("<svg")
        True
        """
        from mandala_lab.render.svg import scene_to_svg

        return scene_to_svg(self.scene(orientation, layout=layout))

    def save_svg(self, path: str | Path, orientation: Orientation = "TB", *, layout: Layout = "layered") -> Path:
        """Write the picture to an SVG file and return its path.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> import tempfile
        >>> saved = frame.save_svg(f"{tempfile.mkdtemp()}/frame.svg")
        >>> saved.name
        'frame.svg'
        """
        return write(path, ".svg", self.to_svg(orientation, layout=layout))

    def draw(
        self,
        show_how: ShowHow = "inline",
        path: str | Path | None = None,
        verbose: bool = False,
        print_dot: bool = False,
        orientation: Orientation = "TB",
        *,
        layout: Layout = "layered",
    ) -> Self | Path | None:
        """Show the picture, and write it to an SVG file if a `path` is given.

        Parameters
        ----------
        show_how
            ``"inline"``: the frame is returned, which a notebook shows when it is the
            last line of a cell. ``"browser"``: the picture is opened in a web browser.
            ``"none"``: it is not shown.
        path
            The file, which ends in ``.svg``; its path is returned.
        verbose
            Print the graph as text, too.
        print_dot
            Print the graph in the language of Graphviz, too.
        orientation, layout
            As of `scene`.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.draw()
        ComputationFrame(1 operation with 2 calls, 2 variables with 3 refs)
        >>> frame.draw("none") is None
        True
        """
        if show_how not in get_args(ShowHow):
            hint = f"did you mean path={show_how!r}?" if "." in str(show_how) else nearest(show_how, get_args(ShowHow))
            raise ValueError(f"show_how={show_how!r} is not a choice; {hint}")
        _refuse_other_orientation(orientation)
        if verbose:
            self.print_graph()
        if print_dot:
            print(self.to_dot(orientation))  # noqa: T201 - as asked
        saved = None if path is None else self.save_svg(path, orientation, layout=layout)
        if show_how == "browser":
            saved = saved or self.save_svg(
                Path(tempfile.mkdtemp(prefix="mandala-")) / "graph.svg", orientation, layout=layout
            )
            webbrowser.open(saved.resolve().as_uri())
        return self if saved is None and show_how == "inline" else saved

    def print_graph(self) -> None:
        """Print the graph as text.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.print_graph()
        Graph. Nodes: 3. Arrows: 2.
        operation inc: computed, 2 calls
          -> y as y
        variable x: computed, 2 values
          -> inc as x
        variable y: computed, 2 values
        <BLANKLINE>
        """
        print(self.get_graph_desc())  # noqa: T201 - its purpose

    def get_graph_desc(self) -> str:
        """Return the graph as text; works for an empty frame.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> "inc" in frame.get_graph_desc()
        True
        """
        from mandala_lab.render.scene import scene_to_text

        return scene_to_text(self.scene())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[MimeBundle, MimeBundle]:
        from mandala_lab.render.scene import scene_to_json
        from mandala_lab.render.svg import scene_to_svg

        scene = self.scene()
        bundle: MimeBundle = {
            "text/plain": repr(self),
            "image/svg+xml": scene_to_svg(scene),
            SCENE_MIME: json.loads(scene_to_json(scene)),
        }
        wanted = {kind: data for kind, data in bundle.items() if not include or kind in include}
        shown = {kind: data for kind, data in wanted.items() if not exclude or kind not in exclude}
        if not _live_display or SCENE_MIME not in shown:
            return shown, {}
        return shown, {SCENE_MIME: _live_display[-1](self)}


def _refuse_other_orientation(given: object) -> None:
    if given not in _ORIENTATIONS:
        raise ValueError(f"orientation={given!r} is not a choice; {nearest(str(given), _ORIENTATIONS)}")
