"""`Settings`: what can be chosen of a storage, and where each choice came from.

The fields of the class are the one list of names, types, defaults and limits. A
value is an argument, else the variable ``MANDALA_LAB_<NAME>`` of the environment,
else an entry of a TOML file, else the default.

Reading and checking is pydantic's business (`settings_sources`), which takes as long
to import as all the rest. So what plainly fits is taken as it is, and pydantic is
asked only about what remains: a variable, a file, an unusual argument.
"""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from mandala_lab.model.errors import MandalaLabWarning, nearest, refuse_unknown

if TYPE_CHECKING:
    from pydantic import SecretStr

PREFIX = "MANDALA_LAB_"
CONFIG_VARIABLE = "MANDALA_LAB_CONFIG"
"""Names the TOML file."""

ARGUMENT, DEFAULT = "argument", "default"
HIDDEN = "**********"
NO_CHOICE = "no choice"
OnChange = Literal["recompute", "reuse", "warn", "error"]
Durability = Literal["process", "power"]
_KEY_BYTES = 32
_OF_TESTS = {f"{PREFIX}{name}" for name in ("CHROMIUM", "PAIRS", "PYTHON", "PYTHONS", "UPDATE_GOLDEN")}


class _Unset:
    """Stands for an argument that was not given."""

    def __repr__(self) -> str:
        return "<as configured>"


UNSET: Any = _Unset()
"""Default of an argument whose value comes from the environment, the file or `Settings`."""


class About(NamedTuple):
    """What is known of a setting beside its type and default.

    Attributes
    ----------
    valid
        What a value has to be, as the end of a sentence.
    fault
        What another value is, where Python would not say: "no time".
    limits
        ``ge`` or ``gt``, as pydantic knows them.
    check
        Says whether a text is valid.
    secret
        Whether it is never shown.
    """

    valid: str
    fault: str = NO_CHOICE
    limits: Mapping[str, Any] = {}
    check: Callable[[str], bool] | None = None
    secret: bool = False


def _setting(default: Any, valid: str, fault: str = NO_CHOICE, **about: Any) -> Any:
    limits: dict[str, Any] = {name: about.pop(name) for name in ("ge", "gt") if name in about}
    return field(default=default, metadata={"about": About(valid, fault, limits, **about)})


def _is_key(text: str) -> bool:
    return re.fullmatch(f"[0-9a-fA-F]{{{2 * _KEY_BYTES}}}", text) is not None


@dataclass(frozen=True, slots=True, init=False)
class Settings:
    """How a storage is to work; `Storage` says what each choice means.

    Parameters
    ----------
    **given
        Choices by name; what is left out comes from the environment, the file or
        the defaults.

    Raises
    ------
    TypeError
        For an argument that is unknown or of the wrong kind.
    ValueError
        For a value that is not a choice, an unknown entry of the file, or a file
        that was named and cannot be read.

    Examples
    --------
    >>> from mandala_lab.settings import Settings
    >>> chosen = Settings(durability="power")
    >>> chosen.durability, chosen.sources["durability"]
    ('power', 'argument')
    """

    session: str | None = _setting(None, "a text")
    on_change: OnChange = _setting("recompute", f"one of {', '.join(get_args(OnChange))}")
    group_commits_ms: float = _setting(0.0, "a number of milliseconds, 0 or more", "no time", ge=0)
    overflow_dir: Path | None = _setting(None, "the path of a folder")
    overflow_threshold_MB: float = _setting(  # noqa: N815 - mandala's name
        50.0, "a number of MB (2**20 bytes), more than 0", "no size", gt=0
    )
    cache_MB: float = _setting(64.0, "a number of MB (2**20 bytes), 0 or more", "no size", ge=0)  # noqa: N815 - as above
    durability: Durability = _setting("process", f"one of {', '.join(get_args(Durability))}")
    progress: bool = _setting(True, "true or false")
    key_packages: tuple[str, ...] = _setting((), "a tuple of names of packages", "no tuple of names of packages")
    allow_network: bool = _setting(False, "true or false")
    key_file: Path | None = _setting(None, "the path of a file")
    key: SecretStr | None = _setting(
        None, f"the hexadecimal text of {_KEY_BYTES} bytes", "no key", check=_is_key, secret=True
    )
    trusted_keys: tuple[Path, ...] = _setting((), "a list of paths of files", "no list of paths")
    sources: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __init__(self, **given: Any) -> None:
        refuse_unknown("Settings", given.keys() - ABOUT.keys(), ABOUT)
        found = {name: (default, DEFAULT) for name, default in DEFAULTS.items()}
        found.update(_from_file())
        found.update(_from_environment())
        found.update({name: (_argument(name, one), ARGUMENT) for name, one in given.items() if one is not UNSET})
        if os.environ.get(variable_of("progress")) == "0":  # says no for all storages, whatever the program says
            found["progress"] = False, told_variable("progress")
        for name, (value, _) in found.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "sources", {name: source for name, (_, source) in found.items()})


