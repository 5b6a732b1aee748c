"""TRANSPOSE_CONV: reference == tflite-runtime == C."""

from __future__ import annotations

from typing import Any

import numpy as np
from bitwright.converter.ir import DType, Graph
from hypothesis import given
from hypothesis import strategies as st
from single import activation, constant, few, prove, scales, seeds, single, zero_points


@st.composite
def transposed(draw: Any, dtype: DType = DType.INT8) -> Graph:
    """A random transposed convolution: any output size that the stride and padding could have come from."""
    generator = np.random.default_rng(draw(seeds))
    wide = dtype is DType.INT16
    kernel, stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4))), draw(st.integers(1, 3))
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    size = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    output = tuple(
        n * stride - (draw(st.integers(0, stride - 1)) if padding == "SAME" else stride - k - draw(_slack(stride)))
        for n, k in zip(size, kernel, strict=True)
    )
    batch, in_c, out_c = draw(st.integers(1, 2)), draw(st.integers(1, 5)), draw(st.integers(1, 5))
    input_scale = draw(scales())
    weight_scales = generator.uniform(0.001, 0.02, out_c)
    reach = 2**20 if wide else 2**14
    bias = generator.integers(-reach, reach, out_c).astype(np.int64 if wide and draw(st.booleans()) else np.int32)
    tensors = [
        constant("shape", np.array([batch, *output, out_c], np.int32)),
        constant(
            "w", generator.integers(-127, 128, (out_c, *kernel, in_c)).astype(np.int8), list(weight_scales), axis=0
        ),
        activation("x", (batch, *size, in_c), input_scale, 0 if wide else draw(zero_points), dtype),
        constant("b", bias, list(weight_scales * input_scale), axis=0) if draw(st.booleans()) else None,
    ]
    attrs = {
        "padding": padding,
        "stride": (stride, stride),
        "activation": draw(st.sampled_from(["NONE", "RELU", "RELU6"])),
    }
    target = activation("y", (), draw(scales(0.05, 0.5)), 0 if wide else draw(zero_points), dtype)
    return single("TRANSPOSE_CONV", tensors, [target], attrs)


def _slack(stride: int) -> st.SearchStrategy[int]:
    """Rows beyond the last window that a VALID convolution of that stride would not have read."""
    return st.integers(0, stride - 1)


@given(transposed(), seeds)
@few
def test_transpose_conv(graph: Graph, seed: int) -> None:
    prove(graph, seed)


@given(transposed(DType.INT16), seeds)
@few
def test_transpose_conv_16x8(graph: Graph, seed: int) -> None:
    prove(graph, seed)
