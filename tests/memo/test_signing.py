"""Signed pickles: the user's key, and what is read without it (nothing)."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from value_pairs import Point, adder

import mandala_lab.wiring  # noqa: F401 - connects the digester of code
from mandala_lab import UnstorableError, UntrustedValueError
from mandala_lab.memo import signing
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.values import load, store
from mandala_lab.model.hashing import digest
from mandala_lab.model.values import StoredValue
from mandala_lab.trust import keys

posix = pytest.mark.skipif(os.name != "posix", reason="modes of files are of POSIX")


class Touch:
    """A pickle that leaves a trace when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def _with_data(stored: StoredValue, data: bytes) -> StoredValue:
    return StoredValue(stored.cid, stored.format, data, digest(data))


def test_an_object_comes_back_from_a_signed_pickle():
    stored = store(Point([1], {"a": 2}))
    assert stored.format == "pickle"
    assert load(stored) == Point([1], {"a": 2})


def test_a_closure_comes_back_with_its_id():
    stored = store(adder(3))
    assert load(stored)(4) == 7
    assert content_id(load(stored)) == stored.cid


def test_a_pickle_that_is_not_signed_is_never_read(tmp_path):
    trace, stored = tmp_path / "ran", store(Point(1))
    hostile = pickle.dumps(Touch(trace))
    for data in (hostile, bytes(32) + hostile, bytes(stored.data[:32]) + hostile, b""):
        with pytest.raises(UntrustedValueError, match="not signed with your key"):
            load(_with_data(stored, data))
    assert not trace.exists()


def test_a_pickle_of_another_value_is_refused():
    one, other = store(Point(1)), store(Point(2))
    with pytest.raises(UntrustedValueError, match="not signed"):
        load(_with_data(one, other.data))


def test_a_pickle_under_another_key_is_refused_and_says_what_to_do(tmp_path, monkeypatch):
    stored, mine = store(Point(1)), os.environ[keys.KEY_FILE_VARIABLE]
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "other" / "key"))
    with pytest.raises(UntrustedValueError, match=r"storage.trust\(their key file\)"):
        load(stored)
    store(Point(2))
    with pytest.raises(UntrustedValueError, match="compute it anew"):
        load(stored)
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, mine)
    assert load(stored) == Point(1)


@posix
def test_the_key_is_the_users_alone():
    store(Point(1))
    path = keys.key_file()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@posix
def test_a_key_that_others_can_read_is_not_used():
    stored = store(Point(1))
    keys.key_file().chmod(0o644)
    with pytest.raises(UntrustedValueError, match="chmod 600"):
        load(stored)
    with pytest.raises(UnstorableError, match="chmod 600"):
        store(Point(2))


def test_a_damaged_key_is_not_used():
    stored = store(Point(1))
    keys.key_file().write_bytes(b"short")
    with pytest.raises(UntrustedValueError, match="no key of 32 bytes"):
        load(stored)


@posix
def test_a_key_that_is_a_link_is_not_followed(tmp_path):
    stored = store(Point(1))
    path = keys.key_file()
    path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    with pytest.raises(UntrustedValueError, match="cannot be read"):
        load(stored)


def test_processes_that_start_at_once_have_one_key():
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        signed = pool.map(_sign, range(8))
    assert [signing.load(data, b"cid") for data in signed] == list(range(8))


def _sign(number: int) -> bytes:
    return signing.dump(number, b"cid")


def test_the_key_lies_in_the_data_folder_of_the_user(tmp_path):
    code = "from mandala_lab.trust import keys; print(keys.key_file())"
    environment = {name: value for name, value in os.environ.items() if name != keys.KEY_FILE_VARIABLE}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path), "XDG_DATA_HOME": str(tmp_path)}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout.strip().endswith(str(Path("mandala-lab") / "key"))


def test_what_would_not_come_back_as_it_is_is_not_stored():
    with pytest.raises(UnstorableError, match="would not read back as it is"):
        store(Forgetful())


class Forgetful:
    def __init__(self) -> None:
        self.number = 1

    def __getstate__(self):
        return dict(vars(self))

    def __setstate__(self, state):
        self.number = state["number"] + 1
