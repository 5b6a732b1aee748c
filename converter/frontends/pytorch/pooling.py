"""Pooling with the corner cases of PyTorch: rounding up, padding that counts, adaptive sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..lowering import Pair, explicit, padded, padding_reached
from .call import Activation, Call, Value
from .planar import channels_first, channels_last, pair

_ADAPTIVE = "choose a size that divides the input's, or 1"


def _spatial(call: Call) -> int:
    return 1 if "1d" in call.op else 2


def _windows(call: Call, source: str, spatial: int) -> tuple[Pair, Pair, Pair, Pair]:
    """Kernel, stride, padding before, and after as far as the windows reach (PyTorch pooling_output_shape)."""
    kernel = pair(call, "kernel_size", spatial, 1)
    stride = pair(call, "stride", spatial, 1) if call.get("stride") else kernel
    padding = pair(call, "padding", spatial, 0)
    size, ceil = call.shape_of(source)[1:3], bool(call.get("ceil_mode", False))
    after = [padding_reached(*axis, ceil) for axis in zip(size, kernel, stride, padding, padding, strict=True)]
    return kernel, stride, padding, (after[0], after[1])


def max_pool(call: Call) -> Activation:
    """The largest value of each window; padding never is."""
    spatial = _spatial(call)
    call.require(pair(call, "dilation", spatial, 1) == (1, 1), "dilated pooling is not served")
    source = channels_last(call, call.source(), spatial)
    kernel, stride, before, after = _windows(call, source, spatial)
    attrs: dict[str, Any] = {"filter": kernel, "stride": stride, "padding": explicit(before, after)}
    return channels_first(call, call.emit("MAX_POOL_2D", [source], **attrs), spatial)


def max_pool_with_indices(call: Call) -> list[Value | None]:
    """The spelling that also returns where the values were, which is not served."""
    return [max_pool(call), None]


def avg_pool(call: Call) -> Activation:
    """The mean of each window: over the input's values, with the zeros around it, or by a divisor of its own."""
    spatial = _spatial(call)
    source = channels_last(call, call.source(), spatial)
    kernel, stride, before, after = _windows(call, source, spatial)
    divisor = call.get("divisor_override")
    if divisor is not None:
        source, before, after = padded(call, source, before, after), (0, 0), (0, 0)
    elif call.get("count_include_pad", True):
        # Zeros as far as ``padding`` goes count, those beyond it (rounding up) do not.
        counted = min(before[0], after[0]), min(before[1], after[1])
        source = padded(call, source, before, counted)
        before, after = (0, 0), (after[0] - counted[0], after[1] - counted[1])
    attrs: dict[str, Any] = {"filter": kernel, "stride": stride, "padding": explicit(before, after)}
    pooled = call.emit("AVERAGE_POOL_2D", [source], "" if divisor is None else "mean", **attrs)
    if divisor is not None:
        ratio = call.tensor(math.prod(kernel) / divisor, "divisor")
        pooled = call.emit("MUL", [pooled, ratio])
    return channels_first(call, pooled, spatial)


def adaptive_avg_pool(call: Call) -> Activation:
    """To one value per channel (MEAN) or to windows of one size."""
    return _adaptive(call, "MEAN", "AVERAGE_POOL_2D")


def adaptive_max_pool(call: Call) -> list[Value | None]:
    """The same of the largest value; the indices are not served."""
    return [_adaptive(call, "REDUCE_MAX", "MAX_POOL_2D"), None]


def _adaptive(call: Call, reduce_op: str, pool_op: str) -> Activation:
    spatial, source = _spatial(call), call.source()
    size = call.shape_of(source)[-spatial:]
    given: Sequence[int | None] = call.get("output_size")
    target = [s if t is None else int(t) for s, t in zip(size, list(given) * (spatial // len(given)), strict=True)]
    if target == [1] * spatial:
        rank = len(call.shape_of(source))
        axes = call.indices("axes", range(rank - spatial, rank))
        return Activation(call.emit(reduce_op, [source, axes], keep_dims=True))
    if target == list(size):
        return Activation(source)
    windows = [_window(call, s, t) for s, t in zip(size, target, strict=True)]
    kernel, stride = ([window[i] for window in windows] for i in (0, 1))
    flat = [1] * (2 - spatial)
    attrs: dict[str, Any] = {"filter": (*flat, *kernel), "stride": (*flat, *stride), "padding": "VALID"}
    result = call.emit(pool_op, [channels_last(call, source, spatial)], **attrs)
    return channels_first(call, result, spatial)


def _window(call: Call, size: int, target: int) -> Pair:
    """Kernel and stride of windows [floor(i * size / target), ceil((i + 1) * size / target)), if all are alike."""
    starts = [i * size // target for i in range(target)]
    widths = {-(-(i + 1) * size // target) - start for i, start in enumerate(starts)}
    steps = {after - before for before, after in pairwise(starts)} or {1}
    alike = len(widths) == len(steps) == 1
    call.require(alike, f"windows from {size} to {target} are of unequal size; {_ADAPTIVE}")
    return widths.pop(), steps.pop()
