"""Layers in float: reference == C, bit by bit, on the host, over many shapes and values at the ends of the types."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bitwright.converter.ir import DType, Graph, Tensor, Variable
from bitwright.converter.ops.attention import bias_levels
from bitwright.converter.ops.floating import arithmetic
from bitwright.converter.ops.floating.cached_attention import state_forms
from bitwright.errors import UnsupportedError
from floating import FLOATS, layer, prove, real, weights
from single import activation, constant

FUNCTIONS = ("RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LOGISTIC", "TANH", "SILU", "GELU", "EXP")


def dense(seed: int, dtype: DType) -> Graph:
    """A fully connected layer of random sizes; some overflow their type, some have results below its normal range."""
    generator = np.random.default_rng(seed)
    rows, depth, units = (int(n) for n in generator.integers(1, (4, 40, 14)))
    depth += (0, 0, 128, 250)[seed // 4 % 4]
    source = activation(
        "in",
        (rows, depth),
        float(10.0 ** generator.integers(-9, 4)),
        int(generator.integers(-128, 128)) if seed % 2 else 0,
        DType.INT8 if seed % 2 else DType.INT16,
    )
    bias = real("bias", generator.normal(size=units)) if seed % 3 else None
    matrix = weights(generator, "weights", (units, depth), float(10.0 ** generator.integers(-4, 2)))
    fused = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")[seed % 4]
    return layer("FULLY_CONNECTED", [source, matrix, bias], dtype, {"activation": fused})


@pytest.mark.parametrize("dtype", FLOATS)
def test_fully_connected(dtype: DType) -> None:
    prove([dense(seed, dtype) for seed in range(16)])


@pytest.mark.parametrize("dtype", FLOATS)
def test_functions(dtype: DType) -> None:
    """int16 inputs whose steps reach from the smallest to the largest arguments."""
    graphs = []
    for number, name in enumerate(FUNCTIONS):
        for scale in (1e-30, 2.0**-11, 1e30):
            attrs = {"approximate": True} if name == "GELU" and scale > 1 / 400 else {}
            source = activation("in", (1, 400 + number), scale, 0, DType.INT16)
            graphs.append(layer(name, [source], dtype, attrs))
    prove(graphs)


@pytest.mark.parametrize("dtype", FLOATS)
def test_bridges(dtype: DType) -> None:
    """Both integer types with any zero point, into every scale of their output."""
    generator, graphs = np.random.default_rng(5), []
    for _ in range(16):
        kinds = [DType.INT8 if generator.random() < 0.5 else DType.INT16 for _ in range(2)]
        points = [int(generator.integers(-128, 128)) if kind is DType.INT8 else 0 for kind in kinds]
        scales = 10.0 ** generator.uniform(-6, 6, 2)
        source, target = (
            activation(name, (3, 11), float(scale), point, kind)
            for name, scale, point, kind in zip(("in", "out"), scales, points, kinds, strict=True)
        )
        graphs.append(layer("RELU_N1_TO_1" if generator.random() < 0.5 else "RELU", [source], dtype, output=target))
    prove(graphs)


@pytest.mark.parametrize("dtype", FLOATS)
def test_two_tensors(dtype: DType) -> None:
    """Every operation, on every kind of broadcasting, up to the ends of the types."""
    graphs = []
    pairs = [((2, 3, 5), (2, 3, 5)), ((2, 3, 5), (5,)), ((1, 4), (3, 1)), ((2, 1, 3, 1), (1, 4, 1, 2)), ((7,), (1,))]
    for number, name in enumerate(("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")):
        for scale in (1e-22, 0.01, 1e15):
            shapes = pairs[(number + len(graphs)) % len(pairs)]
            sources = [
                activation(n, shape, scale * size, 0, DType.INT16)
                for n, shape, size in zip("ab", shapes, (1, 3), strict=True)
            ]
            attrs = {"activation": "RELU"} if number == 1 and scale > 1 else {}
            graphs.append(layer(name, sources, dtype, attrs))
    graphs.append(layer("MUL", [activation("a", (2, 4), 0.3), real("b", [0.5, -2, 1e-5, 3], dtype)], dtype))
    prove(graphs)


@pytest.mark.parametrize("dtype", FLOATS)
def test_rows(dtype: DType) -> None:
    """Softmax and both norms: rows of one element, of equal elements, huge and tiny ones."""
    generator, graphs = np.random.default_rng(6), []
    for scale in (1e-25, 0.02, 3.0, 1e25):
        source = activation("in", (3, 19), scale, -3)
        graphs.append(layer("SOFTMAX", [source], dtype, {"beta": float(generator.uniform(0.1, 2))}))
        for name in ("LAYER_NORM", "RMS_NORM"):
            gain, bias = (real(n, generator.normal(size=19)) for n in ("gain", "bias"))
            graphs.append(layer(name, [source, gain, bias if name == "LAYER_NORM" else None], dtype, {"epsilon": 1e-5}))
    one = activation("in", (4, 1), 0.1)
    graphs += [layer("SOFTMAX", [one], dtype), layer("LAYER_NORM", [one], dtype, {"epsilon": 0.0})]
    prove(graphs)


def recurrent(seed: int, kind: str, dtype: DType) -> Graph:
    """A recurrent layer of random sizes; every second one keeps its state, others take and give it, or take lengths of
    their sequences; an LSTM may project its hidden values."""
    generator = np.random.default_rng(seed)
    batch, steps, inputs, cells = (int(n) for n in generator.integers(1, (3, 5, 9, 8)))
    gates, stateful, major = {"RNN": 1, "GRU": 3, "LSTM": 4}[kind], seed % 2 == 0, seed % 3 == 0
    hidden = int(generator.integers(1, 10)) if kind == "LSTM" and seed % 4 > 1 else 0
    source = activation("in", (steps, batch, inputs) if major else (batch, steps, inputs), 0.03, -7)
    matrices = [weights(generator, n, (gates * cells, size)) for n, size in (("W", inputs), ("R", hidden or cells))]
    biases = [real(n, generator.normal(size=gates * cells)) for n in "bd"] if seed % 5 else [None, None]
    attrs = {"time_major": major, "reverse": not stateful and seed % 4 == 1, "reset_after": seed % 4 < 2}
    widths = (hidden or cells, cells)[: 2 if kind == "LSTM" else 1]
    state = np.zeros((batch, sum(widths)), dtype.numpy)
    if seed % 8 == 0:
        state = generator.normal(size=state.shape).astype(dtype.numpy)
    given: list[Tensor | None] = [None, None]
    if not stateful and seed > 3:
        given[0] = activation("hidden", (1, batch, widths[0]), 2.0**-7)
        if kind == "LSTM":
            given[1] = real("cells", generator.normal(size=(batch, cells)), dtype)
    projection = weights(generator, "P", (hidden, cells)) if hidden else None
    within = generator.integers(0, steps + 1, batch).astype(np.int32) if seed > 3 else None
    lengths = Tensor("lengths", (batch,), DType.INT32, data=within) if seed in (1, 5, 7) else None
    operands = [source, *matrices, *biases, *given, projection, lengths]
    while operands[-1] is None:
        del operands[-1]
    outputs = 1 if stateful or seed == 3 else 1 + len(widths)
    variables = [Variable("state", state)] if stateful else []
    return layer(kind, operands, dtype, attrs, variables=variables, outputs=outputs)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_recurrent(kind: str, dtype: DType) -> None:
    """From zeros, with a state that is kept or given, over several inferences."""
    prove([recurrent(seed, kind, dtype) for seed in range(8)], count=5)


def attention(seed: int, dtype: DType) -> Graph:
    """Random sizes in both layouts: groups of heads, windows, biases whole and by distance, values of other depths."""
    generator = np.random.default_rng(seed)
    batch, group, fewer, queries, keys, depth = (int(n) for n in generator.integers(1, (3, 3, 3, 6, 9, 7)))
    heads, value_depth = group * fewer, depth if seed % 2 else depth + 2
    sizes = (("q", heads, queries, depth), ("k", fewer, keys, depth), ("v", fewer, keys, value_depth))
    first = seed % 3 == 0
    shapes = [(batch, h, t, d) if first else (batch, t, h * d) for _, h, t, d in sizes]
    scale = float(10.0 ** generator.integers(-2, 3)) if seed < 6 else 1e15
    sources = [activation(n, shape, scale, 3) for (n, *_), shape in zip(sizes, shapes, strict=True)]
    bias = None
    if seed % 4 > 1:
        shape = (heads if seed % 4 == 2 else 1, *((queries, keys) if seed % 8 < 4 else (queries + keys - 1,)))
        values = generator.normal(size=shape) * 3
        hidden = generator.random(shape) < 0.3
        hidden[..., 0] = False
        if len(shape) == 2:
            hidden[:] = False
        bias = constant("bias", bias_levels(np.where(hidden, -np.inf, values)))
    attrs = {} if first else {"heads": heads}
    if bias is None:
        attrs |= {"before": max(1, queries - keys), "after": int(generator.integers(0, 3))}
    return layer("ATTENTION", [*sources, bias][: 4 if bias else 3], dtype, attrs)


@pytest.mark.parametrize("dtype", FLOATS)
def test_attention(dtype: DType) -> None:
    prove([attention(seed, dtype) for seed in range(8)])


@pytest.mark.parametrize("dtype", FLOATS)
def test_attention_with_a_cache(dtype: DType) -> None:
    """From an empty ring and with one that is kept, which several inferences turn round."""
    graphs = []
    for tokens, heads, depth, value_depth, context, slopes, kept in (
        (6, 2, 3, 5, 4, (0.5, 0.25), False), (3, 1, 6, 6, 4, (), True), (1, 2, 4, 3, 3, (1.0, 0.125), True),
    ):  # fmt: skip
        widths = (heads * depth, heads * depth, heads * value_depth)
        sources = [activation(name, (1, tokens, width), 0.02, -5) for name, width in zip("qkv", widths, strict=True)]
        forms = state_forms(dtype, context, widths[0], widths[2]) if kept else {}
        variables = [Variable(name, np.zeros(shape, kind.numpy)) for name, (kind, shape) in forms.items()]
        attrs = {"heads": heads, "context": context, "slopes": slopes}
        graphs.append(layer("CACHED_ATTENTION", sources, dtype, attrs, variables=variables))
    prove(graphs, count=6)


@pytest.mark.parametrize("dtype", FLOATS)
def test_products_of_two_activations(dtype: DType) -> None:
    """Either side transposed, batches broadcast, results beyond the type."""
    graphs = []
    for first, second, x, y, scale in (
        ((2, 3, 5), (2, 5, 6), False, False, 0.1), ((2, 1, 5, 3), (4, 5, 7), True, False, 30.0),
        ((3, 5), (2, 9, 5), False, True, 1e18), ((1, 5, 2), (3, 5), True, True, 1e-3),
    ):  # fmt: skip
        sources = [activation("a", first, scale, 3), activation("b", second, scale, 0, DType.INT16)]
        graphs.append(layer("BATCH_MATMUL", sources, dtype, {"adj_x": x, "adj_y": y}))
    prove(graphs)


def sliding(seed: int, op: str, dtype: DType) -> Graph:
    """Random windows, strides, dilations and paddings, values up to the ends of the types."""
    generator = np.random.default_rng(seed)
    batch, height, width, channels, units, across, down = (int(n) for n in generator.integers(1, (3, 8, 8, 5, 7, 4, 4)))
    source = activation("in", (batch, height, width, channels), (0.02, 1e3, 1e30, 1e-30)[seed % 4], -3)
    attrs = {"stride": (1 + seed % 2, 1 + seed % 3), "padding": "SAME" if seed % 3 else ((1, 0), (0, 1))}
    attrs["activation"] = ("NONE", "RELU6")[seed % 2]
    kernel = (min(down, height) + (seed % 3 == 0), min(across, width) + (seed % 3 == 0))
    if "POOL" in op:
        return layer(op, [source], dtype, {**attrs, "filter": kernel})
    attrs["dilation"] = (1, 1) if seed % 3 == 0 else (1 + seed % 2, 2)
    if op == "CONV_2D":
        count, matrix = units, weights(generator, "weights", (units, *kernel, channels))
    else:
        count = channels * (1 + seed % 3)
        values = generator.integers(-127, 127, (1, *kernel, count), np.int8, endpoint=True)
        matrix = constant("weights", values, generator.uniform(0.1, 1, count).tolist(), axis=3)
    bias = real("bias", generator.normal(size=count))
    return layer(op, [source, matrix, bias][: 2 + seed % 2], dtype, attrs)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op", ["CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"])
def test_sliding(op: str, dtype: DType) -> None:
    prove([sliding(seed, op, dtype) for seed in range(6)])


@pytest.mark.parametrize("dtype", FLOATS)
def test_means(dtype: DType) -> None:
    """Over axes that follow each other; others are refused by name."""
    source = activation("in", (2, 3, 4, 5), 0.3, 7)

    def mean(*axes: int) -> Graph:
        return layer("MEAN", [source, constant("axes", np.array(axes, np.int32))], dtype, {"keep_dims": len(axes) > 1})

    prove([mean(1, 2), mean(3), mean(0)])
    with pytest.raises(UnsupportedError, match=r"node \(FLOAT_MEAN\): axes that are apart"):
        mean(1, 3)


@pytest.mark.parametrize("dtype", FLOATS)
def test_embedding(dtype: DType) -> None:
    """Indices of every type, beyond both ends of the table, too."""
    generator = np.random.default_rng(9)
    kinds = (DType.INT8, DType.INT16, DType.INT32)
    table = weights(generator, "table", (100, 5), 3.0)
    prove([layer("EMBEDDING", [table, Tensor("in", (2, 4), kind)], dtype) for kind in kinds])


@pytest.mark.parametrize("dtype", FLOATS)
def test_moves(dtype: DType) -> None:
    """Elements of either size find their places."""
    source, other = (activation(name, (2, 3, 4), 0.01, 0, DType.INT16) for name in ("in", "beside"))
    order, begin, size = (
        constant(str(values), np.array(values, np.int32)) for values in ([2, 0, 1], [0, 1, 1], [2, 2, 3])
    )
    margins = constant("margins", np.array([[0, 0], [1, 2], [3, 0]], np.int32))
    prove(
        [
            layer("RESHAPE", [source], dtype, {"new_shape": (4, 6)}),
            layer("TRANSPOSE", [source, order], dtype),
            layer("SLICE", [source, begin, size], dtype),
            layer("CONCATENATION", [source, other], dtype, {"axis": 1}),
            layer("PAD", [source, margins], dtype),
            layer("PADV2", [source, margins, real("value", [-1.5], dtype)], dtype),
            layer("MIRROR_PAD", [source, margins], dtype, {"mode": "REFLECT"}),
        ]
    )


def test_every_half() -> None:
    """Rounding to float16 is numpy's, over all of its values, their middles, and what lies beside these."""
    halves = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(np.float32)
    middles = (halves[:-1] + halves[1:]) / 2
    near = [np.nextafter(middles, side) for side in (np.float32(-np.inf), np.float32(np.inf))]
    values = np.concatenate([halves, middles, *near])
    found = arithmetic.rounded(np.concatenate([values, -values]), DType.FLOAT16)
    assert np.array_equal(found, np.concatenate([values, -values]).astype(np.float16))
    beyond = np.array([1e9, -1e9, np.inf, -np.inf, np.nan], np.float32)
    assert arithmetic.rounded(beyond, DType.FLOAT16).tolist() == [65504, -65504, 65504, -65504, -65504]


