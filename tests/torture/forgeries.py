"""Who may write to a store's files, and has no key, changes what they like: no call answers with it, nothing runs.

Each round copies a store that the user recorded, or one that somebody else did, lets an
attacker change it, looks at it in every way, and makes all calls again.
"""

from __future__ import annotations

import os
import pickle
import random
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from mandala_lab import MandalaLabError
from mandala_lab.model.hashing import digest
from mandala_lab.wiring.reading import open_for_reading
from torture.figures import Figures, Size, progress, seeded
from torture.work import KINDS, expected, kept, opened, same

_ROUNDS: dict[Size, int] = {"small": 24, "full": 3000}
_CALLS = [(kind, x) for kind in KINDS for x in range(3)]
_KEY = "MANDALA_LAB_KEY_FILE"


def run(size: Size, folder: Path) -> Figures:
    """Forge, look and call."""
    figures = Figures("forgeries")
    own = folder / "own"
    stores = {
        "own": _recorded(own, os.environ.get(_KEY)),
        "theirs": _recorded(folder / "theirs", str(folder / "their key")),
    }
    attacks = list(_ATTACKS.items())
    for number in range(_ROUNDS[size]):
        chance = seeded("forgeries", number)
        whose = "theirs" if number % 4 == 3 else "own"
        copy = folder / f"copy{number}"
        shutil.copytree(stores[whose].parent, copy)
        chosen = [attacks[number % len(attacks)], *chance.sample(attacks, chance.randrange(3))]
        names = " and ".join(name for name, _ in chosen)
        trap = copy / "trap"
        with closing(sqlite3.connect(copy / "s.db")) as connection:
            for _, attack in chosen:
                attack(connection, chance, copy, trap)
            connection.commit()
        _look(figures, copy / "s.db", f"{whose}, {names}")
        _call(figures, copy / "s.db", f"{whose}, {names}")
        figures.expect(not trap.exists(), f"{whose}, {names}: a pickle of somebody else was read")
        figures.count("stores forged", 1)
        shutil.rmtree(copy)
        progress(f"{number + 1} of {_ROUNDS[size]} stores")
    return figures.done()


def _recorded(folder: Path, key: str | None) -> Path:
    """Return a store with the calls, written under a key."""
    folder.mkdir()
    before = os.environ.get(_KEY)
    if key is not None:
        os.environ[_KEY] = key
    try:
        with opened(folder / "s.db") as storage:
            for kind, x in _CALLS:
                kept(kind, x)
        storage.close()
    finally:
        if before is not None:
            os.environ[_KEY] = before
    return folder / "s.db"


def _look(figures: Figures, path: Path, when: str) -> None:
    """List, draw, check and pack a store: errors of ours are fine."""
    try:
        store = open_for_reading(str(path))
    except MandalaLabError:
        figures.count("refused on opening", 1)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for look in (_list, _draw, _check):
            try:
                look(store)
            except MandalaLabError:
                figures.count("looks refused", 1)
            except Exception as error:  # what a row must never meet
                figures.fail(f"{when}: {look.__name__} raised {type(error).__name__}: {error}")
    store.close()


def _list(store: Any) -> None:
    from mandala_lab.live.inspect import argument_text

    for call in store.calls_of_session(None):
        argument_text(call.inputs)
        argument_text(call.outputs)


def _draw(store: Any) -> None:
    from mandala_lab.computation_frame import ComputationFrame
    from mandala_lab.frame.source import frame_of

    with tempfile.NamedTemporaryFile(suffix=".svg") as file:
        frame = ComputationFrame(frame_of(store, None, ""), store)
        frame.save_svg(file.name)
    with tempfile.NamedTemporaryFile(suffix=".html") as file:
        frame.save_html(file.name, values=True)


def _check(store: Any) -> None:
    from mandala_lab.records.fsck import fsck

    fsck(store, None)


