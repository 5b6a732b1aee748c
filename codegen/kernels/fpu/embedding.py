"""Lowering of EMBEDDING into float."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.floating.embedding import FloatEmbedding
from ..call import Field, KernelCall
from .names import SUFFIX


def lower(_graph: Graph, _node: Node, params: FloatEmbedding) -> KernelCall:
    """``bw_embedding_f32`` or ``_f16``."""
    rows, depth = params.table.shape
    fields: dict[str, Field] = {
        "count": params.count,
        "rows": rows,
        "depth": depth,
        "index_bytes": params.index_dtype.bytes,
        "table": params.table,
        "scale": params.scale,
    }
    return KernelCall(f"bw_embedding_{SUFFIX[params.dtype]}", fields, operands=(1,))
