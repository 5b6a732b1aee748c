"""The static outlier split (LLM.int8(), Dettmers et al., 2022, arXiv 2208.07339, section 3.2)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ....errors import InputError
from ...float_reference import run_float
from ...ir import Array, DType, Graph, Node, Tensor, check
from ...ops import OPERATORS
from ...passes.rewriter import unused
from ..calibration import Calibration
from ..modes import is_joint
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
    layers = [node for node in graph.nodes if node.op == "FULLY_CONNECTED" and _is_served(graph, node)]
    reach = _reach(graph, {str(node.inputs[0]) for node in layers}, calibration.spread(_count(samples)))
    for node in layers:
        largest = reach[str(node.inputs[0])]
        most = int(share * len(largest))
        chosen = [int(j) for j in np.argsort(-largest, kind="stable")[:most] if largest[j] >= threshold]
        if chosen:
            graph = _split(graph, node, tuple(sorted(chosen)))
    return check(graph)


def _count(samples: object) -> int:
    return count("outliers", "samples", samples)


def _is_served(graph: Graph, node: Node) -> bool:
    """Whether a layer can be split: constant weights, and rows that int16 can carry."""
    if not is_joint(graph, node) or graph.tensor(node.inputs[0]).dtype is not DType.FLOAT32:
        return False
    bias = graph.optional_input(node, 2)
    if bias is not None and not bias.is_constant:
        return False
    writers = graph.producers()
    source = writers.get(node.inputs[0] or "")
    while source is not None and (rule := OPERATORS[source.op].rule) is not None and rule.same:
        source = writers.get(source.inputs[0] or "")
    return source is None or is_joint(graph, source) or "int16" in OPERATORS[source.op].types


def _reach(graph: Graph, names: set[str], data: Calibration) -> dict[str, Array]:
    """Largest magnitude of every channel of the tensors."""
    reach: dict[str, Array] = {}

    def visit(name: str, value: Array) -> None:
        if name in names:
            largest = np.abs(value.reshape(-1, value.shape[-1])).max(axis=0)
            reach[name] = np.maximum(reach.get(name, largest), largest)

    for batch in data.batches():
        run_float(graph, batch, visit)
    return reach


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
