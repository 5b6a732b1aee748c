"""Operators that move elements or relabel dimensions; what cannot be said otherwise is a GATHER by constant indices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...ir import Array, DType
from .. import lowering
from .call import Activation, Call, Constant, Value


def nothing(call: Call) -> Value:
    """An operator that does nothing to an inference: copies, dropout in eval mode."""
    call.require(not call.get("train", False), "dropout is active; export the module in eval mode (module.eval())")
    value: Value = call.get("self") if "self" in call.arguments else call.get("input")
    return value


def full_like(call: Call) -> Constant:
    """A constant that takes only its shape from an activation."""
    return Constant(call.name, np.full(call.shape, call.get("fill_value"), np.float32))


def converted(call: Call) -> Value:
    """To another float type, which float32 stands for, or of whole numbers from int64 to int32 or back."""
    value = nothing(call)
    whole = isinstance(value, Activation) and call.graph.dtype(value.tensor) is DType.INT32
    if whole and str(call.get("dtype")) in ("None", "torch.int64", "torch.int32"):
        return value
    call.require(call.is_float, "conversion to whole numbers or from them is not served; do it outside the network")
    return value


def nothing_whole(call: Call) -> list[Value | None]:
    """The same of an operator with a second output (the mask of dropout)."""
    return [nothing(call), None]


def reshape(call: Call) -> Activation:
    """Any relabelling of dimensions: view, flatten, squeeze, unsqueeze; PyTorch has computed the shape."""
    return Activation(call.reshape(call.source(), call.shape))


def permute(call: Call) -> Activation:
    """permute, transpose, t, movedim: all by a permutation of the dimensions."""
    source = call.source()
    rank = len(call.shape_of(source))
    if "dims" in call.arguments:
        order = [int(axis) % rank for axis in call.get("dims")]
    else:
        order = list(range(rank))
        first, second = (call.axis(key, rank) if key in call.arguments else i for i, key in enumerate(("dim0", "dim1")))
        if rank > 1:
            order[first], order[second] = order[second], order[first]
    return Activation(call.transpose(source, order))


def concatenate(call: Call) -> Activation:
    """Side by side along a dimension; empty tensors are left out."""
    values: Sequence[Value] = call.get("tensors")
    names = [call.tensor(value, f"input{i}") for i, value in enumerate(values)]
    names = [name for name in names if 0 not in call.shape_of(name)]
    if len(names) == 1:
        return Activation(names[0])
    return Activation(call.emit("CONCATENATION", names, axis=call.axis("dim", len(call.shape))))


def stack(call: Call) -> Activation:
    """Side by side along a new dimension."""
    names = [call.tensor(value, f"input{i}") for i, value in enumerate(call.get("tensors"))]
    return Activation(call.emit("PACK", names, axis=call.axis("dim", len(call.shape))))


def split(call: Call) -> list[Value | None]:
    """split, chunk and split_with_sizes: the outputs' shapes say where."""
    source = call.source()
    axis = call.axis("dim", len(call.shape_of(source)))
    sizes = [shape[axis] for shape in call.shapes if shape is not None]
    return [Activation(name) for name in lowering.split(call, source, axis, sizes)]


def unbind(call: Call) -> list[Value | None]:
    """One tensor per index of a dimension."""
    source = call.source()
    axis = call.axis("dim", len(call.shape_of(source)))
    return [Activation(name) for name in call.emit_all("UNPACK", [source], call.shape_of(source)[axis], axis=axis)]


def narrow(call: Call) -> Activation:
    """``self[start:end:step]`` along a dimension."""
    source = call.source()
    shape = call.shape_of(source)
    axis, step = call.axis("dim", len(shape)), int(call.get("step", 1))
    start, end, step = slice(call.get("start"), call.get("end"), step).indices(shape[axis])
    call.require(end > start, "the slice is empty")
    if step == 1:
        return Activation(_sliced(call, source, axis, start, end - start))
    return Activation(gather(call, source, axis, range(start, end, step)))


def select(call: Call) -> Activation:
    """``self[index]`` along a dimension, which goes."""
    source = call.source()
    shape = call.shape_of(source)
    axis = call.axis("dim", len(shape))
    part = _sliced(call, source, axis, int(call.get("index")) % shape[axis], 1, "slice")
    return Activation(call.reshape(part, call.shape))


