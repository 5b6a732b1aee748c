"""Random float graphs, and the proof that a pass does not change what they compute."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import Graph
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[np.float32]

#: Fixed seeds, so that a failure comes back.
few = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 2**32 - 1)

TOLERANCE = 1e-5


def run_model(graph: Graph, inputs: Sequence[Array], simulate: bool = False) -> list[Array]:
    """The outputs in the model's own layout, from inputs in the model's own layout."""
    turned = []
    for name, value in zip(graph.inputs, inputs, strict=True):
        edge = graph.edges.get(name)
        turned.append(value if edge is None or edge.permutation is None else value.transpose(edge.permutation))
    results = []
    for name, value in zip(graph.outputs, run_float(graph, turned, simulate=simulate), strict=True):
        edge = graph.edges.get(name)
        plain = edge is None or edge.permutation is None
        results.append(value if plain else value.transpose(np.argsort(edge.permutation)))
    return results


def random_inputs(graph: Graph, seed: int) -> list[Array]:
    """Normal values for every graph input."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(graph.tensor(name).shape).astype(np.float32) for name in graph.inputs]


def same_function(before: Graph, after: Graph, seed: int, tolerance: float = TOLERANCE) -> None:
    """Outputs of both graphs differ by no more than the tolerance, relative to the largest value of each."""
    inputs = random_inputs(before, seed)
    for ours, expected in zip(run_model(after, inputs), run_model(before, inputs), strict=True):
        close(ours, expected, tolerance)


def close(ours: Array, expected: Array, tolerance: float = TOLERANCE) -> None:
    """Equal shapes, and a difference within the tolerance relative to the largest expected magnitude."""
    assert ours.shape == expected.shape
    scale = float(np.abs(expected).max(initial=0.0)) or 1.0
    worst = float(np.abs(ours.astype(np.float64) - expected).max(initial=0.0))
    assert worst <= tolerance * scale, f"{worst} of {scale}"


def operators(graph: Graph) -> list[str]:
    """The operators in order."""
    return [node.op for node in graph.nodes]


class Net(GraphBuilder):
    """Builds random graphs; every constant is drawn from one generator."""

    def __init__(self, seed: int) -> None:
        super().__init__("net")
        self.rng = np.random.default_rng(seed)
        self._count = 0

    def name(self, what: str) -> str:
        """A fresh node name."""
        self._count += 1
        return f"{what}{self._count}"

    def random(self, *shape: int, low: float = -1.0, high: float = 1.0) -> str:
        """A random constant."""
        return self.constant(self.name("constant"), self.rng.uniform(low, high, shape).astype(np.float32))

    def op(self, op: str, *inputs: str, **attrs: object) -> str:
        """A node."""
        return self.node(self.name(op.lower()), op, inputs, attrs)

    def conv(self, source: str, units: int, kernel: int = 3, padding: object = "SAME", stride: int = 1) -> str:
        """CONV_2D with a bias, of a channels-last source."""
        weights = self.random(units, kernel, kernel, self.shape(source)[-1])
        attrs = {"padding": padding, "stride": (stride, stride), "dilation": (1, 1), "activation": "NONE"}
        return self.op("CONV_2D", source, weights, self.random(units), **attrs)

    def depthwise(self, source: str, multiplier: int = 1, kernel: int = 3, padding: object = "SAME") -> str:
        """DEPTHWISE_CONV_2D without a bias."""
        weights = self.random(1, kernel, kernel, self.shape(source)[-1] * multiplier)
        attrs = {"padding": padding, "stride": (1, 1), "dilation": (1, 1), "activation": "NONE"}
        return self.op("DEPTHWISE_CONV_2D", source, weights, depth_multiplier=multiplier, **attrs)

    def dense(self, source: str, units: int) -> str:
        """FULLY_CONNECTED with a bias over the last dimension."""
        weights = self.random(units, self.shape(source)[-1])
        return self.op("FULLY_CONNECTED", source, weights, self.random(units), activation="NONE", keep_num_dims=True)

    def batch_norm(self, source: str) -> str:
        """BATCH_NORM over the last dimension."""
        size = self.shape(source)[-1]
        values = [self.random(size), self.random(size), self.random(size), self.random(size, low=0.1, high=2.0)]
        return self.op("BATCH_NORM", source, *values, epsilon=1e-3)

    def turned(self, source: str, *permutation: int) -> str:
        """TRANSPOSE."""
        return self.transpose(self.name("transpose"), source, permutation)
