"""Settings that pydantic reads and checks: out of the environment, out of a TOML file, and unusual arguments.

The models are made of the fields of `Settings`; here is how they are read and what is
said of a value that does not fit. Importing this imports pydantic.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, ValidationError, create_model
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from mandala_lab.model.errors import nearest
from mandala_lab.model.refs import short_repr
from mandala_lab.model.secrets import HIDDEN, without_password
from mandala_lab.settings import (
    ABOUT,
    ARGUMENT,
    DEFAULTS,
    NO_CHOICE,
    PREFIX,
    Found,
    Settings,
    as_path,
    told_variable,
)

_OF_KIND = ("_type", "_parsing", "is_instance_of")


class _Environment(BaseSettings):
    """Reads variables."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, allow_inf_nan=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take one source alone: the others are read by themselves, so that each is known."""
        del init_settings, dotenv_settings, file_secret_settings
        return (cls._source(settings_cls, env_settings),)

    @classmethod
    def _source(
        cls, _settings_cls: type[BaseSettings], variables: PydanticBaseSettingsSource
    ) -> PydanticBaseSettingsSource:
        return variables


class _File(_Environment):
    """Reads a TOML file."""

    model_config = SettingsConfigDict(extra="forbid", allow_inf_nan=False)

    @classmethod
    def _source(
        cls, settings_cls: type[BaseSettings], _variables: PydanticBaseSettingsSource
    ) -> PydanticBaseSettingsSource:
        return TomlConfigSettingsSource(settings_cls)


class _Arguments(BaseModel):
    """Checks arguments: a text is no number here."""

    model_config = {"strict": True, "allow_inf_nan": False}


def read_file(path: Path) -> Found:
    """Return what a TOML file says.

    Raises
    ------
    ValueError
        When it cannot be read, or says what is no setting or no choice.
    """
    base = type("_ThisFile", (_File,), {"model_config": SettingsConfigDict(toml_file=path), "__module__": __name__})
    try:
        if not path.is_file():
            raise FileNotFoundError("there is no such file")
        model = _model(base)()
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ValueError(f"the configuration {path} cannot be read: {why}") from None
    except ValidationError as error:
        raise _told(error, str(path)) from None
    return {name: (getattr(model, name), str(path)) for name in model.model_fields_set}


def read_environment(names: Iterable[str]) -> Found:
    """Return what variables say of these settings.

    Raises
    ------
    ValueError
        For what is no choice.
    """
    wanted = frozenset(names)
    try:
        model = _model(_Environment, wanted)()
    except ValidationError as error:
        raise _told(error, "") from None
    return {name: (getattr(model, name), told_variable(name)) for name in model.model_fields_set & wanted}


def check_argument(name: str, value: Any) -> Any:
    """Return an argument as it is kept.

    Raises
    ------
    TypeError, ValueError
        For what is of another kind, and for what is no choice.
    """
    try:
        return getattr(_model(_Arguments, frozenset([name]))(**{name: value}), name)
    except ValidationError as error:
        raise _told(error, ARGUMENT) from None


@cache
def _model(base: type[BaseModel], names: frozenset[str] = frozenset(ABOUT)) -> type[BaseModel]:
    """Return a model of settings, as `Settings` defines them."""
    hints = get_type_hints(Settings, localns={"SecretStr": SecretStr})
    definitions: dict[str, Any] = {}
    for name in sorted(names):
        kind, about = hints[name], ABOUT[name]
        if get_origin(kind) is tuple:
            paths = Path in get_args(kind)
            kind = Annotated[kind, NoDecode, BeforeValidator(_items(paths=paths, split=base is _Environment))]
        elif Path in get_args(kind):
            kind = Annotated[kind, BeforeValidator(as_path)]
        if about.check is not None:
            kind = Annotated[kind, AfterValidator(_checked(about.check))]
        definitions[name] = kind, Field(DEFAULTS[name], **about.limits)
    return create_model("Settings", __base__=base, **definitions)


def _items(*, paths: bool, split: bool) -> Callable[[Any], Any]:
    """Return what makes a tuple of a list, or with `split` of a text with commas."""

    def items(value: Any) -> Any:
        if split and isinstance(value, str):
            value = [item.strip() for item in value.split(",") if item.strip()]
        if isinstance(value, list | tuple):
            return tuple(as_path(item) for item in value) if paths else tuple(value)
        return value

    return items


def _checked(check: Callable[[str], bool]) -> Callable[[SecretStr | None], SecretStr | None]:
    def checked(value: SecretStr | None) -> SecretStr | None:
        if value is not None and not check(value.get_secret_value()):
            raise ValueError("it does not fit")
        return value

    return checked


def _told(error: ValidationError, source: str) -> Exception:
    """Return what is said of the first value that does not fit; a source that is empty is the environment."""
    first = error.errors(include_url=False, include_context=False)[0]
    name, kind, value = str(first["loc"][0]), first["type"], first["input"]
    if kind == "extra_forbidden":
        return ValueError(f"{source} has an entry {name!r}, which is no setting; {nearest(name, ABOUT)}")
    about = ABOUT[name]
    if source == ARGUMENT and kind.endswith(_OF_KIND) and "literal" not in kind:
        if kind == "tuple_type":
            return TypeError(f"{name}={_text(name, value)} is {about.fault}; {name} is {about.valid}")
        return TypeError(f"{name} is {about.valid}, not {type(value).__name__}")
    where = "" if source == ARGUMENT else f" ({source or told_variable(name)})"
    said = f"{name}={_text(name, value)}{where} is {'not a choice' if about.fault == NO_CHOICE else about.fault}"
    choices = get_args(get_type_hints(Settings, localns={"SecretStr": SecretStr})[name])
    if kind == "literal_error":
        return ValueError(f"{said}; {nearest(str(value), choices)}")
    return ValueError(f"{said}; {name} is {about.valid}")


def _text(name: str, value: Any) -> str:
    return HIDDEN if ABOUT[name].secret else without_password(short_repr(value))
