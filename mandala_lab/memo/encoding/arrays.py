"""Forms of numpy: arrays, scalars and dtypes.

The content of an array is its dtype (byte order and padding of fields with it),
its shape and its elements in C order, whatever its memory layout. Bytes that
are no part of an element, the payloads of NaNs and what lies under a mask are
no content. Subclasses of an array are types of their own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mandala_lab.memo.encoding.forms import Form, Raw, add, add_family
from mandala_lab.model.errors import CorruptValueError, UnstorableError

_Array = np.ndarray[Any, Any]
_PLAIN_KINDS = "biufcSUMmO"
_EXTENDED_BYTES = 10


def describe(dtype: np.dtype[Any]) -> Any:
    """Return plain data from which `described` makes the same dtype.

    Raises
    ------
    UnstorableError
        When the dtype is of another package.
    """
    metadata = None if dtype.metadata is None else dict(dtype.metadata)
    if dtype.names is not None:
        assert dtype.fields is not None
        fields = [
            (name, describe(field[0]), field[1], field[2] if len(field) > 2 else None)  # noqa: PLR2004 - a title
            for name, field in ((name, dtype.fields[name]) for name in dtype.names)
        ]
        return "fields", fields, dtype.itemsize, dtype.isalignedstruct, dtype.type is np.record, metadata
    if dtype.subdtype is not None:
        return "repeated", describe(dtype.subdtype[0]), dtype.subdtype[1], metadata
    if dtype.kind == "T":
        return "string", bool(dtype.coerce), *([dtype.na_object] if hasattr(dtype, "na_object") else [])  # type: ignore[attr-defined]
    if dtype.kind in _PLAIN_KINDS or (dtype.type is np.void and dtype.isbuiltin != 2):  # noqa: PLR2004 - 2: of a user
        return "plain", dtype.str, metadata
    raise UnstorableError(f"arrays of dtype {dtype} have no data-only format")


def described(parts: Any) -> np.dtype[Any]:
    """Return the dtype of a description."""
    how, *rest = parts
    if how == "string":
        coerce, *missing = rest
        text: np.dtype[Any] = np.dtypes.StringDType(coerce=coerce, **({"na_object": missing[0]} if missing else {}))
        return text
    *rest, metadata = rest
    options = {} if metadata is None else {"metadata": metadata}
    if how == "plain":
        plain: np.dtype[Any] = np.dtype(rest[0], **options)
        return plain
    if how == "repeated":
        return np.dtype((described(rest[0]), rest[1]), **options)
    if how != "fields":
        raise CorruptValueError(f"stored bytes hold an unknown dtype: {how!r}")
    fields, size, aligned, record = rest
    spec = {
        "names": [name for name, *_ in fields],
        "formats": [described(kind) for _, kind, *_ in fields],
        "offsets": [offset for _, _, offset, _ in fields],
        "titles": [title for *_, title in fields],
        "itemsize": size,
    }
    made = np.dtype(spec, align=aligned, **options)  # type: ignore[call-overload]
    return np.dtype((np.record, made)) if record else made


def of_array(array: _Array) -> Any:
    """Return dtype, shape and elements."""
    return describe(array.dtype), array.shape, _elements(array)


def array_of(parts: Any) -> _Array:
    """Return the array of a content; it can be written to."""
    described_dtype, shape, elements = parts
    dtype = described(described_dtype)
    array = np.empty(shape, dtype)
    _fill(array, elements)
    return array


def _elements(array: _Array) -> Any:
    if array.dtype.names is not None:  # field by field: padding between fields is no content
        return tuple(_elements(array[name]) for name in array.dtype.names)
    if array.dtype.hasobject or array.dtype.kind == "T":
        items = array.ravel().tolist()
        return _strings(items) or items
    flat = np.ascontiguousarray(array).reshape(-1)
    if flat.nbytes == 0:
        return Raw(b"")
    if flat.dtype.kind in "fc":
        flat = _without_payloads(flat.view(flat.real.dtype))
    return Raw(flat.view(np.uint8))


def _fill(array: _Array, elements: Any) -> None:
    if array.dtype.names is not None:
        for name, part in zip(array.dtype.names, elements, strict=True):
            _fill(array[name], part)
    elif isinstance(elements, list):
        array[...] = _objects(elements, array.shape)
    elif isinstance(elements, tuple):
        from mandala_lab.memo.encoding import strings

        array[...] = _objects(strings.texts(elements), array.shape)
    elif array.nbytes or elements.nbytes:
        array[...] = np.frombuffer(elements, dtype=array.dtype).reshape(array.shape)


def _objects(items: list[Any], shape: tuple[int, ...]) -> _Array:
    if len(items) != math.prod(shape):
        raise CorruptValueError(f"stored bytes hold {len(items)} elements for an array of shape {shape}")
    made = np.empty(len(items), object)
    for place, item in enumerate(items):
        made[place] = item
    return made.reshape(shape)


def _strings(items: list[Any]) -> Any | None:
    if not items or type(items[0]) not in {str, type(None), float}:  # spares most arrays the import
        return None
    from mandala_lab.memo.encoding import strings

    return strings.of_objects(items)


def _without_payloads(flat: _Array) -> _Array:
    """Return real numbers with one kind of NaN, and nothing in bytes that belong to no number."""
    with np.errstate(all="ignore"):
        if np.isnan(flat.min()):
            flat = flat.copy()
            flat[np.isnan(flat)] = np.nan
    if flat.itemsize > 8 and np.finfo(flat.dtype).nmant == 63:  # noqa: PLR2004 - extended precision in 16 bytes
        loose = flat.copy().view(np.uint8).reshape(len(flat), flat.itemsize)
        loose[:, _EXTENDED_BYTES:] = 0
        return loose.reshape(-1)
    return flat


def _of_scalar(value: np.generic) -> Any:
    if isinstance(value, np.str_):  # an array would cut zeros off its end
        return "str", str.__str__(value)
    if isinstance(value, np.bytes_):
        return "bytes", bytes.__bytes__(value)
    if value.dtype.kind in "biuf" and value.itemsize <= 8:  # noqa: PLR2004 - wider ones have loose bytes
        return "number", value.dtype.str, (value if value == value else type(value)("nan")).tobytes()  # noqa: PLR0124
    return "scalar", of_array(np.asarray(value))


def _scalar_of(parts: Any) -> Any:
    how, *rest, data = parts
    if how == "number":
        return np.frombuffer(data, np.dtype(rest[0]))[0]
    if how == "str":
        return np.str_(data)
    return np.bytes_(data) if how == "bytes" else array_of(data)[()]


def _of_masked(array: np.ma.MaskedArray[Any, Any]) -> Any:
    mask = None if array.mask is np.ma.nomask else np.array(np.ma.getmaskarray(array))
    plain = np.array(array.data, subok=False)
    if mask is not None:
        _clear(plain, mask)
    return plain, mask, _fill_value(array), bool(array.hardmask)


def _fill_value(array: np.ma.MaskedArray[Any, Any]) -> _Array:
    """Return what `filled` fills in: the default of numpy is of another dtype until then."""
    value = np.asarray(array.fill_value)
    with np.errstate(all="ignore"):
        return value if array.dtype.hasobject else value.astype(array.dtype)


def _clear(array: _Array, mask: _Array) -> None:
    if array.dtype.names is None:
        array[mask] = np.zeros((), array.dtype)[()] if not array.dtype.hasobject else None
        return
    for name in array.dtype.names:
        _clear(array[name], mask[name])


def _masked_of(parts: Any) -> np.ma.MaskedArray[Any, Any]:
    plain, mask, fill, hard = parts
    return np.ma.MaskedArray(plain, np.ma.nomask if mask is None else mask, fill_value=fill, hard_mask=hard)


def _random_state(state: np.random.RandomState) -> Any:
    """Return the state; the one that numpy's functions share goes by its name, as those functions do."""
    from numpy.random import mtrand

    shared: Any = mtrand._rand  # noqa: SLF001 - it has no other name
    return "shared" if state is shared else state.get_state(legacy=False)


add(np.ndarray, Form("numpy.ndarray", of_array, array_of))
add(
    np.matrix,
    Form("numpy.matrix", lambda array: of_array(array.view(np.ndarray)), lambda parts: array_of(parts).view(np.matrix)),
)
add(
    np.recarray,
    Form(
        "numpy.recarray",
        lambda array: of_array(array.view(np.ndarray)),
        lambda parts: array_of(parts).view(np.recarray),
    ),
)
add(np.ma.MaskedArray, Form("numpy.ma.MaskedArray", _of_masked, _masked_of))
add(type(np.ma.masked), Form("numpy.ma.masked", lambda _value: None, lambda _none: np.ma.masked))
add_family(np.generic, "numpy", Form("numpy.scalar", _of_scalar, _scalar_of))
add_family(np.dtype, "numpy", Form("numpy.dtype", describe, described))
add(np.random.RandomState, Form("numpy.random.RandomState", _random_state))
