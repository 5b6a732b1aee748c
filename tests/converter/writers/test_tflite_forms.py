"""What TFLite has no word for is written in its words: tflite-runtime computes the same integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bitwright.converter.ir import Graph
from bitwright.converter.load import from_bytes
from bitwright.converter.reference import Session
from bitwright.converter.writers.tflite import write_tflite
from bitwright.errors import UnsupportedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import needs_tflite, run_tflite_sequence
from single import activation, constant, same, scales, seeds, single, vectors, zero_points

pytestmark = needs_tflite

few = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def exported(graph: Graph, seed: int) -> Graph:
    """Compare the graph with tflite-runtime and with the file read back; returns what was read."""
    data = write_tflite(graph)
    inputs = vectors(graph, seed)
    loaded = from_bytes(data, "model")
    for network, who in ((graph, "the graph"), (loaded, "the file")):
        same([Session(network).trace(v).outputs for v in inputs], run_tflite_sequence(data, inputs), who)
    return loaded


def weights(name: str, seed: int, *shape: int, axis: int = 0) -> Any:
    """int8 weights with one scale per channel."""
    generator = np.random.default_rng(seed)
    values = generator.integers(-127, 127, shape, endpoint=True).astype(np.int8)
    return constant(name, values, list(generator.uniform(0.001, 0.01, shape[axis])), axis=axis)


def operators(graph: Graph) -> list[str]:
    """The operators in order."""
    return [node.op for node in graph.nodes]


@st.composite
def windows(draw: Any) -> Graph:
    """A convolution, maximum or transposed convolution with padding of its own on every side."""
    op = draw(st.sampled_from(["CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "TRANSPOSE_CONV"]))
    kernel = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    padding = tuple((draw(st.integers(0, k - 1)), draw(st.integers(0, k - 1))) for k in kernel)
    stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    size, channels, seed = (draw(st.integers(5, 9)), draw(st.integers(5, 9))), draw(st.integers(1, 3)), draw(seeds)
    attrs: dict[str, Any] = {"stride": stride, "padding": padding}
    scale, zero_point = draw(scales()), draw(zero_points)
    x = activation("x", (1, *size, channels), scale, zero_point)
    target = activation("y", (), draw(scales(0.01, 0.5)), draw(zero_points))
    if op == "MAX_POOL_2D":
        return single(op, [x], [activation("y", (), scale, zero_point)], {**attrs, "filter": kernel})
    if op == "CONV_2D":
        return single(op, [x, weights("w", seed, 4, *kernel, channels)], [target], {**attrs, "dilation": (1, 1)})
    if op == "DEPTHWISE_CONV_2D":
        w = weights("w", seed, 1, *kernel, 2 * channels, axis=3)
        return single(op, [x, w], [target], {**attrs, "dilation": (1, 1)})
    extent = [(n - 1) * s + k - sum(p) for n, s, k, p in zip(size, stride, kernel, padding, strict=True)]
    shape = constant("shape", np.array([1, *extent, 4], np.int32))
    return single(op, [shape, weights("w", seed, 4, *kernel, channels), x], [target], attrs)


@given(windows(), seeds)
@few
def test_explicit_padding(graph: Graph, seed: int) -> None:
    exported(graph, seed)


def test_padding_that_has_a_name_keeps_it() -> None:
    x, y = activation("x", (1, 6, 6, 3), 0.1), activation("y", (), 0.1)
    w, attrs = weights("w", 0, 4, 3, 3, 3), {"dilation": (1, 1)}
    for padding, stride, wanted in (
        (((1, 1), (1, 1)), (1, 1), ["CONV_2D"]),
        (((0, 1), (0, 1)), (2, 2), ["CONV_2D"]),
        (((1, 1), (1, 1)), (2, 2), ["PAD", "CONV_2D"]),
        (((0, 0), (0, 0)), (2, 2), ["CONV_2D"]),
    ):
        graph = single("CONV_2D", [x, w], [y], {**attrs, "padding": padding, "stride": stride})
        assert operators(exported(graph, 0)) == wanted


def test_means_that_leave_padding_out_are_refused() -> None:
    x, attrs = activation("x", (1, 6, 6, 3)), {"stride": (2, 2), "filter": (3, 3), "padding": ((1, 1), (1, 1))}
    with pytest.raises(UnsupportedError, match="let the padding count"):
        write_tflite(single("AVERAGE_POOL_2D", [x], [activation("y", ())], attrs))


@given(st.sampled_from([(1, 5), (2, 3, 5), (1, 2, 3, 5)]), seeds)
@few
def test_rows_in_several_dimensions(shape: tuple[int, ...], seed: int) -> None:
    x, y = activation("x", shape, 0.1, 3), activation("y", (), 0.05, -7)
    graph = single("FULLY_CONNECTED", [x, weights("w", seed, 4, 5)], [y], {"keep_num_dims": True})
    exported(graph, seed)


def test_numbers_of_operands() -> None:
    x, parts = activation("x", (1, 4, 3)), [activation(f"y{i}", ()) for i in range(3)]
    exported(single("UNPACK", [x], parts, {"axis": 2}), 0)
    exported(single("SPLIT", [constant("axis", np.array(2, np.int32)), x], parts, {}), 0)
    sizes, axis = constant("sizes", np.array([1, 3], np.int32)), constant("axis", np.array(1, np.int32))
    exported(single("SPLIT_V", [x, sizes, axis], parts[:2], {}), 0)
    exported(single("PACK", [x, activation("z", (1, 4, 3))], parts[:1], {"axis": 1}), 0)
