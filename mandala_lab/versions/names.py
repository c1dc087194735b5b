"""Which names a code object looks up, read from its bytecode.

Owns what differs between the bytecode of Python versions. Finds no values: what
a name stands for is `mandala_lab.versions.reach`'s.
"""

from __future__ import annotations

import dis
import sys
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType
from typing import Literal

from mandala_lab.versions.texts import Use, read_texts

_GLOBAL = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
_FREE = {"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"}
_FAST = {"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST", "LOAD_FAST_BORROW"}
_ATTRIBUTE = {"LOAD_ATTR", "LOAD_METHOD"}
_NAMING = _GLOBAL | _FREE | _FAST | _ATTRIBUTE
_BESIDE = {"EXTENDED_ARG", "NOP", "CACHE", "SWAP", "POP_TOP", "ROT_TWO"}
_FLAGGED = sys.version_info >= (3, 12)  # from here on LOAD_ATTR tells by its lowest bit that a call follows

Kind = Literal["global", "free", "import", "self"]


@dataclass(frozen=True, slots=True, order=True)
class Lookup:
    """A name with the attributes taken from it in a row, as in ``module.part.f``.

    Attributes
    ----------
    kind
        Where the name is looked up; ``"self"`` is the first parameter.
    called
        Whether all that is done with it is to call it.
    """

    kind: Kind
    name: str
    attributes: tuple[str, ...] = ()
    called: bool = False


@dataclass(slots=True)
class _Scan:
    found: set[Lookup] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    uses: set[Use] = field(default_factory=set)
    imported: dict[str, set[Lookup]] = field(default_factory=dict)
    """Local names that stand for what an import inside the body brought."""


Looked = tuple[tuple[Lookup, ...], frozenset[str], frozenset[Use]]

_known: dict[int, tuple[weakref.ref[CodeType], *Looked]] = {}


def lookups(code: CodeType) -> Looked:
    """Return what a code object and the code inside it look up, every attribute name, and uses of unknown texts."""
    known = _known.get(id(code))
    if known is not None and known[0]() is code:
        return known[1:]
    scan = _Scan()
    inner = list(_inner_codes(code))
    instructions = [[i for i in dis.get_instructions(part) if i.opname not in _BESIDE] for part in inner]
    for steps in instructions:
        _scan_imports(scan, steps)
    for part, steps in zip(inner, instructions, strict=True):
        _scan_loads(scan, part, steps, set(code.co_freevars), own=part is code)
    for part, steps in zip(inner, instructions, strict=True):
        _scan_texts(scan, part, steps)
    if "__class__" in code.co_freevars:  # super() looks it up without an instruction for it
        scan.found.add(Lookup("free", "__class__"))
    at = id(code)
    looked = tuple(sorted(scan.found)), frozenset(scan.attributes), frozenset(scan.uses)
    _known[at] = (weakref.ref(code, lambda _: _known.pop(at, None)), *looked)
    return looked


def _inner_codes(code: CodeType) -> Iterator[CodeType]:
    todo = [code]
    while todo:
        part = todo.pop(0)
        yield part
        todo.extend(constant for constant in part.co_consts if isinstance(constant, CodeType))


def _scan_imports(scan: _Scan, steps: list[dis.Instruction]) -> None:
    for at, step in enumerate(steps):
        if step.opname != "IMPORT_NAME":
            continue
        level, names = steps[at - 2].argval, steps[at - 1].argval
        module = "." * level + step.argval
        if not names:  # import a.b, or import a.b as c
            module = step.argval.partition(".")[0]
            scan.found.add(Lookup("import", step.argval, (), called=True))
        path: tuple[str, ...] = ()
        for after in steps[at + 1 : at + 500]:
            if after.opname == "IMPORT_FROM":
                path = (after.argval,) if names else (*path, after.argval)
                if names:
                    scan.found.add(Lookup("import", module, path))
            elif after.opname.startswith("STORE_"):
                alias = after.argval[0] if isinstance(after.argval, tuple) else after.argval
                scan.imported.setdefault(alias, set()).add(Lookup("import", module, path))
                if not names:
                    break
            else:
                break


def _scan_loads(scan: _Scan, code: CodeType, steps: list[dis.Instruction], free: set[str], *, own: bool) -> None:
    first = code.co_varnames[0] if own and code.co_argcount else None
    for at, step in enumerate(steps):
        if step.opname not in _NAMING:
            continue
        name = step.argval[-1] if isinstance(step.argval, tuple) else step.argval
        if step.opname in _ATTRIBUTE:
            scan.attributes.add(name)
            continue
        if step.opname == "LOAD_NAME" and name == "__name__":  # the beginning of every class body
            continue
        if step.opname == "LOAD_FAST_LOAD_FAST":  # the first of the two is handed on as it is
            scan.found |= scan.imported.get(step.argval[0], set())
        for base in scan.imported.get(name, ()):
            _add(scan, base, steps, at)
        if step.opname in _GLOBAL:
            _add(
                scan,
                Lookup("global", name, called=step.opname == "LOAD_GLOBAL" and bool((step.arg or 0) & 1)),
                steps,
                at,
            )
        elif step.opname in _FREE and name in free:
            _add(scan, Lookup("free", name), steps, at)
        elif name == first:
            _add(scan, Lookup("self", ""), steps, at)


def _scan_texts(scan: _Scan, code: CodeType, steps: list[dis.Instruction]) -> None:
    loaded = {lookup.name for lookup in scan.found if lookup.kind == "global"}
    texts = read_texts(code, steps, scan.attributes, loaded)
    scan.found |= {Lookup("global", name) for name in texts.names}
    scan.uses |= texts.uses


def _add(scan: _Scan, base: Lookup, steps: list[dis.Instruction], at: int) -> None:
    """Add a lookup with the attributes that the next steps take from it."""
    path, called = list(base.attributes), base.called
    for after in range(at + 1, len(steps)):
        step = steps[after]
        if step.opname not in _ATTRIBUTE:
            break
        path.append(step.argval)
        called = base.called or step.opname == "LOAD_METHOD" or (_FLAGGED and bool((step.arg or 0) & 1))
        called = called or steps[min(after + 1, len(steps) - 1)].opname == "PUSH_NULL"  # of a module that is imported
    if len(path) == len(base.attributes) and len(steps) > at + 1 and steps[at + 1].opname == "STORE_ATTR":
        return
    if base.kind != "self" or path:
        scan.found.add(Lookup(base.kind, base.name, tuple(path), called))
