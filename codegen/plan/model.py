"""What is planned: buffers with lifetimes, the overlaps that kernels permit, and the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Buffer:
    """``bytes`` that must exist from step ``first`` to step ``last``, both included."""

    name: str
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class Overlap:
    """``target``, written in the step in which ``source`` dies, may overlap it when
    ``address(source) - address(target) >= distance`` (the distance may be negative); where it is exact, only at
    that distance."""

    source: str
    target: str
    distance: int
    exact: bool = False


@dataclass(frozen=True)
class Plan:
    """Offsets of every buffer, the arena's size, a lower bound that no plan can beat, and whether the two meet."""

    offsets: Mapping[str, int]
    bytes: int
    lower_bound: int

    @property
    def optimal(self) -> bool:
        """Whether the plan is proven to be the smallest."""
        return self.bytes == self.lower_bound


@dataclass(frozen=True)
class Pair:
    """Two buffers alive together; ``overlap`` is the permitted one (first = source, second = target), or None."""

    first: int
    second: int
    overlap: Overlap | None

    def permits(self, apart: int) -> bool:
        """Whether buffers that share bytes may lie ``address(first) - address(second)`` apart."""
        if self.overlap is None:
            return False
        return apart == self.overlap.distance if self.overlap.exact else apart >= self.overlap.distance


def pairs(buffers: Sequence[Buffer], overlaps: Sequence[Overlap]) -> Iterator[Pair]:
    """Every pair of buffers whose lifetimes intersect."""
    permitted = {(overlap.source, overlap.target): overlap for overlap in overlaps}
    first = np.array([buffer.first for buffer in buffers])
    last = np.array([buffer.last for buffer in buffers])
    for i, a in enumerate(buffers):
        for j in (np.flatnonzero((first[i + 1 :] <= a.last) & (last[i + 1 :] >= a.first)) + i + 1).tolist():
            b = buffers[j]
            if (a.name, b.name) in permitted:
                yield Pair(i, j, permitted[a.name, b.name])
            elif (b.name, a.name) in permitted:
                yield Pair(j, i, permitted[b.name, a.name])
            else:
                yield Pair(i, j, None)


def aligned(value: int, alignment: int) -> int:
    """The value rounded up to a multiple of the alignment."""
    return -(-value // alignment) * alignment


def violations(buffers: Sequence[Buffer], overlaps: Sequence[Overlap], plan: Plan, alignment: int) -> list[str]:
    """Everything wrong with a plan, independent of how it was made; empty for a valid one."""
    wrong = []
    for buffer in buffers:
        offset = plan.offsets[buffer.name]
        if offset % alignment or offset < 0 or offset + buffer.bytes > plan.bytes:
            wrong.append(f"{buffer.name} at {offset} is misaligned or outside the arena")
    for pair in pairs(buffers, overlaps):
        a, b = buffers[pair.first], buffers[pair.second]
        start_a, start_b = plan.offsets[a.name], plan.offsets[b.name]
        disjoint = start_a + a.bytes <= start_b or start_b + b.bytes <= start_a
        if not disjoint and not pair.permits(start_a - start_b):
            wrong.append(f"{a.name} at {start_a} collides with {b.name} at {start_b}")
    return wrong
