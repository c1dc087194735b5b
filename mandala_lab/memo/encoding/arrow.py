"""Forms of pyarrow: arrays, chunked arrays, record batches, tables, scalars, types, schemas.

Content is the type, the length and the values. No content are: chunks, offsets
of slices, and bytes under nulls. Stored is an Arrow stream.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mandala_lab.memo.encoding.forms import Form, Raw, add, add_family
from mandala_lab.model.errors import CorruptValueError

_NAMES = "name"
_LISTS = (pa.types.is_list, pa.types.is_large_list)
_BYTES = (pa.types.is_string, pa.types.is_binary, pa.types.is_large_string, pa.types.is_large_binary)


def of_array(array: Any) -> Any:
    """Return the content of an array, which may be chunked."""
    if isinstance(array, pa.ChunkedArray):
        array = _joined(array)
    return str(array.type), len(array), _nulls(array), _values(array)


def _joined(array: Any) -> Any:
    if array.num_chunks == 1:
        return array.chunk(0)
    if pa.types.is_dictionary(array.type):
        array = array.unify_dictionaries()
    joined = array.combine_chunks() if array.num_chunks else pa.array([], array.type)
    return pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined


def _nulls(array: Any) -> Any:
    return Raw(array.is_null().to_numpy(zero_copy_only=False).view(np.uint8)) if array.null_count else None


def _values(array: Any) -> Any:  # noqa: PLR0911 - one line a kind of type
    kind = array.type
    if pa.types.is_null(kind):
        return None
    if pa.types.is_boolean(kind):
        return Raw(pc.fill_null(array, fill_value=False).to_numpy(zero_copy_only=False).view(np.uint8))
    if any(is_kind(kind) for is_kind in _BYTES):
        return _of_bytes(array, "<i8" if str(kind).startswith("large") else "<i4")
    if any(is_kind(kind) for is_kind in _LISTS):
        return Raw(_lengths(array)), of_array(array.flatten())
    if pa.types.is_struct(kind):
        return [(field.name, field.nullable, of_array(part)) for field, part in zip(kind, array.flatten(), strict=True)]
    if pa.types.is_dictionary(kind):
        return of_array(array.indices), of_array(array.dictionary)
    width = _width(kind)
    return array.to_pylist() if width is None else _of_fixed(array, width)


def _width(kind: Any) -> int | None:
    """Return the bytes of one value of a type that has no children; ``None`` for others."""
    if isinstance(kind, pa.BaseExtensionType) or kind.num_fields:
        return None
    try:
        return kind.bit_width // 8 if kind.bit_width % 8 == 0 else None
    except ValueError:
        return None


def _of_fixed(array: Any, width: int) -> Raw:
    buffer = array.buffers()[1]
    if width == 0 or buffer is None or not len(array):
        return Raw(b"")
    data = np.frombuffer(buffer, np.uint8)[array.offset * width : (array.offset + len(array)) * width]
    if array.null_count:
        data = data.copy()
        data.reshape(len(array), width)[array.is_null().to_numpy(zero_copy_only=False)] = 0
    if pa.types.is_floating(array.type):
        numbers = data.view(f"<f{width}")
        if np.isnan(numbers.min()):
            numbers = numbers.copy()
            numbers[np.isnan(numbers)] = np.nan
        data = numbers.view(np.uint8)
    return Raw(data)


def _of_bytes(array: Any, width: str) -> Any:
    count = len(array)
    if array.null_count:
        array = pc.fill_null(array, b"" if "binary" in str(array.type) else "")
    _validity, raw_offsets, data = array.buffers()
    if count == 0 or raw_offsets is None:
        return Raw(b""), Raw(b"")
    offsets = np.frombuffer(raw_offsets, width)[array.offset : array.offset + count + 1]
    start, end = int(offsets[0]), int(offsets[-1])
    joined = memoryview(b"") if data is None else memoryview(data)[start:end]
    return Raw(offsets[1:] - start if start else offsets[1:]), Raw(joined)


def _lengths(array: Any) -> Any:
    return pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype("<i8")


def of_schema(schema: Any) -> Any:
    """Return the content of a schema."""
    fields = [(field.name, str(field.type), field.nullable, dict(field.metadata or {})) for field in schema]
    return fields, dict(schema.metadata or {})


def _of_table(table: Any) -> Any:
    return of_schema(table.schema), table.num_rows, [of_array(column) for column in table.columns]


def _stream(table: Any) -> Raw:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write(table)
    return Raw(sink.getvalue())


def _table_of(data: Any) -> Any:
    table = pa.ipc.open_stream(pa.py_buffer(data)).read_all()
    table.validate(full=True)  # offsets out of a foreign store are not believed
    return table


def _batch_of(data: Any) -> Any:
    batches = _table_of(data).combine_chunks().to_batches()
    if len(batches) > 1:
        raise CorruptValueError("stored bytes are more than one record batch")
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=_table_of(data).schema)


def _store_array(array: Any) -> Raw:
    column = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array], array.type)
    return _stream(pa.table({_NAMES: column}))


def _chunked_of(data: Any) -> Any:
    return _table_of(data).column(_NAMES)


def _array_of(data: Any) -> Any:
    return _joined(_chunked_of(data))


def _of_scalar(scalar: Any) -> Any:
    return of_array(pa.array([scalar], type=scalar.type))


def _schema_of(data: Any) -> Any:
    return pa.ipc.read_schema(pa.py_buffer(data))


add_family(pa.Array, "pyarrow", Form("pyarrow.Array", of_array, _array_of, _store_array))
add_family(
    pa.Scalar,
    "pyarrow",
    Form(
        "pyarrow.Scalar",
        _of_scalar,
        lambda data: _array_of(data)[0],
        lambda scalar: _store_array(pa.array([scalar], type=scalar.type)),
    ),
)
add_family(
    pa.DataType,
    "pyarrow",
    Form(
        "pyarrow.DataType",
        str,
        lambda data: _schema_of(data).field(0).type,
        lambda kind: Raw(pa.schema([pa.field(_NAMES, kind)]).serialize()),
    ),
)
add(pa.ChunkedArray, Form("pyarrow.ChunkedArray", of_array, _chunked_of, _store_array))
add(pa.Table, Form("pyarrow.Table", _of_table, _table_of, _stream))
add(pa.RecordBatch, Form("pyarrow.RecordBatch", _of_table, _batch_of, lambda batch: _stream(pa.table(batch))))
add(pa.Schema, Form("pyarrow.Schema", of_schema, _schema_of, lambda schema: Raw(schema.serialize())))
