"""Operators that cannot be served, accumulators that could overflow, networks too large: errors that name the node."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from background import model_path, needs_data
from bitwright.converter.ir import DType, Graph, Node, Quantization, Tensor
from bitwright.converter.limits import MOST_ELEMENTS
from bitwright.converter.load import from_bytes
from bitwright.converter.writers.tflite import write_tflite
from bitwright.errors import AccumulatorOverflowError, BitwrightError, ModelError, ResourceError, UnsupportedError
from refusal import refused, served
from single import activation, constant

WINDOW: dict[str, Any] = {"padding": "SAME", "stride": (1, 1), "dilation": (1, 1), "activation": "NONE"}


def one(
    op: str, inputs: list[Tensor], shape: tuple[int, ...], attrs: dict[str, Any] | None = None, **output: Any
) -> bytes:
    """A file of one operator that declares its output's shape, whatever it may compute."""
    target = replace(activation("y", shape, 0.5), **output)
    tensors = {tensor.name: tensor for tensor in (*inputs, target)}
    free = tuple(tensor.name for tensor in inputs if not tensor.is_constant)
    node = Node("node", op, tuple(tensor.name for tensor in inputs), ("y",), attrs or {})
    return write_tflite(Graph("model", tensors, (node,), free or ("y",), ("y",)))


def x(*shape: int, scale: float = 0.5, dtype: DType = DType.INT8, zero_point: int = 0) -> Tensor:
    return activation("x", shape, scale, zero_point, dtype)


def w(*shape: int, scale: tuple[float, ...] = (0.01,), value: int = 1, axis: int | None = None) -> Tensor:
    return constant("w", np.full(shape, value, np.int8), list(scale), axis=axis)


def ints(name: str, *values: int) -> Tensor:
    return constant(name, np.array(values, np.int32))


def conv(weights: Tensor, source: Tensor | None = None, bias: Tensor | None = None, **attrs: Any) -> bytes:
    inputs = [source or x(1, 8, 8, 2), weights, *([] if bias is None else [bias])]
    return one("CONV_2D", inputs, (1, 8, 8, weights.shape[0]), {**WINDOW, **attrs})


def depthwise(weights: Tensor, **attrs: Any) -> bytes:
    return one("DEPTHWISE_CONV_2D", [x(1, 8, 8, 2), weights], (1, 8, 8, weights.shape[3]), {**WINDOW, **attrs})


def pool(size: tuple[int, int], source: Tensor, **attrs: Any) -> bytes:
    fields = {"padding": "SAME", "stride": (1, 1), "filter": size, "activation": "NONE", **attrs}
    return one("AVERAGE_POOL_2D", [source], source.shape, fields)


def dense(bias: Tensor | None = None, depth: int = 4, target: float = 0.5, **weights: Any) -> bytes:
    inputs = [x(1, depth), w(3, depth, **weights), *([] if bias is None else [bias])]
    attrs = {"activation": "NONE", "keep_num_dims": False}
    quant = Quantization((float(np.float32(target)),), (0,))
    return one("FULLY_CONNECTED", inputs, (1, 3), attrs, quant=quant)


def bias(*values: int, dtype: Any = np.int32) -> Tensor:
    return constant("b", np.array(values, dtype), [0.005])


