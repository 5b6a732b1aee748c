"""Where channels can be scaled without changing what a float network computes.

A tensor between layers can be divided by a positive factor per channel when the layer that writes it takes the factor
into its weights and bias, or the normalization into its gain and bias, when everything on the way to the layers that
read it is positively homogeneous (``f(s * x) = s * f(x)`` for ``s > 0``, channel by channel), and when those layers
take the inverse into their weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...ir import Array, DType, Graph, Node, Tensor, check
from ...ops import OPERATORS
from ...ops.operator import QuantRule
from ...ops.reduce import axes_of
from ..annotate import rule_of
from .constants import with_constants

#: Homogeneous channel by channel, whatever their attributes but a fused activation.
_HOMOGENEOUS = frozenset(
    (
        "RELU",
        "LEAKY_RELU",
        "PRELU",
        "ABS",
        "MAX_POOL_2D",
        "AVERAGE_POOL_2D",
        "PAD",
        "RESIZE_BILINEAR",
        "RESIZE_NEAREST_NEIGHBOR",
    )
)
#: Normalizations over the last axis; inputs 1 and 2 are gain and bias, if any.
_NORMS = ("LAYER_NORM", "RMS_NORM")
_REDUCTIONS = frozenset(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"))
_RESHAPES = frozenset(("RESHAPE", "SQUEEZE", "EXPAND_DIMS"))
_ACTIVATIONS = ("NONE", "RELU")


@dataclass(frozen=True)
class Link:
    """A layer, or a normalization, and the layers that read what it writes; names of nodes.

    Attributes:
        channels: of the producer's output; a consumer's input channel ``i`` is channel ``i % channels`` (a flattened
            image holds every channel many times).
        output: the tensor that the producer writes.
        inputs: the tensors that the consumers read, one each.
    """

    producer: str
    consumers: tuple[str, ...]
    channels: int
    output: str
    inputs: tuple[str, ...]


def find_links(graph: Graph, norms: bool = False) -> list[Link]:
    """Every link of a float graph, in order of execution.

    Args:
        norms: also those that begin at a layer or RMS normalization.
    """
    readers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for name in dict.fromkeys(node.inputs):
            readers.setdefault(str(name), []).append(node)
    links = []
    for node in graph.nodes:
        rule = _weighted(graph, node)
        if norms and _is_norm(graph, node):
            channels = graph.output(node).shape[-1]
        elif rule is not None and node.attrs.get("activation", "NONE") in _ACTIVATIONS:
            channels = graph.input(node, rule.weights or 0).shape[rule.channel_axis]
        else:
            continue
        found = _consumers(graph, readers, node.outputs[0], channels)
        if found:
            consumers, inputs = tuple(name for name, _ in found), tuple(name for _, name in found)
            links.append(Link(node.name, consumers, channels, node.outputs[0], inputs))
    return links


def scaled(graph: Graph, links: Sequence[Link], factors: Mapping[str, Array]) -> Graph:
    """The graph with each link's tensor divided by its factors; equal in function.

    Args:
        factors: by producer, positive, one per channel.
    """
    divisors = {link.producer: factors[link.producer] for link in links}
    multipliers = {consumer: factors[link.producer] for link in links for consumer in link.consumers}
    for node in graph.nodes:
        if node.op in _NORMS and node.name in divisors:
            graph = with_constants(graph, node, _divided_norm(graph, node, divisors[node.name]))
            continue
        rule = _weighted(graph, node)
        if rule is None or rule.weights is None or not (node.name in divisors or node.name in multipliers):
            continue
        weights, changes = graph.input(node, rule.weights), {}
        values = weights.value().astype(np.float64)
        if node.name in multipliers:
            depth = input_channels(graph, node)
            each = np.resize(multipliers[node.name], depth)
            values = values * np.repeat(each, values.shape[-1] // depth)
        if node.name in divisors:
            shape = [1] * values.ndim
            shape[rule.channel_axis] = -1
            values = values / divisors[node.name].reshape(shape)
            bias = graph.optional_input(node, rule.bias) if rule.bias is not None else None
            if bias is not None and rule.bias is not None:
                divided = bias.value().reshape(-1) / divisors[node.name]
                changes[rule.bias] = replace(bias, data=divided.astype(np.float32).reshape(bias.shape))
        changes[rule.weights] = replace(weights, data=values.astype(np.float32))
        graph = with_constants(graph, node, changes)
    return check(graph)


def _is_norm(graph: Graph, node: Node) -> bool:
    """Whether a node normalizes with constant gain and bias, or none."""
    parameters = [graph.optional_input(node, index) for index in (1, 2)]
    return node.op in _NORMS and all(tensor is None or tensor.is_constant for tensor in parameters)


def _divided_norm(graph: Graph, node: Node, divisors: Array) -> dict[int, Tensor]:
    """Gain and bias of a normalization, divided; a gain where there was none."""
    changes = {}
    for index in (1, 2):
        tensor = graph.optional_input(node, index)
        if tensor is None and index == 1:
            tensor = Tensor(
                f"{node.name}/gain", divisors.shape, DType.FLOAT32, data=np.ones(divisors.shape, np.float32)
            )
        if tensor is not None:
            changes[index] = replace(tensor, data=(tensor.value() / divisors).astype(np.float32))
    return changes


def input_channels(graph: Graph, node: Node) -> int:
    """How many input channels a layer's weights tell apart."""
    if node.op == "DEPTHWISE_CONV_2D":
        return graph.input(node, 0).shape[-1]
    return weights_of(graph, node).shape[-1]


