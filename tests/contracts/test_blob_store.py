"""What every blob store does, run on every adapter, and how a storage spills large values into it."""

from __future__ import annotations

import os
import stat
import warnings

import numpy as np
import pytest

from mandala_lab import CorruptValueError, MandalaLabWarning, Storage, StoreError, op
from mandala_lab.adapters.folder import FolderBlobs
from mandala_lab.adapters.sql.store import SqlCallStore
from mandala_lab.wiring.reading import open_for_reading

CID = bytes(range(20))


@op
def ramp(n):
    return np.arange(n, dtype=np.float64)


@op
def total(array):
    return float(array.sum())


@pytest.fixture(params=["folder"])
def blobs(request, tmp_path):
    return FolderBlobs(tmp_path / "blobs")


def test_bytes_are_kept_under_their_id(blobs):
    with pytest.raises(LookupError):
        blobs.get(CID)
    blobs.put(CID, b"abc")
    blobs.put(CID, memoryview(b"abc"))
    blobs.put(CID[::-1], b"")
    assert bytes(blobs.get(CID).data) == b"abc"
    assert blobs.get(CID[::-1]).data == b""
    blobs.delete(CID)
    blobs.delete(CID)
    with pytest.raises(LookupError):
        blobs.get(CID)


def test_files_are_whole_or_absent_and_their_owners_only(tmp_path, monkeypatch):
    folder = tmp_path / "blobs"
    blobs = FolderBlobs(folder)
    blobs.put(CID, b"abc")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / CID.hex())] == [0o700, 0o600]

    def refuse(_number):
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StoreError, match="no space left"):
        FolderBlobs(folder, synced=True).put(CID[::-1], b"xyz")
    assert [path.name for path in folder.iterdir()] == [CID.hex()]


@pytest.mark.parametrize("put", ["link", "pipe", "folder"])
def test_what_is_no_regular_file_is_no_value(tmp_path, put):
    blobs, secret, place = FolderBlobs(tmp_path / "blobs"), tmp_path / "secret", tmp_path / "blobs" / CID.hex()
    secret.write_bytes(b"secret")
    blobs.put(CID, b"abc")
    place.unlink()
    {"link": lambda: place.symlink_to(secret), "pipe": lambda: os.mkfifo(place), "folder": place.mkdir}[put]()
    assert not blobs.has(CID)
    with pytest.raises(LookupError, match="of a stored value"):
        blobs.get(CID)
    if put != "folder":
        blobs.put(CID, b"abc")
        assert bytes(blobs.get(CID).data) == b"abc"
    assert secret.read_bytes() == b"secret"


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 10_000])
def test_a_folder_that_cannot_be_is_refused(path, name):
    with pytest.raises(StoreError, match="is no folder"):
        Storage(path, name)


def _files(folder):
    return sorted(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else []


def test_each_larger_value_is_one_file_of_the_folder(path, tmp_path):
    folder = tmp_path / "large"
    storage = Storage(path, folder, overflow_threshold_MB=0.5)
    with storage:
        big, again, small = ramp(100_000), ramp(100_000), ramp(1000)
        assert total(big).value == 4999950000.0
    assert len(_files(folder)) == 1
    assert again.value.tolist() == list(range(100_000))
    assert small.value.flags.writeable
    assert not again.value.flags.writeable
    storage.close()
    reopened = Storage(path)
    with reopened:
        assert ramp(100_000).value[-1] == 99_999
        ramp(200_000_0)
    assert len(_files(folder)) == 1  # the usual threshold
    reader = open_for_reading(str(path))
    assert reader.calls_of_session(None)[0].outputs["output_0"].value.size == 100_000
    reader.close()
    reopened.drop_calls(reopened.calls(), delete_dependents=True)
    assert reopened.cleanup_refs() == 3
    assert _files(folder) == []
    reopened.close()
    folder.rmdir()
    Storage(path).close()  # nothing lies there


def test_large_values_lie_beside_the_store_by_default(path):
    storage = Storage(path, overflow_threshold_MB=0.5)
    with storage:
        ramp(100_000)
    assert len(_files(path.with_name("store.db.values"))) == 1
    storage.close()
    with pytest.raises(ValueError, match="is no size"):
        Storage(path, overflow_threshold_MB=0)


def test_a_folder_that_is_gone_is_named(path, tmp_path):
    folder = tmp_path / "large"
    storage = Storage(path, folder, 0.5)
    with storage:
        ramp(100_000)
    storage.close()
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match=r"large, which is no folder or not there; .* overflow_dir"):
        Storage(path)
    moved = Storage(path, tmp_path / "elsewhere")
    with moved:
        assert ramp(100_000).value.size == 100_000
    moved.close()


def test_another_folder_has_to_have_what_was_stored(path, tmp_path):
    storage = Storage(path, tmp_path / "one", 0.5)
    with storage:
        ramp(100_000)
    storage.close()
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "absent"):
        with pytest.raises(StoreError, match=rf"{folder}, and large values .* not there: it kept them in .*one; move"):
            Storage(path, tmp_path / folder)
    with Storage(path) as storage, warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ramp(100_000).value.size == 100_000
    assert storage.stats().computed == 0


def test_a_folder_that_another_makes_while_a_store_is_opened_is_there(path, monkeypatch):
    asked = SqlCallStore.some_spilled_values

    def another_is_first(store):
        monkeypatch.undo()
        with Storage(path, overflow_threshold_MB=0.5) as another:
            ramp(100_000)
        another.close()
        return asked(store)

    Storage(path, overflow_threshold_MB=0.5).close()
    monkeypatch.setattr(SqlCallStore, "some_spilled_values", another_is_first)
    storage = Storage(path, overflow_threshold_MB=0.5)
    assert len(_files(path.with_name("store.db.values"))) == 1
    storage.close()


def test_a_damaged_file_is_never_returned(path, tmp_path):
    storage = Storage(path, tmp_path / "large", 0.5)
    with storage:
        ref = ramp(100_000)
    assert ref.value[7] == 7
    (file,) = (tmp_path / "large").iterdir()
    data = bytearray(file.read_bytes())
    data[5000] ^= 1
    file.write_bytes(data)
    with pytest.raises(CorruptValueError, match=ref.cid):
        ref.detached().peek()
    with pytest.warns(MandalaLabWarning, match=rf"{ref.cid} are damaged.*made again by running ramp"):
        assert ref.detached().value[7] == 7
    assert ref.detached().value[-1] == 99_999
    assert len(_files(tmp_path / "large")) == 1
    storage.close()


def test_what_survives_a_power_cut_waits_for_the_disk(path, monkeypatch):
    synced = []
    storage = Storage(path, overflow_threshold_MB=0.5, durability="power")
    with storage:
        ramp(1)
        monkeypatch.setattr(os, "fsync", synced.append)
        ramp(100_000)
    assert len(synced) == 2  # the file, and its name in the folder
    cursor = storage.store._database._cursor()
    assert cursor.execute("pragma synchronous").fetchone() == (2,)
    storage.close()
    with pytest.raises(ValueError, match="did you mean 'power'"):
        Storage(path, durability="powr")
