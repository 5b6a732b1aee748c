"""SQUASH, CAPSULE_ROUTING and CAPSULE_LENGTH: networks of capsules (Sabour, Frosst and Hinton, 2017, arXiv 1710.09829).

    SQUASH           v = s |s| / (1 + |s|^2) along the last axis
    CAPSULE_ROUTING  u^_ji = W_ji u_i of inputs u [batch, inputs, depth] and weights W [capsules, inputs, dim, depth];
                     b = 0, then per iteration c_i = softmax(b_i) over the capsules, s_j = sum_i c_ij u^_ji,
                     v_j = squash(s_j), b_ij += u^_ji . v_j; the output is the last v [batch, capsules, dim]
    CAPSULE_LENGTH   |v| along the last axis

Two arithmetics, by the node's attribute ``arithmetic``: ``affine_s8`` (:mod:`.capsule_affine`, the default) and
``paper_q7`` (:mod:`.capsule_q7`), the power-of-two arithmetic of Costa et al., 2021 (arXiv 2110.02911).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ModelError
from ..ir import Array, DType, Graph, Node
from . import capsule_affine, capsule_q7
from .capsule_affine import Length, Routing, Squash
from .capsule_q7 import LengthQ7, RoutingQ7, SquashQ7
from .capsule_sizes import MOST_ITERATIONS, iterations, routing_sizes
from .functions import softmax
from .operator import Inputs, Matrix, Operator, QuantRule, float_operand, require, require_types

#: Arithmetic -> the module that defines it.
ARITHMETICS: dict[str, Any] = {"affine_s8": capsule_affine, "paper_q7": capsule_q7}


def _arithmetic(node: Node) -> Any:
    name = node.attrs.get("arithmetic", "affine_s8")
    require(name in ARITHMETICS, node, f"arithmetic {name!r} is not served; {' and '.join(ARITHMETICS)} are")
    return ARITHMETICS[name]


def _vectors(graph: Graph, node: Node) -> tuple[int, ...]:
    """The shape of capsules; raises ModelError where there are none."""
    shape = graph.input(node, 0).shape
    if not shape or 0 in shape:
        raise ModelError(f"{node.name} ({node.op}): an input of shape {list(shape)} holds no capsules")
    return shape


def squash_shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """Unchanged."""
    return [_vectors(graph, node)]


def length_shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """Without the last axis."""
    return [_vectors(graph, node)[:-1]]


def routing_shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """[batch, capsules, dim]."""
    iterations(node)
    size = routing_sizes(graph, node)
    return [(size.batch, size.capsules, size.dim)]


def prepare_squash(graph: Graph, node: Node) -> Squash | SquashQ7:
    """Integer constants in the node's arithmetic."""
    require_types(graph, node, [graph.input(node, 0), graph.output(node)], [DType.INT8])
    result: Squash | SquashQ7 = _arithmetic(node).prepare_squash(graph, node)
    return result


def prepare_routing(graph: Graph, node: Node) -> Routing | RoutingQ7:
    """Integer constants in the node's arithmetic, with the proof that every sum fits int32."""
    require_types(graph, node, [graph.input(node, 0), graph.output(node)], [DType.INT8])
    weights = graph.input(node, 1)
    require(weights.is_constant, node, "weights that are not constant are not served")
    require(weights.dtype is DType.INT8, node, f"weights of type {weights.dtype.value} are not served")
    shifted = weights.quant is not None and any(weights.quant.zero_point)
    require(not shifted, node, "weights with a zero point are not served")
    result: Routing | RoutingQ7 = _arithmetic(node).prepare_routing(graph, node)
    return result


def prepare_length(graph: Graph, node: Node) -> Length | LengthQ7:
    """Integer constants in the node's arithmetic."""
    require_types(graph, node, [graph.input(node, 0), graph.output(node)], [DType.INT8])
    result: Length | LengthQ7 = _arithmetic(node).prepare_length(graph, node)
    return result


def reference(params: Any, inputs: Inputs) -> list[Array]:
    """The exact result: the dataclass knows its arithmetic."""
    source = inputs[0]
    assert source is not None
    result: Array = params.run(source)
    return [result]


