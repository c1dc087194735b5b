"""What leaves a store and what comes into one: ``export`` and ``import``."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mandala_lab.cli import shown
from mandala_lab.cli.listing import reading
from mandala_lab.computation_frame import ComputationFrame
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.source import of_op, of_session
from mandala_lab.model.errors import StoreError, nearest
from mandala_lab.model.files import target
from mandala_lab.ports.call_store import CallStore
from mandala_lab.records import find
from mandala_lab.storage import Storage
from mandala_lab.sync import archive

_KINDS = {".svg": "a picture of its graph", ".zip": "all of it, in one file"}


def export(options: Namespace) -> int:
    """Write a picture or an archive of a store."""
    ending = Path(options.target).suffix.lower()
    if ending not in _KINDS:
        known = ", or ".join(f"{suffix} for {what}" for suffix, what in _KINDS.items())
        raise StoreError(f"{options.target}: the ending says what is exported: {known}")
    place = target(options.target, ending)
    if ending == ".zip" and (options.op is not None or options.session is not None):
        raise StoreError("an archive holds all of a store: --op and --session choose what is drawn in a picture")
    with reading(options.store, for_values=ending == ".zip") as store:
        if ending == ".svg":
            ComputationFrame(_graph(store, options), store).save_svg(place)
        else:
            with shown.progress("packing", "B") as count:
                archive.pack(store, place, count)
    size = place.stat().st_size
    if options.json:
        shown.say_json({"path": str(place), "bytes": size})
    else:
        shown.say(f"wrote {place} ({shown.size(size)})")
    return 0


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


def _graph(store: CallStore, options: Namespace) -> FrameGraph:
    if options.op is not None:
        return of_op(store, find.key_of(store, options.op))
    found = of_session(store, options.session)
    if not len(found.all_calls) and options.session is not None:
        told = nearest(options.session, store.sessions()[::-1])
        raise LookupError(f"no call belongs to the session {options.session!r}; {told}")
    return found
