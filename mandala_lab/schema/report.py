"""A report: what an exported page holds, read by its script (`js/src/report.ts`).

All text is untrusted: draw it as text.
"""

from __future__ import annotations

import msgspec

from mandala_lab.schema.messages import ValueRow
from mandala_lab.schema.scene import Scene

REPORT_VERSION = 1


class _Part(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What all parts of a report have in common."""


class ReportCode(_Part):
    """A recorded code version of an op, and how many calls of the node ran it."""

    id: str
    seen_s: float
    calls: int
    source: str


class ReportFailure(_Part):
    """A failed call, and what of its error may be told."""

    call: str
    error: str


class ReportOp(_Part):
    """An operation: what it is, what its calls came to, its code. `failures` are the last ones."""

    node: str
    key: str
    doc: str
    calls: int
    failed: int
    took_s: float
    code: list[ReportCode]
    failures: list[ReportFailure]


class ReportVariable(_Part):
    """A variable: how many values it has, and looks at the first of them where values were asked for."""

    node: str
    total: int
    values: list[ValueRow]


class ReportTable(_Part):
    """Joint histories of nodes, given by id: a cell holds short ids or looks, and is empty where a node has no part.

    `total` rows and `nodes` columns there are; of both the first are here.
    """

    columns: list[str]
    rows: list[list[str]]
    total: int
    nodes: int


class ReportSummary(_Part):
    """What the run came to. `exported_s` is told since the epoch."""

    store: str
    exported_s: float
    operations: int
    variables: int
    calls: int
    refs: int
    failed: int
    took_s: float


class Report(_Part):
    """All of a report. `has_values` says whether values were asked for."""

    version: int
    title: str
    has_values: bool
    summary: ReportSummary
    scene: Scene
    ops: list[ReportOp]
    variables: list[ReportVariable]
    table: ReportTable
