"""Operators that only move or relabel elements: each is an index map computed on the host.

The reference of every one is numpy's own indexing; the code generator turns the same geometry into strided copies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..ir import Array, DType, Graph, Node, Tensor
from ..limits import check_elements
from .operator import ANY, Inputs, Operator, QuantRule, float_operand, integers, require, require_types, unsupported
from .resize import output_size


@dataclass(frozen=True, eq=False)
class Move:
    """Where every output element comes from.

    Attributes:
        operands: the node's inputs that are read; sizes: their elements.
        maps: per output, int64 indices into the concatenation of the flattened operands; -1 stands for ``fill``.
    """

    operands: tuple[int, ...]
    sizes: tuple[int, ...]
    maps: tuple[Array, ...]
    dtype: DType
    fill: int = 0


MapRule = Callable[[Graph, Node], tuple[tuple[int, ...], list[Array]]]
_MOVED = (DType.INT8, DType.INT16, DType.INT32, DType.INT64)


def _constants(graph: Graph, node: Node, index: int) -> list[int]:
    values: list[int] = np.ravel(integers(graph, node, index)).tolist()
    return values


def _axis(node: Node, axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise ModelError(f"{node.name} ({node.op}): axis {axis} of a {rank}-D tensor")
    return axis % rank


def _indices(tensor: Tensor, start: int = 0) -> Array:
    return np.arange(start, start + tensor.elements, dtype=np.int64).reshape(tensor.shape)


def _operator(
    name: str,
    rule: MapRule,
    limits: str = "",
    inputs: tuple[int, int] = (1, 1),
    outputs: tuple[int, int] = (1, 1),
) -> Operator:
    """An operator whose shapes, reference and code all follow from one index map."""

    def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
        return [tuple(part.shape) for part in _mapped(rule, graph, node)[1]]

    def prepare(graph: Graph, node: Node) -> Move:
        operands, maps = _mapped(rule, graph, node)
        sources = [graph.input(node, i) for i in operands]
        padding = [graph.input(node, 2)] if node.op == "PADV2" else []
        targets = [graph.output(node, i) for i in range(len(node.outputs))]
        if not all(source.is_constant for source in sources):
            require_types(graph, node, [*sources, *targets], _MOVED)
        _require_same_values(node, [*sources, *padding], targets)
        return Move(operands, tuple(s.elements for s in sources), tuple(maps), sources[0].dtype, _fill(graph, node))

    def reference(params: Move, inputs: Inputs) -> list[Array]:
        parts = [np.ravel(inputs[i]) for i in params.operands]  # type: ignore[arg-type]
        pool = np.concatenate([*parts, np.array([params.fill], params.dtype.numpy)])
        return [pool[index] for index in params.maps]

    def float_reference(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
        operands, maps = _mapped(rule, graph, node)
        fill = float(np.ravel(float_operand(inputs, 2))[0]) if node.op == "PADV2" else 0.0
        return _moved_batch(graph, node, [float_operand(inputs, i) for i in operands], operands, maps, fill)

    return Operator(
        name,
        ", ".join(dtype.value for dtype in _MOVED),
        limits,
        shapes,
        prepare,
        reference,
        float_reference=float_reference,
        rule=QuantRule(same=True),
        inputs=inputs,
        outputs=outputs,
    )


def _moved_batch(
    graph: Graph, node: Node, values: Sequence[Array], operands: Sequence[int], maps: Sequence[Array], fill: float
) -> list[Array]:
    """The maps applied to every sample of a batch; what the graph declares is one sample."""
    declared = [graph.input(node, i).elements for i in operands]
    batch = max(value.size // size for value, size in zip(values, declared, strict=True))
    parts = [
        np.broadcast_to(value.reshape(-1, size), (batch, size)) for value, size in zip(values, declared, strict=True)
    ]
    pool = np.concatenate([*parts, np.full((batch, 1), fill, values[0].dtype)], axis=1)
    results = [pool[:, index.reshape(-1)] for index in maps]
    if batch == 1:
        return [result.reshape(index.shape) for result, index in zip(results, maps, strict=True)]
    return [result.reshape(batch, *index.shape[1:]) for result, index in zip(results, maps, strict=True)]


def _mapped(rule: MapRule, graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    try:
        return rule(graph, node)
    except (ValueError, IndexError) as error:
        raise ModelError(f"{node.name} ({node.op}): its shapes do not fit: {error}") from error


def _require_same_values(node: Node, sources: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
    first = sources[0]
    for tensor in (*sources, *targets):
        require(tensor.dtype is first.dtype, node, "inputs and outputs of different types are not served")
        quantized = tensor.quant is not None and first.quant is not None
        if quantized and tensor.dtype in (DType.INT8, DType.INT16) and len(tensor.quant.scale) == 1:  # type: ignore[union-attr]
            same = tensor.scale == first.scale and tensor.zero_point == first.zero_point
            require(same, node, "inputs and outputs of different scales are not served")


def _fill(graph: Graph, node: Node) -> int:
    """What padding is made of: PADV2's value, else the zero point."""
    if node.op == "PADV2":
        value = int(np.ravel(graph.input(node, 2).value())[0])
        require(-(2**31) <= value < 2**31, node, f"padding of {value} is not served")
        return value
    source = graph.input(node, 0)
    if node.op == "PAD" and source.dtype in (DType.INT8, DType.INT16) and source.quant is not None:
        return source.zero_point
    return 0


