"""Secrets among arguments, results and globals count, and lie nowhere."""

from __future__ import annotations

import dataclasses
import logging
import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel, SecretBytes, SecretStr

from mandala_lab import Ignore, MandalaLabWarning, MList, Storage, UnstorableError, ValuePointer, op, wrap_atom
from mandala_lab.live.inspect import inspect_call
from mandala_lab.memo import signing
from mandala_lab.memo.encoding import content_id
from mandala_lab.model.refs import short_repr

CANARY = "canary-hunter2-Qx7"
OTHER = "another-canary-Zw9"
runs: list[int] = []
note = runs.append


class Talkative:
    """A secret whose repr tells it."""

    def __init__(self, text):
        self.text = text

    def get_secret_value(self):
        return self.text

    def __repr__(self):
        return f"Talkative({self.text})"


class Account(BaseModel):
    name: str
    password: SecretStr


@dataclasses.dataclass
class Client:
    token: Any
    pages: int = 1


def _object_array(text):
    array = np.empty(2, object)
    array[:] = [SecretStr(text), 1]
    return array


def _closure(text):
    secret = SecretStr(text)

    def ask():
        return secret

    return ask


HOLDERS = {
    "text": SecretStr,
    "bytes": lambda text: SecretBytes(text.encode()),
    "talkative": Talkative,
    "list": lambda text: [1, SecretStr(text)],
    "long list": lambda text: [SecretStr(text), *range(300)],
    "tuple": lambda text: (SecretStr(text), "a"),
    "dict": lambda text: {"token": SecretStr(text), "n": {"deep": [SecretBytes(text.encode())]}},
    "talkative list": lambda text: [Talkative(text)],
    "model": lambda text: Account(name="me", password=SecretStr(text)),
    "dataclass": lambda text: Client(Talkative(text)),
    "array": _object_array,
    "series": lambda text: pd.Series([SecretStr(text), SecretStr("b")]),
    "frame": lambda text: pd.DataFrame({"a": [SecretStr(text)], "b": [1]}),
    "closure": _closure,
}

token = SecretStr(CANARY)


@op
def fetch(source, page):
    note(page)
    return page + 1


@op(nout=1)
def give_back(source, page):
    note(page)
    return source


@op
def two(source, page):
    return page, source


@op
def of_global(page):
    return (page, token.get_secret_value()[:2])


@op
def many(sources: MList[Any], page):
    note(page)
    return len(sources)


@op
def with_default(page, key=SecretStr(CANARY)):
    return page


@op
def fails(source, page):
    text = source.get_secret_value()
    raise ConnectionError(f"401 for https://host/?token={text} and {source!r}")


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


@pytest.fixture
def seen(caplog, tmp_path):
    """Return what collects all texts that anybody sees; at the end no canary is among them or in any file."""
    texts: list[str] = []
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield texts
        texts += [str(one.message) for one in caught]
    texts += [caplog.text, *(record.getMessage() for record in caplog.records)]
    for text in texts:
        assert CANARY not in text
        assert OTHER not in text
    for file in tmp_path.rglob("*"):
        if file.is_file():
            held = file.read_bytes()
            assert CANARY.encode() not in held, file
            assert OTHER.encode() not in held, file


def _look(storage, seen):
    """Look at all that a storage shows, while its write-ahead log lies beside it."""
    for call in storage.calls():
        looked = inspect_call(storage.store, call.hid)
        seen += [repr(call), repr(looked), repr(dict(call.inputs)), repr(dict(call.outputs)), call.error]
        seen += [str(storage.explain(call)), repr(storage.explain(call))]
        for ref in (*call.inputs.values(), *call.outputs.values()):
            seen.append(repr(ref._repr_mimebundle_()))
    frame = storage.cf("run")
    frame.save_svg("picture.svg")
    frame.save_html("page.html", values=True)
    seen += [repr(frame), repr(storage), str(storage.stats())]
    assert any(one.name.endswith("-wal") for one in storage_files(storage))


def storage_files(storage):
    from pathlib import Path

    return list(Path(storage.path).parent.glob("store.db*"))


