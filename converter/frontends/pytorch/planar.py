"""Between PyTorch's channels-first tensors and the [N, H, W, C] of sliding windows; one dimension is a height of 1."""

from __future__ import annotations

from collections.abc import Sequence

from ..builder import TO_CHANNELS_FIRST, TO_CHANNELS_LAST
from ..lowering import Pair
from .call import Activation, Call


def channels_last(call: Call, source: str, spatial: int) -> str:
    """[N, C, (H,) W], or the same without N, as [N, H, W, C].

    Raises:
        UnsupportedError: the window slides over more than two dimensions.
    """
    call.require(spatial in (1, 2), f"windows over {spatial} dimensions are not served; use one or two")
    shape = call.shape_of(source)
    if len(shape) == spatial + 1:
        source, shape = call.reshape(source, (1, *shape), "batch"), (1, *shape)
    result = call.transpose(source, TO_CHANNELS_LAST[spatial + 2], "channels_last")
    if spatial == 1:
        result = call.reshape(result, (shape[0], 1, shape[2], shape[1]), "height")
    return result


def channels_first(call: Call, result: str, spatial: int) -> Activation:
    """The way back, to the shape that PyTorch computed."""
    shape = call.shape_of(result)
    if spatial == 1:
        result = call.reshape(result, (shape[0], *shape[2:]), "length")
    result = call.transpose(result, TO_CHANNELS_FIRST[spatial + 2], "channels_first")
    return Activation(call.reshape(result, call.shape, "unbatched"))


def pair(call: Call, key: str, spatial: int, otherwise: int) -> Pair:
    """An argument of a window as (height, width); ``otherwise`` over a height of 1, or where it is left out."""
    given = call.get(key)
    values: Sequence[int] = [given] if isinstance(given, int) else list(given or [])
    values = list(values) * spatial if len(values) == 1 else values
    if not values:
        return otherwise, otherwise
    return (otherwise, int(values[0])) if spatial == 1 else (int(values[0]), int(values[1]))
