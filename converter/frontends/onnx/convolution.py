"""Convolutions and transposed convolutions, with groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...ir import Array, Quantization
from ..emitter import Grid
from ..lowering import Pair, by_groups, explicit, padded, spread
from .call import Activation, Call, Constant
from .planar import automatic, channels_first, channels_last, pair, spatial_of


@dataclass(frozen=True, eq=False)
class _Weights:
    """Weights OHWI of all groups, one below the other, with the grid along axis 0, and the bias."""

    name: str
    value: Array
    grid: Grid | None
    bias: Constant | None


def _weights(call: Call, spatial: int, outputs: int) -> tuple[Constant, Array]:
    """The constant weights and their value over two dimensions; ``outputs``: the axis of output channels."""
    weights = call.given(1)
    if not isinstance(weights, Constant):
        raise call.fail("its weights are computed at run time; only constant ones are served")
    value = weights.value.astype(np.float32)
    call.require(value.ndim == spatial + 2, f"weights of shape {list(value.shape)} over {spatial} dimensions")
    call.require(
        weights.grid is None or weights.grid.quant.axis in (None, outputs),
        f"weights quantized along another axis than {outputs} are not served",
    )
    return weights, value[:, :, None] if spatial == 1 else value


def _bias(call: Call) -> Constant | None:
    bias = call.given(2)
    call.require(not isinstance(bias, Activation), "its bias is computed at run time; only constant ones are served")
    return bias if isinstance(bias, Constant) else None


def convolution(call: Call) -> Activation:
    """Conv over one or two dimensions; one group per channel is a depthwise convolution."""
    source = call.source()
    spatial = spatial_of(call, source)
    weights, value = _weights(call, spatial, 0)
    groups = int(call.get("group", 1))
    source = channels_last(call, source)
    shape = call.shape_of(source)
    call.require(
        groups > 0 and value.shape[1] * groups == shape[3] and value.shape[0] % groups == 0,
        f"weights {list(value.shape)} in {groups} groups do not fit {shape[3]} channels",
    )
    stride, dilation = pair(call, "strides", spatial), pair(call, "dilations", spatial)
    reach: Pair = ((value.shape[2] - 1) * dilation[0] + 1, (value.shape[3] - 1) * dilation[1] + 1)
    before, after = automatic(call, shape[1:3], reach, stride, spatial)
    if any(max(b, a) >= r for b, a, r in zip(before, after, reach, strict=True)):
        # Padding beyond the window's reach is no geometry of a window.
        source, before, after = padded(call, source, before, after), (0, 0), (0, 0)
    attrs: dict[str, Any] = {"stride": stride, "dilation": dilation, "padding": explicit(before, after)}
    if groups == shape[3] > 1:
        depthwise = call.constant(weights.name, value[:, 0].transpose(1, 2, 0)[None], _along(weights.grid, 3))
        bias = _bias(call)
        names = [source, depthwise, None if bias is None else call.tensor(bias)]
        return channels_first(call, call.emit("DEPTHWISE_CONV_2D", names, **attrs), spatial)

    def one(part: str, kernel: str, bias: str | None, what: str) -> str:
        return call.emit("CONV_2D", [part, kernel, bias], what, **attrs)

    ready = _Weights(weights.name, value.transpose(0, 2, 3, 1), weights.grid, _bias(call))
    return channels_first(call, _grouped(call, source, ready, groups, one), spatial)


def transposed_convolution(call: Call) -> Activation:
    """ConvTranspose; its weights are [in, out / groups, h, w], and a dilated kernel has zeros between its taps."""
    source = call.source()
    spatial = spatial_of(call, source)
    weights, value = _weights(call, spatial, 1)
    groups = int(call.get("group", 1))
    call.require(
        groups == 1 or weights.grid is None or weights.grid.quant.axis is None,
        "a grouped transposed convolution with a scale per channel is not served",
    )
    source = channels_last(call, source)
    shape = call.shape_of(source)
    call.require(groups > 0 and value.shape[0] == shape[3] and shape[3] % groups == 0, f"weights {list(value.shape)}")
    value = spread(value, pair(call, "dilations", spatial))
    stride, extra = pair(call, "strides", spatial), pair(call, "output_padding", spatial, 0)
    size, before, after = _transposed_geometry(call, shape, value, stride, extra, spatial)
    call.require(min(size) > 0, f"its output of {size} is empty")
    # [in, out / g, h, w] -> [g, in / g, out / g, h, w] -> [g, out / g, h, w, in / g]
    grouped = value.reshape(groups, -1, *value.shape[1:]).transpose(0, 2, 3, 4, 1)
    ohwi = grouped.reshape(-1, *grouped.shape[2:])
    attrs: dict[str, Any] = {"stride": stride, "padding": explicit(before, after)}

    def one(part: str, kernel: str, bias: str | None, what: str) -> str:
        wanted = call.indices("shape", [shape[0], *size, call.shape_of(kernel)[0]])
        return call.emit("TRANSPOSE_CONV", [wanted, kernel, part, bias], what, **attrs)

    ready = _Weights(weights.name, ohwi, _along(weights.grid, 0), _bias(call))
    return channels_first(call, _grouped(call, source, ready, groups, one), spatial)


def _transposed_geometry(
    call: Call, shape: tuple[int, ...], value: Array, stride: Pair, extra: Pair, spatial: int
) -> tuple[Pair, Pair, Pair]:
    """Size of the output, and the padding of the convolution that slides over it (ONNX operator ConvTranspose)."""
    reach = value.shape[2:]
    full = [(n - 1) * s + k + e for n, s, k, e in zip(shape[1:3], stride, reach, extra, strict=True)]
    wanted, mode = call.get("output_shape"), call.get("auto_pad", "NOTSET")
    if wanted or mode in ("SAME_UPPER", "SAME_LOWER"):
        size = [n * s for n, s in zip(shape[1:3], stride, strict=True)]
        if wanted:
            size = [*[1] * (2 - spatial), *[int(v) for v in wanted[-spatial:]]]
        total = [max(0, f - n) for f, n in zip(full, size, strict=True)]
        less, more = [t // 2 for t in total], [t - t // 2 for t in total]
        before, after = (less, more) if mode == "SAME_UPPER" else (more, less)
    else:
        first, last = automatic(call, shape[1:3], (reach[0], reach[1]), stride, spatial)
        before, after = list(first), list(last)
        size = [f - b - a for f, b, a in zip(full, before, after, strict=True)]
    # Rows that output_padding adds lie beyond the last window: less padding there.
    tail = (max(after[0] - extra[0], 0), max(after[1] - extra[1], 0))
    fits = all(b < k and t < k for b, t, k in zip(before, tail, reach, strict=True))
    call.require(fits, f"padding of {before} and {after} beyond the kernel {list(reach)} is not served")
    call.require(
        all(e < s or e == 0 for e, s in zip(extra, stride, strict=True)), f"output_padding {extra} of stride {stride}"
    )
    return (size[0], size[1]), (before[0], before[1]), tail


def _along(grid: Grid | None, axis: int) -> Grid | None:
    if grid is None or grid.quant.axis is None:
        return grid
    return Grid(Quantization(grid.quant.scale, grid.quant.zero_point, axis), grid.stored)


def _part(grid: Grid | None, start: int, end: int) -> Grid | None:
    """The grid of some of the output channels."""
    if grid is None or grid.quant.axis is None:
        return grid
    return Grid(Quantization(grid.quant.scale[start:end], grid.quant.zero_point[start:end], 0), grid.stored)


def _grouped(
    call: Call, source: str, weights: _Weights, groups: int, one: Callable[[str, str, str | None, str], str]
) -> str:
    """One convolution, or one per group of channels between SPLIT and CONCATENATION."""
    if groups == 1:
        bias = None if weights.bias is None else call.tensor(weights.bias)
        return one(source, call.constant(weights.name, weights.value, weights.grid), bias, "")
    units = weights.value.shape[0] // groups

    def group(i: int, part: str, what: str) -> str:
        start, end = i * units, (i + 1) * units
        kernel = call.constant(f"{weights.name}/{i}", weights.value[start:end], _part(weights.grid, start, end))
        bias = None if weights.bias is None else call.number(f"bias/{i}", weights.bias.value[start:end])
        return one(part, kernel, bias, what)

    return by_groups(call, source, groups, group)
