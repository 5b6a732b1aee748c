"""First fit in several orders: fast, and often already at the lower bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .model import Buffer, Overlap, Pair, aligned, pairs

_ORDERS: tuple[Callable[[Buffer], tuple[int, ...]], ...] = (
    lambda b: (-b.bytes, b.first),
    lambda b: (-b.bytes * (b.last - b.first + 1), b.first),
    lambda b: (-(b.last - b.first), -b.bytes),
    lambda b: (b.first, -b.bytes),
    lambda b: (-b.last, -b.bytes),
)


def first_fit(buffers: Sequence[Buffer], overlaps: Sequence[Overlap], alignment: int) -> dict[str, int]:
    """The best placement over all orders: each buffer at the lowest offset that collides with none placed before."""
    partners: dict[int, list[Pair]] = {i: [] for i in range(len(buffers))}
    for pair in pairs(buffers, overlaps):
        partners[pair.first].append(pair)
        partners[pair.second].append(pair)
    best: dict[str, int] = {}
    best_size = -1
    for order in _ORDERS:
        ranking = sorted(range(len(buffers)), key=lambda i: (*order(buffers[i]), i))
        offsets = _place(buffers, partners, ranking, alignment)
        size = max((offsets[i] + b.bytes for i, b in enumerate(buffers)), default=0)
        if best_size < 0 or size < best_size:
            best, best_size = {b.name: offsets[i] for i, b in enumerate(buffers)}, size
    return best


def _place(
    buffers: Sequence[Buffer], partners: dict[int, list[Pair]], ranking: Sequence[int], alignment: int
) -> dict[int, int]:
    offsets: dict[int, int] = {}
    for i in ranking:
        spans = (_forbidden(buffers, pair, i, offsets) for pair in partners[i])
        offset = 0
        for low, high in sorted(span for span in spans if span is not None):
            if low > offset:
                break
            offset = max(offset, aligned(high, alignment))
        offsets[i] = offset
    return offsets


def _forbidden(buffers: Sequence[Buffer], pair: Pair, i: int, offsets: dict[int, int]) -> tuple[int, int] | None:
    """The half-open interval of offsets at which buffer ``i`` would collide with the other, if that is placed."""
    other = pair.second if pair.first == i else pair.first
    if other not in offsets:
        return None
    place, size, mine = offsets[other], buffers[other].bytes, buffers[i].bytes
    low, high = place - mine + 1, place + size
    if pair.distance is not None:
        if pair.first == i:  # the source may stand at or above target + distance
            high = min(high, place + pair.distance)
        else:  # the target may stand at or below source - distance
            low = max(low, place - pair.distance + 1)
    return (low, high) if low < high else None
