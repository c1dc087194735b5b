"""The code of an op over time: its versions, what differs between two, and declaring them compatible."""

from __future__ import annotations

import time
from collections.abc import Iterable

from msgspec import json

from mandala_lab.memo.keying import OpState
from mandala_lab.model.calls import Run
from mandala_lab.model.errors import nearest
from mandala_lab.model.ops import CodeVersion, RecordedVersion
from mandala_lab.ports.call_store import CallStore
from mandala_lab.versions.diff import Difference, difference

_SHORTEST = 4


def find_versions(store: CallStore, wanted: Iterable[CodeVersion | str]) -> list[CodeVersion]:
    """Return the versions, of any op, that are meant by ids (or their beginnings).

    Raises
    ------
    ValueError
        When an id means none or several.
    """
    recorded = [one for spec in store.ops() for one in store.versions(spec.key)]
    return [_find(recorded, one) for one in wanted]


def _find(recorded: Iterable[RecordedVersion], wanted: CodeVersion | str) -> CodeVersion:
    if isinstance(wanted, CodeVersion):
        return wanted
    known = {one.version.id: one.version for one in recorded}
    found = [version for name, version in known.items() if len(wanted) >= _SHORTEST and name.startswith(wanted)]
    if len(found) != 1:
        raise ValueError(f"{wanted!r} is the id of {len(found)} recorded code versions; {nearest(wanted, known)}")
    return found[0]


def diff(old: CodeVersion, new: CodeVersion, context_lines: int = 2) -> str:
    """Return what differs between two versions as text, piece by piece."""
    return "\n".join(told(one) for one in difference(old, new, context_lines))


def told(one: Difference) -> str:
    """Return one difference as text."""
    name = one.name or "the op itself"
    if one.kind == "read":
        return f"the global {name} is {'read' if one.change == 'added' else 'not read any more'}"
    return f"{name} was {one.change}\n{one.text}".rstrip()


def source_history(recorded: list[RecordedVersion]) -> str:
    """Return every version of an op as text: the first whole, each later one by what changed."""
    said: list[str] = []
    for position, one in enumerate(recorded):
        seen = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.seen_s))
        same = "" if one.representative == one.version.digest else f", compatible with {one.representative.hex()[:8]}"
        said.append(f"version {one.version.id[:8]}, first seen {seen}{same}")
        before = recorded[position - 1].version if position else None
        text = one.version.source if before is None else diff(before, one.version)
        said.append(text.rstrip() or "(nothing that can be shown differs)")
        said.append("")
    return "\n".join(said).rstrip()


def mark_compatible(store: CallStore, state: OpState, wanted: CodeVersion | str | None, run: Run) -> None:
    """Declare the present code of an op compatible with a recorded version, by default the latest other.

    Raises
    ------
    ValueError
        When there is no such version.
    """
    spec, present = state.spec, state.version
    recorded = store.versions(spec.key)
    if wanted is None:
        others = [one.version for one in recorded if one.version.digest != present.digest]
        if not others:
            raise ValueError(f"{spec.name} is recorded under no other code, so there is nothing to be compatible with")
        wanted = others[-1]
    version = _find(recorded, wanted)
    representative = next(
        (one.representative for one in recorded if one.version.digest == version.digest), version.digest
    )
    detail = {"op": spec.key, "version": present.id, "with": version.id, "user": run.user, "run": run.id}
    store.declare(spec, present, representative, json.encode(detail).decode())
