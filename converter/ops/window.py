"""Geometry of sliding windows: SAME and VALID padding, dilation (TFLite ``ComputePaddingWithOffset``)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..ir import Array, Node
from ..limits import MOST_ELEMENTS, check_products

_LARGEST = 4096  # no network for a microcontroller slides, strides or dilates further
_MOST_TAPS = 2**17  # of one window
_MOST_PADDED = 4 * MOST_ELEMENTS  # elements of the tensor that the window slides over, padding included
_MOST_ROWS = 2**22  # elements of the rows that patch_rows gives at once


@dataclass(frozen=True)
class Window:
    """A window over the rows and columns of an NHWC tensor.

    Attributes:
        input, kernel, stride, dilation, output: (height, width).
        before: (rows above, columns left) of padding; what lies beyond the input on the other side is padding too.
    """

    input: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    before: tuple[int, int]
    output: tuple[int, int]


def window(node: Node, shape: tuple[int, ...], kernel: tuple[int, ...], dilation: tuple[int, int] = (1, 1)) -> Window:
    """The window of a node with attributes ``stride`` and ``padding``: SAME, VALID or ((top, bottom), (left, right)).

    Args:
        shape: NHWC, of the tensor that the window slides over.

    Raises:
        ModelError: sizes that are not positive or absurd, an unknown padding, or a kernel larger than a VALID input.
    """
    stride = node.attrs["stride"]
    for what, pair in (("stride", stride), ("dilation", dilation), ("window", kernel)):
        if not all(1 <= size <= _LARGEST for size in pair):
            raise ModelError(f"{node.name} ({node.op}): {what} {tuple(pair)} is outside 1..{_LARGEST}")
    padding = node.attrs["padding"]
    explicit = padding if isinstance(padding, tuple) else ((0, 0), (0, 0))
    if not isinstance(padding, tuple) and padding not in ("SAME", "VALID"):
        raise ModelError(f"{node.name} ({node.op}): padding {padding} is unknown")
    source, output, before, padded = shape[1:3], [], [], shape[0] * shape[3]
    for size, taps, step, spread, (first, last) in zip(source, kernel, stride, dilation, explicit, strict=True):
        reach = (taps - 1) * spread + 1
        count = -(-size // step) if padding == "SAME" else (size + first + last + step - reach) // step
        if count < 1 or not 0 <= first < reach or not 0 <= last < reach:
            raise ModelError(f"{node.name} ({node.op}): a window of {reach} does not fit {size} with padding {padding}")
        output.append(count)
        before.append(max(0, (count - 1) * step + reach - size) // 2 if padding == "SAME" else first)
        padded *= max(size, (count - 1) * step + reach)
    taps = math.prod(kernel)
    if taps > _MOST_TAPS or padded > _MOST_PADDED:
        raise ModelError(f"{node.name} ({node.op}): a window of {taps} taps over {padded} elements is not served")
    check_products(node, taps * shape[0] * math.prod(output) * shape[3])
    return Window(
        (source[0], source[1]),
        (kernel[0], kernel[1]),
        (stride[0], stride[1]),
        (dilation[0], dilation[1]),
        (before[0], before[1]),
        (output[0], output[1]),
    )


def is_pointwise(shape: Window) -> bool:
    """1x1 without stride or padding: every window is one input pixel, in order."""
    return shape.kernel == (1, 1) and shape.stride == (1, 1) and shape.before == (0, 0)


def patches(values: Array, shape: Window, fill: float) -> Array:
    """Every window's taps: [N, H, W, C] -> view [N, out_h, out_w, kernel_h, kernel_w, C], padded with ``fill``."""
    after = [
        max(0, (out - 1) * step + (taps - 1) * spread + 1 - size - pad)
        for out, step, taps, spread, size, pad in zip(
            shape.output, shape.stride, shape.kernel, shape.dilation, shape.input, shape.before, strict=True
        )
    ]
    padded = np.pad(
        values, ((0, 0), (shape.before[0], after[0]), (shape.before[1], after[1]), (0, 0)), constant_values=fill
    )
    batch, row, column, channel = padded.strides
    return np.lib.stride_tricks.as_strided(
        padded,
        (values.shape[0], *shape.output, *shape.kernel, values.shape[3]),
        (
            batch,
            row * shape.stride[0],
            column * shape.stride[1],
            row * shape.dilation[0],
            column * shape.dilation[1],
            channel,
        ),
        writeable=False,
    )


def patch_rows(values: Array, shape: Window) -> Iterator[Array]:
    """The taps of :func:`patches`, padded with 0, as rows [positions, taps] in raster order, bounded blocks of them."""
    view = patches(values, shape, 0)
    (batch, height, width), taps = view.shape[:3], math.prod(view.shape[3:])
    columns = max(1, _MOST_ROWS // taps)
    rows = max(1, columns // width)
    images = max(1, rows // height)
    for image in range(0, batch, images):
        for row in range(0, height, rows):
            for column in range(0, width, columns):
                block = view[image : image + images, row : row + rows, column : column + columns]
                yield block.reshape(-1, taps)
