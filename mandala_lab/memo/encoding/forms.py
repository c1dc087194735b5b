"""Forms: how a type says what its content is, in plain data.

A form belongs to one exact type: a subclass is another type with content of
its own. Modules with forms are loaded when the first value of their package is
met, so that nothing is imported for values that nobody has.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mandala_lab.model.errors import CorruptValueError, UnstorableError, UntrustedValueError
from mandala_lab.model.secrets import is_secret

_HERE = "mandala_lab.memo.encoding."
_STANDARD = "builtins array collections datetime decimal fractions pathlib re uuid zoneinfo"
_PLUGINS = dict.fromkeys(_STANDARD.split(), "standard") | {
    "PIL": "pictures",
    "numpy": "arrays",
    "pandas": "tables",
    "polars": "columns",
    "pyarrow": "arrow",
    "scipy": "sparse",
    "torch": "tensors",
}


@dataclass(frozen=True, slots=True)
class Form:
    """How values of one type are identified and written.

    Attributes
    ----------
    name
        What stands before the data, in ids and in stored bytes.
    content
        Gives the data that stands for a value in its id.
    rebuild
        Gives the value of stored data and runs no code that the data brings;
        ``None`` where there is no data-only format.
    data
        Gives the data to store, where that is other than `content`.
    """

    name: str
    content: Callable[[Any], Any]
    rebuild: Callable[[Any], Any] | None = None
    data: Callable[[Any], Any] | None = None

    def stored(self, value: Any) -> Any:
        """Return the data to store.

        Raises
        ------
        UnstorableError
            When there is no data-only format.
        """
        if self.rebuild is None:
            raise UnstorableError(f"{type_name(type(value))} has no data-only format")
        return (self.data or self.content)(value)


class Raw:
    """A buffer in the data of a form: bytes that are read back as a memoryview."""

    __slots__ = ("bytes",)

    def __init__(self, buffer: Any) -> None:
        view = memoryview(buffer)
        self.bytes = view.cast("B") if view.nbytes else memoryview(b"")


class Items:
    """Pairs in the content of a form whose order is no content."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[Any, Any]]) -> None:
        self.pairs = pairs


