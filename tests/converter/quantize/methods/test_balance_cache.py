"""balance_cache: the same function, every channel of cached keys and values in [-1, 1], a smaller error at 4 bits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.ir import Graph
from bitwright.converter.load import load
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.methods.balance_cache import balance_cache
from bitwright.converter.quantize.recipe import Recipe, Step, quantize
from bitwright.converter.reference import Session
from bitwright.errors import InputError

torch = pytest.importorskip("torch")
from bitwright.nn.attention import CausalSelfAttention  # noqa: E402

DATA = np.random.default_rng(0).standard_normal((12, 30, 16)).astype(np.float32)


def network() -> tuple[Any, Graph]:
    """One layer whose keys and values have a few large channels, and channels far from zero."""
    torch.manual_seed(0)
    module = CausalSelfAttention(16, 2, context=8, cache_bits=4).eval()
    with torch.no_grad():
        for layer in (module.key, module.value):
            layer.weight[::5] *= 12
            layer.bias += 3 * torch.randn(16)
    return module, load(module, torch.from_numpy(DATA[:1]))


def test_the_function_stays_and_the_channels_are_equal() -> None:
    _, graph = network()
    data = calibration(graph, [DATA])
    balanced = balance_cache(graph, data)
    (wanted,), (got,) = run_float(graph, [DATA]), run_float(balanced, [DATA])
    assert np.abs(wanted - got).max() < 1e-4 * np.abs(wanted).max()
    seen: dict[str, Any] = {}
    run_float(balanced, [DATA], seen.__setitem__)
    (node,) = [node for node in balanced.nodes if node.op == "CACHED_ATTENTION"]
    for name in node.inputs[1:3]:
        rows = seen[str(name)].reshape(-1, 16)
        assert np.allclose(rows.max(axis=0), 1, atol=1e-4) and np.allclose(rows.min(axis=0), -1, atol=1e-4)


def test_four_bits_lose_less() -> None:
    _, graph = network()
    data = calibration(graph, [DATA])
    (wanted,) = run_float(graph, [DATA])
    noise = []
    for steps in ((), (Step("balance_cache"),)):
        integer = quantize(graph, data, Recipe("test", "", Scheme(wide=("*",)), steps)).integer
        session, target = Session(integer), integer.tensor(integer.outputs[0])
        scale = integer.tensor(integer.inputs[0]).scale
        levels = np.rint(DATA / scale).astype(np.int16)
        rows = np.stack([session.trace([row[None]]).outputs[0][0] for row in levels]) * target.scale
        noise.append(float(np.mean((rows - wanted) ** 2)))
    assert noise[1] < 0.6 * noise[0], noise


def test_refused_without_layers_around() -> None:
    _, graph = network()
    data = calibration(graph, [DATA])
    (node,) = [node for node in graph.nodes if node.op == "CACHED_ATTENTION"]
    shared = replace(node, inputs=(node.inputs[0], node.inputs[1], node.inputs[1]))
    other = replace(graph, nodes=tuple(shared if n is node else n for n in graph.nodes))
    with pytest.raises(InputError, match="between four linear layers"):
        balance_cache(other, data)