def index_select(call: Call) -> Activation:
    """By constant indices along a dimension."""
    source, indices = call.source(), call.array("index")
    assert indices is not None
    return Activation(gather(call, source, call.axis("dim", len(call.shape_of(source))), indices))


def embedding(call: Call) -> Activation:
    """Rows of a constant table by indices of run time; one outside of the table reads its nearest row."""
    table = call.parameter("weight")
    indices = call.given("indices")
    call.require(isinstance(indices, Activation), "a table that is computed at run time is not served")
    return Activation(call.graph.node(call.name, "EMBEDDING", [table, call.source("indices")], {}, dtype=DType.FLOAT32))


def index(call: Call) -> Activation:
    """``self[:, indices]``: constant indices along one dimension."""
    source, given = call.source(), list(call.get("indices"))
    places = [i for i, value in enumerate(given) if value is not None]
    chosen = given[places[0]]
    call.require(len(places) == 1 and isinstance(chosen, Constant), "only constant indices along one axis are served")
    return Activation(gather(call, source, places[0], chosen.value))


def flip(call: Call) -> Activation:
    """Backwards along dimensions."""
    source = call.source()
    shape = call.shape_of(source)
    axes = call.axes("dims", len(shape))
    for axis in axes:
        what = "" if axis == axes[-1] else f"axis{axis}"
        source = gather(call, source, axis, range(shape[axis] - 1, -1, -1), what)
    return Activation(source)


def roll(call: Call) -> Activation:
    """Around along dimensions."""
    source = call.source()
    shape = call.shape_of(source)
    shifts, axes = ([v] if isinstance(v, int) else list(v) for v in (call.get("shifts"), call.get("dims", [])))
    call.require(len(shifts) == len(axes), "rolling a flattened tensor is not served; name the dimensions")
    for i, (shift, axis) in enumerate(zip(shifts, axes, strict=True)):
        indices = np.roll(np.arange(shape[axis]), shift)
        source = gather(call, source, axis % len(shape), indices, "" if i == len(axes) - 1 else f"axis{axis}")
    return Activation(source)


def expand(call: Call) -> Activation:
    """Repeats along dimensions of one; arithmetic broadcasts by itself, so that the repeating can wait for it."""
    source = call.source()
    shape = call.shape_of(source)
    source = call.reshape(source, (*[1] * (len(call.shape) - len(shape)), *shape), "rank")
    return Activation(source if call.lazy else broadcast(call, source, ""))


def repeat(call: Call) -> Activation:
    """Copies side by side."""
    source = call.source()
    shape = call.shape_of(source)
    repeats = [int(count) for count in (call.get("repeats") or call.get("dims"))]
    rank = max(len(repeats), len(shape))
    repeats = [1] * (rank - len(repeats)) + repeats
    source = call.reshape(source, (*[1] * (rank - len(shape)), *shape), "rank")
    return Activation(_tiled(call, source, repeats, ""))


