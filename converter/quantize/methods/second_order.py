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

_HIGHEST = 127  # of int8 weights, on either side
_BLOCK = 128  # columns between updates of everything that follows
_STACKED = 2**21  # elements of the inverse Hessians that the greedy order works on at once


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


def damped(hessian: Array, damping: float) -> Array:
    """The Hessian, invertible: dead inputs get a 1 of their own, the diagonal ``damping`` times its mean."""
    result = hessian.copy()
    diagonal = np.einsum("...ii->...i", result)
    diagonal[diagonal == 0] = 1.0
    diagonal += damping * diagonal.mean(axis=-1, keepdims=True)
    return result


def nearest(weights: Array, scale: Array) -> Array:
    """Integers by rounding to nearest."""
    levels: Array = np.clip(np.rint(weights / scale), -_HIGHEST, _HIGHEST)
    return levels


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


def greedy_order(weights: Array, inverse: Array, scale: Array) -> Array:
    """OBQ: of each row, repeatedly round the weight with the least ``(q - w)^2 / [H^-1]_pp`` and update the others.

    A weight that the updates have driven beyond the grid, so that rounding moves it by more than half a step, is
    rounded at once, the worst first.

    Args:
        weights: [rows, taps]; inverse: of the Hessian [taps, taps]; scale: [rows, 1].
    """
    size = weights.shape[1]
    step = max(1, _STACKED // size**2)
    blocks = range(0, len(weights), step)
    return np.concatenate([_greedy_block(weights[i : i + step], inverse, scale[i : i + step]) for i in blocks])


def _greedy_block(weights: Array, inverse: Array, scale: Array) -> Array:
    weights, levels = weights.copy(), np.zeros_like(weights)
    stack = np.repeat(inverse[None], len(weights), axis=0)
    rows, done = np.arange(len(weights)), np.zeros(weights.shape, bool)
    for _ in range(weights.shape[1]):
        rounded = nearest(weights, scale)
        squares = (rounded * scale - weights) ** 2
        squares[done] = 0.0
        diagonal = np.einsum("rii->ri", stack)
        losses = np.where(done, np.inf, squares / np.where(done, 1.0, diagonal))
        driven = squares.max(axis=1) > 0.25 * scale[:, 0] ** 2 * (1 + 1e-9)
        chosen = np.where(driven, squares.argmax(axis=1), losses.argmin(axis=1))
        column = stack[rows, chosen]
        pivot = column[rows, chosen][:, None]
        levels[rows, chosen] = rounded[rows, chosen]
        lost = weights[rows, chosen] - rounded[rows, chosen] * scale[:, 0]
        weights -= lost[:, None] / pivot * column
        stack -= column[:, :, None] * (column / pivot)[:, None, :]
        done[rows, chosen] = True
    return levels


def column_order(weights: Array, hessian: Array, scale: Array) -> Array:
    """GPTQ: the columns of all rows in one order, that of falling diagonal of the Hessian.

    With U the upper Cholesky factor of H^-1, row i of U over U_ii is what OBQ's inverse has left for column i.

    Args:
        weights: [rows, taps]; hessian: [taps, taps], positive definite; scale: [rows, 1].
    """
    order = np.argsort(-np.diag(hessian), kind="stable")
    factor = np.linalg.cholesky(np.linalg.inv(hessian[np.ix_(order, order)])).T
    left, levels = weights[:, order], np.zeros_like(weights)
    size = len(order)
    for start in range(0, size, _BLOCK):
        end = min(start + _BLOCK, size)
        errors = np.zeros((len(weights), end - start))
        for i in range(start, end):
            levels[:, i] = nearest(left[:, i], scale[:, 0])
            error = (left[:, i] - levels[:, i] * scale[:, 0]) / factor[i, i]
            left[:, i:end] -= error[:, None] * factor[i, i:end]
            errors[:, i - start] = error
        left[:, end:] -= errors @ factor[start:end, end:]
    result = np.empty_like(levels)
    result[:, order] = levels
    return result