_forms: dict[type, Form] = {}
_families: list[tuple[type, str, Form]] = []
_by_name: dict[str, Form] = {}
_hashers: dict[type, Callable[[Any], Any]] = {}
_serializers: dict[type, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {}
_OWN = "own "


def add(kind: type, form: Form) -> None:
    """Give an exact type its form."""
    _forms[kind] = form
    _by_name[form.name] = form


def add_name(form: Form) -> None:
    """Let values be read that were written by a form; who writes by it is said elsewhere."""
    _by_name[form.name] = form


def add_family(base: type, package: str, form: Form) -> None:
    """Give a form to all subclasses of `base` that the package itself defines."""
    _families.append((base, package, form))
    _by_name[form.name] = form


def find(kind: type) -> Form | None:
    """Return the form of an exact type, loading the module that has it."""
    if is_secret(kind):
        from mandala_lab.memo.encoding import secrets

        return secrets.FORM
    form = _own(kind) or _forms.get(kind)
    if form is not None:
        return form
    package = module_of(kind).partition(".")[0]
    _load(package)
    form = _forms.get(kind)
    if form is not None:
        return form
    for base, owner, shared in _families:
        if owner == package and issubclass(kind, base):
            return shared
    return None


def is_lasting(kind: type) -> bool:
    """Whether a type has a form for good; one that users register may still come."""
    return kind in _forms


def rebuild(name: str, data: Any) -> Any:
    """Return the value that a form's name and data stand for.

    Raises
    ------
    UntrustedValueError
        When the form is not known here: a type that was registered elsewhere.
    """
    form = _named(name)
    if form is None or form.rebuild is None:
        if name.startswith(_OWN):
            raise UntrustedValueError(
                f"this value was written by the serializer registered as {name.removeprefix(_OWN)!r}; "
                "call register_serializer for it in this session, then read again"
            )
        raise CorruptValueError(f"stored bytes hold an unknown kind of value, {name!r}")
    try:
        return form.rebuild(data)
    except (CorruptValueError, UntrustedValueError):
        raise
    except Exception as error:  # whatever data that is none raises in numpy, pandas or pyarrow
        raise CorruptValueError(f"stored bytes are not a {name}: {error!r}") from error


def register_hasher(type: type, fn: Callable[[Any], Any]) -> None:  # noqa: A002 - the public spelling
    """Say what the content of values of a type is, for their ids.

    Parameters
    ----------
    type
        The exact type; subclasses are not meant.
    fn
        Returns any value that has a content id and stands for the content.

    Raises
    ------
    ValueError
        When the type has a different hasher already, or a format of its own.

    Examples
    --------
    >>> from mandala_lab.memo.encoding import content_id
    >>> class Connection:
    ...     def __init__(self, url):
    ...         self.url, self.socket = url, object()
    >>> register_hasher(Connection, lambda connection: connection.url)
    >>> content_id(Connection("a")) == content_id(Connection("a"))
    True
    """
    _check_new(type, "hasher", _hashers.get(type), fn)
    _hashers[type] = fn


def register_serializer(
    type: type,  # noqa: A002 - the public spelling
    to_data: Callable[[Any], Any],
    from_data: Callable[[Any], Any],
    *,
    name: str | None = None,
) -> None:
    """Say how values of a type are stored as data.

    Parameters
    ----------
    type
        The exact type; subclasses are not meant.
    to_data
        Returns plain data (anything that can itself be stored as data).
    from_data
        Returns the value of such data.
    name
        What is written before the data, by default the qualified type name. Stored
        values are read only where a serializer of this name is registered.

    Raises
    ------
    ValueError
        When the type or the name has a different serializer already.

    Examples
    --------
    >>> from mandala_lab.memo.encoding import decode, encode
    >>> class Celsius:
    ...     def __init__(self, degrees):
    ...         self.degrees = degrees
    >>> register_serializer(Celsius, lambda value: value.degrees, Celsius, name="celsius")
    >>> decode(encode(Celsius(20))).degrees
    20
    """
    name = name or type_name(type)
    known = _serializers.get(type)
    _check_new(type, "serializer", known and known[1], to_data)
    if known is not None and (known[0] != name or not _same(known[2], from_data)):
        raise ValueError(f"{type_name(type)} has a different serializer already; registering it again changes nothing")
    for other, (taken, *_) in _serializers.items():
        if taken == name and type_name(other) != type_name(type):
            raise ValueError(f"the name {name!r} is taken by {type_name(other)}; choose another with name=")
    _serializers[type] = name, to_data, from_data
    _by_name[_OWN + name] = Form(_OWN + name, to_data, from_data)


def type_name(kind: type) -> str:
    """Return the qualified name of a type."""
    return f"{module_of(kind)}.{kind.__qualname__}"


def module_of(kind: type) -> str:
    """Return the module of a type; some compiled ones do not say."""
    module: Any = kind.__module__
    return main_or(module) if isinstance(module, str) else "?"


def main_or(module: str) -> str:
    """Return the name of a module; the script that started a process is the same one in its workers."""
    return "__main__" if module == "__mp_main__" else module


def _own(kind: type) -> Form | None:
    """Return the form that the user registered; its name tells types apart."""
    hasher, serializer = _hashers.get(kind), _serializers.get(kind)
    if serializer is not None:
        name, to_data, from_data = serializer
        return Form(_OWN + name, hasher or to_data, from_data, to_data)
    return None if hasher is None else Form(_OWN + type_name(kind), hasher)


def _named(name: str) -> Form | None:
    if name not in _by_name:
        _load(name.partition(".")[0])
    return _by_name.get(name)


def _load(package: str) -> None:
    plugin = _PLUGINS.get(package)
    if plugin is not None:
        importlib.import_module(_HERE + plugin)


def _check_new(kind: type, what: str, known: Callable[..., Any] | None, new: Callable[..., Any]) -> None:
    if not isinstance(kind, type):
        raise TypeError(f"a {what} is registered for a type, not for {kind!r}")
    if known is not None and not _same(known, new):
        raise ValueError(f"{type_name(kind)} has a different {what} already; restart the session to change it")
    from mandala_lab.memo.encoding.identity import is_plain

    if is_plain(kind) or (_own(kind) is None and find(kind) is not None):
        raise ValueError(f"values of {type_name(kind)} have a format of their own; wrap them in a class of yours")


def _same(one: Callable[..., Any], other: Callable[..., Any]) -> bool:
    """Whether two functions are one, or the same cell or module run twice."""
    if one is other:
        return True
    codes = [getattr(function, "__code__", None) for function in (one, other)]
    return codes[0] is not None and codes[0] == codes[1] and _bound(one) == _bound(other)


def _bound(function: Callable[..., Any]) -> list[Any]:
    cells = getattr(function, "__closure__", None) or ()
    return [getattr(function, "__defaults__", None), [id(cell.cell_contents) for cell in cells]]
