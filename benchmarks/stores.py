"""Whole stores: opened by a new process, weighed on disk and in memory, grown, and looked after."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import large
from contestants import OURS
from crew import HERE, Crew, Failed, environment, interleave
from rows import Figures, Row, Target, figures_of
from works import BY_NAME, Sizes

MB = 10**6
GROWN = {1_000: None, 100_000: 1.5, 1_000_000: 2.0}  # stored calls: the cost at most, over that at the first
BASE = "base"

Wanted = Callable[[str], bool]


def rows(crew: Crew, sizes: Sizes, wanted: Wanted) -> list[Row]:
    """Return the rows of this theme whose names are wanted."""
    found = []
    opened, disk = f"new process, store of {sizes.stored:,} calls", f"disk per call, {sizes.stored:,} calls"
    if wanted(opened) or wanted(disk):
        stores = _filled(crew, sizes.stored)
        found += [_opened(crew, opened, stores, sizes)] if wanted(opened) else []
        found += [_on_disk(disk, stores, sizes)] if wanted(disk) else []
    if OURS in crew.present:
        compared = any(map(wanted, _grown_names(sizes)))
        largest = max(sizes.growth)
        if compared or any(map(wanted, large.names(largest))):
            grown = _grow(crew, sizes.growth if compared else (largest,))
            found += _grown(crew, sizes, grown) if compared else []
            found += large.rows(crew, sizes, grown[largest], wanted)
    return found


Filled = dict[str, tuple[Path, int] | Failed]


def _filled(crew: Crew, count: int) -> Filled:
    found: Filled = {}
    for name in crew.present:
        if name != "floor":
            folder = crew.new_folder()
            try:
                # A worker of its own: joblib writes the code of a function to the first store of a process only.
                found[name] = Path(folder), crew.member(name, f"{name} filling").ask("store", folder, count)
            except Failed as failed:
                found[name] = failed
    return found


def _on_disk(name: str, stores: Filled, sizes: Sizes) -> Row:
    figures: dict[str, Figures | Failed] = {}
    for contestant, store in stores.items():
        if isinstance(store, Failed):
            figures[contestant] = store
            continue
        folder, count = store
        size = sum(path.lstat().st_blocks * 512 for path in [folder, *folder.rglob("*")])
        figures[contestant] = Figures(size / count, size / count)
    return Row(name, figures, Target(400), "B", judged=sizes.stored >= 10_000)


def _opened(crew: Crew, name: str, stores: Filled, sizes: Sizes) -> Row:
    passes: dict[str, list[tuple[float, float]]] = {}
    figures: dict[str, Figures | Failed] = {}
    for _ in range(max(2, sizes.heavy_passes) + 1):
        for contestant, store in stores.items():
            if isinstance(store, Failed) or contestant in figures:
                continue
            try:
                bare = _start(crew, contestant, "plain", store[0])
                whole = _start(crew, contestant, contestant, store[0])
                passes.setdefault(contestant, []).append((whole[0] - bare[0], whole[1] - bare[1]))
            except Failed as failed:
                figures[contestant] = failed
    for contestant, store in stores.items():
        if isinstance(store, Failed):
            figures[contestant] = store
        elif contestant not in figures:
            figures[contestant] = figures_of(passes[contestant][1:])
    return Row(name, figures, Target(0.25), judged=sizes.stored >= 10_000)


def _start(crew: Crew, home: str, kind: str, folder: Path) -> tuple[float, float]:
    """Return wall and CPU seconds from the start of a process to the value in hand."""
    interpreter = crew.interpreter(home)
    assert interpreter is not None
    begun = time.perf_counter()
    process = _process(interpreter, kind, folder)
    with process:
        assert process.stdout
        line = process.stdout.readline()
        wall = time.perf_counter() - begun
        _, errors = process.communicate()
    if process.returncode:
        raise Failed((errors.strip().splitlines() or ["its process failed"])[-1][:200])
    return wall, float(line.split()[0])


def _process(interpreter: str, kind: str, folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [interpreter, str(HERE / "new_process.py"), kind, str(folder), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder.parent,
        env=environment(interpreter, folder.parent),
        text=True,
    )


GROWN_WORKS = tuple(BY_NAME[name] for name in ("hit, small scalars", "first hit after reopening", "miss"))


def _grown_names(sizes: Sizes) -> list[str]:
    works = [_grown_name(work.name, count) for work in GROWN_WORKS for count in sizes.growth]
    return [*works, *_resident_names(max(sizes.growth))]


def _grown_name(work: str, count: int) -> str:
    return f"{work}, {count:,} stored calls"


def _resident_names(count: int) -> tuple[str, str]:
    return f"resident, {count:,} stored calls", f"resident after a hit on each, {count:,}"


def _grow(crew: Crew, counts: Sequence[int]) -> dict[int, Path]:
    stores = {}
    for count in counts:
        member = crew.member(OURS, f"{OURS} {count}")
        stores[count] = Path(crew.new_folder())
        print(f"making a store of {count:,} calls", file=sys.stderr)
        member.ask("store", str(stores[count]), count)
    return stores


def _grown(crew: Crew, sizes: Sizes, stores: dict[int, Path]) -> list[Row]:
    """Compare our own store with itself, and weigh the largest in memory."""
    found = []
    for work in GROWN_WORKS:
        calls = min(sizes.calls, max(1, sizes.growth[0] // 10)) if work.new else min(sizes.calls, sizes.growth[0])
        few = asdict(sizes) | {"calls": calls}
        members = {count: crew.member(OURS, f"{OURS} {count}") for count in stores}
        for count, member in members.items():
            member.ask("begin_stored", work.name, few, str(stores[count]), count)
        passes = interleave(list(members.values()), sizes.passes, sizes.patience_s)
        medians = {}
        for count, member in members.items():
            answer = passes[member.label]
            member.ask("end")
            medians[count] = answer if isinstance(answer, Failed) else figures_of(answer["ref"])
        base = medians[sizes.growth[0]]
        for count, figures in medians.items():
            target = Target(ratio=GROWN.get(count), against=BASE)
            found.append(Row(_grown_name(work.name, count), {OURS: figures, BASE: base}, target))
    largest = max(stores)
    return [*found, *_resident(crew, stores[largest], largest)]


def _resident(crew: Crew, folder: Path, count: int) -> list[Row]:
    interpreter = crew.interpreter(OURS)
    assert interpreter is not None
    process = _process(interpreter, OURS, folder, str(count))
    lines, errors = process.communicate()
    if process.returncode:
        failed = Failed((errors.strip().splitlines() or ["its process failed"])[-1][:200])
        return [Row(name, {OURS: failed}, unit="B") for name in _resident_names(count)]
    opened, used = (float(line.split()[1]) for line in lines.splitlines())
    target, judged = Target(300 * MB), count >= 1_000_000
    return [
        Row(name, {OURS: Figures(size, size)}, target, "B", judged=judged)
        for name, size in zip(_resident_names(count), (opened, used), strict=True)
    ]
