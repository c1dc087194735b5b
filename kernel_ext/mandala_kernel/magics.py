"""The ``%mandala`` line magic and the ``%%op`` cell magic. Plain-text output, one line on a mistake."""

from __future__ import annotations

import ast
import re
import shlex
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from mandala_kernel.session import Session
from mandala_lab.computation_frame import ComputationFrame
from mandala_lab.live.doctor import examine
from mandala_lab.live.inspect import argument_text
from mandala_lab.model.errors import MandalaLabError, nearest
from mandala_lab.settings import DEFAULT, effective
from mandala_lab.storage import Storage

USAGE = (
    "usage: %mandala on [path] | off | status | graph [selection] | calls [op] | "
    "export FILE [selection] [--values [--redact NAME]] | doctor | "
    "replay find OP [name=value ...] | replay run CALL [name=value ...] [--downstream]"
)

_QUOTED = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*\"""", re.DOTALL)
_WORD = re.compile(rf"""(?:\\.|{_QUOTED.pattern}|[^\s'"\\])+""", re.DOTALL)


class Mistake(Exception):  # noqa: N818 - the user's, told in one line
    """What a person typed cannot be done."""


@magics_class
class MandalaMagics(Magics):  # type: ignore[misc]
    """Verbs of ``%mandala``, and ``%%op``."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.session = Session(shell)

    @line_magic  # type: ignore[untyped-decorator]
    def mandala(self, line: str) -> ComputationFrame | None:
        """Record, look at and replay memoized calls; without a verb, say how."""
        verbs: dict[str, Callable[[list[str]], ComputationFrame | None]] = {
            "on": self._on,
            "off": self._off,
            "status": self._status,
            "graph": self._graph,
            "calls": self._calls,
            "export": self._export,
            "doctor": self._doctor,
            "replay": self._replay,
        }
        try:
            words = _words(line) or [""]
            return verbs.get(words[0], self._unknown)(words if words[0] not in verbs else words[1:])
        except (Mistake, MandalaLabError, LookupError, ValueError, TypeError, OSError, RuntimeError) as error:
            say(str(error.args[0] if isinstance(error, LookupError) and error.args else error))
            return None

    @cell_magic  # type: ignore[untyped-decorator]
    def op(self, line: str, cell: str) -> None:
        """Run the cell and make the functions that it defines ops; options as for ``@op``."""
        from mandala_lab.memo.decorator import op

        definitions = ast.FunctionDef | ast.AsyncFunctionDef
        try:
            names = [node.name for node in ast.parse(cell).body if isinstance(node, definitions)]
            make = op(**eval(f"dict({line})", self.shell.user_ns))  # noqa: S307 - the user's own cell
        except Exception as error:  # whatever the options raise: told in one line
            say(f"%%op cannot read this: {error}")
            return
        if not names:
            say("%%op makes functions ops, and this cell defines none")
            return
        result = self.shell.run_cell(cell)
        for name in names if result.success else []:
            try:
                self.shell.user_ns[name] = make(self.shell.user_ns[name])
            except (TypeError, ValueError) as error:
                say(f"%%op: {error}")

    def close(self) -> None:
        """Stop recording and listening."""
        if self.session.storage is not None:
            say("recording stopped")
        self.session.close()

    def start(self, path: str) -> None:
        """Record to the store at `path`, and say so."""
        storage = self.session.on(path)
        say(f"recording to {storage.path} ({storage.store.count_calls()} calls so far)")

    # --- verbs

    def _unknown(self, words: list[str]) -> None:
        verbs = ["on", "off", "status", "graph", "calls", "export", "doctor", "replay"]
        raise Mistake(f"%mandala has no verb {words[0]!r}; {nearest(words[0], verbs)}" if words[0] else USAGE)

    def _on(self, words: list[str]) -> None:
        if len(words) > 1:
            raise Mistake(f'%mandala on takes one path; quote a path with spaces: %mandala on "{" ".join(words)}"')
        self.start(words[0] if words else "mandala.db")

    def _off(self, _words: list[str]) -> None:
        was_on = self.session.storage is not None
        self.session.off()
        say("recording stopped" if was_on else "nothing was being recorded")

    def _status(self, _words: list[str]) -> None:
        if self.session.storage is None:
            say("not recording; type %mandala on results.db")
            return
        storage = self.session.storage
        now = storage.stats()
        say(f"recording to {storage.path}: {storage.store.count_calls()} calls stored")
        say(
            f"this session: {now.computed} computed in {now.computed_s:.2f} s, "
            f"{now.cached} cached, {now.error} failed, {now.saved_s:.2f} s saved"
        )
        for row in effective(storage.settings):
            if row.source != DEFAULT:
                say(f"{row.name} = {row.value!r} ({row.source})")

    def _graph(self, words: list[str]) -> ComputationFrame:
        frame = self._storage().cf("run")
        return frame.select(" ".join(words)) if words else frame

    def _calls(self, words: list[str]) -> None:
        if len(words) > 1:
            raise Mistake(f"calls takes one op, and {' '.join(words[1:])!r} was given, too")
        storage = self._storage()
        found = storage.calls(self._known_op(words[0]) if words else None)
        for call in found[-20:]:
            mark = "ok   " if call.status == "ok" else "ERROR"
            say(f"{call.hid[:8]}  {mark}  {call.duration_s:8.3f} s  {call.name}({argument_text(call.inputs)})")
        say(count(found, "call") + (", the last 20 are shown" if len(found) > 20 else ""))  # noqa: PLR2004

    def _export(self, words: list[str]) -> None:
        """Write the frame of the run, or a selection of it, into a file, or into an archive all that is stored."""
        paths, values, redact = _export_words(words)
        place, storage = Path(paths[0]).expanduser(), self._storage()
        try:
            if place.suffix.lower() == ".zip" and len(words) == 1:
                say(f"wrote {storage.backup(place) and place}")
            else:
                frame = self._graph(paths[1:])
                with warnings.catch_warnings():
                    warnings.showwarning = lambda message, *_, **__: say(str(message))
                    say(f"wrote {frame.save(place, values=values, redact=redact)}")
        except OSError as error:
            raise Mistake(f"{paths[0]} cannot be written: {error.strerror}; choose another path") from error

    def _doctor(self, _words: list[str]) -> None:
        for line in examine(has_kernel=hasattr(self.shell, "kernel")):
            say(line)

    def _replay(self, words: list[str]) -> None:
        if not words or words[0] not in {"find", "run"} or len(words) == 1:
            raise Mistake(
                "usage: %mandala replay find OP [name=value ...] | replay run CALL [name=value ...] [--downstream]"
            )
        flags = [word for word in words if word.startswith("--")]
        if any(flag != "--downstream" for flag in flags):
            raise Mistake(f"replay has no option {flags[0]}; did you mean --downstream?")
        given = _assignments([word for word in words[2:] if word not in flags])
        storage = self._storage()
        if words[0] == "find":
            found = storage.calls(self._known_op(words[1]), where=given)
            for call in found[-20:]:
                say(f"{call.hid[:8]}  {call.name}({argument_text(call.inputs)})")
            say(f"{count(found, 'match', 'matches')}" if found else f"no recorded call of {words[1]} matches")
            return
        replay = storage.replay(storage.get_call(words[1]), scope="downstream" if flags else "call", set=given)
        say(replay.summary())
        for difference in replay.compare():
            say(f"  {difference.node}: {difference.before or '-'} -> {difference.after or '-'}")

    def _known_op(self, name: str) -> str:
        known = [name for spec in self._storage().store.ops() for name in (spec.name, spec.key)]
        if name not in known:
            raise Mistake(f"no call of an op {name!r} is recorded; {nearest(name, known)}")
        return name

    def _storage(self) -> Storage:
        if self.session.storage is None:
            raise Mistake("not recording; type %mandala on results.db")
        return self.session.storage


def say(text: str) -> None:
    """Print a line to the person."""
    print(text)  # noqa: T201 - the magics' way to speak


def count(found: list[Any], one: str, many: str = "") -> str:
    """Return a number with its word."""
    return f"{len(found)} {one if len(found) == 1 else many or one + 's'}"


def _words(line: str) -> list[str]:
    """Split a line; in a comparison, such as ``name='a b'``, the quotes stay, since they make it a text."""
    shlex.split(line)  # which says where a quotation has no end
    found = _WORD.findall(line)
    return [word if re.search("[=<>]", _QUOTED.sub("", word)) else "".join(shlex.split(word)) for word in found]


def _export_words(words: list[str]) -> tuple[list[str], bool, list[str]]:
    """Return the file and the selection, whether values are asked for, and what of them is left out nevertheless."""
    plain: list[str] = []
    redact: list[str] = []
    rest = iter(words)
    for word in rest:
        option, equals, given = word.partition("=")
        if option == "--redact":
            redact.append(given if equals else next(rest, ""))
        elif option == "--select":
            raise Mistake("%mandala export takes a selection as it is: %mandala export report.html +model")
        elif word.startswith("--") and word != "--values":
            raise Mistake(f"%mandala export has no option {word}; {nearest(word, ['--values', '--redact'])}")
        else:
            plain.append(word)
    paths = [word for word in plain if word != "--values"]
    if not paths:
        raise Mistake("%mandala export takes one path, such as report.html, a selection, --values and --redact NAME")
    if "" in redact:
        raise Mistake("--redact takes a name or type that is left out, such as --redact 'pass*'")
    return paths, len(paths) < len(plain), redact


def _assignments(words: list[str]) -> dict[str, Any]:
    """Read ``name=value`` words; a value is a Python literal, or else a text."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.isidentifier():
            raise Mistake(f"{word!r} is no argument; write name=value, such as k=3")
        try:
            found[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            found[name] = text
    return found
