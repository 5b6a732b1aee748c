"""Lowering of EMBEDDING."""

from __future__ import annotations

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.embedding import Embedding
from ..call import Field, KernelCall


def lower(_graph: Graph, _node: Node, params: Embedding) -> KernelCall:
    """``bw_embedding``: rows are bytes to it, little-endian as every target is."""
    table = np.ascontiguousarray(params.table.astype(params.table.dtype.newbyteorder("<")))
    rows, depth = table.shape
    fields: dict[str, Field] = {
        "count": params.count,
        "rows": rows,
        "bytes": depth * table.itemsize,
        "index_bytes": params.index_dtype.bytes,
        "table": table.view(np.int8).reshape(-1),
    }
    return KernelCall("bw_embedding", fields, operands=(1,))
