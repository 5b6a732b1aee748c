"""Lowering of ATTENTION and CACHED_ATTENTION in float."""

from __future__ import annotations

from ....converter.ir import DType, Graph, Node
from ....converter.ops.floating.attention import FloatAttention
from ....converter.ops.floating.cached_attention import FloatCachedAttention
from ....converter.ops.floating.halves import LANES
from ..call import Field, KernelCall
from ..generic.attention import bias_walk, walks
from .names import SUFFIX


def lower(_graph: Graph, _node: Node, params: FloatAttention) -> KernelCall:
    """``bw_attention_f32`` or ``_f16``, which may run in place of the queries."""
    form = params.form
    fields: dict[str, Field] = {
        "batches": form.batch,
        **{key: getattr(form, key) for key in ("heads", "group", "queries", "keys", "depth", "value_depth")},
        "heads_first": int(form.heads_first),
        **walks(form),
        **{key: getattr(params, key) for key in ("before", "after", "offset", "scale")},
    }
    if params.bias is not None:
        fields |= {"bias": params.bias.reshape(-1), **bias_walk(params.bias, form)}
    distance = {0: 0} if form.depth == form.value_depth else {}
    scratch = 4 * (form.keys + _room(params.dtype, form.value_depth))
    return KernelCall(f"bw_attention_{SUFFIX[params.dtype]}", fields, (0, 1, 2), scratch, distance)


def lower_cached(_graph: Graph, _node: Node, params: FloatCachedAttention) -> KernelCall:
    """``bw_cached_attention_*`` with a ring that is kept, ``bw_cached_attention_whole_*`` without."""
    names = ("tokens", "heads", "depth", "value_depth", "context", "scale")
    fields: dict[str, Field] = {name: getattr(params, name) for name in names}
    if params.slopes is not None:
        fields["slopes"] = params.slopes
    scratch = 4 * (params.context + 1 + _room(params.dtype, params.value_depth))
    distance = {0: 0} if params.depth == params.value_depth else {}
    stem = "bw_cached_attention"
    if not params.stateful:
        stem += "_whole"
        ring = params.context * params.heads * (params.depth + params.value_depth)
        scratch += 2 * 4 + params.dtype.bytes * ring
    return KernelCall(f"{stem}_{SUFFIX[params.dtype]}", fields, (0, 1, 2), scratch, distance)


def _room(dtype: DType, depth: int) -> int:
    """Sums of values, in float16 whole vectors of them."""
    return -(-depth // LANES) * LANES if dtype is DType.FLOAT16 else depth
