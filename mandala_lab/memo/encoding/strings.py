"""Many strings at once: their lengths, their bytes and what is missing.

What this comes to does not depend on where the strings lay: in Python objects,
or in Arrow buffers, whatever their offsets and the bytes under their nulls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mandala_lab.memo.encoding.forms import Raw
from mandala_lab.model.errors import CorruptValueError

_KINDS = frozenset({str, type(None), float})
PRESENT, NONE, NAN = 0, 1, 2


def of_objects(items: list[Any]) -> Any | None:
    """Return the content of a list of strings, None and NaN; ``None`` if anything else is in it."""
    kinds = set(map(type, items))
    if str not in kinds or not kinds <= _KINDS:
        return None
    marks = None
    if float in kinds:
        if any(item == item for item in items if type(item) is float):  # noqa: PLR0124 - NaN is unequal to itself
            return None
        marks = np.fromiter(map(_mark, items), np.uint8, len(items))
    return _encoded(items, marks)


def of_nullable(items: list[str | None]) -> Any:
    """Return the content of strings of which any may be missing, in one way."""
    return _encoded(items, None)


def _encoded(items: list[Any], marks: np.ndarray[Any, Any] | None) -> Any:
    try:
        array = pa.array(items, type=pa.large_string(), from_pandas=True)
    except (pa.ArrowException, UnicodeEncodeError):  # a lone surrogate
        return _of_texts(items, marks)
    if marks is None and array.null_count:
        marks = _nulls(array)
    return _of_buffers(array, marks)


def of_arrow(array: Any) -> Any:
    """Return the content of an Arrow array of strings, whose nulls are of one kind."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
    if array.type != pa.large_string():
        array = array.cast(pa.large_string())
    return _of_buffers(array, _nulls(array) if array.null_count else None)


def texts(parts: Any) -> list[str | float | None]:
    """Return the strings of a content, with None and NaN where they were missing."""
    count, marks, raw_ends, joined = parts
    ends = np.frombuffer(raw_ends, "<i8")
    if len(ends) != count:
        raise CorruptValueError(f"stored bytes promise {count} strings and hold {len(ends)}")
    data, start = bytes(joined), 0
    found: list[str | float | None] = []
    for end in ends.tolist():
        found.append(data[start:end].decode("utf-8", "surrogatepass"))
        start = end
    for place in np.flatnonzero(np.frombuffer(marks, np.uint8)) if marks is not None else ():
        found[place] = None if marks[place] == NONE else np.nan
    return found


def _mark(item: Any) -> int:
    return PRESENT if type(item) is str else NONE if item is None else NAN


def _nulls(array: Any) -> np.ndarray[Any, Any]:
    return array.is_null().to_numpy(zero_copy_only=False).astype(np.uint8)  # type: ignore[no-any-return]


def _of_buffers(array: Any, marks: np.ndarray[Any, Any] | None) -> Any:
    """Return the content of an array of type large_string."""
    count = len(array)
    if count == 0:
        return 0, None, Raw(b""), Raw(b"")
    if marks is not None:
        array = pc.fill_null(array, "")  # what lies under a null is no content
    _validity, raw_offsets, data = array.buffers()
    offsets = np.frombuffer(raw_offsets, "<i8")[array.offset : array.offset + count + 1]
    start, end = int(offsets[0]), int(offsets[-1])
    ends = offsets[1:] - start if start else offsets[1:]
    joined = memoryview(b"") if data is None else memoryview(data)[start:end]
    return count, None if marks is None else Raw(marks), Raw(ends), Raw(joined)


def _of_texts(items: Sequence[Any], marks: np.ndarray[Any, Any] | None) -> Any:
    if marks is None and None in items:
        marks = np.fromiter(map(_mark, items), np.uint8, len(items))
    data = [item.encode("utf-8", "surrogatepass") if type(item) is str else b"" for item in items]
    ends = np.cumsum(np.fromiter(map(len, data), "<i8", len(data)), dtype="<i8")
    return len(items), None if marks is None else Raw(marks), Raw(ends), Raw(b"".join(data))
