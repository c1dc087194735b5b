"""Versions of packages as part of the key, where that is asked for."""

from __future__ import annotations

from importlib import metadata

import pytest

from mandala_lab import Storage, op

runs: list[int] = []
note = runs.append


@op
def square(x):
    note(x)
    return x * x


@op(version="1")
def half(x):
    note(x)
    return x / 2


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


def test_an_upgrade_counts_only_where_it_is_asked_for(tmp_path, monkeypatch):
    def called(**options):
        with Storage(tmp_path / "store.db", **options) as storage:
            assert [square(3).value, half(3).value] == [9, 1.5]
            storage.close()
        return storage

    numpy = {"key_packages": ("numpy",)}
    called(), called(**numpy)
    assert runs == [3, 3, 3, 3], "with and without are different keys"
    called(), called(**numpy), called(key_packages=("NumPy", "numpy"))
    assert runs == [3, 3, 3, 3]
    now = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "9.9" if name == "numpy" else now(name))
    called()
    assert runs == [3, 3, 3, 3]
    storage = called(**numpy)
    assert runs == [3] * 6
    assert storage.stats().misses == {"globals": 2}
    said = storage.explain(storage.calls("square")[-1]).text
    assert "the global 'numpy.__version__' is '9.9' and was" in said
    assert storage.replay(storage.calls("square")[-1]).verdict == "same"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key_packages": ("numpyy",)}, "no package 'numpyy' is installed; did you mean 'numpy'"),
        ({"key_packages": "numpy"}, "is no tuple of names"),
        ({"cache": "redis://localhost"}, "cache='redis://localhost' is not a choice"),
    ],
)
def test_what_is_no_choice_is_refused(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Storage(**options)
    assert Storage(cache=None).stats().computed == 0
