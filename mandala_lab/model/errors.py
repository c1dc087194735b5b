"""Every error and warning that mandala-lab raises of its own.

::

    MandalaLabError
      NewCallError (RuntimeError)    not recorded, and new calls are not allowed
      StaleCodeError (ValueError)    the code changed and somebody said stop
      ArgumentError (TypeError)      something is no argument of an op, such as a storage
      UnstorableError (ValueError)   a value has no format
      CorruptValueError              a stored value is damaged
      UntrustedValueError            a stored value would have to run foreign code
      ReplayError                    `.code` says which kind
      LayoutError                    a picture cannot be laid out as asked
      StoreError                     the store could not be opened, read or written
        DamagedStoreError            pages of its database are damaged
        CollectedError               what a call took was deleted before the call could be recorded
    MandalaLabWarning (UserWarning)  something was left undone, and what

A message says what was asked, what was found, the nearest valid choice and the
next step.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SHOWN = 12
_LONGEST = 80
"""A longer name is shown without its middle."""


class MandalaLabError(Exception):
    """Root of the errors that mandala-lab raises of its own."""


class NewCallError(MandalaLabError, RuntimeError):
    """A call is not recorded, and new calls are not allowed."""


class StaleCodeError(MandalaLabError, ValueError):
    """The code of an op changed since a result was recorded."""


class ArgumentError(MandalaLabError, TypeError):
    """Something was given to an op that is no argument, such as a storage."""


class UnstorableError(MandalaLabError, ValueError):
    """A value has no data-only format, so it can be neither keyed nor stored."""


class CorruptValueError(MandalaLabError):
    """The stored bytes of a value do not have the digest that was recorded."""


class UntrustedValueError(MandalaLabError):
    """A stored value could only be read by running code out of the store."""


class LayoutError(MandalaLabError):
    """A picture cannot be laid out as asked."""


class StoreError(MandalaLabError):
    """The store could not be opened, read or written."""


class DamagedStoreError(StoreError):
    """Pages of the database of a store are damaged."""


class CollectedError(StoreError):
    """What calls took was deleted before they could be recorded; `refused` is how many calls.

    What else was to be written with them is written.
    """

    def __init__(self, message: str, refused: int = 1) -> None:
        super().__init__(message)
        self.refused = refused


class ReplayError(MandalaLabError):
    """A replay could not be made.

    Parameters
    ----------
    code
        Short name of the reason, such as ``"not_found"`` or ``"code_changed"``.
    message
        One sentence: what was asked, what was found, what to do next.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class MandalaLabWarning(UserWarning):
    """Something was left undone: a value not stored, a span lost."""


def refuse_unknown(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise `TypeError` for an option that `what` does not have, with the name that may be meant."""
    for name in given:
        raise TypeError(f"{what} has no option {name!r}; {nearest(name, known)}")


def refuse_other(given: object, kind: type | tuple[type, ...], wanted: str) -> None:
    """Raise `TypeError` for what is not of a kind, with what is wanted in its place."""
    if not isinstance(given, kind):
        raise TypeError(f"{wanted}, not {type(given).__name__}")


def in_quotes(text: str) -> str:
    """Return a text in quotes for a message, a long one without its middle.

    Examples
    --------
    >>> in_quotes("model"), len(in_quotes("x" * 5_000))
    ("'model'", 82)
    """
    half = _LONGEST // 2
    return repr(text if len(text) <= _LONGEST else f"{text[:half]}\N{HORIZONTAL ELLIPSIS}{text[1 - half :]}")


def nearest(word: str, choices: Iterable[str]) -> str:
    """Say which of `choices` is meant by a mistyped `word`, as the end of a message.

    Examples
    --------
    >>> nearest("srong", ["strong", "weak"])
    "did you mean 'strong'?"
    >>> nearest("x", ["alpha", "beta"])
    "choose one of 'alpha', 'beta'"
    """
    options = list(choices)
    by_letters = {option.casefold().replace("_", ""): option for option in options}
    close = difflib.get_close_matches(word.casefold().replace("_", ""), by_letters, n=1)
    if close:
        return f"did you mean {in_quotes(by_letters[close[0]])}?"
    return one_of(options)


def one_of(choices: Iterable[str]) -> str:
    """Say what there is to choose from, as the end of a message."""
    options = list(choices)
    if not options:
        return "there is nothing to choose from"
    shown = ", ".join(map(in_quotes, options[:_SHOWN]))
    return f"choose one of {shown}" + (", ..." if len(options) > _SHOWN else "")
