"""Outputs: how the result of a body is taken apart, and put together again."""

from __future__ import annotations

from typing import Any

from mandala_lab.model.ops import OpSpec


def split_outputs(spec: OpSpec, result: Any) -> list[Any]:
    """Return the outputs of a result: by default a tuple is several.

    Raises
    ------
    ValueError
        When the op declares another number of outputs.
    """
    if spec.nout == 1 or (spec.nout == 0 and (type(result) is not tuple or len(result) == 1 or not result)):
        return [result]
    found = len(result) if isinstance(result, tuple | list) else 1
    if spec.nout not in {0, found}:
        raise ValueError(
            f"op {spec.name} declares {spec.nout} outputs and returned {found}; "
            "return a tuple of that length or correct nout or output_names"
        )
    return list(result)


def joined_outputs(spec: OpSpec, outputs: list[Any]) -> Any:
    """Return the result that has these outputs: the inverse of `split_outputs`."""
    single = spec.nout == 1 or (spec.nout == 0 and len(outputs) == 1)
    return outputs[0] if single else tuple(outputs)


def is_lazy(outputs: list[Any]) -> bool:
    """Whether a result is made only while it is gone through, so that there is nothing to store."""
    kinds = type(outputs[0]).__mro__ if len(outputs) == 1 else ()
    return any("__next__" in vars(kind) or "__anext__" in vars(kind) for kind in kinds)
