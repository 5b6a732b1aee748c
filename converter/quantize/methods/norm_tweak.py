"""Norm tweaking (Li et al., 2023, arXiv 2309.02784) for networks whose normalization is folded.

The paper trains the normalization's gain and offset by gradient descent on the gap of channel means and variances. In
a folded network these two are the multiplier, hence the weight scale, and the bias of each channel; here they follow
from the moments directly, without training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...ir import Array, Graph, Tensor
from ..calibration import Calibration
from .layerwise import Layer, layerwise
from .moments import Moments, moments, output_of
from .options import count
from .rounding import nearest
from .weight_mse import is_power_of_two

_STEPS = 5
_LEAST_SHARE = 0.05
_MOST_GAIN = 1.5  # a channel whose deviation is further off has other troubles


def norm_tweak(graph: Graph, calibration: Calibration, *, floating: Graph | None = None, samples: int = 128) -> Graph:
    """Weight scales and biases that give every output channel its mean and variance in the float network.

    The integers of the weights stay; a channel keeps its old values where the gap ``|mean - mean'| + |var - var'|``
    does not fall. Where weights have a single scale, or scales are powers of two, only biases change.

    Args:
        graph: annotated; goes after the methods that round weights.
        floating: the float network.
        samples: of the calibration data.
    """
    return layerwise(graph, calibration, _solve, floating, count("norm_tweak", "samples", samples))


def _solve(layer: Layer) -> Mapping[int, Tensor]:
    weights, scales = layer.weights, layer.scales
    assert weights.quant is not None
    free = weights.quant.axis is not None and not is_power_of_two(scales)
    gain, shift = _tweak(layer, free)
    changes = dict(layer.with_bias(layer.bias * gain + shift))
    if free:
        tweaked = (scales * gain).astype(np.float32).astype(np.float64)
        levels = nearest(weights.value().astype(np.float64), layer.along_channels(scales))
        data = (levels * layer.along_channels(tweaked)).astype(np.float32)
        quant = replace(weights.quant, scale=tuple(float(scale) for scale in tweaked))
        changes[layer.weights_index] = replace(weights, data=data, quant=quant)
    return changes


def _tweak(layer: Layer, free: bool) -> tuple[Array, Array]:
    """Per channel the gain (1 unless ``free``) and shift of the layer's sums that leave the smallest gap."""
    sums, output, wanted = layer.sums(), output_of(layer), moments(layer.outputs)
    centre = moments(sums).mean
    gain, shift = np.ones(layer.channels), np.zeros(layer.channels)
    best, lowest = (gain, shift), np.full(layer.channels, np.inf)
    for _ in range(_STEPS + 1):
        found = moments(sums, output, gain, shift)
        gap = np.abs(wanted.mean - found.mean) + np.abs(wanted.variance - found.variance)
        better = gap < lowest
        best = (np.where(better, gain, best[0]), np.where(better, shift, best[1]))
        lowest = np.minimum(gap, lowest)
        stretched = np.clip(gain * _ratio(wanted, found), 1 / _MOST_GAIN, _MOST_GAIN) if free else gain
        # The stretch turns about the channel's centre, so that it leaves the mean to the shift.
        shift = shift - (stretched - gain) * centre + (wanted.mean - found.mean) / np.maximum(found.share, _LEAST_SHARE)
        gain = stretched
    return best


def _ratio(wanted: Moments, found: Moments) -> Array:
    """Of deviations; 1 where a channel does not vary."""
    varies = (wanted.variance > 0) & (found.variance > 0)
    ratio = np.where(varies, wanted.variance, 1.0) / np.where(varies, found.variance, 1.0)
    return np.asarray(np.sqrt(ratio))
