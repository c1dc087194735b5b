"""A frame as GraphML, the format that Gephi, yEd and Cytoscape read."""

from __future__ import annotations

import io

from mandala_lab.frame.export import to_networkx
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.render.text_width import clean


def to_graphml(graph: FrameGraph) -> bytes:
    """Return nodes by name with ``kind`` and ``size``, and edges with their ``label``.

    What XML cannot hold in a name becomes U+FFFD; names that are equal then are numbered.
    """
    import networkx as nx

    found = to_networkx(graph)
    names: dict[str, str] = {}
    used: set[str] = set()
    for name in found.nodes:
        plain = free = clean(name)
        number = 0
        while free in used:
            free, number = f"{plain}_{number}", number + 1
        used.add(free)
        names[name] = free
    for _, _, data in found.edges(data=True):
        data["label"] = clean(data["label"])
    written = io.BytesIO()
    nx.write_graphml_xml(nx.relabel_nodes(found, names), written)
    return written.getvalue()
