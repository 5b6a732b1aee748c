"""Grids: the scale and zero point that a range of real values gets on an integer type."""

from __future__ import annotations

import numpy as np

from ..ir import Array, DType, Quantization

#: Scale of a tensor whose values are all zero: any would do.
_UNIT = 1.0


#: Steps of a symmetric int8 grid on either side of zero, and of one whose largest magnitude may round to 128.
LEVELS, SATURATING = 127.0, 128.5


def affine_grid(
    low: float, high: float, symmetric: bool = False, power_of_two: bool = False, levels: float = LEVELS
) -> tuple[float, int]:
    """int8 scale and zero point such that [low, high], widened to include zero, is covered and zero is exact.

    Args:
        levels: of a symmetric grid.

    Source: Jacob et al., 2017 (arXiv 1712.05877), section 3; the zero point is rounded, the scale kept.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if symmetric:
        reach = max(-low, high)
        return (_scale(reach / levels, power_of_two), 0) if reach > 0 else (_UNIT, 0)
    if high == low:
        return _UNIT, 0
    scale = _scale((high - low) / 255, power_of_two)
    return scale, int(np.clip(np.rint(-128 - low / scale), -128, 127))


def symmetric_scale(reach: float, levels: float, power_of_two: bool = False) -> float:
    """Scale of a symmetric grid of ``levels`` steps on either side: int16 activations (32767), int8 weights (127)."""
    return _scale(reach / levels, power_of_two) if reach > 0 else _UNIT


def weight_scales(weights: Array, axis: int | None, power_of_two: bool = False, levels: float = LEVELS) -> Array:
    """Symmetric int8 scales, one per index of ``axis`` or a single one; float64 holding float32 values."""
    others = None if axis is None else tuple(i for i in range(weights.ndim) if i != axis)
    reach = np.atleast_1d(np.abs(weights).max(axis=others, initial=0.0))
    return np.array([symmetric_scale(float(r), levels, power_of_two) for r in reach])


def to_levels(values: Array, quant: Quantization, dtype: DType) -> Array:
    """Real values as integers of the type: ``clamp(round(x / S) + Z)``, ties to even; weights avoid the lowest."""
    shape = [1] * values.ndim
    if quant.axis is not None:
        shape[quant.axis] = -1
    scale = np.asarray(quant.scale, np.float64).reshape(shape)
    point = np.asarray(quant.zero_point, np.int64).reshape(shape)
    low, high = dtype.limits
    levels: Array = np.clip(np.rint(values.astype(np.float64) / scale) + point, low, high).astype(dtype.numpy)
    return levels


def _scale(real: float, power_of_two: bool) -> float:
    smallest = float(np.finfo(np.float32).tiny)
    real = max(real, smallest)
    return float(np.float32(2.0 ** np.ceil(np.log2(real)) if power_of_two else real))
