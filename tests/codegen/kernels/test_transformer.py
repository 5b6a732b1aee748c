"""The transformer's operators on every instruction set: on the host through portable definitions, and on emulators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from bitwright.codegen import plan
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph, Rounding
from bitwright.converter.ops.attention import bias_levels
from bitwright.converter.reference import Session
from bitwright.targets.emulator import start
from bitwright.targets.image import built
from bitwright.targets.target import find_target
from bitwright.targets.verify import compare
from cbuild import build, call
from single import activation, constant, same, single, together, vectors
from token_layers import layer, static
from tools import needs_target

ISAS = ("generic", "armv6m", "armv7m", "armv7em", "mve", "rv32", "rvv", "xcv")
BEHIND = {"mve": ["armv7em"], "armv6m": ["woven"], "armv7m": ["woven"], "rvv": ["rv32"], "xcv": ["rv32"]}
TARGETS = ("mps2-an385-m0", "mps2-an385", "mps2-an386", "mps3-an547", "qemu-rv32", "qemu-rv32-rvv", "iss-xcv")

Random = np.random.Generator


def pick(rng: Random, *choices: Any) -> Any:
    """One of the choices."""
    return choices[int(rng.integers(len(choices)))]


def point(rng: Random, dtype: DType) -> int:
    """A zero point, often at the ends; 0 of int16."""
    return 0 if dtype is DType.INT16 else int(pick(rng, -128, 127, 0, *rng.integers(-128, 128, 4).tolist()))


def attention(rng: Random, dtype: DType) -> Graph:
    """Either layout, any sizes; scores that spread a little or much; a bias that hides, or a causal mask."""
    heads, depth, value_depth = int(pick(rng, 1, 2, 4)), int(rng.integers(1, 40)), int(rng.integers(1, 40))
    queries, keys, first = int(rng.integers(1, 6)), int(rng.integers(1, 40)), bool(rng.random() < 0.3)
    wide = dtype is DType.INT16
    spread = float(pick(rng, 0.01, 1.0, 3.0, 40.0)) / 74**2 / depth**0.5 / (2.0**16 if wide else 1)

    def operand(name: str, tokens: int, size: int, scale: float) -> Any:
        shape = (1, heads, tokens, size) if first else (1, tokens, heads * size)
        return activation(name, shape, scale, point(rng, dtype), dtype)

    sizes = (("q", queries, depth, spread**0.5), ("k", keys, depth, spread**0.5), ("v", keys, value_depth, 0.02))
    inputs: list[Any] = [operand(*size) for size in sizes]
    if rng.random() < 0.3:
        bias = rng.normal(0, 3, (heads, queries, keys))
        bias[rng.random(bias.shape) < 0.3] = -np.inf
        bias[..., int(rng.integers(keys))] = 1.0
        inputs.append(constant("bias", bias_levels(bias)))
    attrs: dict[str, Any] = {} if first else {"heads": heads}
    attrs |= pick(rng, {}, {"after": 0, "offset": max(0, keys - queries)})
    output = activation("y", (), float(rng.uniform(0.005, 0.03)), point(rng, dtype), dtype)
    return single("ATTENTION", inputs, [output], attrs)


def cached_attention(rng: Random, dtype: DType, bits: int) -> Graph:
    """Any sizes, a ring that turns or never fills; factors of all sizes."""
    half = 2 if bits == 4 else 1
    heads, context, tokens = int(rng.integers(1, 4)), int(rng.integers(1, 24)), int(rng.integers(1, 30))
    depth, value_depth = (half * int(rng.integers(1, 40 // half)) for _ in range(2))
    scale = float(rng.uniform(0.005, 0.05)) / (256 if dtype is DType.INT16 else 1)
    inputs = [
        activation(name, (1, tokens, heads * size), scale, point(rng, dtype), dtype)
        for name, size in (("q", depth), ("k", depth), ("v", value_depth))
    ]
    slopes = tuple(2.0 ** -(1 + head) for head in range(heads)) if rng.random() < 0.5 else ()
    attrs = {"heads": heads, "context": context, "slopes": slopes, "bits": bits, "past_only": bool(rng.random() < 0.5)}
    return single("CACHED_ATTENTION", inputs, [activation("y", (), scale, point(rng, dtype), dtype)], attrs)


def normalization(rng: Random, dtype: DType) -> Graph:
    """Rows of any length; values that spread little or fill their type, gains and biases of any size."""
    depth, op = int(rng.integers(1, 80)), pick(rng, "LAYER_NORM", "RMS_NORM", "MAD_NORM", "MAD_NORM")
    wide = dtype is DType.INT16
    source = activation("x", (int(rng.integers(1, 4)), depth), 0.05, point(rng, dtype), dtype)
    target = activation("y", (), float(rng.uniform(0.002, 0.1)) / (256 if wide else 1), point(rng, dtype), dtype)
    levels = [rng.integers(-(2**15), 2**15, depth).astype(np.int16) for _ in range(2)]
    parameters = [constant(f"p{i}", values, [2.0 ** -float(rng.integers(11, 16))]) for i, values in enumerate(levels)]
    return single(op, [source, *parameters], [target], {"epsilon": pick(rng, 0.0, 1e-5, 1.0)} if op[0] != "M" else {})


def product(rng: Random, dtype: DType) -> Graph:
    """Batches broadcast, either side transposed."""
    rows, depth, columns = int(rng.integers(1, 9)), int(rng.integers(1, 80)), int(rng.integers(1, 12))
    batches = pick(rng, ((), ()), ((2,), (2,)), ((1,), (3,)), ((2, 1), (1, 3)))
    adj_x, adj_y, wide = bool(rng.random() < 0.4), bool(rng.random() < 0.5), dtype is DType.INT16
    first = (depth, rows) if adj_x else (rows, depth)
    second = (columns, depth) if adj_y else (depth, columns)
    tensors = [
        activation(name, (*batch, *matrix), 0.05, point(rng, dtype), dtype)
        for name, batch, matrix in zip("ab", batches, (first, second), strict=True)
    ]
    output = activation("y", (), float(rng.uniform(0.05, 4.0)) * (256 if wide else 1), point(rng, dtype), dtype)
    return single("BATCH_MATMUL", tensors, [output], {"adj_x": adj_x, "adj_y": adj_y})


def softmax(rng: Random, dtype: DType, output: DType) -> Graph:
    """Rows of any length, at scales where much or little counts as nothing."""
    wide = output is DType.INT16
    scale, least = (1 / 32768, 0) if dtype is DType.INT16 else (1 / 65536, -32768) if wide else (1 / 256, -128)
    step = float(rng.uniform(0.01, 1.0)) / (256 if dtype is DType.INT16 else 1)
    source = activation("x", (int(rng.integers(1, 4)), int(rng.integers(1, 60))), step, point(rng, dtype), dtype)
    return single("SOFTMAX", [source], [activation("y", (), scale, least, output)], {"beta": 1.0})


def wide_layer(rng: Random) -> Graph:
    """FULLY_CONNECTED of int16 activations over several rows."""
    units, depth = int(rng.integers(1, 40)), int(rng.integers(1, 80))
    scale, weights = 0.0002, rng.integers(-127, 127, (units, depth), endpoint=True).astype(np.int8)
    scales = rng.uniform(0.001, 0.01, units)
    tensors = [
        activation("x", (int(rng.integers(1, 5)), depth), scale, 0, DType.INT16),
        constant("w", weights, list(scales), axis=0),
        constant("b", rng.integers(-(2**20), 2**20, units).astype(np.int64), list(scales * scale), axis=0),
    ]
    attrs = {"activation": pick(rng, "NONE", "RELU"), "keep_num_dims": False}
    graph = single("FULLY_CONNECTED", tensors, [activation("y", (), 0.001, 0, DType.INT16)], attrs)
    return replace(graph, nodes=tuple(replace(node, rounding=Rounding.WIDE) for node in graph.nodes))


def token_wise(rng: Random) -> Graph:
    """Rows with a scale each, with or without outliers, through a layer whose outputs are of either type."""
    depth, target = int(rng.integers(1, 80)), pick(rng, (DType.INT16, 2e-4, 0), (DType.INT8, 0.02, -7))
    outliers = sorted({int(channel) for channel in rng.integers(0, depth, int(rng.integers(5)))})
    rows, units, finer = int(rng.integers(1, 7)), int(rng.integers(1, 40)), int(rng.integers(-4, 10))
    act, seed = pick(rng, "NONE", "RELU"), int(rng.integers(99))
    return layer((rows,), depth, units, tuple(outliers), target, act, finer=finer, seed=seed)


def static_rows(rng: Random) -> Graph:
    """Rows with one scale."""
    sizes = int(rng.integers(1, 80)), int(rng.integers(1, 40))
    return static(*sizes, point(rng, DType.INT8), bool(rng.random() < 0.5), int(rng.integers(99)))


def two_words(rng: Random, *ops: str) -> Graph:
    """Two tensors of int16, equal or one broadcast along the first axis, of scales that are near or far apart."""
    rows, depth, op = int(rng.integers(1, 4)), int(rng.integers(1, 70)), pick(rng, *ops)
    shapes = pick(
        rng, ((rows, depth),) * 2, ((rows, depth),) * 2, ((rows, depth), (1, depth)), ((depth,), (rows, depth))
    )
    spread = float(pick(rng, 1.0, 0.9, 0.3, 0.01, 0.0001))
    scales = pick(rng, (0.001, 0.001 * spread), (0.001 * spread, 0.001))
    tensors = [
        activation(name, shape, scale, 0, DType.INT16) for name, shape, scale in zip("ab", shapes, scales, strict=True)
    ]
    result = (scales[0] * scales[1] * 2**15 if op == "MUL" else 0.001) * float(pick(rng, 2.0, *rng.uniform(0.5, 2, 3)))
    attrs = {"activation": pick(rng, "NONE", "NONE", "RELU", "RELU6"), "pot_scale_int16": False}
    return single(op, tensors, [activation("y", (), result, 0, DType.INT16)], attrs)


def products_of_bytes(rng: Random) -> Graph:
    """Two tensors of int8 with any zero points, equal or either one broadcast along any axis."""
    rows, depth = int(rng.integers(1, 4)), int(rng.integers(1, 70))
    whole, others = (rows, depth), ((1, depth), (rows, 1), (1, 1), (rows, depth), (rows, depth))
    shapes = pick(rng, *((whole, other) for other in others), *((other, whole) for other in others))
    points = [int(pick(rng, -128, 127, 0, rng.integers(-128, 128))) for _ in range(3)]
    tensors = [activation(name, shape, 0.05, at) for name, shape, at in zip("ab", shapes, points, strict=False)]
    scale = float(pick(rng, 0.05, 0.1, 0.3, 1.5, *rng.uniform(0.03, 0.5, 3)))
    attrs = {"activation": pick(rng, "NONE", "NONE", "RELU", "RELU6")}
    return single("MUL", tensors, [activation("y", (), scale, points[2])], attrs)


def of_words(rng: Random) -> Graph:
    """Functions of int16 by table, and requantization to int16 and int8 by steps of any size."""
    op = pick(rng, "GELU", "SILU", "TANH", "LOGISTIC", "RELU", "QUANTIZE", "QUANTIZE")
    scale, shape = float(rng.uniform(0.0001, 0.001)), (1, int(rng.integers(1, 70)))
    dtype = pick(rng, DType.INT8, DType.INT16) if op == "QUANTIZE" else DType.INT16
    step = scale * float(pick(rng, 1.0, 0.01, *rng.uniform(0.3, 4.0, 3))) * (256 if dtype is DType.INT8 else 1)
    target = activation("y", (), 1 / 32768 if op in ("TANH", "LOGISTIC") else step, point(rng, dtype), dtype)
    attrs = {"approximate": False} if op == "GELU" else {}
    return single(op, [activation("x", shape, scale, 0, DType.INT16)], [target], attrs)


#: Kinds of layers, and how many of each are in a graph.
KINDS: tuple[tuple[Callable[[Random], Graph], int], ...] = (
    (lambda rng: attention(rng, DType.INT8), 5),
    (lambda rng: attention(rng, DType.INT16), 3),
    (lambda rng: cached_attention(rng, DType.INT16, 16), 2),
    (lambda rng: cached_attention(rng, DType.INT16, 8), 2),
    (lambda rng: cached_attention(rng, DType.INT8, 8), 1),
    (lambda rng: cached_attention(rng, DType.INT16, 4), 2),
    (lambda rng: cached_attention(rng, DType.INT8, 4), 1),
    (lambda rng: normalization(rng, DType.INT8), 5),
    (lambda rng: normalization(rng, DType.INT16), 5),
    (lambda rng: product(rng, DType.INT8), 5),
    (lambda rng: product(rng, DType.INT16), 4),
    (lambda rng: softmax(rng, DType.INT8, DType.INT8), 2),
    (lambda rng: softmax(rng, DType.INT8, DType.INT16), 1),
    (lambda rng: softmax(rng, DType.INT16, DType.INT16), 1),
    (wide_layer, 3),
    (token_wise, 4),
    (static_rows, 2),
    (lambda rng: two_words(rng, "ADD", "SUB"), 6),
    (lambda rng: two_words(rng, "MUL"), 3),
    (of_words, 9),
    (products_of_bytes, 8),
)


@cache
def layers(seed: int) -> Graph:
    """Layers of every kind side by side, so that they share a compilation."""
    rng = np.random.default_rng(seed)
    return together([kind(rng) for kind, count in KINDS for _ in range(count)])


@cache
def expected(seed: int) -> Any:
    """Inputs, and what the reference makes of them."""
    inputs, session = vectors(layers(seed), seed), Session(layers(seed))
    return inputs, [session.trace(values).outputs for values in inputs]


@pytest.fixture(autouse=True)
def first_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers that are all alive together take the planner long, and no test here asks for a small arena."""
    monkeypatch.setattr(plan, "improve", lambda *arguments: (arguments[3], arguments[4]))


