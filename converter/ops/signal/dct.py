"""AUDIO_DCT: a constant matrix over the values of every frame; cepstral coefficients from logarithms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import AccumulatorOverflowError, ModelError
from ...fixedpoint import Int64, as_int64
from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator, exact_matmul, integers, require, require_types
from .frames import frame_shape, power_of_two


@dataclass(frozen=True, eq=False)
class Dct:
    """int16 [1, frames, channels] -> int16 [1, frames, coefficients]: ``(matrix @ x + 2^(shift - 1)) >> shift``."""

    frames: int
    matrix: Int64
    shift: int


def _shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    return [(1, frame_shape(node, graph.input(node, 0))[0], graph.input(node, 1).shape[0])]


def _prepare(graph: Graph, node: Node) -> Dct:
    """Range: by interval arithmetic over the matrix, for any int16."""
    source, target, matrix = graph.input(node, 0), graph.output(node), integers(graph, node, 1)
    require_types(graph, node, [source, target], [DType.INT16])
    require(graph.input(node, 1).dtype is DType.INT16, node, "a matrix of another type than int16")
    frames, channels = frame_shape(node, source)
    if matrix.ndim != 2 or matrix.shape[1] != channels:
        raise ModelError(f"{node.name} ({node.op}): a matrix of shape {matrix.shape} for {channels} channels")
    shift = power_of_two(node, "a scale of the output", target.scale)
    shift -= power_of_two(node, "a scale of the input", source.scale)
    shift -= power_of_two(node, "a scale of the matrix", graph.input(node, 1).scale)
    require(1 <= shift <= 31, node, f"a shift by {shift} is not served")
    worst = (int(np.abs(matrix).sum(axis=1).max()) * 2**15 + (1 << (shift - 1))) >> shift
    if worst >= 2**15:
        raise AccumulatorOverflowError(f"{node.name} ({node.op}): a coefficient can reach {worst}, beyond int16")
    return Dct(frames, as_int64(matrix), shift)


def _reference(params: Dct, inputs: Inputs) -> list[Array]:
    source = inputs[0]
    assert source is not None
    sums = exact_matmul(source[0], params.matrix.T)
    return [((sums + (1 << (params.shift - 1))) >> params.shift).astype(np.int16)[None]]


def _macs(graph: Graph, node: Node) -> int:
    return frame_shape(node, graph.input(node, 0))[0] * graph.input(node, 1).elements


AUDIO_DCT = Operator(
    "AUDIO_DCT",
    "int16",
    "constant int16 matrix, scales that are powers of two",
    _shapes,
    _prepare,
    _reference,
    macs=_macs,
    inputs=(2, 2),
)
