"""A lower bound on the arena: what must exist at once in some step, permitted overlaps at their tightest."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Buffer, Overlap


def lower_bound(buffers: Sequence[Buffer], overlaps: Sequence[Overlap]) -> int:
    """The largest, over all steps, of the fewest bytes that hold what is alive.

    In a step only one output is written, so that every permitted overlap there has the same target; what it shares
    with each of its sources at best (:func:`hidden`) is counted once.
    """
    steps = max((buffer.last for buffer in buffers), default=0) + 1
    return max((_step_bound(buffers, overlaps, step) for step in range(steps)), default=0)


def _step_bound(buffers: Sequence[Buffer], overlaps: Sequence[Overlap], step: int) -> int:
    alive = {b.name: b for b in buffers if b.first <= step <= b.last}
    total = sum(b.bytes for b in alive.values())
    targets: dict[str, list[Overlap]] = {}
    for overlap in overlaps:
        if overlap.source in alive and overlap.target in alive:
            targets.setdefault(overlap.target, []).append(overlap)
    for target, group in targets.items():
        shared = sum(hidden(alive[o.source].bytes, alive[target].bytes, o) for o in group)
        total -= min(shared, alive[target].bytes)
    return max(total, max((b.bytes for b in alive.values()), default=0))


def hidden(source: int, target: int, overlap: Overlap) -> int:
    """Most bytes that source and target can share when the source starts where the overlap permits it.

    With ``x = address(source) - address(target) >= distance`` they share ``min(source + x, target) - max(x, 0)`` bytes,
    largest at the ``x`` in reach that is closest to nesting one in the other.
    """
    best, distance = 0, overlap.distance
    nested = () if overlap.exact else (max(distance, 0), max(distance, target - source))
    for x in (distance, *nested):
        best = max(best, min(source + x, target) - max(x, 0))
    return max(0, min(best, source, target))
