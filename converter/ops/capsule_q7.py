"""Capsules in the arithmetic ``paper_q7``: every tensor is int8 in a format of its own, Qm.n with 2^-n per step.

After "Shifting Capsule Networks from the Cloud to the Deep Edge" (Costa et al., 2021, arXiv 2110.02911) and the code
published with it; its integers, made total where that code is not:

    u^ = sat8(W u / 2^p)        c = softmax of b, base 2 and blind to b's format, as legacy CMSIS-NN's q7 softmax
    s = sat8(sum c u^ / 2^a)    v = squash(s)      b = sat8((sat8(u^ . v / 2^d) 2^x + b 2^y) / 2^z)
    squash: N = sum s^2, v = sat8(s (isqrt(N) 2^(out - in)) / ((N >> in) + 2^in));    length: sat8(isqrt(sum v^2))

Each iteration has its own a, d, x, y, z and formats of s and v. What the published code leaves open:

- the softmax's constant is 14, as its authors advise, not legacy CMSIS-NN's 13, with which couplings add up to 2;
- isqrt(0) is 0, where Newton's method there divides by zero; otherwise it is the floor of the root, as there;
- every division truncates towards zero, as its Arm code does (its RISC-V code shifts in places);
- a shift by a negative count multiplies, or divides, by the power of two that was meant, saturating;
- formats have no fewer than 0 bits of fraction, so that 2^in is an integer: larger values saturate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import AccumulatorOverflowError, ModelError
from ..fixedpoint import Int64, as_int64, isqrt
from ..ir import Array, Graph, Node, Tensor
from .capsule_sizes import iterations, routing_sizes
from .operator import LastAxis, require

#: Of the softmax: ``(2^20 / sum) >> (14 + base - b)``; and how far below the maximum its base lies.
SOFTMAX_CONSTANT, SOFTMAX_DEPTH = 14, 8
_COUPLING_BITS = 7
_MOST_BITS, _MOST_SHIFT = 24, 24


def saturated(values: Int64) -> Int64:
    """Clamp to int8."""
    return np.clip(values, -128, 127)


def divided(values: Int64, shift: int) -> Int64:
    """``values / 2^shift`` truncated towards zero; a product where the shift is negative."""
    if shift <= 0:
        return values << -shift
    return as_int64(np.sign(values) * (np.abs(values) >> shift))


def softmax(logits: Int64) -> Int64:
    """Couplings along the last axis in Q7: powers of two, from the maximum down to 2^-7 of it."""
    base = logits.max(axis=-1, keepdims=True) - SOFTMAX_DEPTH
    total = (np.int64(1) << np.clip(logits - base, 0, 7)).sum(axis=-1, keepdims=True)
    return saturated((1 << 20) // total >> np.clip(SOFTMAX_CONSTANT + base - logits, 0, 31))


def fraction_bits(node: Node, tensor: Tensor) -> int:
    """n of a tensor whose scale is 2^-n. Raises UnsupportedError."""
    scale = float(tensor.scale)
    fraction, exponent = math.frexp(scale)
    whole = fraction == 0.5 and -_MOST_BITS <= exponent - 1 <= 0 and tensor.zero_point == 0
    require(
        whole, node,
        f"paper_q7 needs scales of 2^-n, n from 0 to {_MOST_BITS}, and zero points of 0; '{tensor.name}' has a scale "
        f"of {scale:.6g} and a zero point of {tensor.zero_point} (use the recipe paper-q7)",
    )  # fmt: skip
    return 1 - exponent


@dataclass(frozen=True)
class Formats:
    """Of a squash: bits of fraction of its input and output."""

    input: int
    output: int

    def __call__(self, values: Int64) -> Int64:
        """[..., dim] -> squashed."""
        power = (values * values).sum(axis=-1, keepdims=True)
        shift = self.output - self.input
        root = isqrt(power) << shift if shift >= 0 else isqrt(power) >> -shift
        return saturated(_quotient(values * root, (power >> self.input) + (1 << self.input)))


def _quotient(numerator: Int64, denominator: Int64) -> Int64:
    """Towards zero, as C divides."""
    return as_int64(np.sign(numerator) * (np.abs(numerator) // denominator))


def _formats(node: Node, dim: int, source: int, target: int) -> Formats:
    """Proven: the products of a squash fit int32."""
    require(0 <= source <= _MOST_BITS and 0 <= target <= _MOST_BITS, node, "a format beyond 24 bits of fraction")
    root = math.isqrt(dim * 128 * 128)
    root = root << target - source if target >= source else root >> source - target
    worst = 128 * root
    if worst >= 1 << 31 or dim * 128 * 128 + (1 << source) >= 1 << 31:
        raise AccumulatorOverflowError(
            f"{node.name} ({node.op}): a squash from Q.{source} to Q.{target} can reach {worst}, beyond int32"
        )
    return Formats(source, target)


@dataclass(frozen=True, eq=False)
class SquashQ7(LastAxis):
    """Integer constants of SQUASH."""

    shape: tuple[int, ...]
    formats: Formats

    def run(self, source: Array) -> Array:
        """The exact result."""
        return self.formats(source.astype(np.int64)).astype(np.int8)


def prepare_squash(graph: Graph, node: Node) -> SquashQ7:
    """Integer constants, with the proof that products fit int32."""
    source, target = graph.input(node, 0), graph.output(node)
    bits = fraction_bits(node, source), fraction_bits(node, target)
    return SquashQ7(source.shape, _formats(node, source.shape[-1], *bits))


@dataclass(frozen=True, eq=False)
class LengthQ7(LastAxis):
    """Integer constants of CAPSULE_LENGTH: none but its sizes, since the format stays."""

    shape: tuple[int, ...]

    def run(self, source: Array) -> Array:
        """The exact result."""
        values = source.astype(np.int64)
        return saturated(isqrt((values * values).sum(axis=-1))).astype(np.int8)


def prepare_length(graph: Graph, node: Node) -> LengthQ7:
    """Integer constants; input and output have one format."""
    source, target = graph.input(node, 0), graph.output(node)
    require(source.shape[-1] <= 16384, node, f"capsules of {source.shape[-1]} elements are not served; up to 16384 are")
    same = fraction_bits(node, source) == fraction_bits(node, target)
    require(same, node, "in paper_q7 the lengths have their input's format")
    return LengthQ7(source.shape)


@dataclass(frozen=True)
class Iteration:
    """Shifts of one iteration: s to its format, u^ . v to its own, and to the new logits (``x``, ``y``, ``z`` above);
    the last iteration has no logits."""

    sums: int
    squash: Formats
    agreement: int = 0
    align_agreement: int = 0
    align_logits: int = 0
    logits: int = 0


@dataclass(frozen=True, eq=False)
class RoutingQ7:
    """Integer constants of CAPSULE_ROUTING; sizes as in :class:`~.capsule_sizes.RoutingSizes`.

    Attributes:
        weights: int8 [capsules, inputs, dim, depth].
        prediction_shift: from accumulators to u^.
        steps: one per iteration.
    """

    batch: int
    inputs: int
    depth: int
    capsules: int
    dim: int
    weights: Array
    prediction_shift: int
    steps: tuple[Iteration, ...]

    def sample(self, source: Array) -> Array:
        """One sample [inputs, depth] -> [capsules, dim]."""
        acc = np.einsum("jidk,ik->ijd", self.weights.astype(np.float64), source.astype(np.float64), optimize=True)
        predictions = saturated(divided(acc.astype(np.int64), self.prediction_shift))
        logits = np.zeros((self.inputs, self.capsules), np.int64)
        for number, step in enumerate(self.steps):
            c = softmax(logits)
            sums = saturated(divided((c[:, :, None] * predictions).sum(axis=0), step.sums))
            outputs = step.squash(sums)
            if number < len(self.steps) - 1:
                agreement = saturated(divided((predictions * outputs).sum(axis=-1), step.agreement))
                aligned = (agreement << step.align_agreement) + (logits << step.align_logits)
                logits = saturated(divided(aligned, step.logits))
        return outputs.astype(np.int8)

    def run(self, source: Array) -> Array:
        """The exact result, [batch, inputs, depth] -> [batch, capsules, dim]."""
        return np.stack([self.sample(sample) for sample in source])


def _attribute(node: Node, name: str, count: int) -> tuple[int, ...]:
    """Formats that calibration chose, one per iteration. Raises ModelError."""
    values: Any = node.attrs.get(name)
    values = (values,) if isinstance(values, int) else values
    good = isinstance(values, Sequence) and len(values) == count
    if not good or not all(isinstance(v, int) and 0 <= v <= _MOST_BITS for v in values):
        raise ModelError(f"{node.name} ({node.op}): '{name}' must hold {count} bits of fraction, 0 to {_MOST_BITS}")
    return tuple(values)


def prepare_routing(graph: Graph, node: Node) -> RoutingQ7:
    """Integer constants from the formats of the attributes, with the proof that every sum fits int32.

    Attributes of the node: bits of fraction of ``predictions``, and per iteration of ``sums`` and ``squashed``, per
    iteration but the last of ``agreements`` and ``logits``; ``aligned``: whether addends of the logits are brought to
    one format (else they are added as they are and shifted by n_agreement + n_old - n_new, as published).
    """
    source, tensor, target = graph.input(node, 0), graph.input(node, 1), graph.output(node)
    size, count = routing_sizes(graph, node), iterations(node)
    require(tensor.quant is not None and len(tensor.quant.scale) == 1, node, "paper_q7 needs one scale of all weights")
    bits, weight_bits = fraction_bits(node, source), fraction_bits(node, tensor)
    (predictions,) = _attribute(node, "predictions", 1)
    sums, squashed = _attribute(node, "sums", count), _attribute(node, "squashed", count)
    agreements, logits = _attribute(node, "agreements", count - 1), _attribute(node, "logits", count - 1)
    if squashed[-1] != fraction_bits(node, target):
        raise ModelError(f"{node.name} ({node.op}): the output's scale is not 2^-{squashed[-1]}")
    steps = []
    old = _COUPLING_BITS  # of logits that are all zero
    for number in range(count):
        formats = _formats(node, size.dim, sums[number], squashed[number])
        step = Iteration(_shift(node, predictions + _COUPLING_BITS - sums[number]), formats)
        if number < count - 1:
            fine, new = agreements[number], logits[number]
            align = (0, 0, fine + old - new)
            if node.attrs.get("aligned", False):
                common = max(fine, old)
                align = (common - fine, common - old, common - new)
            agreement = _shift(node, predictions + squashed[number] - fine)
            step = Iteration(step.sums, formats, agreement, *(_shift(node, shift) for shift in align))
            old = new
        steps.append(step)
    shift = _shift(node, bits + weight_bits - predictions)
    _prove(node, tensor.value(), shift, steps)
    return RoutingQ7(
        size.batch, size.inputs, size.depth, size.capsules, size.dim, tensor.value(), shift, tuple(steps)
    )  # fmt: skip


def _shift(node: Node, shift: int) -> int:
    require(abs(shift) <= _MOST_SHIFT, node, f"formats {shift} bits apart are not served")
    return shift


def _prove(node: Node, weights: Array, shift: int, steps: Sequence[Iteration]) -> None:
    """Every sum, and every one multiplied by a power of two, fits int32."""
    _, inputs, dim, _ = weights.shape
    acc = int(np.abs(weights.astype(np.int64)).sum(axis=-1).max()) * 128
    reach = {"a prediction": acc << max(0, -shift)}
    for step in steps:
        reach["a weighted sum"] = max(reach.get("a weighted sum", 0), inputs * 127 * 128 << max(0, -step.sums))
        reach["an agreement"] = max(reach.get("an agreement", 0), dim * 128 * 128 << max(0, -step.agreement))
        aligned = (128 << step.align_agreement) + (128 << step.align_logits)
        reach["a logit"] = max(reach.get("a logit", 0), aligned << max(0, -step.logits))
    for what, worst in reach.items():
        if worst >= 1 << 31:
            raise AccumulatorOverflowError(f"{node.name} ({node.op}): {what} can reach {worst}, beyond int32")
