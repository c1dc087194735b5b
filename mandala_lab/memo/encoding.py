"""The typed encoding of plain data, for keys and for storage.

One grammar serves both. A value is a tag byte and a payload; lengths are eight
bytes, big-endian. For *keys* (``canonical=True``) dict items are sorted by
their encoded keys, so that equal dicts have equal bytes; for *storage* they
keep their order. Types are told apart exactly: ``1``, ``True`` and ``1.0`` have
three encodings. Nothing here runs code of a value: subclasses of the known
types are refused, and reading never imports or calls what the bytes name.

numpy and pandas values have modules of their own (`arrays`, `tables`), loaded
when the first such value is met.
"""

from __future__ import annotations

import importlib
import struct
from collections.abc import Callable
from typing import Any

from mandala_lab.model.errors import CorruptValueError, MandalaLabError, UnstorableError
from mandala_lab.model.hashing import digest_stream
from mandala_lab.model.refs import Ref

Chunk = bytes | bytearray | memoryview
Writer = Callable[[Any, "list[Chunk]", bool], None]

_DOMAIN = b"mandala-lab value 1\0"
_U64 = struct.Struct(">Q")
_F64 = struct.Struct(">d")
_CANONICAL_NAN = _F64.pack(float("nan"))

_writers: dict[type, Writer] = {}
_readers: dict[int, Callable[[Reader], Any]] = {}
_plugins = {"numpy": "mandala_lab.memo.arrays", "pandas": "mandala_lab.memo.tables"}


def content_id(value: Any) -> bytes:
    """Content id of a value: equal for equal content, in every process.

    Raises
    ------
    UnstorableError
        When the value, or something in it, has no encoding.

    Examples
    --------
    >>> content_id({"a": 1, "b": 2}) == content_id({"b": 2, "a": 1})
    True
    >>> content_id(1) == content_id(1.0)
    False
    """
    chunks: list[Chunk] = [_DOMAIN]
    _write_guarded(value, chunks, canonical=True)
    return digest_stream(chunks)


def digest_of(data: bytes) -> bytes:
    """Content id of the value with this encoding, where that is its canonical one."""
    return digest_stream((_DOMAIN, data))


def encode(value: Any) -> bytes:
    """Bytes of a value for storage; `decode` is the inverse."""
    chunks: list[Chunk] = []
    _write_guarded(value, chunks, canonical=False)
    return b"".join(chunks)


def decode(data: bytes | memoryview) -> Any:
    """Value of stored bytes.

    Raises
    ------
    CorruptValueError
        When the bytes are not an encoding of one value.
    """
    reader = Reader(data)
    try:
        value = reader.read()
    except (UnicodeDecodeError, ValueError, TypeError, RecursionError, LookupError) as error:
        raise CorruptValueError(f"stored bytes are not a value: {error}") from error
    if not reader.at_end:
        raise CorruptValueError("stored bytes go on after the end of the value")
    return value


def write(value: Any, out: list[Chunk], canonical: bool) -> None:
    """Append the encoding of `value` to `out`."""
    writer = _writers.get(type(value))
    if writer is None:
        writer = _find_writer(type(value))
    writer(value, out, canonical)


def register(types: type | tuple[type, ...], tag: bytes, writer: Writer, reader: Callable[[Reader], Any]) -> None:
    """Let exactly these types be written with `writer` and `tag` be read with `reader`.

    The writer writes the tag itself.
    """
    for known in types if isinstance(types, tuple) else (types,):
        _writers[known] = writer
    _readers[tag[0]] = reader


def length(number: int) -> bytes:
    """Return a length as it stands in the encoding."""
    return _U64.pack(number)


