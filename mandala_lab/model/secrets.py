"""What is never shown or stored: secrets, known by their type, and passwords in URLs.

A type is a secret's if it has ``get_secret_value``, as pydantic's `SecretStr` and
`SecretBytes` have. The secrets that a session met are remembered in its memory, so
that texts which quote them (a repr, a traceback) can be told without them.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "**********"
_SHORTEST = 4
"""Characters of a secret that is looked for in texts: shorter ones are in every text."""

_MOST = 1000
_bases = type.__dict__["__mro__"].__get__  # whatever a hostile metaclass says
_met: dict[str, None] = {}


def is_secret(kind: type) -> bool:
    """Whether values of a type are secrets."""
    return any("get_secret_value" in vars(base) for base in _bases(kind))


def reveal(secret: Any) -> Any:
    """Return what a secret holds, and let `hidden` know of it."""
    found = secret.get_secret_value()
    if isinstance(found, str | bytes):
        text = found if isinstance(found, str) else found.decode("utf-8", "replace")
        for shown in (text, repr(found).lstrip("b")[1:-1]):
            if len(shown) >= _SHORTEST:
                _met[shown] = None
        while len(_met) > _MOST:
            _met.pop(next(iter(_met)))
    return found


def hidden(text: str) -> str:
    """Return a text without the secrets that were met so far."""
    for secret in sorted(_met, key=len, reverse=True) if _met else ():
        text = text.replace(secret, HIDDEN)
    return text


def without_password(text: str) -> str:
    """Return a text with the passwords of the URLs in it hidden.

    Examples
    --------
    >>> without_password("redis://me:hunter2@host/0")
    'redis://me:**********@host/0'
    """
    return re.sub(r"(://[^/@:\s]*:)[^/\s]*@", rf"\1{HIDDEN}@", text)
