"""Settings: where each value comes from, and what is said of one that does not fit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mandala_lab import MandalaLabWarning, Storage
from mandala_lab.model.secrets import without_password
from mandala_lab.settings import ABOUT, DEFAULTS, Settings, effective, variable_of

CANARY = "c0ffee" * 10 + "beef"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Return what writes a configuration that is read."""
    path = tmp_path / "configuration.toml"

    def write(text: str) -> Path:
        path.write_text(text)
        monkeypatch.setenv("MANDALA_LAB_CONFIG", str(path))
        return path

    return write


def _sources(settings):
    return {row.name: (row.value, row.source) for row in effective(settings) if row.source != "default"}


def test_arguments_go_before_the_environment_the_file_and_the_defaults(file, monkeypatch):
    monkeypatch.delenv("MANDALA_LAB_KEY_FILE")
    assert _sources(Settings()) == {}
    path = file('durability = "power"\ncache_MB = 1\non_change = "warn"\noverflow_dir = "~/large"\n')
    monkeypatch.setenv("MANDALA_LAB_CACHE_MB", "2.5")
    monkeypatch.setenv("MANDALA_LAB_ON_CHANGE", "error")
    settings = Settings(on_change="reuse")
    assert _sources(settings) == {
        "durability": ("power", str(path)),
        "cache_MB": (2.5, "environment MANDALA_LAB_CACHE_MB"),
        "on_change": ("reuse", "argument"),
        "overflow_dir": (str(Path.home() / "large"), str(path)),
    }
    assert settings.group_commits_ms == DEFAULTS["group_commits_ms"]


def test_the_configuration_of_the_user_is_read_where_there_is_one(tmp_path):
    place = tmp_path / "home" / "mandala-lab" / "config.toml"  # XDG_CONFIG_HOME
    place.parent.mkdir()
    place.write_text("cache_MB = 3\n")
    assert _sources(Settings())["cache_MB"] == (3, str(place))


def test_a_storage_works_with_them(file, path):
    file('on_change = "reuse"\nsession = "of the file"\n')
    storage = Storage(path, on_change="error")
    assert storage.settings.on_change == "error"
    assert storage.session == "of the file"
    assert Storage(on_change="recompute").settings.sources["on_change"] == "argument"
    storage.close()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("key_packages", "numpy, pandas", ("numpy", "pandas")),
        ("trusted_keys", "/a/one,/a/two", (Path("/a/one"), Path("/a/two"))),
        ("allow_network", "yes", True),
        ("progress", "0", False),
        ("progress", "1", True),
        ("group_commits_ms", "10", 10.0),
        ("key_file", "/a/key", Path("/a/key")),
        ("durability", "power", "power"),
        ("session", "mine", "mine"),
    ],
)
def test_variables_are_read(name, text, value, monkeypatch):
    monkeypatch.setenv(variable_of(name), text)
    settings = Settings()
    assert getattr(settings, name) == value
    assert type(getattr(settings, name)) is type(value)
    assert settings.sources[name] == f"environment {variable_of(name)}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('key_packages = ["numpy"]', ("numpy",)),
        ('trusted_keys = ["/a"]', (Path("/a"),)),
        ("allow_network = true", True),
        ('overflow_dir = "/a"', Path("/a")),
    ],
)
def test_entries_of_the_file_are_read(file, text, value):
    file(text)
    assert getattr(Settings(), text.split()[0]) == value


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"key_packages": ["numpy"]}, ("numpy",)),
        ({"key_packages": ("numpy",)}, ("numpy",)),
        ({"trusted_keys": ["/a", Path("/b")]}, (Path("/a"), Path("/b"))),
        ({"overflow_dir": "/a"}, Path("/a")),
        ({"overflow_dir": Path("a")}, Path("a")),
        ({"overflow_dir": None}, None),
        ({"group_commits_ms": 10}, 10),
        ({"cache_MB": 0}, 0),
        ({"progress": False}, False),
    ],
)
def test_arguments_are_taken(given, value):
    [name] = given
    assert getattr(Settings(**given), name) == value


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"on_change": "recompte"}, ValueError, "on_change='recompte' is not a choice; did you mean 'recompute'"),
        ({"on_change": 5}, ValueError, "on_change=5 is not a choice"),
        ({"durability": None}, ValueError, "durability=None is not a choice; choose one of 'process', 'power'"),
        ({"group_commits_ms": "5"}, TypeError, "group_commits_ms is a number of milliseconds, 0 or more, not str"),
        ({"group_commits_ms": -1}, ValueError, "group_commits_ms=-1 is no time; group_commits_ms is a number"),
        ({"group_commits_ms": float("nan")}, ValueError, "is no time"),
        ({"overflow_threshold_MB": 0}, ValueError, "is no size; .* more than 0"),
        ({"overflow_threshold_MB": float("inf")}, ValueError, "is no size"),
        ({"cache_MB": -0.5}, ValueError, "is no size"),
        ({"overflow_dir": 5}, TypeError, "overflow_dir is the path of a folder, not int"),
        ({"progress": "no"}, TypeError, "progress is true or false, not str"),
        ({"session": b"x"}, TypeError, "session is a text, not bytes"),
        ({"key_packages": "numpy"}, TypeError, "is no tuple of names of packages"),
        ({"trusted_keys": [5]}, TypeError, "trusted_keys"),
        ({"cach_MB": 5}, TypeError, "Settings has no option 'cach_MB'; did you mean 'cache_MB'"),
    ],
)
def test_an_argument_that_does_not_fit_is_told(given, error, message):
    with pytest.raises(error, match=message):
        Settings(**given)


