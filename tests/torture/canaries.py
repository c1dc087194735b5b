"""Secrets of many shapes go through ops that keep, fail and pass them on: no byte is stored, shown or exported."""

from __future__ import annotations

import contextlib
import io
import random
import string
import warnings
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretBytes, SecretStr

from mandala_lab import MandalaLabError, Storage, op
from mandala_lab.cli.main import main
from torture.figures import Figures, Size, check_store, progress, seeded
from torture.work import opened

_SECRETS: dict[Size, int] = {"small": 30, "full": 2000}
_DEPTH = 3


@op(name="canaries:size", version="1")
def size(source: Any, page: int) -> int:
    """Take a secret."""
    return len(str(type(source))) + page


@op(name="canaries:passed", version="1", nout=1)
def passed(source: Any) -> Any:
    """Hand a secret on."""
    return source


@op(name="canaries:fails", version="1")
def fails(text: str, source: Any) -> None:
    """Fail, and tell the secret."""
    raise ConnectionError(f"refused {source!r} at https://host/?token={_told(source)} ({text})")


def _told(source: Any) -> str:
    while not hasattr(source, "get_secret_value"):
        source = next(iter(source.values())) if isinstance(source, dict) else list(source)[0]  # noqa: RUF015
    found = source.get_secret_value()
    return found if isinstance(found, str) else found.decode()


def run(size_: Size, folder: Path) -> Figures:
    """Give secrets to ops, look at everything, and search for them."""
    figures = Figures("canaries")
    shown = io.StringIO()
    canaries = []
    path = folder / "s.db"
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: print(message)  # noqa: T201 - into what is searched
        with opened(path, session="canaries") as storage:
            for number in range(_SECRETS[size_]):
                canaries.append(_give(storage, seeded("canaries", number), number))
                progress(f"{number + 1} of {_SECRETS[size_]} secrets")
            _look(storage, folder)
        for canary in canaries[:: max(1, len(canaries) // 10)]:
            _misuse(canary, folder)
        storage.close()
        for command in (
            ["ls", str(path), "--limit", "9999"],
            ["ls", str(path), "--json"],
            ["fsck", str(path)],
            ["config"],
        ):
            main(command)
    _search(figures, folder, shown.getvalue(), canaries)
    check_store(figures, path, "at the end")
    return figures.done()


def _give(storage: Storage, chance: random.Random, number: int) -> str:
    """Give a secret to every op, held in some way; return it."""
    canary = "canary-" + "".join(chance.choices(string.ascii_letters + string.digits, k=16))
    holder = _holder(chance, canary, _DEPTH)
    for call in (partial(size, holder, number), partial(passed, holder), partial(fails, "now", holder)):
        try:
            repr(call())
        except (ConnectionError, MandalaLabError) as error:
            if isinstance(error, MandalaLabError):
                print(error)  # noqa: T201 - into what is searched
    storage.explain(size, holder, number + 1)
    return canary


def _holder(chance: random.Random, text: str, depth: int) -> Any:
    makers: list[Callable[[], Any]] = [lambda: SecretStr(text), lambda: SecretBytes(text.encode())]
    if depth:
        inside = partial(_holder, chance, text, depth - 1)
        makers += [lambda: [inside(), 1], lambda: (inside(), "a"), lambda: {"token": inside(), "n": list(range(50))}]
    return chance.choice(makers)()


def _look(storage: Storage, folder: Path) -> None:
    for call in storage.calls():
        print(repr(call), call.error, call.inputs, call.outputs, storage.explain(call))  # noqa: T201 - as above
    storage.cf("run").save_svg(folder / "picture.svg")
    storage.cf("run").save_html(folder / "page.html", values=True)
    storage.backup(folder / "all.zip")
    with zipfile.ZipFile(folder / "all.zip") as archive:
        archive.extractall(folder / "unpacked")
    print(repr(storage), storage.stats())  # noqa: T201 - as above


def _misuse(canary: str, folder: Path) -> None:
    """Give passwords where they are not taken: what is told of that does not tell them."""
    for wrong in (
        partial(Storage, f"postgresql://me:{canary}@host/results"),
        partial(Storage, folder / "s.db", cache=f"redis://:{canary}@host"),
        partial(Storage, folder / "s.db", durability=SecretStr(canary)),
    ):
        try:
            wrong()
        except (MandalaLabError, ValueError, TypeError) as error:
            print(repr(error))  # noqa: T201 - as above


def _search(figures: Figures, folder: Path, shown: str, canaries: list[str]) -> None:
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    figures.count("secrets", len(canaries))
    figures.count("files searched", len(files))
    figures.count("bytes searched", sum(map(len, files.values())) + len(shown))
    for canary in canaries:
        for name, data in files.items():
            figures.expect(canary.encode() not in data, f"{canary} lies in {name}")
        figures.expect(canary not in shown, f"{canary} was shown: {_around(shown, canary)}")


def _around(shown: str, canary: str) -> str:
    at = shown.find(canary)
    return repr(shown[max(0, at - 120) : at]) if at >= 0 else ""
