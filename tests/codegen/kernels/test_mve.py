"""Helium kernels: exact through their portable definitions on this computer, and as instructions on the emulator."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from bitwright.codegen.kernels import candidates
from bitwright.codegen.kernels.mve.conv import block_distance
from bitwright.codegen.kernels.mve.conv_shallow import run_distance
from bitwright.codegen.kernels.mve.depthwise_channels import sums_fit
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import Graph
from bitwright.converter.ops import OPERATORS
from bitwright.converter.ops.window import Window
from bitwright.converter.reference import Session
from bitwright.targets.emulator import start
from bitwright.targets.image import built
from bitwright.targets.target import find_target
from bitwright.targets.verify import compare
from cbuild import build, call
from single import activation, constant, same, single, together, vectors
from tools import needs_target

ISA = ("mve", "armv7em", "generic")
SEEDS = range(10)


def pick(rng: np.random.Generator, *choices: Any) -> Any:
    """One of the choices."""
    return choices[int(rng.integers(len(choices)))]


def constants(rng: np.random.Generator, shape: tuple[int, ...], axis: int, input_scale: float) -> list[Any]:
    """Weights and biases; channels of largest weights, and sometimes one that training left dead."""
    channels = shape[axis]
    scales = rng.uniform(0.001, 0.02, channels)
    if rng.random() < 0.3:
        scales[0] = 1e-12
    weights = rng.integers(-127, 127, shape, endpoint=True).astype(np.int8)
    along = np.moveaxis(weights, axis, 0)
    along[1::5], along[2::5] = 127, -127
    bias = rng.integers(-(2**15), 2**15, channels).astype(np.int32)
    return [
        constant("w", weights, list(scales), axis=axis),
        constant("b", bias, list(scales * input_scale), axis=0),
    ]


def window_attributes(rng: np.random.Generator) -> dict[str, Any]:
    """Strides, padding, dilation and a fused activation."""
    dilation = pick(rng, (1, 1), (1, 1), (1, 1), (2, 1), (1, 2))
    stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4))) if dilation == (1, 1) else (1, 1)
    return {
        "padding": pick(rng, "SAME", "VALID"),
        "stride": pick(rng, (1, 1), (2, 2), stride),
        "dilation": dilation,
        "activation": pick(rng, "NONE", "RELU", "RELU6"),
    }


def convolution(rng: np.random.Generator, op: str, fitting: bool = False) -> Graph:
    """Depths on both sides of 16, channels that fill no four lanes, images of a few pixels.

    Args:
        fitting: whole groups of four channels, a 3x3 window or shallow ones: what the special kernels serve.
    """
    depthwise = op == "DEPTHWISE_CONV_2D"
    kernel = tuple(int(k) for k in rng.integers(1, 5, 2)) if depthwise or rng.random() < 0.6 else (1, 1)
    in_c, batch = int(rng.integers(1, 21)), int(rng.integers(1, 3))
    out_c, attrs = int(rng.integers(1, 14)), window_attributes(rng)
    if fitting and depthwise:
        kernel, in_c = pick(rng, (3, 3), (3, 3), (2, 3), (4, 4), (5, 1)), 4 * int(rng.integers(1, 10))
        attrs |= pick(rng, {}, {"stride": (1, 1), "dilation": (1, 1)})
        size = (int(rng.integers(5, 13)), int(rng.integers(5, 13)))
    elif fitting:
        kernel, in_c = pick(
            rng, ((1, 1), 32), ((1, 1), int(rng.integers(1, 17))), ((3, 3), 3), ((2, 2), 7), ((5, 3), 1)
        )
        out_c = 4 * int(rng.integers(1, 5))
    size = (int(rng.integers(9, 13)), int(rng.integers(9, 20)))
    shape: tuple[int, ...] = (1, *kernel, in_c) if depthwise else (out_c, *kernel, in_c)
    if depthwise:
        attrs["depth_multiplier"] = 1
    scale = 0.05
    source = activation("x", (batch, *size, in_c), scale, int(rng.integers(-128, 128)))
    target = activation("y", (), float(rng.uniform(0.05, 0.5)), pick(rng, -128, int(rng.integers(-128, 128))))
    return single(op, [source, *constants(rng, shape, 3 if depthwise else 0, scale)], [target], attrs)


def fully_connected(rng: np.random.Generator) -> Graph:
    """Several rows, any depth and number of units."""
    shape = (int(rng.integers(1, 14)), int(rng.integers(1, 70)))
    source = activation("x", (int(rng.integers(1, 4)), shape[1]), 0.05, int(rng.integers(-128, 128)))
    target = activation("y", (), float(rng.uniform(0.05, 0.5)), int(rng.integers(-128, 128)))
    return single("FULLY_CONNECTED", [source, *constants(rng, shape, 0, 0.05)], [target], {"activation": "NONE"})


def pool(rng: np.random.Generator, op: str) -> Graph:
    """Windows of any size, up to the whole image, and any number of channels."""
    size, channels = (int(rng.integers(3, 10)), int(rng.integers(3, 10))), int(rng.integers(1, 40))
    attrs = {
        "padding": pick(rng, "SAME", "VALID"),
        "stride": (int(rng.integers(1, 4)), int(rng.integers(1, 4))),
        "filter": pick(rng, size, (int(rng.integers(1, 4)), int(rng.integers(1, 4)))),
        "activation": pick(rng, "NONE", "RELU", "RELU6"),
    }
    scale, zero_point = 0.05, int(rng.integers(-128, 128))
    source = activation("x", (int(rng.integers(1, 3)), *size, channels), scale, zero_point)
    return single(op, [source], [activation("y", (), scale, zero_point)], attrs)


def table(rng: np.random.Generator) -> Graph:
    """A function by table."""
    source = activation("x", (1, int(rng.integers(1, 70))), 0.05, int(rng.integers(-128, 128)))
    return single("LOGISTIC", [source], [activation("y", (), 1 / 256, -128)])


def joined(rng: np.random.Generator) -> Graph:
    """Copies of runs of bytes: two tensors side by side."""
    size = (1, int(rng.integers(2, 6)), int(rng.integers(2, 6)))
    parts = [activation(name, (*size, int(rng.integers(1, 40))), 0.05) for name in ("x", "z")]
    return single("CONCATENATION", parts, [activation("y", (), 0.05)], {"axis": 3, "activation": "NONE"})


def sum_of_two(rng: np.random.Generator) -> Graph:
    """ADD or SUB of one shape."""
    shape = (1, int(rng.integers(1, 40)))
    sources = [
        activation(name, shape, float(rng.uniform(0.02, 0.1)), int(rng.integers(-128, 128))) for name in ("x", "z")
    ]
    target = activation("y", (), 0.08, int(rng.integers(-128, 128)))
    return single(pick(rng, "ADD", "SUB"), sources, [target], {"activation": "NONE"})


@cache
def layers(seed: int) -> Graph:
    """A few layers side by side: convolutions, or depthwise ones with pooling, a sum, a table and copies."""
    rng, op = np.random.default_rng(seed), ("CONV_2D", "DEPTHWISE_CONV_2D")[seed % 2]
    graphs = [convolution(rng, op, fitting=number > 1) for number in range(4)]
    if seed % 2:
        graphs += [pool(rng, "AVERAGE_POOL_2D"), pool(rng, "MAX_POOL_2D"), sum_of_two(rng), table(rng), joined(rng)]
    else:
        graphs += [fully_connected(rng)]
    return together(graphs)


@cache
def own(seed: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every node that Helium's own kernels serve, and their names."""
    graph, result = layers(seed), []
    for node in graph.nodes:
        found = candidates(graph, node, OPERATORS[node.op].prepare(graph, node), ISA)
        names = tuple(candidate.kernel for candidate in found if candidate.call.function.endswith("_mve"))
        if names:
            result.append((node.name, names))
    return tuple(result)


