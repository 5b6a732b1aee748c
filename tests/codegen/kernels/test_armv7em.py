"""The Armv7E-M kernels: all that serve a layer, through their portable definitions and as instructions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from bitwright.codegen import plan
from bitwright.codegen.kernels import KERNELS, candidates
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph, Rounding
from bitwright.converter.ops import OPERATORS
from bitwright.converter.reference import Session
from bitwright.targets.emulator import start
from bitwright.targets.image import built
from bitwright.targets.target import find_target
from bitwright.targets.verify import compare
from cbuild import build, call
from single import activation, constant, same, single, together, vectors
from tools import needs_target

ISA = ("armv7em", "generic")
SEEDS = range(6)
ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")

Random = np.random.Generator


def pick(rng: Random, *choices: Any) -> Any:
    """One of the choices."""
    return choices[int(rng.integers(len(choices)))]


def point(rng: Random) -> int:
    """A zero point, sometimes at the ends."""
    return int(pick(rng, -128, 127, 0, *rng.integers(-128, 128, 5).tolist()))


def weighted(
    rng: Random, op: str, source: tuple[int, ...], shape: tuple[int, ...], axis: int, attrs: Any, rectified: float = 0.5
) -> Graph:
    """A layer of random weights; a share of them rectified, some with a channel that training left dead."""
    channels, scale, is_rectified = shape[axis], float(rng.uniform(0.01, 0.1)), bool(rng.random() < rectified)
    scales = rng.uniform(0.001, 0.02, channels)
    if rng.random() < 0.3:
        scales[0] = 1e-12
    extreme = rng.random() < 0.2  # sums that reach their bounds
    weights = rng.choice([-127, 127], shape) if extreme else rng.integers(-127, 127, shape, endpoint=True)
    reach = float(np.abs(weights).sum()) / channels * scale * float(scales.max()) * 128
    tensors = [
        activation("x", source, scale, point(rng)),
        constant("w", weights.astype(np.int8), list(scales), axis=axis),
        constant("b", rng.integers(-(2**15), 2**15, channels).astype(np.int32), list(scales * scale), axis=0),
    ]
    output = activation("y", (), reach * float(rng.uniform(0.0005, 0.02)), -128 if is_rectified else point(rng))
    return single(op, tensors, [output], {**attrs, "activation": "RELU" if is_rectified else pick(rng, *ACTIVATIONS)})


def windowed(rng: Random, kernel: tuple[int, int], strided: bool) -> tuple[tuple[int, int], dict[str, Any]]:
    """The size of an image and how a window slides over it."""
    dilation = (1, 1) if strided or rng.random() < 0.7 else (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    stride = pick(rng, (2, 2), (int(rng.integers(1, 4)), int(rng.integers(1, 4)))) if strided else (1, 1)
    padding = pick(rng, "SAME", "SAME", "VALID", ((1, 0), (0, 1)) if min(kernel) > 1 else "SAME")
    least = [(k - 1) * d + 1 if padding != "SAME" else 1 for k, d in zip(kernel, dilation, strict=True)]
    size = tuple(int(low + rng.integers(0, 8)) for low in least)
    return (size[0], size[1]), {"padding": padding, "stride": stride, "dilation": dilation}


def convolution(rng: Random) -> Graph:
    """Any window."""
    kernel = pick(rng, (3, 3), (1, 1), (2, 4), (5, 1))
    size, attrs = windowed(rng, kernel, strided=bool(rng.random() < 0.5))
    in_c, out_c = int(rng.integers(1, 17)), int(rng.integers(1, 8))
    source = (int(rng.integers(1, 3)), *size, in_c)
    return weighted(rng, "CONV_2D", source, (out_c, *kernel, in_c), 0, attrs)


def tiled(rng: Random) -> Graph:
    """A convolution for Winograd: 3x3 of stride 1, also with more channels than it takes at once."""
    attrs = {"padding": pick(rng, "SAME", "VALID", ((2, 0), (0, 1))), "stride": (1, 1), "dilation": (1, 1)}
    in_c, out_c = int(pick(rng, 1, 4, 6, 16, 36, 68)), int(rng.integers(1, 8))
    size = rng.integers(3, pick(rng, 5, 12), 2).tolist()
    source = (int(rng.integers(1, 4)), *size, in_c)
    return weighted(rng, "CONV_2D", source, (out_c, 3, 3, in_c), 0, attrs)


def depthwise(rng: Random) -> Graph:
    """Any window."""
    kernel = pick(rng, (3, 3), (1, 4), (5, 2))
    size, attrs = windowed(rng, kernel, strided=bool(rng.random() < 0.5))
    channels, attrs = int(pick(rng, 4, 4, 8, 12, 5)), {**attrs, "depth_multiplier": 1}
    return weighted(
        rng, "DEPTHWISE_CONV_2D", (int(rng.integers(1, 3)), *size, channels), (1, *kernel, channels), 3, attrs
    )


def rectified_depthwise(rng: Random) -> Graph:
    """3x3, channels in fours, in place or not."""
    size, attrs = windowed(rng, (3, 3), strided=bool(rng.random() < 0.4))
    attrs = {**attrs, "padding": pick(rng, "SAME", "SAME", "VALID"), "dilation": (1, 1), "depth_multiplier": 1}
    channels, source = 4 * int(rng.integers(1, 4)), (int(rng.integers(1, 3)), size[0] + 2, size[1] + 2)
    return weighted(rng, "DEPTHWISE_CONV_2D", (*source, channels), (1, 3, 3, channels), 3, attrs, rectified=1.0)


def fully_connected(rng: Random) -> Graph:
    """Any depth, number of units and rows."""
    shape = (int(rng.integers(1, 12)), int(rng.integers(1, 80)))
    source = (int(rng.integers(1, 4)), shape[1])
    return weighted(rng, "FULLY_CONNECTED", source, shape, 0, {})


def wide(graph: Graph) -> Graph:
    """The graph of one operator under policy WIDE."""
    return replace(graph, nodes=(replace(graph.nodes[0], rounding=Rounding.WIDE),))


def wide_rows(rng: Random) -> Graph:
    """int16 activations and int8 weights, sums within int32."""
    units, depth, rows = int(rng.integers(1, 40)), int(rng.integers(1, 80)), int(rng.integers(1, 4))
    scales = rng.uniform(0.001, 0.02, units)
    tensors = [
        activation("x", (rows, depth), 3e-4, 0, DType.INT16),
        constant("w", rng.integers(-127, 128, (units, depth)).astype(np.int8), list(scales), axis=0),
        constant("b", rng.integers(-(2**20), 2**20, units), list(scales * 3e-4), axis=0),
    ]
    output = activation("y", (), float(rng.uniform(1e-4, 3e-3)), 0, DType.INT16)
    return wide(single("FULLY_CONNECTED", tensors, [output], {"activation": pick(rng, *ACTIVATIONS)}))


def tokens(rng: Random, dynamic: bool) -> Graph:
    """Rows of int8 with scales of their own, or one; int8 or int16 out."""
    units, depth, rows = int(rng.integers(1, 12)), int(rng.integers(1, 80)), int(rng.integers(1, 10))
    scales, reach = rng.uniform(0.001, 0.02, units), 2 ** (34 if dynamic else 20)
    tensors = [
        activation("x", (rows, depth), 0.02, 0 if dynamic else point(rng)),
        constant("w", rng.integers(-127, 128, (units, depth)).astype(np.int8), list(scales), axis=0),
        constant("b", rng.integers(-reach, reach, units), list(scales), axis=0) if rng.random() < 0.8 else None,
        activation("m", (rows,), 2e-6, 0, DType.INT16) if dynamic else None,
    ]
    output = activation("y", (), float(rng.uniform(0.1, 0.5)), point(rng))
    if rng.random() < 0.5:
        output = activation("y", (), float(rng.uniform(2e-4, 2e-3)), 0, DType.INT16)
    return wide(single("FULLY_CONNECTED_TOKENS", tensors, [output], {"activation": pick(rng, *ACTIVATIONS)}))


def sum_of_two(rng: Random, op: str) -> Graph:
    """Operands of one shape."""
    shape = (1, int(rng.integers(1, 40)))
    tensors = [activation(name, shape, float(rng.uniform(0.01, 0.1)), point(rng)) for name in ("a", "b")]
    output = activation("y", (), float(rng.uniform(0.03, 0.2)), point(rng))
    return single(op, tensors, [output], {"activation": "NONE"})


def pool(rng: Random, op: str) -> Graph:
    """Windows that the padding cuts, too."""
    kernel = (int(rng.integers(1, 6)), int(rng.integers(1, 6)))
    size, attrs = windowed(rng, kernel, strided=bool(rng.random() < 0.7))
    attrs = {**attrs, "filter": kernel, "activation": pick(rng, *ACTIVATIONS)}
    del attrs["dilation"]
    scale, zero = float(rng.uniform(0.01, 0.1)), point(rng)
    source = activation("x", (int(rng.integers(1, 3)), *size, int(pick(rng, 4, 8, 12))), scale, zero)
    return single(op, [source], [activation("y", (), scale, zero)], attrs)


def mean(rng: Random, op: str) -> Graph:
    """Over rows, columns or both."""
    shape = (int(rng.integers(1, 3)), int(rng.integers(1, 7)), int(rng.integers(1, 7)), int(pick(rng, 4, 8)))
    source = activation("x", shape, float(rng.uniform(0.01, 0.1)), point(rng))
    target = activation("y", (), float(rng.uniform(0.03, 0.2)), point(rng))
    axes = constant("axes", np.array(pick(rng, (1, 2), (1,), (2,)), np.int32))
    return single(op, [source, axes], [target], {"keep_dims": True})


@cache
def layers(seed: int) -> Graph:
    """Layers of every kind side by side, so that they share a compilation."""
    rng = np.random.default_rng(seed)
    kinds = (convolution, tiled, depthwise, rectified_depthwise, fully_connected)
    graphs = [kind(rng) for kind in kinds for _ in range(2)]
    graphs += [tokens(rng, False), tokens(rng, True)]
    graphs += [wide_rows(rng)]
    graphs += [sum_of_two(rng, op) for op in ("ADD", "SUB")]
    graphs += [pool(rng, op) for op in ("AVERAGE_POOL_2D", "MAX_POOL_2D")]
    graphs += [mean(rng, op) for op in ("MEAN", "SUM")]
    return together(graphs)


def rounds(graph: Graph) -> Iterator[dict[str, str]]:
    """Choices of kernels that together meet every Armv7E-M kernel of every layer."""
    found = {}
    for node in graph.nodes:
        names = {kernel.name for kernel in KERNELS["armv7em"][node.op]}
        served = candidates(graph, node, OPERATORS[node.op].prepare(graph, node), ISA)
        found[node.name] = [c.kernel for c in served if c.kernel in names]
    for number in range(max(map(len, found.values()))):
        yield {name: kernels[number] for name, kernels in found.items() if number < len(kernels)}


@pytest.fixture(autouse=True)
def first_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers that are all alive together take the planner long, and no test here asks for a small arena."""
    monkeypatch.setattr(plan, "improve", lambda *arguments: (arguments[3], arguments[4]))


