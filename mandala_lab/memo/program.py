"""The program of an op: its function with all that it reaches, for sessions that did not define it.

A program is a signed pickle, bound to the code version; it is read only when a
recorded call of an op is run again that this session does not have. The data
that the code reads is kept with the calls, not with the program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mandala_lab.memo import signing
from mandala_lab.memo.decorator import Op
from mandala_lab.memo.keying import Operation, OpState
from mandala_lab.model.errors import UnstorableError
from mandala_lab.model.ops import CodeVersion, OpSpec
from mandala_lab.model.refs import is_immutable

_LARGEST = 1_000_000


def to_program(state: OpState, version_of: Callable[[Operation], CodeVersion]) -> bytes | None:
    """Return the program of an op, or ``None`` where it cannot be pickled or is too large."""
    data = {id(value): name for name, value in state.code.read_globals() if not is_immutable(value)}

    def apart(obj: Any) -> Any:
        if type(obj) is Op:
            return "op", (obj.f, obj.spec, obj.fixed_version, version_of(obj))
        return ("data", data[id(obj)]) if id(obj) in data else None

    try:
        program = signing.dump((state.op.f, state.spec, state.op.fixed_version), state.version.digest, apart)
    except UnstorableError:
        return None
    return program if len(program) <= _LARGEST else None


def from_program(program: bytes, version: CodeVersion, data: Mapping[str, Any]) -> Op[..., Any]:
    """Return the op of a program, with the data that it is to read by name.

    Raises
    ------
    UntrustedValueError
        When the program was not signed with the key of this user, or cannot be read here.
    """
    made: dict[str, Op[..., Any]] = {}

    def apart(kept: tuple[str, Any]) -> Any:
        kind, what = kept
        if kind == "data":
            return data.get(what)
        f, spec, fixed, its_version = what
        return made.setdefault(spec.key, restored(f, spec, fixed, its_version))

    f, spec, fixed = signing.load(program, version.digest, apart)
    for name, value in data.items():
        if name in f.__globals__:
            f.__globals__[name] = value
        elif name in f.__code__.co_freevars:
            f.__closure__[f.__code__.co_freevars.index(name)].cell_contents = value
    return restored(f, spec, fixed, version)


def restored(f: Callable[..., Any], spec: OpSpec, fixed_version: str | None, version: CodeVersion) -> Op[..., Any]:
    """Return an op that has its recorded version, whatever its function looks like by now."""
    op: Op[..., Any] = Op(f, spec, fixed_version)
    op.recorded_version = version
    return op
