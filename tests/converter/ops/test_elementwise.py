"""ADD, SUB, MUL, MAXIMUM, MINIMUM, SQUARED_DIFFERENCE and PRELU: reference == tflite-runtime == C."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from bitwright.converter.fixedpoint import power_of_two
from bitwright.converter.ir import DType, Graph, Tensor
from bitwright.converter.reference import Session
from bitwright.errors import AccumulatorOverflowError, ModelError, UnsupportedError
from hypothesis import given, settings
from hypothesis import strategies as st
from single import activation, constant, few, prove, seeds, single, together
from unsigned import as_uint8

#: Operators and the most dimensions to which tflite-runtime 2.14 broadcasts them: beyond, it ends the process.
BROADCASTS = {
    "ADD": 6,
    "SUB": 5,
    "MUL": 4,
    "MAXIMUM": 5,
    "MINIMUM": 5,
    "SQUARED_DIFFERENCE": 6,
    "PRELU": 4,
}
SUMS = ("ADD", "SUB")
FUSED = ("ADD", "SUB", "MUL")
WIDE = ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")
ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")

Generator = np.random.Generator


def power(generator: Generator, low: float, high: float) -> float:
    """2^x for x in [low, high], whole ones often, as float32."""
    exponent = generator.uniform(low, high)
    return float(np.float32(2.0 ** (round(exponent) if coin(generator) else exponent)))


def coin(generator: Generator, odds: float = 0.5) -> bool:
    return bool(generator.random() < odds)


def broadcast_shapes(generator: Generator, op: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that broadcast: scalars, missing leading dimensions, ones on either side, or equal ones of any rank.

    PRELU keeps its input's shape.
    """
    if coin(generator, 0.2):
        whole = tuple(generator.integers(1, 4, generator.integers(0, 7), endpoint=True).tolist())
        return whole, whole
    whole = tuple(generator.integers(1, 4, generator.integers(0, BROADCASTS[op] + 1), endpoint=True).tolist())

    def part() -> tuple[int, ...]:
        kept = generator.integers(0, len(whole), endpoint=True) if coin(generator, 0.3) else len(whole)
        return tuple(size if coin(generator, 0.6) else 1 for size in whole[len(whole) - kept :])

    return (whole if op == "PRELU" else part()), part()


def scales_of(generator: Generator, op: str, dtype: DType, equal: bool) -> tuple[float, float, float]:
    """Both input scales and an output scale: ratios of inputs up to 2^12, and outputs from left shifts, as far as the
    accumulator is proven to fit int32, to all but nothing left."""
    wide = dtype is DType.INT16
    first = power(generator, -12, 4)
    second = first if equal or coin(generator, 0.3) else first * power(generator, -12, 12)
    larger = max(first, second)
    if op in ("MAXIMUM", "MINIMUM"):
        target = first = second
    elif op in SUMS:
        # tflite-runtime ends the process where the last multiplier is one or more.
        target = larger * power(generator, -13 if wide else -18, 6)
    elif op == "MUL":
        target = first * second * power(generator, 1 if wide else -13, 18)
    elif op == "PRELU":
        target = first * max(second, 1.0) * power(generator, -13, 6)
    else:
        # SQUARED_DIFFERENCE: as for sums, 4 * larger^2 / 2^14 must stay below the output's scale.
        target = larger**2 * power(generator, -11, 12)
    # tflite-runtime refuses clamps at 6 / scale beyond int32.
    return first, second, max(target, 2.0**-28)


def shifted_scales(generator: Generator) -> tuple[float, float, float]:
    """int16 sums whose scales are powers of two: one input has the output's scale, the other down to 2^-15 of it.

    Beyond, tflite-runtime 2.14 shifts an int16 by its width and more, and adds one.
    """
    exponent, shift = int(generator.integers(-12, 4)), int(generator.integers(0, 16))
    large, small = 2.0**exponent, 2.0 ** (exponent - shift)
    return (small, large, large) if coin(generator) else (large, small, large)


def operand(generator: Generator, name: str, shape: Sequence[int], like: Tensor, fixed: bool) -> Tensor:
    """An activation quantized as ``like``, or a constant of random values."""
    if not fixed:
        return activation(name, shape, like.scale, like.zero_point, like.dtype)
    values = generator.integers(*like.dtype.limits, tuple(shape), endpoint=True)
    return constant(name, np.asarray(values, like.dtype.numpy), [like.scale], like.zero_point)


