"""Masks of attention: what distances alone say of them, and the bias that is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..ir import Array
from .attention import bias_levels, distances

_HIDDEN = -1e3  # a score that no softmax gives any weight


def masked(
    mask: Array | None, causal: bool, heads: int, queries: int, keys: int
) -> tuple[Mapping[str, Any], Array | None]:
    """A mask as attributes of distance and as what is left of it: a bias in the operator's integers, or None.

    Args:
        mask: broadcasts to [1, heads, queries, keys]: False or a large negative number hides, others are added.
        causal: query i sees the keys up to i.

    Raises:
        ValueError: a mask that differs between samples, hides every key from a query, or does not fit.
    """
    values = np.zeros((1, queries, keys)) if mask is None else _real(mask, heads, queries, keys)
    if causal:
        values = np.where(np.tri(queries, keys, dtype=bool), values, -np.inf)
    shown = np.isfinite(values)
    if not shown.any(axis=-1).all():
        raise ValueError("a mask that hides every key from a query is not served")
    attrs = _spans(shown)
    if attrs is not None:
        if np.ptp(values[shown]) == 0:  # one number for all of them moves no weight
            return attrs, None
        values = np.where(shown, values, 0.0)
    return attrs or {}, bias_levels(_by_distance(values, shown))


def _real(mask: Array, heads: int, queries: int, keys: int) -> Array:
    """The mask as float64 [heads or 1, queries, keys], -inf where it hides."""
    values = np.where(mask, 0.0, -np.inf) if mask.dtype == np.bool_ else mask.astype(np.float64)
    values = np.where(values < _HIDDEN, -np.inf, values)
    values = values.reshape((1,) * max(4 - values.ndim, 0) + values.shape)
    if values.ndim != 4 or len(values) != 1:
        raise ValueError("a mask that differs between samples is not served")
    if any(size not in (1, whole) for size, whole in zip(values.shape[1:], (heads, queries, keys), strict=True)):
        raise ValueError(
            f"a mask of shape {list(mask.shape)} does not fit {heads} heads, {queries} queries and {keys} keys"
        )
    rows = np.broadcast_to(values[0], (values.shape[1], queries, keys))
    return rows[:1] if np.all(rows == rows[:1]) else rows


def _spans(shown: Array) -> dict[str, int] | None:
    """``before`` and ``after`` where they alone say what is shown, and only where they hide something; else None."""
    distance = distances(*shown.shape[1:])
    seen = np.broadcast_to(distance, shown.shape)[shown]
    low, high = int(seen.min()), int(seen.max())
    if not np.all(shown == ((distance >= low) & (distance <= high))):
        return None
    attrs = {"before": -low} if low > distance.min() else {}
    return attrs | ({"after": high} if high < distance.max() else {})


def _by_distance(values: Array, shown: Array) -> Array:
    """The bias [heads, queries + keys - 1] where it depends on the distance alone, else as it is."""
    queries, keys = values.shape[1:]
    place = distances(queries, keys) + queries - 1
    result = np.zeros((len(values), queries + keys - 1))
    for head, (row, seen) in enumerate(zip(values, np.broadcast_to(shown, values.shape), strict=True)):
        result[head][place[seen]] = row[seen]
    return result if np.all((result[:, place] == values) | (~shown & (values == 0))) else values
