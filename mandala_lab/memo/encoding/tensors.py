"""Forms of torch: dense tensors and parameters.

Content is dtype, shape, device, whether a gradient is wanted, and the elements;
strides and the graph that led to a tensor are none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from mandala_lab.memo.encoding.forms import Form, Raw, add
from mandala_lab.model.errors import CorruptValueError, UnstorableError


def _content(tensor: torch.Tensor) -> Any:
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_meta:
        raise UnstorableError("a tensor that is sparse, quantized or without data has no content id; convert it first")
    plain = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
    if plain.dtype.is_floating_point or plain.dtype.is_complex:
        plain = _without_payloads(plain)
    raw = plain.view(torch.uint8).numpy() if plain.numel() else np.empty(0, np.uint8)
    name = str(tensor.dtype).removeprefix("torch.")
    return name, tuple(tensor.shape), str(tensor.device), tensor.requires_grad, Raw(raw)


def _without_payloads(plain: torch.Tensor) -> torch.Tensor:
    real = torch.view_as_real(plain).reshape(-1) if plain.dtype.is_complex else plain
    missing = torch.isnan(real)
    if not bool(missing.any()):
        return real
    return torch.where(missing, torch.full_like(real, float("nan")), real)


def _tensor(parts: Any) -> torch.Tensor:
    name, shape, device, wants_gradient, raw = parts
    dtype = _dtype(name)
    made = torch.frombuffer(bytearray(raw), dtype=dtype) if raw.nbytes else torch.empty(0, dtype=dtype)
    return made.reshape(shape).to(device).requires_grad_(wants_gradient)


def _dtype(name: str) -> torch.dtype:
    found = getattr(torch, name)
    if not isinstance(found, torch.dtype):
        raise CorruptValueError(f"{name!r} is no dtype of torch")
    return found


def _parameter(parts: Any) -> torch.nn.Parameter:
    *rest, wants_gradient, raw = parts
    return torch.nn.Parameter(_tensor((*rest, False, raw)), requires_grad=wants_gradient)


add(torch.Tensor, Form("torch.Tensor", _content, _tensor))
add(torch.nn.Parameter, Form("torch.nn.Parameter", _content, _parameter))
add(torch.dtype, Form("torch.dtype", lambda dtype: str(dtype).removeprefix("torch."), _dtype))
add(torch.device, Form("torch.device", str, torch.device))
add(torch.Size, Form("torch.Size", tuple, torch.Size))
