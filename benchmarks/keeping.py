"""A process that has imported mandala_lab and does one thing with a store: timed from inside.

``keeping.py open FILE`` prints wall and CPU seconds. It is the first store of the
process, so what is imported only then is on the clock. ``keeping.py collect FILE``
deletes half of what is kept, and also prints how many calls are gone.
"""

import sys
import time

import mandala_lab


def main() -> None:
    """Open, or collect."""
    action, path = sys.argv[1:]
    begun = _now()
    storage = mandala_lab.Storage(path)
    if action == "open":
        print(*_since(begun))
    else:
        kept = storage.gc(dry_run=True).kept
        begun = _now()
        found = storage.gc(max_bytes=kept / 2)
        print(*_since(begun), found.calls)
        if not found.reached:
            sys.exit(f"gc did not come down to half of {kept} bytes: {found.reason}")
    storage.close()


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(begun: tuple[float, float]) -> tuple[float, float]:
    wall, cpu = _now()
    return wall - begun[0], cpu - begun[1]


if __name__ == "__main__":
    main()