ABOUT: dict[str, About] = {one.name: one.metadata["about"] for one in fields(Settings) if one.metadata}
"""What is known of every setting, by name."""

DEFAULTS: dict[str, Any] = {one.name: one.default for one in fields(Settings) if one.metadata}

Found = Mapping[str, tuple[Any, str]]
"""Values with their sources, by name of the setting."""


class Row(NamedTuple):
    """A setting for display: a secret is hidden, a path is a text."""

    name: str
    value: Any
    source: str


def effective(settings: Settings | None = None) -> list[Row]:
    """Return every setting with its value and where that came from, by default of a storage opened now.

    Examples
    --------
    >>> from mandala_lab.settings import Settings, effective
    >>> [row for row in effective(Settings(cache_MB=8)) if row.source == "argument"]
    [Row(name='cache_MB', value=8, source='argument')]
    """
    settings = Settings() if settings is None else settings
    return [Row(name, shown(name, getattr(settings, name)), settings.sources[name]) for name in ABOUT]


def shown(name: str, value: Any) -> Any:
    """Return the value of a setting as people may see it."""
    if value is None or value is DEFAULTS[name]:
        return value
    if ABOUT[name].secret:
        return HIDDEN
    if isinstance(value, str | Path):
        return without_password(str(value))
    if isinstance(value, list | tuple):
        return [shown(name, item) for item in value]
    return value


def without_password(text: str) -> str:
    """Return a text with the passwords of the URLs in it hidden.

    Examples
    --------
    >>> without_password("redis://me:hunter2@host/0")
    'redis://me:**********@host/0'
    """
    return re.sub(r"(://[^/@:\s]*:)[^/\s]*@", rf"\1{HIDDEN}@", text)


def variable_of(name: str) -> str:
    """Return the variable of the environment that says a setting."""
    return f"{PREFIX}{name.upper()}"


def told_variable(name: str) -> str:
    """Return how the source of a setting out of the environment is told."""
    return f"environment {variable_of(name)}"


def as_path(value: Any) -> Any:
    """Return the path that a text says; anything else as it is."""
    return Path(value).expanduser() if isinstance(value, str | os.PathLike) else value


# --- the sources


def _from_file() -> Found:
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        path = Path(named).expanduser()
    else:
        import platformdirs

        path = platformdirs.user_config_path("mandala-lab") / "config.toml"
        if not path.is_file():
            return {}
    from mandala_lab.settings_sources import read_file

    return read_file(path)


def _from_environment() -> Found:
    by_variable = {variable_of(name): name for name in ABOUT}
    found: dict[str, tuple[Any, str]] = {}
    unread: set[str] = set()
    for variable, text in os.environ.items():
        if not variable.startswith(PREFIX) or not text:
            continue
        name = by_variable.get(variable)
        if name is None:
            _tell_unknown(variable, by_variable)
        elif _fits_plainly(name, text):
            found[name] = _as_kept(name, text), told_variable(name)
        elif (name, text) != ("progress", "0"):
            unread.add(name)
    if unread:
        from mandala_lab.settings_sources import read_environment

        found.update(read_environment(unread))
    return found


def _tell_unknown(variable: str, known: Mapping[str, str]) -> None:
    if variable != CONFIG_VARIABLE and variable not in _OF_TESTS:
        warnings.warn(
            f"the environment has {variable}, which is no setting; {nearest(variable, [*known, CONFIG_VARIABLE])}",
            MandalaLabWarning,
            stacklevel=2,
        )


def _argument(name: str, value: Any) -> Any:
    if _fits_plainly(name, value):
        return _as_kept(name, value)
    from mandala_lab.settings_sources import check_argument

    return check_argument(name, value)


# --- what plainly fits


@cache
def _kinds() -> dict[str, tuple[Any, ...]]:
    """Return by setting the types or the choices of a value that needs no more than a look; none for lists, secrets."""
    hints = get_type_hints(Settings, localns={"SecretStr": _Unset})
    return {name: () if get_origin(hints[name]) is tuple else get_args(hints[name]) or (hints[name],) for name in ABOUT}


def _fits_plainly(name: str, value: Any) -> bool:
    kinds, kind = _kinds()[name], type(value)
    if value is DEFAULTS[name]:
        return True
    if kind is str:
        return value in kinds or str in kinds or (Path in kinds and bool(value))
    if kind is float or kind is int:
        limits = ABOUT[name].limits
        inside = value >= limits.get("ge", -math.inf) and value > limits.get("gt", -math.inf)
        return float in kinds and inside and math.isfinite(value)
    return kind in kinds or (isinstance(value, Path) and Path in kinds)


def _as_kept(name: str, value: Any) -> Any:
    return as_path(value) if Path in _kinds()[name] else value