class Reader:
    """A cursor over encoded bytes that never reads past their end."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data)
        self._at = 0

    @property
    def at_end(self) -> bool:
        """Whether every byte was read."""
        return self._at == len(self._data)

    def take(self, count: int) -> memoryview:
        """Return the next `count` bytes."""
        end = self._at + count
        if count < 0 or end > len(self._data):
            raise CorruptValueError(f"stored bytes end after {len(self._data)}, {end} were expected")
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def number(self) -> int:
        """Return the next length."""
        return int(_U64.unpack(self.take(8))[0])

    def count(self) -> int:
        """Return the next number of items; each takes at least one byte."""
        items = self.number()
        if items > len(self._data) - self._at:
            raise CorruptValueError(f"stored bytes promise {items} items and hold fewer bytes")
        return items

    def read(self) -> Any:
        """Return the next value."""
        tag = self.take(1)[0]
        reader = _readers.get(tag)
        if reader is None:
            for plugin in _plugins.values():
                importlib.import_module(plugin)
            reader = _readers.get(tag)
        if reader is None:
            raise CorruptValueError(f"stored bytes hold an unknown kind of value, tag {tag}")
        return reader(self)


def _write_guarded(value: Any, out: list[Chunk], *, canonical: bool) -> None:
    try:
        write(value, out, canonical)
    except MandalaLabError:
        raise
    except RecursionError:
        raise UnstorableError("a value nested too deeply, or containing itself, has no encoding") from None
    except Exception as error:  # whatever a hostile type raises when it is looked at
        raise UnstorableError(f"a value of type {type(value).__name__} cannot be read: {error!r}") from error


def _find_writer(kind: type) -> Writer:
    plugin = _plugins.get(str(kind.__module__).partition(".")[0])
    if plugin is not None:
        importlib.import_module(plugin)
        found = _writers.get(kind)
        if found is not None:
            return found
        for base, writer in _writers.items():
            if base.__module__ == "numpy" and base.__name__ == "generic" and issubclass(kind, base):
                return writer
    raise UnstorableError(
        f"a value of type {kind.__module__}.{kind.__qualname__} has no data-only format; "
        "use plain data, numpy arrays or pandas frames as arguments and results of an op"
    )


def _write_ref(value: Ref, out: list[Chunk], canonical: bool) -> None:
    """Write a ref inside a container as the value that it stands for."""
    write(value.own_value(), out, canonical)


def _write_none(_value: None, out: list[Chunk], _canonical: bool) -> None:
    out.append(b"N")


def _write_bool(value: bool, out: list[Chunk], _canonical: bool) -> None:
    out.append(b"T" if value else b"F")


def _write_int(value: int, out: list[Chunk], _canonical: bool) -> None:
    size = (value.bit_length() + 8) // 8
    out.append(b"i" + _U64.pack(size) + value.to_bytes(size, "big", signed=True))


def _float_bytes(value: float) -> bytes:
    return _F64.pack(value) if value == value else _CANONICAL_NAN  # noqa: PLR0124 - NaN is unequal to itself


def _write_float(value: float, out: list[Chunk], _canonical: bool) -> None:
    out.append(b"f" + _float_bytes(value))


def _write_complex(value: complex, out: list[Chunk], _canonical: bool) -> None:
    out.append(b"c" + _float_bytes(value.real) + _float_bytes(value.imag))


def _write_str(value: str, out: list[Chunk], _canonical: bool) -> None:
    data = value.encode("utf-8", "surrogatepass")
    out.append(b"s" + _U64.pack(len(data)) + data)


def _write_bytes(value: bytes, out: list[Chunk], _canonical: bool) -> None:
    out.append(b"b" + _U64.pack(len(value)))
    out.append(value)


def _write_bytearray(value: bytearray, out: list[Chunk], _canonical: bool) -> None:
    out.append(b"B" + _U64.pack(len(value)))
    out.append(bytes(value))


def _sequence_writer(tag: bytes) -> Writer:
    def write_sequence(value: Any, out: list[Chunk], canonical: bool) -> None:
        out.append(tag + _U64.pack(len(value)))
        for item in value:
            write(item, out, canonical)

    return write_sequence


def _joined(value: Any, canonical: bool) -> bytes:
    chunks: list[Chunk] = []
    write(value, chunks, canonical)
    return b"".join(chunks)


def _set_writer(tag: bytes) -> Writer:
    def write_set(value: Any, out: list[Chunk], canonical: bool) -> None:
        out.append(tag + _U64.pack(len(value)))
        out.extend(sorted(_joined(item, canonical) for item in value))

    return write_set


def _write_dict(value: dict[Any, Any], out: list[Chunk], canonical: bool) -> None:
    out.append(b"d" + _U64.pack(len(value)))
    items = ((_joined(key, canonical), item) for key, item in value.items())
    for key, item in sorted(items, key=lambda pair: pair[0]) if canonical else items:
        out.append(key)
        write(item, out, canonical)


def _read_int(reader: Reader) -> int:
    return int.from_bytes(reader.take(reader.number()), "big", signed=True)


def _read_float(reader: Reader) -> float:
    return float(_F64.unpack(reader.take(8))[0])


def _read_str(reader: Reader) -> str:
    return bytes(reader.take(reader.number())).decode("utf-8", "surrogatepass")


def _read_list(reader: Reader) -> list[Any]:
    return [reader.read() for _ in range(reader.count())]


def _read_dict(reader: Reader) -> dict[Any, Any]:
    found = {}
    for _ in range(reader.count()):
        key = reader.read()
        found[key] = reader.read()
    return found


_writers[Ref] = _write_ref
register(type(None), b"N", _write_none, lambda _reader: None)
register(bool, b"T", _write_bool, lambda _reader: True)
register(bool, b"F", _write_bool, lambda _reader: False)
register(int, b"i", _write_int, _read_int)
register(float, b"f", _write_float, _read_float)
register(complex, b"c", _write_complex, lambda reader: complex(_read_float(reader), _read_float(reader)))
register(str, b"s", _write_str, _read_str)
register(bytes, b"b", _write_bytes, lambda reader: bytes(reader.take(reader.number())))
register(bytearray, b"B", _write_bytearray, lambda reader: bytearray(reader.take(reader.number())))
register(list, b"l", _sequence_writer(b"l"), _read_list)
register(tuple, b"t", _sequence_writer(b"t"), lambda reader: tuple(_read_list(reader)))
register(set, b"S", _set_writer(b"S"), lambda reader: set(_read_list(reader)))
register(frozenset, b"Z", _set_writer(b"Z"), lambda reader: frozenset(_read_list(reader)))
register(dict, b"d", _write_dict, _read_dict)
