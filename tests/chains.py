"""Float networks of layers that follow each other, for tests of quantization methods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import Array, Graph
from bitwright.converter.quantize.annotate import Scheme, annotate
from bitwright.converter.quantize.calibration import Calibration
from bitwright.converter.quantize.statistics import observe
from convnets import images

WINDOW = {"padding": "SAME", "stride": (1, 1), "dilation": (1, 1)}


class Chain:
    """Layer after layer with normal weights and small biases; ``last`` is the tensor written last."""

    def __init__(self, seed: int, shape: Sequence[int] = (1, 8, 8, 3)) -> None:
        self.rng = np.random.default_rng(seed)
        self.b = GraphBuilder("chain")
        self.last = self.b.input("x", shape)

    def layer(self, op: str, name: str, weights: Array, bias: Array | None, activation: str, **attrs: object) -> Chain:
        """Any layer with weights."""
        inputs = [self.last, self.b.constant(f"{name}/w", weights)]
        if bias is not None:
            inputs.append(self.b.constant(f"{name}/b", bias))
        self.last = self.b.node(name, op, inputs, {"activation": activation, **attrs})
        return self

    def conv(self, name: str, units: int, kernel: int = 1, activation: str = "RELU", **attrs: object) -> Chain:
        """CONV_2D."""
        depth = self.b.shape(self.last)[-1]
        weights = self.rng.normal(0, np.sqrt(2 / (kernel**2 * depth)), (units, kernel, kernel, depth))
        return self.layer("CONV_2D", name, weights, self._bias(units), activation, **{**WINDOW, **attrs})

    def depthwise(self, name: str, multiplier: int = 1, activation: str = "RELU", **attrs: object) -> Chain:
        """DEPTHWISE_CONV_2D, 3x3."""
        units = self.b.shape(self.last)[-1] * multiplier
        weights = self.rng.normal(0, np.sqrt(2 / 9), (1, 3, 3, units))
        attrs = {**WINDOW, "depth_multiplier": multiplier, **attrs}
        return self.layer("DEPTHWISE_CONV_2D", name, weights, self._bias(units), activation, **attrs)

    def dense(self, name: str, units: int, activation: str = "NONE") -> Chain:
        """FULLY_CONNECTED over everything but the batch."""
        depth = int(np.prod(self.b.shape(self.last)[1:]))
        weights = self.rng.normal(0, np.sqrt(2 / depth), (units, depth))
        return self.layer("FULLY_CONNECTED", name, weights, self._bias(units), activation)

    def op(self, op: str, *inputs: str, **attrs: object) -> Chain:
        """An operator without weights, named after itself."""
        self.last = self.b.node(op.lower(), op, [self.last, *inputs], attrs)
        return self

    def mean(self) -> Chain:
        """Over rows and columns."""
        return self.op("MEAN", self.b.constant("axes", np.array([1, 2], np.int32)), keep_dims=False)

    def finish(self) -> Graph:
        """The graph whose output was written last."""
        return self.b.finish([self.last])

    def _bias(self, size: int) -> Array:
        return self.rng.normal(0, 0.1, size)


def mobile(seed: int = 0, activation: str = "RELU") -> Graph:
    """conv - depthwise - pointwise - depthwise - pointwise - mean - dense."""
    chain = Chain(seed).conv("stem", 8, 3, activation).depthwise("dw1", 1, activation).conv("pw1", 12, 1, activation)
    return chain.depthwise("dw2", 1, activation).conv("pw2", 8, 1, activation).mean().dense("head", 5).finish()


def weights(graph: Graph, name: str, index: int = 1) -> Array:
    """A layer's weights, or with index 2 its bias, themselves."""
    node = next(node for node in graph.nodes if node.name == name)
    return graph.input(node, index).value()


def with_planted_ranges(graph: Graph, seed: int = 3) -> Graph:
    """The same function of a :func:`mobile` with channel ranges that differ by a factor of 100 between its layers."""
    rng = np.random.default_rng(seed)
    for first, second in (("stem", "dw1"), ("dw1", "pw1"), ("pw1", "dw2"), ("dw2", "pw2")):
        count = weights(graph, first, 2).size
        factors = (10.0 ** rng.permutation(np.linspace(0, 2, count))).astype(np.float32)
        written = weights(graph, first)
        written *= factors if written.shape[0] == 1 else factors[:, None, None, None]
        weights(graph, first, 2)[:] *= factors
        weights(graph, second)[:] /= factors
    return graph


def photos(samples: int = 64, seed: int = 1) -> Calibration:
    """Smooth images for the networks above."""
    return Calibration((images(samples, seed=seed),))


def annotated(graph: Graph, data: Calibration, scheme: Scheme | None = None) -> Graph:
    """The graph on grids."""
    return annotate(graph, observe(graph, data.batches()), scheme or Scheme())


def sqnr(expected: Array, found: Array) -> float:
    """Signal to noise in dB."""
    return float(10 * np.log10(np.mean(expected**2) / np.mean((expected - found) ** 2)))


def simulated_sqnr(graph: Graph, floating: Graph, data: Calibration) -> float:
    """Of the simulation's first output against the float graph's."""
    return sqnr(run_float(floating, data.inputs)[0], run_float(graph, data.inputs, simulate=True)[0])


def levels(graph: Graph, name: str) -> Array:
    """A layer's weights in units of their scale."""
    node = next(node for node in graph.nodes if node.name == name)
    tensor = graph.input(node, 1)
    assert tensor.quant is not None
    shape = [1] * len(tensor.shape)
    if tensor.quant.axis is not None:
        shape[tensor.quant.axis] = -1
    return np.asarray(tensor.value() / np.asarray(tensor.quant.scale).reshape(shape))
