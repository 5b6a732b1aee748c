"""Lowering of the operators of token-wise quantization."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....converter.fixedpoint import as_int64
from ....converter.ir import DType, Graph, Node
from ....converter.ops.token_wise import FullyConnectedTokens, Tokens
from ..call import Field, KernelCall, as_c
from ..overlap import row_distance
from .wide import multiplier16


def lower_tokens(_graph: Graph, _node: Node, params: Tokens) -> KernelCall:
    """``bw_quantize_tokens``, or ``bw_quantize_tokens_split`` where channels are left out."""
    fields: dict[str, Field] = {"rows": params.rows, "depth": params.depth}
    if not params.outliers:
        return KernelCall("bw_quantize_tokens", fields)
    fields |= {"outliers": len(params.outliers), "channels": np.array(params.outliers, np.int32)}
    return KernelCall("bw_quantize_tokens_split", fields)


def lower(_graph: Graph, _node: Node, params: FullyConnectedTokens) -> KernelCall:
    """``bw_fully_connected_tokens``; with outliers ``.._split``; with one scale ``bw_fully_connected_s8_s16``."""
    layer = token_layer(params)
    sources = ("bw_inner_s8",)
    units, depth = params.weights.shape
    # A row is read until its last unit is written.
    distance = {0: row_distance(params.rows, depth, units * params.requant.dtype.bytes, buffered=False)}
    if not params.dynamic:
        return KernelCall("bw_fully_connected_s8_s16", {"layer": layer}, distance=distance, sources=sources)
    if params.outlier_weights is None:
        return KernelCall(
            "bw_fully_connected_tokens", {"layer": layer}, operands=(0, 3), distance=distance, sources=sources
        )
    fields: dict[str, Field] = {
        "layer": layer,
        "outliers": params.outlier_weights.shape[1],
        "outlier_weights": np.ascontiguousarray(params.outlier_weights),
        "left": as_c(params.left, np.int8),
        "outlier_left": as_c(params.outlier_left, np.int8),
    }
    return KernelCall("bw_fully_connected_split", fields, operands=(0, 3, 4), distance=distance, sources=sources)


def token_layer(params: FullyConnectedTokens) -> dict[str, Any]:
    """The C struct ``bw_token_layer``, with the input's zero point in the bias."""
    units, depth = params.weights.shape
    bias = params.bias - params.input_zero_point * params.weights.astype(np.int64).sum(axis=1)
    requant = params.requant
    return {
        "rows": params.rows,
        "depth": depth,
        "units": units,
        "weights": np.ascontiguousarray(params.weights),
        "bias": as_int64(bias),
        "multiplier": np.array([multiplier16(int(m)) for m in requant.multiplier], np.int32),
        "shift": as_c(requant.shift, np.int8),
        "output_bytes": 1 if requant.dtype is DType.INT8 else 2,
        "output_zero_point": requant.zero_point,
        "low": requant.low,
        "high": requant.high,
    }
