"""Unary functions in floating point: the float form of the activations, and what 8-bit tables of them are made from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..ir import Array

#: Attributes of a node and float values (float32 or float64) -> results of the same type.
Function = Callable[[Mapping[str, Any], Array], Array]

_erf = np.frompyfunc(math.erf, 1, 1)


def logistic(_attrs: Mapping[str, Any], x: Array) -> Array:
    """1 / (1 + exp(-x)), computed from exp of values that are not positive."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(x.dtype)


def softmax(x: Array) -> Array:
    """exp(x - max) over its sum along the last axis; -inf counts as nothing."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    result: Array = powers / powers.sum(axis=-1, keepdims=True)
    return result


def silu(attrs: Mapping[str, Any], x: Array) -> Array:
    """x * logistic(x) (Elfwing et al., 2017), also called swish."""
    result: Array = x * logistic(attrs, x)
    return result


def gelu(attrs: Mapping[str, Any], x: Array) -> Array:
    """x * Phi(x) (Hendrycks and Gimpel, 2016); with ``approximate`` its tanh form."""
    if attrs.get("approximate"):
        phi = 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    else:
        phi = 0.5 * (1 + np.asarray(_erf(x / math.sqrt(2)), x.dtype))
    result: Array = (x * phi).astype(x.dtype)
    return result


def hard_swish(_attrs: Mapping[str, Any], x: Array) -> Array:
    """x * relu6(x + 3) / 6 (Howard et al., 2019)."""
    result: Array = (x * np.clip(x + 3, 0, 6) / 6).astype(x.dtype)
    return result


def hard_sigmoid(_attrs: Mapping[str, Any], x: Array) -> Array:
    """relu6(x + 3) / 6."""
    return (np.clip(x + 3, 0, 6) / 6).astype(x.dtype)


def elu(attrs: Mapping[str, Any], x: Array) -> Array:
    """x from zero up, alpha * (exp(x) - 1) below."""
    alpha = attrs.get("alpha", 1.0)
    return np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0))).astype(x.dtype)


def leaky_relu(attrs: Mapping[str, Any], x: Array) -> Array:
    """x from zero up, alpha * x below."""
    result: Array = np.where(x >= 0, x, x * x.dtype.type(attrs["alpha"]))
    return result


def rsqrt(_attrs: Mapping[str, Any], x: Array) -> Array:
    """1 / sqrt(x) of positive values; the largest finite result stands at zero and below."""
    result: Array = (1 / np.sqrt(np.maximum(x, np.finfo(np.float32).tiny))).astype(x.dtype)
    return result


def clamp(low: float, high: float | None) -> Function:
    """Clamp to [low, high]."""
    return lambda _attrs, x: np.clip(x, x.dtype.type(low), None if high is None else x.dtype.type(high))


FUNCTIONS: dict[str, Function] = {
    "RELU": clamp(0.0, None),
    "RELU6": clamp(0.0, 6.0),
    "RELU_N1_TO_1": clamp(-1.0, 1.0),
    "RELU_0_TO_1": clamp(0.0, 1.0),
    "LEAKY_RELU": leaky_relu,
    "LOGISTIC": logistic,
    "TANH": lambda _attrs, x: np.tanh(x),
    "HARD_SWISH": hard_swish,
    "HARD_SIGMOID": hard_sigmoid,
    "SILU": silu,
    "GELU": gelu,
    "ELU": elu,
    "ABS": lambda _attrs, x: np.abs(x),
    "NEG": lambda _attrs, x: -x,
    "EXP": lambda _attrs, x: np.exp(x),
    "SQRT": lambda _attrs, x: np.sqrt(np.maximum(x, 0)),
    "RSQRT": rsqrt,
    "SQUARE": lambda _attrs, x: x * x,
    "QUANTIZE": lambda _attrs, x: x,
}
