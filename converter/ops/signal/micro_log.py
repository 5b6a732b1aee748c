"""MICRO_LOG: the natural logarithm of the micro frontend, by a table of 128 segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import ModelError
from ...fixedpoint import Int64, as_int64
from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator, integers, require
from .frames import frame_shape, whole

#: ln 2 in Q16.
_LN2 = 45426
TABLE_SIZE = 130


@dataclass(frozen=True, eq=False)
class MicroLog:
    """uint32 [1, frames, channels] -> int16, ``2^scale * ln(x * 2^correction)``, 0 for what is not above 1.

    Attributes:
        table: int16 [130], what log2 is above a straight line, Q16.
    """

    elements: int
    table: Int64
    correction: int
    scale: int


def _shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    return [(1, *frame_shape(node, graph.input(node, 0)))]


def _prepare(graph: Graph, node: Node) -> MicroLog:
    """Range: log2 is below 2^21 in Q16 and times ln 2 fits 64 bits; 32 * ln 2 * 2^scale fits int16 up to scale 10."""
    source, target, table = graph.input(node, 0), graph.output(node), integers(graph, node, 1).reshape(-1)
    require(source.dtype is DType.UINT32, node, f"signals of type {source.dtype.value} are not served")
    require(target.dtype is DType.INT16, node, f"logarithms of type {target.dtype.value} are not served")
    if table.size != TABLE_SIZE or table.min() < 0 or table.max() >= 2**15:
        raise ModelError(f"{node.name} ({node.op}): a table of {table.size}; it has {TABLE_SIZE} of int16")
    correction, scale = whole(node, "correction", -31, 31), whole(node, "scale", 0, 10)
    return MicroLog(source.elements, as_int64(table), correction, scale)


def _reference(params: MicroLog, inputs: Inputs) -> list[Array]:
    source = inputs[0]
    assert source is not None
    correction = params.correction
    values = as_int64(source)
    values = values >> -correction if correction < 0 else (values << correction) & 0xFFFFFFFF
    known = np.maximum(values, 1)
    exponent = np.frexp(known.astype(np.float64))[1].astype(np.int64) - 1
    rest = known - (np.int64(1) << exponent)
    rest = np.where(exponent < 16, rest << np.maximum(16 - exponent, 0), rest >> np.maximum(exponent - 16, 0))
    low, high = params.table[rest >> 9], params.table[(rest >> 9) + 1]
    log2 = (exponent << 16) + rest + low + (((high - low) * (rest & 0x1FF)) >> 16)
    natural = (log2 * _LN2 + (1 << 15)) >> 16
    result = ((natural << params.scale) + (1 << 15)) >> 16
    return [np.where(values > 1, np.minimum(result, 32767), 0).astype(np.int16)]


MICRO_LOG = Operator(
    "MICRO_LOG", "uint32 -> int16", "the micro frontend's logarithm", _shapes, _prepare, _reference, inputs=(2, 2)
)
