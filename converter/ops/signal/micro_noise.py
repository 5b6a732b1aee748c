"""MICRO_NOISE: an estimate of the noise in every channel, slowly led after the signal, and the signal less it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import ModelError
from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator, require
from .frames import frame_shape, whole

_BITS = 14
_MASK = 0xFFFFFFFF


@dataclass(frozen=True)
class MicroNoise:
    """Signals uint32 [1, frames, channels] and the estimate before them uint32 [1, 1, channels] -> signals, estimates
    [1, frames, channels] and the estimate after them.

    Attributes:
        even, odd: how fast the estimate follows, of even and odd channels, and ``least``, what stays of a signal, Q14.
        scale: bits that an estimate has more than a signal.
    """

    frames: int
    channels: int
    even: int
    odd: int
    least: int
    scale: int


def _shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    frames, channels = frame_shape(node, graph.input(node, 0))
    return [(1, frames, channels), (1, frames, channels), (1, 1, channels)]


def _prepare(graph: Graph, node: Node) -> MicroNoise:
    """Range: all is modulo 2^32 or in products of two uint32s, as the library has it."""
    source, state = graph.input(node, 0), graph.input(node, 1)
    tensors = [source, state, *(graph.output(node, i) for i in range(3))]
    require(all(tensor.dtype is DType.UINT32 for tensor in tensors), node, "signals of another type than uint32")
    frames, channels = frame_shape(node, source)
    if frame_shape(node, state) != (1, channels):
        raise ModelError(f"{node.name} ({node.op}): an estimate of shape {list(state.shape)} for {channels} channels")
    even, odd, least = (whole(node, name, 0, 1 << _BITS) for name in ("even", "odd", "least"))
    return MicroNoise(frames, channels, even, odd, least, whole(node, "scale", 0, 16))


def _reference(params: MicroNoise, inputs: Inputs) -> list[Array]:
    source, state = inputs[0], inputs[1]
    assert source is not None and state is not None
    estimate = state.reshape(-1).astype(np.uint64)
    follow = np.where(np.arange(params.channels) % 2, params.odd, params.even).astype(np.uint64)
    signals, estimates = [], []
    for signal in source[0].astype(np.uint64):
        scaled = (signal << np.uint64(params.scale)) & np.uint64(_MASK)
        estimate = (scaled * follow + estimate * (np.uint64(1 << _BITS) - follow)) >> np.uint64(_BITS)
        less = (scaled - np.minimum(estimate, scaled)) >> np.uint64(params.scale)
        signals.append(np.maximum(less, (signal * np.uint64(params.least)) >> np.uint64(_BITS)))
        estimates.append(estimate)
    return [
        np.stack(signals).astype(np.uint32)[None],
        np.stack(estimates).astype(np.uint32)[None],
        estimate.astype(np.uint32)[None, None],
    ]


MICRO_NOISE = Operator(
    "MICRO_NOISE",
    "uint32",
    "the micro frontend's noise reduction",
    _shapes,
    _prepare,
    _reference,
    inputs=(2, 2),
    outputs=(3, 3),
)
