"""Where and in which precision training computes. Needs torch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from stancelib.errors import DataError


def find_device(name: str) -> torch.device:
    """Return a device by its name; ``auto``: a GPU where there is one.

    Raises:
        DataError: torch knows no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise DataError(f"unknown device {name!r}; expected one that torch knows, as 'cpu' or 'cuda'") from error


def find_autocast(precision: str, device: torch.device) -> Callable[[], AbstractContextManager[Any]]:
    """Return what makes the context of a precision: ``auto`` is bfloat16 where the processor has it."""
    fits = torch.cuda.is_bf16_supported() if device.type == "cuda" else _cpu_has_bf16()
    if precision == "bf16" or (precision == "auto" and fits):
        return lambda: torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext


def _cpu_has_bf16() -> bool:
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