def _reshape(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    source = graph.input(node, 0)
    target = graph.optional_input(node, 1)
    if target is not None and target.data is not None:
        shape = _constants(graph, node, 1)
    elif "new_shape" in node.attrs:
        shape = list(node.attrs["new_shape"])
    elif target is not None:
        raise unsupported(node, "a shape that is not constant is not served")
    else:
        shape = list(graph.output(node).shape)
    return (0,), [_indices(source).reshape(shape)]


def _squeeze(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    source = graph.input(node, 0)
    axes = node.attrs.get("squeeze_dims", ()) or tuple(i for i, size in enumerate(source.shape) if size == 1)
    return (0,), [_indices(source).squeeze(axis=tuple(_axis(node, a, len(source.shape)) for a in axes))]


def _expand_dims(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    return (0,), [np.expand_dims(_indices(graph.input(node, 0)), _constants(graph, node, 1)[0])]


def _transpose(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    return (0,), [_indices(graph.input(node, 0)).transpose(_constants(graph, node, 1))]


def _join(graph: Graph, node: Node) -> list[Array]:
    check_elements(node, sum(graph.input(node, i).elements for i in range(len(node.inputs))))
    parts, start = [], 0
    for i in range(len(node.inputs)):
        parts.append(_indices(graph.input(node, i), start))
        start += parts[-1].size
    return parts


def _concatenation(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    require(node.attrs.get("activation", "NONE") == "NONE", node, "a fused activation is not served")
    parts = _join(graph, node)
    axis = _axis(node, node.attrs["axis"], parts[0].ndim)
    return tuple(range(len(parts))), [np.concatenate(parts, axis=axis)]


def _pack(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    parts = _join(graph, node)
    return tuple(range(len(parts))), [np.stack(parts, axis=_axis(node, node.attrs["axis"], parts[0].ndim + 1))]


def _unpack(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    source = _indices(graph.input(node, 0))
    axis = _axis(node, node.attrs["axis"], source.ndim)
    if source.shape[axis] != len(node.outputs):
        raise ModelError(f"{node.name} ({node.op}): {len(node.outputs)} outputs from an axis of {source.shape[axis]}")
    return (0,), [source.take(i, axis=axis) for i in range(source.shape[axis])]


def _split(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    source = _indices(graph.input(node, 1))
    axis = _axis(node, _constants(graph, node, 0)[0], source.ndim)
    return (1,), np.split(source, len(node.outputs), axis=axis)


def _split_v(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    source, sizes = _indices(graph.input(node, 0)), _constants(graph, node, 1)
    axis = _axis(node, _constants(graph, node, 2)[0], source.ndim)
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = source.shape[axis] - (sum(sizes) + 1)
    if sum(sizes) != source.shape[axis] or any(size < 1 for size in sizes) or len(sizes) != len(node.outputs):
        raise ModelError(f"{node.name} ({node.op}): sizes {sizes} do not split an axis of {source.shape[axis]}")
    return (0,), np.split(source, np.cumsum(sizes)[:-1].tolist(), axis=axis)


def _slice(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    source = _indices(graph.input(node, 0))
    cuts = []
    for size, begin, count in zip(source.shape, _constants(graph, node, 1), _constants(graph, node, 2), strict=True):
        end = size if count == -1 else begin + count
        if not 0 <= begin < end <= size:
            raise ModelError(f"{node.name} ({node.op}): [{begin}, {end}) is outside an axis of {size}")
        cuts.append(slice(begin, end))
    return (0,), [source[tuple(cuts)]]


def _strided_slice(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    source, attrs = _indices(graph.input(node, 0)), node.attrs
    begins, ends, strides = (_constants(graph, node, i) for i in (1, 2, 3))
    require(not attrs.get("offset", False), node, "ends given as offsets are not served")
    cuts: list[slice | int | None] = []
    axis = 0
    dense = sum(1 for i in range(len(begins)) if not (attrs["new_axis_mask"] | attrs["ellipsis_mask"]) >> i & 1)
    for i, (begin, end, stride) in enumerate(zip(begins, ends, strides, strict=True)):
        if attrs["ellipsis_mask"] >> i & 1:
            skipped = source.ndim - dense
            if skipped < 0 or attrs["ellipsis_mask"] & (attrs["ellipsis_mask"] - 1):
                raise ModelError(f"{node.name} ({node.op}): its ellipsis does not fit a {source.ndim}-D tensor")
            cuts += [slice(None)] * skipped
            axis += skipped
        elif attrs["new_axis_mask"] >> i & 1:
            cuts.append(None)
        else:
            cuts.append(_cut(node, source.shape[axis], i, begin, end, stride))
            axis += 1
    result = source[tuple(cuts)]
    if result.size == 0:
        raise ModelError(f"{node.name} ({node.op}): the slice is empty")
    return (0,), [result]


def _cut(node: Node, size: int, i: int, begin: int, end: int, stride: int) -> slice | int:
    """One axis of a strided slice. Raises ModelError for a stride of zero or an index out of range."""
    if stride == 0:
        raise ModelError(f"{node.name} ({node.op}): a stride of zero")
    if node.attrs["shrink_axis_mask"] >> i & 1:
        require(stride > 0, node, "a single index with a negative stride is not served")
        # tflite-runtime lets the begin mask win over the index.
        return 0 if node.attrs["begin_mask"] >> i & 1 else _axis(node, begin, size)
    first = None if node.attrs["begin_mask"] >> i & 1 else begin
    last = None if node.attrs["end_mask"] >> i & 1 else end
    return slice(first, last, stride)


def _gather(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    source, index = _indices(graph.input(node, 0)), integers(graph, node, 1)
    require(not node.attrs.get("batch_dims", 0), node, "batch dimensions are not served")
    axis = _axis(node, node.attrs["axis"], source.ndim)
    if index.size and (index.min() < 0 or index.max() >= source.shape[axis]):
        raise ModelError(f"{node.name} ({node.op}): an index is outside an axis of {source.shape[axis]}")
    check_elements(node, source.size // source.shape[axis] * index.size)
    return (0,), [source.take(index, axis=axis)]


def _tile(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    source, repeats = _indices(graph.input(node, 0)), _constants(graph, node, 1)
    if len(repeats) != source.ndim or any(r < 1 for r in repeats):
        raise ModelError(f"{node.name} ({node.op}): repeats {repeats} of a tensor of shape {source.shape}")
    check_elements(node, math.prod(repeats) * source.size)
    return (0,), [np.tile(source, repeats)]


def _margins(graph: Graph, node: Node) -> list[tuple[int, int]]:
    source, margins = graph.input(node, 0), integers(graph, node, 1)
    if margins.shape != (len(source.shape), 2) or margins.min(initial=0) < 0:
        raise ModelError(
            f"{node.name} ({node.op}): paddings of shape {margins.shape} from {margins.min()} do not fit a tensor of "
            f"shape {source.shape}"
        )
    pairs = [(int(before), int(after)) for before, after in margins]
    check_elements(node, math.prod(size + sum(pair) for size, pair in zip(source.shape, pairs, strict=True)))
    return pairs


def _pad(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    return (0,), [np.pad(_indices(graph.input(node, 0)), _margins(graph, node), constant_values=-1)]


def _mirror_pad(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    mode = "reflect" if node.attrs["mode"] == "REFLECT" else "symmetric"
    source, margins = _indices(graph.input(node, 0)), _margins(graph, node)
    for size, pair in zip(source.shape, margins, strict=True):
        if max(pair) > (size - 1 if mode == "reflect" else size):
            raise ModelError(f"{node.name} ({node.op}): a mirror of {max(pair)} beyond an axis of {size}")
    return (0,), [np.pad(source, margins, mode=mode)]  # type: ignore[call-overload]


def _resize_nearest(graph: Graph, node: Node) -> tuple[tuple[int, ...], list[Array]]:
    """TFLite computes each position in float32; here that happens on the host."""
    source, size = _indices(graph.input(node, 0)), output_size(graph, node)
    check_elements(node, source.shape[0] * math.prod(size) * source.shape[3])
    rows, columns = (_nearest(node, *pair) for pair in zip(source.shape[1:3], size, strict=True))
    return (0,), [source[:, rows][:, :, columns]]


def _nearest(node: Node, size: int, target: int) -> Array:
    align, half = node.attrs["align_corners"], node.attrs["half_pixel_centers"]
    aligned = align and target > 1
    scale = np.float32(size - 1) / np.float32(target - 1) if aligned else np.float32(size) / np.float32(target)
    position = (np.arange(target, dtype=np.float32) + np.float32(0.5 if half else 0.0)) * scale
    # The half is added in double, where the sum is exact, as C's round is.
    index = np.floor(position.astype(np.float64) + 0.5) if align else np.floor(position)
    clipped: Array = np.clip(index.astype(np.int64), 0, size - 1)
    return clipped


RESHAPE = _operator("RESHAPE", _reshape, "constant shape", inputs=(1, 2))
SQUEEZE = _operator("SQUEEZE", _squeeze)
EXPAND_DIMS = _operator("EXPAND_DIMS", _expand_dims, inputs=(2, 2))
TRANSPOSE = _operator("TRANSPOSE", _transpose, "constant permutation", inputs=(2, 2))
CONCATENATION = _operator(
    "CONCATENATION", _concatenation, "equal scales but in uint8 models, no fused activation", inputs=ANY
)
PACK = _operator("PACK", _pack, "equal scales", inputs=ANY)
UNPACK = _operator("UNPACK", _unpack, outputs=ANY)
SPLIT = _operator("SPLIT", _split, "constant axis", inputs=(2, 2), outputs=ANY)
SPLIT_V = _operator("SPLIT_V", _split_v, "constant sizes and axis", inputs=(3, 3), outputs=ANY)
SLICE = _operator("SLICE", _slice, "constant begin and size", inputs=(3, 3))
STRIDED_SLICE = _operator("STRIDED_SLICE", _strided_slice, "constant begin, end and strides", inputs=(4, 4))
GATHER = _operator("GATHER", _gather, "constant indices, no batch dimensions", inputs=(2, 2))
TILE = _operator("TILE", _tile, "constant repeats", inputs=(2, 2))
PAD = _operator("PAD", _pad, "constant paddings", inputs=(2, 2))
PADV2 = _operator("PADV2", _pad, "constant paddings and value", inputs=(3, 3))
MIRROR_PAD = _operator("MIRROR_PAD", _mirror_pad, "constant paddings", inputs=(2, 2))
RESIZE_NEAREST_NEIGHBOR = _operator("RESIZE_NEAREST_NEIGHBOR", _resize_nearest, "constant size", inputs=(2, 2))

SHAPE_OPERATORS = (
    RESHAPE, SQUEEZE, EXPAND_DIMS, TRANSPOSE, CONCATENATION, PACK, UNPACK, SPLIT, SPLIT_V, SLICE, STRIDED_SLICE,
    GATHER, TILE, PAD, PADV2, MIRROR_PAD, RESIZE_NEAREST_NEIGHBOR,
)  # fmt: skip
