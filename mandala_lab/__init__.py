"""mandala-lab: memoized calls, their live graph and stack replay, inside JupyterLab.

Public names are loaded on first use, so that importing the package is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mandala_lab.computation_frame import ComputationFrame
    from mandala_lab.memo.context import noop
    from mandala_lab.memo.decorator import Op, op
    from mandala_lab.memo.special import Ignore, NewArgDefault, ValuePointer
    from mandala_lab.model.calls import Call, Span
    from mandala_lab.model.errors import (
        CorruptValueError,
        MandalaLabError,
        MandalaLabWarning,
        NewCallError,
        ReplayError,
        StaleCodeError,
        StoreError,
        UnstorableError,
        UntrustedValueError,
    )
    from mandala_lab.model.refs import Ref
    from mandala_lab.replay.replay import Replay
    from mandala_lab.storage import Storage

_HOMES = {
    "Call": "model.calls",
    "ComputationFrame": "computation_frame",
    "CorruptValueError": "model.errors",
    "Ignore": "memo.special",
    "MandalaLabError": "model.errors",
    "MandalaLabWarning": "model.errors",
    "NewArgDefault": "memo.special",
    "NewCallError": "model.errors",
    "Op": "memo.decorator",
    "Ref": "model.refs",
    "Replay": "replay.replay",
    "ReplayError": "model.errors",
    "Span": "model.calls",
    "StaleCodeError": "model.errors",
    "Storage": "storage",
    "StoreError": "model.errors",
    "UnstorableError": "model.errors",
    "UntrustedValueError": "model.errors",
    "ValuePointer": "memo.special",
    "noop": "memo.context",
    "op": "memo.decorator",
}

__all__ = [
    "Call",
    "ComputationFrame",
    "CorruptValueError",
    "Ignore",
    "MandalaLabError",
    "MandalaLabWarning",
    "NewArgDefault",
    "NewCallError",
    "Op",
    "Ref",
    "Replay",
    "ReplayError",
    "Span",
    "StaleCodeError",
    "Storage",
    "StoreError",
    "UnstorableError",
    "UntrustedValueError",
    "ValuePointer",
    "noop",
    "op",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("mandala-lab")
    if name not in _HOMES:
        raise AttributeError(f"module 'mandala_lab' has no attribute {name!r}")
    return getattr(importlib.import_module(f"mandala_lab.{_HOMES[name]}"), name)


def load_ipython_extension(ipython: Any) -> None:
    """Answer ``%load_ext mandala_lab``."""
    from mandala_kernel.extension import load_ipython_extension as load

    load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Answer ``%unload_ext mandala_lab``."""
    from mandala_kernel.extension import unload_ipython_extension as unload

    unload(ipython)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "mandala-lab"}]
