"""Binding: the arguments of a call by name, however they were spelled."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any


class Binder:
    """Binds arguments to the parameters of one function.

    Positional, keyword and default spellings of a call give the same result.
    Elements of ``*args`` are named ``args[0]``, ``args[1]``...; keywords taken by
    ``**kwargs`` go by their own names, after the parameters, sorted (by
    ``kwargs['name']`` where that name is taken or is no identifier).
    """

    __slots__ = ("_names", "_parameters", "_signature", "_simple", "parameters")

    def __init__(self, function: Callable[..., Any]) -> None:
        self._signature = inspect.signature(function)
        self._parameters = dict(self._signature.parameters)
        self.parameters = tuple(self._parameters)
        self._names = tuple(self._parameters)
        self._simple = all(p.kind is Parameter.POSITIONAL_OR_KEYWORD for p in self._parameters.values())

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments by name, defaults filled in, in a fixed order.

        Raises
        ------
        TypeError
            When the arguments do not fit the signature.
        """
        if self._simple and not kwargs and len(args) == len(self._names):
            return dict(zip(self._names, args, strict=True))
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        found: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = self._parameters[name].kind
            if kind is Parameter.VAR_POSITIONAL:
                found.update({f"{name}[{position}]": item for position, item in enumerate(value)})
            elif kind is Parameter.VAR_KEYWORD:
                found.update({self._keyword(name, key): item for key, item in sorted(value.items())})
            else:
                found[name] = value
        return found

    def spell(self, arguments: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return positional and keyword arguments that bind to `arguments`: the inverse of `bind`.

        Raises
        ------
        TypeError
            When there are unknown arguments, or one is missing that has no default.
        """
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        left = dict(arguments)
        for name, parameter in self._parameters.items():
            if parameter.kind is Parameter.VAR_POSITIONAL:
                while (element := f"{name}[{len(args) - self._names.index(name)}]") in left:
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

    def _keyword(self, catcher: str, key: str) -> str:
        return key if key.isidentifier() and key not in self._parameters else f"{catcher}[{key!r}]"


def _own_name(catcher: str, key: str) -> str:
    """Return the keyword that was bound as `key`."""
    return str(ast.literal_eval(key[len(catcher) + 1 : -1])) if key.startswith(f"{catcher}[") else key
