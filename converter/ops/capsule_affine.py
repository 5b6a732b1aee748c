"""Capsules in the arithmetic ``affine_s8``: int8 tensors on affine grids, everything between them by proven bounds.

No inner range is calibrated: all follow from the weights and the input's grid.

    u^  int16  (W (q - zero point) + half) >> prediction_shift, one power of two for all capsules
    V   int16  sum of the outputs v so far, in 2^-fraction; b = u^ . V, since agreements add up linearly
    y   int32  b in octaves, 2^-octave_bits, requantized under policy SINGLE, one multiplier per capsule
    e   Q16    2^(y - max y): a polynomial of degree 4, within 2^-18, rounded to 2^-16
    c   Q15    e / sum(e), rounded half up; the sum over the capsules is 1 within capsules * 2^-16
    s   int32  sum of (c u^) >> sum_shift, from half a step per term on
    v          s times the squash factor, from the exact sum of squares (see :class:`Factor`)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import AccumulatorOverflowError
from ..fixedpoint import Int64, as_int64, quantize_multiplier, quantize_multipliers, requantize_pow2, requantize_single
from ..ir import Array, Graph, Node
from .bounds import centred
from .capsule_sizes import iterations, routing_sizes
from .normalization import reciprocal_root
from .operator import LastAxis, require, weight_scales

#: Bits of exponentials and of couplings.
EXPONENTIAL_BITS, COUPLING_BITS = 16, 15
#: 2^-x = 1 - x (A - x (B - x (C - x D))) for x in [0, 1], in 30 bits of fraction; least largest error with a fixed 1.
POWER = (744187942, 257211668, 57311508, 7419134)
_RADICAND_BITS = 62
_MOST_HALF, _LEAST_HALF = 8, -24
_MOST_FRACTION, _LEAST_FRACTION = 14, 4
_MOST_OCTAVE_BITS = 16
_MOST_SUM_SHIFT = 16  # c << (16 - shift) is an int32 factor on cores that multiply 32 by 16 bits


@dataclass(frozen=True)
class Factor:
    """What squashes a vector s with N = |s|^2 in integers: ``|s| / (N + one)`` in output steps.

    ``n = N << 2 half`` (a right shift where ``half`` is negative), ``one`` is 1 / scale^2 in the same unit; both roots
    are those of :func:`~.normalization.reciprocal_root`, so that the factor's relative error is below 2^-27.

    Attributes:
        one: the real 1 in n's unit; half: see above.
        multiplier, shift: the reciprocal of the output's scale.
    """

    one: int
    half: int
    multiplier: int
    shift: int

    def __call__(self, values: Int64) -> Int64:
        """[..., dim] -> squashed, in output steps; zero vectors stay zero."""
        return _squashed(values, as_int64(self.one), as_int64(self.half), self.multiplier, self.shift)


def _squashed(values: Int64, one: Int64, half: Int64, multiplier: int, shift: int) -> Int64:
    """Vectors [..., dim]; ``one`` and ``half`` of all, or of each [..., 1]."""
    power = (values * values).sum(axis=-1, keepdims=True)
    n = power << 2 * np.maximum(half, 0) >> 2 * np.maximum(-half, 0)
    roots, exponents = reciprocal_root(np.maximum(np.stack([n, n + one]), 1))
    (root, other), (e, f) = roots, exponents
    factor = (_length(n, root, e) * (other * other >> 31) >> 31) * multiplier >> 31
    return _shifted(values * factor, 60 - half + e - 2 * f - shift, n)


def _length(n: Int64, root: Int64, e: Int64) -> Int64:
    """sqrt(n) 2^e, in [2^30, 2^31), from n's reciprocal root."""
    return as_int64(((n << 2 * e) >> 30) * root >> 31)


def _shifted(product: Int64, right: Int64, n: Int64) -> Int64:
    """A product shifted right, rounded half up; 0 of vectors whose n is, and where nothing is left."""
    held = np.clip(right, 1, 62)
    return as_int64(np.where((n > 0) & (right <= 62), (product + (np.int64(1) << held - 1)) >> held, 0))


