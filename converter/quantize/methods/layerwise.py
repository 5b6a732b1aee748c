"""One walk through an annotated graph and the float network side by side, from layer to layer with weights.

Each layer is solved on what its already solved predecessors really give it. Only the activations that are still needed
are kept, for as many samples as fit a fixed amount of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...float_reference import run_node, simulated, takes_batches
from ...ir import Array, Graph, Node, Tensor, check
from ..annotate import is_switched, operands, rule_of
from ..calibration import Calibration
from .constants import with_constants

#: An activation for all samples, in batches.
Batches = list[Array]

_MEMORY = 256 * 2**20  # bytes of activations that are kept at once


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer with weights in the middle of the walk.

    Attributes:
        graph: annotated; everything before the layer is solved.
        wanted: the weights of the float network.
        inputs: what the layer reads, on its grid.
        outputs: what the float network's layer writes.
    """

    graph: Graph
    node: Node
    wanted: Array
    inputs: Batches
    outputs: Batches

    @property
    def weights(self) -> Tensor:
        """The annotated weights."""
        return self.graph.input(self.node, self.weights_index)

    @property
    def bias(self) -> Array:
        """The bias per output channel, float64; zeros where the layer has none."""
        bias = self.graph.optional_input(self.node, self.bias_index)
        return np.zeros(self.channels) if bias is None else bias.value().reshape(-1).astype(np.float64)

    @property
    def channels(self) -> int:
        """Output channels."""
        return self.weights.shape[rule_of(self.node).channel_axis]

    @property
    def scales(self) -> Array:
        """Of the weights: float64 [channels]."""
        assert self.weights.quant is not None
        return np.broadcast_to(np.asarray(self.weights.quant.scale, np.float64), (self.channels,))

    @property
    def source(self) -> Tensor:
        """The activation that the layer reads."""
        return self.graph.tensor(self.node.inputs[operands(self.graph, self.node)[0]])

    @property
    def target(self) -> Tensor:
        """The activation that the layer writes."""
        return self.graph.output(self.node)

    def sums(self) -> Batches:
        """What the layer computes from its inputs with its weights on their grid, before activation and rounding."""
        node = replace(self.node, attrs={**self.node.attrs, "activation": "NONE"})
        return [run_node(self.graph, node, _values(self.graph, node, {self.source.name: x}))[0] for x in self.inputs]

    def with_levels(self, levels: Array) -> Mapping[int, Tensor]:
        """The change that gives the layer these integers, shaped as its weights."""
        data = (levels * self.along_channels(self.scales)).astype(np.float32)
        return {self.weights_index: replace(self.weights, data=data)}

    def with_bias(self, bias: Array) -> Mapping[int, Tensor]:
        """The change that gives the layer another bias."""
        old, values = self.graph.optional_input(self.node, self.bias_index), bias.astype(np.float32)
        name = f"{self.node.name}/bias" if old is None else old.name
        return {self.bias_index: Tensor(name, values.shape, self.weights.dtype, data=values)}

    def along_channels(self, values: Array) -> Array:
        """One value per output channel, shaped to broadcast over the weights."""
        shape = [1] * len(self.weights.shape)
        shape[rule_of(self.node).channel_axis] = -1
        return values.reshape(shape)

    @property
    def weights_index(self) -> int:
        """Of the weights among the node's inputs."""
        index = rule_of(self.node).weights
        assert index is not None
        return index

    @property
    def bias_index(self) -> int:
        """Of the bias, present or not."""
        index = rule_of(self.node).bias
        assert index is not None  # every operator with weights can take a bias
        return index


#: From a layer to the constants that take the place of its own, by input index.
Solve = Callable[[Layer], Mapping[int, Tensor]]


def layerwise(
    graph: Graph, calibration: Calibration, solve: Solve, floating: Graph | None = None, samples: int = 128
) -> Graph:
    """Solve every layer with weights, in order of execution; those that are switched to float stay as they are.

    Args:
        graph: annotated.
        floating: the float network whose outputs are wanted; the graph itself, not simulated, when absent.
        samples: of the calibration data, evenly spread; fewer where their activations would take too much memory.
    """
    originals = {node.name: node for node in (floating or graph).nodes}
    last = _last_readers(graph, originals)
    seen = calibration.spread(min(samples, _affordable(graph, last)))
    # Networks that move the leading dimension elsewhere, as attention does, see one sample at a time.
    together = takes_batches(graph) and takes_batches(floating or graph)
    batches = list(seen.batches() if together else seen.singles(graph))
    theirs: dict[str, Batches] = {name: [b[i] for b in batches] for i, name in enumerate(graph.inputs)}
    ours = {name: [simulated(graph.tensor(name), x) for x in values] for name, values in theirs.items()}
    for index, node in enumerate(graph.nodes):
        original = originals.get(node.name)
        if original is not None:
            _run(floating or graph, original, theirs, simulate=False)
        weights = rule_of(node).weights
        if weights is not None and original is not None and not is_switched(graph, node):
            wanted = (floating or graph).input(original, weights).value()
            source = str(node.inputs[operands(graph, node)[0]])
            changes = solve(Layer(graph, node, wanted, ours[source], theirs[node.outputs[0]]))
            graph = with_constants(graph, node, changes)
        _run(graph, graph.nodes[index], ours, simulate=True)
        for name in [name for name in (*ours, *theirs) if last.get(name, -1) <= index]:
            ours.pop(name, None)
            theirs.pop(name, None)
    return check(graph)


def _run(graph: Graph, node: Node, values: dict[str, Batches], simulate: bool) -> None:
    sources = [str(name) for name in node.inputs if name in values]
    results = []
    for given in zip(*(values[name] for name in sources), strict=True):
        found = run_node(graph, node, _values(graph, node, dict(zip(sources, given, strict=True)), simulate))
        pairs = zip(node.outputs, found, strict=True)
        results.append([simulated(graph.tensor(name), value) if simulate else value for name, value in pairs])
    values.update(zip(node.outputs, map(list, zip(*results, strict=True)), strict=True))


def _values(graph: Graph, node: Node, given: Mapping[str, Array], simulate: bool = True) -> list[Array | None]:
    """The operands of a node: given activations, and constants on their grids."""
    found: list[Array | None] = []
    for name in node.inputs:
        if name is None or name in given:
            found.append(None if name is None else given[name])
        else:
            tensor = graph.tensor(name)
            found.append(simulated(tensor, tensor.value()) if simulate else tensor.value())
    return found


def _last_readers(graph: Graph, originals: Mapping[str, Node]) -> dict[str, int]:
    """Index of the last node that reads a tensor, in either network."""
    last: dict[str, int] = {}
    for index, node in enumerate(graph.nodes):
        last.update(
            dict.fromkeys((str(name) for name in (*originals.get(node.name, node).inputs, *node.inputs)), index)
        )
    return last


def _affordable(graph: Graph, last: Mapping[str, int]) -> int:
    """Samples whose activations fit the memory, in both networks."""
    alive, most = set(graph.inputs), 1
    for index, node in enumerate(graph.nodes):
        alive.update(node.outputs)
        most = max(most, sum(graph.tensor(name).bytes for name in alive))
        alive = {name for name in alive if last.get(name, -1) > index}
    return max(1, _MEMORY // (2 * most))