BAD_OPERATORS: dict[str, tuple[Callable[[], bytes], type[BitwrightError], str]] = {
    "stride of zero": (lambda: conv(w(4, 3, 3, 2), stride=(0, 1)), ModelError, r"stride \(0, 1\) is outside 1..4096"),
    "huge stride": (lambda: conv(w(4, 3, 3, 2), stride=(2**31 - 1, 1)), ModelError, "stride .* is outside 1..4096"),
    "huge dilation": (lambda: conv(w(4, 3, 3, 2), dilation=(1, 70000)), ModelError, "dilation .* is outside 1..4096"),
    "negative dilation": (lambda: conv(w(4, 3, 3, 2), dilation=(1, -1)), ModelError, "dilation .* is outside"),
    "window larger than a VALID input": (
        lambda: conv(w(4, 9, 9, 2), padding="VALID"),
        ModelError,
        "a window of 9 does not fit 8 with padding VALID",
    ),
    "window of more taps than anyone needs": (
        lambda: pool((4096, 4096), x(1, 4, 4, 1)),
        ModelError,
        "a window of 16777216 taps over .* is not served",
    ),
    "padding that needs gigabytes": (
        lambda: conv(w(1, 100, 100, 2), dilation=(4096, 4096)),
        ModelError,
        "a window of 10000 taps over [0-9]+ elements is not served",
    ),
    "work without end": (
        lambda: pool((300, 300), x(1, 1000, 1000, 1)),
        ModelError,
        r"average_pool_2d_0 \(AVERAGE_POOL_2D\): 90000000000 products per inference; up to 8589934592 are served",
    ),
    "channels of weights": (lambda: conv(w(4, 3, 3, 3)), ModelError, "2 input channels, weights for 3"),
    "rank of weights": (lambda: one("CONV_2D", [x(1, 8, 8, 2), w(4, 2)], (1, 8, 8, 4), WINDOW), ModelError, "4-D"),
    "rank of a window's input": (lambda: pool((2, 2), x(8, 8)), ModelError, "must be 4-D"),
    "depth multiplier": (lambda: depthwise(w(1, 3, 3, 5)), ModelError, "5 output channels from 2 input channels"),
    "output of another shape": (
        lambda: one("CONV_2D", [x(1, 8, 8, 2), w(4, 3, 3, 2)], (1, 8, 8, 5), WINDOW),
        ModelError,
        r"conv_2d_0 \(CONV_2D\): computes shapes \[\(1, 8, 8, 4\)\], the file declares \[\(1, 8, 8, 5\)\]",
    ),
    "scales along the wrong axis": (
        lambda: conv(w(4, 3, 3, 2, scale=(0.1,) * 3, axis=1), bias=bias(1, 2, 3, 4)),
        ModelError,
        r"conv_2d_0 \(CONV_2D\): tensor 'w': 3 scales along axis 1, but 4 channels along axis 0",
    ),
    "weights that are not constant": (
        lambda: one("CONV_2D", [x(1, 8, 8, 2), activation("v", (4, 3, 3, 2))], (1, 8, 8, 4), WINDOW),
        UnsupportedError,
        "weights that are not constant are not served",
    ),
    "16x8 weights with a zero point": (
        lambda: one(
            "FULLY_CONNECTED",
            [x(1, 4, dtype=DType.INT16), constant("w", np.full((3, 4), 127, np.int8), [0.01], -128)],
            (1, 3),
            {"activation": "NONE", "keep_num_dims": False},
            dtype=DType.INT16,
        ),
        UnsupportedError,
        r"fully_connected_0 \(FULLY_CONNECTED\): 16x8 weights with a zero point are not served",
    ),
    "bias count": (lambda: dense(bias(1, 2)), ModelError, r"fully_connected_0 .*: 2 biases for 3 channels"),
    "bias type": (lambda: dense(bias(1, 2, 3, dtype=np.int8)), UnsupportedError, "a bias of type int8 is not served"),
    "bias that is not constant": (
        lambda: one(
            "FULLY_CONNECTED",
            [x(1, 4), w(3, 4), activation("b", (3,), dtype=DType.INT32)],
            (1, 3),
            {"activation": "NONE", "keep_num_dims": False},
        ),
        ModelError,
        r"fully_connected_0 \(FULLY_CONNECTED\): tensor 'b': its value must be known at build time",
    ),
    "multiplier beyond every shift": (
        lambda: dense(target=1e-30),
        AccumulatorOverflowError,
        r"fully_connected_0 \(FULLY_CONNECTED\): the shifted accumulator can reach [0-9]+, beyond int32",
    ),
    "multiplier of 2^23": (lambda: dense(target=1e-9), AccumulatorOverflowError, "the shifted accumulator can reach"),
    "tile without end": (
        lambda: one("TILE", [x(1, 4), ints("r", 2**30, 2**30)], (1, 4)),
        ModelError,
        r"tile_0 \(TILE\): an output of 4611686018427387904 elements; up to 8388608 are served",
    ),
    "padding without end": (
        lambda: one("PAD", [x(1, 4), constant("p", np.full((2, 2), 2**30, np.int32))], (1, 4)),
        ModelError,
        r"pad_0 \(PAD\): an output of .* elements",
    ),
    "negative padding": (
        lambda: one("PAD", [x(1, 4), constant("p", np.full((2, 2), -1, np.int32))], (1, 4)),
        ModelError,
        r"pad_0 \(PAD\): paddings of shape \(2, 2\) from -1",
    ),
    "resize without end": (
        lambda: one(
            "RESIZE_NEAREST_NEIGHBOR",
            [x(1, 2, 2, 1), ints("s", 65536, 65536)],
            (1, 2, 2, 1),
            {"align_corners": False, "half_pixel_centers": False},
        ),
        ModelError,
        "an output of 4294967296 elements",
    ),
    "gather out of range": (
        lambda: one("GATHER", [x(4, 2), ints("i", 0, 4)], (2, 2), {"axis": 0, "batch_dims": 0}),
        ModelError,
        "an index is outside an axis of 4",
    ),
    "axis out of range": (
        lambda: one("GATHER", [x(4, 2), ints("i", 0)], (1, 2), {"axis": 2**31 - 1, "batch_dims": 0}),
        ModelError,
        "axis 2147483647 of a 2-D tensor",
    ),
    "permutation that is none": (
        lambda: one("TRANSPOSE", [x(4, 2), ints("p", 0, 0)], (4, 2)),
        ModelError,
        r"transpose_0 \(TRANSPOSE\): its shapes do not fit",
    ),
    "reshape to another size": (
        lambda: one("RESHAPE", [x(4, 2), ints("s", 3, 3)], (3, 3)),
        ModelError,
        r"reshape_0 \(RESHAPE\): its shapes do not fit",
    ),
    "shape that is not constant": (
        lambda: one("RESHAPE", [x(4, 2), activation("s", (2,), dtype=DType.INT32)], (2, 4)),
        UnsupportedError,
        "a shape that is not constant is not served",
    ),
    "split along an axis that it does not have": (
        lambda: one("SPLIT", [ints("a", -3), x(4, 3)], (4, 3), {"num_splits": 1}),
        ModelError,
        r"split_0 \(SPLIT\): axis -3 of a 2-D tensor",
    ),
    "softmax of a NaN slope": (
        lambda: one("SOFTMAX", [x(1, 4)], (1, 4), {"beta": float("nan")}),
        UnsupportedError,
        r"softmax_0 \(SOFTMAX\): beta nan",
    ),
    "softmax of a row too long to sum": (
        lambda: one("SOFTMAX", [x(1, 2**20)], (1, 2**20), {"beta": 1.0}, quant=Quantization((1 / 256,), (-128,))),
        AccumulatorOverflowError,
        r"softmax_0 \(SOFTMAX\): the sum of 1048576 exponentials can reach",
    ),
    "slope without end": (
        lambda: one("LEAKY_RELU", [x(1, 4)], (1, 4), {"alpha": float("inf")}),
        BitwrightError,
        r"leaky_relu_0 \(LEAKY_RELU\)",
    ),
    "a product of scales beyond float": (
        lambda: one("MUL", [x(1, 4, scale=3e38), activation("z", (1, 4), 3e38)], (1, 4), {"activation": "NONE"}),
        ModelError,
        r"mul_0 \(MUL\): the scales 3e\+38 of 'x', 3e\+38 of 'z', 0.5 of 'y' are beyond what can be computed",
    ),
}


