"""Memory planning: where every buffer of an inference lives in one arena."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from ...errors import ResourceError
from .bound import lower_bound
from .greedy import climb, first_fit, forbidden_spans, place, size_of
from .model import Buffer, Overlap, Plan, pairs, violations
from .solver import improve

_MOST_PAIRS = 500_000  # of buffers that are alive together; 1000 that all are make as many
_MOST_SOLVED = 20_000  # of them for CP-SAT

__all__ = ["Buffer", "Overlap", "Plan", "plan", "violations"]


def plan(buffers: Sequence[Buffer], overlaps: Sequence[Overlap] = (), alignment: int = 4) -> Plan:
    """Offsets for every buffer such that no two alive together collide, in as few bytes as can be found.

    First fit in several orders; where that misses the lower bound, a search among orders, then CP-SAT within a
    deterministic budget. The same input gives the same plan on every machine.

    Raises:
        ResourceError: more buffers are alive together than can be planned.
    """
    if not buffers:
        return Plan({}, 0, 0)
    together = list(islice(pairs(buffers, overlaps), _MOST_PAIRS + 1))
    if len(together) > _MOST_PAIRS:
        raise ResourceError(f"more than {_MOST_PAIRS} pairs of the {len(buffers)} buffers are alive together")
    bound, spans = lower_bound(buffers, overlaps), forbidden_spans(buffers, together)
    order = climb(buffers, spans, first_fit(buffers, spans, alignment), alignment, bound)
    offsets = place(spans, order, alignment)
    if size_of(buffers, offsets) > bound and len(together) <= _MOST_SOLVED:
        offsets, bound = improve(buffers, together, alignment, offsets, bound)
    size = size_of(buffers, offsets)
    named = {buffer.name: offset for buffer, offset in zip(buffers, offsets, strict=True)}
    result = Plan(named, size, min(bound, size))
    wrong = violations(buffers, overlaps, result, alignment)
    assert not wrong, wrong
    return result
