"""The transformer's operators on every instruction set: on the host through portable definitions, and on emulators."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from bitwright.codegen import plan
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph
from bitwright.converter.ops.attention import bias_tensor
from bitwright.converter.reference import Session
from bitwright.targets.emulator import start
from bitwright.targets.image import built
from bitwright.targets.target import find_target
from bitwright.targets.verify import compare
from cbuild import build, call
from single import activation, same, single, together, vectors
from tools import needs_target

ISAS = ("generic", "armv6m", "armv7m", "armv7em", "mve", "rv32", "rvv", "xcv")
BEHIND = {"mve": ["armv7em"], "armv6m": ["woven"], "armv7m": ["woven"], "rvv": ["rv32"], "xcv": ["rv32"]}
TARGETS = ("mps2-an385-m0", "mps2-an385", "mps2-an386", "mps3-an547", "qemu-rv32", "qemu-rv32-rvv", "iss-xcv")
SEEDS = range(3)

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
        inputs.append(bias_tensor("bias", bias))
    attrs: dict[str, Any] = {} if first else {"heads": heads}
    attrs |= pick(rng, {}, {"after": 0, "offset": max(0, keys - queries)})
    output = activation("y", (), float(rng.uniform(0.005, 0.03)), point(rng, dtype), dtype)
    return single("ATTENTION", inputs, [output], attrs)


#: Kinds of layers, and how many of each are in a graph.
KINDS: tuple[tuple[Callable[[Random], Graph], int], ...] = (
    (lambda rng: attention(rng, DType.INT8), 5),
    (lambda rng: attention(rng, DType.INT16), 3),
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


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("seed", SEEDS)
def test_kernels_on_the_host(isa: str, seed: int) -> None:
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
