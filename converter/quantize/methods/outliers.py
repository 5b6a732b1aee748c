"""The static outlier split (LLM.int8(), Dettmers et al., 2022, arXiv 2208.07339, section 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ....errors import InputError
from ...ir import DType, Graph, Node, Tensor, check
from ...ops import OPERATORS
from ...passes.rewriter import unused
from ..calibration import Calibration
from ..modes import is_joint
from ..roles import origin
from ..statistics import channel_reach
from .options import count, fraction


def outliers(
    graph: Graph, calibration: Calibration, *, threshold: float = 6.0, share: float = 0.02, samples: int = 128
) -> Graph:
    """Input channels ``O = {j: max|X_j| >= threshold}`` of fully connected layers kept in int16, the rest in int8 rows.

    ``Y = X_O W_O + X_rest W_rest``: both sums meet in one accumulator before one requantization. Rows of the rest have
    a scale each, as in the paper; W_O has scales of its own, by powers of two from those of the rest. The paper finds
    O anew for every input; here calibration fixes it, so that the split is known when code is generated.

    Args:
        threshold: magnitude from which a channel is an outlier.
        share: of a layer's input channels that may be outliers, rounded down; the largest are taken.
        samples: of the calibration data.
    """
    fraction("outliers", "share", share)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not threshold > 0:
        raise InputError(f"method 'outliers': threshold must be a number above 0, not {threshold!r}")
    writers = graph.producers()
    layers = [node for node in graph.nodes if node.op == "FULLY_CONNECTED" and _is_served(graph, writers, node)]
    data = calibration.spread(count("outliers", "samples", samples))
    reach = channel_reach(graph, {str(node.inputs[0]) for node in layers}, data.batches())
    for node in layers:
        largest = reach[str(node.inputs[0])]
        most = int(share * len(largest))
        chosen = [int(j) for j in np.argsort(-largest, kind="stable")[:most] if largest[j] >= threshold]
        if chosen:
            graph = _split(graph, node, tuple(sorted(chosen)))
    return check(graph)


def _is_served(graph: Graph, writers: Mapping[str, Node], node: Node) -> bool:
    """Whether a layer can be split: constant weights, and rows that int16 can carry."""
    if not is_joint(graph, node) or graph.tensor(node.inputs[0]).dtype is not DType.FLOAT32:
        return False
    bias = graph.optional_input(node, 2)
    if bias is not None and not bias.is_constant:
        return False
    source = origin(writers, node.inputs[0])
    return source is None or is_joint(graph, source) or "int16" in OPERATORS[source.op].types


def _split(graph: Graph, node: Node, chosen: tuple[int, ...]) -> Graph:
    """The graph with FULLY_CONNECTED_SPLIT in the layer's place."""
    weights = graph.input(node, 1)
    rest, aside = weights.value().copy(), weights.value()[:, list(chosen)].copy()
    rest[:, list(chosen)] = 0
    tensors = dict(graph.tensors)
    names = []
    for part, data in (("rest", rest), ("outliers", aside)):
        name = unused(f"{weights.name}/{part}/{node.name}", tensors)
        tensors[name] = Tensor(name, data.shape, DType.FLOAT32, data=data)
        names.append(name)
    bias = node.inputs[2] if len(node.inputs) > 2 else None
    split = replace(
        node,
        op="FULLY_CONNECTED_SPLIT",
        inputs=(node.inputs[0], names[0], bias, names[1]),
        attrs={**node.attrs, "outliers": chosen, "tokens": True},
    )
    nodes = tuple(split if other.name == node.name else other for other in graph.nodes)
    return replace(graph, tensors=tensors, nodes=nodes)
