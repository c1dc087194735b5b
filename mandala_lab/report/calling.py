"""How a recorded call is spelled: its arguments by their recorded names, as the function takes them."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Mapping

_BY_KEYWORD = "by keyword"
_REST = "args"


def spelled(name: str, signature: ast.arguments, arguments: Mapping[str, str], by_keyword: tuple[str, ...] = ()) -> str:
    """Return the arguments of a call, given as expressions by their recorded names.

    Raises
    ------
    ValueError
        When one is missing that the function needs, or one is there that it does not take.
    """
    left = {key: text for key, text in arguments.items() if key != _BY_KEYWORD}
    placed = [*signature.posonlyargs, *signature.args]
    rest = signature.vararg.arg if signature.vararg else _REST
    parts: list[str] = []
    for at, parameter in enumerate(placed):
        if parameter.arg not in left or parameter.arg in by_keyword:
            if len(placed) - at > len(signature.defaults) and parameter.arg not in left:
                raise ValueError(f"argument {parameter.arg} of a call of {name} was not recorded")
            break
        parts.append(left.pop(parameter.arg))
    if len(parts) == len(placed):
        number = 0
        while (element := f"{rest}[{number}]") in left:
            parts.append(left.pop(element))
            number += 1
    catchers = {catcher.arg for catcher in (signature.kwarg,) if catcher} | {_REST}
    for recorded, text in left.items():
        own = _own_name(recorded, catchers)
        if own is None:
            raise ValueError(f"{recorded!r} of a call of {name} is no argument that can be spelled")
        is_plain = own.isidentifier() and own.isascii() and not keyword.iskeyword(own)
        parts.append(f"{own}={text}" if is_plain else f"**{{{own!a}: {text}}}")
    return ", ".join(parts)


def _own_name(recorded: str, catchers: set[str]) -> str | None:
    """Return the keyword of a recorded name such as ``kwargs['a b']``."""
    catcher, bracket, _ = recorded.partition("[")
    if not bracket or catcher not in catchers:
        return recorded if "[" not in recorded else None
    try:
        found = ast.literal_eval(recorded[len(catcher) + 1 : -1])
    except (ValueError, SyntaxError):
        return None
    return found if isinstance(found, str) else None
