"""Data movement: reference == tflite-runtime == C, for every type that is moved."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from bitwright.converter.ir import DType, Graph, Quantization, Tensor
from bitwright.converter.load import from_bytes
from bitwright.converter.writers.tflite import write_tflite
from bitwright.errors import UnsupportedError
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from single import activation, constant, few, prove, scales, seeds, single, zero_points
from unsigned import as_uint8

#: How many dimensions tflite-runtime moves.
MOST = 5


class Mover:
    """Draws the tensors of one example, which share type, scale and zero point."""

    def __init__(self, draw: Any, dtypes: Sequence[DType]) -> None:
        self.draw = draw
        self.dtype = draw(st.sampled_from(dtypes))
        self.quant = None
        if self.dtype in (DType.INT8, DType.INT16):
            point = draw(zero_points) if self.dtype is DType.INT8 else 0
            self.quant = Quantization((float(np.float32(draw(scales()))),), (point,))

    def shape(self, least: int = 1, most: int = MOST) -> tuple[int, ...]:
        return tuple(self.draw(st.lists(st.integers(1, 4), min_size=least, max_size=most)))

    def tensor(self, name: str, shape: Sequence[int] = ()) -> Tensor:
        return Tensor(name, tuple(shape), self.dtype, self.quant)

    def known(self, name: str, shape: Sequence[int]) -> Tensor:
        """A constant of random values."""
        low, high = min(self.dtype, DType.INT32, key=lambda dtype: dtype.bytes).limits
        values = np.random.default_rng(self.draw(seeds)).integers(low, high, shape, endpoint=True)
        return Tensor(name, tuple(shape), self.dtype, self.quant, values.astype(self.dtype.numpy))

    def axis(self, rank: int) -> int:
        return int(self.draw(st.integers(-rank, rank - 1)))


Build = Callable[[Mover], Graph]


def numbers(name: str, values: Any, dtype: Any = np.int32) -> Tensor:
    """A constant of whole numbers."""
    return constant(name, np.asarray(values, dtype))


def pad(m: Mover) -> Graph:
    x = m.tensor("x", m.shape())
    margins = m.draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=len(x.shape), max_size=len(x.shape))
    )
    return single("PAD", [x, numbers("p", margins, m.draw(st.sampled_from([np.int32, np.int64])))], [m.tensor("y")])


def pad_v2(m: Mover) -> Graph:
    x = m.tensor("x", m.shape())
    margins = m.draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=len(x.shape), max_size=len(x.shape))
    )
    return single("PADV2", [x, numbers("p", margins), m.known("v", ())], [m.tensor("y")])


def mirror_pad(m: Mover) -> Graph:
    x, mode = m.tensor("x", m.shape()), m.draw(st.sampled_from(["REFLECT", "SYMMETRIC"]))
    most = [size - (mode == "REFLECT") for size in x.shape]
    margins = [m.draw(st.tuples(st.integers(0, limit), st.integers(0, limit))) for limit in most]
    return single("MIRROR_PAD", [x, numbers("p", margins)], [m.tensor("y")], {"mode": mode})


def reshape(m: Mover) -> Graph:
    x = m.tensor("x", m.shape())
    shape = list(m.draw(st.permutations(x.shape)))
    if m.draw(st.booleans()):
        shape = [math.prod(shape[:2]), *shape[2:]]
    if m.draw(st.booleans()):
        shape[m.axis(len(shape))] = -1
    if m.draw(st.booleans()):
        return single("RESHAPE", [x], [m.tensor("y")], {"new_shape": tuple(shape)})
    return single("RESHAPE", [x, numbers("s", shape)], [m.tensor("y")])


def squeeze(m: Mover) -> Graph:
    x = m.tensor("x", [1 if m.draw(st.booleans()) else size for size in m.shape()])
    ones = [i - (len(x.shape) if m.draw(st.booleans()) else 0) for i, size in enumerate(x.shape) if size == 1]
    dims = tuple(m.draw(st.lists(st.sampled_from(ones), unique=True))) if ones else ()
    return single("SQUEEZE", [x], [m.tensor("y")], {"squeeze_dims": dims})


def expand_dims(m: Mover) -> Graph:
    x = m.tensor("x", m.shape(most=MOST - 1))
    return single("EXPAND_DIMS", [x, numbers("a", m.axis(len(x.shape) + 1))], [m.tensor("y")])


def transpose(m: Mover) -> Graph:
    x = m.tensor("x", m.shape(most=6))
    order = m.draw(st.permutations(range(len(x.shape))))
    return single("TRANSPOSE", [x, numbers("o", order)], [m.tensor("y")])


def concatenation(m: Mover) -> Graph:
    """Constants among the inputs, and the same tensor twice."""
    shape = m.shape(most=4)
    axis = m.axis(len(shape))
    parts = [m.tensor("x", shape)]
    for i in range(m.draw(st.integers(0, 5))):
        size = [m.draw(st.integers(1, 4)) if d == axis % len(shape) else s for d, s in enumerate(shape)]
        kind = m.draw(st.sampled_from(["input", "constant", "again"]))
        parts.append(
            m.draw(st.sampled_from(parts))
            if kind == "again"
            else m.known(f"k{i}", size)
            if kind == "constant"
            else m.tensor(f"x{i}", size)
        )
    parts = m.draw(st.permutations(parts))
    return single("CONCATENATION", parts, [m.tensor("y")], {"axis": axis, "activation": "NONE"})


def pack(m: Mover) -> Graph:
    shape = m.shape(most=MOST - 1)
    parts = [m.tensor("x", shape)]
    for i in range(m.draw(st.integers(0, 4))):
        kind = m.draw(st.sampled_from(["input", "constant", "again"]))
        parts.append(
            m.draw(st.sampled_from(parts))
            if kind == "again"
            else m.known(f"k{i}", shape)
            if kind == "constant"
            else m.tensor(f"x{i}", shape)
        )
    attrs = {"axis": m.axis(len(shape) + 1), "values_count": len(parts)}
    return single("PACK", parts, [m.tensor("y")], attrs)


def unpack(m: Mover) -> Graph:
    x = m.tensor("x", m.shape(least=2))
    axis = m.axis(len(x.shape))
    count = x.shape[axis]
    return single("UNPACK", [x], [m.tensor(f"y{i}") for i in range(count)], {"axis": axis, "num": count})


def split(m: Mover) -> Graph:
    shape, count = list(m.shape()), m.draw(st.integers(1, 4))
    axis = m.axis(len(shape))
    shape[axis] *= count
    targets = [m.tensor(f"y{i}") for i in range(count)]
    return single("SPLIT", [numbers("a", axis), m.tensor("x", shape)], targets, {"num_splits": count})


def split_v(m: Mover) -> Graph:
    shape, sizes = list(m.shape()), m.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    axis = m.axis(len(shape))
    shape[axis] = sum(sizes)
    if m.draw(st.booleans()):
        sizes[m.axis(len(sizes))] = -1
    targets = [m.tensor(f"y{i}") for i in range(len(sizes))]
    tensors = [m.tensor("x", shape), numbers("s", sizes), numbers("a", axis)]
    return single("SPLIT_V", tensors, targets, {"num_splits": len(sizes)})


def cut(m: Mover) -> Graph:
    x = m.tensor("x", m.shape())
    begins = [m.draw(st.integers(0, size - 1)) for size in x.shape]
    counts = [m.draw(st.integers(1, size - b) | st.just(-1)) for size, b in zip(x.shape, begins, strict=True)]
    kind = m.draw(st.sampled_from([np.int32, np.int64]))
    return single("SLICE", [x, numbers("b", begins, kind), numbers("c", counts, kind)], [m.tensor("y")])


def strided_slice(m: Mover) -> Graph:
    """Ranges of either direction, also beyond the axis; single indices, a new axis, an ellipsis and every mask.

    An ellipsis that stands for no axis is not drawn: tflite-runtime gives it one and reads beyond the shape.
    """
    x = m.tensor("x", m.shape(most=4))
    first = m.draw(st.integers(0, len(x.shape)))
    last = m.draw(st.integers(first, len(x.shape)))
    kinds = [
        (m.draw(st.sampled_from(["range", "range", "index"])), size) for size in (*x.shape[:first], *x.shape[last:])
    ]
    if first < last and (last < len(x.shape) or m.draw(st.booleans())):
        kinds.insert(first, ("ellipsis", 0))
    if not kinds or m.draw(st.booleans()):
        kinds.insert(m.draw(st.integers(0, len(kinds))), ("new", 0))
    entries = [_entry(m, *kind) for kind in kinds]
    masks = {f"{name}_mask": 0 for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")}
    for i, (marks, _) in enumerate(entries):
        for mark in marks:
            masks[f"{mark}_mask"] |= 1 << i
    begins, ends, strides = ([values[k] for _, values in entries] for k in range(3))
    tensors = [x, numbers("b", begins), numbers("e", ends), numbers("s", strides)]
    return single("STRIDED_SLICE", tensors, [m.tensor("y")], {**masks, "offset": False})


def _entry(m: Mover, kind: str, size: int) -> tuple[list[str], tuple[int, int, int]]:
    """The masks and (begin, end, stride) of one entry of a strided slice, such that something is left."""
    marks = m.draw(st.lists(st.sampled_from(["begin", "end"]), unique=True))
    if kind in ("ellipsis", "new"):
        return [*marks, {"new": "new_axis"}.get(kind, kind)], (
            m.draw(st.integers(-9, 9)),
            m.draw(st.integers(-9, 9)),
            1,
        )
    if kind == "index":
        return [*marks, "shrink_axis"], (m.draw(st.integers(-size, size - 1)), m.draw(st.integers(-9, 9)), 1)
    stride = m.draw(st.sampled_from([1, 2, 3, -1, -2]))
    reach = range(-size - 2, size + 3)
    choices = [
        (b, e)
        for b in reach
        for e in reach
        if range(size)[None if "begin" in marks else b : None if "end" in marks else e : stride]
    ]
    return marks, (*m.draw(st.sampled_from(choices)), stride)


def gather(m: Mover) -> Graph:
    """Indices of up to two dimensions, also repeated ones."""
    x = m.tensor("x", m.shape(most=4))
    axis = m.axis(len(x.shape))
    shape = m.draw(st.lists(st.integers(1, 3), max_size=2))
    count = math.prod(shape)
    index = m.draw(st.lists(st.integers(0, x.shape[axis] - 1), min_size=count, max_size=count))
    kind = m.draw(st.sampled_from([np.int32, np.int64]))
    values: NDArray[Any] = np.array(index, kind).reshape(shape)
    return single("GATHER", [x, constant("i", values)], [m.tensor("y")], {"axis": axis, "batch_dims": 0})


def tile(m: Mover) -> Graph:
    x = m.tensor("x", m.shape(most=4))
    repeats = [m.draw(st.integers(1, 3)) for _ in x.shape]
    return single("TILE", [x, numbers("r", repeats, m.draw(st.sampled_from([np.int32, np.int64])))], [m.tensor("y")])


def resize_nearest(m: Mover) -> Graph:
    shape = [m.draw(st.integers(1, high)) for high in (2, 9, 9, 3)]
    size = [m.draw(st.integers(1, 24)) for _ in range(2)]
    attrs = {"align_corners": m.draw(st.booleans()), "half_pixel_centers": m.draw(st.booleans())}
    return single("RESIZE_NEAREST_NEIGHBOR", [m.tensor("x", shape), numbers("s", size)], [m.tensor("y")], attrs)


BUILDERS: tuple[Build, ...] = (
    pad, pad_v2, mirror_pad, reshape, squeeze, expand_dims, transpose, concatenation, pack, unpack, split, split_v,
    cut, strided_slice, gather, tile, resize_nearest,
)  # fmt: skip
SERVED = (DType.INT8, DType.INT16, DType.INT32, DType.INT64)
#: Types that tflite-runtime 2.14 does not move: there the reference, numpy's own indexing, stands alone.
REFUSED = {
    (tile, DType.INT16), (resize_nearest, DType.INT32), (resize_nearest, DType.INT64), (split, DType.INT64),
    (unpack, DType.INT64),
}  # fmt: skip
builders = pytest.mark.parametrize("build", BUILDERS, ids=[build.__name__ for build in BUILDERS])


@builders
@given(st.data(), seeds)
@few
def test_moves(build: Build, data: Any, seed: int) -> None:
    mover = Mover(data.draw, SERVED)
    graph = build(mover)
    if (build, mover.dtype) in REFUSED:
        prove(graph, seed, peer=None)
    else:
        prove(graph, seed)


@builders
@given(st.data(), seeds)
@few
def test_moves_of_uint8(build: Build, data: Any, seed: int) -> None:
    """What differs from int8 is the reading of the model, not the C."""
    prove(as_uint8(build(Mover(data.draw, [DType.INT8]))), seed, isas=())


@pytest.mark.parametrize(("target", "half"), [(83, False), (42, True)])
def test_nearest_positions_just_below_a_half(target: int, half: bool) -> None:
    """Positions of 0.49999997 pixels, which rounding by adding a half in float32 takes for 1."""
    attrs = {"align_corners": True, "half_pixel_centers": half}
    tensors = [activation("x", (1, 2, 2, 1)), numbers("s", [target, target])]
    prove(single("RESIZE_NEAREST_NEIGHBOR", tensors, [activation("y", ())], attrs), 1)


def test_padding_of_another_scale_is_refused() -> None:
    tensors = [activation("x", (1, 2), 0.1), numbers("p", [[0, 0], [1, 1]]), constant("v", np.array(3, np.int8), [0.2])]
    graph = single("PADV2", tensors, [activation("y", (), 0.1)])
    with pytest.raises(UnsupportedError, match="different scales"):
        from_bytes(write_tflite(graph), "model")


@given(st.lists(st.tuples(scales(), zero_points), min_size=2, max_size=4), st.booleans(), seeds)
@few
def test_concatenation_of_uint8_at_different_scales(grids: list[tuple[float, int]], known: bool, seed: int) -> None:
    """Of all types only uint8 is brought to the output's scale; the others must have it."""
    *sources, (scale, point) = grids
    tensors = [activation(f"x{i}", (2, 64), *grid) for i, grid in enumerate(sources)]
    if known:
        values = np.arange(-128, 128).astype(np.int8).reshape(2, 128)
        tensors.append(constant("k", values, [sources[0][0]], sources[0][1]))
    target = activation("y", (), scale, point)
    graph = single("CONCATENATION", tensors, [target], {"axis": 1, "activation": "NONE"})
    prove(as_uint8(graph), seed)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16], ids=lambda dtype: dtype.value)
def test_concatenation_of_other_types_at_different_scales_is_refused(dtype: DType) -> None:
    """tflite-runtime refuses int8, and copies int16 as if the scales were equal."""
    tensors = [activation(f"x{i}", (1, 2), scale, dtype=dtype) for i, scale in enumerate((0.1, 0.2))]
    target = activation("y", (), 0.1, dtype=dtype)
    graph = single("CONCATENATION", tensors, [target], {"axis": 1, "activation": "NONE"})
    with pytest.raises(UnsupportedError, match="different scales"):
        from_bytes(write_tflite(graph), "model")
