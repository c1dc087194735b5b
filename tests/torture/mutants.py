"""Row 7: hostile files in place of a store, opened for reading.

Copies of a small store are changed at random: bytes, pages, the header, the length, and rows,
among them values whose digest was made to fit. Processes with little memory open, list, draw
and preview them. None may die, and only an error of ours may come out.
"""

from __future__ import annotations

import random
import resource
import sqlite3
import struct
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from mandala_lab import MandalaLabError, op
from mandala_lab.computation_frame import ComputationFrame
from mandala_lab.frame.source import frame_of
from mandala_lab.live.stored import StoredFrame
from mandala_lab.model.hashing import digest
from mandala_lab.render.preview import preview_ref
from mandala_lab.schema.messages import CallInspect, Failure, FrameGet, NodeInspect
from mandala_lab.wiring.reading import open_for_reading
from torture.figures import Figures, Size, progress, seeded
from torture.work import KINDS, append, kept, lines_of, opened
from torture.workers import errors_of, prepare, start

_FILES = {"small": 30, "full": 20_000}
_MEMORY = 512 << 20  # bytes, over what the process had before
_BATCH, _AT_ONCE = 100, 2
_PATIENCE_S = 200
_PAGE = 2048
_SELDOM = 400  # a file of 250 MB
_SESSION = "notebook.ipynb"


def run(size: Size, folder: Path) -> Figures:
    """Let processes read mutants, and find those that killed one."""
    figures = Figures("mutants")
    prepare("mandala_lab.render.layered", __name__)
    made = start(folder, _fill, folder / "store.db")
    made.join()
    left = [range(at, min(at + _BATCH, _FILES[size])) for at in range(0, _FILES[size], _BATCH)]
    running: list[tuple[Any, range, float]] = []
    while left or running:
        while left and len(running) < _AT_ONCE:
            batch = left.pop()
            running.append((start(folder, _read, folder, batch), batch, time.monotonic()))
        for process, batch, began in list(running):
            process.join(0.2 if process is running[0][0] else 0)
            if process.exitcode is None and time.monotonic() - began < _PATIENCE_S:
                continue
            running.remove((process, batch, began))
            left += _judge(figures, folder, process, batch)
            progress(f"{figures.counts.get('files', 0):,} files read")
    for text in errors_of(folder):
        figures.fail(text)
    for path in folder.glob("outcomes-*"):
        for what, number in Counter(lines_of(path)).items():
            name, _, detail = what.partition(": ")
            figures.count(name, number)
            if detail:
                figures.fail(what)
    for path in folder.glob("memory-*"):
        figures.largest("MB more memory at most", max(map(int, lines_of(path))))
    return figures.done()


def _judge(figures: Figures, folder: Path, process: Any, batch: range) -> list[range]:
    """Return what is left of a batch, when its process ended or has to."""
    at = lines_of(folder / f"at-{batch.start}")
    number = int(at[-1].split()[0]) if at else batch.start
    figures.count("files", number + 1 - batch.start)
    if process.exitcode == 0:
        return []
    hung = process.exitcode is None
    process.kill()
    process.join()
    how = "hung" if hung else f"died with {process.exitcode}"
    figures.count("processes that died or hung")
    figures.fail(f"a process {how} at mutant {at[-1] if at else number}")
    return [range(number + 1, batch.stop)] if number + 1 < batch.stop else []


@op(name="torture:table", version="1")
def _table(n: int) -> Any:
    import pandas as pd

    return pd.DataFrame({"x": range(n), "name": [f"row {i}" for i in range(n)], "y": [i / 7 for i in range(n)]})


@op(name="torture:size", version="1")
def _size(frame: Any) -> int:
    return len(frame)


@op(name="torture:failing", version="1")
def _failing(x: int) -> None:
    raise ValueError(x)


def _fill(path: Path) -> None:
    with opened(path, session=_SESSION) as storage:
        for kind in KINDS:
            kept(kind, 1)
            kept(kind, 1)
        storage.unwrap(_size(_table(20)))
        with suppress(ValueError):
            _failing(1)
        storage.commit()
    storage.close()