def binary(op: str, dtype: DType, generator: Generator) -> Graph:
    """A random operator, one side perhaps constant, or one tensor on both sides."""
    twice = coin(generator, 0.15)
    shifted = dtype is DType.INT16 and op in SUMS and not twice and coin(generator)
    scales = shifted_scales(generator) if shifted else scales_of(generator, op, dtype, twice)
    zeros = [0 if dtype is DType.INT16 else int(generator.integers(-128, 128)) for _ in scales]
    if op in ("MAXIMUM", "MINIMUM"):
        zeros = zeros[:1] * 3
    attrs: dict[str, Any] = {"activation": str(generator.choice(ACTIVATIONS))} if op in FUSED else {}
    if op in SUMS:
        shiftable = shifted or None in map(power_of_two, scales)
        attrs["pot_scale_int16"] = shiftable and coin(generator)
    first, second = broadcast_shapes(generator, op)
    if shifted and attrs["pot_scale_int16"]:
        first = second  # tflite-runtime 2.14 reads past an input that it should broadcast
    like = [activation("", (), scale, zero, dtype) for scale, zero in zip(scales, zeros, strict=True)]
    target = activation("y", (), scales[2], zeros[2], dtype)
    if twice:
        both = operand(generator, "a", first, like[0], fixed=False)
        return single(op, [both, both], [target], attrs)
    fixed = generator.choice([-1, -1, 0, 1])
    operands = [
        operand(generator, name, shape, like[index], bool(fixed == index))
        for index, (name, shape) in enumerate((("a", first), ("b", second)))
    ]
    return single(op, operands, [target], attrs)


def one_of_each(ops: Iterable[str], dtype: DType = DType.INT8) -> st.SearchStrategy[Graph]:
    """Every operator side by side, so that all share one compilation."""

    def build(seed: int) -> Graph:
        generator = np.random.default_rng(seed)
        return together([binary(op, dtype, generator) for op in ops])

    return st.builds(build, seeds)


@given(one_of_each(BROADCASTS), seeds)
@few
def test_int8(graph: Graph, seed: int) -> None:
    prove(graph, seed)


@given(one_of_each(WIDE, DType.INT16), seeds)
@few
def test_int16(graph: Graph, seed: int) -> None:
    prove(graph, seed)


# tflite-runtime has no SQUARED_DIFFERENCE of uint8.
@given(one_of_each([op for op in BROADCASTS if op != "SQUARED_DIFFERENCE"]), seeds)
@settings(few, max_examples=8)
def test_uint8(graph: Graph, seed: int) -> None:
    prove(as_uint8(graph), seed)


def pair(op: str, scales: Sequence[float], dtype: DType = DType.INT8, **attrs: Any) -> Graph:
    """An operator on two vectors with zero points of 0."""
    a, b, y = (activation(name, (3,), scale, 0, dtype) for name, scale in zip("aby", scales, strict=True))
    return single(op, [a, b], [y], attrs)


@pytest.mark.parametrize(
    ("op", "dtype", "scales", "bounds"),
    [
        ("ADD", DType.INT8, (1.0, 1.0, 2.0**-23), "[-4294967296, 4261412864]"),
        ("SUB", DType.INT16, (1.0, 1.0, 2.0**-15), "[-4294901760, 4294901760]"),
        ("MUL", DType.INT8, (1.0, 1.0, 2.0**-16), "[-2130706432, 2147483648]"),
        ("MUL", DType.INT16, (1.0, 1.0, 1.0), "[-2147418112, 2147483648]"),
        ("SQUARED_DIFFERENCE", DType.INT8, (1.0, 1.0, 2.0**-15), "[-4261478400, 4261478400]"),
        ("PRELU", DType.INT8, (1.0, 2.0**-9, 2.0**-24), "[0, 4261412864]"),
    ],
)
def test_a_value_that_could_overflow_is_named_with_its_bounds(
    op: str, dtype: DType, scales: tuple[float, float, float], bounds: str
) -> None:
    with pytest.raises(AccumulatorOverflowError) as caught:
        Session(pair(op, scales, dtype, pot_scale_int16=False))
    assert str(caught.value).startswith(f"node ({op}): a value before it is rescaled can reach {bounds}, beyond int32")
    Session(pair(op, (*scales[:2], 2 * scales[2]), dtype, pot_scale_int16=False))


@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL"])
def test_int16_zero_points_are_refused_as_tflite_refuses_them(op: str) -> None:
    a, b, y = (activation(name, (3,), 0.1, name == "b", DType.INT16) for name in "aby")
    with pytest.raises(UnsupportedError, match="int16 zero points must be 0"):
        Session(single(op, [a, b], [y]))


@pytest.mark.parametrize("op", SUMS)
def test_shifted_sums_need_an_input_of_the_output_s_scale(op: str) -> None:
    with pytest.raises(UnsupportedError, match="must have the output's scale"):
        Session(pair(op, (0.25, 0.25, 0.5), DType.INT16))
    Session(pair(op, (0.25, 0.25, 0.5), DType.INT16, pot_scale_int16=False))


@pytest.mark.parametrize("op", ["MAXIMUM", "MINIMUM"])
def test_extremes_of_different_scales_are_refused(op: str) -> None:
    with pytest.raises(UnsupportedError, match="must share scale and zero point"):
        Session(pair(op, (0.25, 0.5, 0.5)))


def test_shapes_that_do_not_broadcast_are_named() -> None:
    a, b, y = activation("a", (2, 3)), activation("b", (4,)), activation("y", ())
    with pytest.raises(ModelError, match=r"node \(ADD\): \(2, 3\) and \(4,\) do not broadcast"):
        single("ADD", [a, b], [y])