@pytest.mark.parametrize("name", BAD_OPERATORS)
def test_a_bad_operator_is_refused(name: str) -> None:
    make, error, message = BAD_OPERATORS[name]
    refused(make(), error, message)


# -- range proof and resources -----------------------------------------------------------------------------------------


def test_an_accumulator_at_its_limit_is_served_and_one_beyond_is_not() -> None:
    """Three weights of 127, inputs -128 - 0 to 127 - 0: the bias that leaves the sum at 2^31 - 1, and one more."""
    reach = 4 * 127 * 127
    at_most = dense(bias(0, 2**31 - 1 - reach, 0), value=127, target=1e6)
    assert served(at_most).nodes
    beyond = dense(bias(0, 2**31 - reach, 0), value=127, target=1e6)
    lowest = 4 * 127 * -128
    message = rf"fully_connected_0 \(FULLY_CONNECTED\): the accumulator can reach \[{lowest}, {2**31}\], beyond int32"
    refused(beyond, AccumulatorOverflowError, message)
    below = dense(bias(-(2**31) + 4 * 127 * 128 - 1, 0, 0), value=127, target=1e6)
    refused(below, AccumulatorOverflowError, rf"can reach \[{-(2**31) - 1}, {reach}\]")


def test_a_16x8_bias_near_int64_does_not_wrap_in_the_proof() -> None:
    tensors = [
        x(1, 4, dtype=DType.INT16),
        w(3, 4, value=127),
        constant("b", np.array([2**63 - 1, -(2**63), 0], np.int64), [0.005]),
    ]
    data = one("FULLY_CONNECTED", tensors, (1, 3), {"activation": "NONE", "keep_num_dims": False}, dtype=DType.INT16)
    refused(data, AccumulatorOverflowError, r"fully_connected_0 \(FULLY_CONNECTED\): the accumulator can reach .*int48")


