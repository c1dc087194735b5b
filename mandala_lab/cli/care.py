"""Looking after a store: ``fsck``, ``gc``, ``pin``, ``trust``, ``migrate``."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from mandala_lab.cli import shown
from mandala_lab.cli.listing import reading
from mandala_lab.model.errors import StoreError
from mandala_lab.model.holdings import Collected
from mandala_lab.records import space
from mandala_lab.records.fsck import Checkup, Progress
from mandala_lab.records.fsck import fsck as check
from mandala_lab.storage import Storage
from mandala_lab.wiring.reading import pending_migrations


def fsck(options: Namespace) -> int:
    """Check a store, and repair it where that is asked for."""
    with shown.progress("checking", " records") as count:

        def progress(_what: str, number: int) -> None:
            count(number)

        found = _repaired(options.store, progress) if options.repair else _checked(options.store, progress)
    if options.json:
        faults = [
            {
                "kind": one.kind,
                "place": one.place,
                "id": one.id,
                "detail": one.detail,
                "repaired": found.repaired.get(one),
            }
            for one in found.faults
        ]
        shown.say_json(
            {
                "calls": found.calls,
                "values": found.values,
                "faults": faults,
                "number": found.number,
                "untrusted": found.untrusted,
                "set_aside": found.set_aside,
                "duration_s": found.duration_s,
                "exit_code": found.exit_code,
            }
        )
    else:
        shown.say(found)
    return found.exit_code


def gc(options: Namespace) -> int:
    """Delete what is least worth its bytes, and what nothing refers to."""
    with shown.progress("collecting", " calls") as count:
        before = 0

        def progress(done: int, _of: int) -> None:
            nonlocal before
            count(done - before)
            before = done

        found, given_back = (_foretold(options), 0) if options.dry_run else _collected(options, progress)
    if options.json:
        shown.say_json(asdict(found) | {"given_back": given_back})
    else:
        shown.say(found)
        if given_back:
            shown.say(f"gave {shown.size(given_back)} back to the file system")
    return 0 if found.reached else 1


def _foretold(options: Namespace) -> Collected:
    with reading(options.store) as store:
        return space.collect(store, options.max_size, options.older_than, set_aside=options.set_aside, dry_run=True)


def _collected(options: Namespace, progress: space.Progress) -> tuple[Collected, int]:
    """Collect; return what went, and the bytes that were given back to the file system."""
    storage = _existing(options.store)
    try:
        found = storage.gc(options.max_size, options.older_than, set_aside=options.set_aside, progress=progress)
        return found, storage.vacuum() if options.vacuum else 0
    finally:
        storage.close()


def pin(options: Namespace) -> int:
    """Keep a call for good, or no longer."""
    storage = _existing(options.store)
    try:
        hid = storage.get_call(options.call).hid
        if options.remove:
            storage.unpin(hid)
        else:
            storage.pin(hid, options.reason)
    finally:
        storage.close()
    if options.json:
        shown.say_json({"call": hid, "pinned": not options.remove})
    else:
        shown.say(f"{hid} {'may be collected' if options.remove else 'is kept for good'}")
    return 0


def trust(options: Namespace) -> int:
    """Let records of somebody count, or no longer."""
    storage = _existing(options.store)
    try:
        if options.remove:
            mark = storage.untrust(options.key)
        else:
            found = storage.trust(options.key, pickles=options.pickles)
    finally:
        storage.close()
    if options.remove:
        return _told_untrusted(mark, options)
    if options.json:
        shown.say_json(found)
        return 0
    if found.calls or found.values:
        shown.say(f"{found.calls:,} calls and {found.values:,} values of {found.key} are yours from now on")
    else:
        shown.say(f"what {found.key} signs counts from now on, in every store")
    if found.pickles_left:
        shown.say(f"{found.pickles_left:,} pickled values are still closed: --pickles trusts them too, with their code")
    if found.damaged_left:
        shown.say(f"{found.damaged_left:,} values are damaged, and stay as they are")
    return 0


def _told_untrusted(mark: str, options: Namespace) -> int:
    if options.json:
        shown.say_json({"key": mark, "trusted": False})
    else:
        shown.say(f"what {mark} signs counts no longer, in any store")
    return 0


def migrate(options: Namespace) -> int:
    """Bring a store of an earlier version up to date."""
    names = pending_migrations(options.store)
    if names and not options.dry_run:
        _existing(options.store).close()
    if options.json:
        shown.say_json({"migrations": names, "done": bool(names) and not options.dry_run})
    elif not names:
        shown.say("the store is up to date")
    else:
        shown.say(f"{'would apply' if options.dry_run else 'applied'}: {', '.join(names)}")
    return 0


def _checked(path: str, progress: Progress) -> Checkup:
    with reading(path, for_values=True) as store:
        return check(store, None, progress)


def _repaired(path: str, progress: Progress) -> Checkup:
    storage = _existing(path)
    try:
        return storage.fsck(repair=True, progress=progress)
    finally:
        storage.close()


def _existing(path: str) -> Storage:
    """Open a store for writing that is there: a mistyped name is no new one."""
    if not Path(path).expanduser().is_file():
        raise StoreError(f"there is no store {path}; give the path of one, such as results.db")
    return Storage(path)
