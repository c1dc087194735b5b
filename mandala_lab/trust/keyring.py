"""`Keyring`: signs what this user records, and knows what was signed by whom.

A signature is the fingerprint of a key with a keyed BLAKE3 digest of what is
signed, so whoever lacks the key can neither make one nor change what it is about.
It says who *wrote* something; that a value is what its content id says can be
verified by anybody.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from pathlib import Path

from blake3 import blake3

from mandala_lab.settings import Settings
from mandala_lab.trust import keys

_DIGEST_SIZE = 16
FINGERPRINT_SIZE = 4
UNSIGNED = "unsigned"
"""Stands for the signer of what bears no signature."""


class Keyring:
    """The user's own key, and those of others whose records count as the user's own.

    Parameters
    ----------
    own
        What is signed with; ``None`` for nothing.
    others
        Further keys whose signatures count.

    Attributes
    ----------
    is_new
        Whether the user's own key was made for this keyring: what was signed before is of other keys.

    Examples
    --------
    >>> ours, theirs = Keyring(b"1" * 32), Keyring(b"2" * 32)
    >>> signature = ours.sign(b"note", b"text")
    >>> ours.knows(signature, b"note", b"text"), theirs.knows(signature, b"note", b"text")
    (True, False)
    """

    def __init__(self, own: bytes | None, others: Iterable[bytes] = ()) -> None:
        self._own = own
        self._mark = b"" if own is None else keys.fingerprint(own)
        self._keys = {keys.fingerprint(key): key for key in ([] if own is None else [own]) + list(others)}
        self.is_new = False

    @classmethod
    def of_user(cls, *, make: bool = False) -> Keyring:
        """Return the keyring of this user; with `make`, the user's key is made if there is none.

        Raises
        ------
        OSError
            When the user's own key cannot be read, or none can be made.
        ValueError
            When a key that is trusted cannot be read.
        """
        own = keys.own_key()
        is_new = own is None and make
        if is_new:
            own = keys.make_key()
        folder = keys.trusted_folder()
        files = [file for file in sorted(folder.iterdir()) if file.name[0] != "."] if folder.is_dir() else []
        others = [_trusted(file, "storage.trust was given it: delete it, and trust the key again") for file in files]
        others += [
            _trusted(file, "trusted_keys names it: give the path of a key file") for file in Settings().trusted_keys
        ]
        found = cls(own, others)
        found.is_new = is_new
        return found

    @classmethod
    def of_process(cls) -> Keyring:
        """Return one with a key that is gone with this process."""
        return cls(secrets.token_bytes(keys.KEY_SIZE))

    def accept(self, key: bytes) -> None:
        """Let the signatures of a further key count."""
        self._keys[keys.fingerprint(key)] = key

    def refuse(self, mark: bytes) -> None:
        """Let the signatures of a key that was accepted count no longer."""
        self._keys.pop(mark, None)

    @property
    def signer(self) -> str:
        """Fingerprint of the user's own key, for people; empty where there is none."""
        return self._mark.hex()

    @property
    def trusted(self) -> list[bytes]:
        """Fingerprints of the keys of others that count."""
        return [mark for mark in self._keys if mark != self._mark]

    @property
    def all_keys(self) -> list[bytes]:
        """Every key whose signatures count, the user's own first."""
        return list(self._keys.values())

    def sign(self, kind: bytes, *parts: bytes) -> bytes:
        """Return the user's signature of `parts`, as something of a kind; empty where there is no key."""
        return b"" if self._own is None else self._mark + _digest(self._own, kind, parts)

    def knows(self, signature: bytes | None, kind: bytes, *parts: bytes) -> bool:
        """Whether a signature was made of these parts with a key that counts."""
        if not signature:
            return False
        key = self._keys.get(signature[:FINGERPRINT_SIZE])
        return key is not None and hmac.compare_digest(signature[FINGERPRINT_SIZE:], _digest(key, kind, parts))

    def claims(self, signature: bytes | None) -> bool:
        """Whether a signature says that it was made with a key that counts: if it was not, something was changed."""
        return bool(signature) and signature[:FINGERPRINT_SIZE] in self._keys  # type: ignore[index]


def _trusted(file: Path, advice: str) -> bytes:
    try:
        key = keys.read_key(file)
    except OSError as error:
        raise ValueError(f"{error}; {advice}") from error
    if key is None:
        raise ValueError(f"there is no key {file}; {advice}")
    return key


def signer_of(signature: bytes | None) -> str:
    """Return who says to have signed, for people: a fingerprint, or ``"unsigned"``."""
    return signature[:FINGERPRINT_SIZE].hex() if signature else UNSIGNED


def _digest(key: bytes, kind: bytes, parts: tuple[bytes, ...]) -> bytes:
    pieces = [kind, b"\0"]
    for part in parts:
        pieces += (len(part).to_bytes(8, "big"), part)
    return blake3(b"".join(pieces), key=key).digest(_DIGEST_SIZE)


class EverythingKnown(Keyring):
    """The keyring of a store in memory, which nobody else writes to: nothing is signed, and all counts."""

    def __init__(self) -> None:
        super().__init__(None)

    def knows(self, signature: bytes | None, kind: bytes, *parts: bytes) -> bool:  # noqa: ARG002 - as of any keyring
        """Say yes."""
        return True