def test_16x8_requantization_that_could_overflow_is_refused() -> None:
    tensors = [x(1, 4, dtype=DType.INT16), w(3, 4, value=127), constant("b", np.zeros(3, np.int64), [0.005])]
    for scale, error, message in (
        (1e-8, BitwrightError, "multiplier of 2.14 and more is not served"),
        (1e-6, AccumulatorOverflowError, "the requantized accumulator can reach [0-9]+, beyond int32"),
    ):
        quant = Quantization((float(np.float32(scale)),), (0,))
        attrs = {"activation": "NONE", "keep_num_dims": False}
        data = one("FULLY_CONNECTED", tensors, (1, 3), attrs, dtype=DType.INT16, quant=quant)
        refused(data, error, message)


def test_what_exceeds_the_target_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    big = from_bytes(relu(20_000, outputs=("y", "x")), "model")
    with pytest.raises(ResourceError, match=r"the arena of 4[0-9]{4} bytes exceeds the 16384 bytes of RAM of microbit"):
        bitwright.generate(big, "microbit", folder)
    attrs = {"activation": "NONE", "keep_num_dims": False}
    heavy = from_bytes(one("FULLY_CONNECTED", [x(1, 1000), w(600, 1000)], (1, 600), attrs), "model")
    with pytest.raises(
        ResourceError, match=r"the constants of [0-9]+ bytes exceed the 262144 bytes of flash of microb"
    ):
        bitwright.generate(heavy, "microbit", folder)
    assert list(tmp_path.iterdir()) == []


def relu(*sizes: int, outputs: tuple[str, ...] = ("y",)) -> bytes:
    """RELU of x to y, or of each tensor to the next; one size for all or one each."""
    names = ["x", *(f"t{i}" for i in range(len(sizes) - 2)), "y"]
    shapes = [(1, size) for size in (sizes if len(sizes) > 1 else sizes * 2)]
    tensors = {name: activation(name, shape, 0.5) for name, shape in zip(names, shapes, strict=True)}
    nodes = tuple(Node(f"n{i}", "RELU", (names[i],), (names[i + 1],)) for i in range(len(names) - 1))
    return write_tflite(Graph("model", tensors, nodes, ("x",), outputs))


def test_the_largest_activations_are_served_in_bounded_time() -> None:
    started = time.monotonic()
    served(relu(MOST_ELEMENTS))
    assert time.monotonic() - started < 10
    refused(relu(*[MOST_ELEMENTS] * 6), ModelError, "the network has 50331648 activation elements; up to 33554432")


@needs_data
def test_loading_stays_fast() -> None:
    for name in ("tinyengine/mcunetv2_large", "mlperf_tiny/vww_96_int8", "mltk/keyword_spotting_on_off_v3"):
        started = time.monotonic()
        bitwright.load(model_path(name))
        assert time.monotonic() - started < 2
