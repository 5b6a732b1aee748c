"""Rows of weights and columns of values that kernels read four at a time: room and zeros up to the next four."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def fours(count: int) -> int:
    """The count rounded up to a multiple of four."""
    return count + -count % 4


def padded_rows(weights: NDArray[Any]) -> NDArray[Any]:
    """[..., depth] -> [..., fours(depth)], zeros behind, as ``bw_rows_s8.h`` asks."""
    margins = [(0, 0)] * (weights.ndim - 1) + [(0, -weights.shape[-1] % 4)]
    return np.ascontiguousarray(np.pad(weights, margins))
