"""Observers: functions from an activation's statistics to the range that its grid should cover."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..ir import Array
from .statistics import BINS, TensorStatistics

Range = tuple[float, float]
#: ``symmetric``: whether the grid will have its zero in the middle.
Observer = Callable[[TensorStatistics, bool], Range]

_LEVELS = 256


def minmax(statistics: TensorStatistics, _symmetric: bool) -> Range:
    """Everything that was seen."""
    return statistics.low, statistics.high


def moving_average(statistics: TensorStatistics, _symmetric: bool) -> Range:
    """The moving average of each batch's extremes (Jacob et al., 2017, section 3.1)."""
    return statistics.moving_low, statistics.moving_high


def percentile(statistics: TensorStatistics, _symmetric: bool, share: float = 0.9999) -> Range:
    """What is left when the outermost ``1 - share`` of the values is cut, half of it on either side."""
    total = np.cumsum(statistics.counts)
    cut = (1 - share) / 2 * total[-1]
    edges = (np.arange(BINS + 1) - BINS / 2) * (2 * statistics.radius / BINS)
    first, last = int(np.searchsorted(total, cut, side="right")), int(np.searchsorted(total, total[-1] - cut))
    return max(statistics.low, float(edges[first])), min(statistics.high, float(edges[min(last + 1, BINS)]))


def mse(statistics: TensorStatistics, symmetric: bool) -> Range:
    """The range whose 8-bit grid has the least mean-squared error on the histogram (Banner et al., 2018; grid search).

    Both ends are shrunk together first, then each alone.
    """
    values, weights = _occupied(statistics)
    low, high = min(statistics.low, 0.0), max(statistics.high, 0.0)
    if low == high:
        return low, high
    factors = np.linspace(0.05, 1.0, 96)
    best = min(factors, key=lambda f: _grid_error(values, weights, f * low, f * high, symmetric))
    low, high = best * low, best * high
    for _ in range(2):
        best = min(factors, key=lambda f: _grid_error(values, weights, low, f * high, symmetric))
        high = best * high if high > 0 else high
        best = min(factors, key=lambda f: _grid_error(values, weights, f * low, high, symmetric))
        low = best * low if low < 0 else low
    return float(low), float(high)


def entropy(statistics: TensorStatistics, _symmetric: bool) -> Range:
    """The threshold whose 128 positive levels lose the least information (Migacz, 2017: TensorRT's calibration).

    Works on the histogram of magnitudes; the result is cut to what was seen.
    """
    magnitudes = statistics.counts[BINS // 2 :] + statistics.counts[: BINS // 2][::-1]
    magnitudes = magnitudes.astype(np.float64)
    magnitudes[0] = 0.0  # exact zeros carry no information on the range
    used = int(np.flatnonzero(magnitudes)[-1]) + 1 if magnitudes.any() else 0
    if used < _LEVELS:
        return statistics.low, statistics.high
    candidates = np.unique(np.linspace(_LEVELS, used, 96).astype(int))
    best = min(candidates, key=lambda count: _divergence(magnitudes[:used], int(count)))
    threshold = best * 2 * statistics.radius / BINS
    return max(statistics.low, -threshold), min(statistics.high, threshold)


def _occupied(statistics: TensorStatistics) -> tuple[Array, Array]:
    used = statistics.counts > 0
    return statistics.centres[used], statistics.counts[used].astype(np.float64)


def _grid_error(values: Array, weights: Array, low: float, high: float, symmetric: bool) -> float:
    """Mean-squared error of the grid over [low, high] on weighted values."""
    if symmetric:
        scale, lowest, highest = max(-low, high) / 127, -128.0, 127.0
    else:
        scale = (high - low) / (_LEVELS - 1)
        lowest = np.rint(low / scale) if scale > 0 else 0.0
        highest = lowest + _LEVELS - 1
    if scale <= 0:
        return float(np.sum(weights * values**2))
    error = np.clip(np.rint(values / scale), lowest, highest) * scale - values
    return float(np.sum(weights * error**2))


def _divergence(magnitudes: Array, count: int) -> float:
    """Kullback-Leibler divergence of the first ``count`` bins, the rest clipped into the last, to 128 merged levels."""
    levels = _LEVELS // 2
    kept = magnitudes[:count].copy()
    clipped = kept.copy()
    clipped[-1] += magnitudes[count:].sum()
    group = np.minimum(np.arange(count) * levels // count, levels - 1)
    occupied = kept > 0
    mass = np.bincount(group, kept, levels)
    members = np.bincount(group, occupied, levels)
    spread = np.where(occupied, (mass / np.maximum(members, 1))[group], 0.0)
    p, q = clipped / clipped.sum(), spread / max(spread.sum(), 1e-30)
    both = (p > 0) & (q > 0)
    lost = p[(p > 0) & ~both].sum()
    return float(np.sum(p[both] * np.log(p[both] / q[both])) + lost * 30)


OBSERVERS: dict[str, Observer] = {
    "minmax": minmax,
    "moving_average": moving_average,
    "percentile": percentile,
    "mse": mse,
    "entropy": entropy,
}
