"""Cross-layer equalization (Nagel et al., 2019, "Data-Free Quantization", arXiv 1906.04721, section 4.1)."""

from __future__ import annotations

import numpy as np

from ...float_reference import run_float
from ...ir import Array, Graph, Node
from ..annotate import rule_of
from ..calibration import Calibration
from .links import Link, Magnitudes, find_links, scaled
from .options import count

_SWEEPS = 100
_SETTLED = 1e-4  # largest change of a factor's logarithm


def equalize(graph: Graph, calibration: Calibration, *, samples: int = 64) -> Graph:
    """Channel ranges of layers that follow each other made equal: ``s = sqrt(r1 / r2)`` per channel, repeatedly.

    ``r1`` is the largest weight that writes the channel, ``r2`` the largest that reads it; the writer is divided by
    ``s``, the readers are multiplied. A chain (pointwise, depthwise, pointwise) settles with equal ranges throughout.
    Channels without weights on either side stay as they are.

    Small weights under a large bias would make a channel huge that hardly varies (the paper then moves the bias into
    the next layer, which is not exact at padding): what a channel never falls below, and the bias of one that never
    changes, is kept below the largest variation of any channel, as calibration saw them.

    Args:
        samples: of the calibration data, to look for such channels.
    """
    links = find_links(graph)
    layers = {node.name: node for node in graph.nodes}
    names = dict.fromkeys(name for link in links for name in (link.producer, *link.consumers))
    magnitudes = {name: Magnitudes(graph, layers[name]) for name in names}
    ranges = _ranges(graph, links, calibration.spread(count("equalize", "samples", samples)))
    limits = {link.producer: _limits(graph, layers[link.producer], *ranges[link.output]) for link in links}
    factors = {link.producer: np.ones(link.channels) for link in links}
    for _ in range(_SWEEPS):
        change = 0.0
        for link in links:
            step = _step(link, magnitudes, factors[link.producer], *limits[link.producer])
            factors[link.producer] = factors[link.producer] * step
            magnitudes[link.producer].divide_outputs(step)
            for name in link.consumers:
                magnitudes[name].multiply_inputs(step)
            change = max(change, float(np.abs(np.log(step)).max()))
        if change < _SETTLED:
            break
    return scaled(graph, links, factors)


def _limits(graph: Graph, node: Node, low: Array, high: Array) -> tuple[Array, Array]:
    """The constant part and the variation of every channel, from its range."""
    variation = high - low
    bias = graph.optional_input(node, rule_of(node).bias or 0)
    resting = np.zeros(len(low)) if bias is None else np.abs(bias.value().reshape(-1).astype(np.float64))
    return np.where(variation > 0, np.maximum(np.maximum(low, -high), 0.0), resting), variation


def _step(link: Link, magnitudes: dict[str, Magnitudes], factors: Array, constant: Array, variation: Array) -> Array:
    """What a link's factors are to be multiplied by."""
    written = magnitudes[link.producer].of_outputs()
    read = np.max([magnitudes[name].of_inputs(link.channels) for name in link.consumers], axis=0)
    alive = (written > 0) & (read > 0)
    wanted = factors * np.sqrt(np.where(alive, written, 1.0) / np.where(alive, read, 1.0))
    largest = float(np.max(variation / wanted))
    least = constant / largest if largest > 0 else factors
    return np.where(alive, np.maximum(wanted, least), factors) / factors


def _ranges(graph: Graph, links: list[Link], data: Calibration) -> dict[str, tuple[Array, Array]]:
    """Smallest and largest value of every channel of the links' tensors."""
    ranges: dict[str, tuple[Array, Array]] = {}
    outputs = {link.output for link in links}

    def visit(name: str, value: Array) -> None:
        if name in outputs:
            rows = value.reshape(-1, value.shape[-1]).astype(np.float64)
            low, high = rows.min(axis=0), rows.max(axis=0)
            old = ranges.get(name, (low, high))
            ranges[name] = (np.minimum(low, old[0]), np.maximum(high, old[1]))

    for batch in data.batches():
        run_float(graph, batch, visit)
    return ranges
