"""Progress as a bar of tqdm: a widget in a notebook, a line in a terminal, and nothing elsewhere.

In a notebook the output is blanked when the bar goes, so that a saved notebook
keeps no widget that nobody can bring back to life.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from mandala_lab.ports.progress import Tally

_OPTIONS = {
    "desc": "mandala",
    "unit": " calls",
    "leave": False,
    "mininterval": 0,
    "miniters": 0,
    "bar_format": "{desc}: {n_fmt} [{elapsed}, {rate_fmt}{postfix}]",  # nobody knows how many there will be
}


class ProgressBar:
    """A bar that is made when there is something to show, and closed when it is over."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._clear: Callable[[], None] | None = None

    def show(self, tally: Tally) -> None:
        if self._bar is None:
            self._open(tally)
        if self._bar is None:
            return
        self._bar.set_postfix_str(_text(tally), refresh=False)
        self._bar.n = tally.calls
        self._bar.refresh()

    def hide(self) -> None:
        bar, clear = self._bar, self._clear
        self._bar = self._clear = None
        if bar is not None:
            bar.close()
        if clear is not None:
            clear()

    def _open(self, tally: Tally) -> None:
        kernel = getattr(_shell(), "kernel", None)
        if kernel is not None:
            if threading.current_thread() is threading.main_thread():  # others would show it in some other cell
                self._open_in_notebook()
        elif sys.stderr is not None and sys.stderr.isatty():
            from tqdm.std import tqdm

            self._bar = _quiet(tqdm)(**_OPTIONS)
        if self._bar is not None:
            self._bar.start_t -= tally.elapsed_s

    def _open_in_notebook(self) -> None:
        from IPython.display import display
        from tqdm.notebook import tqdm

        self._bar = _quiet(tqdm)(**_OPTIONS, display=False)
        shown = display(self._bar.container, display_id=True)
        if shown is not None:
            self._clear = lambda: shown.update({"text/plain": ""}, raw=True)


def _quiet(bar: type) -> type:
    """Return a kind of bar that starts no thread to watch over it: that one would draw in any cell."""
    return type(bar.__name__, (bar,), {"monitor_interval": 0})


def _shell() -> Any:
    """Return the running IPython, which is loaded if there is one."""
    loaded = sys.modules.get("IPython")
    return None if loaded is None else loaded.get_ipython()


def _text(tally: Tally) -> str:
    parts = {"computed": tally.computed, "cached": tally.cached, "failed": tally.failed, "inside": tally.nested}
    return ", ".join(f"{count:,} {name}" for name, count in parts.items() if count)
