"""Which store a notebook records to: noted by its kernel, asked by the Jupyter server.

One small file for each notebook in the user's own Jupyter data folder, so that
a page never has to name a file of the machine. Owns nothing of the stores.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from mandala_lab.model.hashing import digest

_SUFFIX = ".json"


class _Note(msgspec.Struct, forbid_unknown_fields=True):
    session: str
    store: str


def note_store(session: str, store: str) -> None:
    """Note that the notebook `session` records to the file `store`.

    A folder that cannot be written is no error: the graph is then shown only
    while the kernel records.
    """
    note = _note_of(session)
    part = note.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.touch(mode=0o600)
        part.write_bytes(msgspec.json.encode(_Note(session, store)))
        part.replace(note)


def store_of(session: str) -> str | None:
    """Return the file that the notebook `session` recorded to last; ``None`` where there is none."""
    try:
        note = msgspec.json.decode(_note_of(session).read_bytes(), type=_Note)
    except (OSError, msgspec.DecodeError):
        return None
    return note.store if note.session == session and Path(note.store).is_file() else None


def _note_of(session: str) -> Path:
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "mandala-lab" / "notebooks" / (digest(session.encode()).hex() + _SUFFIX)
