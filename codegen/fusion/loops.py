"""Finds the repetitions in a sequence of steps, so that it can be written as loops."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

_LONGEST = 64  # steps of a loop's body


@dataclass(frozen=True)
class Loop:
    """``body`` steps from ``start`` on, ``times`` times; places advance by ``strides``, a tuple per step, each time."""

    start: int
    body: int
    times: int
    strides: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Line:
    """What a step does (equal only where the steps differ in nothing but places, as many of them), and its places."""

    kind: Hashable
    places: tuple[int, ...]


def loops(lines: Sequence[Line]) -> list[Loop]:
    """The steps in order as loops, those that do not repeat once each: the loop that saves most, then what is left
    before and after it."""
    return _loops(lines, 0, len(lines))


def _loops(lines: Sequence[Line], first: int, last: int) -> list[Loop]:
    best, most = None, 0
    for start in range(first, last):
        for body in range(1, min(_LONGEST, (last - start) // 2) + 1):
            found = _repeated(lines, start, body, last)
            if (saved := body * (found.times - 1)) > most:
                best, most = found, saved
    if best is None:
        return [Loop(index, 1, 1, (tuple(0 for _ in lines[index].places),)) for index in range(first, last)]
    after = best.start + best.body * best.times
    return [*_loops(lines, first, best.start), best, *_loops(lines, after, last)]


def _repeated(lines: Sequence[Line], start: int, body: int, last: int) -> Loop:
    """The loop of a body at a start; once where it does not repeat."""
    apart = [_apart(lines[start + i], lines[start + body + i]) for i in range(body)]
    strides = tuple(found for found in apart if found is not None)
    times = 1
    if len(strides) == body:
        while start + (times + 1) * body <= last and all(
            _apart(lines[start + (times - 1) * body + i], lines[start + times * body + i]) == strides[i]
            for i in range(body)
        ):
            times += 1
    return Loop(start, body, times, strides)


def _apart(before: Line, after: Line) -> tuple[int, ...] | None:
    """How far the places advance; None where the steps do something else."""
    if before.kind != after.kind:
        return None
    return tuple(b - a for a, b in zip(before.places, after.places, strict=True))