def test_what_does_not_fit_says_where_it_came_from(file, monkeypatch):
    path = file('durability = "powr"\n')
    with pytest.raises(ValueError, match=rf"durability='powr' \({path}\) is not a choice; did you mean 'power'"):
        Settings()
    file("cach_MB = 5\n")
    with pytest.raises(ValueError, match=rf"{path} has an entry 'cach_MB', which is no setting; did you mean 'cache_M"):
        Settings()
    file("cache_MB = [\n")
    with pytest.raises(ValueError, match=rf"the configuration {path} cannot be read: "):
        Settings()
    path.unlink()
    with pytest.raises(ValueError, match="there is no such file"):
        Settings()
    monkeypatch.delenv("MANDALA_LAB_CONFIG")
    monkeypatch.setenv("MANDALA_LAB_CACHE_MB", "much")
    message = r"cache_MB='much' \(environment MANDALA_LAB_CACHE_MB\) is no size; cache_MB is a number of MB"
    with pytest.raises(ValueError, match=message):
        Settings()
    with pytest.raises(ValueError, match=message):  # also where an argument would go before it
        Settings(cache_MB=5)


def test_a_variable_that_is_no_setting_is_told(monkeypatch):
    monkeypatch.setenv("MANDALA_LAB_DURABILTY", "power")
    with pytest.warns(
        MandalaLabWarning, match="MANDALA_LAB_DURABILTY, which is no setting; did you mean 'MANDALA_LAB_D"
    ):
        assert Settings().durability == "process"
    monkeypatch.delenv("MANDALA_LAB_DURABILTY")
    monkeypatch.setenv("MANDALA_LAB_CACHE_MB", "")
    assert Settings().sources["cache_MB"] == "default"


def test_no_progress_in_the_environment_holds_for_all(monkeypatch):
    monkeypatch.setenv("MANDALA_LAB_PROGRESS", "0")
    settings = Settings(progress=True)
    assert settings.progress is False
    assert settings.sources["progress"] == "environment MANDALA_LAB_PROGRESS"


def test_secrets_are_not_shown(file, monkeypatch):
    monkeypatch.setenv("MANDALA_LAB_KEY", CANARY)
    settings = Settings()
    assert settings.key.get_secret_value() == CANARY
    shown = repr(settings) + str(settings) + repr(effective(settings))
    monkeypatch.setenv("MANDALA_LAB_KEY", CANARY[1:])
    with pytest.raises(ValueError, match=r"key=.* is no key; key is the hexadecimal text of 32 bytes") as told:
        Settings()
    shown += str(told.value) + repr(told.value.__cause__) + repr(told.getrepr(style="long"))
    monkeypatch.delenv("MANDALA_LAB_KEY")
    file(f'key = "{CANARY[2:]}"')
    with pytest.raises(ValueError, match="is no key") as told:
        Settings()
    with pytest.raises(ValueError, match="is not a choice") as refused:
        Storage(cache=f"redis://me:{CANARY}@host")
    assert CANARY[2:] not in shown + str(told.value) + str(refused.value)
    assert without_password("see a://u:p@ss@h/x and b://h") == "see a://u:**********@h/x and b://h"


def test_every_setting_is_described_and_documented():
    text = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text()
    for name, about in ABOUT.items():
        assert about.valid
        assert f"`{name}`" in text
    assert all(name in repr(Settings()) for name in ABOUT)


def test_pydantic_is_not_imported_for_what_plainly_fits(tmp_path):
    code = (
        "import sys; from mandala_lab import Storage\n"
        "Storage('s.db', 'large', session='mine', group_commits_ms=5, durability='power', progress=False)\n"
        "print('pydantic' in sys.modules)\n"
        "Storage(key_packages=['numpy'])\n"
        "print('pydantic' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"]
