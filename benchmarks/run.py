"""What memoized calls cost, side by side: mandala_lab, its peers, and floors.

``python benchmarks/run.py [--quick | --full] [--only TEXT] [--peers PYTHON] [--json FILE]``

Nothing is asserted about speed; but a pass that is not what it is called makes
no figure, and the exit status is 1 if it was ours. See README.md beside this.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import frames
import report
import sharing
import stores
from crew import Crew
from rows import Row, names_of, rows_of
from works import STANDARD, WORKS, Sizes

PROFILES = {
    "tiny": Sizes(4, 1, 1, 1.0, 1_000, 100, 70, 20, (10, 30), (12, 36), 5, (1, 2)),
    "quick": Sizes(200, 3, 2, 0.5, 1_000_000, 100_000, 10_000, 2_000, (1_000, 10_000), (1_000, 10_000), 100, (1, 4)),
    "standard": STANDARD,
    "full": replace(
        STANDARD, calls=1_000, growth=(1_000, 100_000, 1_000_000), frames=(1_000, 10_000, 100_000, 1_000_000)
    ),
}


def collect(crew: Crew, sizes: Sizes, only: str) -> list[Row]:
    """Run every row whose name contains `only`."""
    rows: list[Row] = []
    for work in WORKS:
        if any(only in name for name in names_of(work, sizes)) and (crew.can_group or not work.grouped):
            begun = time.perf_counter()
            rows += rows_of(work, crew.measure(work, sizes), sizes)
            print(f"{work.name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    for theme in (sharing, stores, frames):
        begun = time.perf_counter()
        rows += theme.rows(crew, sizes, lambda name: only in name)
        print(f"{theme.__name__}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    return rows


def machine() -> dict[str, Any]:
    """Say where this runs."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return {
        "system": platform.platform(),
        "processor": f"{os.cpu_count()} x {model or platform.machine()}",
        "SQLite": sqlite3.sqlite_version,
        "load before": f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown",
    }


def main() -> int:
    """Run the comparison from the command line."""
    parser = argparse.ArgumentParser(description="Compare the cost of memoized calls.")
    profile = parser.add_mutually_exclusive_group()
    for name, what in (
        ("tiny", "no figures worth reading: does it run?"),
        ("quick", "about a minute"),
        ("full", "1M calls"),
    ):
        profile.add_argument(f"--{name}", dest="profile", action="store_const", const=name, help=what)
    parser.add_argument("--only", default="", metavar="TEXT", help="only rows with this in their name")
    parser.add_argument(
        "--peers", action="append", default=[], metavar="PYTHON", help="interpreter with peers that this one lacks"
    )
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where stores are made (the temporary folder)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    options = parser.parse_args()
    chosen = options.profile or "standard"
    sizes = PROFILES[chosen]
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-", dir=options.folder, ignore_cleanup_errors=True) as place,
        Crew([sys.executable, *options.peers], Path(place)) as crew,
    ):
        found = {"profile": chosen, "sizes": asdict(sizes), "machine": machine(), "versions": crew.versions()}
        rows = collect(crew, sizes, options.only)
    if not rows:
        parser.error(f"no row has {options.only!r} in its name")
    print(report.text(found, rows))
    if options.json is not None:
        found["rows"] = [row.as_data() for row in rows]
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return int(report.ours_failed(rows))


if __name__ == "__main__":
    sys.exit(main())
