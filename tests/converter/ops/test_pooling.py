"""AVERAGE_POOL_2D and MAX_POOL_2D: reference == tflite-runtime == C."""

from __future__ import annotations

from typing import Any

import pytest
from bitwright.converter.ir import DType, Graph
from bitwright.converter.load import from_bytes
from bitwright.converter.writers.tflite import write_tflite
from bitwright.errors import UnsupportedError
from hypothesis import given
from hypothesis import strategies as st
from single import activation, few, prove, scales, seeds, single, zero_points
from unsigned import as_uint8


@st.composite
def pools(draw: Any, op: str, dtype: DType = DType.INT8) -> Graph:
    """A random pool, also with windows larger than the input and strides beyond the window."""
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    window = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    extra = draw(st.tuples(st.integers(0, 7), st.integers(0, 7)))
    smallest = (1, 1) if padding == "SAME" else window
    source = (draw(st.integers(1, 2)), smallest[0] + extra[0], smallest[1] + extra[1], draw(st.integers(1, 5)))
    attrs = {
        "padding": padding,
        "stride": draw(st.tuples(st.integers(1, 5), st.integers(1, 5))),
        "filter": window,
        "activation": draw(st.sampled_from(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])),
    }
    # Fused activations cut inside the range where 6 / scale does: scales around 1/256 and around 1/16.
    scale = draw(scales(1 / 65536, 1 / 1024) if dtype is DType.INT16 else scales(0.002, 0.5))
    point = 0 if dtype is DType.INT16 else draw(zero_points)
    tensors = [activation(name, shape, scale, point, dtype) for name, shape in (("x", source), ("y", ()))]
    return single(op, tensors[:1], tensors[1:], attrs)


OPERATORS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")


@pytest.mark.parametrize("op", OPERATORS)
@given(st.data(), seeds)
@few
def test_int8(op: str, data: Any, seed: int) -> None:
    prove(data.draw(pools(op)), seed, ("generic", "rvv"))


@pytest.mark.parametrize("op", OPERATORS)
@given(st.data(), seeds)
@few
def test_int16(op: str, data: Any, seed: int) -> None:
    prove(data.draw(pools(op, DType.INT16)), seed)


@pytest.mark.parametrize("op", OPERATORS)
@given(st.data(), seeds)
@few
def test_uint8(op: str, data: Any, seed: int) -> None:
    """Averages of uint8 models round halves up; to C a maximum is no different."""
    prove(as_uint8(data.draw(pools(op))), seed, ("generic", "rvv") if op == "AVERAGE_POOL_2D" else ())


def test_a_sum_that_could_overflow_is_refused() -> None:
    attrs = {"padding": "VALID", "stride": (1, 1), "filter": (257, 257), "activation": "NONE"}
    tensors = [activation(name, shape, dtype=DType.INT16) for name, shape in (("x", (1, 257, 257, 1)), ("y", ()))]
    with pytest.raises(UnsupportedError, match="a sum of up to 2164326656 does not fit int32"):
        from_bytes(write_tflite(single("AVERAGE_POOL_2D", tensors[:1], tensors[1:], attrs)), "model")
