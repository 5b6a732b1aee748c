"""BATCH_NORM in its float form; ``converter/passes/fold_batchnorm.py`` removes it before a graph is quantized."""

from __future__ import annotations

from typing import Never, assert_never

import numpy as np

from ...errors import ModelError
from ..ir import Array, Graph, Node
from .operator import Inputs, Operator, float_operand, unsupported


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """Unchanged; gamma, beta, mean and variance have one value per index of the last axis."""
    source = graph.input(node, 0)
    for index in range(1, 5):
        if graph.input(node, index).shape != source.shape[-1:] or not source.shape:
            raise ModelError(
                f"{node.name} ({node.op}): input {source.shape}, but input {index} is {graph.input(node, index).shape}"
            )
    return [source.shape]


def scale_and_shift(node: Node, gamma: Array, beta: Array, mean: Array, variance: Array) -> tuple[Array, Array]:
    """``y = scale * x + shift`` in float64: gamma / sqrt(variance + epsilon), and beta less the scaled mean."""
    scale = gamma.astype(np.float64) / np.sqrt(variance.astype(np.float64) + node.attrs["epsilon"])
    return scale, beta.astype(np.float64) - mean.astype(np.float64) * scale


def float_reference(_graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """``gamma * (x - mean) / sqrt(variance + epsilon) + beta`` (Ioffe and Szegedy, 2015)."""
    source, gamma, beta, mean, variance = (float_operand(inputs, i) for i in range(5))
    scale, _ = scale_and_shift(node, gamma, beta, mean, variance)
    return [(source - mean) * scale.astype(np.float32) + beta]


def _no_integers(_graph: Graph, node: Node) -> Never:
    raise unsupported(node, "a batch normalization has no integer form; the float graph's passes fold it")


def _no_reference(params: Never, _inputs: Inputs) -> list[Array]:
    assert_never(params)


BATCH_NORM = Operator(
    "BATCH_NORM",
    "float",
    "folded into its neighbours before quantization",
    shapes,
    _no_integers,
    _no_reference,
    float_reference=float_reference,
    inputs=(5, 5),
)
