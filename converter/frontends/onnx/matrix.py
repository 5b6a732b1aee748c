"""Products of matrices: Gemm and MatMul."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...ir import Array
from .call import Activation, Call, Constant


def gemm(call: Call) -> Activation:
    """``alpha * A' B' + beta * C``: FULLY_CONNECTED where B is constant."""
    source, right, bias = call.source(0), call.value(1), call.given(2)
    alpha, beta = float(call.get("alpha", 1.0)), float(call.get("beta", 1.0))
    if call.get("transA", 0):
        source = call.transpose(source, (1, 0), "transposed")
    if isinstance(right, Constant):
        units = 0 if call.get("transB", 0) else 1
        call.require(alpha == 1 or right.grid is None, "quantized weights with alpha are not served")

        def change(matrix: Array) -> Array:
            oriented: Array = np.float32(alpha) * (matrix if units == 0 else matrix.T)
            return oriented

        weights = call.parameter(1, change, (units, 0))
        return Activation(_with_bias(call, [source, weights], bias, beta, "FULLY_CONNECTED", {}))
    attrs = {"adj_x": False, "adj_y": bool(call.get("transB", 0))}
    operands: list[str | None] = [source, call.tensor(right)]
    if alpha != 1:
        operands[0] = call.emit("MUL", [source, call.number("alpha", alpha)], "scaled")
    return Activation(_with_bias(call, operands, bias, beta, "BATCH_MATMUL", attrs))


def _with_bias(
    call: Call, operands: list[str | None], bias: object, beta: float, op: str, attrs: Mapping[str, Any]
) -> str:
    """The product plus ``beta * bias``: inside the layer where it is one constant per unit, else by ADD."""
    if bias is None or beta == 0:
        return call.emit(op, operands, **attrs)
    if isinstance(bias, Constant):
        units = call.shape_of(str(operands[1]))[0]
        value = np.float32(beta) * bias.value.astype(np.float32)
        if op == "FULLY_CONNECTED" and (value.size == 1 or (value.size == units and value.shape[-1] == units)):
            vector = call.constant(bias.name, np.broadcast_to(value.reshape(-1), (units,)))
            return call.emit(op, [*operands, vector], **attrs)
        return call.emit("ADD", [call.emit(op, operands, "product", **attrs), call.constant(bias.name, value)])
    assert isinstance(bias, Activation)
    added = bias.tensor if beta == 1 else call.emit("MUL", [bias.tensor, call.number("beta", beta)], "bias")
    return call.emit("ADD", [call.emit(op, operands, "product", **attrs), added])


def matmul(call: Call) -> Activation:
    """FULLY_CONNECTED where the right side is a constant matrix, else BATCH_MATMUL with broadcast batches."""
    left, right = call.value(0), call.value(1)
    if isinstance(right, Constant) and right.value.ndim <= 2:
        source = call.tensor(left)
        matrix = right.value.ndim == 2
        weights = call.parameter(1, (lambda m: m.T) if matrix else (lambda m: m[None]), (1, 0) if matrix else (0, 1))
        rank = len(call.shape_of(source))
        if rank == 1:
            source = call.reshape(source, (1, *call.shape_of(source)), "row")
        result = call.emit("FULLY_CONNECTED", [source, weights], keep_num_dims=rank > 2)
        shape = call.shape_of(result)
        if not matrix:
            shape = shape[:-1]
        return Activation(call.reshape(result, shape[1:] if rank == 1 else shape, "shape"))
    first, second = call.tensor(left), call.tensor(right)
    row, column = len(call.shape_of(first)) == 1, len(call.shape_of(second)) == 1
    if row:
        first = call.reshape(first, (1, *call.shape_of(first)), "row")
    if column:
        second = call.reshape(second, (*call.shape_of(second), 1), "column")
    product = call.emit("BATCH_MATMUL", [first, second], adj_x=False, adj_y=False)
    shape = call.shape_of(product)
    if row:
        shape = (*shape[:-2], shape[-1])
    return Activation(call.reshape(product, shape[:-1] if column else shape, "shape"))
