"""The order of operators with the lowest peak, as far as the buffers alive together tell."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .bound import hidden
from .model import Overlap

_MOST_STATES = 20_000  # sets of executed steps that are looked at
_BEAM = 60


@dataclass(frozen=True)
class Step:
    """One operator: the buffers that it touches, and what it needs beside them.

    Attributes:
        reads, writes: names of buffers; a buffer lives from the first step that writes it to the last that touches it.
        extra: bytes of scratch.
        distance: for buffers that its only output may overlap when they die here, see :class:`Overlap`.
        after: steps that must come before it, beside those that write what it reads.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    extra: int = 0
    distance: Mapping[str, int] = field(default_factory=dict)
    exact: bool = False
    after: tuple[int, ...] = ()


@dataclass(frozen=True)
class Order:
    """Indices of the steps in order.

    Attributes:
        peak: most bytes needed at once; given: in the order that was given.
        bound: what no order can be below.
    """

    steps: tuple[int, ...]
    peak: int
    given: int
    bound: int


def search(steps: Sequence[Step], sizes: Mapping[str, int], inputs: Sequence[str], outputs: Sequence[str]) -> Order:
    """The order with the lowest peak that is found: the given one where none is better.

    A beam search gives the peak to beat; then sets of executed steps are visited by rising peak, so that the first
    complete one is the best, unless there are too many of them.

    Args:
        inputs, outputs: buffers that exist before the first step, and after the last.
    """
    problem = _Problem(steps, sizes, inputs, outputs)
    unchanged = tuple(range(len(steps)))
    given = problem.peak(unchanged)
    if problem.floor >= given:
        return Order(unchanged, given, given, given)
    peak, order = min((given, unchanged), problem.beam(), key=lambda found: found[0])
    bound = peak
    if peak > problem.floor and (reached := problem.exact(peak)) is not None:
        bound = reached[0]
        peak, order = (peak, order) if reached[1] is None else (bound, reached[1])
    return Order(order, peak, given, bound)


@dataclass(frozen=True)
class _State:
    """``done``: executed steps as bits; ``live``: bytes that are kept after them."""

    peak: int
    live: int
    done: int
    before: _State | None = None
    step: int = -1

    def order(self) -> tuple[int, ...]:
        """The steps that led here."""
        steps: list[int] = []
        state: _State | None = self
        while state is not None and state.before is not None:
            steps.append(state.step)
            state = state.before
        return tuple(reversed(steps))


class _Problem:
    """The steps with what each depends on, as bits."""

    def __init__(
        self, steps: Sequence[Step], sizes: Mapping[str, int], inputs: Sequence[str], outputs: Sequence[str]
    ) -> None:
        self.steps, self.sizes, self.kept = steps, sizes, frozenset(outputs)
        self.touching: dict[str, int] = dict.fromkeys(sizes, 0)
        self.writing: dict[str, int] = dict.fromkeys(sizes, 0)
        self.all = (1 << len(steps)) - 1
        self.needs = [0] * len(steps)
        writer = dict.fromkeys(inputs, 0)  # the steps that have written a buffer so far
        for index, step in enumerate(steps):
            for name in step.reads:
                self.needs[index] |= writer.get(name, 0)
            self.needs[index] |= sum(1 << other for other in set(step.after))
            for name in step.writes:
                writer[name] = writer.get(name, 0) | 1 << index
                self.writing[name] |= 1 << index
            for name in {*step.reads, *step.writes}:
                self.touching[name] |= 1 << index
        self.followers: list[list[int]] = [[] for _ in steps]
        for index, needed in enumerate(self.needs):
            for other in bits(needed):
                self.followers[other].append(index)
        self.inputs = frozenset(inputs)
        self.start = _State(0, sum(sizes[name] for name in self.inputs), 0)

    @property
    def floor(self) -> int:
        """What some step needs in any order: its own buffers, everything that can overlap overlapping."""
        return max((self._own(index) for index in range(len(self.steps))), default=0)

    def _own(self, index: int) -> int:
        step = self.steps[index]
        names = {*step.reads, *step.writes}
        total = sum(self.sizes[name] for name in names) + step.extra
        return max(total - self._shared(step, [name for name in step.reads if name in step.distance]), 0)

    def _shared(self, step: Step, dying: Sequence[str]) -> int:
        if len(step.writes) != 1:
            return 0
        target = step.writes[0]
        shared = sum(
            hidden(self.sizes[name], self.sizes[target], Overlap(name, target, step.distance[name], step.exact))
            for name in dying
            if name != target
        )
        return min(shared, self.sizes[target])

    def run(self, state: _State, index: int) -> _State:
        """Execute one more step."""
        step, done = self.steps[index], state.done | 1 << index
        new = sum(self.sizes[n] for n in step.writes if n not in self.inputs and not self.writing[n] & state.done)
        dead = [n for n in {*step.reads, *step.writes} if n not in self.kept and not self.touching[n] & ~done]
        fresh = len(step.writes) == 1 and not self.touching[step.writes[0]] & state.done
        dying = [n for n in step.reads if fresh and n in step.distance and n in dead]
        need = state.live + new + step.extra - self._shared(step, dying)
        live = state.live + new - sum(self.sizes[n] for n in dead)
        return _State(max(state.peak, need), live, done, state, index)

    def ready(self, done: int) -> list[int]:
        """The steps that can be next."""
        return [i for i, needed in enumerate(self.needs) if not done >> i & 1 and not needed & ~done]

    def peak(self, order: Sequence[int]) -> int:
        """Most bytes that an order needs."""
        state = self.start
        for index in order:
            state = self.run(state, index)
        return state.peak

    def _next(self, state: _State) -> Iterator[_State]:
        """What can follow. A step that costs nothing and frees what it reads is taken at once: any order that has it
        later keeps more in between."""
        found = []
        for index in self.ready(state.done):
            after = self.run(state, index)
            if after.peak == state.peak and after.live <= state.live and self._frees(index, after.done):
                yield after
                return
            found.append(after)
        yield from found

    def _frees(self, index: int, done: int) -> bool:
        return all(n not in self.kept and not self.touching[n] & ~done for n in self.steps[index].reads)

    def beam(self) -> tuple[int, tuple[int, ...]]:
        """(peak, order) of a search that keeps the best few sets of each number of steps."""
        states = [self.start]
        for _ in self.steps:
            following: dict[int, _State] = {}
            for state in states:
                for after in self._next(state):
                    known = following.get(after.done)
                    if known is None or after.peak < known.peak:
                        following[after.done] = after
            states = sorted(following.values(), key=lambda s: (s.peak, s.live, s.done))[:_BEAM]
        return states[0].peak, states[0].order()

    def exact(self, most: int) -> tuple[int, tuple[int, ...] | None] | None:
        """(lower bound, the best order below ``most``); no order where the search was given up, and None where there
        is none."""
        heap = [(self.start.peak, 0, 0, self.start)]
        seen: dict[int, int] = {}
        visited = 0
        while heap:
            peak, _, _, state = heapq.heappop(heap)
            if state.done == self.all:
                return peak, state.order()
            if seen.get(state.done, most) < peak:
                continue
            visited += 1
            if visited > _MOST_STATES:
                return max(peak, self.floor), None
            for after in self._next(state):
                if after.peak < seen.get(after.done, most):
                    seen[after.done] = after.peak
                    heapq.heappush(heap, (after.peak, -after.done.bit_count(), after.done, after))
        return None


def bits(mask: int) -> Iterator[int]:
    """The indices of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
