"""Convolutions and transposed convolutions, with groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...ir import Array
from ..lowering import Pair, by_groups, explicit, padded, spread
from .call import Activation, Call, Constant
from .planar import channels_first, channels_last, pair


@dataclass(frozen=True)
class _Weights:
    """Weights [out, in / groups, h, w] (transposed: [in, out / groups, h, w]) and bias of one convolution."""

    name: str
    value: Array
    bias_name: str
    bias: Array | None
    spatial: int
    groups: int


def _weights(call: Call) -> _Weights:
    value, bias = call.array("weight"), call.array("bias")
    assert value is not None
    spatial = value.ndim - 2
    call.require(spatial in (1, 2), f"convolution over {spatial} dimensions is not served; use Conv1d or Conv2d")
    weight, offset = call.get("weight"), call.get("bias")
    return _Weights(
        weight.name,
        value[:, :, None] if spatial == 1 else value,
        offset.name if isinstance(offset, Constant) else "",
        bias,
        spatial,
        int(call.get("groups", 1)),
    )


def convolution(call: Call) -> Activation:
    """conv1d, conv2d and the general convolution."""
    weights = _weights(call)
    if call.get("transposed", False):
        return _transposed(call, weights)
    spatial = weights.spatial
    source = channels_last(call, call.source("input"), spatial)
    kernel: Pair = (weights.value.shape[2], weights.value.shape[3])
    dilation = pair(call, "dilation", spatial, 1)
    before, after = _padding(call, kernel, dilation, spatial)
    if any(max(b, a) > (k - 1) * d for b, a, k, d in zip(before, after, kernel, dilation, strict=True)):
        # Padding beyond the window's reach is no geometry of a window.
        source, before, after = padded(call, source, before, after), (0, 0), (0, 0)
    attrs: dict[str, Any] = {
        "stride": pair(call, "stride", spatial, 1),
        "dilation": dilation,
        "padding": explicit(before, after),
    }
    channels = call.shape_of(source)[3]
    if weights.groups == channels > 1:
        depthwise = call.constant(weights.name, weights.value[:, 0].transpose(1, 2, 0)[None])
        bias = None if weights.bias is None else call.constant(weights.bias_name, weights.bias)
        result = call.emit("DEPTHWISE_CONV_2D", [source, depthwise, bias], **attrs)
    else:
        result = _grouped(call, weights, source, "CONV_2D", attrs)
    return channels_first(call, result, spatial)


def _padding(call: Call, kernel: Pair, dilation: Pair, spatial: int) -> tuple[Pair, Pair]:
    """Zeros before and after; 'same' puts the odd one after."""
    given = call.get("padding", 0)
    if given == "valid":
        return (0, 0), (0, 0)
    if given == "same":
        total = [(taps - 1) * spread for taps, spread in zip(kernel, dilation, strict=True)]
        return (total[0] // 2, total[1] // 2), (total[0] - total[0] // 2, total[1] - total[1] // 2)
    both = pair(call, "padding", spatial, 0)
    return both, both


def transposed_convolution(call: Call) -> Activation:
    """conv_transpose1d and conv_transpose2d."""
    return _transposed(call, _weights(call))


def _transposed(call: Call, weights: _Weights) -> Activation:
    """PyTorch's weights [in, out / groups, h, w]; a dilated kernel is one with zeros between its taps.

    The convolution whose gradient this is slides over the output: ``padding`` before it, ``padding - output_padding``
    after it.
    """
    spatial = weights.spatial
    source = channels_last(call, call.source("input"), spatial)
    value = spread(weights.value, pair(call, "dilation", spatial, 1))
    stride = pair(call, "stride", spatial, 1)
    padding, extra = pair(call, "padding", spatial, 0), pair(call, "output_padding", spatial, 0)
    reach = value.shape[2:]
    fits = all(p < k and e < s for p, k, e, s in zip(padding, reach, extra, stride, strict=True))
    call.require(fits, f"padding {padding} and output_padding {extra} are served below kernel and stride")
    after = (max(padding[0] - extra[0], 0), max(padding[1] - extra[1], 0))
    shape = call.shape_of(source)
    size = [
        (n - 1) * s - 2 * p + k + e
        for n, s, p, k, e in zip(shape[1:3], stride, padding, reach, extra, strict=True)
    ]  # fmt: skip
    attrs: dict[str, Any] = {"stride": stride, "padding": explicit(padding, after)}
    grouped = value.reshape(weights.groups, -1, *value.shape[1:]).swapaxes(1, 2)
    ready = _Weights(
        weights.name, grouped.reshape(-1, *grouped.shape[2:]), weights.bias_name, weights.bias, spatial, weights.groups
    )
    return channels_first(call, _grouped(call, ready, source, "TRANSPOSE_CONV", attrs, size), spatial)


def _grouped(
    call: Call, weights: _Weights, source: str, op: str, attrs: dict[str, Any], size: list[int] | None = None
) -> str:
    """The convolution of every group of channels with weights [out, in / groups, h, w], side by side."""
    groups, ohwi = weights.groups, weights.value.transpose(0, 2, 3, 1)

    def one(part: str, kernel: Array, bias: Array | None, suffix: str, what: str) -> str:
        weight = call.constant(weights.name + suffix, kernel)
        offset = None if bias is None else call.constant(weights.bias_name + suffix, bias)
        if size is None:
            return call.emit(op, [part, weight, offset], what, **attrs)
        shape = call.indices("output_shape", [call.shape_of(part)[0], *size, kernel.shape[0]])
        return call.emit(op, [shape, weight, part, offset], what, **attrs)

    if groups == 1:
        return one(source, ohwi, weights.bias, "", "")
    kernels = np.split(ohwi, groups)
    biases = [None] * groups if weights.bias is None else np.split(weights.bias, groups)
    return by_groups(call, source, groups, lambda i, part, what: one(part, kernels[i], biases[i], f"/{i}", what))
