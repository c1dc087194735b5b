"""Keys: 32 random bytes each, in files outside every store that only their user can read.

The user's own key is made when it is first needed. Where no file can be kept, as
in a container, its hexadecimal digits may be given in the environment instead.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

KEY_FILE_VARIABLE = "MANDALA_LAB_KEY_FILE"
"""Environment variable that names the file of the user's key."""

KEY_VARIABLE = "MANDALA_LAB_KEY"
"""Environment variable that holds the key itself, in hexadecimal digits."""

KEY_SIZE = 32
_FINGERPRINT_SIZE = 4
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Chosen(NamedTuple):
    """What the user's settings say of keys.

    Attributes
    ----------
    key
        Hexadecimal digits of the user's own key, where it lies in no file.
    file
        Where the user's own key lies; ``None`` for the usual place.
    trusted
        Files of the keys of others that count.
    """

    key: str | None = None
    file: Path | None = None
    trusted: tuple[Path, ...] = ()


_chosen: Callable[[], Chosen] = Chosen


def use_settings(chosen: Callable[[], Chosen]) -> None:
    """Say what reads the user's settings, whenever a key is asked for."""
    global _chosen  # noqa: PLW0603 - one user, one process
    _chosen = chosen


def key_file() -> Path:
    """Return where the key of this user lies."""
    given = _chosen().file
    if given is not None:
        return given
    import platformdirs

    return platformdirs.user_data_path("mandala-lab") / "key"


def trusted_folder() -> Path:
    """Return where the keys of others lie that this user trusts: a file for each, named by its fingerprint."""
    own = key_file()
    return own.with_name(f"{own.name}.trusted")


def trusted_files() -> list[Path]:
    """Return the files of the keys of others that count."""
    folder = trusted_folder()
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [*_chosen().trusted, *(file for file in found if not file.name.startswith("."))]


def fingerprint(key: bytes) -> bytes:
    """Return what tells keys apart, and tells nothing of a key."""
    return blake3(b"mandala-lab fingerprint 1\0", key=key).digest(_FINGERPRINT_SIZE)


def own_key() -> bytes | None:
    """Return the key of this user, or ``None`` where there is none yet.

    Raises
    ------
    OSError
        When there is one that cannot be read, is no key, or can be read by others.
    """
    given = _chosen().key
    if given is not None:
        return _from_digits(given)
    return read_key(key_file())


def read_key(path: Path) -> bytes | None:
    """Return the key in a file, or ``None`` where there is no file; raises as `own_key`."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        key = file.read(KEY_SIZE + 1)
    if os.name == "posix" and mode & _OTHERS:
        raise PermissionError(f"{path} can be read by others: chmod 600 it, or delete it to start with a new key")
    if len(key) != KEY_SIZE:
        raise OSError(f"{path} is no key of {KEY_SIZE} bytes")
    return key


def make_key() -> bytes:
    """Make the key of this user and return it; of several processes that try at once, one wins.

    Raises
    ------
    OSError
        When no file can be made for it.
    """
    path = key_file()
    write_key(path, secrets.token_bytes(KEY_SIZE))
    key = read_key(path)
    if key is None:
        raise FileNotFoundError(path)
    return key


def write_key(path: Path, key: bytes) -> None:
    """Write a key to a file, unless there is one by now."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # readable by its owner alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        _place(name, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def _from_digits(digits: str) -> bytes:
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        raise OSError(f"{KEY_VARIABLE} is no key: give {2 * KEY_SIZE} hexadecimal digits")
    return key


def _place(name: str, path: Path) -> None:
    """Give the finished file its name, unless there is one by now."""
    try:
        os.link(name, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links: renaming does not overwrite on Windows, and is rarely raced
        with contextlib.suppress(FileExistsError):
            if not path.exists():
                os.rename(name, path)  # noqa: PTH104 - Path.rename overwrites in the same way
