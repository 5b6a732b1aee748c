"""Keys and values whose channels share one range, for caches of few bits: static shift and smoothing, all folded.

WKVQuant (Yue et al., 2024, arXiv 2402.12065) quantizes a cache in two dimensions: a static shift and scale for each
channel, which fold into the layers around it, and a scale for each token at run time. The latter is the operator's; the
former is this. Of every CACHED_ATTENTION, with mu_j and s_j the middle and half the range of channel j:

    keys       (k - mu) / s    a shift moves all scores of a query alike, and no weight
    queries    q s
    values     (v - mu) / s    the layer behind takes s into its weights and mu into its bias
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ....errors import InputError
from ...ir import Array, Graph, Node, Tensor
from ..calibration import Calibration
from ..statistics import Statistics, observe
from .options import count

_LEAST = 1e-5


def balance_cache(graph: Graph, calibration: Calibration, *, samples: int = 64) -> Graph:
    """The same function, where queries, keys and values come from layers of their own, and one layer reads the result.

    Args:
        samples: of the calibration data.

    Raises:
        InputError: there is no attention with a cache, or none has such layers around it.
    """
    attentions = [node for node in graph.nodes if node.op == "CACHED_ATTENTION"]
    found = [(node, around) for node in attentions if (around := _around(graph, node)) is not None]
    if not found:
        raise InputError("balance_cache: there is no attention with a cache between four linear layers")
    statistics = observe(graph, calibration.spread(count("balance_cache", "samples", samples)).batches())
    tensors = dict(graph.tensors)
    nodes = {node.name: node for node in graph.nodes}
    for node, (query, key, value, out) in found:
        shift, scale = _ranges(statistics, str(node.inputs[1]))
        _rewrite(graph, tensors, nodes, query, scale, np.zeros_like(scale))
        _rewrite(graph, tensors, nodes, key, 1 / scale, -shift / scale)
        shift, scale = _ranges(statistics, str(node.inputs[2]))
        _rewrite(graph, tensors, nodes, value, 1 / scale, -shift / scale)
        weights = graph.input(out, 1).value()
        _set(graph, tensors, nodes, out, weights * scale, _bias(graph, out) + weights @ shift)
    return replace(graph, tensors=tensors, nodes=tuple(nodes[node.name] for node in graph.nodes))


def _around(graph: Graph, node: Node) -> tuple[Node, Node, Node, Node] | None:
    """The layers of queries, keys, values and of the result, each private to this attention and its weights to it."""
    producers = graph.producers()
    layers = [producers.get(str(name)) for name in node.inputs[:3]]
    readers = [other for other in graph.nodes if node.outputs[0] in other.inputs]
    layers.append(readers[0] if len(readers) == 1 else None)
    names: list[str] = [*(str(name) for name in node.inputs[:3]), node.outputs[0]]
    weights = [name for other in graph.nodes for name in other.inputs if name is not None]
    for layer in layers:
        plain = layer is not None and layer.op == "FULLY_CONNECTED" and layer.attrs.get("activation", "NONE") == "NONE"
        if (
            layer is None
            or not plain
            or not graph.input(layer, 1).is_constant
            or weights.count(str(layer.inputs[1])) > 1
        ):
            return None
    if any(weights.count(name) > 1 or name in graph.outputs for name in names) or len(set(names)) < 4:
        return None
    query, key, value, out = (layer for layer in layers if layer is not None)
    return query, key, value, out


def _ranges(statistics: Statistics, name: str) -> tuple[Array, Array]:
    """Middle and half the range of every channel; of one that never changes, its value and 1."""
    low, high = (np.asarray(v, np.float64) for v in (statistics[name].channel_low, statistics[name].channel_high))
    half = (high - low) / 2
    return (high + low) / 2, np.where(half > _LEAST, half, 1.0)


def _rewrite(
    graph: Graph, tensors: dict[str, Tensor], nodes: dict[str, Node], layer: Node, factor: Array, offset: Array
) -> None:
    """The layer's output times a factor, plus an offset."""
    weights, bias = graph.input(layer, 1).value(), _bias(graph, layer)
    _set(graph, tensors, nodes, layer, weights * factor[:, None], bias * factor + offset)


def _bias(graph: Graph, layer: Node) -> Array:
    bias = graph.optional_input(layer, 2)
    units = graph.input(layer, 1).shape[0]
    return np.zeros(units) if bias is None else bias.value().astype(np.float64).reshape(-1)


def _set(
    graph: Graph, tensors: dict[str, Tensor], nodes: dict[str, Node], layer: Node, weights: Array, bias: Array
) -> None:
    """New constants under the old names, the bias under one of the layer's own."""
    old = graph.input(layer, 1)
    tensors[old.name] = replace(old, data=weights.astype(np.float32))
    name = f"{layer.name}/balanced_bias"
    tensors[name] = Tensor(name, bias.shape, old.dtype, data=bias.astype(np.float32))
    nodes[layer.name] = replace(layer, inputs=(*layer.inputs[:2], name))
