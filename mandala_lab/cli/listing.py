"""What a store holds, ``ls``, ``stats`` and ``explain``, and how stores are opened here: ``config``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mandala_lab.cli import shown
from mandala_lab.live.inspect import argument_text
from mandala_lab.model.calls import Call
from mandala_lab.model.structures import RESERVED
from mandala_lab.ports.call_store import CallStore
from mandala_lab.records import find, trust
from mandala_lab.records.explain import explain_recorded
from mandala_lab.settings import effective
from mandala_lab.trust import keys
from mandala_lab.versions.resolver import Resolver
from mandala_lab.wiring.reading import open_for_reading, reading_keyring

_SHOWN = 50


def ls(options: Namespace) -> int:
    """List calls, or what else a store has."""
    if options.kind is not None and (options.op or options.status or options.limit is not None):
        raise ValueError(f"--op, --status and --limit choose calls: they do not go with --{options.kind}")
    with reading(options.store) as store:
        return _LISTS[options.kind](store, options)


def stats(options: Namespace) -> int:
    """Say how much a store holds, and what memoization came to."""
    with reading(options.store) as store:
        totals, sizes = store.totals(), store.sizes()
    found: dict[str, Any] = {
        "calls": sizes.calls,
        "values": sizes.values,
        "value_bytes": sizes.value_bytes,
        "file_bytes": sizes.file_bytes,
        "computed": totals.computed,
        "cached": totals.cached,
        "failed": totals.error,
        "computed_s": totals.computed_s,
        "saved_s": totals.saved_s,
    }
    if options.json:
        shown.say_json(found)
        return 0
    shown.say(f"{sizes.calls:,} calls, {sizes.values:,} values of {shown.size(sizes.value_bytes)}")
    shown.say(f"the database takes {shown.size(sizes.file_bytes)}")
    shown.say(
        f"computed {totals.computed:,} times in {shown.duration(totals.computed_s)}, failed {totals.error:,} times"
    )
    shown.say(f"answered {totals.cached:,} times without computing, which saved {shown.duration(totals.saved_s)}")
    return 0


def explain(options: Namespace) -> int:
    """Say why a recorded call ran."""
    with reading(options.store) as store:
        found = explain_recorded(store, Resolver(), find.get_call(store, options.call))
        if options.json:
            nearest = None if found.nearest is None else found.nearest.hid
            shown.say_json(
                {
                    "reason": found.reason,
                    "text": found.text,
                    "nearest": nearest,
                    "differences": found.differences,
                    "gaps": found.gaps,
                }
            )
        else:
            shown.say(found.text)
    return 0


def config(options: Namespace) -> int:
    """Show the settings that a storage opened now would have, and where each came from; secrets stay hidden."""
    rows = [row._replace(value=str(keys.key_file())) if row[:2] == ("key_file", None) else row for row in effective()]
    if options.json:
        shown.say_json([row._asdict() for row in rows])
    else:
        shown.say_table([[row.name, str(row.value), row.source] for row in rows], ["setting", "value", "from"])
    return 0


@contextmanager
def reading(path: str, *, for_values: bool = False) -> Iterator[CallStore]:
    """Yield a store that is only read; its large values may be away where it is not `for_values`."""
    store = open_for_reading(path, for_values=for_values)
    try:
        yield store
    finally:
        store.close()


def _calls(store: CallStore, options: Namespace) -> int:
    key = None if options.op is None else find.key_of(store, options.op)
    limit = options.limit or _SHOWN
    found = store.latest_calls(limit, op=key, status=options.status)
    if options.json:
        shown.say_json([_as_data(call) for call in found])
        return 0
    rows = [
        [
            call.hid[:8],
            shown.moment(call.started_s),
            "ok" if call.status == "ok" else "ERROR",
            shown.duration(call.duration_s) if call.executed else "cached",
            f"{call.name}({argument_text(call.inputs)})",
        ]
        for call in found
    ]
    shown.say_table(rows, ["call", "when", "", "took", "what"])
    if len(found) == limit:
        shown.say(f"the last {len(found):,} are shown; --limit shows more")
    return 0


def _as_data(call: Call) -> dict[str, Any]:
    return {
        "hid": call.hid,
        "op": call.op,
        "status": call.status,
        "started_s": call.started_s,
        "duration_s": call.duration_s,
        "executed": call.executed,
        "inputs": {name: {"cid": ref.cid, "hid": ref.hid} for name, ref in call.inputs.items()},
        "outputs": {name: {"cid": ref.cid, "hid": ref.hid} for name, ref in call.outputs.items()},
        "error": call.error,
    }


def _ops(store: CallStore, options: Namespace) -> int:
    specs = [spec for spec in store.ops() if not spec.key.startswith(RESERVED)]
    found = [
        {"op": spec.key, "calls": store.count_calls(spec.key), "versions": len(store.versions(spec.key))}
        for spec in specs
    ]
    if options.json:
        shown.say_json(found)
    else:
        rows = [[f"{one['calls']:,}", f"{one['versions']:,}", str(one["op"])] for one in found]
        shown.say_table(rows, ["calls", "versions", "op"])
    return 0


def _sessions(store: CallStore, options: Namespace) -> int:
    found = store.sessions()
    if options.json:
        shown.say_json(found)
    else:
        shown.say_table([[name] for name in found], ["session"])
    return 0


def _pins(store: CallStore, options: Namespace) -> int:
    found = store.pins()
    if options.json:
        shown.say_json(found)
    else:
        shown.say_table([[shown.moment(one.at_s), one.hid, one.reason] for one in found], ["when", "pinned", "reason"])
    return 0


def _set_aside(store: CallStore, options: Namespace) -> int:
    found = store.set_aside()
    if options.json:
        shown.say_json(found)
    else:
        rows = [
            [
                shown.moment(one.at_s),
                one.kind,
                one.id,
                shown.size(one.bytes),
                "yes" if one.made_again else "",
                one.reason,
            ]
            for one in found
        ]
        shown.say_table(rows, ["when", "kind", "id", "size", "made again", "what was wrong"])
    return 0


def _signers(store: CallStore, options: Namespace) -> int:
    found = trust.signers(store, reading_keyring())
    if options.json:
        shown.say_json(found)
    else:
        rows = [[one.key, one.standing, f"{one.calls:,}", f"{one.values:,}"] for one in found]
        shown.say_table(rows, ["key", "standing", "calls", "values"])
    return 0


_LISTS = {
    None: _calls,
    "ops": _ops,
    "sessions": _sessions,
    "pins": _pins,
    "signers": _signers,
    "set-aside": _set_aside,
}
"""What `ls` lists, by its option."""
