"""A report as a Markdown text, with its picture beside it. All names are untrusted, and stay text."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.outline import NodeId, OpId, node_name
from mandala_lab.ports.call_store import CallStore
from mandala_lab.render.text_width import clean
from mandala_lab.report.content import count_failed, summarize, what_is_gone
from mandala_lab.report.page import summary_rows
from mandala_lab.report.times import Times

_MARKS = re.compile(r"([\\`*_{}\[\]()#!|~$@]|:(?=//)|(?<=www)\.)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


def to_markdown(graph: FrameGraph, store: CallStore, title: str, picture: Path) -> str:
    """Return the text; `picture` is the file beside it."""
    lines = [f"# {escaped(title)}", ""]
    times = Times(graph, store)
    summary = summary_rows(summarize(graph, store, times))
    lines += _table(["", ""], [[escaped(name), escaped(text)] for name, text in summary])
    gone = what_is_gone(graph)
    lines += ["", escaped(gone)] if gone else []
    lines += ["", f"![{escaped(title)}](<{quote(picture.name)}>)", "", "## Operations", ""]
    head = ["Operation", "Calls", "Failed", "Time of calls (s)", "Takes", "Gives"]
    lines += _table(head, [_row(graph, node, times) for node in graph.operations])
    lines += ["", "## Variables", ""]
    rows = [[escaped(node_name(node)), f"{len(refs):,}"] for node, refs in graph.variables.items()]
    lines += _table(["Variable", "Values"], rows)
    return "\n".join([*lines, ""])


def escaped(text: str) -> str:
    r"""Return a text in which nothing means anything to Markdown or HTML.

    Examples
    --------
    >>> escaped("a|b <i> [x](y)")
    'a\\|b &lt;i&gt; \\[x\\]\\(y\\)'
    """
    marked = _MARKS.sub(r"\\\1", clean(text).replace("&", "\0"))
    return "".join(_ENTITIES.get("&" if char == "\0" else char, char) for char in marked)


def _row(graph: FrameGraph, node: OpId, times: Times) -> list[str]:
    calls = graph.operations[node]
    given, made = graph.joined_by(node)
    return [
        escaped(node_name(node)),
        f"{len(calls):,}",
        f"{count_failed(graph, calls):,}",
        f"{times.seconds(calls):.3g}",
        *(", ".join(dict.fromkeys(map(_name, chain(*found.values())))) for found in (given, made)),
    ]


def _name(node: NodeId) -> str:
    return escaped(node_name(node))


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]
