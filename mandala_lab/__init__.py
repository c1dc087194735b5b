"""mandala-lab: memoized calls, their live graph and stack replay, inside JupyterLab.

Public names are loaded on first use, so that importing the package is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mandala_lab.computation_frame import ComputationFrame
    from mandala_lab.content import deserialize, get_content_hash, serialize, track, wrap_atom
    from mandala_lab.memo.annotations import MDict, MList, MSet, MTuple
    from mandala_lab.memo.context import noop
    from mandala_lab.memo.decorator import Op, op
    from mandala_lab.memo.encoding.forms import register_hasher, register_serializer
    from mandala_lab.memo.files import File
    from mandala_lab.memo.special import Ignore, NewArgDefault, ValuePointer
    from mandala_lab.model.calls import Call, Span
    from mandala_lab.model.errors import (
        ArgumentError,
        CorruptValueError,
        LayoutError,
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
    from mandala_lab.model.structures import DictRef, ListRef, SetRef, TupleRef
    from mandala_lab.replay.replay import Replay
    from mandala_lab.storage import Storage

_HOMES = {
    "ArgumentError": "model.errors",
    "Call": "model.calls",
    "ComputationFrame": "computation_frame",
    "CorruptValueError": "model.errors",
    "DictRef": "model.structures",
    "File": "memo.files",
    "Ignore": "memo.special",
    "ListRef": "model.structures",
    "MDict": "memo.annotations",
    "MList": "memo.annotations",
    "MSet": "memo.annotations",
    "MTuple": "memo.annotations",
    "MandalaLabError": "model.errors",
    "MandalaLabWarning": "model.errors",
    "NewArgDefault": "memo.special",
    "NewCallError": "model.errors",
    "Op": "memo.decorator",
    "Ref": "model.refs",
    "Replay": "replay.replay",
    "ReplayError": "model.errors",
    "SetRef": "model.structures",
    "Span": "model.calls",
    "LayoutError": "model.errors",
    "StaleCodeError": "model.errors",
    "Storage": "storage",
    "StoreError": "model.errors",
    "TupleRef": "model.structures",
    "UnstorableError": "model.errors",
    "UntrustedValueError": "model.errors",
    "ValuePointer": "memo.special",
    "deserialize": "content",
    "get_content_hash": "content",
    "noop": "memo.context",
    "op": "memo.decorator",
    "register_hasher": "memo.encoding.forms",
    "register_serializer": "memo.encoding.forms",
    "serialize": "content",
    "track": "content",
    "wrap_atom": "content",
}

__all__ = [
    "ArgumentError",
    "Call",
    "ComputationFrame",
    "CorruptValueError",
    "DictRef",
    "File",
    "Ignore",
    "LayoutError",
    "ListRef",
    "MDict",
    "MList",
    "MSet",
    "MTuple",
    "MandalaLabError",
    "MandalaLabWarning",
    "NewArgDefault",
    "NewCallError",
    "Op",
    "Ref",
    "Replay",
    "ReplayError",
    "SetRef",
    "Span",
    "StaleCodeError",
    "Storage",
    "StoreError",
    "TupleRef",
    "UnstorableError",
    "UntrustedValueError",
    "ValuePointer",
    "deserialize",
    "get_content_hash",
    "noop",
    "op",
    "register_hasher",
    "register_serializer",
    "serialize",
    "track",
    "wrap_atom",
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