def test_functions_are_close_to_the_real_ones() -> None:
    x = np.concatenate([np.linspace(-12, 12, 20001), np.geomspace(1e-20, 1, 200)]).astype(np.float32)
    wide = x.astype(np.float64)
    phi = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in wide])
    cases = [
        (arithmetic.exp, np.exp(wide), 3e-7, 0.0),
        (arithmetic.logistic, 1 / (1 + np.exp(-wide)), 3e-7, 0.0),
        (arithmetic.tanh, np.tanh(wide), 3e-7, 0.0),
        (arithmetic.silu, wide / (1 + np.exp(-wide)), 4e-7, 0.0),
        (arithmetic.gelu, wide * phi, 2e-7, 4e-7),
        (
            arithmetic.gelu_tanh,
            0.5 * wide * (1 + np.tanh(np.sqrt(2 / np.pi) * (wide + 0.044715 * wide**3))),
            3e-7,
            4e-7,
        ),
    ]
    for function, wanted, relative, absolute in cases:
        error = np.abs(function(x) - wanted)
        assert np.all(error <= relative * np.abs(wanted) + absolute), (function, error.max())
    positive = np.geomspace(1e-30, 1e30, 20001).astype(np.float32)
    assert np.allclose(
        arithmetic.reciprocal_root(positive) * np.sqrt(positive.astype(np.float64)), 1, atol=3e-7, rtol=0
    )
