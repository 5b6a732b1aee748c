"""Arithmetic between two values, one of which may be a number, and powers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...ir import Array
from ..lowering import powered
from .call import Activation, Call, Constant
from .shape import broadcast


def add(call: Call) -> Activation:
    """``self + alpha * other``."""
    return _binary(call, "ADD", call.get("self"), _times_alpha(call, "other"))


def subtract(call: Call) -> Activation:
    """``self - alpha * other``."""
    return _binary(call, "SUB", call.get("self"), _times_alpha(call, "other"))


def reverse_subtract(call: Call) -> Activation:
    """``other - alpha * self``."""
    return _binary(call, "SUB", call.get("other"), _times_alpha(call, "self"))


def multiply(call: Call) -> Activation:
    """``self * other``."""
    return _binary(call, "MUL", call.get("self"), call.get("other"))


def divide(call: Call) -> Activation:
    """``self / other`` by something constant, as a product with its reciprocal."""
    call.require(call.get("rounding_mode") is None, "division that rounds is not served")
    other = call.get("other")
    call.require(
        not isinstance(other, Activation),
        "division by a value of run time is not served; normalize outside the network, or multiply by rsqrt",
    )
    divisor = np.asarray(other.value if isinstance(other, Constant) else other, np.float64)
    call.require(bool(np.all(divisor != 0)), "division by zero")
    name = other.name if isinstance(other, Constant) else f"{call.name}/other"
    return _binary(call, "MUL", call.get("self"), Constant(f"{name}/reciprocal", 1 / divisor))


def extreme(op: str) -> Callable[[Call], Activation]:
    """MAXIMUM or MINIMUM of two values."""

    def lower(call: Call) -> Activation:
        return _binary(call, op, call.get("self"), call.get("other"))

    return lower


def power(call: Call) -> Activation:
    """Exponents that need no logarithm: 2, 3, 4, 0.5, -0.5 and 1."""
    source, exponent = call.source(), call.get("exponent")
    if isinstance(exponent, Constant) and exponent.value.size == 1:
        exponent = float(exponent.value.reshape(()))
    known = not isinstance(exponent, Activation | Constant)
    call.require(known, "exponent of run time is not served; use 2, 3, 4, 0.5 or -0.5")
    return Activation(powered(call, source, float(exponent)))


def _times_alpha(call: Call, key: str) -> Any:
    """An operand times ``alpha``; computed at once where it is known."""
    value, alpha = call.get(key), call.get("alpha", 1)
    if alpha == 1:
        return value
    if isinstance(value, Activation):
        return Activation(call.emit("MUL", [value.tensor, call.tensor(alpha, "alpha")], "alpha"))
    if isinstance(value, Constant):
        return Constant(f"{call.name}/{value.name}", value.value * alpha)
    return value * alpha


def _binary(call: Call, op: str, first: Any, second: Any) -> Activation:
    operands = [_real(call, value, key) for value, key in ((first, "self"), (second, "other"))]
    return Activation(broadcast(call, call.emit(op, operands)))


def _real(call: Call, value: Any, label: str) -> str:
    """An operand of float arithmetic: whole-numbered constants (positions, masks) become float."""
    if isinstance(value, Constant):
        real: Array = value.value.astype(np.float32)
        value = Constant(value.name, real)
    return call.tensor(value, label)