def factor(node: Node, scale: float, largest: int, target: float) -> Factor:
    """The factor of vectors with that scale whose |s|^2 is at most ``largest``, below 2^62. Raises UnsupportedError."""
    one = 1.0 / float(scale) ** 2
    need = math.log2(largest + one + 1)
    half = min(_MOST_HALF, math.floor((_RADICAND_BITS - 0.01 - need) / 2))
    require(half >= _LEAST_HALF, node, f"capsules at a scale of {scale:.3g} are not served: it is too small")
    multiplier, shift = quantize_multiplier(1.0 / target)
    require(-20 <= shift <= 24, node, f"squashed capsules at a scale of {target:.3g} are not served")
    return Factor(max(round(one * 4.0**half), 1), half, multiplier, shift)


@dataclass(frozen=True, eq=False)
class Squash(LastAxis):
    """Integer constants of SQUASH: vectors [rows, dim], centred by the zero point."""

    shape: tuple[int, ...]
    input_zero_point: int
    factor: Factor
    output_zero_point: int

    def run(self, source: Array) -> Array:
        """The exact result."""
        values = self.factor(source.astype(np.int64) - self.input_zero_point) + self.output_zero_point
        return np.clip(values, -128, 127).astype(np.int8)


def prepare_squash(graph: Graph, node: Node) -> Squash:
    """Integer constants; |s|^2 of up to 16384 elements stays below 2^30."""
    source, target = graph.input(node, 0), graph.output(node)
    require(source.shape[-1] <= 16384, node, f"capsules of {source.shape[-1]} elements are not served; up to 16384 are")
    bounds = centred(source)
    largest = source.shape[-1] * max(bounds.low**2, bounds.high**2)
    made = factor(node, source.scale, largest, target.scale)
    return Squash(source.shape, source.zero_point, made, target.zero_point)


@dataclass(frozen=True, eq=False)
class Length(LastAxis):
    """Integer constants of CAPSULE_LENGTH: ``sqrt(n << 2 half)`` with n = |v|^2, rescaled with one rounding."""

    shape: tuple[int, ...]
    input_zero_point: int
    half: int
    multiplier: int
    shift: int
    output_zero_point: int

    def run(self, source: Array) -> Array:
        """The exact result."""
        centre = source.astype(np.int64) - self.input_zero_point
        n = (centre * centre).sum(axis=-1) << 2 * self.half
        root, e = reciprocal_root(np.maximum(n, 1))
        scaled = _shifted(_length(n, root, e) * self.multiplier, 31 + e + self.half - self.shift, n)
        values = scaled + self.output_zero_point
        return np.clip(values, -128, 127).astype(np.int8)


def prepare_length(graph: Graph, node: Node) -> Length:
    """Integer constants."""
    source, target = graph.input(node, 0), graph.output(node)
    dim = source.shape[-1]
    require(dim <= 16384, node, f"capsules of {dim} elements are not served; up to 16384 are")
    real = float(source.scale) / float(target.scale)
    require(2.0**-24 < real < 2.0**14, node, f"lengths at a scale of {target.scale:.3g} are not served")
    multiplier, shift = quantize_multiplier(real)
    return Length(source.shape, source.zero_point, _MOST_HALF, multiplier, shift, target.zero_point)


