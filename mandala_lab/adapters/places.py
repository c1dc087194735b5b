"""On which file system a path lies, as far as it matters to a database: whether machines share it.

SQLite's write-ahead log needs memory that all its writers share, so it is unsafe on
file systems that lie on another machine. What is not known to be such is local.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_NAMES = (
    "afpfs afs beegfs ceph ceph-fuse cifs coda curlftpfs davfs davfs2 gcsfuse glusterfs goofys gpfs httpfs juicefs "
    "lustre mfs moosefs ncpfs nfs nfs3 nfs4 orangefs panfs pvfs2 rclone s3fs smb smb2 smb3 smbfs smbnetfs sshfs webdav "
    "wekafs"
)
_OVER_THE_NETWORK = frozenset(_NAMES.split())
"""Kinds of file systems, as systems name them, without what goes before a dot (``fuse.sshfs``)."""

_SHARE = "\\\\"
"""Begins a path of another machine on Windows."""


class Mount(NamedTuple):
    """A place where a file system begins, its kind as the system names it, and whether the system calls it remote."""

    point: str
    kind: str
    remote: bool = False


def network_file_system(path: str) -> str | None:
    """Return the kind of the network file system on which a path lies; ``None`` on a local one.

    The path is absolute, and links in it were followed; the file need not be there yet.
    """
    if path.startswith(_SHARE):
        return "share"
    if _is_on_a_disk(path):
        return None
    mount = _mount_of(path, _mounts())
    if mount is None or not (mount.remote or _short(mount.kind) in _OVER_THE_NETWORK):
        return None
    return mount.kind


def _short(kind: str) -> str:
    return kind.lower().rpartition(".")[2]


def _is_on_a_disk(path: str) -> bool:
    """Whether a path lies on a device of its own, which on Linux no network file system has: the cheap answer."""
    if sys.platform != "linux":
        return False
    place = Path(path)
    try:
        return os.major((place if place.exists() else place.parent).stat().st_dev) != 0
    except OSError:  # it is not there: whoever opens it says so
        return False


def _mounts() -> list[Mount]:
    """Return the file systems of this machine."""
    import psutil  # here, for it takes long and few need it

    try:
        found = psutil.disk_partitions(all=True)
    except OSError:
        return []
    return [Mount(one.mountpoint, one.fstype, "remote" in one.opts.split(",")) for one in found]


def _mount_of(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """Return the innermost file system that a path lies on; of several at one place the last covers the others."""
    found: Mount | None = None
    for mount in mounts:
        begins = os.path.normcase(mount.point).rstrip(os.sep) + os.sep
        if os.path.normcase(path).startswith(begins) and (found is None or len(mount.point) >= len(found.point)):
            found = mount
    return found
