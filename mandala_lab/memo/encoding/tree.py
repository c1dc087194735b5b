"""The typed encoding of values for storage, there and back.

A value is a tag byte and a payload; lengths are eight bytes, big-endian. Dicts
keep their order. A container that occurs twice is written once and pointed at
the second time, so that what was shared is shared again. Reading never imports,
calls or builds anything that the bytes name, apart from the forms known here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from mandala_lab.memo.encoding import code, forms
from mandala_lab.memo.encoding.forms import Raw, type_name
from mandala_lab.model.errors import CorruptValueError, MandalaLabError, UnstorableError
from mandala_lab.model.refs import Ref, is_immutable, short_repr

Chunk = bytes | bytearray | memoryview

_U64 = struct.Struct(">Q")
_F64 = struct.Struct(">d")


def encode(value: Any) -> bytes:
    """Bytes of a value for storage; `decode` is the inverse.

    Raises
    ------
    UnstorableError
        When the value, or something in it, has no data-only format.
    """
    scalar = _SCALARS.get(type(value)) if is_immutable(value) else None
    if scalar is not None:
        return scalar(value)
    out = _Writer()
    try:
        out.write(value)
        return b"".join(out.chunks)
    except MandalaLabError:
        raise
    except RecursionError:
        raise UnstorableError("a value nested too deeply, or containing itself, has no encoding") from None
    except Exception as error:  # whatever a hostile type raises when it is looked at
        raise UnstorableError(f"a value of type {type(value).__name__} cannot be read: {short_repr(error)}") from error


def decode(data: bytes | memoryview) -> Any:
    """Value of stored bytes.

    Raises
    ------
    CorruptValueError
        When the bytes are not an encoding of one value.
    UntrustedValueError
        When the value needs something that this session does not have: a registered
        serializer, or code that is not loaded.
    """
    reader = Reader(data)
    try:
        value = reader.read()
    except (UnicodeDecodeError, ValueError, TypeError, RecursionError, LookupError) as error:
        raise CorruptValueError(f"stored bytes are not a value: {error}") from error
    if not reader.at_end:
        raise CorruptValueError("stored bytes go on after the end of the value")
    return value


class _Writer:
    """What was written so far, and which containers were."""

    __slots__ = ("_seen", "chunks")

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self._seen: dict[int, tuple[int, Any]] = {}

    def write(self, value: Any) -> None:
        """Append the encoding of a value."""
        kind = type(value)
        scalar = _SCALARS.get(kind)
        if scalar is not None:
            self.chunks.append(scalar(value))
        elif kind in _CONTAINERS:
            self._write_container(value, _CONTAINERS[kind])
        elif kind is Raw:
            self.chunks += (b"r" + _U64.pack(len(value.bytes)), value.bytes)
        elif kind is Ref or issubclass(kind, Ref):  # inside a container it stands for its value
            self.write(value.own_value())
        else:
            self._write_form(value, kind)

    def _write_container(self, value: Any, tag: bytes) -> None:
        seen = self._seen.get(id(value))
        if seen is not None:
            self.chunks.append(b"@" + _U64.pack(seen[0]))
            return
        self.chunks.append(tag + _U64.pack(len(value)))
        if tag == b"d":
            for key, item in value.items():
                self.write(key)
                self.write(item)
        else:
            for item in value:
                self.write(item)
        self._seen[id(value)] = len(self._seen), value

    def _write_form(self, value: Any, kind: type) -> None:
        form = forms.find(kind)
        if form is None and code.is_code(kind):
            form = code.FORM
        if form is None:
            raise UnstorableError(
                f"a value of type {type_name(kind)} has no data-only format; "
                "give it one with register_serializer, or use plain data, arrays or frames"
            )
        name = form.name.encode()
        self.chunks.append(b"x" + _U64.pack(len(name)) + name)
        self.write(form.stored(value))


class Reader:
    """A cursor over encoded bytes that never reads past their end."""

    __slots__ = ("_at", "_data", "_seen")

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data)
        self._at = 0
        self._seen: list[Any] = []

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

    def real(self) -> float:
        """Return the next floating-point number."""
        return float(_F64.unpack(self.take(8))[0])

    def run(self) -> memoryview:
        """Return the next run of bytes, which its length precedes."""
        return self.take(self.number())

    def items(self) -> list[Any]:
        """Return the next items, which their number precedes."""
        return [self.read() for _ in range(self._count())]

    def pairs(self) -> dict[Any, Any]:
        """Return the next pairs, which their number precedes."""
        found = {}
        for _ in range(self._count()):
            key = self.read()
            found[key] = self.read()
        return found

    def shared(self) -> Any:
        """Return a container that was read before."""
        return self._seen[self.number()]

    def read(self) -> Any:
        """Return the next value."""
        tag = self.take(1)[0]
        reader = _READERS.get(tag)
        if reader is not None:
            return reader(self)
        container = _CONTAINER_READERS.get(tag)
        if container is None:
            from mandala_lab.memo.encoding import earlier

            return earlier.read(self, tag)
        value = container(self)
        self._seen.append(value)
        return value

    def _count(self) -> int:
        """Return the next number of items; each takes at least one byte."""
        items = self.number()
        if items > len(self._data) - self._at:
            raise CorruptValueError(f"stored bytes promise {items} items and hold fewer bytes")
        return items


def _int(value: int) -> bytes:
    size = (value.bit_length() + 8) // 8
    return b"i" + _U64.pack(size) + value.to_bytes(size, "big", signed=True)


def _str(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return b"s" + _U64.pack(len(data)) + data


_SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _value: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: _int,
    float: lambda value: b"f" + _F64.pack(value),
    complex: lambda value: b"c" + _F64.pack(value.real) + _F64.pack(value.imag),
    str: _str,
    bytes: lambda value: b"b" + _U64.pack(len(value)) + value,
    bytearray: lambda value: b"B" + _U64.pack(len(value)) + bytes(value),
}
_CONTAINERS: dict[type, bytes] = {list: b"l", tuple: b"t", set: b"S", frozenset: b"Z", dict: b"d"}
_READERS: dict[int, Callable[[Reader], Any]] = {
    ord("N"): lambda _reader: None,
    ord("T"): lambda _reader: True,
    ord("F"): lambda _reader: False,
    ord("i"): lambda reader: int.from_bytes(reader.run(), "big", signed=True),
    ord("f"): Reader.real,
    ord("c"): lambda reader: complex(reader.real(), reader.real()),
    ord("s"): lambda reader: bytes(reader.run()).decode("utf-8", "surrogatepass"),
    ord("b"): lambda reader: bytes(reader.run()),
    ord("B"): lambda reader: bytearray(reader.run()),
    ord("r"): Reader.run,
    ord("@"): Reader.shared,
    ord("x"): lambda reader: forms.rebuild(bytes(reader.run()).decode(), reader.read()),
}
_CONTAINER_READERS: dict[int, Callable[[Reader], Any]] = {
    ord("l"): Reader.items,
    ord("t"): lambda reader: tuple(reader.items()),
    ord("S"): lambda reader: set(reader.items()),
    ord("Z"): lambda reader: frozenset(reader.items()),
    ord("d"): Reader.pairs,
}
