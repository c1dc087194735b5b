"""One row of the table: figures of all, the ratio to the fastest persistent peer, and the target.

Owns the targets. Figures are seconds per call, or bytes.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contestants import OURS, PEERS
from crew import Failed, Passes
from works import STANDARD, Sizes, Work

PEER_NAMES = tuple(peer.name for peer in PEERS)


@dataclass(frozen=True)
class Target:
    """What a row should reach.

    Attributes
    ----------
    at_most
        In the unit of the row.
    ratio
        Ours to `against`: a contestant; by default the fastest persistent peer.
    """

    at_most: float | None = None
    ratio: float | None = None
    against: str | None = None


@dataclass(frozen=True)
class Figures:
    """Best and median pass of one contestant; a size has one figure for both and no CPU time.

    A note says what else is to be known of them.
    """

    best: float
    median: float
    cpu_best: float | None = None
    cpu_median: float | None = None
    passes: int = 1
    note: str = ""


@dataclass
class Row:
    """One line.

    Attributes
    ----------
    unit
        ``s``, ``B``, or empty for plain numbers.
    against
        What the ratio is to: a contestant; by default the fastest persistent peer.
    judged
        Whether the work had the size that the target speaks of.
    """

    name: str
    figures: dict[str, Figures | Failed]
    target: Target = field(default_factory=Target)
    unit: str = "s"
    floor: str = ""
    judged: bool = True

    @property
    def against(self) -> str | None:
        """Name of whom the ratio is to."""
        if self.target.against:
            return self.target.against
        ran = {name: figures.median for name in PEER_NAMES if isinstance(figures := self.figures.get(name), Figures)}
        return min(ran, key=lambda name: ran[name], default=None)

    @property
    def ratio(self) -> float | None:
        """Our median over that of `against`; `None` if one of them has no figure."""
        ours, other = self.figures.get(OURS), self.figures.get(self.against or "")
        return ours.median / other.median if isinstance(ours, Figures) and isinstance(other, Figures) else None

    @property
    def met(self) -> bool | None:
        """Whether all that the target says holds; `None` where there is nothing to judge."""
        ours, target = self.figures.get(OURS), self.target
        if not self.judged or not isinstance(ours, Figures) or (target.at_most, target.ratio) == (None, None):
            return None
        if target.ratio is not None and self.ratio is None:
            return None
        small = target.at_most is None or ours.median <= target.at_most
        return small and (target.ratio is None or self.ratio is None or self.ratio <= target.ratio)

    def as_data(self) -> dict[str, Any]:
        """Return the row for the JSON file."""
        shown = {
            name: {"failed": str(found)} if isinstance(found, Failed) else vars(found)
            for name, found in self.figures.items()
        }
        rest = {"ratio": self.ratio, "against": self.against, "target": vars(self.target), "met": self.met}
        return {"row": self.name, "unit": self.unit, "floor": self.floor, "figures": shown, **rest}


def figures_of(passes: list[tuple[float, float]]) -> Figures:
    """Sum up passes of wall and CPU seconds."""
    wall, cpu = zip(*passes, strict=True)
    return Figures(min(wall), statistics.median(wall), min(cpu), statistics.median(cpu), len(passes))


# By work and form. A row that says "written" is for knowledge, and has none.
TARGETS = {
    ("hit, small scalars", "ref"): Target(3e-6, 0.25),
    ("hit, small scalars", "value"): Target(3e-6, 0.25),
    ("first hit after reopening", "ref"): Target(None, 1.0),
    ("first hit after reopening", "value"): Target(None, 1.0),
    ("hit through refs, chain of three", "ref"): Target(9e-6, 0.2),
    ("hit through refs, chain of three", "value"): Target(9e-6, 0.2),
    ("miss", "ref"): Target(None, 1.2, "diskcache"),
    ("miss, grouped", "ref"): Target(None, 0.8, "diskcache"),
    ("hit, array", "value"): Target(25e-3),
    ("miss, stores array", "ref"): Target(None, 1.0),
    ("hit, frame with object strings", "value"): Target(None, 0.5),
    ("hit, frame with Arrow strings", "value"): Target(None, 0.25),
    ("hit, nested objects", "value"): Target(None, 0.3),
    ("hit, flat objects", "value"): Target(None, 0.3),
}
FORMS = {"ref": "", "value": ", value in hand", "written": ", history written"}


def names_of(work: Work, sizes: Sizes) -> list[str]:
    """Return the names of the rows of a work."""
    size = f" ({work.size(sizes)})" if work.large else ""
    return [work.name + size + (FORMS[form] if len(work.forms) > 1 else "") for form in work.forms]


def rows_of(work: Work, found: Mapping[str, Passes | Failed], sizes: Sizes) -> list[Row]:
    """Return a row for each form of a work; who hands out values anyway has the same figures in all."""
    rows = []
    judged = not work.large or work.size(sizes) == work.size(STANDARD)
    for number, form in enumerate(work.forms):
        figures: dict[str, Figures | Failed] = {}
        for name, passes in found.items():
            if isinstance(passes, Failed):
                figures[name] = passes
            else:
                figures[name] = figures_of(passes.get(form) or passes.get("value") or passes["ref"])
        target = TARGETS.get((work.name, form), Target())
        rows.append(Row(names_of(work, sizes)[number], figures, target, "s", work.floor, judged))
    return rows
