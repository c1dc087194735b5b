"""A process that only imports a memoizer, opens a store, and makes a known call: timed from outside.

``new_process.py CONTESTANT FOLDER [COUNT]`` prints a line when the value of
the call is in hand: CPU seconds since the process began, and resident bytes.
With a count it then makes that many known calls, and prints another.
"""

from __future__ import annotations

import os
import sys
import time

import bodies
import contestants

KINDS: dict[str, type[contestants.Contestant]] = {kind.name: kind for kind in contestants.MEMOIZERS}


def tell() -> None:
    """Print where we are."""
    print(time.process_time(), resident(), flush=True)


def resident() -> int:
    """Return the memory that the process holds, in bytes; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as pages:  # noqa: PTH123 - keeps imports few
            return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def main() -> None:
    """Open, call, tell."""
    contestant = KINDS[sys.argv[1]]()
    contestant.open(sys.argv[2], (bodies.scale,))
    call = contestant.calls["scale"]
    with contestant.block():
        values = contestant.values([call(0, 0.5)])
    tell()
    if values != [0.0] or (bodies.runs and contestant.name != "plain"):
        sys.exit("the first call was no hit, or its value is wrong")
    if len(sys.argv) > 3:
        for number in range(int(sys.argv[3])):
            call(number, 0.5)
        contestant.settle()
        tell()
        if bodies.runs:
            sys.exit("calls were no hits")
    contestant.close()


if __name__ == "__main__":
    main()
