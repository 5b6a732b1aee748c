"""ATTENTION on Armv7E-M."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.attention import Attention
from ..call import KernelCall
from ..generic import attention


def lower_pairs(graph: Graph, node: Node, params: Attention) -> KernelCall | None:
    """``bw_attention_s8_pairs``: several queries of int8, two at a time."""
    form = params.form
    scratch = 4 * form.depth + 2 * (6 * form.keys + 4 * form.value_depth)
    return attention.several(attention.lower(graph, node, params), params, "pairs", scratch, "bw_attend_pairs_s8")