@dataclass(frozen=True, eq=False)
class Routing:
    """Integer constants of CAPSULE_ROUTING; sizes as in :class:`~.capsule_sizes.RoutingSizes`.

    Attributes:
        weights: int8 [capsules, inputs, dim, depth].
        prediction_shift: from accumulators to u^.
        fraction: bits of fraction of V.
        octaves, octave_shift: multiplier and shift per capsule from u^ . V to y.
        octave_bits: bits of fraction of y.
        sum_shift, sum_start: of s.
        inner: squash factors per capsule to 2^-fraction; outer: to the output's steps.
    """

    batch: int
    inputs: int
    depth: int
    capsules: int
    dim: int
    iterations: int
    input_zero_point: int
    weights: Array
    prediction_shift: int
    fraction: int
    octaves: Int64
    octave_shift: Int64
    octave_bits: int
    sum_shift: int
    sum_start: int
    inner: tuple[Factor, ...]
    outer: tuple[Factor, ...]
    output_zero_point: int

    def predictions(self, source: Array) -> Int64:
        """u^ [inputs, capsules, dim] of one sample [inputs, depth]."""
        centre = source.astype(np.float64) - self.input_zero_point
        acc = np.einsum("jidk,ik->ijd", self.weights.astype(np.float64), centre, optimize=True)  # exact below 2^53
        return requantize_pow2(acc.astype(np.int64), self.prediction_shift)

    def couplings(self, octaves: Int64) -> Int64:
        """c [inputs, capsules] of y."""
        return couplings(octaves, self.octave_bits)

    def sums(self, c: Int64, predictions: Int64) -> Int64:
        """s [capsules, dim]."""
        return as_int64(((c[:, :, None] * predictions) >> self.sum_shift).sum(axis=0) + self.sum_start)

    def squashed(self, factors: tuple[Factor, ...], sums: Int64) -> Int64:
        """Each capsule by its own factor; the output's scale is that of all."""
        one, half = (as_int64([[getattr(f, name)] for f in factors]) for name in ("one", "half"))
        return _squashed(sums, one, half, factors[0].multiplier, factors[0].shift)

    def sample(self, source: Array) -> Array:
        """One sample [inputs, depth] -> [capsules, dim]."""
        predictions = self.predictions(source)
        total = np.zeros((self.capsules, self.dim), np.int64)
        for number in range(self.iterations):
            dots = (predictions * total).sum(axis=-1)
            sums = self.sums(self.couplings(requantize_single(dots, self.octaves, self.octave_shift)), predictions)
            if number < self.iterations - 1:
                total = total + self.squashed(self.inner, sums)
        values = self.squashed(self.outer, sums) + self.output_zero_point
        return np.clip(values, -128, 127).astype(np.int8)

    def run(self, source: Array) -> Array:
        """The exact result, [batch, inputs, depth] -> [batch, capsules, dim]."""
        return np.stack([self.sample(sample) for sample in source])


def power_of_half(octaves: Int64, bits: int) -> Int64:
    """``2^-x`` in Q16 of x >= 0 with that many bits of fraction; within 2^-18 before it is rounded."""
    whole, part = octaves >> bits, octaves & (1 << bits) - 1
    x = part << 32 - bits
    term = np.full_like(x, POWER[3])
    for coefficient in POWER[2::-1]:
        term = coefficient - (term * x >> 32)
    power = (1 << 30) - (term * x >> 32)
    right = np.minimum(whole, 17) + 30 - EXPONENTIAL_BITS
    return as_int64(np.where(whole <= 17, (power + (np.int64(1) << right - 1)) >> right, 0))


