"""Rounding rows of weights to integers under a quadratic error ``e H e^T``, in float64."""

from __future__ import annotations

import numpy as np

from ...ir import Array

HIGHEST = 127  # of int8 weights, on either side
_BLOCK = 128  # columns between updates of everything that follows
_STACKED = 2**21  # elements of the inverse Hessians that the greedy order works on at once


def nearest(weights: Array, scale: Array) -> Array:
    """Integers by rounding to nearest."""
    levels: Array = np.clip(np.rint(weights / scale), -HIGHEST, HIGHEST)
    return levels


def damped(hessian: Array, damping: float) -> Array:
    """The Hessian, invertible: dead inputs get a 1 of their own, the diagonal ``damping`` times its mean."""
    result = hessian.copy()
    diagonal = np.einsum("...ii->...i", result)
    diagonal[diagonal == 0] = 1.0
    diagonal += damping * diagonal.mean(axis=-1, keepdims=True)
    return result


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
