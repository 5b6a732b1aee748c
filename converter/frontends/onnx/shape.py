"""Operators that move elements or relabel dimensions; what cannot be said otherwise is a GATHER by constant indices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...ir import DType
from .. import lowering
from .call import Activation, Call, Constant, Value


def nothing(call: Call) -> list[Value | None]:
    """Identity, and dropout at inference; a second output (the mask) is not served."""
    training = call.array(2, "training_mode") if len(call.inputs) > 2 else None
    call.require(training is None or not np.any(training), "dropout is active; export the network for inference")
    return [call.value(0), *[None] * (call.outputs - 1)]


def cast(call: Call) -> Value:
    """To another float type, which float32 stands for, or of whole numbers from int32 to int64 or back."""
    value = call.value(0)
    target = call.get("to")
    if isinstance(value, Activation) and call.graph.dtype(value.tensor) is DType.INT32 and target in (6, 7):
        return value
    # float, float16, double and bfloat16 of TensorProto.DataType; CastLike converts to the type of another value
    call.require(call.op == "CastLike" or target in (1, 10, 11, 16), "a conversion to whole numbers is not served")
    assert isinstance(value, Activation)
    real = call.graph.tensor(value.tensor).dtype.value == "float32"
    call.require(real, "a conversion from whole numbers is not served; do it outside the network")
    return value


def reshape(call: Call) -> Activation:
    """0 copies a dimension, -1 is what is left."""
    source = call.source()
    before = call.shape_of(source)
    wanted = call.integers(1, "shape")
    if wanted is None:
        raise call.fail("its shape is missing")
    if not call.get("allowzero", 0):
        call.require(all(size or i < len(before) for i, size in enumerate(wanted)), f"shape {wanted} of {list(before)}")
        wanted = [size if size else before[i] for i, size in enumerate(wanted)]
    return Activation(call.reshape(source, _resolved(call, before, wanted)))


def _resolved(call: Call, before: Sequence[int], wanted: list[int]) -> tuple[int, ...]:
    count, known = math.prod(before), math.prod(size for size in wanted if size != -1)
    if wanted.count(-1) == 1 and known and count % known == 0:
        wanted = [count // known if size == -1 else size for size in wanted]
    call.require(min(wanted, default=1) > 0 and math.prod(wanted) == count, f"shape {wanted} of {list(before)}")
    return tuple(wanted)


def flatten(call: Call) -> Activation:
    """Two dimensions: all before ``axis``, and the others."""
    source = call.source()
    shape = call.shape_of(source)
    axis = int(call.get("axis", 1))
    call.require(-len(shape) <= axis <= len(shape), f"axis {axis} of a tensor of {len(shape)} dimensions")
    axis = axis + len(shape) if axis < 0 else axis
    return Activation(call.reshape(source, (math.prod(shape[:axis]), math.prod(shape[axis:]))))


def squeeze(call: Call) -> Activation:
    """Without the given dimensions of size 1, or all of them."""
    source = call.source()
    shape = call.shape_of(source)
    given = call.integers(1, "axes")
    axes = {call.axis(a, len(shape)) for a in given} if given else {i for i, size in enumerate(shape) if size == 1}
    call.require(all(shape[axis] == 1 for axis in axes), f"axes {sorted(axes)} of shape {list(shape)}")
    return Activation(call.reshape(source, [size for i, size in enumerate(shape) if i not in axes]))


def unsqueeze(call: Call) -> Activation:
    """With new dimensions of size 1."""
    source = call.source()
    given = call.integers(1, "axes") or []
    rank = len(call.shape_of(source)) + len(given)
    axes = sorted({call.axis(axis, rank) for axis in given})
    shape = list(call.shape_of(source))
    for axis in axes:
        shape.insert(axis, 1)
    return Activation(call.reshape(source, shape))


def transpose(call: Call) -> Activation:
    """By a permutation; the reverse order where none is given."""
    source = call.source()
    rank = len(call.shape_of(source))
    order = [int(axis) for axis in call.get("perm") or range(rank)[::-1]]
    call.require(sorted(order) == list(range(rank)), f"permutation {order} of {rank} dimensions")
    return Activation(call.transpose(source, order))


def concatenate(call: Call) -> Activation:
    """Side by side along a dimension."""
    names = [call.source(index) for index in range(len(call.inputs))]
    if len(names) == 1:
        return Activation(names[0])
    axis = call.axis(int(call.get("axis", 1)), len(call.shape_of(names[0])))
    return Activation(call.emit("CONCATENATION", names, axis=axis))


def split(call: Call) -> list[Value | None]:
    """Into parts of the given sizes, or of equal ones, the last perhaps smaller."""
    source = call.source()
    shape = call.shape_of(source)
    axis = call.axis(int(call.get("axis", 0)), len(shape))
    sizes = call.integers(1, "split")
    if sizes is None:
        part = -(-shape[axis] // call.outputs)
        sizes = [min(part, shape[axis] - i * part) for i in range(call.outputs)]
    call.require(sum(sizes) == shape[axis] and min(sizes) > 0 and len(sizes) == call.outputs, f"parts of {sizes}")
    return [Activation(name) for name in lowering.split(call, source, axis, sizes)]


def cut(call: Call) -> Activation:
    """Slice: ``x[start:end:step]`` along some dimensions."""
    source = call.source()
    shape = call.shape_of(source)
    starts, ends = call.integers(1, "starts") or [], call.integers(2, "ends") or []
    given = call.integers(3, "axes")
    axes = [call.axis(a, len(shape)) for a in (range(len(starts)) if given is None else given)]
    steps = call.integers(4, "steps") or [1] * len(starts)
    call.require(len(starts) == len(ends) == len(axes) == len(steps) and 0 not in steps, "its parameters do not fit")
    ranges = [range(size) for size in shape]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        ranges[axis] = _range(shape[axis], start, end, step)
    call.require(all(len(r) for r in ranges), "the slice is empty")
    begin, size = [r.start for r in ranges], [len(r) for r in ranges]
    stepped = [axis for axis, r in enumerate(ranges) if r.step != 1]
    for axis in stepped:
        begin[axis], size[axis] = 0, shape[axis]
    source = _sliced(call, source, begin, size, "part" if stepped else "")
    for axis in stepped:
        source = gather_at(call, source, axis, ranges[axis], "" if axis == stepped[-1] else f"step{axis}")
    return Activation(source)


def _range(size: int, start: int, end: int, step: int) -> range:
    """The indices of a slice; unlike Python's, what starts before the first one backwards starts there."""
    start, end = (value + size if value < 0 else value for value in (start, end))
    if step > 0:
        return range(min(max(start, 0), size), min(max(end, 0), size), step)
    return range(min(max(start, 0), size - 1), min(max(end, -1), size - 1), step)


