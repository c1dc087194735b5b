"""Binding: the arguments of a call by name, however they were spelled."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any


class Binder:
    """Binds arguments to the parameters of one function.

    Positional, keyword and default spellings of a call give the same result.
    Elements of ``*args`` are named ``args_0``, ``args_1``...; keywords taken by
    ``**kwargs`` go by their own names, after the parameters, sorted.
    """

    __slots__ = ("_names", "_signature", "_simple", "parameters")

    def __init__(self, function: Callable[..., Any]) -> None:
        self._signature = inspect.signature(function)
        kinds = self._signature.parameters
        self.parameters = tuple(kinds)
        self._names = tuple(kinds)
        self._simple = all(p.kind is Parameter.POSITIONAL_OR_KEYWORD for p in kinds.values())

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
            kind = self._signature.parameters[name].kind
            if kind is Parameter.VAR_POSITIONAL:
                found.update({f"{name}_{position}": item for position, item in enumerate(value)})
            elif kind is Parameter.VAR_KEYWORD:
                found.update(sorted(value.items()))
            else:
                found[name] = value
        return found

    def spell(self, arguments: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return positional and keyword arguments that bind to `arguments`: the inverse of `bind`."""
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        left = dict(arguments)
        for name, parameter in self._signature.parameters.items():
            if parameter.kind is Parameter.VAR_POSITIONAL:
                while (element := f"{name}_{len(args) - self._signature_index(name)}") in left:
                    args.append(left.pop(element))
            elif parameter.kind is Parameter.VAR_KEYWORD:
                kwargs.update(left)
                left = {}
            elif name not in left:
                continue  # an ignored argument: its default stands
            elif parameter.kind is Parameter.KEYWORD_ONLY or len(args) < self._signature_index(name):
                kwargs[name] = left.pop(name)
            else:
                args.append(left.pop(name))
        if left:
            unknown = ", ".join(sorted(left))
            raise TypeError(f"unexpected arguments: {unknown}; the parameters are {', '.join(self.parameters)}")
        return args, kwargs

    def _signature_index(self, name: str) -> int:
        return self._names.index(name)
