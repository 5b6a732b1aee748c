"""Attention and dense layers over several rows: every remainder of queries, keys, taps, units and rows that the kernels
of an instruction set treat on its own, on the host through portable definitions and on emulators."""

from __future__ import annotations

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
from tools import needs_target

CHAINS = {"armv6m": ["woven"], "armv7m": ["woven"], "armv7em": [], "rv32": [], "xcv": ["rv32"]}
TARGETS = ("mps2-an385-m0", "mps2-an385", "mps2-an386", "qemu-rv32", "iss-xcv")

#: Queries, keys, depth, depth of values; heads, of which keys and values have as many; whether heads come first.
SHAPES: tuple[tuple[int, int, int, int, int, int, bool], ...] = (
    (2, 1, 4, 4, 1, 1, False),  # one key
    (3, 2, 1, 1, 3, 3, False),
    (4, 3, 3, 5, 2, 1, False),  # heads that share keys
    (5, 5, 8, 8, 2, 2, True),
    (6, 6, 31, 7, 1, 1, False),
    (7, 7, 32, 24, 2, 2, False),
    (8, 17, 33, 16, 2, 1, True),  # a part of one tap
    (9, 33, 16, 17, 2, 2, False),
    (3, 19, 70, 3, 1, 1, False),  # three parts
    (1, 21, 66, 9, 2, 2, False),  # one query
    (10, 6, 2, 31, 1, 1, True),
    (3, 4, 131, 130, 1, 1, False),
)
#: What a query sees.
VIEWS: tuple[dict[str, int], ...] = ({}, {"after": 0}, {"before": 2, "after": 1}, {"after": 0, "offset": 3})


def attention(number: int) -> Graph:
    """A shape with a view, zero points at the ends or not, and every third with a bias that hides keys."""
    rng, (queries, keys, depth, value_depth, heads, shared, first) = np.random.default_rng(number), SHAPES[number]
    points = (-128, 127, 0, int(rng.integers(-128, 128)))
    view = VIEWS[number % len(VIEWS)] if keys >= queries else {}
    spread = (0.02, 1.0, 4.0)[number % 3] / 74 / depth**0.25

    def operand(name: str, tokens: int, size: int, count: int, scale: float) -> Any:
        shape = (1, count, tokens, size) if first else (1, tokens, count * size)
        return activation(name, shape, scale, points[(number + len(name)) % len(points)])

    inputs = [
        operand("q", queries, depth, heads, spread),
        operand("ke", keys, depth, shared, spread),
        operand("val", keys, value_depth, shared, 0.02),
    ]
    if number % 3 == 0 and not view:
        bias = rng.normal(0, 3, (heads, queries, keys))
        bias[rng.random(bias.shape) < 0.4] = -np.inf
        bias[..., int(rng.integers(keys))] = 1.0
        inputs.append(constant("bias", bias_levels(bias)))
    attrs: dict[str, Any] = {**view, **({} if first else {"heads": heads})}
    return single("ATTENTION", inputs, [activation("y", (), 0.015, points[number % len(points)])], attrs)


#: Rows, units, taps: every remainder of tiles of two to four units and columns, and of four taps.
LAYERS = (
    (2, 1, 1),
    (3, 2, 2),
    (4, 3, 3),
    (5, 4, 4),
    (6, 5, 5),
    (7, 16, 8),
    (8, 17, 12),
    (9, 18, 15),
    (1, 7, 9),
    (10, 35, 64),
)


def layer(number: int) -> Graph:
    """A layer of int16 whose weights are all as large as they may be, or any."""
    rng, (rows, units, depth) = np.random.default_rng(number), LAYERS[number]
    weights = rng.integers(-127, 127, (units, depth), endpoint=True).astype(np.int8)
    if number % 2 == 0:
        weights = np.where(weights < 0, -127, 127).astype(np.int8)
    scale, scales = 0.0002, list(rng.uniform(0.001, 0.01, units))
    tensors = [
        activation("x", (rows, depth), scale, 0, DType.INT16),
        constant("w", weights, scales, axis=0),
        constant("b", rng.integers(-(2**20), 2**20, units).astype(np.int64), [s * scale for s in scales], axis=0),
    ]
    attrs = {"activation": "RELU" if number % 3 == 0 else "NONE", "keep_num_dims": False}
    graph = single("FULLY_CONNECTED", tensors, [activation("y", (), 0.001, 0, DType.INT16)], attrs)
    return replace(graph, nodes=tuple(replace(node, rounding=Rounding.WIDE) for node in graph.nodes))