def float_squash(values: Array) -> Array:
    """``s |s| / (1 + |s|^2)``, float32."""
    power = np.sum(values.astype(np.float64) ** 2, axis=-1, keepdims=True)
    result: Array = (values * (np.sqrt(power) / (1 + power))).astype(np.float32)
    return result


@dataclass(frozen=True, eq=False)
class FloatIteration:
    """What one iteration of float routing computes, the batch first.

    Attributes:
        couplings: c [n, inputs, capsules]; sums: s [n, capsules, dim]; outputs: v [n, capsules, dim].
        agreements: u^ . v [n, inputs, capsules], None in the last iteration; logits: b after it.
    """

    couplings: Array
    sums: Array
    outputs: Array
    agreements: Array | None
    logits: Array


def float_predictions(source: Array, weights: Array) -> Array:
    """u^ [n, inputs, capsules, dim] of u [n, inputs, depth], float32."""
    # One matrix product per input capsule; [inputs, depth, capsules * dim].
    matrices = weights.transpose(1, 3, 0, 2).reshape(weights.shape[1], weights.shape[3], -1)
    product = source.transpose(1, 0, 2) @ matrices
    shape = (source.shape[1], source.shape[0], weights.shape[0], weights.shape[2])
    return np.asarray(product.reshape(shape).transpose(1, 0, 2, 3))


def float_routing(predictions: Array, count: int) -> Iterator[FloatIteration]:
    """Dynamic routing of u^ [n, inputs, capsules, dim], float32."""
    logits = np.zeros(predictions.shape[:3], np.float32)
    for number in range(count):
        couplings = softmax(logits)
        sums = np.einsum("nij,nijd->njd", couplings, predictions, optimize=True)
        outputs = float_squash(sums)
        agreements = None
        if number < count - 1:
            agreements = np.einsum("nijd,njd->nij", predictions, outputs, optimize=True)
            logits = logits + agreements
        yield FloatIteration(couplings, sums, outputs, agreements, logits)


def float_reference_routing(_graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """The last iteration's outputs, float32."""
    predictions = float_predictions(float_operand(inputs, 0), float_operand(inputs, 1))
    last = list(float_routing(predictions, iterations(node)))[-1]
    return [np.asarray(last.outputs, np.float32)]


def float_reference_squash(_graph: Graph, _node: Node, inputs: Inputs) -> list[Array]:
    """float32."""
    return [float_squash(float_operand(inputs, 0))]


def float_reference_length(_graph: Graph, _node: Node, inputs: Inputs) -> list[Array]:
    """float32."""
    return [np.sqrt(np.sum(float_operand(inputs, 0).astype(np.float64) ** 2, axis=-1)).astype(np.float32)]


def macs(graph: Graph, node: Node) -> int:
    """The matrix products, and of every iteration the weighted sum and, but for the last, the agreement."""
    size, count = routing_sizes(graph, node), iterations(node)
    elements = size.batch * size.inputs * size.capsules * size.dim
    return elements * (size.depth + 2 * count - 1)


_LIMITS = "arithmetic affine_s8 or paper_q7"

SQUASH = Operator(
    "SQUASH", "int8", f"along the last axis; {_LIMITS}", squash_shapes, prepare_squash, reference,
    float_reference=float_reference_squash, rule=QuantRule(),
)  # fmt: skip

CAPSULE_ROUTING = Operator(
    "CAPSULE_ROUTING", "int8", f"constant int8 weights; 1 to {MOST_ITERATIONS} iterations; {_LIMITS}",
    routing_shapes, prepare_routing, reference, macs=macs,
    float_reference=float_reference_routing, rule=QuantRule(inner=(Matrix(1),)), inputs=(2, 2),
)  # fmt: skip

CAPSULE_LENGTH = Operator(
    "CAPSULE_LENGTH", "int8", f"along the last axis; {_LIMITS}", length_shapes, prepare_length, reference,
    float_reference=float_reference_length, rule=QuantRule(),
)  # fmt: skip

CAPSULE_OPERATORS = (SQUASH, CAPSULE_ROUTING, CAPSULE_LENGTH)

__all__ = ["ARITHMETICS", "CAPSULE_OPERATORS", "FloatIteration", "float_predictions", "float_routing"]
