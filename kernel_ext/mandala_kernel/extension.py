"""Loading and unloading: both may be repeated."""

from __future__ import annotations

from typing import Any

_loaded: dict[int, Any] = {}


def load_ipython_extension(ipython: Any) -> None:
    """Register the magics and start listening for a panel."""
    from mandala_kernel.magics import MandalaMagics

    if id(ipython) not in _loaded:
        magics = MandalaMagics(ipython)
        ipython.register_magics(magics)
        _loaded[id(ipython)] = magics


def resume(ipython: Any, path: str) -> None:
    """Record to the store at `path` again: what the panel's button runs."""
    ipython.extension_manager.load_extension("mandala_lab")  # harmless when it is loaded
    _loaded[id(ipython)].start(path)


def unload_ipython_extension(ipython: Any) -> None:
    """Stop recording and listening, and remove the magics."""
    magics = _loaded.pop(id(ipython), None)
    if magics is not None:
        magics.close()
        ipython.magics_manager.magics["line"].pop("mandala", None)
        ipython.magics_manager.magics["cell"].pop("op", None)