def ring(bits: int) -> Graph:
    """Heads that are deeper than what is widened at a time."""
    inputs = [
        activation(name, (1, 7, size), 0.00004, 0, DType.INT16) for name, size in (("q", 202), ("k", 202), ("v", 6))
    ]
    attrs = {"heads": 1, "context": 5, "slopes": (), "bits": bits, "past_only": False}
    return single("CACHED_ATTENTION", inputs, [activation("y", (), 0.00004, 0, DType.INT16)], attrs)


@cache
def layers() -> Graph:
    """All of them side by side, so that they share a compilation."""
    some = [*(attention(i) for i in range(len(SHAPES))), *(layer(i) for i in range(len(LAYERS)))]
    return together([*some, ring(8), ring(4)])


@cache
def expected() -> Any:
    """Inputs, and what the reference makes of them."""
    inputs, session = vectors(layers(), 0), Session(layers())
    return inputs, [session.trace(values).outputs for values in inputs]


@pytest.fixture(autouse=True)
def first_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers that are all alive together take the planner long, and no test here asks for a small arena."""
    monkeypatch.setattr(plan, "improve", lambda *arguments: (arguments[3], arguments[4]))


@pytest.mark.parametrize("isa", CHAINS)
def test_layers_on_the_host(isa: str) -> None:
    inputs, outputs = expected()
    model = model_sources(layers(), [isa, *CHAINS[isa], "generic"], "model")
    library = build(model)
    same(outputs, [call(model, library, values) for values in inputs], isa)


def test_portable_kernels_on_demand() -> None:
    """Several queries and rows at a time, where no instruction set has functions of its own."""
    inputs, outputs = expected()
    chosen = {f"node{i}": "threes" for i, shape in enumerate(SHAPES) if shape[0] > 1}
    chosen |= {f"node{len(SHAPES) + i}": "16x8_tile" for i, sizes in enumerate(LAYERS) if sizes[0] > 1}
    model = model_sources(layers(), ["generic"], "model", chosen)
    library = build(model)
    same(outputs, [call(model, library, values) for values in inputs], "on demand")


@pytest.mark.parametrize(
    ("isa", "attends", "multiplies"),
    [("armv6m", 11, 0), ("armv7m", 11, 9), ("armv7em", 11, 9), ("rv32", 11, 9), ("xcv", 0, 5)],
)
def test_kernels_are_reached(isa: str, attends: int, multiplies: int) -> None:
    """Of several queries or rows; XCV keeps its own attention."""
    found = model_sources(layers(), [isa, *CHAINS[isa], "generic"], "model").program.layers
    functions = [layer.call.function for layer in found]
    several = "pairs" if isa == "armv7em" else "threes"
    assert functions.count(f"bw_attention_s8_{several}") == attends
    assert functions.count("bw_fully_connected_s16_tile") == multiplies


@pytest.mark.parametrize("target", [needs_target(name) for name in TARGETS])
def test_layers_on_the_emulator(target: str) -> None:
    with built(layers(), find_target(target), "model") as image, start(image.target, image.elf) as link:
        report = compare(image, link, vectors(layers(), 0, random=1))
    assert report.bit_exact, report.mismatches[:3]


def test_one_row_is_no_tile() -> None:
    found = model_sources(layer(8), ["armv7em", "generic"], "model").program.layers
    assert [layer.call.function for layer in found] == ["bw_fully_connected_s16_rows"]


def test_tiles_are_those_of_the_instruction_set() -> None:
    """XCV's chain leads to RV32's tiles, too, whose weights are packed in another order."""
    calls = [layer.call for layer in model_sources(layers(), ["xcv", "rv32", "generic"], "model").program.layers]
    assert {call.params["columns"] for call in calls if call.function == "bw_fully_connected_s16_tile"} == {2}
