"""Keys: the ids by which a call is found again.

The content id of a call says whether its body has to run; its history id says
which record it is. Both are digests of the op, the code version, the global data
that is read, and the arguments; the history id takes arguments by how they came
about, the content id by what they are.

What goes before the arguments is the same for all calls of an op as long as its
code and the data that it reads stay as they are: that is an `OpState`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from mandala_lab.memo.annotations import Depths
from mandala_lab.memo.binding import Binder
from mandala_lab.memo.inputs import Giver, changed_read, taken_reads
from mandala_lab.memo.special import Ignore
from mandala_lab.memo.succession import Standing, Succession
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import Given
from mandala_lab.model.hashing import combine, digest
from mandala_lab.model.ops import CodeVersion, OpSpec
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.version_resolver import ResolvedCode, VersionResolver

ANY_NUMBER = 0
"""Of outputs, in the content id of a call before its op declared how many it has."""

_REMEMBERED_OPS = 1000
_PAST = 3  # times that answers may be outdated before it is forgotten how they were made


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
    def depths(self) -> Depths:
        """Return which of its collections are stored element by element."""
        ...

    @property
    def fixed_version(self) -> str | None:
        """Return the version given by the user."""
        ...

    @property
    def recorded_version(self) -> CodeVersion | None:
        """Return the version of an op that was brought back from a store."""
        ...


class FixedCode:
    """The code of an op whose user says which version it is: nothing is looked at."""

    def __init__(self, version: str, source: str) -> None:
        self.version = CodeVersion(combine(b"named version", version.encode("utf-8", "surrogatepass")), source)
        self.unseen: tuple[str, ...] = ()

    def is_unchanged(self) -> bool:
        """Say that it is as it was."""
        return True

    def read_globals(self) -> list[tuple[str, Any]]:
        """Say that no data is read."""
        return []


class RestoredCode:
    """Code that was brought back from a store: its version is the recorded one."""

    def __init__(self, code: ResolvedCode, version: CodeVersion) -> None:
        self.version = version
        self.unseen: tuple[str, ...] = ()  # it stays as it was recorded
        self.is_unchanged = code.is_unchanged
        self.read_globals = code.read_globals


class OpState:
    """An op with the code and the global data that it reads, as they are now.

    Attributes
    ----------
    code
        The code; what is remembered here holds while it `is_unchanged`.
    version
        Its version, as it is recorded.
    standing
        Where its version stands among the recorded ones.
    reads
        The data that it reads, as it is recorded with calls.
    new_reads
        Values of those data that are not small, as they go into the store.
    given
        Turns an argument into what is recorded of it.
    ran, has_program
        Whether a body ran in this state, and whether its program went to the store.
    known
        Answers that were given, by the types of the arguments and then by the
        arguments: only of arguments that equal each other just when they are the same.
    """

    __slots__ = (
        "code",
        "given",
        "has_program",
        "known",
        "new_reads",
        "op",
        "prefix",
        "ran",
        "reads",
        "spec",
        "standing",
        "version",
    )

    def __init__(
        self,
        op: Operation,
        code: ResolvedCode,
        standing: Standing,
        reads: tuple[Given, ...],
        new: list[StoredValue],
        given: Giver,
    ) -> None:
        self.op = op
        self.given = given
        self.spec = op.spec
        self.code = code
        self.version = replace(code.version, parameters=op.spec.parameters)
        self.standing = standing
        self.reads = reads
        self.new_reads = new
        parts = [self.spec.key.encode("utf-8", "surrogatepass"), standing.representative]
        for read in reads:
            parts += (read.name.encode("utf-8", "surrogatepass"), read.cid)
        self.prefix = combine(b"op", *parts)
        self.ran = False
        self.has_program = False
        self.known: dict[tuple[type, ...], dict[tuple[Any, ...], Any]] = {}

    def inputs(self, bound: Mapping[str, Any]) -> tuple[Given, ...]:
        """Return the inputs of a call with these arguments by name; what is ignored is none.

        Raises
        ------
        UnstorableError
            When an argument has no content id.
        """
        given, ignored, new = self.given, self.spec.ignored, self.op.binder.new
        found = [
            given(name, value) for name, value in bound.items() if name not in ignored and type(value) is not Ignore
        ]
        if new:
            found = [one for one in found if one.name not in new or one.cid != given(one.name, new[one.name]).cid]
        return tuple(found)

    def hid(self, inputs: Iterable[Given]) -> bytes:
        """Return the history id of a call with these inputs."""
        return self._key(b"call", self.prefix, self.spec.nout, inputs, by_content=False)

    def cid(self, inputs: Iterable[Given], nout: int | None = None, prefix: bytes | None = None) -> bytes:
        """Return the content id of a call, by default of this code, data and number of outputs."""
        number = self.spec.nout if nout is None else nout
        return self._key(b"content", prefix or self.prefix, number, inputs, by_content=True)

    def _key(self, domain: bytes, prefix: bytes, nout: int, inputs: Iterable[Given], *, by_content: bool) -> bytes:
        parts = [domain, prefix, nout.to_bytes(4, "big")]
        for given in inputs:
            name = given.name.encode("utf-8", "surrogatepass")
            parts += (len(name).to_bytes(4, "big"), name, given.cid if by_content else given.hid)
        return digest(b"".join(parts))


class Keyer:
    """Keeps the state of ops, and makes inputs of arguments.

    Parameters
    ----------
    versions
        Says what code an op runs.
    succession
        Says which code versions stand in for one another.
    giver
        Returns what turns the arguments of an op into what is recorded of them.
    surroundings
        Further data, by name, on which every result depends.
    """

    def __init__(
        self,
        versions: VersionResolver,
        succession: Succession,
        giver: Callable[[Operation], Giver],
        surroundings: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._giver = giver
        self._surroundings = surroundings
        self._versions = versions
        self._succession = succession
        self._states: dict[Operation, OpState] = {}
        self._past: deque[dict[Operation, OpState]] = deque(maxlen=_PAST)
        self._names: dict[str, str] = {}
        self._told: set[str] = set()
        self._warned_of: set[str] = set()
        self._changing: set[str] = set()

    def state(self, op: Operation) -> OpState:
        """Return the state of an op as it is now."""
        state = self._states.get(op)
        return state if state is not None and state.code.is_unchanged() else self._renewed(op, state)

    def _renewed(self, op: Operation, before: OpState | None) -> OpState:
        if op.fixed_version is not None:
            source = self._versions.resolve(op.f).version.source
            code: ResolvedCode = FixedCode(op.fixed_version, source)
        else:
            code = self._versions.resolve(op.f)
        if op.recorded_version is not None:
            code = RestoredCode(code, op.recorded_version)
        reads, new = taken_reads(op.spec.name, self._read(code), before.reads if before is not None else ())
        if before is not None and before.code.version.digest == code.version.digest and before.reads == reads:
            before.code = code
            return before
        if len(self._states) >= _REMEMBERED_OPS:
            self._states.clear()
        self._tell_names_apart(op.spec)
        standing = self._succession.standing(op.spec, code.version, reads, fixed=op.fixed_version is not None)
        state = self._states[op] = OpState(op, code, standing, reads, new, self._giver(op))
        return state

    def _read(self, code: ResolvedCode) -> list[tuple[str, Any]]:
        return [*code.read_globals(), *self._surroundings]

    def _tell_names_apart(self, spec: OpSpec) -> None:
        """Warn, once for each name, of two ops that go by one short name."""
        if spec.name in self._told:
            return
        known = self._names.get(spec.name) or self._succession.namesake(spec) or spec.key
        self._names[spec.name] = spec.key
        if known != spec.key:
            self._told.add(spec.name)
            warn_user(
                f"two ops of this storage go by the name {spec.name!r}: {known} and {spec.key}; their calls are kept "
                f"apart, and give one of them a name of its own, @op(name=...), to tell them apart yourself"
            )

    def warn_of_gaps(self, state: OpState) -> None:
        """Say once of an op which changes of its code would go unseen."""
        gaps, key = state.code.unseen, state.spec.key
        if gaps and key not in self._warned_of:
            self._warned_of.add(key)
            more = f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
            warn_user(
                f"op {state.spec.name} is recorded, but not every change of its code can be seen: {gaps[0]}{more}; "
                "pass what matters as an argument, or say version=... when it changes"
            )

    def warn_of_changed_reads(self, state: OpState) -> None:
        """Say once of an op that global data which it reads changed while its body ran."""
        key = state.spec.key
        if not state.spec.answers or key in self._changing or state.code.is_unchanged():
            return
        name = changed_read(self._read(state.code), state.reads)
        if name is not None:
            self._changing.add(key)
            warn_user(
                f"the global {name!r}, which {state.spec.name} reads, changed while it ran; the call is recorded with "
                "the value from before, so the next call has another key: pass it as an argument, or change a copy"
            )

    def changed_since(self, op: Operation, version: CodeVersion) -> list[str]:
        """Return the pieces of a restored op's code that lie in files and are others now than in a version.

        What came out of the store is as it was; what is imported may not be.
        """
        now = self._versions.resolve(op.f).version
        return [name for name in now.helpers if version.pieces.get(name, now.pieces.get(name)) != now.pieces.get(name)]

    def arguments_of(self, call: str) -> tuple[Operation, tuple[Any, ...]] | None:
        """Return op and arguments of a call that was answered under the code that its op has now."""
        for state in (state for states in (self._states, *self._past) for state in list(states.values())):
            if state.code.is_unchanged():
                for known in list(state.known.values()):
                    for arguments, hit in list(known.items()):
                        if hit.call == call:
                            return state.op, arguments
        return None

    def forget(self) -> None:
        """Forget every answer."""
        self._states.clear()
        self._past.clear()

    def begin_anew(self) -> None:
        """Give none of these answers any more, and know for a while how they were made."""
        self._past.append(self._states)
        self._states = {}


def left_out(op: Operation, inputs: tuple[Given, ...]) -> frozenset[str]:
    """Return the parameters that count as not there in a call with these inputs."""
    return frozenset(op.binder.new) - {one.name for one in inputs}
