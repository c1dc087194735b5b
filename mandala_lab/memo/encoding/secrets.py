"""The form of secrets: told apart by a digest with the user's key, and never written.

Without the key nobody can find out a secret from its id by trying.
"""

from __future__ import annotations

from typing import Any, NoReturn

from mandala_lab.memo.encoding.forms import Form, type_name
from mandala_lab.model.errors import UnstorableError
from mandala_lab.model.secrets import reveal


class SecretError(UnstorableError):
    """A value holds a secret, which is never stored."""


def refuse(secret: Any) -> NoReturn:
    """Say that a value which holds this secret is not stored."""
    raise SecretError(f"it holds a secret ({type_name(type(secret))}), which is never stored")


def _content(secret: Any) -> Any:
    from mandala_lab.memo import signing
    from mandala_lab.memo.encoding.identity import content_id

    return type_name(type(secret)), signing.keyed_digest(content_id(reveal(secret)))


FORM = Form("secret", _content, rebuild=refuse, data=refuse)