def couplings(octaves: Int64, bits: int) -> Int64:
    """The softmax to base 2 along the last axis, in Q15."""
    powers = power_of_half(octaves.max(axis=-1, keepdims=True) - octaves, bits)
    total = powers.sum(axis=-1, keepdims=True)
    return as_int64(((powers << COUPLING_BITS) + (total >> 1)) // total)


def prepare_routing(graph: Graph, node: Node) -> Routing:
    """Integer constants, with the proof that every sum fits int32."""
    source, tensor, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    size, count = routing_sizes(graph, node), iterations(node)
    weights = tensor.value()
    bound, prediction_shift = _predictions(node, weights, graph)
    sum_shift, sum_start, largest = _sums(node, bound)
    scales = np.asarray(weight_scales(tensor, size.capsules, 0)) * float(source.scale) * 2.0**prediction_shift
    fraction, dot = _fraction(node, bound, count)
    octave_bits, octaves, octave_shift = _octaves(node, scales, fraction, dot)
    units = scales * 2.0 ** (sum_shift - COUPLING_BITS)

    def factors(step: float) -> tuple[Factor, ...]:
        return tuple(factor(node, float(unit), most, step) for unit, most in zip(units, largest, strict=True))

    return Routing(
        size.batch, size.inputs, size.depth, size.capsules, size.dim, count, source.zero_point, weights,
        prediction_shift, fraction, octaves, octave_shift, octave_bits, sum_shift, sum_start,
        factors(2.0**-fraction), factors(target.scale), target.zero_point,
    )  # fmt: skip


def _predictions(node: Node, weights: Array, graph: Graph) -> tuple[Int64, int]:
    """The largest |u^| [capsules, inputs, dim], and the shift that brings them to int16."""
    bounds = centred(graph.input(node, 0))
    reach = max(-bounds.low, bounds.high)
    acc = np.abs(weights.astype(np.int64)).sum(axis=-1) * reach
    worst = int(acc.max())
    if worst >= 1 << 30:
        raise AccumulatorOverflowError(f"{node.name} ({node.op}): a prediction can reach {worst}, beyond int32")
    shift = max(0, worst.bit_length() - 15)
    if requantize_pow2(worst, shift) > 32767:
        shift += 1
    return requantize_pow2(acc, shift), shift


def _sums(node: Node, bound: Int64) -> tuple[int, int, list[int]]:
    """Shift and start of the weighted sums, and the largest |s|^2 of each capsule: s below 2^31, |s|^2 below 2^61."""
    inputs = bound.shape[1]
    for shift in range(1, _MOST_SUM_SHIFT + 1):
        # A coupling is at most 1; rounded down away from zero by less than one, and the start.
        reach = (((bound << COUPLING_BITS) >> shift) + 1).sum(axis=1) + (inputs >> 1)
        squares = [sum(int(x) ** 2 for x in row) for row in reach]
        if int(reach.max()) < 1 << 31 and max(squares) < 1 << 61:
            return shift, inputs >> 1, squares
    raise AccumulatorOverflowError(
        f"{node.name} ({node.op}): the sum over {inputs} capsules can reach {int(reach.max())}, beyond int32"
    )


def _fraction(node: Node, bound: Int64, count: int) -> tuple[int, int]:
    """Bits of fraction of V, and the largest |u^ . V|: int16 and int32, by Cauchy and |v| < 1.

    Partial sums are products of parts of the vectors, so that they keep to the same bound.
    """
    dim = bound.shape[2]
    longest = math.isqrt(int((bound * bound).sum(axis=-1).max())) + 1
    for fraction in range(_MOST_FRACTION, _LEAST_FRACTION - 1, -1):
        # |v| <= 1 before it is rounded; every element by at most one half.
        each = (1 << fraction) + math.isqrt(dim) + 1
        total = max(count - 1, 1) * each
        if total <= 32767 and longest * total < 1 << 31:
            return fraction, longest * total
    raise AccumulatorOverflowError(
        f"{node.name} ({node.op}): an agreement over {dim} elements can reach {longest * total}, beyond int32"
    )


def _octaves(node: Node, scales: Array, fraction: int, dot: int) -> tuple[int, Int64, Int64]:
    """Bits of fraction of y, and its multipliers: y stays below 2^29, so that differences fit int32."""
    real = scales * 2.0**-fraction / math.log(2.0)
    reach = float(real.max()) * dot
    require(reach < 2.0**27, node, "the input's or the weights' scale is too large for capsules")
    bits = min(_MOST_OCTAVE_BITS, 28 - max(0, math.ceil(math.log2(max(reach, 1.0)))))
    multiplier, shift = quantize_multipliers(real * 2.0**bits)
    require(int(shift.max()) <= 29, node, "the input's or the weights' scale is too large for capsules")
    return bits, multiplier, shift
