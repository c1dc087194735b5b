"""Rows that hold what no row of ours holds, since a disk or a person changed them: told of as damage.

SQLite keeps any type in any column, so that what a row is made into may fail in many
ways. Whoever calls the store learns of all of them in one: `StoreError`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection  # noqa: TC002 - as for our own imports

from mandala_lab.model.errors import MandalaLabError, StoreError

_ODD = (TypeError, AttributeError, ValueError, IndexError, KeyError, ArithmeticError)
_Store = TypeVar("_Store", bound=type)


@contextmanager
def any_text(connection: Connection, errors: str = "surrogateescape") -> Iterator[None]:
    """Let rows be read whose texts are none; `errors` says what stands for bytes that are no character."""
    driver: Any = connection.connection.driver_connection
    before = driver.text_factory
    driver.text_factory = lambda text: text.decode("utf-8", errors)
    try:
        yield
    finally:
        driver.text_factory = before


def telling_of_odd_rows(store: _Store) -> _Store:
    """Let every public method of a class of stores tell of odd rows."""
    for name in dir(store):
        method = getattr(store, name)
        if not name.startswith("_") and inspect.isfunction(method):
            setattr(store, name, _telling(method))
    return store


def _telling(method: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.isgeneratorfunction(method):

        @functools.wraps(method)
        def tell_on_the_way(*args: Any, **options: Any) -> Generator[Any, Any, Any]:
            try:
                return (yield from method(*args, **options))
            except _ODD as error:
                if isinstance(error, MandalaLabError):
                    raise
                raise _damage(error) from error

        return tell_on_the_way

    @functools.wraps(method)
    def tell(*args: Any, **options: Any) -> Any:
        try:
            return method(*args, **options)
        except _ODD as error:
            if isinstance(error, MandalaLabError):
                raise
            raise _damage(error) from error

    return tell


def _damage(error: Exception) -> StoreError:
    return StoreError(f"a record of this store is damaged: {error}; storage.fsck() says which")
