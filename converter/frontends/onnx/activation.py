"""Functions of one value, and what is like one: clamps, slopes, softmax."""

from __future__ import annotations

import math

import numpy as np

from ..lowering import powered
from .call import Activation, Call, Lowering


def unary(op: str) -> Lowering:
    """An operator of one input without attributes."""

    def lower(call: Call) -> Activation:
        return Activation(call.emit(op, [call.source()]))

    return lower


def clip(call: Call) -> Activation:
    """Between two constants; a bound that is left out, or infinite, does not bound."""
    low, high = (_bound(call, index, key) for index, key in ((1, "min"), (2, "max")))
    source = call.source()
    named = {(0.0, math.inf): "RELU", (0.0, 6.0): "RELU6", (-1.0, 1.0): "RELU_N1_TO_1", (0.0, 1.0): "RELU_0_TO_1"}
    if (low, high) in named:
        return Activation(call.emit(named[low, high], [source]))
    if low > -math.inf:
        what = "low" if high < math.inf else ""
        source = call.emit("MAXIMUM", [source, call.number("min", low)], what)
    if high < math.inf:
        source = call.emit("MINIMUM", [source, call.number("max", high)])
    return Activation(source)


def _bound(call: Call, index: int, key: str) -> float:
    value = call.array(index, key) if index < len(call.inputs) else None
    otherwise = -math.inf if key == "min" else math.inf
    bound = float(call.get(key, otherwise)) if value is None else float(np.ravel(value)[0])
    return otherwise if abs(bound) >= float(np.finfo(np.float32).max) else bound


def leaky_relu(call: Call) -> Activation:
    """``alpha * x`` below zero."""
    return Activation(call.emit("LEAKY_RELU", [call.source()], alpha=float(call.get("alpha", 0.01))))


def prelu(call: Call) -> Activation:
    """A slope per channel below zero; one slope for all is a LEAKY_RELU."""
    slope = call.array(1, "slope")
    assert slope is not None
    if slope.size == 1:
        return Activation(call.emit("LEAKY_RELU", [call.source()], alpha=float(np.ravel(slope)[0])))
    return Activation(call.emit("PRELU", [call.source(), call.parameter(1)]))


def elu(call: Call) -> Activation:
    """``alpha * (exp(x) - 1)`` below zero."""
    return Activation(call.emit("ELU", [call.source()], alpha=float(call.get("alpha", 1.0))))


def gelu(call: Call) -> Activation:
    """Exact, or by its approximation with tanh."""
    return Activation(call.emit("GELU", [call.source()], approximate=call.get("approximate", "none") == "tanh"))


def hard_sigmoid(call: Call) -> Activation:
    """``clamp(alpha * x + beta, 0, 1)``; PyTorch's has alpha 1/6 and beta 1/2."""
    alpha, beta = float(call.get("alpha", 0.2)), float(call.get("beta", 0.5))
    source = call.source()
    if np.float32(alpha) == np.float32(1 / 6) and beta == 0.5:
        return Activation(call.emit("HARD_SIGMOID", [source]))
    scaled = call.emit("MUL", [source, call.number("alpha", alpha)], "scaled")
    shifted = call.emit("ADD", [scaled, call.number("beta", beta)], "shifted")
    return Activation(call.emit("RELU_0_TO_1", [shifted]))


def softmax(call: Call) -> Activation:
    """Along one dimension; before opset 13 along all from ``axis`` on, as if they were one."""
    source = call.source()
    shape = call.shape_of(source)
    rank = len(shape)
    axis = call.axis(int(call.get("axis", 1 if call.version < 13 else -1)), rank)
    if call.version < 13:
        rows = (math.prod(shape[:axis]), math.prod(shape[axis:]))
        flat = call.reshape(source, rows, "rows")
        return Activation(call.reshape(call.emit("SOFTMAX", [flat], beta=1.0), shape, "shape"))
    order = [*(i for i in range(rank) if i != axis), axis]
    last = call.emit("SOFTMAX", [call.transpose(source, order, "last")], beta=1.0)
    return Activation(call.transpose(last, np.argsort(order).tolist(), "back"))


def erf(call: Call) -> Activation:
    """Only as a part of GELU, which the reader recognizes before it comes here."""
    raise call.fail("it is served as a part of GELU only; export Gelu as one operator (opset 20)")


def power(call: Call) -> Activation:
    """Exponents that need no logarithm: 2, 3, 4, 0.5, -0.5 and 1."""
    exponent = call.array(1, "exponent")
    assert exponent is not None
    call.require(exponent.size == 1, "an exponent per element is not served")
    value, source = float(np.ravel(exponent)[0]), call.source()
    return Activation(powered(call, source, value))


def reciprocal(call: Call) -> Activation:
    """Only of a square root."""
    root = call.graph.writer(call.source())
    call.require(root is not None and root.op == "SQRT", "only 1 / sqrt(x) is served; normalize outside the network")
    assert root is not None
    return Activation(call.emit("RSQRT", [root.inputs[0]]))


def swish(call: Call) -> Activation:
    """``x * sigmoid(alpha * x)``."""
    source, alpha = call.source(), float(call.get("alpha", 1.0))
    if alpha == 1:
        return Activation(call.emit("SILU", [source]))
    scaled = call.emit("MUL", [source, call.number("alpha", alpha)], "scaled")
    return Activation(call.emit("MUL", [source, call.emit("LOGISTIC", [scaled], "sigmoid")]))
