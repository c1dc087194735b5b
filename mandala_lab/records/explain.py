"""Why a call was a miss: the nearest earlier call of the op, and what differs.

Parts are compared by content id, so nothing is loaded but what the text shows. Of an
op with very many calls the latest are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mandala_lab.memo.asked import Asked
from mandala_lab.model.calls import Call, Found
from mandala_lab.model.errors import MandalaLabError
from mandala_lab.model.ops import CodeVersion
from mandala_lab.model.refs import Ref, short_repr
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.version_resolver import VersionResolver

Reason = Literal[
    "hit", "first call", "arguments", "globals", "code", "failed before", "not saved", "impure", "untrusted"
]
Part = Literal["argument", "global", "code"]
_LOOKED_AT = 5_000
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of a call that differs from the nearest earlier one; empty text where it was not there."""

    part: Part
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a call was a miss, or that it is none.

    Attributes
    ----------
    reason
        ``"hit"``: it is recorded. ``"first call"`` of the op. ``"arguments"``,
        ``"globals"`` (data that the code reads) or ``"code"`` differ from the
        nearest earlier call. ``"failed before"``: the same call was recorded as
        an error. ``"not saved"``, ``"impure"``: the op is declared so. ``"untrusted"``:
        it is recorded, by somebody who does not count (see `Storage.trust`).
    text
        The same as a sentence.
    nearest
        The earlier call that differs least, the latest of several.
    differences
        What differs from it.
    gaps
        What could not be followed in the code of the call, so that a change there
        may have gone unseen.
    """

    reason: Reason
    text: str
    nearest: Call | None = None
    differences: tuple[Difference, ...] = ()
    gaps: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class _Parts:
    """A call as far as its key goes."""

    name: str
    hid: str
    code: str
    inputs: Mapping[str, str]
    reads: Mapping[str, str]


def explain_recorded(store: CallStore, versions: VersionResolver, call: Call) -> Explanation:
    """Say why a recorded call ran."""
    version = next((one.version for one in store.versions(call.op) if one.version.id == call.version), None)
    return _with_gaps(_explain_recorded(store, versions, call), version)


def explain_asked(store: CallStore, versions: VersionResolver, asked: Asked) -> Explanation:
    """Say what a call would be, which is not made."""
    return _with_gaps(_explain_asked(store, versions, asked), asked.state.version)


def _with_gaps(explanation: Explanation, version: CodeVersion | None) -> Explanation:
    gaps = () if version is None else version.gaps
    if not gaps:
        return explanation
    return replace(explanation, gaps=gaps, text=f"{explanation.text}. Not followed in its code: {'; '.join(gaps)}")


def _explain_recorded(store: CallStore, versions: VersionResolver, call: Call) -> Explanation:
    parts = _parts(call)
    if not call.executed:
        return Explanation("hit", f"{call.name} did not run: an equal call was recorded, with another history")
    if store.was_foreign(bytes.fromhex(call.cid)):
        text = f"{call.name} was recorded with these inputs, but not under a key that you trust, so it ran anew"
        return Explanation("untrusted", f"{text}: storage.signers() says who wrote it")
    earlier = store.latest_calls(_LOOKED_AT, op=call.op, before=call.hid)
    texts = {name: _text(ref) for name, ref in (*call.inputs.items(), *call.reads.items())}
    return _explain(store, versions, call.op, parts, earlier, texts)


def _explain_asked(store: CallStore, versions: VersionResolver, asked: Asked) -> Explanation:
    spec, state = asked.op.spec, asked.state
    if not spec.pure:
        return Explanation("impure", f"{spec.name} is declared with pure=False: each call runs")
    parts = _Parts(
        spec.name,
        asked.hid.hex(),
        state.standing.representative.hex(),
        {given.name: given.cid.hex() for given in asked.inputs},
        {read.name: read.cid.hex() for read in state.reads},
    )
    texts = {name: short_repr(value) for name, value in (*asked.bound.items(), *state.code.read_globals())}
    answers = _answers(store, asked)
    equal = store.calls([asked.hid.hex(), *(one.hid.hex() for one in answers)])
    known = {call.hid: call for call in (*store.latest_calls(_LOOKED_AT, op=spec.key), *equal)}
    found = _explain(store, versions, spec.key, parts, list(known.values()), texts, asked)
    if found.reason == "hit" and not any(one.trusted for one in answers):
        text = f"{spec.name} is recorded with these inputs, but not under a key that you trust, so it would run anew"
        return Explanation("untrusted", f"{text}: storage.signers() says who wrote it", found.nearest)
    return found


def _answers(store: CallStore, asked: Asked) -> list[Found]:
    """Return the calls that could answer, as far as it is for keys to say."""
    state = asked.state
    cids = [asked.cid, *(state.cid(asked.inputs, prefix=prefix) for prefix in state.standing.stand_ins)]
    return [one for one in (store.find(asked.hid), *map(store.find_content, cids)) if one is not None]


def _explain(
    store: CallStore,
    versions: VersionResolver,
    op: str,
    parts: _Parts,
    earlier: Sequence[Call],
    texts: Mapping[str, str],
    asked: Asked | None = None,
) -> Explanation:
    name = parts.name
    if asked is not None and not asked.op.spec.answers and earlier:
        return Explanation("not saved", f"{name} is declared not to save its results: each call runs")
    same = next((call for call in earlier if call.hid == parts.hid), None)
    if same is not None and same.status == "error":
        return Explanation("failed before", f"{name} failed on these inputs before, so it runs again", same)
    if same is not None:
        return Explanation("hit", f"{name} is recorded with these inputs under this code", same)
    answers = [call for call in earlier if call.status == "ok"]
    if not answers:
        return Explanation("first call", f"this is the first call of {name} in the store")
    nearest = min(reversed(answers), key=lambda call: _distance(parts, call))
    classes = {one.version.id: one for one in store.versions(op)}
    differences = [
        *_code(versions, classes, nearest, parts, asked),
        *_given("global", _parts(nearest).reads, parts.reads, nearest.reads, texts),
        *_given("argument", _parts(nearest).inputs, parts.inputs, nearest.inputs, texts),
    ]
    if not differences:
        return Explanation("hit", f"{name} has an equal call, with another history", nearest)
    reason: Reason = {"code": "code", "global": "globals", "argument": "arguments"}[differences[0].part]  # type: ignore[assignment]
    runs = "ran anew" if asked is None else "would run anew"
    return Explanation(reason, f"{name} {runs}: {_sentence(differences)}", nearest, tuple(differences))


def _parts(call: Call) -> _Parts:
    return _Parts(
        call.name,
        call.hid,
        call.version,
        {name: ref.cid for name, ref in call.inputs.items()},
        {name: ref.cid for name, ref in call.reads.items()},
    )


def _distance(parts: _Parts, call: Call) -> tuple[int, int, int]:
    """Order by how many arguments differ, then whether the code does, then how many globals."""
    other = _parts(call)
    return _unequal(parts.inputs, other.inputs), int(parts.code != other.code), _unequal(parts.reads, other.reads)


def _unequal(one: Mapping[str, str], other: Mapping[str, str]) -> int:
    return sum(one.get(name) != other.get(name) for name in one.keys() | other.keys())


def _code(
    versions: VersionResolver, classes: Mapping[str, Any], nearest: Call, parts: _Parts, asked: Asked | None
) -> Iterable[Difference]:
    old, new = classes.get(nearest.version), classes.get(parts.code)
    present: CodeVersion | None = asked.state.version if asked is not None else new.version if new else None
    same_class = old is not None and (
        old.representative == asked.state.standing.representative
        if asked is not None
        else new is not None and old.representative == new.representative
    )
    if old is None or present is None or same_class or old.version.digest == present.digest:
        return
    for name in versions.changed(old.version, present) or [""]:
        yield Difference("code", name or nearest.name, old.version.id, present.id)


def _given(
    part: Part, old: Mapping[str, str], new: Mapping[str, str], refs: Mapping[str, Ref], texts: Mapping[str, str]
) -> Iterable[Difference]:
    for name in dict.fromkeys((*new, *old)):
        if old.get(name) != new.get(name):
            yield Difference(part, name, _text(refs[name]) if name in old else "", texts.get(name, ""))


def _text(ref: Ref) -> str:
    try:
        return short_repr(ref.peek(data_only=True))
    except (MandalaLabError, LookupError) as error:
        return f"<{error}>"


def _sentence(differences: Sequence[Difference]) -> str:
    said = []
    for one in differences[:_SHOWN]:
        if one.part == "code":
            said.append(f"the code of {one.name} changed")
        elif one.part == "global":
            said.append(f"the global {one.name!r} is {one.after or 'not read'} and was {one.before or 'not read'}")
        else:
            said.append(f"argument {one.name!r} is {one.after or 'not given'} and was {one.before or 'not given'}")
    more = len(differences) - _SHOWN
    return (
        "; ".join(said) + (f"; and {more} more parts differ" if more > 0 else "") + ", compared with the nearest call"
    )
