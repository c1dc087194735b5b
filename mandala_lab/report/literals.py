"""Values as Python expressions that make equal ones: plain data, small arrays and tables."""

from __future__ import annotations

import math
from typing import Any

_LONGEST = 20_000
_CELLS = 1_000
_DEPTH = 40
_PLAIN_COLUMNS = "biuf"


def literal(value: Any) -> str | None:
    """Return an expression that makes an equal value of the same type; ``None`` where there is none.

    Expressions may use the names ``np`` and ``pd``.

    Examples
    --------
    >>> literal([1, {"a": (2.5, None)}])
    "[1, {'a': (2.5, None)}]"
    >>> literal(object()) is None
    True
    """
    try:
        text = _written(value, _DEPTH)
    except (RecursionError, ValueError):  # too deep, or too many digits
        return None
    return None if text is None or len(text) > _LONGEST else text


def check_of(value: Any, name: str) -> str | None:
    """Return a test of whether what goes by `name` equals a value; ``None`` where that cannot be told."""
    text = literal(value)
    if text is None or "float('nan')" in text:
        return None
    if type(value).__module__ == "numpy" and type(value).__name__ == "ndarray":
        return f"np.array_equal({name}, {text})"
    if type(value).__module__.partition(".")[0] == "pandas":
        return f"{name}.equals({text})"
    return f"{name} == {text}"


def _written(value: Any, depth: int) -> str | None:  # noqa: PLR0911 - one for each kind
    kind = type(value)
    if value is None or kind is bool or kind is int or kind is str or kind is bytes:
        return repr(value)
    if kind is float:
        return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
    if kind is complex:
        return f"complex({_written(value.real, depth)}, {_written(value.imag, depth)})"
    if kind is list or kind is tuple or kind is set or kind is frozenset or kind is dict:
        return _container(value, depth - 1) if depth else None
    package = kind.__module__.partition(".")[0]
    if package == "numpy":
        return _array(value)
    if package == "pandas" and kind.__name__ == "DataFrame":
        return _table(value)
    return None


def _container(value: Any, depth: int) -> str | None:
    items = [item for pair in value.items() for item in pair] if type(value) is dict else list(value)
    if len(items) > _LONGEST:
        return None
    texts = [_written(item, depth) for item in items]
    if None in texts:
        return None
    written = [str(text) for text in texts]
    if type(value) is dict:
        return f"{{{', '.join(f'{key}: {item}' for key, item in zip(written[::2], written[1::2], strict=True))}}}"
    if type(value) is tuple:
        return f"({written[0]},)" if len(written) == 1 else f"({', '.join(written)})"
    if type(value) is list:
        return f"[{', '.join(written)}]"
    return f"{type(value).__name__}([{', '.join(sorted(written))}])"


def _array(value: Any) -> str | None:
    import numpy as np

    if type(value) is np.ndarray:
        if value.size > _CELLS or value.dtype.kind not in "biufcSU" or not value.dtype.isnative:
            return None
        items = _written(value.reshape(-1).tolist(), 2)
        shape = "" if value.ndim == 1 else f".reshape({value.shape!r})"
        return f"np.array({items}, dtype={value.dtype.str!r}){shape}"
    if isinstance(value, np.bool_ | np.number):
        item = _written(value.item(), 1)
        return None if item is None else f"np.dtype({value.dtype.str!r}).type({item})"
    return None


def _table(value: Any) -> str | None:
    import numpy as np
    import pandas as pd

    plain = value.size <= _CELLS and type(value.index) is pd.RangeIndex and value.columns.is_unique
    if not plain or value.index.tolist() != list(range(len(value))) or value.attrs:
        return None
    columns: list[str] = []
    for name in value.columns:
        dtype = value[name].dtype
        if type(name) is not str or not isinstance(dtype, np.dtype) or dtype.kind not in _PLAIN_COLUMNS:
            return None
        columns.append(f"{name!r}: {_array(value[name].to_numpy())}")
    return f"pd.DataFrame({{{', '.join(columns)}}})"
