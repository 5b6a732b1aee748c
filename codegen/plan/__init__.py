"""Memory planning: where every buffer of an inference lives in one arena."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from ...errors import ResourceError
from .bound import lower_bound
from .greedy import first_fit
from .model import Buffer, Overlap, Plan, pairs, violations
from .solver import improve

_MOST_PAIRS = 500_000  # of buffers that are alive together; 1000 that all are make as many
_MOST_SOLVED = 20_000  # of them for CP-SAT; first fit stands beyond

__all__ = ["Buffer", "Overlap", "Plan", "plan", "violations"]


def plan(buffers: Sequence[Buffer], overlaps: Sequence[Overlap] = (), alignment: int = 4) -> Plan:
    """Offsets for every buffer such that no two alive together collide, in as few bytes as can be found.

    First fit in several orders; where that misses the lower bound, CP-SAT improves it within a deterministic budget.
    The same input gives the same plan on every machine.

    Raises:
        ResourceError: more buffers are alive together than can be planned.
    """
    if not buffers:
        return Plan({}, 0, 0)
    together = sum(1 for _ in islice(pairs(buffers, overlaps), _MOST_PAIRS + 1))
    if together > _MOST_PAIRS:
        raise ResourceError(f"more than {_MOST_PAIRS} pairs of the {len(buffers)} buffers are alive together")
    bound = lower_bound(buffers, overlaps)
    offsets = first_fit(buffers, overlaps, alignment)
    size = _size(buffers, offsets)
    if size > bound and together <= _MOST_SOLVED:
        offsets, bound = improve(buffers, overlaps, alignment, offsets, bound)
        size = _size(buffers, offsets)
    result = Plan(offsets, size, min(bound, size))
    wrong = violations(buffers, overlaps, result, alignment)
    assert not wrong, wrong
    return result


def _size(buffers: Sequence[Buffer], offsets: dict[str, int]) -> int:
    return max(offsets[buffer.name] + buffer.bytes for buffer in buffers)
