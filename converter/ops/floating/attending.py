"""What attention in float does with rows: scores to weights to the mean of the values; sums go in their order.

    s = (Σ q k) * scale + bias, clamped to +-1e30        w = exp(s - max s)        y = (Σ w v) * (1 / Σ w)

A key that is hidden weighs nothing. Only the mean is rounded to the layer's type.
"""

from __future__ import annotations

import numpy as np

from ...ir import Array
from .arithmetic import Real, clamped, exp

#: What scores are clamped to, so that the largest is a number.
MOST_SCORE = np.float32(1e30)


def scores(query: Real, key: Real, scale: np.float32) -> Real:
    """[..., queries, depth] and [..., keys, depth] to [..., queries, keys]; without bias and clamp."""
    total = np.zeros((*query.shape[:-1], key.shape[-2]), np.float32)
    for i in range(query.shape[-1]):
        total = total + query[..., :, None, i] * key[..., None, :, i]
    result: Real = total * scale
    return result


def mixed(score: Real, shown: Array, value: Real) -> Real:
    """Scores [..., queries, keys], which of them count, and values [..., keys, depth] to [..., queries, depth]."""
    score = np.where(shown, clamped(score, -MOST_SCORE, MOST_SCORE), -2 * MOST_SCORE)
    weights = np.where(shown, exp(score - score.max(axis=-1, keepdims=True)), np.float32(0))
    sums, total = np.zeros((*score.shape[:-1], value.shape[-1]), np.float32), np.zeros(score.shape[:-1], np.float32)
    for key in range(score.shape[-1]):
        total = total + weights[..., key]
        sums = sums + weights[..., key, None] * value[..., None, key, :]
    result: Real = sums * (np.float32(1) / total)[..., None]
    return result
