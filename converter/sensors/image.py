"""Camera images: cropped, resized and normalised in integers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ..fixedpoint import INT32_MAX
from ..ir import Array, DType, Edge, Graph, Quantization, Tensor
from .builder import Builder, joined, network_input

_WEIGHT = 127


@dataclass(frozen=True)
class ImageFrontEnd:
    """How a network sees an image of uint8 pixels, channels last.

    Attributes:
        height: rows of the camera's image.
        width: its columns.
        crop: cut the largest middle part of the network's proportions before resizing; else both sides are scaled.
        mean: per channel, or one for all; the network was trained on ``(pixel / 255 - mean) / std``.
        std: the same.
    """

    height: int
    width: int
    crop: bool = False
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)


def with_image(network: Graph, front: ImageFrontEnd) -> Graph:
    """The network behind an image front end: its input becomes uint8 [1, height, width, channels] at the interface.

    RESIZE_BILINEAR (half-pixel centres, steps of 1/1024 pixel) and, unless the network's grid is that of the pixels, a
    depthwise convolution of 1x1, which is the normalisation rounded once.

    Raises:
        InputError: the network takes no image, or the settings do not fit it.
    """
    target = network_input(network)
    if len(target.shape) != 4 or target.shape[0] != 1 or target.dtype is not DType.INT8:
        raise InputError(
            f"'{network.name}' takes {target.dtype.value}{list(target.shape)}; "
            "an image is int8 [1, height, width, channels]"
        )
    if min(front.height, front.width) < 1:
        raise InputError(f"an image of {front.height} x {front.width} pixels is none")
    mean, std = _per_channel("mean", front.mean, target.shape[3]), _per_channel("std", front.std, target.shape[3])
    if not np.all(std > 0):
        raise InputError("'std' must be positive")
    same = _is_the_pixels_grid(target, mean, std)
    shape = (1, front.height, front.width, target.shape[3])
    if same and shape == target.shape:
        return replace(network, edges={**network.edges, target.name: Edge(DType.UINT8)})
    builder = Builder()
    # Pixels are int8, 128 less, of real value 0 to 255; or on the network's own grid where that differs by a factor.
    grid = (target.scale, target.zero_point) if same else (1.0, -128)
    pixels = last = builder.tensor("pixels", shape, DType.INT8, *grid)
    last = _cropped(builder, last, target) if front.crop else last
    last = _resized(builder, last, target)
    builder.deliver(last if same else _normalised(builder, last, target, mean, std), target)
    return joined(network, builder, pixels, edge=Edge(DType.UINT8))


def _per_channel(name: str, values: tuple[float, ...], channels: int) -> Array:
    if len(values) not in (1, channels) or not np.all(np.isfinite(values)):
        raise InputError(f"'{name}' must be one finite number, or one for each of {channels} channels")
    return np.broadcast_to(np.asarray(values, np.float64), (channels,))


def _is_the_pixels_grid(target: Tensor, mean: Array, std: Array) -> bool:
    """Whether every pixel, less 128, is already the network's integer: up to what float32 scales are off, over 255."""
    step = 1 / (255 * std * target.scale)
    offset = target.zero_point - mean / (std * target.scale) + 128
    return bool(np.all(np.abs(offset) + 255 * np.abs(step - 1) < 1e-3))


def _cropped(builder: Builder, source: str, target: Tensor) -> str:
    before = builder.tensors[source]
    (_, high, wide, channels), (_, rows, columns, _) = before.shape, target.shape
    height, width = min(high, max(1, wide * rows // columns)), min(wide, max(1, high * columns // rows))
    if (height, width) == (high, wide):
        return source
    begin = builder.integers("crop_begin", (0, (high - height) // 2, (wide - width) // 2, 0))
    size = builder.integers("crop_size", (1, height, width, channels))
    return builder.op("crop", "SLICE", (source, begin, size), replace(before, name="cropped"))


def _resized(builder: Builder, source: str, target: Tensor) -> str:
    before = builder.tensors[source]
    if before.shape == target.shape:
        return source
    operands = (source, builder.integers("resize_size", target.shape[1:3]))
    after = replace(before, name="resized")
    return builder.op("resize", "RESIZE_BILINEAR", operands, after, align_corners=False, half_pixel_centers=True)


def _normalised(builder: Builder, source: str, target: Tensor, mean: Array, std: Array) -> str:
    """One multiplier per channel: weights of 127 with the scale ``1 / (127 * 255 * std)``, the mean in the bias."""
    channels = target.shape[3]
    scale = (1 / (_WEIGHT * 255 * std)).astype(np.float32)
    bias = np.rint(-mean * 255 * _WEIGHT)
    if np.abs(bias).max() > INT32_MAX:
        raise InputError("'mean' is far outside the pixels' range of 0 to 1")
    quant = Quantization(tuple(map(float, scale)), (0,) * channels, 3)
    weights = builder.constant("scale", np.full((1, 1, 1, channels), _WEIGHT, np.int8), quant=quant)
    offsets = builder.constant("offset", bias.astype(np.int32), quant=replace(quant, axis=0))
    attrs = {"padding": "VALID", "stride": (1, 1), "dilation": (1, 1), "depth_multiplier": 1, "activation": "NONE"}
    after = replace(target, name="normalised")
    return builder.op("normalise", "DEPTHWISE_CONV_2D", (source, weights, offsets), after, **attrs)
