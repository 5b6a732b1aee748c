"""In which order the rows of fused layers are computed, and which rows of each tensor between them exist meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...converter.ir import Node
from .rows import Rows


@dataclass(frozen=True)
class Compute:
    """Rows ``first`` to ``last - 1`` of a layer's output (``layer`` counts within the chain).

    ``written``: the first row's place in the output's buffer; ``read``: that of the first row that is needed of each
    image, in rows of it.
    """

    layer: int
    first: int
    last: int
    written: int
    read: tuple[int, ...]


@dataclass(frozen=True)
class Move:
    """``rows`` rows from row ``start`` of a tensor's buffer to its begin: those above them are needed no more."""

    tensor: str
    start: int
    rows: int


Step = Compute | Move


@dataclass(frozen=True)
class Pace:
    """How many rows are computed at once.

    Attributes:
        rows: of the chain's output.
        matched: layers compute as many at once as those rows advance by; otherwise one at a time.
    """

    rows: int
    matched: bool


@dataclass(frozen=True)
class Schedule:
    """``capacity``: rows of each inner tensor that exist at once."""

    steps: tuple[Step, ...]
    capacity: Mapping[str, int]


def schedule(nodes: Sequence[Node], rows: Sequence[Rows], pace: Pace) -> Schedule:
    """Row after row of the last node's output; every row of the others as late as it can be.

    Every other output must be read within the chain only.
    """
    capacity = _Streams(nodes, rows, pace, {}).run().held
    steps = _Streams(nodes, rows, pace, capacity).run().steps
    return Schedule(tuple(steps), capacity)


@dataclass
class _Streams:
    """A run through the chain. Without capacities it finds out which are needed, with them where rows stand.

    Attributes:
        done: rows computed by layer; base: the row that stands first in each inner tensor's buffer.
        held: most rows of each that existed at once.
    """

    nodes: Sequence[Node]
    rows: Sequence[Rows]
    pace: Pace
    capacity: Mapping[str, int]
    steps: list[Step] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    base: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)

    def run(self) -> _Streams:
        """Compute all rows of the last output."""
        count = len(self.nodes)
        self.producer = {node.outputs[0]: index for index, node in enumerate(self.nodes[:-1])}
        self.readers: dict[str, list[int]] = {name: [] for name in self.producer}
        for index, rows in enumerate(self.rows):
            for name in set(rows.images) & self.readers.keys():
                self.readers[name].append(index)
        self.done = [0] * count
        self.base = dict.fromkeys(self.producer, 0)
        self.held = dict.fromkeys(self.producer, 0)
        self.chunk = self._chunks()
        while self.done[-1] < self.rows[-1].height:
            self._advance(count - 1)
        return self

    def _chunks(self) -> list[int]:
        """Rows that each layer computes at once."""
        chunks = [1] * len(self.nodes)
        chunks[-1] = self.pace.rows
        if self.pace.matched:
            for index in reversed(range(len(self.nodes) - 1)):
                readers = self.readers[self.nodes[index].outputs[0]]
                chunks[index] = max(chunks[reader] * self._stride(reader) for reader in readers)
        return chunks

    def _stride(self, layer: int) -> int:
        window = self.rows[layer].window
        return 1 if window is None else window.stride[0]

    def _advance(self, layer: int) -> None:
        """Compute the next rows of a layer, after the rows of the chain that they need."""
        first = self.done[layer]
        last = min(first + self.chunk[layer], self.rows[layer].height)
        band = self.rows[layer].band(first, last)
        for name in self.rows[layer].images:
            if name in self.producer:
                while self.done[self.producer[name]] < band.last:
                    self._advance(self.producer[name])
        name = self.nodes[layer].outputs[0]
        if name in self.producer:
            self._make_room(name, last)
        read = tuple(band.first - self.base.get(image, 0) for image in self.rows[layer].images)
        self.steps.append(Compute(layer, first, last, first - self.base.get(name, 0), read))
        self.done[layer] = last

    def _make_room(self, name: str, last: int) -> None:
        """Room for the rows up to ``last - 1``: those that nobody reads any more are given up, where it is lacking."""
        needed = min(self._needed(reader) for reader in self.readers[name])
        made = self.done[self.producer[name]]
        needed = min(needed, made)
        self.held[name] = max(self.held[name], last - needed)
        if self.capacity and last - self.base[name] > self.capacity[name]:
            if made > needed:
                self.steps.append(Move(name, needed - self.base[name], made - needed))
            self.base[name] = needed

    def _needed(self, reader: int) -> int:
        """The first row that a layer still reads."""
        done, rows = self.done[reader], self.rows[reader]
        return rows.band(done, done + 1).first if done < rows.height else 2**31


def reads(schedule: Schedule, rows: Sequence[Rows], image: str) -> Iterator[tuple[int, int]]:
    """(step, first row) of every reading of an image that the chain does not make."""
    for number, step in enumerate(schedule.steps):
        if isinstance(step, Compute) and image in rows[step.layer].images:
            yield number, rows[step.layer].band(step.first, step.last).first
