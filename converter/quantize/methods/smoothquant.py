"""SmoothQuant (Xiao et al., 2022, arXiv 2211.10438): activation outliers moved into the weights that meet them."""

from __future__ import annotations

import numpy as np

from ...ir import Array, Graph
from ..calibration import Calibration
from ..statistics import channel_reach
from .links import Magnitudes, find_links, scaled
from .options import count, fraction

_LEAST = 1e-5


def smoothquant(graph: Graph, calibration: Calibration, *, alpha: float = 0.5, samples: int = 128) -> Graph:
    """Channel ``j`` before layers divided by ``s_j = max|X_j|^alpha / max|W_j|^(1 - alpha)``.

    ``X_j`` is the channel as the layers read it, ``W_j`` the weights of all of them that meet it; both maxima are at
    least 1e-5. The layer that writes the channel takes the division into its weights and bias, a normalization into its
    gain and bias. Channels that calibration never saw active, or that no weight meets, stay as they are.

    Args:
        alpha: how much of the difficulty moves into the weights, 0 to 1.
        samples: of the calibration data.
    """
    fraction("smoothquant", "alpha", alpha)
    return _smoothed(graph, calibration.spread(count("smoothquant", "samples", samples)), alpha)


def feature_wise(graph: Graph, calibration: Calibration, *, samples: int = 128) -> Graph:
    """Feature-wise grids (FWQ of ZeroQuant-HERO, Yao et al., 2023, arXiv 2310.17723): ``s_j = max|X_j|``.

    An int8 tensor whose features j have scales ``S s_j`` holds the integers that the tensor ``x_j / s_j`` has on a
    single scale S, and the layers that read it have the weights ``W s_j``: folding the scales is the same network, and
    costs nothing on the device. It is SmoothQuant with alpha 1.

    Args:
        samples: of the calibration data.
    """
    return _smoothed(graph, calibration.spread(count("feature_wise", "samples", samples)), 1.0)


def _smoothed(graph: Graph, data: Calibration, alpha: float) -> Graph:
    links = find_links(graph, norms=True)
    layers = {node.name: node for node in graph.nodes}
    reach = channel_reach(graph, {name for link in links for name in link.inputs}, data.batches())
    factors = {}
    for link in links:
        activation = np.max([_folded(reach[name], link.channels) for name in link.inputs], axis=0)
        weights = np.max([Magnitudes(graph, layers[n]).of_inputs(link.channels) for n in link.consumers], axis=0)
        ratio = np.maximum(activation, _LEAST) ** alpha / np.maximum(weights, _LEAST) ** (1 - alpha)
        factors[link.producer] = np.where((activation > 0) & (weights > 0), ratio, 1.0)
    return scaled(graph, links, factors)


def _folded(values: Array, channels: int) -> Array:
    """The largest over the places that hold the same channel, in float64."""
    return np.asarray(values.reshape(-1, channels).max(axis=0), np.float64)