def broadcast(call: Call, source: str, what: str = "broadcast") -> str:
    """The tensor in the call's shape by repeating dimensions of one."""
    shape = call.shape_of(source)
    aligned = (*[1] * (len(call.shape) - len(shape)), *shape)
    return _tiled(call, source, [t // s for s, t in zip(aligned, call.shape, strict=True)], what)


def _tiled(call: Call, source: str, repeats: Sequence[int], what: str) -> str:
    if all(count == 1 for count in repeats):
        return source
    return call.emit("TILE", [source, call.indices("repeats", repeats)], what)


def pad(call: Call) -> Activation:
    """Constant, mirrored, repeated or circular padding; negative padding cuts."""
    given, source = [int(size) for size in (call.get("pad") or call.get("padding"))], call.source()
    rank = len(call.shape_of(source))
    pairs = [(0, 0)] * (rank - len(given) // 2) + list(zip(given[-2::-2], given[::-2], strict=True))
    mode = call.get("mode", "constant")
    for word in ("reflection", "replication"):
        mode = {"reflection": "reflect", "replication": "replicate"}[word] if word in call.op else mode
    if mode == "constant":
        return Activation(_padded(call, source, pairs, float(call.get("value") or 0)))
    if mode == "reflect":
        margins = call.indices("paddings", pairs)
        return Activation(call.emit("MIRROR_PAD", [source, margins], mode="REFLECT"))
    around = {"replicate": "edge", "circular": "wrap"}[mode]
    axes = [axis for axis, pair in enumerate(pairs) if any(pair)]
    for axis in axes:
        positions = np.arange(call.shape_of(source)[axis])
        indices = np.pad(positions, pairs[axis], mode=around)  # type: ignore[call-overload]
        source = gather(call, source, axis, indices, "" if axis == axes[-1] else f"axis{axis}")
    return Activation(source)


def _padded(call: Call, source: str, pairs: Sequence[tuple[int, int]], value: float) -> str:
    for axis, (before, after) in enumerate(pairs):
        if before < 0 or after < 0:
            start, size = max(-before, 0), call.shape_of(source)[axis] + min(before, 0) + min(after, 0)
            source = _sliced(call, source, axis, start, size, f"cut{axis}")
    margins = [(max(before, 0), max(after, 0)) for before, after in pairs]
    if not any(any(margin) for margin in margins):
        return source
    paddings = call.indices("paddings", margins)
    if value == 0:
        return call.emit("PAD", [source, paddings])
    return call.emit("PADV2", [source, paddings, call.tensor(value, "value")])


def channel_shuffle(call: Call) -> Activation:
    """Channel ``k * groups + g`` comes from ``g * (channels / groups) + k`` (Zhang et al., 2018)."""
    source = call.source()
    groups, channels = int(call.get("groups")), call.shape_of(source)[1]
    return Activation(gather(call, source, 1, np.arange(channels).reshape(groups, -1).T.ravel()))


def pixel_shuffle(call: Call) -> Activation:
    """[N, C r r, H, W] -> [N, C, H r, W r] (Shi et al., 2016), by way of channels last."""
    batch, channels, height, width, last = _image(call)
    r = int(call.get("upscale_factor"))
    split_up = call.reshape(last, (batch, height, width, channels // r**2, r, r), "factors")
    moved = call.transpose(split_up, (0, 1, 4, 2, 5, 3), "")
    merged = call.reshape(moved, (batch, height * r, width * r, channels // r**2), "pixels")
    return Activation(call.transpose(merged, (0, 3, 1, 2), "channels_first"))


def pixel_unshuffle(call: Call) -> Activation:
    """[N, C, H r, W r] -> [N, C r r, H, W]."""
    batch, channels, height, width, last = _image(call)
    r = int(call.get("downscale_factor"))
    split_up = call.reshape(last, (batch, height // r, r, width // r, r, channels), "factors")
    moved = call.transpose(split_up, (0, 1, 3, 5, 2, 4), "")
    merged = call.reshape(moved, (batch, height // r, width // r, channels * r**2), "pixels")
    return Activation(call.transpose(merged, (0, 3, 1, 2), "channels_first"))


def _image(call: Call) -> tuple[int, int, int, int, str]:
    source = call.source()
    shape = call.shape_of(source)
    call.require(len(shape) == 4, f"{len(shape)} dimensions are not served; use four")
    return *shape, call.transpose(source, (0, 2, 3, 1), "channels_last")  # type: ignore[return-value]


def gather(call: Call, source: str, axis: int, indices: Sequence[int] | Array, what: str = "") -> str:
    """The elements at constant positions along an axis."""
    size = call.shape_of(source)[axis]
    positions = np.asarray(indices, np.int64) % size
    if np.array_equal(positions, np.arange(size)):
        return source
    label = f"{what}/indices" if what else "indices"
    return call.emit("GATHER", [source, call.indices(label, positions)], what, axis=axis, batch_dims=0)


def _sliced(call: Call, source: str, axis: int, start: int, size: int, what: str = "") -> str:
    shape = call.shape_of(source)
    if size == shape[axis]:
        return source
    begin = [start if i == axis else 0 for i in range(len(shape))]
    count = [size if i == axis else length for i, length in enumerate(shape)]
    label = f"{what}/" if what else ""
    return call.emit("SLICE", [source, call.indices(f"{label}begin", begin), call.indices(f"{label}size", count)], what)
