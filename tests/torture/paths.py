"""Row 8: names that are paths, statements or no text at all, and what lies under the name of a value.

Names go to every place that takes one. Afterwards nothing lies outside of the store's own
files, and nothing is gone from the store. Then links, pipes and folders take the place of
files of values: they are never followed.
"""

from __future__ import annotations

import os
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mandala_lab import MandalaLabError, MandalaLabWarning, Storage, op
from torture.figures import Figures, Size, check_store
from torture.work import append, expected, kept, lines_of, opened, same
from torture.workers import errors_of, start

HOSTILE = (
    "",
    ".",
    "..",
    "../../outside",
    "/",
    "/etc/passwd",
    "C:\\Windows\\system32",
    "\\\\host\\share",
    "file:///etc/passwd",
    "~root/x",
    "$HOME/x",
    "a\0b",
    "\0",
    "'",
    '"',
    "`",
    "'; DROP TABLE calls; --",
    '"; DROP TABLE calls; --',
    "x' OR '1'='1",
    "%",
    "_",
    "*",
    "%s%n",
    "{0.__class__}",
    "a\nb",
    "\r\n",
    "\x1b[31m",
    "\ud800",
    "\udcff",
    "\u202egnp.exe",
    "\u200f",
    "\ufeff",
    "e\u0301",
    "\U0001f600",
    "x" * 10_000,
    "../" * 3_000,
    "\u202e" * 10_000,
    "NULL",
    "-1",
    "00",
    "zz" * 20,
    "00" * 20,
    "00" * 10_000,
)
_REFUSALS = (MandalaLabError, LookupError, ValueError, TypeError)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PATIENCE_S = 120


def run(size: Size, folder: Path) -> Figures:
    """Give hostile names, and put hostile things under the names of values."""
    figures = Figures("paths")
    for body in (_give_names, _give_folders, _give_files):
        place = folder / body.__name__ / "deep" / "er"
        place.mkdir(parents=True)
        before = _snapshot(folder, place)
        process = start(place, _watched, place, body)
        process.join(_PATIENCE_S)
        figures.expect(process.exitcode == 0, f"{body.__name__} ended with {process.exitcode}")
        process.kill()
        for text in errors_of(place):
            figures.fail(f"{body.__name__}: {text}")
        for line in lines_of(place / "figures"):
            what, number = line.rsplit(" ", 1)
            figures.count(what, int(number))
        for line in lines_of(place / "outside"):
            figures.fail(f"{body.__name__} wrote outside: {line}")
        after = _snapshot(folder, place)
        figures.expect(after == before, f"{body.__name__} left {sorted(name for name, _ in after ^ before)} outside")
        check_store(figures, place / "store.db", body.__name__)
    return figures.done()


def _snapshot(folder: Path, own: Path) -> set[tuple[str, bytes]]:
    """Return the files outside of a folder, and what is in them."""
    found = [path for path in folder.rglob("*") if path.is_file() and own not in path.parents]
    return {(str(path), path.read_bytes()) for path in found if "keys" not in path.parts}


