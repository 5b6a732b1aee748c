"""Pooling with the corner cases of ONNX: rounding up, padding that counts, the whole image."""

from __future__ import annotations

from typing import Any

from ..lowering import Pair, explicit, padded, padding_reached
from .call import Activation, Call, Lowering, Value
from .planar import automatic, channels_first, channels_last, pair, spatial_of


def _windows(call: Call, source: str, spatial: int) -> tuple[Pair, Pair, Pair, Pair, Pair]:
    """Kernel, stride, padding before, padding that counts after, and after as far as the windows reach."""
    call.require(call.get("kernel_shape") is not None, "kernel_shape is missing")
    kernel, stride = pair(call, "kernel_shape", spatial), pair(call, "strides", spatial)
    call.require(pair(call, "dilations", spatial) == (1, 1), "dilated pooling is not served")
    size = call.shape_of(source)[1:3]
    before, counted = automatic(call, size, kernel, stride, spatial)
    ceil = bool(call.get("ceil_mode", 0))
    after = [padding_reached(*axis, ceil) for axis in zip(size, kernel, stride, before, counted, strict=True)]
    return kernel, stride, before, counted, (after[0], after[1])


def max_pool(call: Call) -> list[Value | None]:
    """The largest value of each window; padding never is."""
    call.require(call.used <= {0}, "the places of the largest values are not served")
    source = call.source()
    spatial = spatial_of(call, source)
    source = channels_last(call, source)
    kernel, stride, before, _, after = _windows(call, source, spatial)
    attrs: dict[str, Any] = {"filter": kernel, "stride": stride, "padding": explicit(before, after)}
    result = channels_first(call, call.emit("MAX_POOL_2D", [source], **attrs), spatial)
    return [result, *[None] * (call.outputs - 1)]


def average_pool(call: Call) -> Activation:
    """The mean of each window, over the input's values or with the zeros around it."""
    source = call.source()
    spatial = spatial_of(call, source)
    source = channels_last(call, source)
    kernel, stride, before, counted, after = _windows(call, source, spatial)
    if call.get("count_include_pad", 0):
        # Zeros as far as the padding goes count, those beyond it (rounding up) do not.
        inside = min(counted[0], after[0]), min(counted[1], after[1])
        source = padded(call, source, before, inside)
        before, after = (0, 0), (after[0] - inside[0], after[1] - inside[1])
    attrs: dict[str, Any] = {"filter": kernel, "stride": stride, "padding": explicit(before, after)}
    return channels_first(call, call.emit("AVERAGE_POOL_2D", [source], **attrs), spatial)


def whole(op: str) -> Lowering:
    """One value per channel: MEAN or REDUCE_MAX."""

    def lower(call: Call) -> Activation:
        source = call.source()
        axes = call.indices("axes", range(2, len(call.shape_of(source))))
        return Activation(call.emit(op, [source, axes], keep_dims=True))

    return lower
