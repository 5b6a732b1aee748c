"""Bias correction (Nagel et al., 2019, arXiv 1906.04721, section 4.2, with calibration data: appendix D)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...ir import Graph, Tensor
from ..calibration import Calibration
from .layerwise import Layer, layerwise
from .moments import clamp_of, moments
from .options import count

_STEPS = 4
_LEAST_SHARE = 0.05  # of the values that a step may count on to move the mean


def bias_correction(
    graph: Graph, calibration: Calibration, *, floating: Graph | None = None, samples: int = 128
) -> Graph:
    """Biases that give every output channel the mean that it has in the float network, layer after layer.

    The paper compares the means before the activation; here they are those behind it and behind the clamp of the
    output's grid, found by Newton's method, because these are what the next layer reads.

    Args:
        graph: annotated.
        floating: the float network.
        samples: of the calibration data.
    """

    def solve(layer: Layer) -> Mapping[int, Tensor]:
        sums, clamp = layer.sums(), clamp_of(layer)
        wanted = moments(layer.outputs).mean
        shift = np.zeros(layer.channels)
        for _ in range(_STEPS):
            found = moments(sums, 1.0, shift, clamp)
            shift = shift + (wanted - found.mean) / np.maximum(found.share, _LEAST_SHARE)
        return layer.with_bias(layer.bias + shift)

    return layerwise(graph, calibration, solve, floating, count("bias_correction", "samples", samples))
