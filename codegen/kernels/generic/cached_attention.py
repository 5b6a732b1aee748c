"""Lowering of CACHED_ATTENTION."""

from __future__ import annotations

import math

import numpy as np

from ....converter.ir import DType, Graph, Node
from ....converter.ops.cached_attention import CachedAttention
from ..call import Field, KernelCall, as_c
from .attention import mean, weighing


def lower(_graph: Graph, _node: Node, params: CachedAttention) -> KernelCall:
    """``bw_cached_attention_s8`` and ``_s16`` with a ring that is kept, ``bw_cached_attention_whole_…`` without."""
    stem = "s16" if params.dtype is DType.INT16 else "s8"
    names = ("tokens", "heads", "depth", "value_depth", "context", "bits", "step")
    fields: dict[str, Field] = {
        **{name: getattr(params, name) for name in names},
        "past_only": int(params.past_only),
        "fraction": params.mean.fraction,
        **dict(zip(("query_zero_point", "key_zero_point", "value_zero_point"), params.zero_points, strict=True)),
        "weighing": weighing(params.weighing),
        "mean": mean(params.mean),
    }
    if params.bias is not None:
        fields["bias"] = as_c(params.bias.reshape(-1), np.int32)
    keys = params.context + 1
    rows = 2 * params.depth + params.value_depth
    # Sums of 64 bits start at a multiple of 8, scratch at one of 4.
    scratch = 4 + 8 * params.value_depth + 4 * (keys + params.value_depth) + 2 * (keys + rows)
    distance = {0: 0} if params.depth == params.value_depth else {}
    sources: tuple[str, ...] = ("bw_cached_attention", "bw_attention", "bw_attend_ring", "bw_attend_s16")
    if params.stateful:
        return KernelCall(f"bw_cached_attention_{stem}", fields, (0, 1, 2), scratch, distance, sources=sources)
    starts = [_aligned(scratch)]
    for dtype, shape in params.states:
        starts.append(_aligned(starts[-1] + dtype.bytes * math.prod(shape)))
    whole: dict[str, Field] = {"layer": fields, "ring": tuple(starts)}
    sources = (*sources, f"bw_cached_attention_{stem}")
    return KernelCall(f"bw_cached_attention_whole_{stem}", whole, (0, 1, 2), starts[-1], distance, sources=sources)


def _aligned(size: int) -> int:
    return -(-size // 4) * 4
