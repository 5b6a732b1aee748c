"""The kernels of RVV: through their portable definitions on this computer, and as instructions at two lengths."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from background import ROOT
from bitwright.codegen.kernels import candidates
from bitwright.codegen.kernels.rvv import KERNELS
from bitwright.codegen.kernels.rvv.columns import group_distance
from bitwright.codegen.project import model_sources
from bitwright.converter.fixedpoint import requantize_double
from bitwright.converter.ir import Graph
from bitwright.converter.ops import OPERATORS
from bitwright.converter.ops.window import Window
from bitwright.converter.reference import Session
from bitwright.targets.emulator import start
from bitwright.targets.image import built
from bitwright.targets.target import find_target
from bitwright.targets.verify import compare
from cbuild import build, call, library
from random_layers import by_table, convolution, fully_connected, joined, mean, pooling, sum_of_two
from single import same, together, vectors
from tools import needs_target

ISA = ("rvv", "rv32", "generic")
SEEDS = range(3)
needs_both = needs_target("qemu-rv32-rvv").marks[0]


@cache
def layers(seed: int) -> Graph:
    """Layers side by side whose channels fill no vector, one and several of 16, 32 and 64 lanes."""
    rng = np.random.default_rng(seed)
    graphs = [
        convolution(rng, (1, 12), (1, 20)),
        convolution(rng, (1, 12), (17, 70)),
        convolution(rng, (1, 40), (1, 70), (1, 1)),
        convolution(rng, (1, 40), (1, 1), depthwise=True),
        convolution(rng, (1, 70), (1, 1), (3, 3), depthwise=True),
        convolution(rng, (1, 1), (2, 40), depthwise=True),
        fully_connected(rng, (1, 70), (1, 70)),
        mean(rng, (1, 70)),
        pooling(rng, (1, 70)),
        pooling(rng, (1, 70)),
        by_table(rng, (1, 150)),
        joined(rng, (1, 300)),
    ]
    # What makes a sum linear is sought for long where nothing does.
    return together([*graphs, sum_of_two(rng, (1, 150))] if seed == 0 else graphs)


def served(graph: Graph, turn: int) -> dict[str, str]:
    """The choice of one of RVV's own kernels, in turn, for every node that they serve."""
    result = {}
    for node in graph.nodes:
        found = candidates(graph, node, OPERATORS[node.op].prepare(graph, node), ISA)
        own = [candidate.kernel for candidate in found if candidate.call.function.endswith("_rvv")]
        if own:
            result[node.name] = own[turn % len(own)]
    return result


@pytest.mark.parametrize("seed", SEEDS)
def test_kernels_on_the_host(seed: int) -> None:
    graph = layers(seed)
    inputs, session = vectors(graph, seed), Session(graph)
    expected = [session.trace(values).outputs for values in inputs]
    for turn in (seed, seed + 1):
        model = model_sources(graph, ISA, "model", served(graph, turn))
        compiled = build(model)
        same(expected, [call(model, compiled, values) for values in inputs], "rvv")


@needs_both
@pytest.mark.parametrize("seed", SEEDS[:2])
def test_kernels_on_the_emulator(seed: int) -> None:
    """Every layer at two vector lengths, with inputs of only lowest, only highest and alternating values."""
    graph = layers(seed)
    with built(graph, find_target("qemu-rv32-rvv"), "model", served(graph, seed)) as image:
        for name in ("qemu-rv32-rvv", "qemu-rv32-rvv256"):
            with start(find_target(name), image.elf) as link:
                report = compare(image, link, vectors(graph, seed, random=1))
            assert report.bit_exact, (name, report.mismatches[:3])


def test_every_kernel_serves_some_layers() -> None:
    """The fuzzed layers reach all of these kernels, not only their fallbacks; test_transformer.py those of int16 and of
    attention."""
    reached = {
        (node.op, kernel)
        for graph in map(layers, SEEDS)
        for turn in range(3)
        for node, kernel in ((node, served(graph, turn).get(node.name)) for node in graph.nodes)
    }
    assert reached >= {(op, kernel.name) for op, own in KERNELS.items() for kernel in own} - {
        ("ADD", "linear"),
        ("SUB", "linear"),
        ("FULLY_CONNECTED", "16x8_units"),
        ("ATTENTION", "rvv"),
    }


@pytest.mark.parametrize("pixels", [1, 2, 3, 4, 7, 9])
@pytest.mark.parametrize(("source", "target"), [(1, 4), (4, 1), (3, 3), (8, 16)])
def test_distance_of_three_pixels_at_a_time(pixels: int, source: int, target: int) -> None:
    """At the distance no three pixels' outputs reach the inputs of the first; one byte less and some do."""
    window = Window((1, pixels), (1, 1), (1, 1), (1, 1), (0, 0), (1, pixels))
    distance = group_distance(window, 1, source, target, 3)
    gaps = [min(first + 3, pixels) * target - (first * source + distance) for first in range(pixels)]
    assert max(gaps) == 0


def test_requantization_at_its_edges() -> None:
    """The portable requantization == policy DOUBLE at ties, around zero and at the ends of its range."""
    text = '#include "bw_requantize_rvv.h"\nint32_t f(int32_t a, int32_t m, int8_t s);\n'
    text += "int32_t f(int32_t a, int32_t m, int8_t s) {\n"
    text += "    const bw_requantize_rvv q = {0, &m, &s, 0, -128, 127, 1};\n"
    text += "    bw_words x = bw_load_words(&a, 1), y = x, z = x;\n"
    text += "    bw_round_rvv(&q, 0, &x, &y, &z, 1);\n    return z.lane[0];\n}\n"
    kernels = ROOT / "firmware" / "kernels"
    headers = [kernels / "bw_fixedpoint.h", *(kernels / "rvv" / f"bw_{name}.h" for name in ("rvv", "requantize_rvv"))]
    function = library(text, headers).f
    generator = np.random.default_rng(3)
    for right in range(1, 31):
        for multiplier in (2**30, 2**30 + 1, 2**31 - 1, int(generator.integers(2**30, 2**31))):
            ties = [((2 * k + 1) << (30 + right)) // multiplier + d for k in (-3, -1, 0, 2) for d in (-1, 0, 1)]
            values = [-1, 0, 1, 1 - 2**30, 2**30 - 1, *(v for v in ties if abs(v) < 2**30)]
            exact = requantize_double(np.array(values, np.int64), np.int64(multiplier), np.int64(-right))
            assert [function(v, multiplier, right) for v in values] == exact.tolist()
