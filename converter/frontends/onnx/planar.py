"""Between ONNX's channels-first tensors and the [N, H, W, C] of sliding windows; one dimension is a height of 1."""

from __future__ import annotations

from collections.abc import Sequence

from ..builder import TO_CHANNELS_FIRST, TO_CHANNELS_LAST
from ..lowering import Pair
from .call import Activation, Call


def spatial_of(call: Call, source: str) -> int:
    """How many dimensions a window slides over. Raises UnsupportedError unless it is one or two."""
    spatial = len(call.shape_of(source)) - 2
    call.require(spatial in (1, 2), f"windows over {spatial} dimensions are not served; use one or two")
    return spatial


def channels_last(call: Call, source: str) -> str:
    """[N, C, (H,) W] as [N, H, W, C]."""
    spatial = spatial_of(call, source)
    result = call.transpose(source, TO_CHANNELS_LAST[spatial + 2], "channels_last")
    if spatial == 1:
        shape = call.shape_of(result)
        result = call.reshape(result, (shape[0], 1, *shape[1:]), "height")
    return result


def channels_first(call: Call, result: str, spatial: int) -> Activation:
    """The way back."""
    if spatial == 1:
        shape = call.shape_of(result)
        result = call.reshape(result, (shape[0], *shape[2:]), "length")
    return Activation(call.transpose(result, TO_CHANNELS_FIRST[spatial + 2], "channels_first"))


def pair(call: Call, key: str, spatial: int, otherwise: int = 1) -> Pair:
    """An attribute of a window as (height, width); ``otherwise`` over a height of 1, or where it is left out."""
    values = [int(v) for v in call.get(key) or [otherwise] * spatial]
    call.require(len(values) == spatial, f"{key} {values} over {spatial} dimensions")
    return (otherwise, values[0]) if spatial == 1 else (values[0], values[1])


def pads(call: Call, spatial: int) -> tuple[Pair, Pair]:
    """The attribute ``pads``: (before, after), each (height, width)."""
    values = [int(v) for v in call.get("pads") or [0] * 2 * spatial]
    call.require(len(values) == 2 * spatial and min(values) >= 0, f"pads {values} over {spatial} dimensions")
    before, after = values[:spatial], values[spatial:]
    return ((0, before[0]), (0, after[0])) if spatial == 1 else ((before[0], before[1]), (after[0], after[1]))


def automatic(call: Call, size: Sequence[int], reach: Pair, stride: Pair, spatial: int) -> tuple[Pair, Pair]:
    """Padding by ``auto_pad``, else ``pads``; SAME makes ``ceil(size / stride)`` windows."""
    mode = call.get("auto_pad", "NOTSET")
    if mode == "NOTSET":
        return pads(call, spatial)
    call.require(mode in ("VALID", "SAME_UPPER", "SAME_LOWER"), f"auto_pad {mode} is unknown")
    if mode == "VALID":
        return (0, 0), (0, 0)
    total = [max(0, (-(-n // s) - 1) * s + k - n) for n, k, s in zip(size, reach, stride, strict=True)]
    less, more = (total[0] // 2, total[1] // 2), (total[0] - total[0] // 2, total[1] - total[1] // 2)
    return (less, more) if mode == "SAME_UPPER" else (more, less)
