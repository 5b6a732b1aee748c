"""Rounding by the second order of each layer's squared error.

Optimal Brain Quantization (Frantar, Singh and Alistarh, 2022, arXiv 2208.11580) rounds the weight that costs least
first; GPTQ (Frantar et al., 2022, arXiv 2210.17323) goes through the columns in one order for all rows, which is much
cheaper. Both let the weights that are not rounded yet make up for what was lost.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...ir import Array, Graph, Tensor
from ..calibration import Calibration
from .layerwise import Layer, layerwise
from .matrices import chosen_positions, from_matrix, input_rows, per_row, to_matrix
from .options import count, fraction
from .rounding import column_order, damped, greedy_order, nearest


def second_order(
    graph: Graph,
    calibration: Calibration,
    *,
    floating: Graph | None = None,
    damping: float = 0.01,
    greedy: int = 32,
    samples: int = 256,
    positions: int = 8192,
) -> Graph:
    """Integer weights of small squared error at every layer's output, on what the quantized layers before it give.

    The Hessian of a row's error is ``H = 2 X^T X`` over calibration inputs X, in float64, with ``damping`` times the
    mean of its diagonal added. An input that is always zero has no part in it: its weights are rounded to nearest.
    A row that comes out worse than rounded to nearest is rounded to nearest.

    Args:
        graph: annotated.
        floating: the float network, whose weights are the ones to round.
        greedy: rows of up to that many weights are rounded in the greedy order of OBQ, longer ones as in GPTQ.
        samples: of the calibration data; positions: of each layer's output, at most, that go into the Hessian.
    """
    damping = fraction("second_order", "damping", damping)
    longest = count("second_order", "greedy", greedy)
    most = count("second_order", "positions", positions)

    def solve(layer: Layer) -> Mapping[int, Tensor]:
        weights, scale = to_matrix(layer, layer.wanted.astype(np.float64)), per_row(layer, layer.scales)
        hessian = hessian_of(layer, most)
        levels = np.stack([_rounded(*group, damping, longest) for group in zip(weights, hessian, scale, strict=True)])
        return layer.with_levels(from_matrix(layer, levels))

    return layerwise(graph, calibration, solve, floating, count("second_order", "samples", samples))


def hessian_of(layer: Layer, most: int) -> Array:
    """``2 X^T X`` over up to ``most`` output positions, float64 [groups, taps, taps]."""
    total: Array | float = 0.0
    for rows in input_rows(layer, chosen_positions(layer, most)):
        exact = rows.astype(np.float64, order="C")
        # Of one matrix with itself, numpy computes only half.
        products = [exact[0].T @ exact[0]] if len(exact) == 1 else np.matmul(exact.transpose(0, 2, 1), exact)
        total = total + 2 * np.asarray(products)
    return np.asarray(total)


def _rounded(weights: Array, hessian: Array, scale: Array, damping: float, longest: int) -> Array:
    """Integers of one group's rows [rows, taps]; scale [rows, 1]."""
    invertible = damped(hessian, damping)
    if weights.shape[1] <= longest:
        levels = greedy_order(weights, np.linalg.inv(invertible), scale)
    else:
        levels = column_order(weights, invertible, scale)
    plain = nearest(weights, scale)
    found, usual = (_error(candidate * scale - weights, hessian) for candidate in (levels, plain))
    return np.where((found <= usual)[:, None], levels, plain)


def _error(difference: Array, hessian: Array) -> Array:
    """Of every row: ``e H e^T``."""
    return np.asarray(np.sum((difference @ hessian) * difference, axis=1))
