"""Memory planning: where every buffer of an inference lives in one arena."""

from __future__ import annotations

from collections.abc import Sequence

from .bound import lower_bound
from .greedy import first_fit
from .model import Buffer, Overlap, Plan, violations
from .solver import improve

__all__ = ["Buffer", "Overlap", "Plan", "plan", "violations"]


def plan(buffers: Sequence[Buffer], overlaps: Sequence[Overlap] = (), alignment: int = 4) -> Plan:
    """Offsets for every buffer such that no two alive together collide, in as few bytes as can be found.

    First fit in several orders; where that misses the lower bound, CP-SAT improves it within a deterministic budget.
    The same input gives the same plan on every machine.
    """
    if not buffers:
        return Plan({}, 0, 0)
    bound = lower_bound(buffers, overlaps)
    offsets = first_fit(buffers, overlaps, alignment)
    size = _size(buffers, offsets)
    if size > bound:
        offsets, bound = improve(buffers, overlaps, alignment, offsets, bound)
        size = _size(buffers, offsets)
    result = Plan(offsets, size, min(bound, size))
    wrong = violations(buffers, overlaps, result, alignment)
    assert not wrong, wrong
    return result


def _size(buffers: Sequence[Buffer], offsets: dict[str, int]) -> int:
    return max(offsets[buffer.name] + buffer.bytes for buffer in buffers)
