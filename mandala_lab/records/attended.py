"""Asking about changed code on entering a block: mandala's attended mode, `deps_path`.

Owns which ops are asked about, what counts as one question, and what the answers
come to. Which code is under watch is a choice; without one nothing ever asks.
Nothing is written before everything is answered.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from msgspec import json

from mandala_lab.memo.decorator import Op, known_ops
from mandala_lab.memo.engine import Engine
from mandala_lab.memo.keying import OpState
from mandala_lab.model.calls import Run
from mandala_lab.model.errors import StaleCodeError
from mandala_lab.model.ops import CodeVersion, OpSpec, RecordedVersion
from mandala_lab.ports.call_store import CallStore
from mandala_lab.records.code import told
from mandala_lab.settings import OnChange
from mandala_lab.versions.diff import Difference, diff_of, difference

MAIN = "__main__"
_ASKED_AT_MOST = 3
_PROMPT = "y = recompute, n = compatible (keep the results), a = abort: "
_ANSWERS = ("y", "n", "a")

_Piece = tuple[str, ...]  # what tells one change from another: both texts, or where none is known label and digests


@dataclass(frozen=True, slots=True)
class _Changed:
    """An op whose present code was never recorded, with the pieces that differ from the latest that was."""

    state: OpState
    latest: RecordedVersion
    pieces: dict[_Piece, Difference]


@dataclass(slots=True)
class _Question:
    """One dependency that changed, and the ops that it counts in."""

    name: str
    text: str
    ops: list[str] = field(default_factory=list)

    def ask(self) -> bool:
        """Return whether to recompute."""
        print(f"{self.text}\nIt counts in recorded results of {', '.join(self.ops)}.")  # noqa: T201 - a dialogue
        for _ in range(_ASKED_AT_MOST):
            try:
                answer = input(_PROMPT).strip().lower()
            except (EOFError, OSError, RuntimeError) as error:  # no stdin; a front end that takes no input
                raise self._stale("nobody is there to answer") from error
            if answer in _ANSWERS:
                break
            print(f"{answer!r} is no answer")  # noqa: T201
        else:
            raise self._stale(f"none of {_ASKED_AT_MOST} answers was y, n or a")
        if answer == "a":
            raise self._stale("the answer was to abort")
        return answer == "y"

    def _stale(self, why: str) -> StaleCodeError:
        return StaleCodeError(
            f"the code of {self.name} changed since {', '.join(self.ops)} was recorded, and {why}; nothing has run. "
            "Enter the block again and answer, open the storage without deps_path to recompute what changed, "
            f"or keep the results with storage.mark_compatible({self.ops[0]})"
        )


def checked_place(deps_path: str | Path | None, on_change: OnChange) -> str | Path | None:
    """Return a `deps_path` as it is compared.

    Raises
    ------
    ValueError
        When it is neither ``"__main__"`` nor a file or folder that is there, or
        `on_change` has the answer already.
    """
    if deps_path is None:
        return None
    if on_change != "recompute":
        raise ValueError(f"deps_path asks what on_change={on_change!r} answers already; give one of them")
    if deps_path == MAIN:
        return MAIN
    place = Path(deps_path).expanduser().resolve()
    if not place.exists():
        raise ValueError(f"deps_path={str(deps_path)!r} is no file or folder; give one, or {MAIN!r} for the notebook")
    return place


def ask_about_changes(store: CallStore, engine: Engine, place: str | Path, run: Run) -> None:
    """Ask once about every dependency that changed in the ops under `place`, and record the answers.

    Raises
    ------
    StaleCodeError
        When the answer is to abort, or there is nobody to answer; then nothing was written.
    """
    changed = list(_changed_ops(store, engine, place))
    if not changed:
        return
    recompute = {piece for piece, question in _questions(changed).items() if question.ask()}
    for one in changed:
        spec, present, latest = one.state.spec, one.state.version, one.latest
        is_new = not recompute.isdisjoint(one.pieces)
        representative = present.digest if is_new else latest.representative
        detail = {"op": spec.key, "version": present.id, "with": latest.version.id, "user": run.user, "run": run.id}
        kind: Literal["recompute", "compatible"] = "recompute" if is_new else "compatible"
        store.declare(spec, present, representative, json.encode(detail).decode(), kind)
    engine.forget()


def _changed_ops(store: CallStore, engine: Engine, place: str | Path) -> Iterator[_Changed]:
    for op in known_ops():
        if op.fixed_version is not None or not _lies_in(op, place):
            continue
        recorded = store.versions(op.spec.key)
        if not recorded:
            continue
        state = engine.keyer.state(op)
        if all(one.version.digest != state.version.digest for one in recorded):
            pieces = dict(_pieces(op.spec, recorded[-1].version, state.version))
            yield _Changed(state, recorded[-1], pieces)


def _lies_in(op: Op[..., Any], place: str | Path) -> bool:
    function = inspect.unwrap(op.f)
    if isinstance(place, str):
        return bool(function.__module__ == place)
    file = Path(function.__code__.co_filename)
    return file.is_file() and file.resolve().is_relative_to(place)  # a cell is no file


def _questions(changed: Iterable[_Changed]) -> dict[_Piece, _Question]:
    found: dict[_Piece, _Question] = {}
    for one in changed:
        for piece, what in one.pieces.items():
            question = found.setdefault(piece, _Question(what.name, told(what)))
            question.ops.append(one.state.spec.name)
    return found


def _pieces(spec: OpSpec, old: CodeVersion, new: CodeVersion) -> Iterator[tuple[_Piece, Difference]]:
    """Yield what is to be asked about: the code that differs; where none does, all that is known to differ."""
    if old.pieces and new.pieces:
        differing = difference(old, new)
        differing = [one for one in differing if one.kind == "code"] or differing
    else:  # a version that its user gave
        differing = []
    for one in differing or [Difference("", "code", "changed")]:
        name = _shown_by(one.name, old, new)
        piece: _Piece = (_text(old, name), _text(new, name))
        if piece[0] == piece[1]:
            piece = (one.name or f"op {spec.key}", old.pieces.get(one.name, ""), new.pieces.get(one.name, ""))
        yield piece, replace(one, name=name.removesuffix(".__wrapped__") or spec.name, text=diff_of(old, new, name))


def _shown_by(name: str, old: CodeVersion, new: CodeVersion) -> str:
    """Return the piece whose text shows a change: of a method its class."""
    outer = name
    while outer:
        if _text(old, outer) != _text(new, outer):
            return outer
        outer = outer.rpartition(".")[0]
    return name


def _text(version: CodeVersion, name: str) -> str:
    return version.helpers.get(name, "") if name else version.source
