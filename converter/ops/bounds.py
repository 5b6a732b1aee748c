"""Range proofs by interval arithmetic for operators that scale single elements under policy DOUBLE.

Every intermediate of such an operator is an int32 in C, where overflow is undefined: ``prepare`` follows the kernel's
arithmetic on the least and greatest value, and refuses the node where one could leave int32.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import AccumulatorOverflowError
from ..fixedpoint import INT32_MAX, INT32_MIN, requantize_double
from ..ir import Node, Tensor


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest value that an integer can take."""

    low: int
    high: int

    @classmethod
    def of(cls, *values: int) -> Bounds:
        """The smallest bounds that hold the values."""
        return cls(min(values), max(values))

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Bounds) -> Bounds:
        return Bounds(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Bounds) -> Bounds:
        return Bounds.of(*(a * b for a in (self.low, self.high) for b in (other.low, other.high)))

    def __lshift__(self, bits: int) -> Bounds:
        return Bounds(self.low << bits, self.high << bits)


def centred(tensor: Tensor) -> Bounds:
    """Bounds of ``q - zero_point`` over the tensor's type."""
    low, high = tensor.dtype.limits
    return Bounds(low - tensor.zero_point, high - tensor.zero_point)


def prove(node: Node, bounds: Bounds, what: str) -> Bounds:
    """The bounds, when they lie in int32. Raises AccumulatorOverflowError, which names the node and the bounds."""
    if bounds.low < INT32_MIN or bounds.high > INT32_MAX:
        raise AccumulatorOverflowError(
            f"{node.name} ({node.op}): {what} can reach [{bounds.low}, {bounds.high}], beyond int32; "
            "requantize the model with a larger output scale"
        )
    return bounds


def requantized(node: Node, bounds: Bounds, multiplier: int, shift: int, offset: int = 0) -> Bounds:
    """Bounds of ``requantize_double(x, multiplier, shift) + offset`` for x in ``bounds``.

    Raises:
        AccumulatorOverflowError: x, x shifted left, or the result could leave int32.
    """
    prove(node, bounds << max(shift, 0), "a value before it is rescaled")
    # Both roundings are monotone, so that the ends of the range give the ends of the result.
    ends = [int(requantize_double(end, multiplier, shift)) + offset for end in (bounds.low, bounds.high)]
    return prove(node, Bounds.of(*ends), "a rescaled value")