def test_kernels_of_words_are_reached() -> None:
    """Most layers of two tensors and of one have the ranges of the kernels that round in fewer steps; products of int8
    have them always."""
    names = {layer.call.function for layer in model_sources(layers(0), ["generic"], "model").program.layers}
    for function in ("elementwise_sum_s16", "elementwise_product_s16", "rescale_s16", "rescale_s16_s8"):
        assert f"bw_{function}" in names, function
    assert "bw_elementwise_product_s8" in names and "bw_elementwise_mul_s8" not in names


@pytest.mark.parametrize("isa", ISAS)
def test_kernels_on_the_host(isa: str) -> None:
    """Other layers for every instruction set."""
    seed = ISAS.index(isa)
    inputs, outputs = expected(seed)
    chain = [isa, *BEHIND.get(isa, []), *([] if isa == "generic" else ["generic"])]
    model = model_sources(layers(seed), chain, "model")
    library = build(model)
    same(outputs, [call(model, library, values) for values in inputs], isa)


@pytest.mark.parametrize("target", [needs_target(name) for name in TARGETS])
def test_kernels_on_the_emulator(target: str) -> None:
    graph = layers(0)
    with built(graph, find_target(target), "model") as image, start(image.target, image.elf) as link:
        report = compare(image, link, vectors(graph, 0, random=1))
    assert report.bit_exact, report.mismatches[:3]
