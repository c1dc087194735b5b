"""`Ref`: a value with a history.

Owns what a ref is and how it behaves in a person's hands. Does not own where
its value comes from: that is a `ValueSource`, given by whoever made the ref.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Protocol

_MISSING = object()


class ValueSource(Protocol):
    """Where a ref finds its value when it is asked for."""

    def load_value(self, cid: str) -> Any:
        """Return the value called `cid`."""
        ...


class Ref:
    """A stored value with the history that led to it.

    Attributes
    ----------
    cid : str
        Content id: equal values have equal cids. Empty for a value that could
        not be stored.
    hid : str
        History id: the op, its code version, the position among its outputs and
        the hids of its inputs; for a free-standing input it derives from the cid.

    Examples
    --------
    >>> from mandala_lab import Storage, op
    >>> @op
    ... def inc(x):
    ...     return x + 1
    >>> with Storage() as storage:
    ...     y = inc(1)
    >>> y.value
    2
    """

    __slots__ = ("_obj", "_source", "cid", "hid")

    def __init__(self, cid: str, hid: str, source: ValueSource | None = None, obj: Any = _MISSING) -> None:
        self.cid = cid
        self.hid = hid
        self._source = source
        self._obj = obj

    @property
    def in_memory(self) -> bool:
        """Whether the value is loaded."""
        return self._obj is not _MISSING

    @property
    def obj(self) -> Any:
        """The value if it is loaded, else ``None``."""
        return None if self._obj is _MISSING else self._obj

    @property
    def value(self) -> Any:
        """The value, loaded from the storage on first use.

        Raises
        ------
        CorruptValueError
            When the stored bytes are damaged.
        """
        if self._obj is _MISSING:
            if self._source is None:
                raise LookupError(f"the value of {self!r} is not loaded and this ref belongs to no storage")
            self._obj = self._source.load_value(self.cid)
        return self._obj

    def detached(self) -> Ref:
        """Return the same ref with its value not loaded."""
        return Ref(self.cid, self.hid, self._source)

    def __repr__(self) -> str:
        if not self.in_memory:
            return f"Ref(hid={self.hid[:8]}, cid={self.cid[:8]})"
        text = _short_repr(self._obj)
        return f"Ref({text}, hid={self.hid[:8]})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Ref):
            return self.hid == other.hid and self.cid == other.cid
        return self._refuse("==")

    def __hash__(self) -> int:
        return hash(self.hid)

    def _refuse(self, what: str) -> NoReturn:
        raise TypeError(f"{what} on a Ref is not the same as on its value: use ref.value")

    def __bool__(self) -> NoReturn:  # noqa: PLE0304 - it refuses
        self._refuse("truth value")

    def __lt__(self, other: object) -> NoReturn:
        self._refuse("<")

    def __le__(self, other: object) -> NoReturn:
        self._refuse("<=")

    def __gt__(self, other: object) -> NoReturn:
        self._refuse(">")

    def __ge__(self, other: object) -> NoReturn:
        self._refuse(">=")


def unwrapped(obj: Any, load: Callable[[Ref], Any] = lambda ref: ref.value) -> Any:
    """Return values in place of refs, also inside plain lists, tuples, sets and dicts.

    An object that holds no ref is returned as it is, not copied.
    """
    if isinstance(obj, Ref):
        return load(obj)
    kind = type(obj)
    if kind in {list, tuple, set, frozenset}:
        items = [unwrapped(item, load) for item in obj]
        return kind(items) if any(new is not old for new, old in zip(items, obj, strict=True)) else obj
    if kind is dict:
        pairs = [(unwrapped(key, load), unwrapped(item, load)) for key, item in obj.items()]
        same = all(new[0] is old[0] and new[1] is old[1] for new, old in zip(pairs, obj.items(), strict=True))
        return obj if same else dict(pairs)
    return obj


def _short_repr(obj: Any, limit: int = 80) -> str:
    """Return a bounded repr that survives whatever the object's own repr does."""
    try:
        text = repr(obj)
    except Exception as error:
        text = f"<{type(obj).__name__}: repr raised {type(error).__name__}>"
    return text if len(text) <= limit else text[: limit - 3] + "..."