def served(seed: int, turn: int) -> dict[str, str]:
    """A choice of Helium's own kernels: each node's kernels take turns."""
    return {node: names[turn % len(names)] for node, names in own(seed)}


@pytest.mark.parametrize("seed", SEEDS)
def test_kernels_on_the_host(seed: int) -> None:
    graph, session = layers(seed), Session(layers(seed))
    for turn in range(max(len(names) for _, names in own(seed))):
        model = model_sources(graph, ISA, "model", served(seed, turn))
        library = build(model)
        for values in vectors(graph, seed):
            same([session.trace(values).outputs], [call(model, library, values)], f"mve {turn}")


@pytest.mark.parametrize("target", [needs_target("mps3-an547")])
@pytest.mark.parametrize("seed", SEEDS[:3])
def test_kernels_on_the_emulator(seed: int, target: str) -> None:
    """Every layer, with inputs of only lowest, only highest and alternating values among the vectors."""
    graph, chosen = layers(seed), served(seed, turn=seed // 2)
    with built(graph, find_target(target), "model", chosen) as image, start(image.target, image.elf) as link:
        report = compare(image, link, vectors(graph, seed))
    assert report.bit_exact, report.mismatches[:3]


def test_they_serve_most_layers() -> None:
    """The fuzzed layers reach these kernels, not only their fallbacks."""
    reached = [name for seed in SEEDS for _, names in own(seed) for name in names]
    assert min(reached.count(name) for name in ("mve", "mve_channels", "mve_planes", "mve_shallow")) >= 5


@pytest.mark.parametrize("pixels", [1, 2, 3, 4, 7, 9])
@pytest.mark.parametrize(("source", "target"), [(1, 4), (4, 1), (3, 3), (8, 16)])
def test_distance_of_three_pixels_at_a_time(pixels: int, source: int, target: int) -> None:
    """At the distance no group's outputs reach the inputs of its own or a later group; one byte less and they do."""
    window = Window((1, pixels), (1, 1), (1, 1), (1, 1), (0, 0), (1, pixels))
    distance = block_distance(window, 1, source, target, 3)
    gaps = [min(first + 3, pixels) * target - (first * source + distance) for first in range(0, pixels, 3)]
    assert max(gaps) == 0


@pytest.mark.parametrize(("width", "stride"), [(1, 1), (5, 1), (16, 1), (17, 2), (40, 3)])
def test_distance_of_runs_of_pixels(width: int, stride: int) -> None:
    """The same for runs that end with their row."""
    window = Window((9, width), (1, 1), (stride, stride), (1, 1), (0, 0), (-(-9 // stride), -(-width // stride)))
    distance, (height, columns) = run_distance(window, 2, 8, 12, 16), window.output
    gaps = []
    for row in range(2 * height):
        for first in range(0, columns, 16):
            read = ((row // height * 9 + row % height * stride) * width + first * stride) * 8 + distance
            gaps.append((row * columns + min(first + 16, columns)) * 12 - read)
    assert max(gaps) == 0


@pytest.mark.parametrize("taps", range(1, 17))
def test_wrapped_sums_are_restored(taps: int) -> None:
    """What bw_channels_s8_mve.c does with 16 and 8 bits, for the largest weights that are let through."""
    rng = np.random.default_rng(taps)
    weights = rng.choice(np.array([-127, -1, 90, 127], np.int8), (4000, taps))
    weights = np.pad(weights, ((0, 0), (0, taps % 2)))
    weights = weights[[sums_fit(row[None]) for row in weights]]
    inputs = np.where(rng.random(weights.shape) < 0.9, np.where(weights < 0, 127, -128), rng.integers(-128, 128))
    inputs[::2] = -1 - inputs[::2]
    pairs = (inputs * weights.astype(np.int64)).reshape(len(weights), -1, 2).sum(axis=2)
    assert len(weights) and np.abs(pairs).max() < 2**15
    exact, wrapped = pairs.sum(axis=1), pairs.sum(axis=1) & 0xFFFF
    coarse = (pairs >> 11).sum(axis=1) - (wrapped >> 11)
    assert np.abs(coarse).max() < 128
    assert np.array_equal((coarse + 16 >> 5) * 65536 + wrapped, exact)
