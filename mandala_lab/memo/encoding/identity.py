"""Content ids: equal for equal content, in every process, Python and machine.

The canonical bytes of a value are a tag and a payload; lengths are eight bytes,
big-endian. Dicts keep their order, which code can see; the items of sets are sorted
by their own canonical bytes. Types are told apart exactly: ``1``, ``True`` and ``1.0`` have three encodings;
the payloads of NaNs have one. Bytes longer than a limit stand there as their
digest, so that no part of a large value is copied more than once. An object
that occurs twice is looked at once; what contains itself is refused.

This is one way; `tree` has the bytes from which values are read back.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from itertools import chain
from typing import Any

from blake3 import blake3

from mandala_lab.memo.encoding import code, forms, objects, recognised
from mandala_lab.memo.encoding.forms import Form, Items, Raw
from mandala_lab.model.errors import MandalaLabError, UnstorableError
from mandala_lab.model.hashing import DIGEST_SIZE, long_digest
from mandala_lab.model.refs import Ref, short_repr

_DOMAIN = b"mandala-lab value 2\0"
_LONG = 1 << 16
_SHORT = 40
_REMEMBERED = 4096
_KEPT = 0
_MISSED = 1
_MOST_MISSED = 2
_OPEN = b""
_ADVICE = (
    "; use plain data instead (of a figure: the picture as bytes or as a PIL image), "
    "or say what its content is with register_hasher"
)
_head = struct.Struct(">cQ").pack
_small = struct.Struct(">cq").pack
_real = struct.Struct(">cd").pack
_complex = struct.Struct(">cdd").pack
_NAN = float("nan")

Memo = dict[int, Any]
"""The bytes of every container met on the way, by identity; under `_KEPT`, what has to stay alive for that.

