"""Index maps as nests of strided copies: the table that ``bw_move`` runs, and what it may overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64, as_int64

LOOPS = 4  # loops around the innermost run
FILL = -1  # the source of a nest of padding
_MOST_RUNS = 1 << 22  # beyond which nobody waits for the distances


@dataclass(frozen=True)
class Nest:
    """Loops with strides, outermost first, around runs of consecutive elements; offsets and strides in elements."""

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
        pad = LOOPS - len(self.count)
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

    def reads(self) -> Int64:
        """Where each run starts to read, in order."""
        return _walk(self.from_, self.count, self.from_stride)

    def writes(self) -> Int64:
        """Where each run starts to write, in order."""
        return _walk(self.to, self.count, self.to_stride)


def _walk(start: int, counts: Sequence[int], strides: Sequence[int]) -> Int64:
    places = np.array([start], np.int64)
    for count, stride in zip(counts, strides, strict=True):
        places = (places[:, None] + np.arange(count) * stride).reshape(-1)
    return places


def nests(index: NDArray[Any], starts: Sequence[int], target: int) -> list[Nest]:
    """Nests that write every element of one output: those of source after source in raster order, then the padding.

    Args:
        index: int64 map of the output into the concatenation of the sources, which begin at ``starts[:-1]``; negative
            where padding goes. What comes from one source, or from all of them, must fill a box.
    """
    result: list[Nest] = []
    places = np.arange(index.size, dtype=np.int64).reshape(index.shape)
    for source in range(len(starts) - 1):
        box = _box((index >= starts[source]) & (index < starts[source + 1]))
        if box is not None:
            for part, to in _affine_parts(index[box] - starts[source], places[box]):
                result += _deep(
                    part.shape, _strides(part), _strides(to), int(part.flat[0]), int(to.flat[0]), source, target
                )
    inside = _box(index >= 0)
    for margin in _frame(index.shape, inside) if inside is not None else ():
        to = places[margin]
        result += _deep(to.shape, (0,) * to.ndim, _strides(to), 0, int(to.flat[0]), FILL, target)
    return result


def distances(table: Sequence[Nest], sizes: Sequence[int]) -> dict[int, int]:
    """Per source, the smallest safe ``address(source) - address(output)`` in elements, for a single output.

    A run is read before it is written; what it writes must lie below whatever the source still has to give:
    ``max_t(highest end written up to run t - lowest start read after run t)``.

    Args:
        sizes: elements of each source.
    """
    if sum(int(np.prod(nest.count)) for nest in table) > _MOST_RUNS:
        return {}
    written = np.maximum.accumulate(np.concatenate([nest.writes() + nest.run for nest in table]))
    result = {}
    for source, size in enumerate(sizes):
        far = np.int64(2**62)
        reads = [nest.reads() if nest.source == source else np.full(nest.writes().size, far) for nest in table]
        still = np.minimum.accumulate(np.concatenate(reads)[::-1])[::-1]
        gaps = (written[:-1] - still[1:])[still[1:] < far]
        result[source] = max(int(gaps.max()) if gaps.size else -size, -size)
    return result


def _box(mask: NDArray[Any]) -> tuple[slice, ...] | None:
    """The box that the true elements fill, or None where there are none."""
    if not mask.any():
        return None
    box = tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in np.nonzero(mask)) if mask.ndim else ()
    assert mask[box].all()
    return box


def _frame(shape: tuple[int, ...], inside: tuple[slice, ...]) -> Iterator[tuple[slice, ...]]:
    """What lies outside a box, as boxes: below and above it along one axis after the other."""
    for axis, (size, span) in enumerate(zip(shape, inside, strict=True)):
        for part in (slice(0, span.start), slice(span.stop, size)):
            if part.start < part.stop:
                yield (*inside[:axis], part, *(slice(0, rest) for rest in shape[axis + 1 :]))


def _affine_parts(index: NDArray[Any], to: NDArray[Any]) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """The map cut into boxes over which it is affine; an axis along which it repeats itself becomes two."""
    for axis, size in enumerate(index.shape):
        if size == 1:
            continue
        steps = np.moveaxis(np.diff(index, axis=axis), axis, 0).reshape(size - 1, -1)
        if np.all(steps == steps[0, 0]):
            continue
        uniform = bool(np.all(steps == steps[:, :1]))
        period = _period(as_int64(steps[:, 0])) if uniform else 0
        if period:
            shape = (*index.shape[:axis], size // period, period, *index.shape[axis + 1 :])
            yield from _affine_parts(index.reshape(shape), to.reshape(shape))
            return
        stops = _stops(as_int64(steps[:, 0])) if uniform else range(1, size + 1)
        start = 0
        for stop in stops:
            cut = (slice(None),) * axis + (slice(start, stop),)
            yield from _affine_parts(index[cut], to[cut])
            start = stop
        return
    yield index, to


def _period(steps: Int64) -> int:
    """After how many elements a sequence with these steps repeats itself, one step higher or lower; 0 if never."""
    size = steps.size + 1
    period = int(np.argmax(steps != steps[0])) + 1
    rows = np.append(steps, steps[period - 1]).reshape(-1, period) if size % period == 0 else steps[:0]
    return period if rows.size and bool(np.all(rows == rows[0])) else 0


def _stops(steps: Int64) -> list[int]:
    """Ends of the longest stretches, from the left, over which a sequence with these steps is affine."""
    stops, start, size = [], 0, steps.size + 1
    while start < size:
        stop = start + 1
        while stop < size and steps[stop - 1] == steps[start]:
            stop += 1
        stops.append(stop)
        start = stop
    return stops


def _strides(values: NDArray[Any]) -> tuple[int, ...]:
    """Difference between neighbours along each axis of an affine map (0 for axes of size 1)."""
    origin = int(values.flat[0])
    return tuple(
        int(values[(0,) * axis + (1,) + (0,) * (values.ndim - axis - 1)]) - origin if size > 1 else 0
        for axis, size in enumerate(values.shape)
    )


def _deep(
    shape: tuple[int, ...],
    from_strides: tuple[int, ...],
    to_strides: tuple[int, ...],
    from_: int,
    to: int,
    source: int,
    target: int,
) -> list[Nest]:
    """A box as nests of at most ``LOOPS`` loops, neighbouring axes merged and the innermost run found."""
    loops: list[tuple[int, int, int]] = []
    for size, a, b in zip(shape, from_strides, to_strides, strict=True):
        if size == 1:
            continue
        if loops and loops[-1][1] == size * a and loops[-1][2] == size * b:
            loops[-1] = (loops[-1][0] * size, a, b)
        else:
            loops.append((size, a, b))
    run = 1
    if loops and loops[-1][2] == 1 and (loops[-1][1] == 1 or source == FILL):
        run = loops.pop()[0]
    if len(loops) <= LOOPS:
        counts, froms, tos = zip(*loops, strict=True) if loops else ((), (), ())
        return [Nest(source, target, from_, to, run, tuple(counts), tuple(froms), tuple(tos))]
    count, a, b = loops[0]
    inner_shape = (*(size for size, _, _ in loops[1:]), run)
    inner_from = (*(x for _, x, _ in loops[1:]), 1)
    inner_to = (*(y for _, _, y in loops[1:]), 1)
    return [
        nest
        for i in range(count)
        for nest in _deep(inner_shape, inner_from, inner_to, from_ + i * a, to + i * b, source, target)
    ]
