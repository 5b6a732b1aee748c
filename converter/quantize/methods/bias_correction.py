"""Bias correction (Nagel et al., 2019, arXiv 1906.04721, section 4.2, with calibration data: appendix D)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...ir import Graph, Tensor
from ..calibration import Calibration
from .layerwise import Layer, layerwise
from .moments import moments, output_of
from .options import count

_STEPS = 5
_LEAST_SHARE = 0.05  # of the values that a step may count on to move the mean


def bias_correction(
    graph: Graph, calibration: Calibration, *, floating: Graph | None = None, samples: int = 128
) -> Graph:
    """Biases that give every output channel the mean that it has in the float network, layer after layer.

    The paper compares the means before the activation; here they are those behind it, on the output's grid, which the
    next layer reads. Newton's method finds them; of its steps each channel keeps the best.

    Args:
        graph: annotated.
        floating: the float network.
        samples: of the calibration data.
    """

    def solve(layer: Layer) -> Mapping[int, Tensor]:
        sums, output = layer.sums(), output_of(layer)
        wanted = moments(layer.outputs).mean
        shift, best = np.zeros(layer.channels), np.zeros(layer.channels)
        lowest = np.full(layer.channels, np.inf)
        for _ in range(_STEPS):
            found = moments(sums, output, 1.0, shift)
            gap = wanted - found.mean
            best = np.where(np.abs(gap) < lowest, shift, best)
            lowest = np.minimum(np.abs(gap), lowest)
            shift = shift + gap / np.maximum(found.share, _LEAST_SHARE)
        return layer.with_bias(layer.bias + best)

    return layerwise(graph, calibration, solve, floating, count("bias_correction", "samples", samples))
