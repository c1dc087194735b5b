"""What a ref refuses: the operations of Python that are meant for its value.

A ref stands for a value and is none, so that an operator on it would be silently
wrong. Each says what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

_BINARY = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "matmul": "@",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "divmod": "divmod()",
    "pow": "**",
    "lshift": "<<",
    "rshift": ">>",
    "and": "&",
    "or": "|",
    "xor": "^",
}
_OTHER = {
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "neg": "-",
    "pos": "+",
    "abs": "abs()",
    "invert": "~",
    "int": "int()",
    "float": "float()",
    "complex": "complex()",
    "index": "use as an index",
    "round": "round()",
    "trunc": "trunc()",
    "floor": "floor()",
    "ceil": "ceil()",
    "bool": "truth value",
    "len": "len()",
    "getitem": "[] or a loop",  # Python loops by index where there is no __iter__
    "setitem": "[]=",
    "delitem": "del []",
    "contains": "in",  # and no call: a ref is not to look like something that can be called
    "enter": "with",
}


class Refusing:
    """Raises `TypeError` for every operator, with the way out."""

    __slots__ = ()

    __array_ufunc__ = None
    """So numpy leaves its operators to us."""

    def refuse(self, what: str) -> NoReturn:
        """Say that an operation is to be done on the value."""
        raise TypeError(f"{what} on a Ref is not the same as on its value: use ref.value")

    def __format__(self, spec: str) -> str:
        return self.refuse(f"format {spec!r}") if spec else str(self)


def _refusal(symbol: str) -> Callable[..., NoReturn]:
    def refuse(self: Refusing, *_others: Any, **_named: Any) -> NoReturn:
        self.refuse(symbol)

    return refuse


for _name, _symbol in (_BINARY | _OTHER).items():
    setattr(Refusing, f"__{_name}__", _refusal(_symbol))
for _name, _symbol in _BINARY.items():
    setattr(Refusing, f"__r{_name}__", _refusal(_symbol))
