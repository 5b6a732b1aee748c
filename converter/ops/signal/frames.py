"""Overlapping frames of a signal, and what every stage checks about its attributes and operands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import ModelError
from ...ir import Array, DType, Graph, Node, Tensor
from ..operator import require

#: Samples, bins and channels beyond this are refused; the range proofs rest on it.
MOST_WINDOW = 4096


@dataclass(frozen=True)
class Frames:
    """``count`` windows of ``window`` samples, one every ``stride`` samples."""

    window: int
    stride: int
    count: int

    def of(self, samples: Array) -> Array:
        """int16 [1, samples] -> int64 [count, window]."""
        flat = samples.reshape(-1).astype(np.int64)
        return np.lib.stride_tricks.sliding_window_view(flat, self.window)[:: self.stride][: self.count]


def whole(node: Node, name: str, low: int, high: int) -> int:
    """An attribute that is a whole number in [low, high]. Raises ModelError."""
    value = node.attrs[name]
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ModelError(f"{node.name} ({node.op}): attribute '{name}' is {value!r}; it must be in [{low}, {high}]")
    return value


def frames_of(graph: Graph, node: Node, window: int) -> Frames:
    """The frames of a node's samples, int16 [1, samples]. Raises ModelError, UnsupportedError."""
    source = graph.input(node, 0)
    require(source.dtype is DType.INT16, node, f"samples of type {source.dtype.value} are not served (served: int16)")
    stride = whole(node, "stride", 1, MOST_WINDOW)
    if len(source.shape) != 2 or source.shape[0] != 1 or source.shape[1] < window:
        raise ModelError(f"{node.name} ({node.op}): samples of shape {list(source.shape)} for a window of {window}")
    return Frames(window, stride, 1 + (source.shape[1] - window) // stride)


def frame_shape(node: Node, source: Tensor) -> tuple[int, int]:
    """[1, frames, values] of a tensor between two stages. Raises ModelError."""
    if len(source.shape) != 3 or source.shape[0] != 1:
        raise ModelError(f"{node.name} ({node.op}): frames of shape {list(source.shape)}; they must be [1, frames, n]")
    return source.shape[1], source.shape[2]


def power_of_two(node: Node, what: str, value: float) -> int:
    """``n`` of a scale ``2^n``. Raises UnsupportedError."""
    mantissa, exponent = np.frexp(value)
    require(float(mantissa) == 0.5, node, f"{what} of {value:g} is no power of two")
    return int(exponent) - 1
