"""What attention in float does with rows: scores to weights to the mean of the values; sums go in their order.

    s = (Σ q k) * scale + bias, clamped to +-1e30        w = exp(s - max s)        y = (Σ w v) * (1 / Σ w)

A key that is hidden weighs nothing. In float32 only the mean is rounded to the layer's type; in float16 the weights
are, too, before they are summed, and both sums of products are those of :mod:`.halves`.
"""

from __future__ import annotations

import numpy as np

from ...ir import Array, DType
from .arithmetic import Real, clamped, exp, rounded
from .halves import inner, outer

#: What scores are clamped to, so that the largest is a number.
MOST_SCORE = np.float32(1e30)


def scores(query: Real, key: Real, scale: np.float32, dtype: DType) -> Real:
    """[..., queries, depth] and [..., keys, depth] to [..., queries, keys]; without bias and clamp."""
    if dtype is DType.FLOAT16:
        products: Real = inner(query[..., :, None, :], key[..., None, :, :]) * scale
        return products
    total = np.zeros((*query.shape[:-1], key.shape[-2]), np.float32)
    for i in range(query.shape[-1]):
        total = total + query[..., :, None, i] * key[..., None, :, i]
    result: Real = total * scale
    return result


def mixed(score: Real, shown: Array, value: Real, dtype: DType) -> Real:
    """Scores [..., queries, keys], which of them count, and values [..., keys, depth] to [..., queries, depth]."""
    score = np.where(shown, clamped(score, -MOST_SCORE, MOST_SCORE), -2 * MOST_SCORE)
    weights = np.where(shown, exp(score - score.max(axis=-1, keepdims=True)), np.float32(0))
    if dtype is DType.FLOAT16:
        weights = rounded(weights, dtype).astype(np.float32)
    total = np.zeros(score.shape[:-1], np.float32)
    for key in range(score.shape[-1]):
        total = total + weights[..., key]
    result: Real = _sums(weights, value, dtype) * (np.float32(1) / total)[..., None]
    return result


def _sums(weights: Real, value: Real, dtype: DType) -> Real:
    """[..., queries, keys] and [..., keys, depth] to [..., queries, depth]."""
    if dtype is DType.FLOAT16:
        return outer(weights, value)
    sums: Real = np.zeros((*weights.shape[:-1], value.shape[-1]), np.float32)
    for key in range(weights.shape[-1]):
        sums = sums + weights[..., key, None] * value[..., None, key, :]
    return sums
