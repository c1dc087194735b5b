"""How values are stored: a named format, bytes, and their digest.

Formats are data only: reading one runs no code out of the store.

======== =========================================================
name     what
======== =========================================================
tree     the typed encoding of `mandala_lab.memo.encoding`
npy      a numpy array without objects, in numpy's own file format
arrow    a DataFrame as an Arrow file, where that keeps it exactly
======== =========================================================
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from mandala_lab.memo import encoding
from mandala_lab.memo.encoding import content_id
from mandala_lab.model.errors import CorruptValueError, UnstorableError, UntrustedValueError
from mandala_lab.model.hashing import digest
from mandala_lab.model.refs import is_immutable
from mandala_lab.model.values import StoredValue


def store(value: Any, cid: bytes | None = None) -> StoredValue:
    """Turn a value into bytes. `cid` may be given where it is known already.

    Raises
    ------
    UnstorableError
        When the value has no data-only format.
    """
    cid = content_id(value) if cid is None else cid
    name, data = _serialize(value, cid)
    return StoredValue(cid, name, data, digest(data))


def load(stored: StoredValue, *, verified: bool = False) -> Any:
    """Return the value of stored bytes, after verifying them unless they were `verified` before.

    Raises
    ------
    CorruptValueError
        When the bytes are not those that were stored.
    UntrustedValueError
        When the format is not one of the data-only formats known here.
    """
    if not verified and digest(stored.data) != stored.digest:
        raise CorruptValueError(
            f"the stored bytes of value {stored.cid.hex()} are damaged: their digest differs from the recorded one"
        )
    reader = _READERS.get(stored.format)
    if reader is None:
        raise UntrustedValueError(
            f"value {stored.cid.hex()} is stored in the format {stored.format!r}; "
            f"this version reads {', '.join(_READERS)}: a newer mandala-lab may have written it"
        )
    return reader(stored.data)


def _serialize(value: Any, cid: bytes) -> tuple[str, bytes]:
    kind = type(value)
    module = str(kind.__module__).partition(".")[0]
    if module == "numpy" and kind.__name__ == "ndarray" and not value.dtype.hasobject and value.dtype.names is None:
        return "npy", _to_npy(value)
    if module == "pandas" and kind.__name__ == "DataFrame":
        arrow = _to_arrow(value)
        if arrow is not None and _holds(_from_arrow, arrow, cid):
            return "arrow", arrow
    tree = encoding.encode(value)
    if not is_immutable(value) and not _holds(encoding.decode, tree, cid):
        raise UnstorableError(f"a value of type {module}.{kind.__name__} would not read back as it is")
    return "tree", tree


def _to_npy(array: Any) -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _from_npy(data: bytes) -> Any:
    import numpy as np

    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)


def _to_arrow(frame: Any) -> bytes | None:
    """Return the frame as an Arrow file, or ``None`` where Arrow has no type for a column."""
    import pyarrow as pa

    try:
        table = pa.Table.from_pandas(frame)
        sink = io.BytesIO()
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return None
    return sink.getvalue()


def _from_arrow(data: bytes) -> Any:
    import pyarrow as pa

    return pa.ipc.open_file(pa.py_buffer(data)).read_all().to_pandas()


def _holds(read: Callable[[bytes], Any], data: bytes, cid: bytes) -> bool:
    """Whether reading the bytes gives the very content back: Arrow, say, merges kinds of null."""
    try:
        return content_id(read(data)) == cid
    except Exception:  # whatever pyarrow, numpy or pandas says: the bytes are of no use
        return False


_READERS = {"tree": encoding.decode, "npy": _from_npy, "arrow": _from_arrow}
