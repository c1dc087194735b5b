"""A bounded look at a value, made without running code of the value.

Values come out of data-only formats, so their reprs are those of Python, numpy
and pandas.
"""

from __future__ import annotations

from typing import Any

from mandala_lab.frame.outline import plural
from mandala_lab.model.errors import MandalaLabError
from mandala_lab.model.refs import Ref, short_repr
from mandala_lab.model.secrets import hidden
from mandala_lab.schema.messages import ValuePreview

TEXT_LIMIT = 2_000
_ROWS, _COLUMNS, _CELL = 10, 20, 60


def preview_ref(ref: Ref) -> ValuePreview:
    """Return a look at a ref's value; a damaged or missing one says so."""
    try:
        value = ref.peek()
    except (MandalaLabError, LookupError) as error:
        return ValuePreview("missing", "", str(error), truncated=False)
    return preview(value)


def preview(value: Any) -> ValuePreview:
    """Return a look at a value: a table's head, an array's shape and statistics, or text."""
    kind = type(value)
    module = kind.__module__.partition(".")[0]
    if module == "pandas" and kind.__name__ in {"DataFrame", "Series"}:
        return _preview_table(value if kind.__name__ == "DataFrame" else value.to_frame(), kind.__name__)
    if module == "numpy" and kind.__name__ == "ndarray":
        return _preview_array(value)
    text = short_repr(value, TEXT_LIMIT)
    return ValuePreview("text", kind.__name__, text, truncated=text.endswith("…"))


def _preview_table(frame: Any, kind: str) -> ValuePreview:
    head = frame.iloc[:_ROWS, :_COLUMNS]
    rows = [
        [_cell(index), *(_cell(value) for value in row)]
        for index, row in zip(head.index, head.itertuples(index=False, name=None), strict=True)
    ]
    text = plural(frame.shape[0], "row" if kind == "DataFrame" else "value")
    text += f" x {plural(frame.shape[1], 'column')}" if kind == "DataFrame" else ""
    return ValuePreview(
        "table",
        kind,
        text,
        truncated=frame.shape[0] > _ROWS or frame.shape[1] > _COLUMNS,
        shape=list(frame.shape) if kind == "DataFrame" else [len(frame)],
        columns=["", *(_cell(name) for name in head.columns)],
        rows=rows,
    )


def _preview_array(array: Any) -> ValuePreview:
    import numpy as np

    stats: dict[str, str] = {}
    if array.size and array.dtype.kind in "biuf":
        numbers = array.astype(float)
        finite = numbers[np.isfinite(numbers)]
        if finite.size:
            stats = {name: f"{getattr(finite, name)():.6g}" for name in ("min", "max", "mean", "std")}
        if finite.size < array.size:
            stats["not finite"] = str(array.size - finite.size)
    text = np.array2string(array, threshold=50, edgeitems=3, max_line_width=100)
    return ValuePreview(
        "array",
        "ndarray",
        hidden(text)[:TEXT_LIMIT],
        truncated=array.size > 50,  # noqa: PLR2004 - the threshold above
        shape=list(array.shape),
        dtype=str(array.dtype),
        stats=stats,
    )


def one_line(seen: ValuePreview, limit: int) -> str:
    """Return a look at a value in one bounded line."""
    if seen.kind == "table":
        return f"<{seen.type_name} {'x'.join(map(str, seen.shape))}>"
    if seen.kind == "array":
        return f"<{seen.dtype} array {'x'.join(map(str, seen.shape)) or '0-d'}>"
    text = " ".join(seen.text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _cell(value: Any) -> str:
    text = hidden(str(value))
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"
