"""RESIZE_BILINEAR in integers: positions in steps of 1/1024 pixel (TFLite ResizeBilinearInteger)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import Int64, as_int64
from ..ir import Array, DType, Graph, Node
from .operator import Inputs, Operator, QuantRule, float_operand, integers, require, require_types

_ONE = 1 << 10
_MOST_POSITIONS = 2**15  # the kernels' tables hold them in int16


@dataclass(frozen=True, eq=False)
class Axis:
    """Per output row or column: the two input positions and the weight of the second in 1/1024."""

    lower: Int64
    upper: Int64
    fraction: Int64


@dataclass(frozen=True, eq=False)
class Resize:
    """[batch, in h, in w, channels] -> [batch, len(rows), len(columns), channels]."""

    shape: tuple[int, ...]
    rows: Axis
    columns: Axis
    dtype: DType


def output_size(graph: Graph, node: Node) -> tuple[int, int]:
    """The constant second input. Raises ModelError."""
    source, size = graph.input(node, 0), np.ravel(integers(graph, node, 1)).tolist()
    if len(source.shape) != 4 or len(size) != 2 or any(not 1 <= s <= 65536 for s in size):
        raise ModelError(f"{node.name} ({node.op}): input {source.shape} to size {size}")
    return size[0], size[1]


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """[N, H, W, C] -> [N, out h, out w, C]."""
    size, shape = output_size(graph, node), graph.input(node, 0).shape
    return [(shape[0], *size, shape[3])]


def _axis(source: int, target: int, align_corners: bool, half_pixel: bool) -> Axis:
    if align_corners and target > 1:
        scale = (_ONE * (source - 1) + (target - 1) // 2) // (target - 1)
    else:
        scale = (_ONE * source + target // 2) // target
    position = np.arange(target, dtype=np.int64) * scale
    if half_pixel:
        position = position + scale // 2 - (_ONE >> 1)
    # C's division truncates toward zero.
    lower = np.maximum(np.trunc(position / _ONE).astype(np.int64), 0)
    upper = np.minimum(np.trunc((position + _ONE - 1) / _ONE).astype(np.int64), source - 1)
    return Axis(lower, upper, as_int64(position - _ONE * lower))


def prepare(graph: Graph, node: Node) -> Resize:
    """Integer constants of the node."""
    source, target = graph.input(node, 0), graph.output(node)
    dtype = require_types(graph, node, [source, target], [DType.INT8, DType.INT16])
    same = source.scale == target.scale and source.zero_point == target.zero_point
    require(same, node, "resizing between different scales is not served")
    # The runtime resizes uint8 images in float32.
    require(not node.attrs.get("uint8", False), node, "uint8 images are not served; convert the model to int8")
    require(
        max(source.shape[1:3]) <= _MOST_POSITIONS, node, f"more than {_MOST_POSITIONS} rows or columns are not served"
    )
    height, width = output_size(graph, node)
    options = bool(node.attrs["align_corners"]), bool(node.attrs["half_pixel_centers"])
    require(not all(options), node, "aligned corners with half-pixel centers are not served")
    rows, columns = _axis(source.shape[1], height, *options), _axis(source.shape[2], width, *options)
    for size, axis in zip(source.shape[1:3], (rows, columns), strict=True):
        # Steps in whole 1/1024 pixels round; many of them lead beyond the last pixel, where the runtime reads astray.
        require(int(axis.lower.max()) < size, node, f"steps that lead beyond an axis of {size} are not served")
    return Resize(source.shape, rows, columns, dtype)


def reference(params: Resize, inputs: Inputs) -> list[Array]:
    """Exact result."""
    source = inputs[0]
    assert source is not None
    values = source.astype(np.int64)
    below, right = params.rows.fraction[:, None, None], params.columns.fraction[:, None]
    corner = {
        (i, j): values[:, rows][:, :, columns]
        for i, rows in enumerate((params.rows.lower, params.rows.upper))
        for j, columns in enumerate((params.columns.lower, params.columns.upper))
    }
    total = (
        corner[0, 0] * (_ONE - below) * (_ONE - right)
        + corner[1, 0] * below * (_ONE - right)
        + corner[0, 1] * (_ONE - below) * right
        + corner[1, 1] * below * right
    )
    rounded = total + np.where(total > 0, 1 << 19, -(1 << 19))
    result = np.sign(rounded) * (np.abs(rounded) >> 20)
    return [result.astype(params.dtype.numpy)]


def _float_axis(source: int, target: int, align_corners: bool, half_pixel: bool) -> tuple[Int64, Int64, Array]:
    """Lower and upper positions and the upper one's weight, in float32 (TFLite ResizeBilinear)."""
    scale = (source - 1) / (target - 1) if align_corners and target > 1 else source / target
    position = np.arange(target, dtype=np.float32)
    position = (position + np.float32(0.5)) * np.float32(scale) - np.float32(0.5) if half_pixel else position * scale
    lower = np.maximum(np.floor(position).astype(np.int64), 0)
    upper = np.minimum(np.floor(position).astype(np.int64) + 1, source - 1)
    return lower, upper, np.asarray(position - lower, np.float32)


def float_reference(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """Bilinear interpolation in float32."""
    source = float_operand(inputs, 0)
    options = bool(node.attrs["align_corners"]), bool(node.attrs["half_pixel_centers"])
    require(not all(options), node, "aligned corners with half-pixel centers are not served")
    height, width = output_size(graph, node)
    top, bottom, below = _float_axis(source.shape[1], height, *options)
    left, right, beside = _float_axis(source.shape[2], width, *options)
    below, beside = below[:, None, None], beside[:, None]
    upper = source[:, top][:, :, left] * (1 - beside) + source[:, top][:, :, right] * beside
    lower = source[:, bottom][:, :, left] * (1 - beside) + source[:, bottom][:, :, right] * beside
    return [upper * (1 - below) + lower * below]


RESIZE_BILINEAR = Operator(
    "RESIZE_BILINEAR",
    "int8, int16",
    "constant size, equal scales",
    shapes,
    prepare,
    reference,
    float_reference=float_reference,
    rule=QuantRule(same=True),
    inputs=(2, 2),
)
