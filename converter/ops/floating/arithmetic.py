"""The arithmetic of layers in float: every operation stated, so that numpy and C give the same bits.

Tensors are float32 or float16. Inside an operator every value is a float32; every ``+ - * /`` is one IEEE operation,
rounded to nearest even and never fused with another. A value that is written to a tensor is clamped to the range of
its layer, which is finite, and rounded to nearest even where the tensor is float16; what is no number becomes the lower
end. So every tensor is finite, whatever comes in, and no result depends on how a processor writes NaN.

exp, tanh and what follows from them are polynomials of that arithmetic (coefficients: S. L. Moshier, Cephes, ``expf``
and ``tanhf``), the reciprocal square root Newton's method.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ...ir import Array, DType

Real = NDArray[np.float32]
_f = np.float32

#: The largest finite value of each type.
LARGEST: Mapping[DType, np.float32] = {DType.FLOAT32: np.finfo(np.float32).max, DType.FLOAT16: _f(65504.0)}


def clamped(x: Real, low: np.float32, high: np.float32) -> Real:
    """``x > low ? x : low``, then ``x < high ? x : high``: what is no number becomes ``low``."""
    raised = np.where(x > low, x, low)
    return np.where(raised < high, raised, high)


def rounded(x: Array, dtype: DType, low: np.float32 | None = None, high: np.float32 | None = None) -> Array:
    """Values as a tensor of that type holds them, within a range that defaults to all finite values."""
    most = LARGEST[dtype]
    with np.errstate(over="ignore"):
        real = np.asarray(x).astype(np.float32)
    return clamped(real, -most if low is None else low, most if high is None else high).astype(dtype.numpy)


def whole(x: Real) -> NDArray[np.int32]:
    """The nearest whole number, ties away from zero; within int32."""
    return np.where(x < _f(0), x - _f(0.5), x + _f(0.5)).astype(np.int32)


def exp(x: Real) -> Real:
    """e^x of x clamped to [-87, 88]: ``2^n * p(r)`` with ``r = x - n ln 2``; relative error below 2^-22."""
    x = clamped(x, _f(-87.0), _f(88.0))
    n = whole(x * _f(1.44269504088896341))
    real = n.astype(np.float32)
    r = (x - real * _f(0.693359375)) - real * _f(-2.12194440e-4)
    p = _horner(
        r, (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
    )
    p = ((p * (r * r)) + r) + _f(1.0)
    result: Real = p * ((n + np.int32(127)) << np.int32(23)).view(np.float32)
    return result


def _horner(x: Real, coefficients: tuple[float, ...]) -> Real:
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * x + _f(coefficient)
    return value


def logistic(x: Real) -> Real:
    """1 / (1 + e^-x), from e^-|x|."""
    small = exp(-np.abs(x))
    result: Real = np.where(x < _f(0), small, _f(1.0)) / (_f(1.0) + small)
    return result


def tanh(x: Real) -> Real:
    """An odd polynomial below 0.625, else ``(1 - e) / (1 + e)`` with ``e = e^(-2 |x|)`` and the sign of x."""
    size = np.abs(x)
    square = x * x
    p = _horner(square, (-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1))
    near = ((p * square) * x) + x
    small = exp(_f(-2.0) * size)
    far = (_f(1.0) - small) / (_f(1.0) + small)
    return np.where(size < _f(0.625), near, np.where(x < _f(0), -far, far))


def reciprocal_root(x: Real) -> Real:
    """1 / sqrt(x) of positive normal x: a first guess by its bits, then four steps of Newton's method."""
    y = (np.int32(0x5F3759DF) - (x.view(np.int32) >> np.int32(1))).view(np.float32)
    half = _f(0.5) * x
    for _ in range(4):
        y = y * (_f(1.5) - (half * y) * y)
    return y


def silu(x: Real) -> Real:
    """x * logistic(x)."""
    return x * logistic(x)


def gelu(x: Real) -> Real:
    """x * Phi(x) with the complementary error function of Abramowitz and Stegun 7.1.26 (absolute error 1.5e-7)."""
    z = np.abs(x) * _f(0.70710678118654752)
    t = _f(1.0) / (_f(1.0) + _f(0.3275911) * z)
    p = _horner(t, (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592))
    tail = _f(0.5) * ((p * t) * exp(-(z * z)))
    result: Real = x * np.where(x < _f(0), tail, _f(1.0) - tail)
    return result


def gelu_tanh(x: Real) -> Real:
    """GELU's form by tanh: ``x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))``."""
    inner = _f(0.79788456080286536) * (x + ((_f(0.044715) * x) * x) * x)
    return (_f(0.5) * x) * (_f(1.0) + tanh(inner))


#: By the number by which kernels know them (``bw_function_f32.h``).
FUNCTIONS: tuple[Callable[[Real], Real], ...] = (lambda x: x, logistic, tanh, silu, gelu, gelu_tanh, exp)
IDENTITY, LOGISTIC, TANH, SILU, GELU, GELU_TANH, EXP = range(len(FUNCTIONS))
