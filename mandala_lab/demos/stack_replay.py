"""Stack replay on a two-layer computation with a loop.

Builds a history, finds calls, changes an argument, runs again what depends on
it, compares the frames and writes a picture. Run it with
``python -m mandala_lab.demos.stack_replay [FILE.svg]``.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

from mandala_lab import Replay, Storage, op


@op(output_names=["readings"])
def measure(count: int, scale: float) -> list[float]:
    """Make up readings, the same every time."""
    return [scale * ((7 * step) % 11) for step in range(count)]


@op(output_names=["smoothed"])
def smooth(readings: list[float], width: int) -> list[float]:
    """Average each reading with its neighbours."""
    windows = [readings[max(0, at - width) : at + width + 1] for at in range(len(readings))]
    return [sum(window) / len(window) for window in windows]


@op(output_names=["roughness"])
def roughness(smoothed: list[float]) -> float:
    """How much neighbours differ, summed."""
    return round(sum(abs(a - b) for a, b in pairwise(smoothed)), 6)


@op(output_names=["report"])
def summarise(first: float, last: float) -> str:
    """Tell the first and last roughness in words."""
    if first < 0:
        raise ValueError("roughness is never negative")
    return f"from {first:g} to {last:g}"


def build(storage: Storage) -> None:
    """Make the history: measure once, smooth in a loop of growing width, summarise."""
    with storage:
        readings = measure(24, 1.0)
        found = [roughness(smooth(readings, width)) for width in range(1, 6)]
        summarise(found[0], found[-1])


def tell(replay: Replay) -> None:
    """Print the outcome of a replay and what differs."""
    print(f"  {replay.summary()}")
    for difference in replay.compare():
        print(f"    {difference.node}: {difference.before or '-'} -> {difference.after or '-'}")


def main(target: Path) -> int:
    """Run the demonstration; returns the exit status."""
    if target.suffix.lower() != ".svg":
        print(f"{target} does not end in .svg, and SVG is what this writes", file=sys.stderr)
        return 2
    storage = Storage()
    build(storage)
    base = storage.cf("run")
    before, content = base.to_bytes(), set(base.calls)
    print(f"built: {base}")

    found = storage.calls(smooth, where={"width": 2})
    print(f"found {len(found)} call of smooth with width=2: {found[0]}")
    print(f"found {len(storage.calls(smooth, where={'width': 99}))} calls of smooth with width=99")

    print("replayed as recorded:")
    tell(storage.replay(found[0]))
    print("changed width, this call only:")
    tell(storage.replay(found[0], width=8))
    print("changed scale of the measurement, and everything downstream:")
    source = storage.calls(measure)[0]
    replay = storage.replay(source, scope="downstream", scale=2.0)
    tell(replay)
    print("a replay that fails:")
    tell(storage.replay(storage.calls(summarise)[0], first=-1.0))

    recorded = {call.hid: call for call in storage.calls()}
    same = base.to_bytes() == before and all(recorded[hid] == base.calls[hid] for hid in content)
    print(f"base frame unchanged: {same}")
    print(f"wrote {replay.frame.save_svg(target)}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "stack_replay.svg")))
