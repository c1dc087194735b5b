"""`op`: the decorator that makes a function an operation.

Owns what an op is to its user: a callable with the function's own signature.
Outside a storage it is the plain function; inside, the current engine answers.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Iterable
from typing import Any, Generic, Literal, ParamSpec, TypeVar, overload

from mandala_lab.memo import context
from mandala_lab.memo.binding import Binder
from mandala_lab.memo.warn import users_part
from mandala_lab.model.errors import nearest
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.refs import unwrapped

P = ParamSpec("P")
R = TypeVar("R")

_registry: dict[str, Op[..., Any]] = {}
_CATCHERS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Op(Generic[P, R]):
    """A function whose calls are memoized inside a storage; made by `op`.

    Attributes
    ----------
    f
        The plain function.
    spec
        Identity and shape.
    binder
        Binds arguments to parameters.
    fixed_version
        The version given by the user, which stands in for the code's digest.
    """

    def __init__(self, f: Callable[P, R], spec: OpSpec, fixed_version: str | None = None) -> None:
        functools.update_wrapper(self, f)
        self.f = f
        self.spec = spec
        self.binder = Binder(f)
        self.fixed_version = fixed_version

    @property
    def name(self) -> str:
        """Short name of the op."""
        return self.spec.name

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function, through the current storage if there is one."""
        engine = context.current_engine()
        if engine is None:
            return self.f(*map(unwrapped, args), **{name: unwrapped(value) for name, value in kwargs.items()})
        try:
            return engine.call(self, args, kwargs)  # type: ignore[no-any-return]
        except BaseException as error:
            raise error.with_traceback(users_part(error.__traceback__))  # noqa: B904 - the same error

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> str:
        return self.f.__qualname__  # like a function, by the name that it goes by

    def __repr__(self) -> str:
        return f"Op({self.name}{inspect.signature(self.f)})"


def find_op(key: str) -> Op[..., Any] | None:
    """Return the op of this process with a key: the latest definition."""
    return _registry.get(key)


@overload
def op(fn: Callable[P, R], /) -> Op[P, R]: ...


@overload
def op(
    fn: Iterable[str] | None = None,
    /,
    *,
    output_names: Iterable[str] | None = None,
    nout: int | Literal["auto"] = "auto",
    ignore_args: Iterable[str] | None = None,
    name: str | None = None,
    version: str | None = None,
) -> Callable[[Callable[P, R]], Op[P, R]]: ...


def op(
    fn: Any = None,
    /,
    *,
    output_names: Iterable[str] | None = None,
    nout: int | Literal["auto"] = "auto",
    ignore_args: Iterable[str] | None = None,
    name: str | None = None,
    version: str | None = None,
) -> Any:
    """Memoize a function: bare (``@op``) or with arguments (``@op(nout=2)``).

    Parameters
    ----------
    output_names
        Names of the outputs, in order.
    nout
        Number of outputs. By default the length of `output_names`, else a
        returned tuple of several elements is split into them.
    ignore_args
        Names of arguments that are not part of the key, such as ``verbose``.
    name
        Identity of the op instead of its module and qualified name.
    version
        Version of the code, instead of a digest of it: change it when the
        meaning changes.

    Returns
    -------
    Op
        A callable with the signature of the function.

    Raises
    ------
    ValueError
        For a duplicate output name, an unknown name in `ignore_args`, or an
        `nout` that contradicts `output_names`.
    TypeError
        For an async function or a generator function.

    Examples
    --------
    >>> from mandala_lab import Storage, op
    >>> @op
    ... def double(x: int) -> int:
    ...     return 2 * x
    >>> double(2)
    4
    >>> with Storage() as storage:
    ...     storage.unwrap(double(double(2)))
    8
    """
    if fn is not None and not callable(fn):  # the old spelling: @op(["model", "score"])
        output_names, fn = fn, None

    def decorate(function: Callable[P, R]) -> Op[P, R]:
        if isinstance(function, Op):
            raise TypeError(f"{function!r} is an op already; decorate the function once")
        spec = _spec(function, output_names, nout, ignore_args, name)
        made = Op(function, spec, version)
        _registry[spec.key] = made
        return made

    return decorate if fn is None else decorate(fn)


def _spec(
    function: Callable[..., Any],
    output_names: Iterable[str] | None,
    nout: int | Literal["auto"],
    ignore_args: Iterable[str] | None,
    name: str | None,
) -> OpSpec:
    _refuse_unsupported(function)
    kinds = {name: parameter.kind for name, parameter in inspect.signature(function).parameters.items()}
    parameters = tuple(kinds)
    names = (output_names,) if isinstance(output_names, str) else tuple(output_names or ())
    if len(set(names)) < len(names):
        raise ValueError(f"output_names {names} holds a name twice; outputs need names of their own")
    ignored = frozenset((ignore_args,) if isinstance(ignore_args, str) else ignore_args or ())
    for unknown in sorted(ignored - set(parameters)):
        raise ValueError(f"ignore_args names {unknown!r}, which is no parameter; {nearest(unknown, parameters)}")
    for catcher in sorted(name for name in ignored if kinds[name] in _CATCHERS):
        raise ValueError(f"ignore_args names {catcher!r}, which takes any number of arguments; give each a name")
    return OpSpec(
        key=name or f"{function.__module__}:{function.__qualname__}",
        name=name or function.__name__,
        parameters=parameters,
        output_names=names,
        nout=_number_of_outputs(nout, names),
        ignored=ignored,
        doc=inspect.getdoc(function) or "",
    )


def _number_of_outputs(nout: int | Literal["auto"], names: tuple[str, ...]) -> int:
    if nout == "auto":
        return len(names)
    if not isinstance(nout, int) or nout < 1:
        raise ValueError(f"nout is 'auto' or a number of at least 1, not {nout!r}")
    if names and len(names) != nout:
        raise ValueError(
            f"nout is {nout} and there are {len(names)} output_names; give one of them, or make them agree"
        )
    return nout


def _refuse_unsupported(function: Callable[..., Any]) -> None:
    name = getattr(function, "__qualname__", repr(function))
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"{name} is async; ops are plain functions in this version: await inside, not across, an op")
    if inspect.isgeneratorfunction(function):
        raise TypeError(f"{name} is a generator; return a list of its items, which can be stored")
    if not inspect.isfunction(function):
        raise TypeError(f"{name} is not a function written in Python; wrap it in a def")
