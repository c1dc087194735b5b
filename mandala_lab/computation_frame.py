"""`ComputationFrame`: the public face of a frame. Each method calls one function below it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from mandala_lab.frame import check, expand, export, outline, table
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.calls import Call
from mandala_lab.model.errors import StoreError, nearest
from mandala_lab.model.files import target
from mandala_lab.model.outline import NodeId, VarId, node_name
from mandala_lab.model.refs import Ref
from mandala_lab.ports.call_store import CallStore
from mandala_lab.schema.scene import SCENE_MIME, Scene

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

MimeBundle = dict[str, Any]
Orientation = Literal["TB", "LR"]
Layout = Literal["layered", "dot"]
_live_display: list[Callable[[ComputationFrame], MimeBundle]] = []


def register_live_display(make: Callable[[ComputationFrame], MimeBundle]) -> None:
    """Let `make` give the live view of every frame that is displayed, as metadata of its picture.

    As metadata, and not as another picture beside it: what shows a saved notebook
    (nbconvert, say) would prefer the live view, which it cannot show. The last one counts.
    """
    _live_display[:] = [make]


class ComputationFrame:
    """A graph of variables (refs) and operations (calls), immutable.

    Made by `Storage.cf`. Nodes go by their names, which are unique over both kinds.

    Examples
    --------
    >>> from mandala_lab import Storage, op
    >>> @op(output_names=["y"])
    ... def inc(x):
    ...     return x + 1
    >>> with Storage() as storage:
    ...     _ = [inc(x) for x in (1, 2)]
    >>> frame = storage.cf(inc)
    >>> frame.fnames, sorted(frame.vnames)
    (['inc'], ['x', 'y'])
    >>> frame.df("x", "y")["y"].tolist()
    [2, 3]
    """

    def __init__(self, graph: FrameGraph, store: CallStore) -> None:
        self._graph = graph
        self._store = store

    # --- structure

    @property
    def graph(self) -> FrameGraph:
        """The content as data."""
        return self._graph

    @property
    def store(self) -> CallStore:
        """Where the frame looks when it expands."""
        return self._store

    @property
    def vnames(self) -> list[str]:
        """Names of variables, in order of appearance."""
        return [node_name(node) for node in self._graph.variables]

    @property
    def fnames(self) -> list[str]:
        """Names of operations, in order of appearance."""
        return [node_name(node) for node in self._graph.operations]

    @property
    def nodes(self) -> list[str]:
        """Names of operations and variables."""
        return self.fnames + self.vnames

    @property
    def refs(self) -> dict[str, Ref]:
        """Refs by hid."""
        return dict(self._graph.refs)

    @property
    def calls(self) -> dict[str, Call]:
        """Calls by hid."""
        return dict(self._graph.calls)

    def edges(self) -> list[tuple[str, str, str]]:
        """Return (source, target, label) of every edge."""
        return [(node_name(e.source), node_name(e.target), e.label) for e in self._graph.edges]

    def refs_by_var(self) -> dict[str, list[Ref]]:
        """Return the refs of each variable."""
        return {node_name(v): [self._graph.refs[hid] for hid in hids] for v, hids in self._graph.variables.items()}

    def calls_by_func(self) -> dict[str, list[Call]]:
        """Return the calls of each operation."""
        return {node_name(f): [self._graph.calls[hid] for hid in hids] for f, hids in self._graph.operations.items()}

    def check(self) -> None:
        """Check the laws that every frame keeps; `AssertionError` names one that does not hold."""
        check.check(self._graph)

    # --- growth

    def expand_back(self, varnames: str | Iterable[str] | None = None, recursive: bool = False) -> ComputationFrame:
        """Return the frame with the calls that made its refs, all the way back if `recursive`."""
        return self._expanded(varnames, recursive=recursive, queries=[self._store.creators])

    def expand_forward(self, varnames: str | Iterable[str] | None = None, recursive: bool = False) -> ComputationFrame:
        """Return the frame with the calls that took its refs, all the way on if `recursive`."""
        return self._expanded(varnames, recursive=recursive, queries=[self._store.consumers])

    def expand_all(self) -> ComputationFrame:
        """Return the frame with everything that its refs came from and went into."""
        return self._expanded(None, recursive=True, queries=[self._store.creators, self._store.consumers])

    # --- contents

    def df(self, *nodes: str, values: Literal["objs", "refs"] = "objs", include_calls: bool = True) -> pd.DataFrame:
        """Return one row for each joint history of `nodes` (all nodes by default).

        Parameters
        ----------
        values
            ``"objs"`` shows the values of refs, ``"refs"`` the refs.
        include_calls
            Whether columns of operations are among the default nodes.
        """
        if values not in {"objs", "refs"}:
            raise ValueError(f"values={values!r} is not a choice; {nearest(str(values), ['objs', 'refs'])}")
        names = list(dict.fromkeys(nodes)) or (self.nodes if include_calls else self.vnames)

        def show(hid: str) -> Any:
            ref = self._graph.refs.get(hid)
            if ref is None:
                return self._graph.calls[hid]
            return ref.value if values == "objs" else ref

        return table.table(self._graph, [self._node(name) for name in names], show)

    def to_dict(self) -> dict[str, Any]:
        """Return the frame as JSON-ready data."""
        return export.to_dict(self._graph)

    def to_bytes(self) -> bytes:
        """Return the frame as JSON: equal frames give equal bytes."""
        return json.dumps(self.to_dict(), sort_keys=True).encode()

    def to_networkx(self) -> nx.MultiDiGraph:
        """Return nodes by name, and edges with their ``label``, as a networkx graph."""
        return export.to_networkx(self._graph)

    # --- picture

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
        """
        if layout not in get_args(Layout):
            raise ValueError(f"layout={layout!r} is not a choice; {nearest(str(layout), get_args(Layout))}")
        drawn = outline.outline(self._graph)
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

        return outline_to_dot(outline.outline(self._graph), orientation)

    def to_svg(self, orientation: Orientation = "TB", *, layout: Layout = "layered") -> str:
        """Return the picture as SVG text."""
        from mandala_lab.render.svg import scene_to_svg

        return scene_to_svg(self.scene(orientation, layout=layout))

    def save_svg(self, path: str | Path, orientation: Orientation = "TB", *, layout: Layout = "layered") -> Path:
        """Write the picture to an SVG file and return its path."""
        place = target(path, ".svg")
        picture = self.to_svg(orientation, layout=layout)
        try:
            place.write_text(picture, encoding="utf-8")
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror or error}") from error
        return Path(path)

    def draw(self, path: str | Path | None = None, orientation: Orientation = "TB") -> ComputationFrame | Path:
        """Show the picture in a notebook, or write it to `path` as SVG."""
        return self if path is None else self.save_svg(path, orientation)

    def print_graph(self) -> None:
        """Print the graph as text."""
        print(self.get_graph_desc())  # noqa: T201 - its purpose

    def get_graph_desc(self) -> str:
        """Return the graph as text; works for an empty frame."""
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

    def __repr__(self) -> str:
        operations = outline.plural(len(self._graph.operations), "operation")
        variables = outline.plural(len(self._graph.variables), "variable")
        calls, refs = outline.plural(len(self._graph.calls), "call"), outline.plural(len(self._graph.refs), "ref")
        return f"ComputationFrame({operations} with {calls}, {variables} with {refs})"

    # --- pieces

    def _expanded(
        self, varnames: str | Iterable[str] | None, *, recursive: bool, queries: list[expand.Query]
    ) -> ComputationFrame:
        names = [varnames] if isinstance(varnames, str) else varnames
        chosen = None if names is None else [self._variable(name) for name in names]
        return ComputationFrame(expand.expand(self._graph, queries, chosen, recursive=recursive), self._store)

    def _node(self, name: str) -> NodeId:
        nodes: list[NodeId] = [*self._graph.operations, *self._graph.variables]
        for node in nodes:
            if node_name(node) == name:
                return node
        raise ValueError(f"the frame has no node {name!r}; {nearest(name, self.nodes)}")

    def _variable(self, name: str) -> VarId:
        node = self._node(name)
        if node not in self._graph.variables:
            raise ValueError(f"{name!r} is an operation; {nearest(name, self.vnames)}")
        return VarId(node)
