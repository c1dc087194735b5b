"""Network file systems are told apart from local ones, and a store is not written there by mistake."""

from __future__ import annotations

import os
import sqlite3
import warnings

import psutil
import pytest

from mandala_lab import MandalaLabWarning, Storage, StoreError, op
from mandala_lab.adapters import places
from mandala_lab.adapters.places import Mount, network_file_system
from mandala_lab.wiring.reading import open_for_reading

LOCAL = "overlay tmpfs ext4 xfs btrfs zfs fuse fuseblk fuse.lxcfs fuse.gvfsd-fuse 9p virtiofs apfs NTFS ramfs".split()
REMOTE = "nfs nfs4 cifs smb3 fuse.sshfs fuse.glusterfs macfuse.sshfs smbfs afpfs webdav lustre".split()


@op
def double(x):
    return 2 * x


@pytest.fixture
def mounted(monkeypatch):
    """Return what makes the table of file systems; nothing lies on a disk of its own then."""

    def mount(*mounts):
        monkeypatch.setattr(places, "_is_on_a_disk", lambda _path: False)
        monkeypatch.setattr(places, "_mounts", lambda: [Mount(*mount) for mount in mounts])

    return mount


@pytest.mark.parametrize("kind", LOCAL)
def test_local_file_systems_are_local(mounted, kind):
    mounted(("/", kind))
    assert network_file_system("/home/me/results.db") is None


@pytest.mark.parametrize("kind", REMOTE)
def test_network_file_systems_are_told(mounted, kind):
    mounted(("/", "ext4"), ("/net", kind))
    assert network_file_system("/net/me/results.db") == kind
    assert network_file_system("/network/results.db") is None


def test_the_innermost_file_system_counts_and_of_two_at_one_place_the_last(mounted):
    mounted(("/", "nfs"), ("/scratch", "tmpfs"), ("/scratch/far", "nfs4"), ("/scratch/far", "ext4"), ("/a b", "cifs"))
    assert network_file_system("/results.db") == "nfs"
    assert network_file_system("/scratch/results.db") is None
    assert network_file_system("/scratch/far/results.db") is None
    assert network_file_system("/a b/results.db") == "cifs"


def test_windows_shares_are_told(mounted):
    mounted(("/", "NTFS"), ("/z", "NTFS", True))
    assert network_file_system("/z/results.db") == "NTFS"
    assert network_file_system("\\\\server\\share\\results.db") == "share"


def test_no_table_means_local(mounted):
    mounted()
    assert network_file_system("/results.db") is None


def test_this_machine_is_asked_for_its_file_systems(tmp_path, monkeypatch):
    class Part:
        mountpoint, fstype, opts = str(tmp_path), "nfs4", "rw,relatime"

    monkeypatch.setattr(os, "major", lambda _device: 0)
    monkeypatch.setattr(psutil, "disk_partitions", lambda **asked: [Part] if asked["all"] else [])
    assert network_file_system(str(tmp_path / "results.db")) == "nfs4"
    monkeypatch.setattr(os, "major", lambda _device: 8)
    assert network_file_system(str(tmp_path / "results.db")) is None
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_asked: pytest.fail("not needed"))
    assert network_file_system(str(tmp_path / "results.db")) is None


def _journal(path):
    with sqlite3.connect(path) as connection:
        found = connection.execute("PRAGMA journal_mode").fetchone()[0]
    connection.close()
    return found


def test_a_store_is_not_written_there_unless_that_is_allowed(path, mounted, tmp_path):
    mounted(("/", "ext4"), (str(tmp_path), "nfs4"))
    with pytest.raises(StoreError, match=r"network file system \(nfs4\).*local disk, or pass allow_network=True"):
        Storage(path)
    assert not path.exists()
    with pytest.warns(MandalaLabWarning, match=r"network file system \(nfs4\)") as caught:
        storage = Storage(path, allow_network=True)
    assert len(caught) == 1
    with storage:
        assert [double(x).value for x in (1, 2, 1)] == [2, 4, 2]
    storage.close()
    assert _journal(path) == "delete"
    reader = open_for_reading(str(path))
    assert reader.count_calls() == 2
    reader.close()


def test_an_existing_store_goes_on_without_its_log_and_back(path, mounted, tmp_path):
    for where, journal in (("ext4", "wal"), ("nfs", "delete"), ("ext4", "wal")):
        mounted((str(tmp_path), where))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MandalaLabWarning)
            with Storage(path, allow_network=True) as storage:
                assert double(3).value == 6
        storage.close()
        assert _journal(path) == journal
    assert storage.store.count_calls() == 1
    storage.close()


def test_a_store_in_memory_lies_nowhere(mounted):
    mounted(("/", "nfs"))
    assert Storage().path == ":memory:"