def _sliced(call: Call, source: str, begin: Sequence[int], size: Sequence[int], what: str) -> str:
    if tuple(size) == call.shape_of(source):
        return source
    operands = [source, call.indices("begin", list(begin)), call.indices("size", list(size))]
    return call.emit("SLICE", operands, what)


def gather_at(call: Call, source: str, axis: int, indices: Any, what: str = "") -> str:
    """The elements at some indices along a dimension."""
    positions = call.indices(f"{what or 'gather'}/indices", np.asarray(list(indices)))
    return call.emit("GATHER", [source, positions], what, axis=axis, batch_dims=0)


def gather(call: Call) -> Activation:
    """By constant indices along a dimension, which one index alone drops."""
    rows = call.given(1)
    if isinstance(rows, Activation) and call.graph.dtype(rows.tensor) is DType.INT32:
        return _embedding(call, rows.tensor)
    source, indices = call.source(), call.array(1, "indices")
    assert indices is not None
    shape = call.shape_of(source)
    axis = call.axis(int(call.get("axis", 0)), len(shape))
    inside = indices.size == 0 or (-shape[axis] <= indices.min() and indices.max() < shape[axis])
    call.require(bool(inside), f"an index is outside of a dimension of {shape[axis]}")
    indices = np.where(indices < 0, indices + shape[axis], indices)
    if indices.ndim == 0:
        begin, size = [0] * len(shape), list(shape)
        begin[axis], size[axis] = int(indices), 1
        part = _sliced(call, source, begin, size, "slice")
        return Activation(call.reshape(part, (*shape[:axis], *shape[axis + 1 :])))
    return Activation(
        gather_at(call, source, axis, indices) if indices.ndim == 1 else _gathered(call, source, axis, indices)
    )


def _embedding(call: Call, indices: str) -> Activation:
    """Rows of a constant table by indices of run time; one outside of the table reads its nearest row."""
    table = call.array(0, "table")
    call.require(
        table is not None and table.ndim == 2 and not int(call.get("axis", 0)), "only rows of a constant table"
    )
    inputs = [call.parameter(0), indices]
    return Activation(call.graph.node(call.name, "EMBEDDING", inputs, {}, dtype=DType.FLOAT32))


def _gathered(call: Call, source: str, axis: int, indices: Any) -> str:
    """Indices of several dimensions: as one, then relabelled."""
    flat = gather_at(call, source, axis, indices.reshape(-1), "flat")
    shape = call.shape_of(flat)
    return call.reshape(flat, (*shape[:axis], *indices.shape, *shape[axis + 1 :]))


