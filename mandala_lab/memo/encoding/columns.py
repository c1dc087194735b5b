"""Forms of polars: frames and series, by their schema and their values in Arrow."""

from __future__ import annotations

from typing import Any

import polars as pl

from mandala_lab.memo.encoding import arrow
from mandala_lab.memo.encoding.forms import Form, add
from mandala_lab.model.errors import UnstorableError

_OLDEST = pl.CompatLevel.oldest()


def _of_series(series: pl.Series) -> Any:
    if series.dtype == pl.Object:
        raise UnstorableError("a polars column of Python objects has no content id; convert it first")
    return series.name, str(series.dtype), arrow.of_array(_decoded(series).to_arrow(compat_level=_OLDEST))


def _decoded(series: pl.Series) -> pl.Series:
    """Return categories as their texts: how they are numbered depends on what was met before."""
    return series.cast(pl.String) if series.dtype in (pl.Categorical, pl.Enum) else series


def _of_frame(frame: pl.DataFrame) -> Any:
    return frame.height, [_of_series(series) for series in frame.get_columns()]


def _stored(frame: pl.DataFrame) -> bytes:
    return bytes(frame.write_ipc(None, compat_level=_OLDEST).getvalue())


def _frame_of(data: bytes) -> pl.DataFrame:
    return pl.read_ipc(bytes(data), use_pyarrow=False)


add(pl.DataFrame, Form("polars.DataFrame", _of_frame, _frame_of, _stored))
add(
    pl.Series,
    Form(
        "polars.Series", _of_series, lambda data: _frame_of(data).to_series(), lambda series: _stored(series.to_frame())
    ),
)
