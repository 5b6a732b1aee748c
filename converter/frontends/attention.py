"""Attention as ONNX and PyTorch both call it: one ATTENTION node, its mask split into distances and a bias."""

from __future__ import annotations

from ..ir import Array
from ..ops.attention_mask import masked
from .emitter import Emitter


def attend(
    call: Emitter, query: str, key: str, value: str, scale: float, mask: Array | None = None, causal: bool = False
) -> str:
    """``softmax(scale * Q K^T + mask) V`` of [tokens, depth], [batch, tokens, depth] or [batch, heads, tokens, depth].

    Args:
        mask: broadcasts to [batch, heads, queries, keys]: False or a large negative number hides, others are added.
        causal: query i sees the keys up to i.

    Raises:
        UnsupportedError: a mask that differs between the samples of a batch or hides every key from a query, or values
            beyond 32767.
    """
    call.require(scale > 0, f"a scale of {scale} is not served")
    shapes = [call.shape_of(name) for name in (query, key, value)]
    rank = len(shapes[0])
    call.require(
        2 <= rank <= 4 and all(len(shape) == rank for shape in shapes),
        f"queries, keys and values of {shapes} are not served; they must be [batch, heads, tokens, depth]",
    )
    if rank < 4:  # [1, 1 or batch, tokens, depth]
        raised = [(1,) * (4 - rank) + shape for shape in shapes]
        query, key, value = (
            call.reshape(name, shape, what)
            for name, shape, what in zip((query, key, value), raised, ("query", "key", "value"), strict=True)
        )
    queries, keys, heads = shapes[0][-2], shapes[1][-2], call.shape_of(query)[1]
    try:
        attrs, bias = masked(mask, causal, heads, queries, keys)
    except ValueError as error:
        raise call.fail(str(error)) from error
    inputs = [query, key, value] + ([] if bias is None else [call.constant(f"{call.name}/bias", bias)])
    what = "" if rank == 4 else "heads"
    result = call.emit("ATTENTION", inputs, what, scale=float(scale), **attrs)
    return call.reshape(result, call.shape_of(result)[4 - rank :])
