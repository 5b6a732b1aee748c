"""AdaRound (Nagel et al., 2020, "Up or Down? Adaptive Rounding for Post-Training Quantization", arXiv 2004.10568)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...ir import Array, Graph, Tensor
from ...ops.operator import float_activation
from ..calibration import Calibration
from .layerwise import Layer, layerwise
from .matrices import chosen_positions, from_matrix, input_rows, output_rows, per_row, to_matrix
from .options import count
from .rounding import HIGHEST, nearest

_STRETCH_HIGH, _STRETCH_LOW = 1.1, -0.1  # zeta and gamma of the paper
_BETA_FIRST, _BETA_LAST = 20.0, 2.0
_WARM_UP = 0.2  # of the steps, before the regularizer sets in
# Measured on networks of depthwise, pointwise, 3x3 and fully connected layers, on data that was held out.
_LAMBDA = 3.0  # of the regularizer, per weight, in units of the error per weight of nearest rounding
_RATE = 0.05
_BATCH = 256


def adaround(
    graph: Graph,
    calibration: Calibration,
    *,
    floating: Graph | None = None,
    iterations: int = 1000,
    samples: int = 256,
    positions: int = 8192,
) -> Graph:
    """Every weight rounded up or down, whichever lets the layer's output, activation included, meet the float one.

    A weight is ``scale * (floor(w / scale) + h(v))`` with the rectified sigmoid ``h(v) = clip(1.2 sigmoid(v) - 0.1,
    0, 1)``. Adam moves v against the squared error on random positions of the layer's output, given what the
    quantized layers before it give, plus ``lambda * sum(1 - |2 h - 1|^beta)``, whose annealed beta drives h to 0 or 1.
    The error is measured in units of what nearest rounding costs. A row that comes out worse than rounded to nearest
    is rounded to nearest.

    Args:
        graph: annotated.
        floating: the float network, whose weights are the ones to round and whose outputs are wanted.
        iterations: steps per layer.
        samples: of the calibration data; positions: of each layer's output, at most, that are drawn from.
    """
    steps, most = count("adaround", "iterations", iterations), count("adaround", "positions", positions)

    def solve(layer: Layer) -> Mapping[int, Tensor]:
        problem = _problem(layer, most)
        return layer.with_levels(from_matrix(layer, _solved(problem, steps)))

    return layerwise(graph, calibration, solve, floating, count("adaround", "samples", samples))


@dataclass(frozen=True, eq=False)
class Problem:
    """One layer, all float32: weights [groups, rows, taps] and scale [groups, rows, 1], bias [groups, 1, rows], inputs
    [groups, positions, taps], wanted outputs [groups, positions, rows] and the fused activation."""

    weights: Array
    scale: Array
    bias: Array
    inputs: Array
    wanted: Array
    activation: str

    def outputs(self, weights: Array) -> Array:
        """What the layer writes with other weights."""
        return float_activation(self.activation, self.inputs @ weights.transpose(0, 2, 1) + self.bias)

    def errors(self, levels: Array) -> Array:
        """Mean squared error of every output, [groups, rows]."""
        return np.asarray(np.mean((self.outputs(levels * self.scale) - self.wanted) ** 2, axis=1))


def _problem(layer: Layer, most: int) -> Problem:
    chosen = chosen_positions(layer, most)
    return Problem(
        to_matrix(layer, layer.wanted).astype(np.float32),
        per_row(layer, layer.scales).astype(np.float32),
        per_row(layer, layer.bias).transpose(0, 2, 1).astype(np.float32),
        np.concatenate(list(input_rows(layer, chosen)), axis=1),
        output_rows(layer, layer.outputs, chosen),
        layer.node.attrs.get("activation", "NONE"),
    )


def _solved(problem: Problem, steps: int) -> Array:
    """Integers [groups, rows, taps], the better of AdaRound and nearest rounding in every row."""
    floor = np.floor(problem.weights / problem.scale)
    plain = nearest(problem.weights, problem.scale)
    cost = np.sum(np.mean((problem.outputs(plain * problem.scale) - problem.outputs(problem.weights)) ** 2, axis=1))
    if cost == 0:
        return plain
    soft = _trained(problem, floor, steps, 2 * problem.weights.size / float(cost))
    levels = np.clip(floor + (soft >= 0.5), -HIGHEST, HIGHEST)
    return np.where((problem.errors(levels) <= problem.errors(plain))[:, :, None], levels, plain)


def _trained(problem: Problem, floor: Array, steps: int, weight: float) -> Array:
    """h after training, float32 [groups, rows, taps]."""
    rng = np.random.default_rng(0)
    fraction = np.clip(problem.weights / problem.scale - floor, 0.0, 1.0)
    value = _inverse(fraction)
    first, second = np.zeros_like(value), np.zeros_like(value)
    batch = min(_BATCH, problem.inputs.shape[1])
    for step in range(steps):
        chosen = rng.integers(0, problem.inputs.shape[1], batch)
        sigmoid = 1 / (1 + np.exp(-value))
        soft = np.clip(sigmoid * np.float32(_STRETCH_HIGH - _STRETCH_LOW) + np.float32(_STRETCH_LOW), 0, 1)
        gradient = _error_gradient(problem, floor, soft, chosen) * np.float32(weight / batch)
        progress = (step / steps - _WARM_UP) / (1 - _WARM_UP)
        if progress > 0:
            beta = _BETA_LAST + 0.5 * (_BETA_FIRST - _BETA_LAST) * (1 + np.cos(np.pi * progress))
            gradient += _pull(soft, beta)
        inside = (soft > 0) & (soft < 1)
        slope = np.where(inside, sigmoid * (1 - sigmoid) * np.float32(_STRETCH_HIGH - _STRETCH_LOW), 0)
        _adam(value, gradient * slope, first, second, step + 1)
    return np.asarray(np.clip((_STRETCH_HIGH - _STRETCH_LOW) / (1 + np.exp(-value)) + _STRETCH_LOW, 0, 1))


def _inverse(fraction: Array) -> Array:
    """v with ``h(v) = fraction``."""
    sigmoid = (fraction - _STRETCH_LOW) / (_STRETCH_HIGH - _STRETCH_LOW)
    return np.asarray(-np.log(1 / sigmoid - 1), np.float32)


def _error_gradient(problem: Problem, floor: Array, soft: Array, chosen: Array) -> Array:
    """Of half the squared error, summed over the chosen positions, by h."""
    levels = floor + soft
    weights = np.clip(levels, -HIGHEST, HIGHEST) * problem.scale
    inputs = problem.inputs[:, chosen]
    sums = inputs @ weights.transpose(0, 2, 1) + problem.bias
    outputs = float_activation(problem.activation, sums)
    error = np.where(outputs == sums, outputs - problem.wanted[:, chosen], np.float32(0))
    gradient = (error.transpose(0, 2, 1) @ inputs) * problem.scale
    return np.where(np.abs(levels) <= HIGHEST, gradient, np.float32(0))


def _pull(soft: Array, beta: float) -> Array:
    """Gradient of ``lambda * sum(1 - |2 h - 1|^beta)`` by h."""
    away = 2 * soft - 1
    return np.asarray(-2 * _LAMBDA * beta * np.sign(away) * np.abs(away) ** (beta - 1), np.float32)


def _adam(value: Array, gradient: Array, first: Array, second: Array, step: int) -> None:
    """One step in place (Kingma and Ba, 2014, arXiv 1412.6980)."""
    first += 0.1 * (gradient - first)
    second += 0.001 * (gradient * gradient - second)
    value -= np.float32(_RATE / (1 - 0.9**step)) * first / (np.sqrt(second / np.float32(1 - 0.999**step)) + 1e-8)
