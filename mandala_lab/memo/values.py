"""How values are stored: a named format, bytes, and their digest.

All formats but the last are data only: reading one runs no code out of the store.

======== =========================================================
name     what
======== =========================================================
tree     the typed encoding of `mandala_lab.memo.encoding`
npy      a numpy array without objects, in numpy's own file format
arrow    a DataFrame as an Arrow file, where that keeps it exactly
pickle   a signed pickle (`mandala_lab.memo.signing`), where the value
         has no data-only format; verified before it is read
======== =========================================================
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Any

from mandala_lab.memo import encoding, signing
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.encoding.secrets import SecretError
from mandala_lab.model.errors import CorruptValueError, UnstorableError, UntrustedValueError
from mandala_lab.model.hashing import digest
from mandala_lab.model.refs import is_immutable
from mandala_lab.model.values import StoredValue

_NPY_HEADER = 1 << 16


def store(value: Any, cid: bytes | None = None, *, copy: bool = True) -> StoredValue:
    """Turn a value into bytes. `cid` may be given where it is known already.

    Without `copy` the bytes of a large array are those of the array itself, for
    whoever writes them before anybody can change it.

    Raises
    ------
    UnstorableError
        When the value has no format that gives it back as it is.
    """
    cid = content_id(value) if cid is None else cid
    if _is_plain_array(value):
        return _to_npy(value, cid, copy=copy)
    name, data = _serialize(value, cid)
    return StoredValue(cid, name, data, digest(data))


def store_unless_secret(value: Any, cid: bytes) -> StoredValue | None:
    """Turn an argument into bytes; ``None`` where it holds a secret, which is never stored.

    Raises
    ------
    UnstorableError
        When the value has no format that gives it back as it is.
    """
    try:
        return store(value, cid)
    except SecretError:
        return None


def load(stored: StoredValue, *, verified: bool = False) -> Any:
    """Return the value of stored bytes, after verifying them unless they were `verified` before.

    Raises
    ------
    CorruptValueError
        When the bytes are not those that were stored.
    UntrustedValueError
        When reading would run foreign code, or needs a format, a serializer or code
        that is not here.
    """
    if not verified and stored.digest and digest(stored.data) != stored.digest:
        raise CorruptValueError(
            f"the stored bytes of value {stored.cid.hex()} are damaged: their digest differs from the recorded one"
        )
    if stored.format == "npy":
        vouched = stored.trusted and (verified or bool(stored.digest))  # by a digest that nobody else can have written
        return _verified_array(stored, verified=vouched)
    if stored.format == "pickle":
        return signing.load(stored.data, stored.cid)
    if stored.format in _READERS and not stored.trusted:
        return _looked_at(stored)
    reader = _READERS.get(stored.format)
    if reader is None:
        raise UntrustedValueError(
            f"value {stored.cid.hex()} is stored in the format {stored.format!r}; "
            f"this version reads {', '.join(_READERS)} and pickle: a newer mandala-lab may have written it"
        )
    return reader(stored.data)


def _looked_at(stored: StoredValue) -> Any:
    """Return a value that somebody else wrote, if it is what its content id says."""
    reader = _from_foreign_arrow if stored.format == "arrow" else _READERS[stored.format]
    try:
        value = reader(stored.data)
        genuine = content_id(value) == stored.cid
    except Exception as error:  # whatever a reader says of bytes that nobody vouches for
        raise CorruptValueError(f"value {stored.cid.hex()}, which somebody else wrote, is damaged: {error}") from error
    if not genuine:
        raise CorruptValueError(
            f"the stored bytes of value {stored.cid.hex()}, which somebody else wrote, are those of another value, or "
            "of an earlier version: if you trust who wrote them, storage.trust(...) lets them be read"
        )
    return value


def _serialize(value: Any, cid: bytes) -> tuple[str, bytes | memoryview]:
    if is_immutable(value):
        return "tree", encoding.encode(value)
    kind = type(value)
    module = str(kind.__module__).partition(".")[0]
    if module == "pandas" and kind.__name__ == "DataFrame":
        arrow = _to_arrow(value)
        if arrow is not None and _holds(_from_arrow, arrow, cid):
            return "arrow", arrow
    try:
        tree = encoding.encode(value)
    except SecretError:
        raise
    except UnstorableError as error:
        return "pickle", _to_pickle(value, cid, error)
    if _holds(encoding.decode, tree, cid):
        return "tree", tree
    return "pickle", _to_pickle(value, cid, None)


def _is_plain_array(value: Any) -> bool:
    """Whether numpy's file format keeps a value exactly."""
    kind = type(value)
    if kind.__name__ != "ndarray" or kind.__module__ != "numpy":
        return False
    return value.dtype.kind in "biufcSUMm" and value.dtype.metadata is None and not value.dtype.hasobject


