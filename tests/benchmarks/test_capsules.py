"""The capsule network in float C gives PyTorch's answers, its weights are in its flash, and the integers take 0.26."""

from __future__ import annotations

import importlib
from pathlib import Path

import bitwright
import numpy as np
import pytest
from bitwright.targets.image import built
from bitwright.targets.target import find_target
from tools import needs_target

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("target", [needs_target("mps2-an386")])
def test_float_c_is_the_network(target: str, tmp_path: Path) -> None:
    script, floating = (importlib.import_module(f"benchmarks.{name}") for name in ("capsules", "capsules_float"))
    torch.manual_seed(0)
    network = script.network().eval()
    images = np.random.default_rng(0).uniform(0, 1, (3, 1, 28, 28)).astype(np.float32)
    expected = network(torch.from_numpy(images)).detach().numpy()
    assert np.allclose(floating.answers(network, images, tmp_path), expected, rtol=1e-4, atol=1e-7)
    build = next(name for name, (core, *_) in floating.BUILDS.items() if core == target)
    assert 4 * 215_968 + 1_000 < floating.flash(network, build, tmp_path) < 4 * 215_968 + 10_000


@pytest.mark.parametrize("target", [needs_target(t) for t in ("mps2-an386", "mps2-an500", "qemu-rv32")])
def test_the_integers_take_at_most_0_26_of_float_c(target: str, tmp_path: Path) -> None:
    """Flash of whole firmwares, which weights do not change."""
    script, floating = (importlib.import_module(f"benchmarks.{name}") for name in ("capsules", "capsules_float"))
    torch.manual_seed(0)
    network = script.network().eval()
    images = np.random.default_rng(0).uniform(0, 1, (16, 1, 28, 28)).astype(np.float32)
    graph = bitwright.load(network, example_inputs=(torch.zeros(1, 1, 28, 28),))
    with built(bitwright.quantize(graph, calibration=images).graph, find_target(target)) as image:
        whole = image.sizes.flash["total"]
    builds = [build for build, (core, *_) in floating.BUILDS.items() if core == target]
    assert whole <= 0.26 * min(floating.flash(network, build, tmp_path) for build in builds)
