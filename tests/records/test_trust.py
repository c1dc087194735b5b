"""A store that somebody else wrote: its records are listed, and are no hits before they are trusted."""

from __future__ import annotations

import os
import warnings

import pytest
from others import OPS, RAN, everything, inc, pickled, run_all

from mandala_lab import (
    MandalaLabWarning,
    NewArgDefault,
    NewCallError,
    Storage,
    StoreError,
    UntrustedValueError,
    op,
)
from mandala_lab.trust import keys
from mandala_lab.wiring.reading import open_for_reading


def test_a_copied_store_opens_lists_draws_checks_and_exports_without_running_anything(copied, tmp_path):
    with Storage(copied) as storage:
        assert len(storage.calls()) == 8
        frame = storage.cf(None)
        frame.check()
        frame.save_svg(tmp_path / "picture.svg")
        assert "pickled" in (tmp_path / "picture.svg").read_text()
        assert str(storage.call_tree()) is not None
        assert storage.stats(everything=True).computed == 8
        assert [version.source for version in storage.versions(inc)]
        checked = storage.fsck()
        assert checked.exit_code == 2
        assert checked.number == 0
    read = open_for_reading(str(copied))
    assert [call.name for call in read.calls_of_session(None)].count("ramp") == 3
    read.close()
    assert RAN == []


def test_records_of_others_are_no_hits_and_ours_come_beside_them(copied):
    storage = Storage(copied)
    (signer,) = storage.signers()
    assert (signer.standing, signer.calls) == ("unknown", storage.fsck().calls)
    with storage, pytest.warns(MandalaLabWarning, match=r"not under your key.*storage.signers\(\)"):
        everything()
    assert [name for name in RAN if name != "unpickled"] == OPS
    assert storage.stats().misses["untrusted"] == 8
    assert {one.standing: (one.calls, one.values) for one in storage.signers()} == {
        "you": (signer.calls, storage.fsck().values),
        "unknown": (signer.calls, 0),
    }
    assert len(storage.calls()) == 8  # each is listed once
    storage.close()
    again = Storage(copied)
    assert run_all(again) == []
    assert again.fsck().exit_code == 2


DRAWN = iter(range(1000))
draw_one = DRAWN.__next__


@op(version="1")
def drawn(x):
    return draw_one()


@pytest.mark.filterwarnings("ignore:a new key was made")
def test_nobody_loses_a_result_to_another_who_computes_the_same(path, tmp_path, monkeypatch):
    mine = os.environ[keys.KEY_FILE_VARIABLE]
    answers = {"mine": set(), "theirs": set()}
    for who in ("mine", "theirs", "mine", "theirs", "mine"):
        monkeypatch.setenv(keys.KEY_FILE_VARIABLE, mine if who == "mine" else str(tmp_path / "theirs"))
        with Storage(path) as storage, warnings.catch_warnings():
            warnings.simplefilter("ignore", MandalaLabWarning)
            answers[who].add(drawn(1).value)
            (call,) = storage.calls(drawn)
            assert call.outputs["output_0"].peek() in answers[who]
        storage.close()
    assert [len(found) for found in answers.values()] == [1, 1]
    assert answers["mine"] != answers["theirs"]


def test_a_key_file_makes_what_it_signed_count_in_every_store(copied, tmp_path):
    storage = Storage(copied)
    trusted = storage.trust(tmp_path / "theirs" / "key")
    assert trusted.key == keys.fingerprint((tmp_path / "theirs" / "key").read_bytes()).hex()
    assert run_all(storage) == []
    assert storage.fsck().exit_code == 0
    assert [one.standing for one in storage.signers()] == ["trusted"]
    storage.close()
    assert run_all(Storage(copied)) == []


def test_trust_in_a_key_can_be_taken_back(copied, tmp_path):
    storage = Storage(copied)
    file = tmp_path / "theirs" / "key"
    with pytest.raises(ValueError, match="is no key that you trust; there is nothing to choose from"):
        storage.untrust(file)
    mark = storage.trust(file).key
    other = Storage(tmp_path / "other.db")
    assert [(one.key, one.standing, one.calls) for one in other.signers()] == [(mark, "trusted", 0)]
    with pytest.raises(ValueError, match=f"12345678 is no key that you trust; .*{mark}"):
        storage.untrust("12345678")
    assert storage.untrust(mark) == mark
    assert run_all(storage) == OPS
    assert [one.key for one in Storage(tmp_path / "other.db").signers()] == []
    storage.trust(file)
    assert storage.untrust(file) == mark


def test_trust_that_a_setting_gives_is_taken_back_there(copied, tmp_path, monkeypatch):
    monkeypatch.setenv("MANDALA_LAB_TRUSTED_KEYS", str(tmp_path / "theirs" / "key"))
    storage = Storage(copied)
    (signer,) = storage.signers()
    assert signer.standing == "trusted"
    with pytest.raises(ValueError, match="trusted_keys: take it out there"):
        storage.untrust(signer.key)


