"""The capsule network in float C gives PyTorch's answers, and its weights are in its flash."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
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
