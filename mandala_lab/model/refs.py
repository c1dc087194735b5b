"""`Ref`: a value with a history.

Owns what a ref is and how it behaves in a person's hands. Does not own where
its value comes from: that is a `ValueSource`, given by whoever made the ref.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from mandala_lab.model.refusals import Refusing
from mandala_lab.model.secrets import HIDDEN, hidden, is_secret

MISSING: Any = object()
"""What a ref holds while its value is not loaded."""
_SMALL = 500
_IMMUTABLE = frozenset(map(id, (type(None), bool, int, float, complex, str, bytes)))


class ValueSource(Protocol):
    """Where a ref finds its value when it is asked for."""

    def load_value(self, ref: Ref, *, recover: bool = True, held: Any = MISSING, data_only: bool = False) -> Any:
        """Return the value of a ref, in an object of its own.

        With `recover` one that is damaged may be made again, which runs its op. With
        `data_only` a value that only code can bring back, a pickle, is refused. `held`
        is what the ref holds: where the value is not stored, a copy of it will do, if
        nobody has changed it.
        """
        ...

    def load_elements(self, ref: Ref) -> tuple[list[Ref], list[Any] | None]:
        """Return the elements of a collection with their histories, and the keys of a dict."""
        ...

    def stored_size(self, ref: Ref) -> int | None:
        """Return about how many bytes loading the value reads; ``None`` where that is not known."""
        ...


class Ref(Refusing):
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

    __slots__ = ("_data", "_obj", "_source", "cid", "hid")

    def __init__(
        self,
        cid: str,
        hid: str,
        source: ValueSource | None = None,
        obj: Any = MISSING,
        data: bytes | None = None,
    ) -> None:
        self.cid = cid
        self.hid = hid
        self._source = source
        self._obj = obj
        self._data = data

    @property
    def in_memory(self) -> bool:
        """Whether the value is loaded."""
        return self._obj is not MISSING

    @property
    def obj(self) -> Any:
        """The value if it is loaded, else ``None``."""
        return None if self._obj is MISSING else self._obj

    @property
    def value(self) -> Any:
        """The value, loaded from the storage on first use.

        Raises
        ------
        CorruptValueError
            When the stored bytes are damaged.
        """
        if self._obj is MISSING:
            if self._source is None:
                raise LookupError(f"the value of {self!r} is not loaded and this ref belongs to no storage")
            self._obj = self._source.load_value(self)
        return self._obj

    def detached(self) -> Ref:
        """Return the same ref with its value not loaded."""
        return type(self)(self.cid, self.hid, self._source, data=self._data)

    def loaded(self) -> Ref:
        """Load the value, and return the ref."""
        self.value  # noqa: B018 - loads it
        return self

    def holding(self, obj: Any) -> Ref:
        """Take `obj` for the value, and return the ref."""
        self._obj = obj
        return self

    def own_value(self) -> Any:
        """Return the value as it is stored, in an object that nobody else holds."""
        if self._source is None or not self.cid or (self.in_memory and is_immutable(self._obj)):
            return self.value
        return self._source.load_value(self, held=self._obj) if self.in_memory else self._source.load_value(self)

    @property
    def data(self) -> bytes | None:
        """The encoded value, where it is small enough to go with the ref."""
        return self._data

    @property
    def stored_size(self) -> int | None:
        """About how many bytes loading the value reads; ``None`` where that is not known."""
        return None if self._source is None else self._source.stored_size(self)

    def peek(self, *, data_only: bool = False) -> Any:
        """Return the value as `own_value` does, and make none again: for those who only show it.

        With `data_only` a value that only code can bring back, a pickle, is refused.
        """
        if self._source is None or not self.cid or (self.in_memory and is_immutable(self._obj)):
            return self.value
        return self._source.load_value(self, recover=False, data_only=data_only)

    def comes_from(self, source: ValueSource) -> bool:
        """Whether the value lies where `source` finds it."""
        return self._source is source

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (
            self.cid,
            self.hid,
            None,
            self.value,
            self._data,
        )  # another process may have no way to the storage

    def __copy__(self) -> Ref:
        return self

    def __deepcopy__(self, memo: object) -> Ref:
        return self

    def __repr__(self) -> str:
        if not self.in_memory:
            return f"{type(self).__name__}(hid={self.hid[:8]}, cid={self.cid[:8]})"
        return f"{type(self).__name__}({short_repr(self._obj)}, hid={self.hid[:8]})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Ref):
            return self.hid == other.hid and self.cid == other.cid
        return self.refuse("==")

    def __ne__(self, other: object) -> bool:
        return not self == other if isinstance(other, Ref) else self.refuse("!=")

    def __hash__(self) -> int:
        return hash(self.hid)

    def _repr_mimebundle_(self, **_choice: object) -> dict[str, str]:
        from mandala_lab.model.display import bundle

        return bundle(self)


def is_immutable(obj: Any) -> bool:
    """Whether nobody can change a value: a number, a text, bytes or ``None``."""
    return id(type(obj)) in _IMMUTABLE  # by identity: a hostile metaclass may refuse to be hashed


def is_small(obj: Any) -> bool:
    """Whether a value is so small that writing it costs no more than asking whether it is there."""
    return is_immutable(obj) and not (isinstance(obj, str | bytes) and len(obj) > _SMALL)


def unwrapped(obj: Any, load: Callable[[Ref], Any] = lambda ref: ref.value) -> Any:
    """Return values in place of refs, also inside plain lists, tuples, sets and dicts.

    An object that holds no ref is returned as it is, not copied; so is one that
    contains itself or is nested too deeply to be looked through.
    """
    if is_immutable(obj):
        return obj
    try:
        return _unwrapped(obj, load)
    except RecursionError:
        return obj


def _unwrapped(obj: Any, load: Callable[[Ref], Any]) -> Any:
    kind = type(obj)
    if kind is Ref:
        return load(obj)
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        items = [_unwrapped(item, load) for item in obj]
        return kind(items) if any(new is not old for new, old in zip(items, obj, strict=True)) else obj
    if kind is dict:
        pairs = [(_unwrapped(key, load), _unwrapped(item, load)) for key, item in obj.items()]
        same = all(new[0] is old[0] and new[1] is old[1] for new, old in zip(pairs, obj.items(), strict=True))
        return obj if same else dict(pairs)
    return load(obj) if issubclass(kind, Ref) else obj


def short_repr(obj: Any, limit: int = 80) -> str:
    """Return a bounded repr that survives whatever the object's own repr does.

    A long container is cut before it is written out, and a secret is left out.
    """
    kind = type(obj)
    if is_secret(kind):
        return f"{kind.__name__}({HIDDEN!r})"
    if (kind is list or kind is tuple or kind is str or kind is bytes) and len(obj) > limit:
        obj = obj[:limit]
    elif (kind is dict or kind is set or kind is frozenset) and len(obj) > limit:
        return f"<{kind.__name__} of {len(obj)}>"
    try:
        text = repr(obj)
    except Exception as error:
        text = f"<{kind.__name__}: repr raised {type(error).__name__}: {error}>"
    text = hidden(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
