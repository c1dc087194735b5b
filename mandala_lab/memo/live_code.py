"""Classes and functions in pickles: those of this session, where it has the same code, and never a change to them.

A pickle holds the code of what cannot be imported, as a notebook's classes are.
Whoever reads it has the class defined as a rule, and an object is to be of that
very class: only so ``is``, ``==`` and ``isinstance`` mean what they say. So a
class goes with its name and the digest of its code, and is made from the pickle
only where no such class is loaded. Code that is loaded is never written to.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable
from typing import Any

from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.encoding.code import digest_of, look_up
from mandala_lab.model.errors import UnstorableError

Identity = tuple[str, str, bytes]
"""Module, qualified name and digest; without a module, of what no name leads to."""

_remade: weakref.WeakValueDictionary[Identity, Any] = weakref.WeakValueDictionary()
_fresh: dict[int, Any] = {}


def reduced(target: Any, anyhow: Any, *, functions: bool, whole: bool) -> Any:
    """Return how code goes into a pickle.

    Parameters
    ----------
    anyhow
        How it would go by value; anything else is left as it is.
    functions
        Whether functions are treated like classes.
    whole
        Whether the code itself goes along, for those who do not have it.
    """
    if not isinstance(anyhow, tuple) or len(anyhow) != 6:  # noqa: PLR2004 - not by value
        return anyhow
    make, args, state, *_ = anyhow
    is_function = isinstance(target, types.FunctionType)
    identity = _identity(target)
    if is_function and (not functions or identity is None or not identity[0]):
        return anyhow
    if not is_function:
        args = (*args[:-2], None, args[-1])  # without the id by which classes would be found and written to
    if identity is not None and not whole and identity[0]:
        return loaded, (identity,)
    return remade, (identity, make, args), state, None, None, filled


def loaded(identity: Identity) -> Any:
    """Return code that has to be loaded here; pickles name this function."""
    found = _live(identity)
    if found is None:
        raise LookupError(f"{identity[0]}.{identity[1]} is not defined here as it was: run the cell that defines it")
    return found


def remade(identity: Identity | None, make: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Return the code of this session, or an empty shell to be filled; pickles name this function."""
    if identity is not None:
        found = _live(identity) if identity[0] else None
        found = _remade.get(identity) if found is None else found
        if found is not None:
            return found
    made = make(*args)
    _fresh[id(made)] = made
    if identity is not None:
        _remade[identity] = made
    return made


def filled(made: Any, state: Any) -> None:
    """Fill a shell, and leave alone what is loaded; pickles name this function."""
    if _fresh.pop(id(made), None) is None:
        return
    from cloudpickle import cloudpickle

    is_function = isinstance(made, types.FunctionType)
    fill = cloudpickle._function_setstate if is_function else cloudpickle._class_setstate  # noqa: SLF001 - its own pickles
    fill(made, state)


def _identity(target: Any) -> Identity | None:
    module, qualname = target.__module__, target.__qualname__
    try:
        if isinstance(module, str) and look_up(module, qualname) is target:
            return module, qualname, digest_of(target)
        identity = "", qualname, content_id(target)
    except UnstorableError:
        return None
    if not isinstance(target, types.FunctionType):
        _remade.setdefault(identity, target)
    return identity


def _live(identity: Identity) -> Any:
    module, qualname, digest = identity
    found = look_up(module, qualname)
    try:
        is_same = isinstance(found, type | types.FunctionType) and digest_of(found) == digest
    except UnstorableError:
        return None
    return found if is_same else None
