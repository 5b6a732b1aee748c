"""PyTorch as the peer of its frontend: a module read by Bitwright computes what the module computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.pytorch import read_torch
from bitwright.converter.ir import Array, Graph
from bitwright.converter.simplify import simplify
from floats import run_model
from hypothesis import HealthCheck, settings

torch = pytest.importorskip("torch", reason="needs torch: pip install 'bitwright[torch]'")

#: Exporting takes some 20 ms, so a few examples per property.
few = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

TOLERANCE = 1e-5


class Lambda(torch.nn.Module):  # type: ignore[misc]
    """A function of tensors as a module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Any) -> Any:
        return self.function(*inputs)


def random(*shape: int, seed: int = 0) -> Any:
    """A tensor of normally distributed values."""
    return torch.from_numpy(np.random.default_rng(seed).normal(0, 1.5, shape).astype(np.float32))


def shaken(module: Any, seed: int = 0) -> Any:
    """The module with random parameters and running statistics, so that nothing is 0 or 1 by chance."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            if not tensor.is_floating_point():
                continue
            fan_in = max(tensor[0].numel(), 1) if tensor.ndim > 1 else 1
            values = torch.randn(tensor.shape, generator=generator) / fan_in**0.5
            tensor.copy_(values.abs() + 0.5 if name.endswith("running_var") else values)
    return module


def expected(module: Any, *inputs: Any) -> list[Array]:
    """What the module computes in eval mode, flattened."""
    training = module.training
    module.eval()
    with torch.no_grad():
        outputs = torch.utils._pytree.tree_leaves(module(*(value.clone() for value in inputs)))
    module.train(training)
    return [np.asarray(value.numpy()) for value in outputs]


def assert_close(found: list[Array], wanted: list[Array], tolerance: float = TOLERANCE) -> None:
    """Every output within the tolerance of the largest magnitude; whole numbers are equal."""
    assert len(found) == len(wanted)
    for value, reference in zip(found, wanted, strict=True):
        assert value.shape == reference.shape
        if reference.dtype.kind != "f":
            np.testing.assert_array_equal(value, reference)
            continue
        limit = tolerance * max(float(np.abs(reference).max(initial=0)), 1e-3)
        np.testing.assert_allclose(value, reference, rtol=0, atol=limit)


def same(module: Any, *inputs: Any) -> Graph:
    """Read the module and compare every output with its own, before and after the passes; returns the graph."""
    graph = read_torch(module, inputs)
    arrays, wanted = [value.numpy() for value in inputs], expected(module, *inputs)
    assert_close(run_float(graph, arrays), wanted)
    assert_close(run_model(simplify(graph), arrays), wanted)
    return graph


def same_function(function: Callable[..., Any], *inputs: Any) -> Graph:
    """The same of a function of tensors."""
    return same(Lambda(function), *inputs)


def operators(graph: Graph) -> list[str]:
    """The graph's operators in order, without the transposes around channels-last ones."""
    return [node.op for node in graph.nodes if node.op not in ("TRANSPOSE", "RESHAPE")]
