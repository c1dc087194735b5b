"""Leases as locks on the bytes of a file: between processes, given back by the death of one."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys

import pytest

from mandala_lab import MandalaLabWarning, Storage, StoreError, op
from mandala_lab.adapters.file_leases import FileLeases

HOLDER = """
import sys
from mandala_lab.adapters.file_leases import FileLeases
leases = FileLeases(sys.argv[1])
print(leases.take(b"one key"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds one lease."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def test_one_process_at_a_time_has_it_and_death_gives_it_back(tmp_path, other):
    leases = FileLeases(str(tmp_path / "lock"))
    assert leases.take(b"another key")
    assert not leases.take(b"one key")
    assert leases.holder(b"one key") == f"process {other.pid}"
    other.kill()
    other.wait()
    assert leases.take(b"one key")
    assert leases.holder(b"one key") == ""


def test_what_was_taken_twice_is_given_back_twice(tmp_path):
    leases = FileLeases(str(tmp_path / "lock"))
    assert [leases.take(b"key"), leases.take(b"key")] == [True, True]
    leases.give_back(b"key")
    assert _child_can_take(leases) is False
    leases.give_back(b"key")
    assert _child_can_take(leases) is True
    leases.give_back(b"key")  # once too often


def _child_can_take(leases):
    """Say whether a forked process gets the lease."""
    child = os.fork()
    if child == 0:
        leases.start_anew()
        os._exit(int(leases.take(b"key")))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_the_file_is_for_whom_the_store_is_and_no_link_is_followed(tmp_path):
    for number, mode in enumerate((0o600, 0o660, 0o644)):
        (tmp_path / "store").touch()
        (tmp_path / "store").chmod(mode)
        FileLeases(str(tmp_path / f"lock {number}"), like=str(tmp_path / "store")).take(b"key")
        assert (tmp_path / f"lock {number}").stat().st_mode & 0o777 == mode
    FileLeases(str(tmp_path / "lock"), like=str(tmp_path / "gone")).take(b"key")
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "lock").stat().st_size == 0
    (tmp_path / "link").symlink_to(tmp_path / "lock")
    with pytest.raises(StoreError, match="cannot be locked"):
        FileLeases(str(tmp_path / "link")).take(b"key")


def test_a_file_system_without_locks_costs_one_warning(path, monkeypatch):
    def refused(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    @op
    def inc(x):
        return x + 1

    monkeypatch.setattr(fcntl, "lockf", refused)
    with Storage(path) as storage, pytest.warns(MandalaLabWarning) as told:
        assert [inc(x).value for x in range(3)] == [1, 2, 3]
    assert storage.stats().computed == 3
    assert len(told) == 1
    assert "equal calls of other processes may run at the same time" in str(told[0].message)
    assert "No locks available" in str(told[0].message)


def test_hits_take_no_lease(path, monkeypatch):
    @op
    def inc(x):
        return x + 1

    with Storage(path) as storage:
        inc(1)
        storage.close()
    monkeypatch.setattr(FileLeases, "take", lambda *_: pytest.fail("a hit needs no lease"))
    with Storage(path):
        assert [inc(1).value, inc(1).value] == [2, 2]
