"""Lowering of BATCH_MATMUL in float."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.floating.batch_matmul import FloatBatchMatmul
from ..call import KernelCall
from ..generic.batch_matmul import walks
from .names import SUFFIX


def lower(_graph: Graph, _node: Node, params: FloatBatchMatmul) -> KernelCall:
    """``bw_batch_matmul_f32`` or ``_f16``."""
    return KernelCall(f"bw_batch_matmul_{SUFFIX[params.dtype]}", walks(params), operands=(0, 1))
