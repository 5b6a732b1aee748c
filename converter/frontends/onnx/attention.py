"""ONNX' Attention (opset 23): heads in a dimension of their own, or side by side in every token."""

from __future__ import annotations

import math

from ..attention import attend
from .call import Activation, Call


def attention(call: Call) -> Activation:
    """``softmax(scale * Q K^T + mask) V`` with a constant mask, without a cache of the past."""
    call.require(not call.used & {1, 2, 3}, "its present keys, values and scores are not served; use the output alone")
    past = [call.given(index) for index in (4, 5, 6)]
    call.require(not any(past), "past keys and values or lengths of run time are not served; see nn/attention.py")
    call.require(not call.get("softcap"), "a softcap is not served")
    query, key, value = (call.source(index) for index in range(3))
    heads = call.get("q_num_heads"), call.get("kv_num_heads"), call.get("kv_num_heads")
    split = len(call.shape_of(query)) == 3
    if split:
        call.require(None not in heads, "q_num_heads and kv_num_heads are needed where tokens come before heads")
        names = zip((query, key, value), heads, ("query", "key", "value"), strict=True)
        query, key, value = (_by_head(call, name, int(count or 1), what) for name, count, what in names)
    scale = call.get("scale") or 1 / math.sqrt(call.shape_of(query)[-1])
    mask = call.array(3, "mask")
    result = attend(call, query, key, value, float(scale), mask, bool(call.get("is_causal")))
    if split:
        batch, count, tokens, depth = call.shape_of(result)
        moved = call.transpose(result, (0, 2, 1, 3), "tokens")
        result = call.reshape(moved, (batch, tokens, count * depth), "joined")
    return Activation(result)


def _by_head(call: Call, name: str, heads: int, what: str) -> str:
    """[batch, heads, tokens, depth] from [batch, tokens, heads * depth]."""
    batch, tokens, width = call.shape_of(name)
    call.require(heads > 0 and width % heads == 0, f"{width} elements of a token do not make {heads} heads")
    return call.transpose(
        call.reshape(name, (batch, tokens, heads, width // heads), f"{what}/split"), (0, 2, 1, 3), f"{what}/heads"
    )
