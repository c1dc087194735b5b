"""What leaves a store and what comes into one: ``export`` and ``import``."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mandala_lab.cli import shown
from mandala_lab.cli.listing import reading
from mandala_lab.computation_frame import ComputationFrame
from mandala_lab.computation_frame.files import ENDINGS
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.source import of_op, of_session
from mandala_lab.model.errors import StoreError, nearest
from mandala_lab.model.files import target
from mandala_lab.ports.call_store import CallStore
from mandala_lab.records import find
from mandala_lab.storage import Storage
from mandala_lab.sync import archive

_KINDS = {**ENDINGS, ".zip": "all of it, in one file"}


def export(options: Namespace) -> int:
    """Write what the ending of a file says: something of the graph, or an archive of the store."""
    written, op = _file_and_op(options)
    ending = Path(written).suffix.lower()
    if ending not in _KINDS:
        known = ", or ".join(f"{suffix} for {what}" for suffix, what in _KINDS.items())
        raise StoreError(f"{written}: the ending says what is exported: {known}")
    place = target(written, ending)
    if ending == ".zip" and (op is not None or options.session is not None or options.select is not None):
        raise StoreError("an archive holds all of a store: an op, --session and --select choose what else is written")
    if ending == ".zip" and (options.values or options.redact):
        raise StoreError("an archive holds all values of a store: --values and --redact go with an .html file")
    with reading(options.store, for_values=ending in {".zip", ".py"} or options.values) as store:
        if ending == ".zip":
            with shown.progress("packing", "B") as count:
                archive.pack(store, place, count)
        else:
            frame = ComputationFrame(_graph(store, op, options.session), store)
            frame = frame if options.select is None else frame.select(options.select)
            if options.select is not None and not frame.nodes:
                shown.note(f"nothing of the graph is {options.select!r}, so {place} holds nothing")
            frame.save(place, values=options.values, redact=options.redact)
    size = place.stat().st_size
    if options.json:
        shown.say_json({"path": str(place), "bytes": size})
    else:
        shown.say(f"wrote {place} ({shown.size(size)})")
    return 0


def _file_and_op(options: Namespace) -> tuple[str, str | None]:
    """Return the file and the op, which may be given as ``OP -o FILE`` or as ``FILE --op OP``."""
    if options.output is None:
        if options.what is None:
            raise StoreError("no file is named: say -o report.html, or another ending of " + ", ".join(_KINDS))
        return options.what, options.op
    if options.what is not None and options.op is not None:
        raise StoreError(f"an op is given twice, as {options.what!r} and as --op {options.op!r}: leave one out")
    return options.output, options.what if options.op is None else options.op


def take_in(options: Namespace) -> int:
    """Take an archive or another store into a store, which is made if it is missing."""
    source = Path(options.source).expanduser()
    if not source.is_file():
        raise StoreError(f"there is no file {source}: give an archive, or a store")
    is_new = not Path(options.store).expanduser().exists()
    storage: Storage | None = None
    try:
        storage = Storage(options.store)
        with shown.progress("taking in", " records") as count:
            found = storage.merge(source, progress=count)
    except BaseException:
        if storage is not None:
            storage.close()
        if is_new:  # nothing came in
            for suffix in ("", ".lock", "-wal", "-shm"):
                Path(f"{Path(options.store).expanduser()}{suffix}").unlink(missing_ok=True)
        raise
    storage.close()
    if options.json:
        shown.say_json(found)
    else:
        shown.say(found)
    return int(found.damaged > 0 or not found.whole)


def _graph(store: CallStore, op: str | None, session: str | None) -> FrameGraph:
    if op is not None:
        return of_op(store, find.only_key_of(store, op))
    found = of_session(store, session)
    if not len(found.all_calls) and session is not None:
        raise LookupError(f"no call belongs to the session {session!r}; {nearest(session, store.sessions()[::-1])}")
    return found
