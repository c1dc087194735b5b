"""numpy arrays and scalars in the typed encoding.

An array is its dtype, shape and elements in C order, whatever its memory
layout. Object arrays are encoded element by element; array subclasses, masked
arrays among them, are refused, since their meaning is not in their elements.
"""

from __future__ import annotations

import ast
import math
from typing import Any

import numpy as np

from mandala_lab.memo.encoding import Chunk, Reader, length, register, write
from mandala_lab.model.errors import CorruptValueError, UnstorableError


def _descr(dtype: np.dtype[Any]) -> str:
    """Describe a dtype in text that `_dtype` reads, with the byte order explicit."""
    if dtype.kind == "V" and dtype.names is None:
        raise UnstorableError(f"arrays of dtype {dtype} have no data-only format")
    try:
        described = repr(np.lib.format.dtype_to_descr(dtype))
    except ValueError as error:
        raise UnstorableError(f"arrays of dtype {dtype} have no data-only format: {error}") from error
    if dtype.kind not in "biufcSUMmOV":
        raise UnstorableError(f"arrays of dtype {dtype} have no data-only format")
    return described


def _dtype(described: str) -> np.dtype[Any]:
    return np.lib.format.descr_to_dtype(ast.literal_eval(described))


def _write_elements(array: np.ndarray[Any, Any], out: list[Chunk], canonical: bool) -> None:
    if array.dtype.names is not None:
        for name in array.dtype.names:  # field by field: padding between fields is no content
            _write_array(np.ascontiguousarray(array[name]), out, canonical)
    elif array.dtype.hasobject:
        for item in array.ravel().tolist():
            write(item, out, canonical)
    else:
        out.append(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _write_array(array: np.ndarray[Any, Any], out: list[Chunk], canonical: bool) -> None:
    out.append(b"a")
    write(_descr(array.dtype), out, canonical)
    write(array.shape, out, canonical)
    _write_elements(array, out, canonical)


def _read_array(reader: Reader) -> np.ndarray[Any, Any]:
    dtype, shape = _dtype(reader.read()), reader.read()
    size = math.prod(shape)
    if dtype.names is not None:
        array = np.empty(shape, dtype)
        for name in dtype.names:
            array[name] = reader.read()
        return array
    if dtype.hasobject:
        items = np.empty(size, dtype)
        for index in range(size):
            items[index] = reader.read()
        return items.reshape(shape)
    raw = reader.take(size * dtype.itemsize)
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy() if dtype.itemsize else np.empty(shape, dtype)


def _write_scalar(value: np.generic, out: list[Chunk], canonical: bool) -> None:
    if value.dtype.hasobject:
        raise UnstorableError(f"a numpy scalar of dtype {value.dtype} has no data-only format; use its .item()")
    out.append(b"g")
    write(_descr(value.dtype), out, canonical)
    raw = value.tobytes()
    out.append(length(len(raw)))
    out.append(raw)


def _read_scalar(reader: Reader) -> Any:
    dtype = _dtype(reader.read())
    raw = reader.take(reader.number())
    if len(raw) != dtype.itemsize:
        raise CorruptValueError(f"a scalar of {dtype} has {len(raw)} bytes")
    return np.frombuffer(bytes(raw), dtype=dtype)[0]


register(np.ndarray, b"a", _write_array, _read_array)
register(np.generic, b"g", _write_scalar, _read_scalar)
