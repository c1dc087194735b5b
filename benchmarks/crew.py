"""The workers: one process for each contestant, in the first interpreter that has it.

They take turns pass by pass, so that drift of the machine hits all alike.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from contestants import OURS, PEERS
from works import Sizes, Work

HERE = Path(__file__).parent
NAMES = (OURS, "floor", *(peer.name for peer in PEERS))
WITHOUT_PACKAGE = ("floor", "plain")
SETTINGS = "MANDALA_LAB_"  # how the variables begin that would change what mandala_lab does by default

Passes = dict[str, list[tuple[float, float]]]  # by form: wall and CPU seconds per call, of each pass


class Failed(Exception):  # noqa: N818 - a result, not only an error
    """What a contestant could not do, and why."""


class Member:
    """One worker, and what it is called in figures."""

    def __init__(self, interpreter: str, script: str, name: str, label: str, folder: Path) -> None:
        self.label = label
        self._log = (folder / f"{label}.log").open("ab")
        self._process = subprocess.Popen(
            [interpreter, str(HERE / script), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=folder,
            env=environment(interpreter, folder),
            text=True,
        )

    def ask(self, method: str, *arguments: Any) -> Any:
        """Return what a method of the worker answers; `Failed` if it could not."""
        self.tell(method, *arguments)
        return self.answer()

    def tell(self, method: str, *arguments: Any) -> None:
        """Let the worker begin with a method; what comes of it says `answer`."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):  # then there is no answer either
            print(json.dumps([method, *arguments]), file=self._process.stdin, flush=True)

    def answer(self) -> Any:
        """Wait for what the worker answers; `Failed` if it could not."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"failed": "its process ended"}
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer["ok"]

    def leave(self) -> None:
        """End the process."""
        try:
            self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._log.close()


class Crew:
    """All workers, and where they run."""

    def __init__(self, interpreters: Sequence[str], folder: Path) -> None:
        self.folder = folder
        self._probes = {interpreter: _probe(interpreter, folder) for interpreter in interpreters}
        self._members: dict[str, Member] = {}
        self._made = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for member in self._members.values():
            member.leave()

    @property
    def present(self) -> list[str]:
        """Names of those that some interpreter has."""
        return [name for name in NAMES if self.interpreter(name)]

    @property
    def can_group(self) -> bool:
        """Whether mandala_lab has an option that groups commits."""
        return any(probe.get("grouping") for probe in self._probes.values())

    def interpreter(self, name: str) -> str | None:
        """Return where a contestant runs."""
        places = (place for place, probe in self._probes.items() if name in probe["contestants"])
        return sys.executable if name in WITHOUT_PACKAGE else next(places, None)

    def versions(self) -> dict[str, Any]:
        """Return version, Python and neighbours by contestant; `None` for those that are not installed."""
        found: dict[str, Any] = {}
        for name in NAMES:
            place = self.interpreter(name)
            probe = self._probes.get(place or "")
            found[name] = probe and {
                "version": probe["contestants"].get(name),
                "python": probe["python"],
                **probe["beside"],
            }
        return found

    def member(self, name: str, label: str | None = None, script: str = "worker.py") -> Member:
        """Return the worker of a contestant, started if need be; a label makes another of the same kind."""
        key = label or name
        if key not in self._members:
            place = self.interpreter(name)
            assert place is not None
            self._members[key] = Member(place, script, name, key, self.folder)
        return self._members[key]

    def dismiss(self, label: str) -> None:
        """End a worker."""
        self._members.pop(label).leave()

    def new_folder(self) -> str:
        """Return a path at which nothing is yet."""
        self._made += 1
        return str(self.folder / f"store{self._made}")

    def measure(self, work: Work, sizes: Sizes) -> dict[str, Passes | Failed]:
        """Let all that are present do a work: fill, one pass to warm up, which is dropped, and the timed ones."""
        found: dict[str, Passes | Failed] = {}
        begun = []
        for name in self.present:
            try:
                self.member(name).ask("begin", work.name, asdict(sizes), self.new_folder())
                begun.append(self.member(name))
            except Failed as failed:
                found[name] = failed
                _end(self.member(name))
        found.update(interleave(begun, work.passes(sizes), sizes.patience_s))
        for member in begun:
            _end(member)
        return {name: found[name] for name in self.present}


def interleave(members: Sequence[Member], passes: int, patience_s: float) -> dict[str, Passes | Failed]:
    """Let workers take turns, each turn begun by another; who fails drops out, and so does who took too long.

    The first pass is to warm up and is dropped, unless it took so long that it is the only one.
    """
    found: dict[str, Passes | Failed] = {}
    spent = dict.fromkeys((member.label for member in members), 0.0)
    for number in range(passes + 1):
        shift = number % max(1, len(members))
        for member in (*members[shift:], *members[:shift]):
            so_far = found.setdefault(member.label, {})
            if isinstance(so_far, Failed) or (so_far and spent[member.label] > patience_s):
                continue
            begun = time.perf_counter()
            try:
                answer = member.ask("turn", number)
            except Failed as failed:
                found[member.label] = failed
                continue
            spent[member.label] += time.perf_counter() - begun
            if number or spent[member.label] > patience_s:
                for form, (wall, cpu) in answer.items():
                    so_far.setdefault(form, []).append((wall, cpu))
    return found


def environment(interpreter: str, folder: Path) -> dict[str, str]:
    """Return the environment for an interpreter: what is on the path of this one is not meant for others.

    All processes share one key, which lies in the folder of the run: mandala_lab signs
    its records with it, and those of another key would be no hits.
    """
    found = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    if interpreter != sys.executable:
        found.pop("PYTHONPATH", None)
    return found | {f"{SETTINGS}KEY_FILE": str(folder / "key")}


def _end(member: Member) -> None:
    try:
        member.ask("end")
    except Failed as failed:
        print(f"{member.label}: {failed}", file=sys.stderr)


def _probe(interpreter: str, folder: Path) -> dict[str, Any]:
    command = [interpreter, str(HERE / "worker.py"), "--probe"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(interpreter, folder))
    if done.returncode:
        raise SystemExit(f"{interpreter} cannot run the benchmarks:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