Under `_MISSED` is how many that are open were looked at in vain by `recognised`.
"""

Writer = Callable[[Any, Memo], bytes]


def content_id(value: Any) -> bytes:
    """Content id of a value: equal for equal content, in every process.

    Raises
    ------
    UnstorableError
        When the value, or something in it, has no encoding.

    Examples
    --------
    >>> content_id({1, 2}) == content_id({2, 1})
    True
    >>> content_id({"a": 1, "b": 2}) == content_id({"b": 2, "a": 1})
    False
    >>> content_id(1) == content_id(1.0)
    False
    """
    try:
        return blake3(_DOMAIN + _writers[type(value)](value, {})).digest(DIGEST_SIZE)
    except MandalaLabError:
        raise
    except RecursionError:
        raise UnstorableError("a value nested too deeply has no encoding") from None
    except Exception as error:  # whatever a hostile type raises when it is looked at
        raise UnstorableError(f"a value of type {type(value).__name__} cannot be read: {short_repr(error)}") from error


def is_plain(kind: type) -> bool:
    """Whether a type has a grammar of its own rather than a form."""
    return kind in _PLAIN


def _of_none(_value: None, _memo: Memo) -> bytes:
    return b"N"


def _of_bool(value: bool, _memo: Memo) -> bytes:
    return b"T" if value else b"F"


def _of_int(value: int, _memo: Memo) -> bytes:
    try:
        return _small(b"i", value)
    except struct.error:
        size = (value.bit_length() + 8) // 8
        return _long(_head(b"I", size), value.to_bytes(size, "big", signed=True))


def _of_float(value: float, _memo: Memo) -> bytes:
    return _real(b"f", value if value == value else _NAN)  # noqa: PLR0124 - NaN is unequal to itself


def _of_complex(value: complex, _memo: Memo) -> bytes:
    real, imag = value.real, value.imag
    return _complex(b"c", real if real == real else _NAN, imag if imag == imag else _NAN)  # noqa: PLR0124


class _Texts(dict[str, bytes]):
    """The bytes of texts; short ones are remembered for a while, since keys recur."""

    def __missing__(self, text: str) -> bytes:
        try:
            data = text.encode()
        except UnicodeEncodeError:  # a lone surrogate
            data = text.encode("utf-8", "surrogatepass")
        if len(data) > _SHORT:
            return _long(_head(b"s", len(data)), data)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = encoded = _head(b"s", len(data)) + data
        return encoded


_texts = _Texts()


def _of_str(value: str, _memo: Memo) -> bytes:
    return _texts[value]


def _of_bytes(value: bytes, _memo: Memo) -> bytes:
    return _long(_head(b"b", len(value)), value)


def _of_bytearray(value: bytearray, _memo: Memo) -> bytes:
    data = bytes(value)
    return _long(_head(b"B", len(data)), data)


def _of_raw(value: Raw, _memo: Memo) -> bytes:
    return _long(_head(b"r", len(value.bytes)), value.bytes)


def _long(head: bytes, data: bytes | memoryview) -> bytes:
    """Return short bytes as they are, long ones as their digest."""
    return head + data if len(data) <= _LONG else b"#" + head + long_digest(data)


def _again(value: Any, memo: Memo) -> bytes:
    """Return the bytes of a container that was met before."""
    found: bytes = memo[id(value)]
    if found is _OPEN:
        advice = "" if is_plain(type(value)) else _ADVICE
        raise UnstorableError(f"a value of type {type(value).__name__}, containing itself, has no encoding{advice}")
    return found


def _done(key: int, memo: Memo, encoded: bytes) -> bytes:
    if len(encoded) > _LONG:
        encoded = b"#" + long_digest(encoded)
    memo[key] = encoded
    return encoded


def _keep(value: Any, memo: Memo) -> None:
    """Keep something alive that was made on the way, so that its identity stays its own."""
    memo.setdefault(_KEPT, []).append(value)


def _sequence(tag: bytes) -> Writer:
    def parts_of(value: Any, memo: Memo) -> bytes:
        writers = _writers
        return _head(tag, len(value)) + b"".join([writers[type(item)](item, memo) for item in value])

    return _container(parts_of)


def _container(parts_of: Writer) -> Writer:
    """Return the writer of lists, tuples or dicts: that of their parts, but for what was met before."""

    def of_container(value: Any, memo: Memo) -> bytes:
        key = id(value)
        if key in memo:
            return _again(value, memo)
        memo[key] = _OPEN
        if len(value) >= recognised.MANY:
            return _of_many(parts_of, value, key, memo)
        memo[key] = encoded = parts_of(value, memo)
        return encoded if len(encoded) <= _LONG else _done(key, memo, encoded)

    return of_container


def _of_many(parts_of: Writer, value: Any, key: int, memo: Memo) -> bytes:
    """Write a container of many items, whose bytes may be at hand."""
    missed = memo.get(_MISSED, 0)
    mark = recognised.mark_of(value) if missed < _MOST_MISSED else None  # or the innermost is looked at by each
    if mark is None:
        memo[_MISSED] = missed + 1
        encoded = parts_of(value, memo)
        memo[_MISSED] = missed
        return _done(key, memo, encoded)
    known = recognised.encoding_of(mark)
    if known is not None:
        memo[key] = known
        return known
    encoded = _done(key, memo, parts_of(value, memo))
    recognised.keep(mark, value, encoded)
    return encoded


def _set(tag: bytes) -> Writer:
    def of_set(value: Any, memo: Memo) -> bytes:
        key = id(value)
        if key in memo:
            return _again(value, memo)
        memo[key] = _OPEN
        parts = sorted([_writers[type(item)](item, memo) for item in value])
        return _done(key, memo, _head(tag, len(parts)) + b"".join(parts))

    return of_set


def _parts_of_dict(value: dict[Any, Any], memo: Memo) -> bytes:
    return _head(b"D", len(value)) + b"".join(chain.from_iterable(_encoded_items(value.items(), memo)))


def _of_items(value: Items, memo: Memo) -> bytes:
    items = sorted(_encoded_items(value.pairs, memo))
    return _head(b"m", len(items)) + b"".join(chain.from_iterable(items))


def _encoded_items(pairs: Any, memo: Memo) -> list[tuple[bytes, bytes]]:
    writers, texts = _writers, _texts
    return [
        (texts[key] if type(key) is str else writers[type(key)](key, memo), writers[type(item)](item, memo))
        for key, item in pairs
    ]


def _of_ref(value: Ref, memo: Memo) -> bytes:
    """Write a ref inside a container as the value that it stands for."""
    own = value.own_value()
    _keep(own, memo)
    return _writers[type(own)](own, memo)


def _of_form(form: Form, value: Any, memo: Memo) -> bytes:
    key = id(value)
    if key in memo:
        return _again(value, memo)
    memo[key] = _OPEN
    name, data = form.name.encode(), form.content(value)
    _keep(data, memo)
    return _done(key, memo, _head(b"x", len(name)) + name + _writers[type(data)](data, memo))


def _of_code(value: Any, memo: Memo) -> bytes:
    """Write code; inside itself (a function that reads a list with it) it is the place where it stands."""
    key = id(value)
    found: bytes | None = memo.get(key)
    if found:
        return found
    if found is not None:
        return _head(b"^", [known for known, encoded in memo.items() if encoded is _OPEN].index(key))
    before = len(memo)
    memo[key] = _OPEN
    data = code.content(value)
    _keep(data, memo)
    encoded = _head(b"k", 1) + _writers[type(data)](data, memo)
    while len(memo) > before + 1:  # what was met inside may stand for itself only there
        memo.popitem()
    return _done(key, memo, encoded)


class _Writers(dict[type, Writer]):
    """The writer of every exact type; what is not found yet is looked for."""

    def __missing__(self, kind: type) -> Writer:
        form = forms.find(kind)
        if form is None and code.is_code(kind):
            return _of_code
        if form is None and issubclass(kind, Ref):
            return _of_ref
        if form is None:
            form = objects.FORM
        writer: Writer = functools.partial(_of_form, form)
        if forms.is_lasting(kind):
            self[kind] = writer
        return writer


_writers = _Writers(
    {
        type(None): _of_none,
        bool: _of_bool,
        int: _of_int,
        float: _of_float,
        complex: _of_complex,
        str: _of_str,
        bytes: _of_bytes,
        bytearray: _of_bytearray,
        list: _sequence(b"l"),
        tuple: _sequence(b"t"),
        set: _set(b"S"),
        frozenset: _set(b"Z"),
        dict: _container(_parts_of_dict),
        Ref: _of_ref,
    }
)
_PLAIN = frozenset(_writers)
_writers.update({Raw: _of_raw, Items: _of_items})