@pytest.mark.parametrize("holder", HOLDERS)
def test_an_argument_counts_and_is_not_stored(path, seen, holder):
    make = HOLDERS[holder]
    storage = Storage(path, overflow_threshold_MB=0.0001)
    with storage:
        results = [fetch(make(text), page).value for text, page in ((CANARY, 1), (CANARY, 1), (OTHER, 1), (CANARY, 2))]
        assert runs == [1, 1, 2]
        assert results == [2, 2, 2, 3]
        seen += [str(storage.explain(fetch, make(OTHER), 5)), short_repr(make(CANARY))]
        call = storage.calls("fetch")[0]
        with pytest.raises(LookupError, match="holds a secret"):
            _ = call.inputs["source"].value
    _look(storage, seen)
    storage.close()
    with Storage(path) as storage:
        assert fetch(make(CANARY), 1).value == 2
        assert len(storage.calls("fetch")) == 3
    storage.close()
    assert runs == [1, 1, 2]


@pytest.mark.parametrize("holder", HOLDERS)
def test_a_result_is_returned_and_not_stored(path, holder, recwarn, tmp_path):
    source = HOLDERS[holder](CANARY)
    storage = Storage(path)
    with storage:
        with pytest.warns(MandalaLabWarning, match="returned but not stored: it holds a secret") as caught:
            found = give_back(source, 1)
        assert len(caught) == 1
        assert found.value is source
        assert CANARY not in repr(found) + str(caught[0].message) + repr(found._repr_mimebundle_())
        with pytest.warns(MandalaLabWarning, match="holds a secret"):
            assert two(source, 1)[1].value is source
    assert storage.calls() == []
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes()
    storage.close()


def test_elements_globals_defaults_and_wrapped_ones(path, seen):
    storage = Storage(path)
    with storage:
        assert many([SecretStr(CANARY), SecretStr(OTHER)], 1).value == 2
        assert many([SecretStr(CANARY), SecretStr(OTHER)], 1).value == 2
        assert runs == [1]
        assert of_global(1)[1].value == "ca"
        assert with_default(3).value == 3
        assert fetch(Ignore(SecretStr(CANARY)), 4).value == 5
        assert fetch(ValuePointer("the token", SecretStr(CANARY)), 4).value == 5
    _look(storage, seen)
    storage.close()


@pytest.mark.parametrize("make", [SecretStr, Talkative])
def test_the_traceback_of_a_failed_call_is_told_without_it(path, seen, make):
    storage = Storage(path)
    with storage, pytest.raises(ConnectionError):
        fails(make(CANARY), 1)
    [call] = storage.calls("fails")
    assert "401 for https://host/?token=**********" in call.error
    _look(storage, seen)
    storage.close()


def test_ids_need_the_key_of_the_user(tmp_path, monkeypatch):
    here = content_id(SecretStr(CANARY))
    assert content_id(SecretStr(CANARY)) == here
    assert content_id(SecretStr(OTHER)) != here
    assert content_id(SecretBytes(CANARY.encode())) != here
    monkeypatch.setenv("MANDALA_LAB_KEY_FILE", str(tmp_path / "other" / "key"))
    assert content_id(SecretStr(CANARY)) != here
    monkeypatch.setenv("MANDALA_LAB_KEY_FILE", str(tmp_path))
    with pytest.raises(UnstorableError, match="no key to tell secrets apart"):
        content_id(SecretStr(CANARY))


def test_without_a_key_the_call_runs_and_is_not_remembered(path, monkeypatch, tmp_path):
    storage = Storage(path)
    monkeypatch.setenv("MANDALA_LAB_KEY_FILE", str(tmp_path))
    with storage, pytest.warns(MandalaLabWarning, match="runs and is not remembered"):
        assert fetch(SecretStr(CANARY), 1).value == 2
    assert storage.calls() == []
    storage.close()


def test_nothing_makes_bytes_of_a_secret():
    with pytest.raises(UnstorableError, match="holds a secret"):
        signing.dump({"a": SecretStr(CANARY)}, b"id")
    with pytest.raises(UnstorableError, match="holds a secret"):
        wrap_atom([SecretStr(CANARY)])
    assert pickle.loads(pickle.dumps(SecretStr(CANARY))).get_secret_value() == CANARY, "others may"


def test_a_store_with_secrets_left_out_is_whole_and_says_so_of_them(storage):
    with storage:
        fetch(SecretStr(CANARY), 1)
    assert storage.fsck().faults == ()
    (call,) = storage.calls()
    secret = next(ref for ref in call.inputs.values() if ref.data == b"?")
    with pytest.raises(LookupError, match="holds a secret, which is never stored"):
        secret.peek()
