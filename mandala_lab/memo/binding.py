"""Binding: the arguments of a call by parameter, however they were spelled.

The signature of an op is compiled once, into a function with the same parameters
that returns what it was given; so binding is as quick as any call in Python, and
a wrong call is told of in Python's own words.

A wrapper made with `functools.wraps` shows the signature of the function inside it,
and may make something else of a default or a keyword than that function would. So it
is given each call as it was spelled, its arguments go by the names of the function
inside, and another spelling is another call.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from inspect import Parameter
from types import FunctionType
from typing import Any

from mandala_lab.memo.special import Ignore, NewArgDefault, is_special
from mandala_lab.model.refs import unwrapped

_SEPARATED = (Parameter.KEYWORD_ONLY, Parameter.VAR_KEYWORD)
_PLACED = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_REST = "args"
BY_KEYWORD = "by keyword"
"""Input of a wrapper that says which parameters with a position were given by keyword."""


class Binder:
    """Binds arguments to the parameters of one function.

    Positional, keyword and default spellings of a call give the same result.
    Elements of ``*args`` are named ``args[0]``, ``args[1]``...; keywords taken by
    ``**kwargs`` go by their own names, after the parameters, sorted (by
    ``kwargs['name']`` where that name is taken or is no identifier).

    Parameters
    ----------
    function
        The function.
    ignored
        Names of the arguments of which it does not matter whether they are given.

    Attributes
    ----------
    parameters
        Names of the parameters.
    values
        Called as the function is, returns the values of the parameters in order;
        of a wrapper, positional and keyword arguments.
    new
        Values at which a parameter counts as not there (`NewArgDefault`), by name.
    """

    __slots__ = ("_ignored", "_parameters", "_places", "_positional", "_simple", "new", "parameters", "values")

    def __init__(self, function: Callable[..., Any], ignored: Collection[str] = ()) -> None:
        signature = inspect.signature(function)
        self.new = {
            name: parameter.default.value
            for name, parameter in signature.parameters.items()
            if type(parameter.default) is NewArgDefault
        }
        self._parameters = {
            name: parameter.replace(default=self.new[name]) if name in self.new else parameter
            for name, parameter in signature.parameters.items()
        }
        self.parameters = tuple(self._parameters)
        self._ignored = ignored
        self._places = _places_of_wrapper(function, signature)
        self.values: Callable[..., tuple[Any, ...]] = (
            _compiled(function, list(self._parameters.values())) if self._places is None else _as_spelled
        )
        kinds = {parameter.kind for parameter in self._parameters.values()}
        self._simple = not kinds & {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}
        self._positional = kinds <= {Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD}

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments by name, defaults filled in, in a fixed order.

        Raises
        ------
        TypeError
            When the arguments do not fit the signature.
        """
        return self.named(self.values(*args, **kwargs))

    def named(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """Return the arguments by name, of the values of the parameters."""
        if self._places is not None:
            return self._named_as_spelled(self._places, *values)
        if self._simple:
            return dict(zip(self.parameters, values, strict=True))
        found: dict[str, Any] = {}
        for parameter, value in zip(self._parameters.values(), values, strict=True):
            name = parameter.name
            if parameter.kind is Parameter.VAR_POSITIONAL:
                found.update({f"{name}[{position}]": item for position, item in enumerate(value)})
            elif parameter.kind is Parameter.VAR_KEYWORD:
                found.update({self._keyword(name, key): item for key, item in value.items()})
            else:
                found[name] = value
        return found

    def arguments(self, values: Sequence[Any]) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return positional and keyword arguments that give the parameters these values."""
        if self._places is not None:
            return values[0], dict(values[1])
        if self._positional:
            return values, {}
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for parameter, value in zip(self._parameters.values(), values, strict=True):
            if parameter.kind is Parameter.VAR_POSITIONAL:
                args.extend(value)
            elif parameter.kind is Parameter.VAR_KEYWORD:
                kwargs.update(value)
            elif parameter.kind is Parameter.KEYWORD_ONLY:
                kwargs[parameter.name] = value
            else:
                args.append(value)
        return args, kwargs

    def spell(self, arguments: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return positional and keyword arguments that bind to `arguments`: the inverse of `bind`.

        Raises
        ------
        TypeError
            When there are unknown arguments, or one is missing that has no default.
        """
        if self._places is not None:
            return _spelled_as_named(self._places, dict(arguments))
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        left = dict(arguments)
        for name, parameter in self._parameters.items():
            if parameter.kind is Parameter.VAR_POSITIONAL:
                while (element := f"{name}[{len(args) - self.parameters.index(name)}]") in left:
                    args.append(left.pop(element))
            elif parameter.kind is Parameter.VAR_KEYWORD:
                kwargs.update({_own_name(name, key): left.pop(key) for key in list(left)})
            else:
                value = left.pop(name, parameter.default)
                if value is Parameter.empty:
                    raise TypeError(f"argument {name!r} has no recorded value and no default; give one")
                if parameter.kind is Parameter.KEYWORD_ONLY:
                    kwargs[name] = value
                else:
                    args.append(value)
        if left:
            unknown = ", ".join(sorted(left))
            raise TypeError(f"unexpected arguments: {unknown}; the parameters are {', '.join(self.parameters)}")
        return args, kwargs

    def _named_as_spelled(
        self, places: tuple[str, ...], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Name the arguments of a wrapper, and say which of those with a position were given by keyword."""
        found = dict(zip(places, args, strict=False))
        found.update({f"{_REST}[{at}]": value for at, value in enumerate(args[len(places) :])})
        for name, value in kwargs.items():
            found[name if name.isidentifier() and name not in found else f"{_REST}[{name!r}]"] = value
        counting = [name for name, value in kwargs.items() if name in places and type(value) is not Ignore]
        by_keyword = tuple(name for name in counting if name not in self._ignored)
        return found | ({BY_KEYWORD: by_keyword} if by_keyword else {})

    def _keyword(self, catcher: str, key: str) -> str:
        return key if key.isidentifier() and key not in self._parameters else f"{catcher}[{key!r}]"


def _places_of_wrapper(function: Callable[..., Any], signature: inspect.Signature) -> tuple[str, ...] | None:
    """Return which parameters have a position in the function inside a wrapper; ``None`` where it is no wrapper.

    Where one of them has a default that says how it is keyed, the signature is taken at its word.
    """
    shown = signature.parameters.values()
    is_wrapper = signature != inspect.signature(function, follow_wrapped=False)
    if not is_wrapper or any(is_special(parameter.default) for parameter in shown):
        return None
    return tuple(parameter.name for parameter in shown if parameter.kind in _PLACED)


def _as_spelled(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    return args, kwargs


def _spelled_as_named(places: tuple[str, ...], arguments: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return a wrapper's arguments as they were spelled: the inverse of naming them."""
    by_keyword = unwrapped(arguments.pop(BY_KEYWORD, ()))
    args = [arguments.pop(name) for name in places if name in arguments and name not in by_keyword]
    while (element := f"{_REST}[{len(args) - len(places)}]") in arguments:
        args.append(arguments.pop(element))
    return args, {_own_name(_REST, name): value for name, value in arguments.items()}


def _compiled(function: Callable[..., Any], parameters: list[Parameter]) -> Callable[..., tuple[Any, ...]]:
    """Make the function with these parameters that returns their values."""
    pieces: list[str] = []
    for position, parameter in enumerate(parameters):
        before = parameters[position - 1].kind if position else None
        if before is Parameter.POSITIONAL_ONLY and parameter.kind is not before:
            pieces.append("/")
        if parameter.kind is Parameter.KEYWORD_ONLY and before not in {*_SEPARATED, Parameter.VAR_POSITIONAL}:
            pieces.append("*")
        stars = "*" * (1 * (parameter.kind is Parameter.VAR_POSITIONAL) + 2 * (parameter.kind is Parameter.VAR_KEYWORD))
        default = "" if parameter.default is Parameter.empty else "=None"
        pieces.append(f"{stars}{parameter.name}{default}")
    if parameters and parameters[-1].kind is Parameter.POSITIONAL_ONLY:
        pieces.append("/")
    names = "".join(f"{parameter.name}, " for parameter in parameters)
    scope: dict[str, Any] = {}
    exec(f"def bound({', '.join(pieces)}): return ({names})", scope)  # noqa: S102 - of names only, all identifiers
    bound: FunctionType = scope["bound"]
    given = [p for p in parameters if p.default is not Parameter.empty]
    bound.__defaults__ = tuple(p.default for p in given if p.kind is not Parameter.KEYWORD_ONLY) or None
    bound.__kwdefaults__ = {p.name: p.default for p in given if p.kind is Parameter.KEYWORD_ONLY} or None
    bound.__name__ = getattr(function, "__name__", "op")
    bound.__qualname__ = getattr(function, "__qualname__", bound.__name__)
    return bound


def _own_name(catcher: str, key: str) -> str:
    """Return the keyword that was bound as `key`."""
    return str(ast.literal_eval(key[len(catcher) + 1 : -1])) if key.startswith(f"{catcher}[") else key
