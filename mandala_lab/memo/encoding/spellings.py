"""Content ids of a value in all its spellings: of ``1`` also those of ``1.0``, ``True`` and ``np.int32(1)``.

Whoever asks for a value means what ``==`` says of it, and content ids tell types
apart. So a number, a truth value or a text that is asked for stands for its equals
of the plain types and of numpy's. That is as numpy compares: ``0.1`` equals
``np.float32(0.1)`` in its precision. NaN stands for every NaN.
Inside a container types count, as they do in its id.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mandala_lab.memo.encoding.identity import content_id
from mandala_lab.model.refs import Ref

_PLAIN = (bool, int, float, complex)
_NUMPY = tuple(
    dict.fromkeys(
        kind
        for kind in np.sctypeDict.values()
        if issubclass(kind, np.number | np.bool_) and not issubclass(kind, np.timedelta64)
    )
)
_KINDS = (*_PLAIN, *_NUMPY)
_EDGES = (0, float("inf"), float("-inf"))
"""What numbers become in a type that is too small for them, which is no equality."""


def equal_ids(value: Any) -> frozenset[str]:
    """Return the content ids of what equals a value; a ref stands for its value.

    Raises
    ------
    UnstorableError
        When the value has no encoding.

    Examples
    --------
    >>> import numpy as np
    >>> content_id(np.float64(0.1)).hex() in equal_ids(0.1), content_id(0.2).hex() in equal_ids(0.1)
    (True, False)
    >>> len(equal_ids((0.1,)))
    1
    """
    if isinstance(value, Ref) and value.cid:
        return frozenset([value.cid])
    return frozenset(content_id(one).hex() for one in _spellings(value))


def _spellings(value: Any) -> list[Any]:
    plain = value.item() if isinstance(value, np.number | np.bool_ | np.str_ | np.bytes_) else value
    if type(plain) is str or type(plain) is bytes:
        return [plain, np.str_(plain) if type(plain) is str else np.bytes_(plain)]
    if type(plain) not in _PLAIN:
        return [value]
    with np.errstate(all="ignore"):
        found = [made for one in _signs(plain) for kind in _KINDS if _is_same(made := _as(kind, one), plain)]
    return [value, *found]


def _signs(plain: Any) -> list[Any]:
    """Return a number, and of zero also the negative one, which has an id of its own."""
    return [plain] if plain else [0, -0.0]


def _as(kind: type, plain: Any) -> Any:
    """Return a number as one of another type, or ``None`` where there is none."""
    if isinstance(plain, complex):
        if plain.imag or np.isnan(plain):
            return kind(plain) if issubclass(kind, complex | np.complexfloating) else None
        plain = plain.real
    try:
        return kind(plain)
    except (ValueError, OverflowError):
        return None


def _is_same(made: Any, plain: Any) -> bool:
    if made is None:
        return False
    exact = made.item() if isinstance(made, np.generic) else made
    if exact == plain or (plain != plain and exact != exact):  # noqa: PLR0124 - NaN
        return True
    try:
        return bool(made == plain) and exact not in _EDGES  # numpy compares in the precision of the numpy number
    except OverflowError:
        return False
