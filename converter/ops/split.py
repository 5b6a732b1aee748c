"""FULLY_CONNECTED_SPLIT: a layer of a float graph whose outlying input channels have weights of their own.

``y = x W^T + x[outliers] V^T + b`` where W [units, depth] is zero in the outlying channels and V is [units, outliers].
As integers: QUANTIZE_TOKENS, which keeps these channels aside in int16, and FULLY_CONNECTED_TOKENS.
"""

from __future__ import annotations

from typing import NoReturn

from ...errors import ModelError
from ..ir import Array, Graph, Node
from .fully_connected import FULLY_CONNECTED
from .fully_connected import shapes as layer_shapes
from .operator import (
    Inputs,
    Matrix,
    Operator,
    QuantRule,
    float_activation,
    float_bias,
    float_operand,
    unsupported,
)
from .token_wise import outliers_of

SPLIT_WEIGHTS = 3


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """Those of the layer."""
    weights, aside = graph.input(node, 1), graph.input(node, SPLIT_WEIGHTS)
    if aside.shape != (weights.shape[0], len(outliers_of(node))):
        raise ModelError(f"{node.name} ({node.op}): weights {aside.shape} for {len(outliers_of(node))} outliers")
    return layer_shapes(graph, node)


def float_reference(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """Both products in float32."""
    source, weights, aside = (float_operand(inputs, index) for index in (0, 1, SPLIT_WEIGHTS))
    result = source @ weights.T + source[..., list(outliers_of(node))] @ aside.T + float_bias(inputs, 2)
    if not node.attrs.get("keep_num_dims"):
        result = result.reshape(-1, weights.shape[0])
    return [float_activation(node.attrs.get("activation", "NONE"), result)]


def _no_integers(_graph: Graph, node: Node) -> NoReturn:
    raise unsupported(node, "it is an operator of float graphs; quantizing turns it into FULLY_CONNECTED_TOKENS")


def _no_reference(_params: NoReturn, _inputs: Inputs) -> list[Array]:
    raise AssertionError("never prepared")


FULLY_CONNECTED_SPLIT = Operator(
    name="FULLY_CONNECTED_SPLIT",
    types="of float graphs",
    limits="quantized to FULLY_CONNECTED_TOKENS",
    shapes=shapes,
    prepare=_no_integers,
    reference=_no_reference,
    macs=FULLY_CONNECTED.macs,
    float_reference=float_reference,
    rule=QuantRule(inner=(Matrix(1, 2), Matrix(SPLIT_WEIGHTS, aligned=1))),
    inputs=(4, 4),
)
