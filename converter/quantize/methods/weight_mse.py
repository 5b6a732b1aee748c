"""Weight scales of least squared error, by grid search (Banner et al., 2018, arXiv 1810.05723: the same error)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...ir import Array, Graph, Node, Tensor, check
from ..annotate import least_scales, rule_of
from ..calibration import Calibration
from .constants import with_constants
from .options import count
from .rounding import HIGHEST, nearest

# Clipping gains little at 8 bits, and nothing below 0.4 of the range. What gains is a scale on which few weights lie
# far from a level: that changes quickly with the scale, also with one a little too large, and needs a fine search.
_COARSE, _FINE, _WIDE = 0.4, 0.95, 1.05


def weight_mse(graph: Graph, _calibration: Calibration, *, candidates: int = 90) -> Graph:
    """Weight scales of the least ``sum((q(w) - w)^2)`` of their channel; what lies beyond their range is clipped.

    Powers of two stay powers of two. A scale that a bias keeps from being smaller is left.

    Args:
        graph: annotated; a method that rounds weights goes after this one.
        candidates: scales that are tried, two thirds of them within 5 % of the present one, the rest from 0.4 of it on.
    """
    coarse = count("weight_mse", "candidates", candidates) // 3
    fine = np.linspace(_WIDE, _FINE, candidates - coarse)
    tried = np.concatenate([[1.0], fine, np.linspace(_FINE, _COARSE, coarse)])
    for node in graph.nodes:
        index = rule_of(node).weights
        if index is not None:
            weights = graph.input(node, index)
            scales = _best_scales(graph, node, weights, tried)
            graph = with_constants(graph, node, {index: _with_scales(weights, scales)})
    return check(graph)


def is_power_of_two(scales: Array) -> bool:
    """Whether every scale is one."""
    return bool(np.all(np.frexp(scales)[0] == 0.5))


def _best_scales(graph: Graph, node: Node, weights: Tensor, tried: Array) -> Array:
    assert weights.quant is not None
    scales = np.asarray(weights.quant.scale, np.float64)
    rows = weights.value().astype(np.float64)
    rows = rows.reshape(1, -1) if weights.quant.axis is None else np.moveaxis(rows, weights.quant.axis, 0)
    rows = rows.reshape(len(scales), -1)
    least = least_scales(graph, node, rule_of(node).matrices[0], len(scales))
    best, lowest = scales, np.full(len(scales), np.inf)
    for factor in np.array([1.0, 0.5]) if is_power_of_two(scales) else tried:
        candidate = (scales * factor).astype(np.float32).astype(np.float64)
        levels = nearest(rows, candidate[:, None])
        error = np.sum((levels * candidate[:, None] - rows) ** 2, axis=1)
        better = (error < lowest) & ((candidate >= least) | (factor == 1.0))
        best, lowest = np.where(better, candidate, best), np.where(better, error, lowest)
    return best


def _with_scales(weights: Tensor, scales: Array) -> Tensor:
    """Weights with other scales, clipped to what these reach."""
    assert weights.quant is not None
    shape = [1] * len(weights.shape)
    if weights.quant.axis is not None:
        shape[weights.quant.axis] = -1
    reach = HIGHEST * scales.reshape(shape)
    data = np.clip(weights.value(), -reach, reach).astype(np.float32)
    return replace(weights, data=data, quant=replace(weights.quant, scale=tuple(float(s) for s in scales)))
