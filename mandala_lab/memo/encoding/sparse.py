"""Forms of scipy.sparse: the format, the dtype, the shape and the entries.

The order of the entries within a row (a column, or the whole) and the width of
the index numbers are no content. Entries that are written twice, and zeros that
are written, are content: scipy sums and keeps them, but a program can see them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from mandala_lab.memo.encoding.forms import Form, add

_Parts = Callable[[Any], Any]


def _wide(indices: Any) -> Any:
    return np.asarray(indices).astype("<i8")


def _of_compressed(matrix: Any) -> Any:
    data, indices, starts = matrix.data, _wide(matrix.indices), _wide(matrix.indptr)
    count = int(starts[-1])
    data, indices = data[:count], indices[:count]
    rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    order = np.lexsort((indices, rows))
    if not np.array_equal(order, np.arange(count)):
        data, indices = data[order], indices[order]
    return matrix.shape, data, indices, starts


def _compressed_of(kind: Any) -> _Parts:
    def rebuild(parts: Any) -> Any:
        shape, data, indices, starts = parts
        matrix = kind((data, indices, starts), shape=shape)
        matrix.check_format(full_check=True)  # indices out of a foreign store are not believed
        return matrix

    return rebuild


def _of_coo(matrix: Any) -> Any:
    places = [_wide(along) for along in (matrix.coords if hasattr(matrix, "coords") else (matrix.row, matrix.col))]
    order = np.lexsort(places[::-1])
    return matrix.shape, matrix.data[order], [along[order] for along in places]


def _coo_of(kind: Any) -> _Parts:
    return lambda parts: kind((parts[1], tuple(parts[2])), shape=parts[0])  # it checks its indices itself


def _of_dia(matrix: Any) -> Any:
    order = np.argsort(matrix.offsets, kind="stable")
    return matrix.shape, matrix.data[order], _wide(matrix.offsets)[order]


def _dia_of(kind: Any) -> _Parts:
    return lambda parts: kind((parts[1], parts[2]), shape=parts[0])


def _of_rows(matrix: Any) -> Any:
    return _of_coo(matrix.tocoo())


def _rows_of(kind: Any) -> _Parts:
    return lambda parts: kind(_coo_of(sp.coo_array)(parts))


_FORMATS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], _Parts]]] = {
    "csr": (_of_compressed, _compressed_of),
    "csc": (_of_compressed, _compressed_of),
    "bsr": (_of_compressed, _compressed_of),
    "coo": (_of_coo, _coo_of),
    "dia": (_of_dia, _dia_of),
    "lil": (_of_rows, _rows_of),
    "dok": (_of_rows, _rows_of),
}
for _format, (_of, _made_by) in _FORMATS.items():
    for _name in (f"{_format}_matrix", f"{_format}_array"):
        _kind = getattr(sp, _name)
        add(_kind, Form(f"scipy.sparse.{_name}", _of, _made_by(_kind)))
