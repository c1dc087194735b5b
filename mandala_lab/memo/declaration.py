"""What the options of `op` say of a function: who it is, and what its inputs and outputs are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from mandala_lab.memo.annotations import Depths
from mandala_lab.memo.encoding.forms import main_or
from mandala_lab.model.errors import nearest
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.structures import RESERVED

_CATCHERS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def declared(
    function: Callable[..., Any],
    output_names: Iterable[str] | None,
    nout: int | Literal["auto"],
    ignore_args: Iterable[str] | None,
    name: str | None,
    *,
    save: bool | Mapping[str, bool],
    pure: bool,
) -> OpSpec:
    """Return identity and shape of an op with these options (see `op`).

    Raises
    ------
    ValueError
        For names that are unknown or given twice, and numbers that contradict them.
    TypeError
        For what cannot be an op.
    """
    _refuse_unsupported(function)
    kinds = {name: parameter.kind for name, parameter in inspect.signature(function).parameters.items()}
    parameters = tuple(kinds)
    names = (output_names,) if isinstance(output_names, str) else tuple(output_names or ())
    for said in (*names, *([] if name is None else [name])):
        if not said.strip() or any("\ud800" <= letter <= "\udfff" for letter in said):
            raise ValueError(f"{said!r} is no name for an op or an output; names have letters, and all of each")
    if len(set(names)) < len(names):
        raise ValueError(f"output_names {names} holds a name twice; outputs need names of their own")
    ignored = frozenset((ignore_args,) if isinstance(ignore_args, str) else ignore_args or ())
    for unknown in sorted(ignored - set(parameters)):
        raise ValueError(f"ignore_args names {unknown!r}, which is no parameter; {nearest(unknown, parameters)}")
    for catcher in sorted(name for name in ignored if kinds[name] in _CATCHERS):
        raise ValueError(f"ignore_args names {catcher!r}, which takes any number of arguments; give each a name")
    if name is not None and name.startswith(RESERVED):
        raise ValueError(f"name={name!r}: names that begin with {RESERVED!r} are kept for the package; choose another")
    return OpSpec(
        key=name or f"{main_or(function.__module__)}:{function.__qualname__}",
        name=name or function.__name__,
        parameters=parameters,
        output_names=names,
        nout=_number_of_outputs(nout, names, one=Depths(function).is_one_output),
        ignored=ignored,
        doc=inspect.getdoc(function) or "",
        pure=pure,
        unsaved=_unsaved(save, parameters, output_names),
    )


def _number_of_outputs(nout: int | Literal["auto"], names: tuple[str, ...], *, one: bool) -> int:
    if nout == "auto":
        return len(names) or int(one)
    if not isinstance(nout, int) or nout < 1:
        raise ValueError(f"nout is 'auto' or a number of at least 1, not {nout!r}")
    if names and len(names) != nout:
        raise ValueError(
            f"nout is {nout} and there are {len(names)} output_names; give one of them, or make them agree"
        )
    return nout


def _unsaved(
    save: bool | Mapping[str, bool], parameters: Iterable[str], output_names: Iterable[str] | None
) -> frozenset[str]:
    """Return the names whose values are not stored; ``"*"`` for all outputs."""
    if isinstance(save, bool):
        return frozenset() if save else frozenset("*")
    known = [*parameters, *([output_names] if isinstance(output_names, str) else output_names or ())]
    for name in save:
        if name not in known:
            raise ValueError(f"save names {name!r}, which is no argument or output; {nearest(name, known)}")
    return frozenset(name for name, wanted in save.items() if not wanted)


def _refuse_unsupported(function: Callable[..., Any]) -> None:
    if isinstance(function, classmethod | staticmethod):
        kind = type(function).__name__
        raise TypeError(f"@op goes under @{kind}: write @{kind} first, and @op next to the def")
    if not inspect.isfunction(function):
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"{name} is not a function written in Python; wrap it in a def")