@pytest.mark.parametrize("seed", SEEDS)
def test_kernels_on_the_host(seed: int) -> None:
    graph = layers(seed)
    inputs, session = vectors(graph, seed), Session(graph)
    expected = [session.trace(values).outputs for values in inputs]
    for choices in rounds(graph):
        model = model_sources(graph, ISA, "model", choices)
        library = build(model)
        same(expected, [call(model, library, values) for values in inputs], "armv7em")


@pytest.mark.parametrize("target", [needs_target("mps2-an386")])
@pytest.mark.parametrize("seed", [0])
def test_kernels_on_the_emulator(seed: int, target: str) -> None:
    graph = layers(seed)
    for choices in rounds(graph):
        with built(graph, find_target(target), "model", choices) as image, start(image.target, image.elf) as link:
            report = compare(image, link, vectors(graph, seed, random=1))
        assert report.bit_exact, report.mismatches[:3]


def test_every_kernel_is_met() -> None:
    """The fuzzed layers reach all kernels of the table in all their forms, not only their fallbacks."""
    met: Counter[tuple[str, str, bool]] = Counter()
    for seed in SEEDS:
        graph = layers(seed)
        for node in graph.nodes:
            for found in candidates(graph, node, OPERATORS[node.op].prepare(graph, node), ISA):
                met[node.op, found.kernel, bool(found.call.params.get("rectified"))] += 1
    every = {(op, kernel.name, False) for op, kernels in KERNELS["armv7em"].items() for kernel in kernels}
    every -= {("ATTENTION", "pairs", False)}  # test_attention.py's
    every |= {("CONV_2D", name, True) for name in ("triple", "winograd")}
    assert {kind: met[kind] for kind in every if met[kind] < 3} == {}
