"""Whose records a store holds, and letting those of others count."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mandala_lab.memo import signing
from mandala_lab.model.errors import StoreError, nearest, refuse_other
from mandala_lab.ports.call_store import CallStore
from mandala_lab.trust import keys
from mandala_lab.trust.keyring import FINGERPRINT_SIZE, UNSIGNED, Keyring


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who wrote to a store, or whom this user trusts.

    Attributes
    ----------
    key
        Fingerprint of the key that signed, or ``"unsigned"``.
    standing
        ``"you"``, ``"trusted"`` or ``"unknown"``: records of the last are listed, and are no hits.
    calls, values
        Numbers of records that say to be signed so.
    """

    key: str
    standing: Literal["you", "trusted", "unknown"]
    calls: int
    values: int

    def __str__(self) -> str:
        return f"{self.key} ({self.standing}): {self.calls:,} calls, {self.values:,} values"


@dataclass(frozen=True, slots=True)
class Trusted:
    """What `Storage.trust` came to.

    Attributes
    ----------
    key
        Fingerprint of the key, or ``"unsigned"``.
    calls, values
        Numbers of records that are the user's own from now on. Both are 0 for a key file: the records count as
        they are, also those that its owner adds later.
    pickles_left, damaged_left
        Numbers of values that stay as they were: pickles without `pickles=True`, and damaged ones.
    """

    key: str
    calls: int = 0
    values: int = 0
    pickles_left: int = 0
    damaged_left: int = 0


def signers(store: CallStore, keyring: Keyring) -> list[Signer]:
    """Return who wrote to a store and who is trusted, those with most calls first."""
    numbers = dict.fromkeys(keyring.trusted, (0, 0)) | store.signers()
    found = [Signer(mark.hex() or UNSIGNED, _standing(mark, keyring), *counts) for mark, counts in numbers.items()]
    return sorted(found, key=lambda one: (-one.calls, -one.values))


def trust(
    store: CallStore, keyring: Keyring, key: str | Path, *, pickles: bool, tell: Callable[[int], None]
) -> Trusted:
    """Let the records of somebody count (see `Storage.trust`)."""
    refuse_other(key, (str, Path), "trust takes a key file, a fingerprint or 'unsigned'")
    known = {mark.hex() or UNSIGNED: mark for mark in store.signers()}
    if str(key) not in known and (isinstance(key, Path) or not _is_fingerprint(key)):
        if pickles:
            raise ValueError("pickles is for records that are adopted: what a trusted key signs is read in any case")
        return _trust_file(keyring, _key_in(key, [*known]))
    if str(key) == keyring.signer:
        raise ValueError(f"{key} is your own key: its records count already")
    if str(key) not in known:
        raise ValueError(f"nothing in this store is signed by {key}; {nearest(str(key), known)}")
    found = store.adopt(known[str(key)], _sign_pickle() if pickles else None, tell)
    return Trusted(str(key), found["calls"], found["values"], found["pickles left"], found["damaged values left"])


def untrust(keyring: Keyring, key: str | Path) -> str:
    """Let the signatures of a key count no longer; return its fingerprint (see `Storage.untrust`)."""
    refuse_other(key, (str, Path), "untrust takes a key file or a fingerprint")
    known = [mark.hex() for mark in keyring.trusted]
    if isinstance(key, str) and _is_fingerprint(key):
        mark = b"" if key == UNSIGNED else bytes.fromhex(key)
    else:
        mark = keys.fingerprint(_key_in(key, known))
    if mark.hex() not in known:
        raise ValueError(f"{key} is no key that you trust; {nearest(mark.hex(), known)}")
    file = keys.trusted_folder() / mark.hex()
    if not file.exists():
        raise ValueError(f"the key {mark.hex()} is trusted by the setting trusted_keys: take it out there")
    file.unlink()
    keyring.refuse(mark)
    return mark.hex()


def _key_in(place: str | Path, known: list[str]) -> bytes:
    path = Path(place).expanduser()
    try:
        key = keys.read_key(path) if path.is_file() else None
    except OSError as error:
        raise StoreError(f"the key of somebody else cannot be used: {error}") from error
    if key is None:
        raise ValueError(f"{str(place)!r} is neither a key file nor a known signer; {nearest(str(place), known)}")
    return key


def _trust_file(keyring: Keyring, key: bytes) -> Trusted:
    mark = keys.fingerprint(key)
    keys.write_key(keys.trusted_folder() / mark.hex(), key)
    keyring.accept(key)
    return Trusted(mark.hex())


def _is_fingerprint(text: str) -> bool:
    return text == UNSIGNED or (len(text) == 2 * FINGERPRINT_SIZE and set(text) <= set(string.hexdigits))


def _sign_pickle() -> Callable[[bytes, bytes], bytes]:
    own = keys.own_key() or keys.make_key()
    return lambda data, cid: signing.signed_anew(data, cid, own)


def _standing(mark: bytes, keyring: Keyring) -> Literal["you", "trusted", "unknown"]:
    if not keyring.claims(mark):
        return "unknown"
    return "you" if mark.hex() == keyring.signer else "trusted"
