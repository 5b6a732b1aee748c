"""Arithmetic between two values or more."""

from __future__ import annotations

import numpy as np

from .call import Activation, Call, Constant, Lowering, Value


def binary(op: str) -> Lowering:
    """Two values with broadcasting."""

    def lower(call: Call) -> Activation:
        call.require(not call.get("axis"), "broadcasting along an axis of the old kind is not served")
        return Activation(call.emit(op, [call.source(0), call.source(1)]))

    return lower


def variadic(op: str) -> Lowering:
    """One value or more, two at a time: Sum, Max and Min."""

    def lower(call: Call) -> Value:
        result = call.value(0)
        for index in range(1, len(call.inputs)):
            what = "" if index == len(call.inputs) - 1 else f"{index}"
            result = Activation(call.emit(op, [call.tensor(result), call.source(index)], what))
        return result

    return lower


def mean(call: Call) -> Activation:
    """The mean of several values."""
    total = variadic("ADD")(call)
    assert isinstance(total, Activation | Constant)
    if len(call.inputs) == 1:
        return Activation(call.tensor(total))
    return Activation(call.emit("MUL", [call.tensor(total), call.number("count", 1 / len(call.inputs))], "mean"))


def divide(call: Call) -> Activation:
    """By something constant, as a product with its reciprocal, or by a square root, as a product with RSQRT."""
    divisor = call.value(1)
    if isinstance(divisor, Constant):
        value = divisor.value.astype(np.float64)
        call.require(bool(np.all(value != 0)), "division by zero")
        return Activation(call.emit("MUL", [call.source(), call.constant(f"{divisor.name}/reciprocal", 1 / value)]))
    root = call.graph.writer(divisor.tensor)
    call.require(
        root is not None and root.op == "SQRT",
        "division by a value of run time is served for square roots only; normalize outside the network",
    )
    assert root is not None
    inverse = call.emit("RSQRT", [root.inputs[0]], "inverse")
    return Activation(call.emit("MUL", [call.source(), inverse]))