def _read(folder: Path, batch: range) -> None:
    warnings.simplefilter("ignore")
    origin = folder / "store.db"
    data, free, found, grown = origin.read_bytes(), resource.getrlimit(resource.RLIMIT_AS), [], []
    for number in batch:
        random = seeded("mutant", number)
        mutate = random.choice(_MUTATIONS) if number % _SELDOM else _swell
        copy = folder / f"copy-{number}.db"  # a name of its own, since SQLite shares what it knows of a file
        copy.write_bytes(data)
        copy.with_name(f"{copy.name}.values").symlink_to(folder / "store.db.values")
        with suppress(sqlite3.Error):
            mutate(copy, random)
        append(folder / f"at-{batch.start}", f"{number} {mutate.__name__}")
        before = _peak_kib(anew=True)
        resource.setrlimit(resource.RLIMIT_AS, (_taken() + _MEMORY, free[1]))
        seen = _looked_at(copy)
        resource.setrlimit(resource.RLIMIT_AS, free)
        grown.append(_peak_kib() - before)
        found += [f"{what} of mutant {number} {mutate.__name__}" if ": " in what else what for what in seen]
        for path in folder.glob(f"{copy.name}*"):
            path.unlink()
    append(folder / f"memory-{batch.start}", str(max(grown) // 1024))
    append(folder / f"outcomes-{batch.start}", "\n".join(found))


def _taken() -> int:
    """Return the bytes of addresses that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _peak_kib(*, anew: bool = False) -> int:
    """Return the most memory that this process had, since it was last asked to begin `anew`."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _looked_at(path: Path) -> list[str]:
    """Look at all there is in a store, and say what came of it."""
    try:
        store = open_for_reading(str(path))
    except MandalaLabError:
        return ["refused to open"]
    except Exception as error:
        return [f"RAISED: {error!r} on opening"]
    found = []
    for look in _LOOKS:
        try:
            look(store)
        except MandalaLabError:
            found.append("looks refused")
        except Exception as error:
            found.append(f"RAISED: {error!r} by {look.__name__}")
        else:
            found.append("looks answered")
    try:
        store.close()
    except Exception as error:
        found.append(f"RAISED: {error!r} on closing")
    return found


def _list(store: Any) -> None:
    for call in store.calls_of_session(None):
        repr(call)


def _draw(store: Any) -> None:
    frame = ComputationFrame(frame_of(store, None, _SESSION), store)
    frame.check()
    frame.to_svg()


def _count(store: Any) -> None:
    store.totals()
    store.sizes()
    store.count_calls()
    store.events()


def _spans(store: Any) -> None:
    for call in store.calls_of_session(_SESSION):
        store.last_spans([call.hid])
        for span in store.spans_of_call(call.hid):
            store.spans_of_run(span.run, parent=-1)


def _preview(store: Any) -> None:
    for call in store.calls_of_session(None):
        for ref in (*call.inputs.values(), *call.outputs.values()):
            preview_ref(ref)


def _ask(store: Any) -> None:
    """Ask what a panel asks, which takes no exception at all."""
    frame = StoredFrame(store, "store.db", _SESSION)
    found = frame.answer(FrameGet())
    if isinstance(found, Failure):
        return
    for node in found.scene.nodes[:4]:
        frame.answer(NodeInspect(node=node.id))
    for hid in list(frame._graph.calls)[:4] if frame._graph else ():
        frame.answer(CallInspect(hid=hid))


_LOOKS: tuple[Callable[[Any], None], ...] = (_list, _draw, _count, _spans, _preview, _ask)


# --- mutations of a file


def _change_bytes(path: Path, random: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(random.choice([1, 1, 2, 5, 50, 500])):
        data[random.randrange(len(data))] = random.randrange(256)
    path.write_bytes(data)


def _cut(path: Path, random: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: random.randrange(len(data))])


def _grow(path: Path, random: random.Random) -> None:
    path.write_bytes(path.read_bytes() + random.randbytes(random.choice([1, 100, _PAGE, 10 * _PAGE])))


def _swap_pages(path: Path, random: random.Random) -> None:
    data = bytearray(path.read_bytes())
    one, other = (random.randrange(len(data) // _PAGE) * _PAGE for _ in range(2))
    data[one : one + _PAGE], data[other : other + _PAGE] = data[other : other + _PAGE], data[one : one + _PAGE]
    path.write_bytes(data)


def _empty_page(path: Path, random: random.Random) -> None:
    data = bytearray(path.read_bytes())
    at = random.randrange(len(data) // _PAGE) * _PAGE
    data[at : at + _PAGE] = random.choice([bytes(_PAGE), b"\xff" * _PAGE, random.randbytes(_PAGE)])
    path.write_bytes(data)


def _change_header(path: Path, random: random.Random) -> None:
    """Let a field of the file's header, or of a page's, be larger, smaller or none."""
    data = bytearray(path.read_bytes())
    page = random.choice([0, 0, random.randrange(len(data) // _PAGE) * _PAGE])
    at = page + random.randrange(0, 100 if page == 0 else 12)
    form = random.choice([">B", ">H", ">I"])
    value = random.choice([0, 1, 255, 65_535, 2**31 - 1, 2**32 - 1, random.randrange(2**32)])
    struct.pack_into(form, data, at, value % (1 << 8 * struct.calcsize(form)))
    path.write_bytes(data)


def _change_row(path: Path, random: random.Random) -> None:
    """Let any column of any row hold anything."""
    with closing(sqlite3.connect(path)) as connection, connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        table = random.choice(sorted(name for name in tables if not name.startswith("sqlite_")))
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        column = random.choice(columns)
        rows = connection.execute(f"SELECT {column} FROM {table} ORDER BY {column}").fetchall()
        if rows:
            old = random.choice(rows)[0]
            where = f"{column} IS ?"
            connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {where}", (_other(old, random), old))


def _other(old: Any, random: random.Random) -> Any:
    anything = [None, 0, -1, 2**63 - 1, -(2**63), 1e308, "", "text", b"", b"\xc1", b"\x93\x90\x90\x90", "[" * 5000]
    if random.random() < 0.5 or not isinstance(old, str | bytes) or not old:
        return random.choice(anything)
    return _edited(old.encode() if isinstance(old, str) else old, random, text=isinstance(old, str))


def _edited(old: bytes, random: random.Random, *, text: bool = False) -> Any:
    data = bytearray(old)
    for _ in range(random.choice([1, 1, 3, 10])):
        at = random.randrange(len(data))
        way = random.randrange(3)
        if way == 0:
            data[at] = random.randrange(256)
        elif way == 1:
            data[at:at] = data[at : at + random.randrange(1, 20)] * random.choice([1, 1, 1000])
        else:
            del data[at : at + random.randrange(1, 5)]
        data = data or bytearray(b"\0")
    return data.decode("utf-8", "replace") if text else bytes(data)


def _forge_value(path: Path, random: random.Random) -> None:
    """Change the bytes of a value, and its digest too: whoever made the file can."""
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = connection.execute("SELECT cid, data FROM stored_values ORDER BY cid").fetchall()
        cid, data = random.choice(rows)
        forged = _edited(data, random)
        name = random.choice(["tree", "npy", "arrow", "pickle", None, None, None, None])
        fitting = random.choice([digest(forged), digest(forged), b""])
        connection.execute(
            "UPDATE stored_values SET data = ?, digest = ?, format = coalesce(?, format) WHERE cid = ?",
            (forged, fitting, name, cid),
        )


_ENDLESS = (
    "CREATE VIEW runs AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) "
    "SELECT n AS id, 'a' AS name, 0 AS started_us, 'notebook.ipynb' AS session, '' AS kernel, '' AS user, "
    "'' AS git_commit, '' AS python, '{}' AS packages FROM r"
)


def _forge_schema(path: Path, random: random.Random) -> None:
    """Let the schema say other things: views, triggers, columns that are computed."""
    with closing(sqlite3.connect(path)) as connection, connection:
        statement = random.choice(
            [
                "CREATE TRIGGER t AFTER INSERT ON spans BEGIN DELETE FROM calls; END",
                "ALTER TABLE calls RENAME TO real; CREATE VIEW calls AS SELECT * FROM real, real AS r2, real AS r3",
                "ALTER TABLE calls ADD COLUMN more GENERATED ALWAYS AS (zeroblob(2000000000))",
                f"ALTER TABLE runs RENAME TO real; {_ENDLESS}",
                "DROP TABLE edges; CREATE TABLE edges (head, call_id)",
                "DROP TABLE settings",
                "INSERT INTO settings VALUES ('overflow_dir', '/dev')",
                "INSERT INTO settings VALUES ('overflow_dir', 'a' || char(0) || 'b')",
                "UPDATE ops SET name = printf('%.*c', 1000000, 'x')",
            ]
        )
        connection.executescript(statement)


def _swell(path: Path, random: random.Random) -> None:
    """Let one field be larger than anything that a store keeps in its database."""
    with closing(sqlite3.connect(path)) as connection, connection:
        table, column = random.choice([("stored_values", "data"), ("calls", "links"), ("code_versions", "code")])
        where = f"rowid = (SELECT min(rowid) FROM {table})"
        connection.execute(f"UPDATE {table} SET {column} = zeroblob(250000000) WHERE {where}")


_MUTATIONS: tuple[Callable[[Path, random.Random], None], ...] = (
    _change_bytes,
    _change_bytes,
    _cut,
    _grow,
    _swap_pages,
    _empty_page,
    _change_header,
    _change_row,
    _change_row,
    _change_row,
    _forge_value,
    _forge_value,
    _forge_schema,
)
