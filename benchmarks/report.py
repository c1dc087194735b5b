"""The rows as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from contestants import OURS
from crew import NAMES, Failed
from rows import Figures, Row, Target

NAME_WIDTH, WIDTH = 46, 12
CLOCKS: tuple[tuple[str, Callable[[Figures], float | None]], ...] = (
    ("wall time, median pass", lambda figures: figures.median),
    ("wall time, best pass", lambda figures: figures.best),
    ("CPU time, median pass", lambda figures: figures.cpu_median),
)


def text(found: dict[str, Any], rows: Sequence[Row]) -> str:
    """Return the report: machine, versions, a table for each clock, notes, and what failed."""
    lines = [f"{name}: {value}" for name, value in found["machine"].items()]
    for name, versions in found["versions"].items():
        told = versions and ", ".join(f"{key} {value}" for key, value in versions.items() if value)
        lines.append(f"{name}: {told or 'not installed'}")
    for title, clock in CLOCKS:
        lines += ["", _table(title, clock, rows)]
    failures = [
        f"{row.name}: {name}: {figures}"
        for row in rows
        for name, figures in row.figures.items()
        if isinstance(figures, Failed)
    ]
    notes = [
        f"{row.name}: {name}: {figures.note}"
        for row in rows
        for name, figures in row.figures.items()
        if isinstance(figures, Figures) and figures.note
    ]
    for title, told in (("Notes:", notes), ("FAILED is:", failures)):
        lines += ["", title, *dict.fromkeys(told)] if told else []
    return "\n".join(lines)


def _table(title: str, clock: Callable[[Figures], float | None], rows: Sequence[Row]) -> str:
    judging = title == CLOCKS[0][0]
    header = f"{title:{NAME_WIDTH}}" + "".join(f"{name:>{WIDTH}}" for name in NAMES)
    lines = [header + (f"{'ratio':>8}  {'to':12}{'target':24}met" if judging else "")]
    for row in rows:
        cells = "".join(f"{_cell(row, name, clock):>{WIDTH}}" for name in NAMES)
        lines.append((f"{row.name:{NAME_WIDTH}}{cells}" + (_verdict(row) if judging else "")).rstrip())
    return "\n".join(lines)


def _cell(row: Row, name: str, clock: Callable[[Figures], float | None]) -> str:
    figures = row.figures.get(name)
    if isinstance(figures, Failed):
        return "FAILED"
    value = clock(figures) if figures else None
    return "-" if value is None else amount(value, row.unit)


def _verdict(row: Row) -> str:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    met = "-" if row.met is None else ("yes" if row.met else "NO")
    return f"{ratio:>8}  {row.against or '-':12}{aim(row.target, row.unit):24}{met}"


def aim(target: Target, unit: str) -> str:
    """Return a target as text."""
    parts = [] if target.at_most is None else [f"<= {amount(target.at_most, unit)}"]
    if target.ratio is not None:
        parts.append(f"<= {target.ratio:g}x")
    return ", ".join(parts) or "-"


def amount(value: float, unit: str) -> str:
    """Return an amount with three digits and a fitting unit."""
    if not unit:
        return f"{value:.2f}"
    scales = [(1e6, "MB"), (1e3, "kB"), (1, "B")] if unit == "B" else [(1, "s"), (1e-3, "ms"), (1e-6, "us")]
    scale, name = next((pair for pair in scales if abs(value) >= pair[0]), scales[-1])
    shown = value / scale
    return f"{shown:.{0 if shown >= 100 else 1 if shown >= 10 else 2}f} {name}"


def ours_failed(rows: Sequence[Row]) -> bool:
    """Whether a figure of ours or of the floor is missing for a bad reason."""
    return any(isinstance(row.figures.get(name), Failed) for row in rows for name in (OURS, "floor"))
