"""Keys: the ids by which a call is found again.

The content id of a call says whether its body has to run; its history id says
which record it is. Both are made of the op, the code version, the global data
that is read, and the arguments; the history id takes arguments by how they came
about, the content id by what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mandala_lab.memo.binding import Binder
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import Link
from mandala_lab.model.errors import UnstorableError
from mandala_lab.model.hashing import combine
from mandala_lab.model.ops import CodeVersion, OpSpec
from mandala_lab.model.refs import Ref
from mandala_lab.ports.version_resolver import VersionResolver

_ANY_NUMBER = 0


class Operation(Protocol):
    """What the engine needs to know of an op."""

    @property
    def spec(self) -> OpSpec:
        """Return identity and shape."""
        ...

    @property
    def f(self) -> Callable[..., Any]:
        """Return the plain function."""
        ...

    @property
    def binder(self) -> Binder:
        """Return what binds its arguments."""
        ...

    @property
    def fixed_version(self) -> str | None:
        """Return the version given by the user."""
        ...


@dataclass(frozen=True, slots=True)
class CallKey:
    """The ids of a call about to be answered; `auto_cid` is its content id without a number of outputs."""

    hid: bytes
    cid: bytes
    auto_cid: bytes
    version: CodeVersion
    links: tuple[Link, ...]


class Keyer:
    """Makes the keys of calls, with the code as it is now.

    Parameters
    ----------
    versions
        Says what code an op runs.
    """

    def __init__(self, versions: VersionResolver) -> None:
        self._versions = versions

    def version_of(self, op: Operation) -> CodeVersion:
        """Return the code version that a call would run now."""
        if op.fixed_version is not None:
            source = self._versions.resolve(op.f).version.source
            return CodeVersion(combine(b"named version", op.fixed_version.encode()), source)
        return self._versions.resolve(op.f).version

    def key(self, op: Operation, bound: Mapping[str, Any]) -> CallKey:
        """Return the key of a call with these arguments by name.

        Raises
        ------
        UnstorableError
            When an argument has no content id.
        """
        if op.fixed_version is None:
            code = self._versions.resolve(op.f)
            version, reads = code.version, _digests(op, code.read_globals())
        else:
            version, reads = self.version_of(op), []
        links = tuple(
            _link(name, position, value)
            for position, (name, value) in enumerate(bound.items())
            if name not in op.spec.ignored
        )
        head = [op.spec.key.encode(), version.digest, *reads]
        by_content, by_history = list(head), [*head, _number(op.spec.nout)]
        for link in links:
            name = link.name.encode("utf-8", "surrogatepass")
            by_content += (name, link.cid)
            by_history += (name, link.hid)
        return CallKey(
            combine(b"call", *by_history),
            combine(b"content", *by_content, _number(op.spec.nout)),
            combine(b"content", *by_content, _number(_ANY_NUMBER)),
            version,
            links,
        )


def _digests(op: Operation, reads: list[tuple[str, Any]]) -> list[bytes]:
    """Digest the global data that an op reads; what has no digest is warned about."""
    parts: list[bytes] = []
    for name, value in reads:
        try:
            parts += (name.encode(), content_id(value))
        except UnstorableError:
            warn_user(f"op {op.spec.name} reads {name!r}, whose changes cannot be seen: pass it as an argument")
    return parts


def _link(name: str, position: int, value: Any) -> Link:
    if type(value) is Ref:
        if not value.cid:
            raise UnstorableError(f"argument {name!r} is the result of a call that could not be stored")
        return Link(name, position, bytes.fromhex(value.hid), bytes.fromhex(value.cid))
    try:
        cid = content_id(value)
    except UnstorableError as error:
        raise UnstorableError(f"argument {name!r}: {error}") from None
    return Link(name, position, combine(b"input", cid), cid)


def _number(outputs: int) -> bytes:
    return outputs.to_bytes(4, "big")