def test_a_new_key_over_a_store_of_others_is_told(copied, tmp_path, monkeypatch):
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "mistyped" / "key"))
    told = rf"a new key was made for you in .*mistyped.*, and the \d+ calls .* {keys.KEY_FILE_VARIABLE}"
    with pytest.warns(MandalaLabWarning, match=told):
        Storage(copied).close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Storage(copied).close()  # told once
        monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "another" / "key"))
        Storage(tmp_path / "new.db").close()  # of a new store there is nothing to tell


def test_a_key_that_another_process_made_and_used_in_the_meantime_is_no_surprise(path, tmp_path, monkeypatch):
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "fresh" / "key"))
    with Storage(path):
        inc(1)
    with monkeypatch.context() as patch, warnings.catch_warnings():
        patch.setattr(keys, "own_key", lambda: None)  # as of one who looked before the other made it
        warnings.simplefilter("error")
        storage = Storage(path)
    assert [one.standing for one in storage.signers()] == ["you"]
    storage.close()


def test_a_call_that_ran_for_want_of_trust_is_explained_so(copied):
    with Storage(copied) as storage, warnings.catch_warnings():
        warnings.simplefilter("ignore", MandalaLabWarning)
        inc(1), inc(12345)
    reasons = {call.inputs["x"].value: storage.explain(call).reason for call in storage.calls(inc)}
    assert reasons[1] == "untrusted"
    assert reasons[12345] == reasons[2] == "arguments", "and that of somebody else is explained as it is"


def test_a_call_that_others_recorded_is_no_missing_one(copied):
    with Storage(copied) as storage, warnings.catch_warnings():
        warnings.simplefilter("ignore", MandalaLabWarning)
        storage.allow_new_calls(False)
        with pytest.raises(NewCallError, match="The record of this call to inc is of somebody whom you do not trust"):
            inc(1)
        with pytest.raises(NewCallError, match="Call to inc does not exist"):
            inc(12345)


def test_records_of_an_absent_key_are_adopted_but_for_pickles(copied):
    storage = Storage(copied)
    (signer,) = storage.signers()
    done = storage.trust(signer.key)
    assert (done.calls, done.pickles_left, done.damaged_left) == (signer.calls, 1, 0)
    assert done.values == signer.values - 1
    assert run_all(storage) == ["pickled"]  # its value may be no value at all: it is made again
    storage.close()
    assert run_all(Storage(copied)) == []


def test_pickles_are_adopted_where_that_is_asked_for(copied):
    storage = Storage(copied)
    (signer,) = storage.signers()
    assert storage.trust(signer.key, pickles=True).pickles_left == 0
    assert RAN == []
    assert run_all(storage) == []
    assert "unpickled" in RAN


def test_what_is_trusted_has_to_be_there(copied, tmp_path):
    storage = Storage(copied)
    (signer,) = storage.signers()
    with pytest.raises(ValueError, match=f"nothing in this store is signed by unsigned.*{signer.key}"):
        storage.trust("unsigned")
    for absent in (tmp_path / "no such key", "", tmp_path):
        with pytest.raises(ValueError, match="neither a key file nor a known signer"):
            storage.trust(absent)
    (tmp_path / "short").write_bytes(b"no key")
    with pytest.raises(StoreError, match=r"short is no key of 32 bytes$"):
        storage.trust(tmp_path / "short")
    with pytest.raises(ValueError, match="what a trusted key signs is read in any case"):
        storage.trust(tmp_path / "theirs" / "key", pickles=True)
    with pytest.raises(TypeError, match="key file, a fingerprint"):
        storage.trust(5)
    with storage, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inc(1)
    with pytest.raises(ValueError, match="your own key"):
        storage.trust(storage._parts.keyring.signer)


def test_without_a_key_calls_are_hits_in_this_process_alone(path, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "file" / "key"))
    with pytest.warns(MandalaLabWarning, match=f"a key that is gone with this process.*{keys.KEY_VARIABLE}"):
        storage = Storage(path)
    RAN.clear()
    with storage:
        inc(1), inc(1)
        storage.clear_cache(allow_uncommitted=True)
        inc(1)
    assert RAN == ["inc"]
    storage.close()
    monkeypatch.delenv(keys.KEY_FILE_VARIABLE)
    keys.make_key()
    with Storage(path), pytest.warns(MandalaLabWarning, match="not under your key"):
        inc(1)
    assert RAN == ["inc", "inc"]


@pytest.mark.usefixtures("own_key")
def test_a_default_of_a_new_argument_does_not_lead_to_records_of_others(tmp_path, monkeypatch):
    old = op(name="grown")(lambda x: x + 1)
    new = op(name="grown")(lambda x, by=NewArgDefault(1): x + by)
    mine = os.environ[keys.KEY_FILE_VARIABLE]
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "theirs"))
    with Storage(tmp_path / "s.db") as storage:
        old(1)
    storage.close()
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, mine)
    with Storage(tmp_path / "s.db") as storage, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        new(1)
    assert storage.stats().computed == 1


def test_a_pickle_of_others_says_how_to_trust_it(copied):
    storage = Storage(copied)
    (call,) = storage.calls(pickled)
    with pytest.raises(UntrustedValueError, match=r"storage\.trust"):
        call.outputs["output_0"].peek()
    assert RAN == []
