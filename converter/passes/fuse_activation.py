"""Fuses clamps into the operators before them: RELU and kin, and MAXIMUM and MINIMUM with a constant."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..ir import Graph, Node
from .rewriter import Rewriter

Interval = tuple[float, float]

#: Every clamp that is an operator of its own, and none at all.
_INTERVALS: dict[str, Interval] = {
    "NONE": (-math.inf, math.inf),
    "RELU": (0.0, math.inf),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU_0_TO_1": (0.0, 1.0),
}
#: Those that other operators can carry.
_FUSED = frozenset({"RELU", "RELU6", "RELU_N1_TO_1"})
_NAMES: dict[Interval | None, str] = {interval: name for name, interval in _INTERVALS.items()}
_CARRIERS = frozenset(
    {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "ADD", "SUB", "MUL"}
    | {"AVERAGE_POOL_2D", "MAX_POOL_2D"}
)


def fuse_activation(graph: Graph) -> Graph:
    """The graph with every clamp in the operator that writes its input, where the clamp is the only reader.

    Two clamps in a row become one. A tensor between them that carries a grid of its own stays, since it is rounded.
    """
    rewriter = Rewriter(graph)
    for name in list(rewriter.nodes):
        _fuse(rewriter, rewriter.nodes[name])
    return rewriter.finish()


def _fuse(rewriter: Rewriter, node: Node) -> None:
    clamp = _clamp(rewriter, node)
    if clamp is None:
        return
    source, outer = clamp
    producer = rewriter.producer(source)
    if producer is not None and rewriter.is_private(source) and _is_unrounded(rewriter, source, node):
        inner = _clamp(rewriter, producer)
        if inner is not None:
            name = _NAMES.get(_both(inner[1], outer), "NONE")
            if name != "NONE":
                node = rewriter.absorb(producer, node, op=name, inputs=(inner[0],), attrs={})
                _fuse(rewriter, node)
                return
        elif producer.op in _CARRIERS:
            name = _NAMES.get(_both(_INTERVALS[producer.attrs.get("activation", "NONE")], outer), "NONE")
            if name in _FUSED:
                rewriter.absorb(producer, node, attrs={**producer.attrs, "activation": name})
                return
    if node.op not in _INTERVALS and outer in _NAMES:
        rewriter.replace(node, replace(node, op=_NAMES[outer], inputs=(source,), attrs={}))


def _clamp(rewriter: Rewriter, node: Node) -> tuple[str, Interval] | None:
    """What the node clamps and to which interval; None where it does anything else."""
    if node.op in _INTERVALS:
        return str(node.inputs[0]), _INTERVALS[node.op]
    if node.op not in ("MAXIMUM", "MINIMUM"):
        return None
    first, second = (rewriter.tensors[str(name)] for name in node.inputs)
    source, bound = (second, first) if first.is_constant else (first, second)
    if source.is_constant or bound.data is None or bound.elements != 1 or bound.data.dtype != np.float32:
        return None
    if rewriter.tensors[node.outputs[0]].shape != source.shape:
        return None
    value = float(bound.data.reshape(-1)[0])
    return source.name, (value, math.inf) if node.op == "MAXIMUM" else (-math.inf, value)


def _both(inner: Interval, outer: Interval) -> Interval | None:
    """One clamp for two in a row; None where they do not overlap, so that the result is not their intersection."""
    low, high = max(inner[0], outer[0]), min(inner[1], outer[1])
    return (low, high) if low <= high else None


def _is_unrounded(rewriter: Rewriter, name: str, node: Node) -> bool:
    """Whether the clamp sees real values, or values on the grid of its own output with a bound on that grid, zero."""
    source, target = rewriter.tensors[name], rewriter.tensors[node.outputs[0]]
    return source.stored is None or (
        node.op == "RELU" and (source.stored, source.quant) == (target.stored, target.quant)
    )