def _call(figures: Figures, path: Path, when: str) -> None:
    """Make every call, and note answers that are wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            storage = opened(path)
        except MandalaLabError:
            figures.count("refused on opening", 1)
            return
        with storage:
            for kind, x in _CALLS:
                try:
                    answer = storage.unwrap(kept(kind, x))
                except MandalaLabError as error:
                    figures.fail(f"{when}: kept({kind}, {x}) raised {error}")
                    continue
                figures.expect(same(answer, expected(kind, x)), f"{when}: kept({kind}, {x}) is {str(answer)[:60]}")
                figures.count("answers right", 1)
        hits, computed = storage.stats().cached, storage.stats().computed
        figures.count("of them recorded", hits)
        figures.count("of them computed", computed)
        storage.close()


# --- attacks

Attack = Callable[[sqlite3.Connection, random.Random, Path, Path], None]


def _pair(connection: sqlite3.Connection, chance: random.Random, table: str, columns: str) -> list[tuple[Any, ...]]:
    rows = connection.execute(f"select rowid, {columns} from {table}").fetchall()
    return chance.sample(rows, 2)


def _swap(table: str, columns: str) -> Attack:
    def attack(connection: sqlite3.Connection, chance: random.Random, _copy: Path, _trap: Path) -> None:
        names = columns.split(", ")
        one, other = _pair(connection, chance, table, columns)
        says = ", ".join(f"{name} = ?" for name in names)
        if table == "stored_values" and "cid" in names:  # of which each is there once
            connection.execute(
                "update stored_values set cid = randomblob(20) where rowid in (?, ?)", (one[0], other[0])
            )
        for row, values in ((one[0], other[1:]), (other[0], one[1:])):
            connection.execute(f"update {table} set {says} where rowid = ?", (*values, row))

    return attack


def _random_signature(connection: sqlite3.Connection, chance: random.Random, _copy: Path, _trap: Path) -> None:
    for (row, signature), forged in zip(_pair(connection, chance, "calls", "signature"), (b"", b"x" * 16), strict=True):
        links = connection.execute("select links from calls order by random() limit 1").fetchone()[0]
        made = (signature or b"")[:4] + (forged or chance.randbytes(16))
        connection.execute("update calls set links = ?, signature = ? where rowid = ?", (links, made, row))


def _unsigned_copies(connection: sqlite3.Connection, _chance: random.Random, _copy: Path, _trap: Path) -> None:
    names = "cid, op_id, state_id, status, executed, started_us, duration_us, links, error"
    connection.execute(f"insert into calls (hid, {names}) select hid, {names} from calls where id % 2 = 0")
    connection.execute(
        "update calls set links = (select links from calls where id = 1), signature = null where id % 2 = 0"
    )


def _other_compatible(connection: sqlite3.Connection, _chance: random.Random, _copy: Path, _trap: Path) -> None:
    connection.execute("update code_versions set representative = x'00112233445566778899aabbccddeeff00112233'")


def _other_prefix(connection: sqlite3.Connection, chance: random.Random, _copy: Path, _trap: Path) -> None:
    connection.execute("update code_states set prefix = ?", (chance.randbytes(20),))


def _other_bytes(connection: sqlite3.Connection, chance: random.Random, _copy: Path, _trap: Path) -> None:
    """Give a value the bytes of another, with the digest that they have."""
    one, other = _pair(connection, chance, "stored_values", "format, digest, data")
    connection.execute(
        "update stored_values set format = ?, digest = ?, data = ? where rowid = ?", (*other[1:], one[0])
    )


def _other_file(connection: sqlite3.Connection, chance: random.Random, copy: Path, _trap: Path) -> None:
    files = sorted(path for path in (copy / "s.db.values").iterdir() if path.is_file())
    one, other = chance.sample(files, 2)
    data = other.read_bytes()
    one.write_bytes(data)
    if chance.random() < 0.5:
        connection.execute(
            "update spilled_values set digest = ? where cid = ?", (digest(data), bytes.fromhex(one.name))
        )


class _Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def _pickle(connection: sqlite3.Connection, _chance: random.Random, _copy: Path, trap: Path) -> None:
    """Put a pickle, bare and as one that is signed, in the place of values and programs."""
    bare = pickle.dumps(_Trap(trap))
    for rest, data in ((0, bare), (1, b"s" * 32 + bare)):
        says = (digest(data), data, rest)
        connection.execute("update stored_values set format = 'pickle', digest = ?, data = ? where id % 2 = ?", says)
    connection.execute("update code_versions set program = ?", (b"s" * 32 + bare,))


def _folder_elsewhere(connection: sqlite3.Connection, _chance: random.Random, copy: Path, _trap: Path) -> None:
    connection.execute(
        "insert or replace into settings (name, value) values ('overflow_dir', ?)", (str(copy / "elsewhere"),)
    )


def _succeeded(connection: sqlite3.Connection, _chance: random.Random, _copy: Path, _trap: Path) -> None:
    connection.execute("update calls set status = 1 - status")


_ATTACKS: dict[str, Attack] = {
    "links of another call": _swap("calls", "links"),
    "links and signature of another call": _swap("calls", "links, signature"),
    "content id of another call": _swap("calls", "cid"),
    "history id of another call": _swap("calls", "hid"),
    "all but the links of another call": _swap("calls", "hid, cid, signature"),
    "made-up signatures": _random_signature,
    "unsigned copies": _unsigned_copies,
    "another class of versions": _other_compatible,
    "another prefix": _other_prefix,
    "ids of another value": _swap("stored_values", "cid"),
    "bytes of another value": _other_bytes,
    "signature of another value": _swap("stored_values", "signature"),
    "another file": _other_file,
    "pickles": _pickle,
    "a folder elsewhere": _folder_elsewhere,
    "failures that succeeded": _succeeded,
    "nothing": lambda *_: None,
}
