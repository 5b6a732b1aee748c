"""Lowering of unary operators and of SOFTMAX."""

from __future__ import annotations

import numpy as np

from ....converter.ir import DType, Graph, Node
from ....converter.ops.activation import Interpolated, Rescale, Sigmoid, Table, Unary
from ....converter.ops.softmax import Softmax
from ..call import Field, KernelCall, as_c


def lower(graph: Graph, node: Node, params: Unary) -> KernelCall:
    """``bw_lut_s8`` for every 8-bit function; ``bw_rescale``, ``bw_sigmoid_s16`` and ``bw_interpolate_s16`` for
    wider inputs."""
    elements = graph.output(node).elements
    if isinstance(params, Table):
        if params.table.dtype == np.int16:
            return KernelCall("bw_lut_s8_s16", {"size": elements, "table": params.table})
        return KernelCall("bw_lut_s8", {"size": elements, "table": params.table}, distance={0: 0})
    if isinstance(params, Rescale):
        return _rescale(params, elements)
    if isinstance(params, Interpolated):
        steep = bool(np.abs(np.diff(params.table)).max() >= 2**15)
        fields: dict[str, Field] = {"size": elements, "steep": int(steep), "table": as_c(params.table, np.int16)}
        return KernelCall("bw_interpolate_s16", fields, distance={0: 0})
    return _sigmoid(params, elements)


def _rescale(params: Rescale, elements: int) -> KernelCall:
    fields: dict[str, Field] = {
        "size": elements,
        "input_bytes": params.input_dtype.bytes,
        "output_bytes": params.dtype.bytes,
        "multiplier": params.multiplier,
        "shift": params.shift,
        "negative_multiplier": params.negative_multiplier,
        "negative_shift": params.negative_shift,
        "input_zero_point": params.input_zero_point,
        "output_zero_point": params.output_zero_point,
        "low": params.low,
        "high": params.high,
    }
    # An element is written after it is read.
    narrowing = params.dtype.bytes <= params.input_dtype.bytes
    return KernelCall("bw_rescale", fields, distance={0: 0} if narrowing else {})


def _sigmoid(params: Sigmoid, elements: int) -> KernelCall:
    fields: dict[str, Field] = {
        "size": elements,
        "multiplier": params.multiplier,
        "shift": params.shift,
        "is_tanh": int(params.is_tanh),
        "table": as_c(params.table, np.uint16),
    }
    return KernelCall("bw_sigmoid_s16", fields, distance={0: 0})


def lower_softmax(graph: Graph, node: Node, params: Softmax) -> KernelCall:
    """``bw_softmax_s8`` or ``bw_softmax_s16``, which may run in place, or ``bw_softmax_s8_s16``."""
    fields: dict[str, Field]
    shape: dict[str, Field] = {"rows": params.rows, "depth": params.depth}
    if params.dtype is DType.INT8:
        table = as_c(np.trim_zeros(params.exp, "b"), np.int32)  # exponentials fall: none follows a zero
        fields = {**shape, "steps": len(table), "exp": table}
        if params.output_dtype is DType.INT16:
            return KernelCall("bw_softmax_s8_s16", fields)
        return KernelCall("bw_softmax_s8", fields, distance={0: 0})
    assert params.inverse is not None
    fields = {
        **shape,
        "exp": as_c(params.exp, np.int16),
        "inverse": as_c(params.inverse, np.int16),
        "multiplier": params.multiplier,
        "shift": params.shift,
    }
    return KernelCall("bw_softmax_s16", fields, distance={0: 0})
