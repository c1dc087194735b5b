"""Values as Python expressions that make equal ones: plain data, times, small arrays and tables."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from typing import Any

_LONGEST = 20_000
_CELLS = 1_000
_DEPTH = 40
_PLAIN_COLUMNS = "biuf"
_UNEQUAL = ("float('nan')", "pd.NA", "pd.NaT", "Decimal('NaN')", "Decimal('sNaN')")
"""What has no equal, or cannot be told of."""
_TIMES = (dt.date, dt.datetime, dt.time, dt.timedelta)
IMPORTS = {
    "np.": "import numpy as np",
    "pd.": "import pandas as pd",
    "_datetime.": "import datetime as _datetime",
    "_decimal.": "import decimal as _decimal",
}
"""What expressions need, by what they then have in them."""


def literal(value: Any) -> str | None:
    """Return an expression that makes an equal value of the same type; ``None`` where there is none.

    Expressions use names of `IMPORTS`.

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
    if text is None or any(word in text for word in _UNEQUAL):
        return None
    if type(value).__module__ == "numpy" and type(value).__name__ == "ndarray":
        return f"np.array_equal({name}, {text})"
    if _is_pandas(value, "DataFrame", "Series"):
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
    if kind in _TIMES:
        return _time(value)
    if kind is decimal.Decimal:
        return f"_decimal.{value!r}"
    package = kind.__module__.partition(".")[0]
    if package == "numpy":
        return _array(value)
    return _of_pandas(value) if package == "pandas" else None


def _is_pandas(value: Any, *kinds: str) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas" and type(value).__name__ in kinds


def _time(value: Any) -> str | None:
    """Return a time; of time zones there is UTC only."""
    zone = getattr(value, "tzinfo", None)
    if zone is not None and zone is not dt.UTC:
        return None
    return repr(value).replace("datetime.", "_datetime.")


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


def _of_pandas(value: Any) -> str | None:
    if _is_pandas(value, "NAType", "NaTType"):
        return "pd.NA" if _is_pandas(value, "NAType") else "pd.NaT"
    if _is_pandas(value, "Timestamp", "Timedelta"):
        plain = getattr(value, "tzinfo", None) is None
        return f"pd.{value!r}.as_unit({value.unit!r})" if plain else None
    if _is_pandas(value, "Series"):
        column = _column(value) if _is_plain(value) else None
        return None if column is None else f"pd.Series({column}, name={value.name!r})"
    return _table(value) if _is_pandas(value, "DataFrame") and _is_plain(value) else None


def _is_plain(value: Any) -> bool:
    """Whether a table or series is small, has rows that are counted from 0, and no more than them."""
    import pandas as pd

    is_small = value.size <= _CELLS and type(value.index) is pd.RangeIndex and value.index.name is None
    return is_small and value.index.tolist() == list(range(len(value))) and not value.attrs


def _table(value: Any) -> str | None:
    if not value.columns.is_unique or value.columns.name is not None:
        return None
    columns = [(name, _column(value[name])) for name in value.columns]
    if any(column is None for _, column in columns):
        return None
    return f"pd.DataFrame({{{', '.join(f'{name!r}: {column}' for name, column in columns)}}})"


def _column(value: Any) -> str | None:
    import numpy as np

    is_named = type(value.name) is str or value.name is None
    if not is_named or not isinstance(value.dtype, np.dtype) or value.dtype.kind not in _PLAIN_COLUMNS:
        return None
    return _array(value.to_numpy())
