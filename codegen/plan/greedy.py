"""First fit in several orders, and a search among orders: fast, and often already at the lower bound."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from .model import Buffer, Overlap, Pair, aligned

#: Per buffer, (other, low, high): it must not start from ``offset(other) + low`` up to ``offset(other) + high - 1``.
Spans = list[list[tuple[int, int, int]]]

_ORDERS: tuple[Callable[[Buffer], tuple[int, ...]], ...] = (
    lambda b: (-b.bytes, b.first),
    lambda b: (-b.bytes * (b.last - b.first + 1), b.first),
    lambda b: (-(b.last - b.first), -b.bytes),
    lambda b: (b.first, -b.bytes),
    lambda b: (-b.last, -b.bytes),
)
_MOST_TRIALS = 2000
_MOST_LOOKS = 8_000_000  # at the place of another buffer, some seconds


def forbidden_spans(buffers: Sequence[Buffer], pairs: Sequence[Pair]) -> Spans:
    """Where each buffer must not start, relative to every buffer that is alive with it."""
    spans: Spans = [[] for _ in buffers]
    for pair in pairs:
        low, high = 1 - buffers[pair.first].bytes, buffers[pair.second].bytes
        for start, stop in _collisions(pair.overlap, low, high):
            spans[pair.first].append((pair.second, start, stop))
            spans[pair.second].append((pair.first, 1 - stop, 1 - start))
    return spans


def _collisions(overlap: Overlap | None, low: int, high: int) -> list[tuple[int, int]]:
    """What is left of the distances at which two buffers share bytes when those that are permitted are taken out."""
    if overlap is None:
        return [(low, high)]
    after = [(max(low, overlap.distance + 1), high)] if overlap.exact else []
    return [(a, b) for a, b in [(low, min(high, overlap.distance)), *after] if a < b]


def place(spans: Spans, order: Sequence[int], alignment: int) -> list[int]:
    """First fit: offsets of the buffers, each placed at the lowest that collides with none placed before."""
    offsets = [-1] * len(spans)
    for i in order:
        offset = 0
        for low, high in sorted((offsets[j] + low, offsets[j] + high) for j, low, high in spans[i] if offsets[j] >= 0):
            if low > offset:
                break
            offset = max(offset, aligned(high, alignment))
        offsets[i] = offset
    return offsets


def size_of(buffers: Sequence[Buffer], offsets: Sequence[int]) -> int:
    """Bytes of the arena."""
    return max(offset + buffer.bytes for buffer, offset in zip(buffers, offsets, strict=True))


def first_fit(buffers: Sequence[Buffer], spans: Spans, alignment: int) -> list[int]:
    """The order, of several, in which first fit takes the fewest bytes."""
    orders = [sorted(range(len(buffers)), key=lambda i: (*key(buffers[i]), i)) for key in _ORDERS]
    return min(orders, key=lambda order: size_of(buffers, place(spans, order, alignment)))


def climb(buffers: Sequence[Buffer], spans: Spans, order: list[int], alignment: int, bound: int) -> list[int]:
    """An order at least as good: buffers at the top of the arena are placed earlier, some places are swapped.

    A fixed number of steps with fixed random numbers: the same input gives the same order.
    """
    rng = random.Random(1)
    offsets = place(spans, order, alignment)
    size = size_of(buffers, offsets)
    looks = sum(map(len, spans)) + len(spans)
    for _ in range(min(_MOST_TRIALS, _MOST_LOOKS // looks)):
        if size <= bound:
            break
        trial = list(order)
        top = rng.choice([k for k, i in enumerate(order) if offsets[i] + buffers[i].bytes == size])
        trial.insert(rng.randrange(top + 1), trial.pop(top))
        if rng.random() < 0.5:
            a, b = rng.randrange(len(trial)), rng.randrange(len(trial))
            trial[a], trial[b] = trial[b], trial[a]
        placed = place(spans, trial, alignment)
        if (reached := size_of(buffers, placed)) <= size:
            order, offsets, size = trial, placed, reached
    return order
