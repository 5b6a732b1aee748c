"""FULLY_CONNECTED and BATCH_MATMUL: reference == tflite-runtime == C with every kernel set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bitwright.converter.ir import DType, Graph
from bitwright.converter.load import from_bytes
from bitwright.converter.ops import OPERATORS
from bitwright.converter.writers.tflite import write_tflite
from bitwright.errors import AccumulatorOverflowError, UnsupportedError
from hypothesis import given
from hypothesis import strategies as st
from single import activation, constant, few, prove, scales, seeds, single, zero_points

ISAS = ("generic", "armv7em", "mve", "rv32")


@st.composite
def layers(draw: Any, dtype: DType = DType.INT8) -> Graph:
    """A random layer: one to three leading dimensions, with and without bias, per tensor and per channel.

    Per channel, tflite-runtime 2.14 reads an output of more than two dimensions wrongly, so none is drawn.
    """
    generator = np.random.default_rng(draw(seeds))
    wide = dtype is DType.INT16
    units, depth = draw(st.integers(1, 11)), draw(st.integers(1, 37))
    leading = draw(st.sampled_from([(1,), (3,), (2, 3), (1, 2, 5)]))
    per_channel = draw(st.booleans())
    input_scale = draw(scales())
    weight_scales = generator.uniform(0.001, 0.02, units if per_channel else 1)
    reach = 2**20 if wide else 2**14
    bias = generator.integers(-reach, reach, units).astype(np.int64 if wide and draw(st.booleans()) else np.int32)
    weights_point = 0 if wide or per_channel else draw(st.sampled_from([0, 0, 3, -128, 127]))
    tensors = [
        activation("x", (*leading, depth), input_scale, 0 if wide else draw(zero_points), dtype),
        constant(
            "w",
            generator.integers(-127, 127, (units, depth), endpoint=True).astype(np.int8),
            list(weight_scales),
            weights_point,
            axis=0 if per_channel else None,
        ),
        constant("b", bias, list(weight_scales * input_scale), axis=0) if draw(st.booleans()) else None,
    ]
    attrs = {
        "activation": draw(st.sampled_from(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])),
        "keep_num_dims": not per_channel and draw(st.booleans()),
    }
    target = activation("y", (), draw(scales(0.01, 0.5)), 0 if wide else draw(zero_points), dtype)
    return single("FULLY_CONNECTED", tensors, [target], attrs)


@given(layers(), seeds)
@few
def test_fully_connected(graph: Graph, seed: int) -> None:
    prove(graph, seed, ISAS)


@given(layers(DType.INT16), seeds)
@few
def test_fully_connected_16x8(graph: Graph, seed: int) -> None:
    prove(graph, seed)


def test_an_accumulator_that_could_overflow_is_named_with_its_bound() -> None:
    tensors = [
        activation("x", (1, 4), 0.1, -128),
        constant("w", np.full((2, 4), 127, np.int8), [0.1]),
        constant("b", np.full(2, 2**31 - 1000, np.int32), [0.01]),
    ]
    data = write_tflite(single("FULLY_CONNECTED", tensors, [activation("y", (), 0.1)], {"activation": "NONE"}))
    with pytest.raises(AccumulatorOverflowError, match=r"fully_connected.*\[0, 2147612188\].*int32"):
        from_bytes(data, "model")


@st.composite
def products(draw: Any, dtype: DType = DType.INT8) -> Graph:
    """Two activations, their batches broadcast, either side transposed."""
    wide = dtype is DType.INT16
    points = st.just(0) if wide else zero_points
    rows, depth, columns = draw(st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 6)))
    first_batch, second_batch = draw(
        st.sampled_from([((), ()), ((3,), (3,)), ((1,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3))])
    )
    adj_x, adj_y = draw(st.booleans()), draw(st.booleans())
    first = (depth, rows) if adj_x else (rows, depth)
    second = (columns, depth) if adj_y else (depth, columns)
    tensors = [
        activation("a", (*first_batch, *first), draw(scales()), draw(points), dtype),
        activation("b", (*second_batch, *second), draw(scales()), draw(points), dtype),
    ]
    target = activation("y", (), draw(scales(0.05, 4.0)) * (256 if wide else 1), draw(points), dtype)
    return single("BATCH_MATMUL", tensors, [target], {"adj_x": adj_x, "adj_y": adj_y})


@given(products(), seeds)
@few
def test_batch_matmul(graph: Graph, seed: int) -> None:
    prove(graph, seed)


@given(products(DType.INT16), seeds)
@few
def test_batch_matmul_of_int16(graph: Graph, seed: int) -> None:
    prove(graph, seed)


def test_batch_matmul_of_int16_within_48_bits() -> None:
    """The sum that could leave them is named."""
    tensors = [activation(name, (1, 2**17), 0.1, 0, DType.INT16) for name in ("a", "b")]
    graph = single("BATCH_MATMUL", tensors, [activation("y", (), 1e9, 0, DType.INT16)], {"adj_x": False, "adj_y": True})
    with pytest.raises(UnsupportedError, match=r"node .*131072 products can reach .*48 bits"):
        OPERATORS["BATCH_MATMUL"].prepare(graph, graph.nodes[0])
