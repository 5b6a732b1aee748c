"""Lowering of ATTENTION."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from ....converter.ir import Array, DType, Graph, Node
from ....converter.ops.attending import Mean, Weighing
from ....converter.ops.attention import Attention, Form
from ..call import Field, KernelCall, as_c


def lower(_graph: Graph, _node: Node, params: Attention) -> KernelCall:
    """``bw_attention_s8`` or ``bw_attention_s16``, which may run in place of the queries."""
    form = params.form
    fields: dict[str, Field] = {
        "batches": form.batch,
        **{key: getattr(form, key) for key in ("heads", "group", "queries", "keys", "depth", "value_depth")},
        "heads_first": int(form.heads_first),
        **walks(form),
        "before": params.before,
        "after": params.after,
        "offset": params.offset,
        "query_zero_point": params.query_zero_point,
        "weighing": weighing(params.weighing),
        "mean": mean(params.mean),
        **_bias(params),
    }
    wide = params.dtype is DType.INT16
    stem = "s16" if wide else "s8"
    scratch = 4 * (form.keys + form.value_depth) + 2 * form.keys
    # A row is written after it was read, both in the order of memory.
    distance = {0: 0} if form.depth == form.value_depth else {}
    sources = ("bw_attention", f"bw_attend_{stem}")
    return KernelCall(f"bw_attention_{stem}", fields, (0, 1, 2), scratch, distance, sources=sources)


def lower_threes(graph: Graph, node: Node, params: Attention) -> KernelCall | None:
    """``bw_attention_s8_threes``: several queries of int8, three at a time."""
    form = params.form
    scratch = 8 * form.depth + 3 * (6 * form.keys + 4 * form.value_depth)
    return several(lower(graph, node, params), params, "threes", scratch, "bw_attend_threes_s8")


def several(call: KernelCall, params: Attention, name: str, scratch: int, source: str) -> KernelCall | None:
    """A kernel of int8 that reads several queries before the first of their outputs is written; they are neighbours in
    one head alone."""
    if params.dtype is not DType.INT8 or params.form.queries == 1:
        return None
    return replace(
        call,
        function=f"bw_attention_s8_{name}",
        scratch=scratch,
        exact=not params.form.heads_first and params.form.heads > 1,
        sources=(*call.sources, source),
    )


def walks(form: Form) -> dict[str, Any]:
    """The strides of all four operands."""
    fewer = form.heads // form.group
    return {
        "query": _walk(form, form.queries, form.heads, form.depth),
        "key": _walk(form, form.keys, fewer, form.depth),
        "value": _walk(form, form.keys, fewer, form.value_depth),
        "output": _walk(form, form.queries, form.heads, form.value_depth),
    }


def _walk(form: Form, tokens: int, heads: int, depth: int) -> dict[str, int]:
    return {
        "token_stride": depth if form.heads_first else heads * depth,
        "head_stride": tokens * depth if form.heads_first else depth,
        "batch_stride": tokens * heads * depth,
    }


def weighing(params: Weighing) -> dict[str, Any]:
    """``bw_attention_weighing``."""
    return {key: value for key, value in asdict(params).items() if key != "unit"}


def mean(params: Mean) -> dict[str, Any]:
    """``bw_attention_mean``."""
    return {key: value for key, value in asdict(params).items() if key not in ("dtype", "fraction")}


def _bias(params: Attention) -> dict[str, Field]:
    """The bias and its walk."""
    bias, form = params.bias, params.form
    if bias is None:
        return {}
    return {"bias": as_c(bias.reshape(-1), np.int32), **bias_walk(bias, form)}


def bias_walk(bias: Array, form: Form) -> dict[str, Field]:
    """The strides through all of a bias, or through one by distance."""
    by_distance = bias.ndim == 2
    return {
        "bias_head": 0 if len(bias) == 1 else bias[0].size,
        "bias_query": -1 if by_distance else form.keys,
        "bias_key": 1,
        "bias_start": form.queries - 1 if by_distance else 0,
    }