def pad(call: Call) -> Activation:
    """With a constant, a reflection or the edge; negative pads cut."""
    source = call.source()
    shape = call.shape_of(source)
    margins = _margins(call, len(shape))
    if any(min(pair) < 0 for pair in margins):
        begin = [max(0, -before) for before, _ in margins]
        size = [n - b - max(0, -after) for n, b, (_, after) in zip(shape, begin, margins, strict=True)]
        call.require(min(size) > 0, "nothing is left")
        source = _sliced(call, source, begin, size, "cut")
        margins = [(max(0, before), max(0, after)) for before, after in margins]
    if not np.any(margins):
        return Activation(source)
    mode = call.get("mode", "constant")
    if mode == "edge":
        return Activation(_edges(call, source, margins))
    call.require(mode in ("constant", "reflect"), f"mode {mode} is not served")
    paddings = call.indices("paddings", margins)
    if mode == "reflect":
        return Activation(call.emit("MIRROR_PAD", [source, paddings], mode="REFLECT"))
    given = call.array(2, "value") if len(call.inputs) > 2 else None
    value = float(call.get("value", 0.0)) if given is None else float(np.ravel(given)[0])
    if value == 0:
        return Activation(call.emit("PAD", [source, paddings]))
    return Activation(call.emit("PADV2", [source, paddings, call.number("value", value)]))


def _margins(call: Call, rank: int) -> list[tuple[int, int]]:
    given = call.integers(1, "pads") or []
    listed = call.array(3, "axes") if len(call.inputs) > 3 else None
    axes = list(range(rank)) if listed is None else [call.axis(int(a), rank) for a in listed]
    call.require(len(given) == 2 * len(axes), f"pads {given} of {rank} dimensions")
    margins = [(0, 0)] * rank
    for i, axis in enumerate(axes):
        margins[axis] = (given[i], given[i + len(axes)])
    return margins


def _edges(call: Call, source: str, margins: Sequence[tuple[int, int]]) -> str:
    axes = [axis for axis, pair in enumerate(margins) if any(pair)]
    for axis in axes:
        size, (before, after) = call.shape_of(source)[axis], margins[axis]
        indices = np.clip(np.arange(-before, size + after), 0, size - 1)
        source = gather_at(call, source, axis, indices, "" if axis == axes[-1] else f"edge{axis}")
    return source


def expand(call: Call) -> Activation:
    """Broadcast to a constant shape."""
    source, wanted = call.source(), call.integers(1, "shape") or []
    shape = call.shape_of(source)
    rank = max(len(shape), len(wanted))
    before, target = (1,) * (rank - len(shape)) + shape, [1] * (rank - len(wanted)) + wanted
    call.require(
        all(1 in (b, t) or b == t for b, t in zip(before, target, strict=True)), f"shape {wanted} of {list(shape)}"
    )
    repeats = [max(b, t) // b for b, t in zip(before, target, strict=True)]
    return Activation(_tiled(call, call.reshape(source, before, "rank"), repeats))


def tile(call: Call) -> Activation:
    """Repeated along every dimension."""
    source, repeats = call.source(), call.integers(1, "repeats") or []
    call.require(len(repeats) == len(call.shape_of(source)) and min(repeats, default=1) > 0, f"repeats {repeats}")
    return Activation(_tiled(call, source, repeats))


def _tiled(call: Call, source: str, repeats: list[int]) -> str:
    return source if set(repeats) <= {1} else call.emit("TILE", [source, call.indices("repeats", repeats)])


def depth_to_space(call: Call) -> Activation:
    """Blocks of channels become blocks of pixels."""
    source, block = call.source(), int(call.get("blocksize", 0))
    shape = call.shape_of(source)
    fits = len(shape) == 4 and block > 0 and shape[1] % block**2 == 0
    call.require(fits, f"blocks of {block} of shape {list(shape)}")
    batch, channels, height, width = shape
    depth, by_column = channels // block**2, call.get("mode", "DCR") == "CRD"
    split = (batch, depth, block, block, height, width) if by_column else (batch, block, block, depth, height, width)
    order = (0, 1, 4, 2, 5, 3) if by_column else (0, 3, 4, 1, 5, 2)
    blocks = call.transpose(call.reshape(source, split, "blocks"), order, "spread")
    return Activation(call.reshape(blocks, (batch, depth, height * block, width * block)))


def space_to_depth(call: Call) -> Activation:
    """Blocks of pixels become blocks of channels."""
    source, block = call.source(), int(call.get("blocksize", 0))
    shape = call.shape_of(source)
    fits = len(shape) == 4 and block > 0 and shape[2] % block == shape[3] % block == 0
    call.require(fits, f"blocks of {block} of shape {list(shape)}")
    batch, channels, height, width = shape
    split = (batch, channels, height // block, block, width // block, block)
    blocks = call.transpose(call.reshape(source, split, "blocks"), (0, 3, 5, 1, 2, 4), "gathered")
    return Activation(call.reshape(blocks, (batch, channels * block**2, height // block, width // block)))


def shape_of(call: Call) -> Constant:
    """Shape and Size: known, since every shape is."""
    shape = np.asarray(call.shape_of(call.source()), np.int64)
    if call.op == "Size":
        return Constant(call.name, np.asarray(shape.prod()))
    start, end = call.get("start", 0), call.get("end")
    return Constant(call.name, shape[start:end])
