"""Lowering of data movement: index maps become strided copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...converter.ir import Graph, Node
from ...converter.ops.shape_ops import Move
from ...converter.ops.variable import Copy
from .call import Field, KernelCall

_OUTER = 4  # loops around the innermost run
_ALIASES = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})


@dataclass(frozen=True)
class Nest:
    """``count`` loops with strides around runs of consecutive elements; offsets and strides in elements."""

    source: int
    target: int
    from_: int
    to: int
    run: int
    count: tuple[int, ...]
    from_stride: tuple[int, ...]
    to_stride: tuple[int, ...]

    def row(self, element: int) -> list[int]:
        """The nest as one row of the kernel's table, in bytes."""
        pad = _OUTER - len(self.count)
        return [
            self.source,
            self.target,
            self.from_ * element,
            self.to * element,
            self.run * element,
            *((1,) * pad + self.count),
            *((0,) * pad + tuple(s * element for s in self.from_stride)),
            *((0,) * pad + tuple(s * element for s in self.to_stride)),
        ]


def lower(graph: Graph, node: Node, params: Move, isa: str) -> KernelCall:
    """``bw_copy`` where the bytes stay as they are, else ``bw_move`` over a table of strided copies."""
    element = params.dtype.bytes
    first = params.maps[0].reshape(-1)
    whole = len(params.maps) == 1 and len(params.operands) == 1 and first.size == params.sizes[0]
    if whole and np.array_equal(first, np.arange(first.size)):
        return KernelCall("bw_copy", {"bytes": first.size * element}, params.operands, alias=True)
    starts = np.concatenate([[0], np.cumsum(params.sizes)])
    nests = [nest for target, index in enumerate(params.maps) for nest in _nests(index, starts, target)]
    sizes = tuple(int(index.size) * element for index in params.maps)
    fields: dict[str, Field] = {
        "nests": len(nests),
        "table": np.array([nest.row(element) for nest in nests], np.int32).reshape(-1),
        "fill_bytes": sizes[0] if np.any(params.maps[0] < 0) else 0,
        "element": element,
        "fill": params.fill,
    }
    return KernelCall("bw_move", fields, params.operands, gather_operands=True, scatter_outputs=True)


def lower_copy(graph: Graph, node: Node, params: Copy, isa: str) -> KernelCall:
    """State to the arena and back."""
    operands = () if node.op == "READ_VARIABLE" else (0,)
    return KernelCall("bw_copy", {"bytes": params.bytes}, operands)


def _nests(index: NDArray[Any], starts: NDArray[Any], target: int) -> list[Nest]:
    """Strided copies that write every element of the map that is not fill."""
    nests: list[Nest] = []
    positions = np.arange(index.size, dtype=np.int64).reshape(index.shape)
    for source in range(len(starts) - 1):
        mask = (index >= starts[source]) & (index < starts[source + 1])
        if mask.any():
            box = tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in np.nonzero(mask)) if index.ndim else ()
            _cover(index[box] - starts[source], positions[box], mask[box], source, target, nests)
    return nests


def _cover(
    index: NDArray[Any], to: NDArray[Any], mask: NDArray[Any], source: int, target: int, nests: list[Nest]
) -> None:
    """Append nests for a box: one if it is affine, else those of its halves along the first axis that breaks it."""
    if not mask.any():
        return
    strides = _affine(index) if mask.all() else None
    if strides is not None:
        nests += _split_deep(index.shape, strides, _strides(to), int(index.flat[0]), int(to.flat[0]), source, target)
        return
    axis = next(i for i, size in enumerate(index.shape) if size > 1)
    middle = _first_break(index, mask, axis)
    for part in (slice(None, middle), slice(middle, None)):
        cut = (slice(None),) * axis + (part,)
        _cover(index[cut], to[cut], mask[cut], source, target, nests)


def _first_break(index: NDArray[Any], mask: NDArray[Any], axis: int) -> int:
    """Where to cut: before the first slice along the axis that does not continue the ones before it."""
    size = index.shape[axis]
    sums = np.where(mask, index, 0).sum(axis=tuple(i for i in range(index.ndim) if i != axis))
    counts = mask.sum(axis=tuple(i for i in range(index.ndim) if i != axis))
    for k in range(1, size):
        steady = counts[k] == counts[0] and (k == 1 or sums[k] - sums[k - 1] == sums[1] - sums[0])
        if not steady:
            return max(k, 1)
    return (size + 1) // 2


def _strides(values: NDArray[Any]) -> tuple[int, ...]:
    """Difference between neighbours along each axis (0 for axes of size 1)."""
    flat = []
    for axis, size in enumerate(values.shape):
        origin = [0] * values.ndim
        first = int(values[tuple(origin)])
        if size == 1:
            flat.append(0)
            continue
        origin[axis] = 1
        flat.append(int(values[tuple(origin)]) - first)
    return tuple(flat)


def _affine(index: NDArray[Any]) -> tuple[int, ...] | None:
    """The strides of an index map that is affine over its box, or None."""
    if index.ndim == 0:
        return ()
    strides = _strides(index)
    expected = np.full(index.shape, int(index.flat[0]), np.int64)
    for axis, stride in enumerate(strides):
        shape = [1] * index.ndim
        shape[axis] = index.shape[axis]
        expected = expected + (np.arange(index.shape[axis]) * stride).reshape(shape)
    return strides if np.array_equal(index, expected) else None


def _split_deep(
    shape: tuple[int, ...],
    from_strides: tuple[int, ...],
    to_strides: tuple[int, ...],
    from_: int,
    to: int,
    source: int,
    target: int,
) -> list[Nest]:
    """A box as nests of at most ``_OUTER`` loops, neighbouring axes merged and the innermost run found."""
    loops: list[tuple[int, int, int]] = []
    for size, a, b in zip(shape, from_strides, to_strides, strict=True):
        if size == 1:
            continue
        if loops and loops[-1][1] == size * a and loops[-1][2] == size * b:
            loops[-1] = (loops[-1][0] * size, a, b)
        else:
            loops.append((size, a, b))
    run = 1
    if loops and loops[-1][1:] == (1, 1):
        run = loops.pop()[0]
    if len(loops) <= _OUTER:
        counts, froms, tos = zip(*loops, strict=True) if loops else ((), (), ())
        return [Nest(source, target, from_, to, run, tuple(counts), tuple(froms), tuple(tos))]
    count, a, b = loops[0]
    inner_shape = (*(size for size, _, _ in loops[1:]), run)
    inner_from = (*(x for _, x, _ in loops[1:]), 1)
    inner_to = (*(y for _, _, y in loops[1:]), 1)
    return [
        nest
        for i in range(count)
        for nest in _split_deep(inner_shape, inner_from, inner_to, from_ + i * a, to + i * b, source, target)
    ]