def weights_of(graph: Graph, node: Node) -> Tensor:
    """The weights of a layer."""
    return graph.input(node, rule_of(node).weights or 0)


class Magnitudes:
    """Largest magnitude of a layer's weights for every pair of output and input channel, under scaling.

    Depthwise layers hold one row per input channel with its outputs, others one row per output channel.
    """

    def __init__(self, graph: Graph, node: Node) -> None:
        values = np.abs(weights_of(graph, node).value())
        self._depthwise = node.op == "DEPTHWISE_CONV_2D"
        if self._depthwise:
            values = values.max(axis=(0, 1, 2)).reshape(input_channels(graph, node), -1)
        elif values.ndim == 4:
            values = values.max(axis=(1, 2))
        self._values = values.astype(np.float64)

    def of_outputs(self) -> Array:
        """Per output channel."""
        return self._values.reshape(-1) if self._depthwise else self._values.max(axis=1)

    def of_inputs(self, channels: int) -> Array:
        """Per channel of the tensor that is read, which the input holds once or, flattened, many times."""
        each: Array = self._values.max(axis=1 if self._depthwise else 0)
        return np.asarray(each.reshape(-1, channels).max(axis=0))

    def divide_outputs(self, factors: Array) -> None:
        """Scale the output channels."""
        self._values /= factors.reshape(self._values.shape) if self._depthwise else factors[:, None]

    def multiply_inputs(self, factors: Array) -> None:
        """Scale the input channels."""
        if self._depthwise:
            self._values *= np.resize(factors, self._values.shape[0])[:, None]
        else:
            self._values *= np.resize(factors, self._values.shape[1])


def _weighted(graph: Graph, node: Node) -> QuantRule | None:
    """The node's rule if it has constant weights and a constant bias or none."""
    operator = OPERATORS.get(node.op)
    if operator is None or operator.rule is None or operator.rule.weights is None:
        return None
    for index in (operator.rule.weights, operator.rule.bias):
        tensor = None if index is None else graph.optional_input(node, index)
        if tensor is not None and (tensor.data is None or tensor.dtype is not DType.FLOAT32):
            return None
    return operator.rule


def _consumers(
    graph: Graph, readers: Mapping[str, list[Node]], name: str, channels: int
) -> list[tuple[str, str]] | None:
    """(node, its input) for every layer that reads the tensor; None when something else depends on its scale."""
    if name in graph.outputs:
        return None
    found: list[tuple[str, str]] = []
    for node in readers.get(name, []):
        if _weighted(graph, node) is not None:
            # Weights and bias are constant, so the tensor is the layer's activation.
            if input_channels(graph, node) % channels:
                return None
            found.append((node.name, name))
        elif _passes(graph, node, name, channels):
            further = _consumers(graph, readers, node.outputs[0], channels)
            if further is None:
                return None
            found += further
        else:
            return None
    return found


def _passes(graph: Graph, node: Node, name: str, channels: int) -> bool:
    """Whether a node is homogeneous in the tensor and leaves channels where they are in its last axis."""
    if node.op == "ATTENTION":  # the mean of the values; queries and keys change the weights
        whole = node.inputs.index(name) == 2 and len(graph.tensor(name).shape) == 3
        return whole and graph.output(node).shape[-1] == channels
    if node.inputs[0] != name or name in node.inputs[1:] or len(node.outputs) != 1:
        return False
    if node.attrs.get("activation", "NONE") not in _ACTIVATIONS:
        return False
    source, target = graph.tensor(name), graph.output(node)
    if node.op in _RESHAPES:
        return bool(target.shape) and target.shape[-1] % channels == 0
    if node.op in _REDUCTIONS:
        return len(source.shape) - 1 not in axes_of(graph, node, source)
    if node.op == "MUL":
        return graph.input(node, 1).is_constant and source.shape == target.shape
    if node.op == "PAD":  # with zeros, which stay zeros
        return not np.any(graph.input(node, 1).value()[-1])
    return node.op in _HOMOGENEOUS