def _to_npy(array: Any, cid: bytes, *, copy: bool) -> StoredValue:
    """Return an array as a numpy file, which its content id verifies: a digest of the bytes would cost as much."""
    import numpy as np

    header = io.BytesIO()
    if not array.flags.c_contiguous or array.nbytes == 0:
        np.lib.format.write_array(header, array, allow_pickle=False)
        return StoredValue(cid, "npy", header.getvalue(), b"")
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
    rest = memoryview(array.reshape(-1).view(np.uint8))
    if copy:
        rest = np.array(rest).data  # numpy gets large memory far faster than bytes do
    return StoredValue(cid, "npy", header.getvalue(), b"", rest=rest.toreadonly())


def _verified_array(stored: StoredValue, *, verified: bool) -> Any:
    try:
        array = _from_npy(stored.settled().data, copy=stored.identity is None)
    except Exception as error:  # whatever numpy says of bytes that are no numpy file
        raise CorruptValueError(f"the stored bytes of value {stored.cid.hex()} are damaged: {error}") from error
    if not verified and content_id(array) != stored.cid:
        raise CorruptValueError(
            f"the stored bytes of value {stored.cid.hex()} are damaged: they are those of another array"
        )
    return array


def _from_npy(data: bytes | memoryview, *, copy: bool = True) -> Any:
    """Return the array, as a copy or as it lies in a file that is mapped: then nobody can write to it."""
    import numpy as np

    view = memoryview(data)
    header = io.BytesIO(view[:_NPY_HEADER])
    version = np.lib.format.read_magic(header)
    if version != (1, 0):
        return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(header)
    if dtype.hasobject or not dtype.itemsize:
        return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    array = np.frombuffer(view[header.tell() :], dtype, count=math.prod(shape))
    return (array.copy() if copy else array).reshape(shape, order="F" if fortran else "C")


def _to_arrow(frame: Any) -> memoryview | None:
    """Return the frame as an Arrow file, or ``None`` where Arrow has no type for a column or makes names texts."""
    import pyarrow as pa

    if frame.columns.inferred_type not in {"string", "empty"} or not _are_texts(frame.index.names):
        return None
    try:
        table = pa.Table.from_pandas(frame)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return None
    return memoryview(sink.getvalue())


def _are_texts(names: Any) -> bool:
    return all(name is None or isinstance(name, str) for name in names)


def _from_foreign_arrow(data: bytes | memoryview) -> Any:
    return _from_arrow(data, checked=True)


def _from_arrow(data: bytes | memoryview, *, checked: bool = False) -> Any:
    import pyarrow as pa

    table = pa.ipc.open_file(pa.py_buffer(data)).read_all()
    if checked:
        table.validate(full=True)  # every offset lies within its buffer
    frame = table.to_pandas()
    for place, column in enumerate((table.schema.pandas_metadata or {}).get("columns", [])[: frame.shape[1]]):
        if column["numpy_type"] == "object" and str(frame.dtypes.iloc[place]) != "object":  # pandas 3 makes texts `str`
            frame.isetitem(place, _objects(table.column(place), frame.index))
    return frame


def _objects(column: Any, index: Any) -> Any:
    import pandas as pd

    return pd.Series(column.to_numpy(), index=index, dtype=object)


def _to_pickle(value: Any, cid: bytes, why: UnstorableError | None) -> bytes:
    """Return a signed pickle of a value that has no data-only format, if it gives the value back."""
    signed = signing.dump(value, cid)
    if not _holds(lambda data: signing.load(data, cid), signed, cid):
        reason = "" if why is None else f": {why}"
        raise UnstorableError(f"a value of type {type(value).__name__} would not read back as it is{reason}")
    return signed


def _holds(read: Callable[[bytes | memoryview], Any], data: bytes | memoryview, cid: bytes) -> bool:
    """Whether reading the bytes gives the very content back: Arrow, say, merges kinds of null."""
    try:
        return content_id(read(data)) == cid
    except Exception:  # whatever pyarrow, numpy, pandas or an unpickled class says: the bytes are of no use
        return False


_READERS = {"tree": encoding.decode, "npy": _from_npy, "arrow": _from_arrow}
