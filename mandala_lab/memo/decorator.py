"""`op`: the decorator that makes a function an operation.

Owns what an op is to its user: a callable with the function's own signature.
Outside a storage it is the plain function; inside, the current engine answers.
"""

from __future__ import annotations

import functools
import inspect
import io
import pickle
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Generic, Literal, ParamSpec, TypeVar, overload

from mandala_lab.memo import context
from mandala_lab.memo.annotations import Depths
from mandala_lab.memo.binding import Binder
from mandala_lab.memo.declaration import declared
from mandala_lab.memo.special import is_special, plain
from mandala_lab.memo.warn import users_part, warn_user
from mandala_lab.model.errors import refuse_other, refuse_unknown
from mandala_lab.model.ops import CodeVersion, OpSpec

P = ParamSpec("P")
R = TypeVar("R")

_registry: dict[str, Op[..., Any]] = {}


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
    depths
        Which arguments and outputs are collections that are stored element by element.
    fixed_version
        The version given by the user, which stands in for the code's digest.
    recorded_version
        The version of an op that was brought back from a store.
    """

    def __init__(self, f: Callable[P, R], spec: OpSpec, fixed_version: str | None = None) -> None:
        functools.update_wrapper(self, f)
        self.f = f
        self.spec = spec
        self.binder = Binder(f, spec.ignored)
        self.depths = Depths(f)
        lazy = inspect.isgeneratorfunction(f) or inspect.isasyncgenfunction(f)
        self._kind = "async" if inspect.iscoroutinefunction(f) else "lazy" if lazy else "plain"
        self._wraps_defaults = any(is_special(p.default) for p in inspect.signature(f).parameters.values())
        self.fixed_version = fixed_version
        self.recorded_version: CodeVersion | None = None

    @property
    def name(self) -> str:
        """Short name of the op."""
        return self.spec.name

    @property
    def signature(self) -> inspect.Signature:
        """Signature of the function."""
        return inspect.signature(self.f)

    @property
    def doc(self) -> str:
        """Docstring of the function, indentation removed; empty if there is none."""
        return self.spec.doc

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function, through the current storage if there is one."""
        engine = context.current_engine()
        if engine is None:
            return self._plainly(args, kwargs)
        try:
            if self._kind == "async":
                return engine.call_async(self, args, kwargs)  # type: ignore[return-value]
            if self._kind == "lazy":
                warn_user(f"{self.name} makes its items one by one, so nothing is stored: return a list of them")
                return self._plainly(args, kwargs)
            return engine.call(self, args, kwargs)  # type: ignore[no-any-return]
        except BaseException as error:
            raise error.with_traceback(users_part(error.__traceback__))  # noqa: B904 - the same error

    def _plainly(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> R:
        """Call the function as it is, with values in place of refs and wrappings."""
        if self._wraps_defaults:
            spelled, kwargs = self.binder.arguments(self.binder.values(*args, **kwargs))
            args = tuple(spelled)
        return self.f(*map(plain, args), **{name: plain(value) for name, value in kwargs.items()})

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Go like a function, by name; to a process that may not have the script or notebook, with the code as well."""
        if not _is_found_by_name(self):
            with suppress(Exception):  # whatever it reads may refuse to be pickled
                return unpacked_op, (self.spec.key, _packed(self))
        return str(self.f.__qualname__)

    def __copy__(self) -> Op[P, R]:
        return self

    def __deepcopy__(self, memo: object) -> Op[P, R]:
        return self

    def __repr__(self) -> str:
        return f"Op({self.name}{inspect.signature(self.f)})"


def reduce_op(op: Op[..., Any]) -> str | tuple[Any, ...]:
    """Return what a pickle by value holds of an op: its name where that will be found again, else all of it."""
    if _is_found_by_name(op):
        return str(op.f.__qualname__)
    return remade_op, (op.f, op.spec, op.fixed_version)


def _is_found_by_name(op: Op[..., Any]) -> bool:
    """Whether any process finds an op in the module that it says."""
    found: Any = sys.modules.get(op.f.__module__)
    for name in op.f.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is op and op.f.__module__ not in {"__main__", "__mp_main__"}


def _packed(op: Op[..., Any]) -> bytes:
    """Return all of an op as bytes, also to picklers that take functions by name only."""
    import cloudpickle

    class Pickler(cloudpickle.CloudPickler):  # type: ignore[misc] # it is not typed
        dispatch_table = cloudpickle.CloudPickler.dispatch_table.new_child({Op: reduce_op})

    buffer = io.BytesIO()
    Pickler(buffer, protocol=5).dump((op.f, op.spec, op.fixed_version))
    return buffer.getvalue()


def unpacked_op(key: str, packed: bytes) -> Op[..., Any]:
    """Return the op of this process with a key, or else what came along; pickles name this function."""
    return find_op(key) or remade_op(*pickle.loads(packed))  # noqa: S301 - it is part of a pickle that is being read


def remade_op(f: Callable[..., Any], spec: OpSpec, fixed_version: str | None) -> Op[..., Any]:
    """Return an op out of a pickle, which names this function."""
    return Op(f, spec, fixed_version)


def find_op(key: str) -> Op[..., Any] | None:
    """Return the op of this process with a key: the latest definition."""
    return _registry.get(key)


def known_ops() -> list[Op[..., Any]]:
    """Return the ops of this process in the order of their first definition, each as it was last defined."""
    return list(_registry.values())


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
    pure: bool = True,
    save: bool | Mapping[str, bool] = True,
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
    pure: bool = True,
    save: bool | Mapping[str, bool] = True,
    **unknown: Any,
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
    pure
        Whether an equal call may be answered by a recorded one. ``False``: each
        call runs and is recorded for itself.
    save
        Whether values are stored. ``False``: those of the outputs are not, so
        each call runs; a dict says it by name, also of arguments.

    Returns
    -------
    Op
        A callable with the signature of the function.

    Raises
    ------
    ValueError
        For a duplicate output name, an unknown name in `ignore_args` or `save`,
        or an `nout` that contradicts `output_names`.
    TypeError
        For what is not a function written in Python, and for an unknown option.

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
    refuse_unknown("op", unknown, _OPTIONS)
    if isinstance(fn, str):
        raise TypeError(f"op({fn!r}) says no function; for a name of the op write @op(name={fn!r})")
    refuse_other(version, (str, type(None)), "version is a text")
    refuse_other(name, (str, type(None)), "name is a text")
    refuse_other(save, (bool, Mapping), "save is True, False, or a dict of them by name")
    if fn is not None and not callable(fn) and not isinstance(fn, classmethod):  # mandala's older spelling
        refuse_other(fn, Iterable, "op takes a function")
        output_names, fn = fn, None

    def decorate(function: Callable[P, R]) -> Op[P, R]:
        if isinstance(function, Op):
            raise TypeError(f"{function!r} is an op already; decorate the function once")
        spec = declared(function, output_names, nout, ignore_args, name, save=save, pure=pure)
        made = Op(function, spec, version)
        _registry[spec.key] = made
        return made

    return decorate if fn is None else decorate(fn)


_OPTIONS = tuple(name for name in inspect.signature(op).parameters if name not in {"fn", "unknown"})
