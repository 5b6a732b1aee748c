"""Products of matrices: linear layers, matmul and attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..attention import attend
from .call import Activation, Call, Constant, Value


def linear(call: Call) -> Activation:
    """``x @ W^T + b``."""
    bias = call.given("bias")
    return _with_bias(call, call.get("input"), call.get("weight"), bias, transposed=True)


def addmm(call: Call) -> Activation:
    """``beta * self + alpha * (mat1 @ mat2)``, also of batches (baddbmm)."""
    first = "batch1" if call.get("batch1") is not None else "mat1"
    left, right, bias = call.get(first), call.get(first.replace("1", "2")), call.get("self")
    call.require(call.get("beta", 1) == call.get("alpha", 1) == 1, "alpha and beta other than 1 are not served")
    return _with_bias(call, left, right, bias, transposed=False)


def matmul(call: Call) -> Activation:
    """mm, bmm and matmul with broadcast batches."""
    right = call.get("mat2") if call.get("mat2") is not None else call.get("other")
    return _with_bias(call, call.get("self"), right, None, transposed=False)


def attention(call: Call) -> Activation:
    """``softmax(scale * Q K^T + bias) V`` with a constant ``attn_mask``, causal or not."""
    call.require(not call.get("dropout_p"), "dropout is active; export the module in eval mode")
    query, key, value = call.source("query"), call.source("key"), call.source("value")
    given = call.given("attn_mask")
    call.require(
        not isinstance(given, Activation),
        "a mask that is computed at run time is not served; attend to whole sequences of a fixed length",
    )
    scale = call.get("scale")
    scale = 1 / math.sqrt(call.shape_of(query)[-1]) if scale is None else float(scale)
    return Activation(attend(call, query, key, value, scale, call.array("attn_mask"), bool(call.get("is_causal"))))


def cached_attention(call: Call) -> Activation:
    """bitwright.cached_attention, over a whole sequence."""
    inputs = [call.source(key) for key in ("query", "key", "value")]
    attrs: dict[str, Any] = {key: int(call.get(key)) for key in ("heads", "context", "bits")}
    attrs["slopes"] = tuple(float(np.float32(slope)) for slope in call.get("slopes"))
    attrs["past_only"] = bool(call.get("past_only"))
    return Activation(call.emit("CACHED_ATTENTION", inputs, "", **attrs))


def _with_bias(call: Call, left: Value, right: Value, bias: Value | None, transposed: bool) -> Activation:
    """FULLY_CONNECTED where the right side is a constant matrix, else BATCH_MATMUL, plus a bias of any shape."""
    if isinstance(right, Constant) and right.value.ndim <= 2:
        return _fully_connected(call, left, right, bias, transposed)
    first, second = call.tensor(left, "left"), call.tensor(right, "right")
    if len(call.shape_of(first)) == 1:
        first = call.reshape(first, (1, *call.shape_of(first)), "row")
    if len(call.shape_of(second)) == 1:
        second = call.reshape(second, (*call.shape_of(second), 1), "column")
    product = call.emit(
        "BATCH_MATMUL", [first, second], "" if bias is None else "product", adj_x=False, adj_y=transposed
    )
    if bias is not None:
        product = call.emit("ADD", [product, call.tensor(bias, "bias")])
    return Activation(call.reshape(product, call.shape, "shape"))


def _fully_connected(call: Call, left: Value, right: Constant, bias: Value | None, transposed: bool) -> Activation:
    matrix = right.value if right.value.ndim == 2 else right.value.reshape((1, -1) if transposed else (-1, 1))
    units = matrix if transposed else np.swapaxes(matrix, 0, 1)
    source, weights = call.tensor(left, "left"), call.constant(right.name, units)
    fused = isinstance(bias, Constant) and bias.value.size == units.shape[0]
    offset = call.constant(bias.name, bias.value.reshape(-1)) if fused and isinstance(bias, Constant) else None
    keep = len(call.shape_of(source)) != 2
    what = "" if bias is None or fused else "product"
    result = call.emit("FULLY_CONNECTED", [source, weights, offset], what, keep_num_dims=keep)
    if bias is not None and not fused:
        result = call.emit("ADD", [result, call.tensor(bias, "bias")])
    return Activation(call.reshape(result, call.shape, "shape"))
