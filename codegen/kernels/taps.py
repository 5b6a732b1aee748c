"""Depthwise kernels that walk a pixel's window by pointers to its taps: what they share."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from ...converter.ops.depthwise_conv import DepthwiseConv
from .call import Field
from .mac import window_fields
from .narrow import NarrowChannels
from .overlap import window_distance

POINTER = 8  # bytes: as on the host
ALIGNING = 4  # bytes of scratch, aligned to 4, that may lie before pointers


def narrow_params(params: DepthwiseConv, narrow: NarrowChannels, weights: NDArray[Any]) -> dict[str, Field]:
    """The fields of a kernel with packed weights."""
    return {
        "window": window_fields(params.window, params.batch, params.channels),
        "weights": weights,
        **narrow.fields,
        "input_zero_point": params.input_zero_point,
    }


def unbuffered_distance(params: DepthwiseConv) -> int:
    """A pixel's window is still read for later channels while its first channels are written."""
    return window_distance(params.window, params.batch, params.channels, params.channels, buffered=False)
