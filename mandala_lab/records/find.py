"""Finding calls by op, status and argument values, or by the beginning of an id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mandala_lab.memo.decorator import Op, known_ops
from mandala_lab.memo.encoding.spellings import equal_ids
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import Call
from mandala_lab.model.errors import nearest, refuse_other
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.refs import Ref
from mandala_lab.model.structures import RESERVED, STRUCTURAL, is_structural
from mandala_lab.ports.call_store import CallStore

_SEVERAL = 100
_TOLD = 3


def find_calls(
    store: CallStore, op: Op[..., Any] | str | None, status: str | None, where: Mapping[str, Any]
) -> list[Call]:
    """Return the calls of an op (or of all), with a status, whose arguments equal the given values.

    What equals a value is said by `equal_ids`, so that ``1`` finds ``np.int64(1)``, too.

    Raises
    ------
    ValueError
        For an unknown status or name of an op, or an argument that none of the calls has.
    """
    if status not in {None, "ok", "error"}:
        raise ValueError(f"status={status!r} is not a choice; {nearest(str(status), ['ok', 'error'])}")
    if op is not None:
        key_of(store, op)
    specs = [spec for spec in store.ops() if _is_meant(spec, op)]
    found = [call for spec in specs for call in store.calls_of_op(spec.key)]
    known = dict.fromkeys(name for call in found for name in call.inputs)
    for name in where:
        if found and name not in known:
            raise ValueError(f"where names {name!r}, which none of these calls has; {nearest(name, known)}")
    wanted = {name: equal_ids(value) for name, value in where.items()}
    return [call for call in found if (status is None or call.status == status) and _matches(call, wanted)]


def key_of(store: CallStore, op: Op[..., Any] | str) -> str:
    """Return the key of an op that is given as such, or by its name or key.

    Raises
    ------
    ValueError
        When no op of that name was called or is defined.
    TypeError
        For anything else.
    """
    if isinstance(op, Op):
        return op.spec.key
    refuse_other(op, str, "an op is wanted, or its name as a text")
    specs = [*store.ops(), *(known.spec for known in known_ops())]
    for spec in (*specs, *STRUCTURAL):
        if op in {spec.name, spec.key}:
            return spec.key
    names = dict.fromkeys(spec.name for spec in specs if not spec.key.startswith(RESERVED))
    raise ValueError(f"no op {op!r} was called or is defined; {nearest(op, names)}")


def tell_namesakes(store: CallStore, op: Op[..., Any]) -> None:
    """Warn of ops with calls that go by the name of one that has none: it may be the same, from another module."""
    found = [spec.key for spec in store.ops() if spec.name == op.spec.name and spec.key != op.spec.key]
    if found:
        warn_user(
            f"there are no calls of {op.spec.key}, but of {', '.join(found[:_TOLD])}: an op is its module and name, or "
            "what @op(name=...) says"
        )


def only_key_of(store: CallStore, op: str) -> str:
    """Return the key of an op as `key_of` does, where only one op with calls goes by that name.

    Raises
    ------
    ValueError
        Also where several do.
    """
    keys = [spec.key for spec in store.ops() if op == spec.name]
    if len(keys) > 1 and op not in keys:
        raise ValueError(f"{len(keys)} ops are called {op!r}: name one by its key, {' or '.join(keys)}")
    return op if op in keys else key_of(store, op)


def get_call(store: CallStore, hid: str) -> Call:
    """Return the call with this hid, or the only one whose hid begins so.

    Raises
    ------
    LookupError
        When there is none, or there are several.
    """
    found = store.calls_beginning(hid, _SEVERAL) if hid else []
    if len(found) != 1:
        many = "no call has" if not found else f"{len(found)} calls{' or more' * (len(found) == _SEVERAL)} have"
        raise LookupError(f"{many} a hid beginning with {hid!r}; storage.calls() lists the calls")
    return found[0]


def get_ref(store: CallStore, hid: str) -> Ref:
    """Return the ref with this hid.

    Raises
    ------
    LookupError
        When there is none.
    """
    found = store.refs([hid])
    if not found:
        raise LookupError(f"no ref has the hid {hid!r}; the inputs and outputs of storage.calls() are refs")
    return found[0]


def drop_calls(
    store: CallStore, calls_or_hids: Iterable[Call | str], *, delete_dependents: bool, dry_run: bool = False
) -> int:
    """Delete calls (see `Storage.drop_calls`), and return how many, not counting what connects elements."""
    hids = [one.hid if isinstance(one, Call) else one for one in calls_or_hids]
    for hid in hids:
        refuse_other(hid, str, "drop_calls takes calls or their hids, as texts")
    known = {call.hid: call for call in store.calls(hids)}
    for hid in hids:
        if hid not in known:
            raise LookupError(f"no call has the hid {hid!r}; storage.calls() lists the calls")
    dropped = dict(known)
    below = list(known.values())
    while below:
        made = [ref.hid for call in below for ref in call.outputs.values()]
        below = [call for call in store.consumers(made) if call.hid not in dropped]
        dependents = [call for call in below if not is_structural(call)]  # what connects elements goes with them
        if dependents and not delete_dependents:
            raise ValueError(
                f"{len(dependents)} calls took what these calls made, {dependents[0].name} among them; "
                "pass delete_dependents=True to delete them too"
            )
        dropped.update((call.hid, call) for call in below)
    for pin in store.pins():
        if pin.hid in dropped:
            raise ValueError(
                f"{dropped[pin.hid]!r} is pinned{f' ({pin.reason})' if pin.reason else ''}, so it is not deleted, nor "
                "what it needs; storage.unpin(...) first"
            )
    if not dry_run:
        store.delete_calls(dropped)
    return sum(not is_structural(call) for call in dropped.values())


def _is_meant(spec: OpSpec, op: Op[..., Any] | str | None) -> bool:
    if isinstance(op, Op):
        return spec.key == op.spec.key
    return op in {spec.name, spec.key} or (op is None and not spec.key.startswith(RESERVED))


def _matches(call: Call, wanted: Mapping[str, frozenset[str]]) -> bool:
    return all(name in call.inputs and call.inputs[name].cid in cids for name, cids in wanted.items())