def _watched(place: Path, body: Callable[[Path], None]) -> None:
    """Run a body in its folder, and note every file elsewhere that this process opens for writing."""
    os.chdir(place)
    if body is _give_files:  # which itself puts things outside
        body(place)
        return
    own = (str(place), os.environ.get("MANDALA_LAB_KEY_FILE", "\0").rsplit("/", 1)[0], "/dev/null")

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not arguments[2] & _WRITING:
            return
        if event in {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate"}:
            for path in arguments[:2] if event in {"os.rename", "os.link"} else arguments[:1]:
                if isinstance(path, str | bytes | os.PathLike):
                    name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - of a text
                    if not name.startswith(own) and "__pycache__" not in name:
                        found.append(f"{event} {name}")

    found: list[str] = []
    sys.addaudithook(watch)
    body(place)
    for line in found:
        append(place / "outside", line)


def _note(place: Path, what: str, number: int) -> None:
    append(place / "figures", f"{what} {number}")


# --- names


def _give_names(place: Path) -> None:
    """Give names to ops, arguments, sessions and finders."""
    asked = refused = 0
    warnings.simplefilter("ignore")
    with opened(place / "store.db") as storage:
        for text in HOSTILE:
            for give in (_as_op, _as_argument, *_FINDERS):
                asked += 1
                before = storage.store.count_calls()
                try:
                    give(storage, text)
                except _REFUSALS:
                    refused += 1
                assert storage.store.count_calls() >= before, "calls were dropped"
    for text in HOSTILE:
        asked += 1
        with opened(place / "store.db", session=text) as storage:
            assert storage.unwrap(kept("array", len(text))).size
            try:
                storage.call_tree(), storage.cf("run")
            except _REFUSALS:
                refused += 1
    with opened(place / "store.db") as storage:
        recorded = len(storage.calls())
        storage.cf().check()
        assert storage.cf().expand_all().to_svg()
    _note(place, "names given", asked)
    _note(place, "refused", refused)
    _note(place, "calls kept", recorded)
    assert recorded > len(HOSTILE), f"{recorded} calls are left"


def _as_op(storage: Storage, text: str) -> None:
    made = op(name=text, version="1")(lambda x: [x] * 100)
    assert storage.unwrap(made(1)) == [1] * 100
    storage.versions(made), storage.calls(made)


def _as_argument(storage: Storage, text: str) -> None:
    @op(name="torture:named", version="1")
    def named(**names: Any) -> Any:
        return sorted(names.values())

    assert storage.unwrap(named(**{text: 1})) == [1]
    storage.calls(named, where={text: 1})


_FINDERS: tuple[Callable[[Storage, str], Any], ...] = (
    lambda storage, text: storage.load_ref(text),
    lambda storage, text: storage.get_call(text) if text else None,
    lambda storage, text: storage.calls(text),
    lambda storage, text: storage.calls(where={text: text}),
    lambda storage, text: storage.get_consumers([text]),
    lambda storage, text: storage.drop_calls([text]) if text else None,
    lambda storage, text: storage.call_tree(text) if text else None,
    lambda storage, text: storage.cf([text]),
    lambda storage, text: storage.cf().df(text),
    lambda storage, text: storage.cf().expand_back(text),
    lambda storage, text: storage.store.spans_of_call(text),
    lambda storage, text: storage.store.calls_of_session(text),
)


# --- folders of values


def _give_folders(place: Path) -> None:
    """Give names as the folder of large values; where one is taken it is the store's own."""
    refused = 0
    with opened(place / "store.db"):
        kept("array", 1)
    for number, text in enumerate(HOSTILE):
        if text.startswith(("/", "~", "..")):  # the user's own choice of a place elsewhere
            continue
        try:
            with warnings.catch_warnings(), Storage(place / f"{number}.db", text, 0.001) as storage:
                warnings.simplefilter("ignore")
                assert same(storage.unwrap(kept("array", number)), expected("array", number))
        except MandalaLabError:
            refused += 1
    _note(place, "folders given", len(HOSTILE))
    _note(place, "folders refused", refused)


# --- what is no file


def _give_files(place: Path) -> None:
    """Put links, pipes and folders where the file of a value was, or will be."""
    outside = place.parent.parent / "outside"
    outside.mkdir()
    for number, (name, put) in enumerate(_IN_THE_WAY):
        with opened(place / "store.db") as storage:
            ref = kept("array", number)
            file = place / "store.db.values" / ref.cid
            (outside / f"{name}-secret").write_bytes(file.read_bytes())  # right, if only it were the store's
            file.unlink()
            put(file, outside / f"{name}-secret")
            with _told() as told:
                assert same(ref.detached().value, expected("array", number)), name
            assert told, f"{name}: nobody was told"
            assert name == "folder" or (file.is_file() and not file.is_symlink()), f"{name} is still in the way"
            _note(place, "things in the way", 1)
        with opened(place / "store.db") as storage:
            where = place / "store.db.values" / kept("bytes", number).cid
            storage.drop_calls(storage.calls(kept))
            with suppress(MandalaLabError):  # a folder is no file to delete
                storage.cleanup_refs()
            if where.is_dir() and not where.is_symlink():
                where.rmdir()
            put(where, outside / f"{name}-new")
            with _told():
                assert same(storage.unwrap(kept("bytes", number)), expected("bytes", number))
            assert not (outside / f"{name}-new").exists(), f"a value was written through a {name}"
            if where.is_dir() and not where.is_symlink():
                where.rmdir()
    for path in outside.iterdir():
        path.unlink()
    outside.rmdir()


@contextmanager
def _told() -> Iterator[list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", MandalaLabWarning)
        found: list[str] = []
        yield found
        found += [str(one.message) for one in caught]


def _socket(file: Path, _target: Path) -> None:
    os.chdir(file.parent)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(file.name)


_IN_THE_WAY: tuple[tuple[str, Callable[[Path, Path], Any]], ...] = (
    ("link", lambda file, target: file.symlink_to(target)),
    ("link to a device", lambda file, _: file.symlink_to("/dev/zero")),
    ("link to a folder", lambda file, target: file.symlink_to(target.parent)),
    ("link to itself", lambda file, _: file.symlink_to(file)),
    ("pipe", lambda file, _: os.mkfifo(file)),
    ("socket", _socket),
    ("folder", lambda file, _: file.mkdir()),
)
