"""Rows that hold what no row of ours holds, since a disk or a person changed them: told of as damage.

SQLite keeps any type in any column, so that what a row is made into may fail in many
ways. Whoever calls the store learns of all of them in one: `StoreError`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from mandala_lab.model.errors import MandalaLabError, StoreError

_ODD = (TypeError, AttributeError, ValueError, IndexError, KeyError, ArithmeticError)
_Store = TypeVar("_Store", bound=type)


def telling_of_odd_rows(*names: str) -> Callable[[_Store], _Store]:
    """Let methods of a store, by name, tell of odd rows."""

    def changed(store: _Store) -> _Store:
        for name in names:
            setattr(store, name, _telling(getattr(store, name)))
        return store

    return changed


def _telling(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def tell(*args: Any, **options: Any) -> Any:
        try:
            return method(*args, **options)
        except _ODD as error:
            if isinstance(error, MandalaLabError):
                raise
            raise StoreError(f"a record of this store is damaged: {error}; storage.fsck() says which") from error

    return tell
