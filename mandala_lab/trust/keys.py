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
from pathlib import Path

from blake3 import blake3

from mandala_lab.settings import Settings

KEY_FILE_VARIABLE = "MANDALA_LAB_KEY_FILE"
"""Environment variable that names the file of the user's key."""

KEY_VARIABLE = "MANDALA_LAB_KEY"
"""Environment variable that holds the key itself, in hexadecimal digits."""

KEY_SIZE = 32
_FINGERPRINT_SIZE = 4
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def key_file() -> Path:
    """Return where the key of this user lies."""
    chosen = Settings().key_file
    if chosen is not None:
        return chosen
    import platformdirs

    return platformdirs.user_data_path("mandala-lab") / "key"


def trusted_folder() -> Path:
    """Return where the keys of others lie that this user trusts: a file for each, named by its fingerprint."""
    own = key_file()
    return own.with_name(f"{own.name}.trusted")


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
    given = Settings().key
    if given is not None:
        return bytes.fromhex(given.get_secret_value())
    path = key_file()
    try:
        return read_key(path)
    except OSError as error:
        raise OSError(f"{error}; make it usable, or move it away to start with a new key") from error


def read_key(path: Path) -> bytes | None:
    """Return the key in a file, or ``None`` where there is no file; raises as `own_key`."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        key = file.read(KEY_SIZE + 1)
    if len(key) != KEY_SIZE:
        raise OSError(f"{path} is no key of {KEY_SIZE} bytes")
    if os.name == "posix" and mode & _OTHERS:
        raise PermissionError(f"{path} can be read by others: chmod 600 it if nobody has read it yet")
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
