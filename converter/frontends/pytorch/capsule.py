"""Capsules: the operators of :mod:`bitwright.nn.capsule`."""

from __future__ import annotations

from .call import Activation, Call


def squash(call: Call) -> Activation:
    """bitwright.squash."""
    return Activation(call.emit("SQUASH", [call.source("x")]))


def length(call: Call) -> Activation:
    """bitwright.capsule_length."""
    return Activation(call.emit("CAPSULE_LENGTH", [call.source("x")]))


def routing(call: Call) -> Activation:
    """bitwright.capsule_routing, whose matrices are constant."""
    weights = call.parameter("weight")
    call.require(weights is not None, "it has no weights")
    return Activation(call.emit("CAPSULE_ROUTING", [call.source("x"), weights], iterations=int(call.get("iterations"))))
