"""Layers as matrices: outputs = rows of inputs times rows of weights, in independent groups.

A convolution is one group, [positions, taps] times [channels, taps]; a depthwise convolution has one group per input
channel. Weights are [groups, rows, taps], inputs [groups, positions, taps], outputs [groups, positions, rows].
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ...ir import Array, Node
from ...ops.window import Window, patches, window
from .layerwise import Layer

_BLOCK = 2**22  # elements of the rows that are gathered at once


def is_depthwise(node: Node) -> bool:
    """Whether every input channel is a group of its own."""
    return node.op == "DEPTHWISE_CONV_2D"


def to_matrix(layer: Layer, weights: Array) -> Array:
    """The weights as [groups, rows, taps]."""
    if not is_depthwise(layer.node):
        return weights.reshape(1, weights.shape[0], -1)
    taps, channels = math.prod(weights.shape[1:3]), layer.source.shape[-1]
    return weights.reshape(taps, channels, -1).transpose(1, 2, 0)


def from_matrix(layer: Layer, matrix: Array) -> Array:
    """[groups, rows, taps] in the shape of the weights."""
    if is_depthwise(layer.node):
        matrix = matrix.transpose(2, 0, 1)
    return matrix.reshape(layer.weights.shape)


def per_row(layer: Layer, values: Array) -> Array:
    """One value per output channel as [groups, rows, 1]."""
    groups = layer.source.shape[-1] if is_depthwise(layer.node) else 1
    return values.reshape(groups, -1, 1)


def positions(layer: Layer) -> list[int]:
    """Output positions in every batch."""
    return [batch.size // layer.channels for batch in layer.outputs]


def chosen_positions(layer: Layer, most: int, seed: int = 0) -> list[Array]:
    """Up to ``most`` output positions in all, drawn from every batch alike, ascending."""
    rng = np.random.default_rng(seed)
    counts = positions(layer)
    share = min(1.0, most / sum(counts))
    return [np.sort(rng.choice(count, max(1, int(count * share)), replace=False)) for count in counts]


def input_rows(layer: Layer, chosen: list[Array]) -> Iterator[Array]:
    """The taps of the chosen output positions, float32 [groups, positions, taps], in bounded blocks."""
    for batch, indices in zip(layer.inputs, chosen, strict=True):
        view = _taps(layer, batch)
        step = max(1, _BLOCK // math.prod(view.shape[-3:]))
        for start in range(0, len(indices), step):
            rows = view[np.unravel_index(indices[start : start + step], view.shape[:-3])]
            if is_depthwise(layer.node):
                yield rows.reshape(len(rows), -1, rows.shape[-1]).transpose(2, 0, 1)
            else:
                yield rows.reshape(1, len(rows), -1)


def output_rows(layer: Layer, values: list[Array], chosen: list[Array]) -> Array:
    """The chosen positions of an output, [groups, positions, rows]."""
    rows = np.concatenate(
        [batch.reshape(-1, layer.channels)[indices] for batch, indices in zip(values, chosen, strict=True)]
    )
    if is_depthwise(layer.node):
        rows = rows.reshape(len(rows), layer.source.shape[-1], -1).transpose(1, 0, 2)
        return np.asarray(rows)
    return np.asarray(rows[None])


def _taps(layer: Layer, source: Array) -> Array:
    """View [..., kernel h, kernel w, channels] of every output position's taps, for a batch."""
    node, weights = layer.node, layer.weights.shape
    if node.op == "FULLY_CONNECTED":
        return source.reshape(-1, 1, 1, weights[1])
    if node.op != "TRANSPOSE_CONV":
        return patches(source, window(node, layer.source.shape, weights[1:3], node.attrs["dilation"]), 0)
    # A transposed convolution is a plain one of the input spread out by the stride, with the kernel turned around.
    shape = window(node, layer.target.shape, weights[1:3])
    spread = [(size - 1) * step + 1 for size, step in zip(source.shape[1:3], shape.stride, strict=True)]
    wide = np.zeros((source.shape[0], *spread, source.shape[3]), source.dtype)
    wide[:, :: shape.stride[0], :: shape.stride[1]] = source
    before = (shape.kernel[0] - 1 - shape.before[0], shape.kernel[1] - 1 - shape.before[1])
    plain = Window((spread[0], spread[1]), shape.kernel, (1, 1), (1, 1), before, shape.input)
    return patches(wide, plain, 0)[:, :, :, ::-1, ::-1]
