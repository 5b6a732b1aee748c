"""FULLY_CONNECTED_TOKENS on Armv7E-M."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.token_wise import FullyConnectedTokens
from ..call import KernelCall
from ..generic.token_wise import token_layer
from ..overlap import row_distance
from ..padding import fours
from .packing import channel_pairs

_ROWS = 4


def lower(_graph: Graph, _node: Node, params: FullyConnectedTokens) -> KernelCall | None:
    """``bw_fully_connected_tokens_dsp`` or ``bw_fully_connected_s8_s16_dsp``: four rows are widened to int16 before any
    of their results is written. Layers with outliers are left to portable C."""
    if params.outlier_weights is not None:
        return None
    units, depth = params.weights.shape
    groups, out = -(-params.rows // _ROWS), units * params.requant.dtype.bytes
    return KernelCall(
        function="bw_fully_connected_tokens_dsp" if params.dynamic else "bw_fully_connected_s8_s16_dsp",
        params={"layer": {**token_layer(params), "weights": channel_pairs(params.weights)}},
        operands=(0, 3) if params.dynamic else (0,),
        scratch=2 * _ROWS * fours(depth),
        distance={0: row_distance(groups, _ROWS * depth, _ROWS * out, buffered=True)},
        sources=("bw_token_rows_dsp", "bw_block_s8"),
    )
