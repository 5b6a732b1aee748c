"""Consecutive layers executed a few rows at a time by the kernels that execute them whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...converter.ir import Graph, Node
from ...converter.ops import OPERATORS
from ...converter.serve import prepare_node
from ..kernels import candidate
from ..kernels.call import KernelCall, constants
from .rows import Band, Rows, on_band, rows_of
from .schedule import Compute, Move, Pace, Schedule, reads, schedule

_CALL, _MOVE, _MOVED = 60, 40, 2  # estimated instructions of a kernel's call, and of a move: bytes per instruction
_UNKNOWN_MAC, _UNKNOWN_ELEMENT = 8, 30  # estimated instructions where a kernel's author gives no estimate


@dataclass(frozen=True, eq=False)
class Chain:
    """Layers whose tensors in between exist a few rows at a time.

    Attributes:
        first: index of the first node; the others follow it.
        kernels: of each node, by name.
        calls: of each step, None where it moves rows.
        inner: bytes of the buffer of each tensor in between.
        scratch: bytes that the hungriest call needs; None where none takes scratch.
        distance: for tensors that the chain reads, the smallest safe ``address(tensor) - address(output)``.
        instructions: estimated, of each node.
    """

    first: int
    nodes: tuple[Node, ...]
    kernels: tuple[str, ...]
    pace: Pace
    rows: tuple[Rows, ...]
    schedule: Schedule
    calls: tuple[KernelCall | None, ...]
    inner: Mapping[str, int]
    scratch: int | None
    distance: Mapping[str, int]
    instructions: tuple[int, ...]

    @property
    def last(self) -> int:
        """Index of the last node."""
        return self.first + len(self.nodes) - 1

    @property
    def output(self) -> str:
        """The tensor that is written whole."""
        return self.nodes[-1].outputs[0]


@dataclass
class Bands:
    """Lowers layers of one graph on bands of rows; what was lowered is kept."""

    graph: Graph
    isa: Sequence[str]
    _rows: dict[str, Rows | None] = field(default_factory=dict)
    _schedules: dict[tuple[str, int, Pace], Schedule] = field(default_factory=dict)
    _wholes: dict[tuple[str, str], frozenset[bytes] | None] = field(default_factory=dict)
    _calls: dict[tuple[str, str, tuple[int, ...]], KernelCall | None] = field(default_factory=dict)

    def rows(self, node: Node) -> Rows | None:
        """The rows of a node; None where it is not made row by row."""
        if node.name not in self._rows:
            self._rows[node.name] = rows_of(self.graph, node, prepare_node(self.graph, node))
        return self._rows[node.name]

    def call(self, node: Node, kernel: str, band: Band) -> KernelCall | None:
        """A kernel's call for a band; None where the kernel does not serve it with the constants of the whole."""
        key = (node.name, kernel, (band.rows, band.last - band.first, band.above, band.below))
        if key not in self._calls:
            rows = self.rows(node)
            assert rows is not None
            graph, part = on_band(self.graph, node, rows, band)
            call, kept = candidate(graph, part, prepare_node(graph, part), self.isa, kernel), self._kept(node, kernel)
            same = call is not None and kept is not None and all(_bytes(array) in kept for array in constants(call))
            self._calls[key] = call if same else None
        return self._calls[key]

    def _kept(self, node: Node, kernel: str) -> frozenset[bytes] | None:
        """The constant arrays of the whole layer; None where the kernel does not serve it."""
        key = (node.name, kernel)
        if key not in self._wholes:
            whole = candidate(self.graph, node, prepare_node(self.graph, node), self.isa, kernel)
            self._wholes[key] = None if whole is None else frozenset(map(_bytes, constants(whole)))
        return self._wholes[key]

    def all_rows(self, nodes: Sequence[Node]) -> list[Rows] | None:
        """The rows of several nodes; None where one is not made row by row."""
        rows = [self.rows(node) for node in nodes]
        known = [found for found in rows if found is not None]
        return known if len(known) == len(rows) else None

    def schedule(self, nodes: Sequence[Node], rows: Sequence[Rows], pace: Pace) -> Schedule:
        """The steps of a chain of these nodes."""
        key = (nodes[0].name, len(nodes), pace)
        if key not in self._schedules:
            self._schedules[key] = schedule(nodes, rows, pace)
        return self._schedules[key]

    def row_bytes(self, name: str) -> int:
        """Bytes of one row of a tensor."""
        tensor = self.graph.tensor(name)
        return tensor.bytes // max(1, tensor.shape[1])


def fuse(
    bands: Bands, first: int, last: int, kernels: Mapping[str, Sequence[str]], pace: Pace, alignment: int
) -> Chain | None:
    """The nodes ``first`` to ``last`` as a chain, or None where they make none.

    Args:
        kernels: by node name, the preferred ones first.
        alignment: of every address that a kernel is given.
    """
    nodes = bands.graph.nodes[first : last + 1]
    rows = bands.all_rows(nodes)
    if rows is None or not is_closed(bands.graph, first, last):
        return None
    plan = bands.schedule(nodes, rows, pace)
    if not _aligned(bands, nodes, rows, plan, alignment):
        return None
    calls: list[KernelCall | None] = [None] * len(plan.steps)
    chosen = []
    for layer, node in enumerate(nodes):
        found = _served(bands, plan, layer, node, rows[layer], kernels[node.name])
        if found is None:
            return None
        chosen.append(found[0])
        for number, call in found[1].items():
            calls[number] = call
    scratch = [call.scratch for call in calls if call is not None and call.scratch is not None]
    return Chain(
        first=first,
        nodes=tuple(nodes),
        kernels=tuple(chosen),
        pace=pace,
        rows=tuple(rows),
        schedule=plan,
        calls=tuple(calls),
        inner={name: count * bands.row_bytes(name) for name, count in plan.capacity.items()},
        scratch=max(scratch) if scratch else None,
        distance=_distances(bands, nodes, rows, plan, calls),
        instructions=_instructions(bands, nodes, plan, calls),
    )


