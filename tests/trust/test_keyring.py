"""Keys and signatures."""

from __future__ import annotations

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandala_lab.trust import keys
from mandala_lab.trust.keyring import EverythingKnown, Keyring, signer_of

KEY, OTHER = b"1" * 32, b"2" * 32
PARTS = st.lists(st.binary(max_size=20), max_size=4)


@given(st.binary(min_size=1, max_size=5), PARTS, st.binary(min_size=1, max_size=5), PARTS)
def test_a_signature_is_of_these_parts_alone(kind, parts, other_kind, other_parts):
    ring = Keyring(KEY)
    signature = ring.sign(kind, *parts)
    assert ring.knows(signature, kind, *parts)
    if b"\0" not in kind + other_kind:  # kinds are words of ours
        assert ring.knows(signature, other_kind, *other_parts) == ((kind, parts) == (other_kind, other_parts))


@given(st.integers(0, 19), st.integers(1, 255), PARTS)
def test_a_changed_signature_is_none(place, change, parts):
    ring = Keyring(KEY)
    signature = bytearray(ring.sign(b"note", *parts))
    signature[place] ^= change
    assert not ring.knows(bytes(signature), b"note", *parts)


def test_whose_signatures_count():
    ours, theirs = Keyring(KEY), Keyring(OTHER)
    signature = theirs.sign(b"note", b"text")
    assert not ours.knows(signature, b"note", b"text")
    assert not ours.claims(signature)
    assert signer_of(signature) == theirs.signer != ours.signer
    ours.accept(OTHER)
    assert ours.knows(signature, b"note", b"text")
    assert ours.claims(signature)
    assert Keyring(KEY, [OTHER]).knows(signature, b"note", b"text")
    assert not ours.knows(None, b"note", b"text")
    assert not ours.knows(b"", b"note", b"text")
    assert signer_of(None) == signer_of(b"") == "unsigned"


def test_without_a_key_nothing_is_signed_and_nothing_counts():
    ring = Keyring(None)
    assert ring.sign(b"note", b"text") == b""
    assert not ring.knows(Keyring(KEY).sign(b"note", b"text"), b"note", b"text")
    assert EverythingKnown().knows(None, b"note", b"text")


def test_the_key_of_the_user_is_made_once_and_kept():
    first = Keyring.of_user(make=True)
    assert first.signer == Keyring.of_user().signer == keys.fingerprint(keys.own_key()).hex()
    assert stat.S_IMODE(keys.key_file().stat().st_mode) == 0o600
    assert Keyring.of_process().signer != first.signer


def test_a_key_may_be_given_in_the_environment(monkeypatch):
    monkeypatch.setenv(keys.KEY_VARIABLE, KEY.hex())
    assert Keyring.of_user(make=True).signer == keys.fingerprint(KEY).hex()
    assert not keys.key_file().exists()
    for wrong in ("12", "secret" * 10, "zz" * 32):
        monkeypatch.setenv(keys.KEY_VARIABLE, wrong)
        with pytest.raises(ValueError, match="the hexadecimal text of 32 bytes") as told:
            Keyring.of_user()
        assert wrong not in str(told.value)


def test_the_settings_may_say_where_keys_lie(tmp_path, monkeypatch):
    monkeypatch.delenv(keys.KEY_FILE_VARIABLE)
    (tmp_path / "mine.toml").write_text(f'key_file = "{tmp_path}/mine"\ntrusted_keys = ["{tmp_path}/theirs"]\n')
    monkeypatch.setenv("MANDALA_LAB_CONFIG", str(tmp_path / "mine.toml"))
    keys.write_key(tmp_path / "mine", KEY)
    keys.write_key(tmp_path / "theirs", OTHER)
    assert Keyring.of_user().all_keys == [KEY, OTHER]


def test_a_trusted_key_that_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("MANDALA_LAB_TRUSTED_KEYS", str(tmp_path / "nope"))
    with pytest.raises(ValueError, match=r"there is no key .*nope; trusted_keys names it"):
        Keyring.of_user()
    (tmp_path / "nope").write_text("no key")
    with pytest.raises(ValueError, match=r"nope is no key of 32 bytes; trusted_keys names it"):
        Keyring.of_user()


def test_keys_of_others_lie_beside_the_users_own():
    keys.write_key(keys.trusted_folder() / "theirs", OTHER)
    assert Keyring.of_user(make=True).knows(Keyring(OTHER).sign(b"note"), b"note")
    (keys.trusted_folder() / "theirs").chmod(0o644)
    with pytest.raises(ValueError, match=r"chmod 600.*delete it, and trust the key again"):
        Keyring.of_user()
