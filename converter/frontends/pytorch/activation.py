"""Functions of one value: activations, clamps, softmax."""

from __future__ import annotations

import math

import numpy as np

from ...ir import Array
from .call import Activation, Call, Constant, Lowering


def unary(op: str) -> Lowering:
    """An operator that is one node without options."""

    def lower(call: Call) -> Activation:
        return Activation(call.emit(op, [call.source(_subject(call))]))

    return lower


def _subject(call: Call) -> str:
    return "self" if "self" in call.arguments else "input"


def gelu(call: Call) -> Activation:
    """By erf, or approximated by tanh."""
    return Activation(call.emit("GELU", [call.source()], approximate=call.get("approximate") == "tanh"))


def leaky_relu(call: Call) -> Activation:
    """``x`` from zero up, ``negative_slope * x`` below."""
    return Activation(call.emit("LEAKY_RELU", [call.source()], alpha=float(call.get("negative_slope", 0.01))))


def elu(call: Call) -> Activation:
    """``scale * (x if x > 0 else alpha * (exp(input_scale * x) - 1))``, also celu and selu by their constants."""
    if call.op == "aten.selu":  # Klambauer et al., 2017
        alpha, scale, inner = 1.6732632423543772, 1.0507009873554805, 1.0
    elif call.op == "aten.celu":
        alpha, scale = float(call.get("alpha", 1)), 1.0
        inner = 1 / alpha
    else:
        alpha, scale, inner = (float(call.get(key, 1)) for key in ("alpha", "scale", "input_scale"))
    call.require(inner > 0, f"an input scale of {inner} is not served")
    source = call.source()
    if inner != 1:
        source = call.emit("MUL", [source, call.tensor(inner, "input_scale")], "stretched")
    outer = scale / inner
    result = call.emit("ELU", [source], "" if outer == 1 else "elu", alpha=alpha * inner)
    if outer != 1:
        result = call.emit("MUL", [result, call.tensor(outer, "scale")])
    return Activation(result)


def prelu(call: Call) -> Activation:
    """One slope, or one per channel (dimension 1)."""
    source, slopes = call.source(), call.array("weight")
    assert slopes is not None
    trailing = max(len(call.shape_of(source)) - 2, 0)

    def aligned(values: Array) -> Array:
        return values.reshape(-1, *[1] * trailing) if values.size > 1 else values.reshape(1)

    return Activation(call.emit("PRELU", [source, call.parameter("weight", aligned)]))


def hardtanh(call: Call) -> Activation:
    """Clamp to [min_val, max_val]."""
    return _clamped(call, call.get("min_val", -1.0), call.get("max_val", 1.0))


def relu6(call: Call) -> Activation:
    """Clamp to [0, 6]."""
    return _clamped(call, 0.0, 6.0)


def clamp(call: Call) -> Activation:
    """clamp, clamp_min and clamp_max by numbers or tensors."""
    return _clamped(call, call.get("min"), call.get("max"))


def _clamped(call: Call, low: object, high: object) -> Activation:
    bounds = _number(low), _number(high)
    source = call.source()
    plain = {(0.0, None): "RELU", (0.0, 6.0): "RELU6", (-1.0, 1.0): "RELU_N1_TO_1", (0.0, 1.0): "RELU_0_TO_1"}
    if bounds in plain:  # a bound that is a tensor is NaN here, which equals nothing
        return Activation(call.emit(plain[bounds], [source]))
    if bounds[0] is not None:
        bound = call.tensor(low, "min")  # type: ignore[arg-type]
        source = call.emit("MAXIMUM", [source, bound], "" if bounds[1] is None else "raised")
    if bounds[1] is not None:
        source = call.emit("MINIMUM", [source, call.tensor(high, "max")])  # type: ignore[arg-type]
    return Activation(source)


def _number(bound: object) -> float | None:
    """A bound as a number; None where it bounds nothing, NaN for a tensor."""
    if bound is None or (isinstance(bound, int | float) and math.isinf(bound)):
        return None
    if isinstance(bound, Constant) and bound.value.size == 1:
        return float(bound.value.reshape(()))
    return float(bound) if isinstance(bound, int | float) else math.nan


def softmax(call: Call) -> Activation:
    """Along any dimension, which becomes the last for the operator."""
    source = call.source()
    rank = len(call.shape_of(source))
    axis = call.axis("dim", rank)
    order = [i for i in range(rank) if i != axis] + ([axis] if rank else [])
    last = call.transpose(source, order, "last")
    result = call.emit("SOFTMAX", [last], beta=1.0)
    return Activation(call.transpose(result, np.argsort(order).tolist(), "order"))
