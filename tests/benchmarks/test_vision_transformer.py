"""A small run of the vision transformer: untrained, a few random images, every mode; the planted outliers."""

from __future__ import annotations

import importlib
from itertools import pairwise
from types import ModuleType

import bitwright
import numpy as np
import pytest
from tools import needs_target

torch = pytest.importorskip("torch")


@pytest.fixture
def module() -> ModuleType:
    return importlib.import_module("benchmarks.vision_transformer")


def task(module: ModuleType, outliers: bool) -> object:
    torch.manual_seed(0)
    network = module.VisionTransformer().eval()
    graph = bitwright.load(module.planted(network) if outliers else network, (torch.zeros(1, 1, 28, 28),))
    images = np.random.default_rng(0).normal(0, 1, (12, 1, 28, 28)).astype(np.float32)
    data = module.calibration(graph, [images])
    scores = module.float_outputs(graph, data)[0]
    return module.Task(graph, data, data, scores.argmax(1), scores)


def test_the_network_is_small_and_outliers_leave_its_function(module: ModuleType) -> None:
    plain, spoiled = task(module, False), task(module, True)
    assert sum(p.numel() for p in module.VisionTransformer().parameters()) <= 100_000
    np.testing.assert_allclose(spoiled.scores, plain.scores, atol=1e-4)  # type: ignore[attr-defined]


@pytest.mark.parametrize("target", [needs_target("mps2-an386")])
def test_modes_cost_in_order(module: ModuleType, target: str) -> None:
    """Arena and RAM of M1, M2 and M3 fall, M1 takes most instructions, and every layer is bit-exact."""
    assert target == module.TARGET
    given, found = task(module, False), []
    for name in ("M1", "M2", "M3"):
        integer = module.integers(given, module.MODES[name])
        assert float(module.accuracy(given, integer)[2].rstrip("%")) > 80  # untrained: scores are near each other
        costs = [int(cost.replace(",", "")) for cost in module.costs(given, integer, 1)]
        found.append((costs[0], costs[1], costs[-1]))
    for first, second in pairwise(found):
        assert all(a > b for a, b in zip(first[:2], second[:2], strict=True))
    assert found[0][2] > max(cost[2] for cost in found[1:])


def test_the_split_keeps_one_feature_of_each_norm(module: ModuleType) -> None:
    given = task(module, True)
    integer = module.integers(given, *module.REMEDIES["int8, `outliers`"])
    aside = [len(node.attrs["outliers"]) for node in integer.nodes if node.op == "QUANTIZE_TOKENS"]
    assert aside == [1] * 6
    assert given.network.is_float and not integer.is_float  # type: ignore[attr-defined]