def _served(
    bands: Bands, plan: Schedule, layer: int, node: Node, rows: Rows, kernels: Sequence[str]
) -> tuple[str, dict[int, KernelCall]] | None:
    """The first kernel that serves every band of a layer, and its calls by step."""
    steps = [(n, s) for n, s in enumerate(plan.steps) if isinstance(s, Compute) and s.layer == layer]
    for kernel in kernels:
        calls = {}
        for number, step in steps:
            call = bands.call(node, kernel, rows.band(step.first, step.last))
            if call is None:
                break
            calls[number] = call
        if len(calls) == len(steps):
            return kernel, calls
    return None


def is_closed(graph: Graph, first: int, last: int) -> bool:
    """Whether what the nodes before the last one write is read by these nodes only, each by one of them at least."""
    inner = [node.outputs for node in graph.nodes[first:last]]
    names = {name for outputs in inner for name in outputs}
    inside = {name for node in graph.nodes[first + 1 : last + 1] for name in node.inputs}
    outside = {name for node in (*graph.nodes[:first], *graph.nodes[last + 1 :]) for name in node.inputs}
    return last > first and names <= inside and not names & (outside | set(graph.outputs))


def _bytes(array: NDArray[Any]) -> bytes:
    return bytes(np.asarray(array).tobytes())


def _aligned(bands: Bands, nodes: Sequence[Node], rows: Sequence[Rows], plan: Schedule, alignment: int) -> bool:
    """Whether every row that a kernel starts at stands at a multiple of the alignment."""
    for step in plan.steps:
        if isinstance(step, Move):
            continue
        places = [(nodes[step.layer].outputs[0], step.written)]
        places += zip(rows[step.layer].images, step.read, strict=True)
        if any(row * bands.row_bytes(name) % alignment for name, row in places):
            return False
    return True


def _distances(
    bands: Bands,
    nodes: Sequence[Node],
    rows: Sequence[Rows],
    plan: Schedule,
    calls: Sequence[KernelCall | None],
) -> dict[str, int]:
    """How near the output may come to each tensor from outside: every row is read before rows are written there."""
    output = nodes[-1].outputs[0]
    pitch = bands.row_bytes(output)
    outside = {name for r in rows for name in r.images} - {node.outputs[0] for node in nodes}
    result = {}
    for name in sorted(outside):
        row = bands.row_bytes(name)
        firsts = dict(reads(plan, rows, name))
        least, following = -bands.graph.tensor(name).bytes, None
        for number in reversed(range(len(plan.steps))):
            step, call = plan.steps[number], calls[number]
            if isinstance(step, Compute) and call is not None and step.layer == len(nodes) - 1:
                if following is not None:
                    least = max(least, step.last * pitch - following)
                if number in firsts:
                    own = _own_distance(nodes[-1], name, call, (step.last - step.first) * pitch)
                    least = max(least, own + step.first * pitch - firsts[number] * row)
            if number in firsts:
                following = firsts[number] * row if following is None else min(following, firsts[number] * row)
        result[name] = least
    return result


def _own_distance(node: Node, name: str, call: KernelCall, written: int) -> int:
    """The smallest safe distance between a band of an input and the band of the output that one call makes of it."""
    used = [index for index, source in enumerate(node.inputs) if source == name]
    if call.exact or any(index not in call.distance for index in used):
        return written
    return min(written, max(call.distance[index] for index in used))


def _instructions(
    bands: Bands, nodes: Sequence[Node], plan: Schedule, calls: Sequence[KernelCall | None]
) -> tuple[int, ...]:
    """Estimated, by node; a move counts for the layer that made room by it."""
    totals = [0] * len(nodes)
    made = {node.outputs[0]: layer for layer, node in enumerate(nodes)}
    for step, call in zip(plan.steps, calls, strict=True):
        if isinstance(step, Move):
            totals[made[step.tensor]] += _MOVE + step.rows * bands.row_bytes(step.tensor) // _MOVED
        elif call is not None:
            node = nodes[step.layer]
            share = (step.last - step.first) / max(1, bands.graph.output(node).shape[1])
            totals[step.layer] += _CALL + (call.instructions or round(share * estimate(bands.graph, node)))
    return tuple(totals)


def estimate(graph: Graph, node: Node) -> int:
    """Instructions of a whole layer whose kernel's author gives no estimate."""
    names = [name for name in (*node.inputs, *node.outputs) if name is not None]
    elements = sum(graph.tensor(name).elements for name in names if not graph.tensor(name).is_constant)
    return _UNKNOWN_MAC * OPERATORS[node.op].macs(graph, node) + _UNKNOWN_ELEMENT * elements
