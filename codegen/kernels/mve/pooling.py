"""Pooling on Helium: eight or sixteen channels at a time."""

from __future__ import annotations

import math

from ....converter.ir import DType, Graph, Node
from ....converter.ops.pooling import Pool
from ..call import Field, KernelCall
from ..mac import window_fields
from ..overlap import window_distance

_MOST_TAPS = 256  # whose sum fits a halfword


def lower(graph: Graph, node: Node, params: Pool) -> KernelCall | None:
    """``bw_avgpool_s8_mve`` or ``bw_max_pool_s8_mve``."""
    window, average, channels = params.window, node.op == "AVERAGE_POOL_2D", params.channels
    taps = math.prod(min(kernel, size) for kernel, size in zip(window.kernel, window.input, strict=True))
    if params.dtype is not DType.INT8 or (average and taps > _MOST_TAPS):
        return None
    fields: dict[str, Field] = {
        "window": window_fields(window, params.batch, channels),
        "low": params.low,
        "high": params.high,
    }
    if average:
        fields["half_up"] = int(params.half_up)
    pixels, vectors = params.batch * math.prod(window.output), -(-channels // (8 if average else 16))
    return KernelCall(
        function="bw_avgpool_s8_mve" if average else "bw_max_pool_s8_mve",
        params=fields,
        # A vector of channels at a time: a pixel's window is still read while its first channels are written.
        distance={0: window_distance(window, params.batch, channels, channels, buffered=False)},
        instructions=pixels * (70 + vectors * (5 * taps + (70 if average else 40))),
    )
