"""Lowering of the operators of token-wise quantization."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....converter.fixedpoint import Int64, as_int64
from ....converter.ir import Array, Graph, Node
from ....converter.ops.token_wise import FullyConnectedTokens, Tokens
from ..call import Field, KernelCall, as_c
from ..overlap import row_distance
from ..padding import padded_rows
from .wide import multiplier16


def lower_tokens(_graph: Graph, _node: Node, params: Tokens) -> KernelCall:
    """``bw_quantize_tokens``, or ``bw_quantize_tokens_split`` where channels are left out."""
    sources = ("bw_token_run_s16",)
    fields: dict[str, Field] = {"rows": params.rows, "depth": params.depth}
    if not params.outliers:
        return KernelCall("bw_quantize_tokens", fields, sources=sources)
    fields |= {"outliers": len(params.outliers), "channels": np.array(params.outliers, np.int32)}
    return KernelCall("bw_quantize_tokens_split", fields, sources=sources)


def lower(_graph: Graph, _node: Node, params: FullyConnectedTokens) -> KernelCall:
    """``bw_fully_connected_tokens``; with outliers ``.._split``; with one scale ``bw_fully_connected_s8_s16``."""
    units, depth = params.weights.shape
    layer, function = token_layer(params), "bw_fully_connected_s8_s16"
    operands: tuple[int, ...] = (0,)
    fields: dict[str, Field] = {"layer": layer}
    scratch = 2 * layer["depth"]
    if params.dynamic:
        function, operands = "bw_fully_connected_tokens", (0, 3)
    if params.outlier_weights is not None:
        function, operands = "bw_fully_connected_split", (0, 3, 4)
        fields["aside"] = aside = _outliers(params, params.outlier_weights)
        scratch += 2 * aside["depth"]
    # A row is read until its last unit is written.
    distance = {0: row_distance(params.rows, depth, units * params.requant.dtype.bytes, buffered=False)}
    sources = ("bw_token_rows", "bw_token_outputs", "bw_rows_column_s8", "bw_rows_s8")
    return KernelCall(function, fields, operands, scratch, distance, sources=sources)


def token_layer(params: FullyConnectedTokens) -> dict[str, Any]:
    """The C struct ``bw_token_layer``."""
    rows, requant, right = padded_rows(params.weights), params.requant, 15 - params.requant.shift
    bias = params.bias - params.input_zero_point * params.weights.astype(np.int64).sum(axis=1)
    multiplier = _multiplier(params)
    # With half a step, and the zero point in steps: below 2^63, as `prepare` has proven of the whole sum.
    offset = bias * multiplier + (np.int64(1) << right - 1) + (np.int64(requant.zero_point) << right)
    return {
        "rows": params.rows,
        "taps": params.weights.shape[1],
        "depth": rows.shape[1],
        "units": len(rows),
        "weights": rows,
        "multiplier": as_c(multiplier, np.int32),
        "offset": as_int64(offset),
        "right": as_c(right, np.int8),
        "output_bytes": requant.dtype.bytes,
        "low": requant.low,
        "high": requant.high,
    }


def _multiplier(params: FullyConnectedTokens) -> Int64:
    return np.array([multiplier16(int(m)) for m in params.requant.multiplier], np.int64)


def _outliers(params: FullyConnectedTokens, weights: Array) -> dict[str, Any]:
    """The C struct ``bw_token_outliers``."""
    rows = padded_rows(weights)
    return {
        "taps": weights.shape[1],
        "depth": rows.shape[1],
        "weights": rows,
        "multiplier": as_c(_multiplier(params) << params.outlier_left, np.int32),
        "left": as_c(params.left, np.int8),
    }
