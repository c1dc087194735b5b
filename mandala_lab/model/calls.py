"""Calls, their occurrences (spans) and the sessions (runs) they occur in.

Owns the records that pass between the engine, the store and the frame. Holds
refs by id; values are loaded through them on demand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from msgspec import Struct

from mandala_lab.model.hashing import input_hid
from mandala_lab.model.ops import CodeVersion, OpSpec, RecordedVersion
from mandala_lab.model.refs import Ref
from mandala_lab.model.values import StoredValue

CallStatus = Literal["ok", "error"]
SpanStatus = Literal["computed", "cached", "error"]
MissReason = Literal[
    "first call",
    "arguments",
    "globals",
    "code",
    "failed before",
    "not saved",
    "impure",
    "not keyed",
    "store",
    "untrusted",
]


class History(Protocol):
    """Where a call finds when it occurred, and what code it ran."""

    def spans_of_call(self, hid: str) -> list[Span]:
        """Return the occurrences of a call."""
        ...

    def spans_of_run(self, run: str, *, seq: int | None = None, parent: int | None = None) -> list[Span]:
        """Return the spans of a run in order, one of a number or those below one."""
        ...

    def calls(self, hids: Iterable[str]) -> list[Call]:
        """Return the calls with these hids."""
        ...

    def versions(self, op: str) -> list[RecordedVersion]:
        """Return the code versions of an op."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """A recorded call of an op.

    Attributes
    ----------
    hid, cid
        History and content id of the call.
    op
        Key of the op; `name` is its short name.
    inputs, outputs
        Refs by argument and output name. A failed call has no outputs.
    version
        Digest of the code version, in hexadecimal.
    status
        ``"ok"`` or ``"error"``.
    started_s
        When it was first recorded, in seconds since the epoch.
    duration_s
        How long the body ran. For a content hit (`executed` False) it is the
        time of the call whose result was reused.
    error
        Traceback of a failed call, else empty.
    reads
        Refs of the global data that its code read, by name.
    history
        Where the call finds its occurrences and its code.
    """

    hid: str
    cid: str
    op: str
    name: str
    inputs: Mapping[str, Ref]
    outputs: Mapping[str, Ref]
    version: str
    status: CallStatus = "ok"
    started_s: float = 0.0
    duration_s: float = 0.0
    executed: bool = True
    error: str = ""
    reads: Mapping[str, Ref] = field(default_factory=dict)
    history: History | None = field(default=None, repr=False, compare=False)

    @property
    def started(self) -> float:
        """When it was first recorded, in seconds since the epoch."""
        return self.started_s

    @property
    def duration(self) -> float:
        """How long the body ran, in seconds."""
        return self.duration_s

    @property
    def spans(self) -> list[Span]:
        """Its occurrences, in order of time."""
        return self._history.spans_of_call(self.hid)

    @property
    def span(self) -> Span | None:
        """The occurrence that executed it; for a content hit, its first."""
        spans = self.spans
        return next((span for span in spans if span.status != "cached"), spans[0] if spans else None)

    @property
    def parent(self) -> Call | None:
        """The call in whose body it was executed; ``None`` at top level, or where that call was not recorded."""
        span = self.span
        if span is None or span.parent is None:
            return None
        above = self._history.spans_of_run(span.run, seq=span.parent)
        return next(iter(self._history.calls([one.call for one in above])), None)

    @property
    def children(self) -> list[Call]:
        """The calls that its body made when it was executed, in order of time; a call made twice is there twice."""
        span = self.span
        below = [] if span is None else self._history.spans_of_run(span.run, parent=span.seq)
        known = {call.hid: call for call in self._history.calls([one.call for one in below])}
        return [known[one.call] for one in below if one.call in known]

    @property
    def source(self) -> str:
        """Source text of the op as it was."""
        found = [one.version.source for one in self._history.versions(self.op) if one.version.id == self.version]
        return found[0] if found else ""

    @property
    def _history(self) -> History:
        if self.history is None:
            raise LookupError(f"{self!r} belongs to no storage")
        return self.history

    def __hash__(self) -> int:
        return hash(self.hid)

    def __repr__(self) -> str:
        given = ", ".join(self.inputs)
        state = "" if self.status == "ok" else ", failed"
        return f"Call({self.name}({given}){state}, hid={self.hid[:8]})"


@dataclass(frozen=True, slots=True)
class Span:
    """One occurrence of a call in a run.

    Attributes
    ----------
    run
        Id of the run.
    seq
        Order of starting within the run; with `run` it identifies the span.
    parent
        `seq` of the span whose body made this call, or ``None`` at top level.
    depth
        0 at top level.
    call
        hid of the call.
    started_s, duration_s
        Seconds since the epoch, seconds.
    """

    run: str
    seq: int
    parent: int | None
    depth: int
    call: str
    status: SpanStatus
    started_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """One recording session.

    Attributes
    ----------
    id
        Random id.
    session
        What the run belongs to, the same after a restart: the path of the
        notebook or script.
    """

    id: str
    started_s: float
    session: str
    kernel: str = ""
    user: str = ""
    git_commit: str = ""
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)


class Given(Struct, frozen=True, array_like=True, gc=False):
    """A value that a call was given: an argument, or a global that its code reads.

    Attributes
    ----------
    name
        Name of the argument or of the global.
    cid
        Content id.
    origin
        History id, where a call made the value; else empty.
    data
        The encoded value itself where it is small, else ``None``: then it lies
        among the stored values.
    """

    name: str
    cid: bytes
    origin: bytes = b""
    data: bytes | None = None

    @property
    def hid(self) -> bytes:
        """History id."""
        return self.origin or input_hid(self.cid)


class Made(Struct, frozen=True, array_like=True, gc=False):
    """An output of a call: content id, and the encoded value itself where it is small."""

    cid: bytes
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class CallEntry:
    """All that is written about one occurrence of a call.

    `representative` is that of the class of its code version, `prefix` what goes
    before the arguments in its key, `reads` are the globals that its code reads; `values` are the values, small
    ones excepted, that the store may not hold yet; `changed` are the arguments that the body changed in place. A
    structural call has no span.
    """

    hid: bytes
    cid: bytes
    spec: OpSpec
    version: CodeVersion
    representative: bytes
    prefix: bytes
    inputs: tuple[Given, ...]
    outputs: tuple[Made, ...]
    reads: tuple[Given, ...]
    values: Sequence[StoredValue]
    status: CallStatus
    started_s: float
    duration_s: float
    span: Span | None
    executed: bool = True
    error: str = ""
    program: bytes | None = None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedState:
    """A recorded code version with global data that it read; `prefix` goes before the arguments in keys."""

    recorded: RecordedVersion
    prefix: bytes
    reads: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A recorded successful call, as far as a hit needs it.

    `changed` are the arguments that its body changed; `trusted` says whether
    somebody who counts recorded it: else it is no hit.
    """

    hid: bytes
    outputs: tuple[Made, ...]
    duration_s: float
    changed: tuple[str, ...] = ()
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One row of the event log; `seq` only ever grows.

    `kind` is ``"call"``, ``"error"``, ``"replay"``, ``"compatible"`` or ``"recompute"``
    (what was said of a code version), `subject` the hid of the call, if it is about
    one, and `detail` says more.
    """

    seq: int
    at_s: float
    kind: str
    subject: str
    detail: str = ""
