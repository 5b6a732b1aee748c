"""Builds a network for a target, runs it there and compares every layer of every vector with the reference."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..codegen.program import written
from ..codegen.project import ModelSources
from ..converter.ir import Array, Graph
from ..converter.reference import Session, Trace
from ..errors import ToolError
from . import emulator, toolchain
from .image import Image
from .link import Link, PointResult

#: Layers whose bytes are fetched to name the first wrong element; further mismatches are counted by vector only.
_MOST_DUMPS = 16

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Mismatch:
    """The first layer of one vector that differs, and its first wrong element."""

    layer: str
    vector: int
    first_index: int
    expected: int
    got: int


@dataclass(frozen=True)
class LayerCost:
    """One layer's cost: ``instructions`` in an emulator, ``cycles`` on a chip, None where the target counts none.

    Where several cores share the layer, they are of the core with the most, ``all_cores`` of all.
    ``fused``: first and last of the layers that it is executed with, a few rows at a time; empty for a layer by itself.
    """

    name: str
    op: str
    macs: int
    instructions: int | None
    arena_bytes: int
    all_cores: int | None = None
    fused: str = ""
    cycles: int | None = None

    @property
    def count(self) -> int | None:
        """Instructions or cycles, whichever the target counts."""
        return self.cycles if self.instructions is None else self.instructions

    @property
    def what(self) -> str:
        """The operator, and with which layers it is fused."""
        return f"{self.op} (fused {self.fused})" if self.fused else self.op


@dataclass(frozen=True)
class Report:
    """What a verification found.

    Sizes are bytes. ``instructions`` or ``cycles``, whichever ``unit`` says that the target counts, are of one
    inference (the first vector), in each layer of the core with the most. ``arena_lower_bound``: what no plan of these
    kernels can beat. ``stack_used``: the most that a vector left marks of, where ``ram["stack"]`` is the most that any
    can need. ``compiler`` and ``emulator`` with their versions: only counts of equal ones can be compared.
    ``outputs``: what the target answered, per vector.
    """

    model: str
    target: str
    vectors: int
    bit_exact: bool
    mismatches: tuple[Mismatch, ...]
    layers: tuple[LayerCost, ...]
    instructions: int | None
    macs: int
    ram: dict[str, int | None]
    flash: dict[str, int]
    harness: dict[str, int]
    arena_lower_bound: int
    stack_used: int | None = None
    link_faults: tuple[str, ...] = ()
    outputs: tuple[list[bytes], ...] = field(default=(), repr=False)
    unit: str | None = None
    cycles: int | None = None
    compiler: str = ""
    emulator: str = ""

    @property
    def count(self) -> int | None:
        """Instructions or cycles, whichever the target counts."""
        return self.cycles if self.instructions is None else self.instructions

    def to_json(self) -> dict[str, Any]:
        """The report as JSON-ready values, without the outputs' bytes."""
        values = asdict(self)
        del values["outputs"]
        return values


def compare(image: Image, link: Link, vectors: Sequence[Sequence[Array]], progress: Progress | None = None) -> Report:
    """Run every vector on a started image and compare each layer with the reference.

    The state of a streaming network is reset before the first vector and carried on from there, on both sides.

    Args:
        vectors: integer inputs, one list of arrays per vector.
        progress: called with a stage, the vectors done and their number.

    Raises:
        LinkError: the firmware does not answer as the protocol demands, or is another build.
        ToolError: it used more stack than its code can need.
    """
    model = image.model
    graph = model.program.graph
    session, sizes = Session(graph), output_bytes(graph)
    unit = link.hello().unit
    link.check_build(0, model.context["build_id_hex"])
    link.reset(0)
    mismatches: list[Mismatch] = []
    outputs: list[list[bytes]] = []
    costs: list[PointResult] = []
    total: int | None = None
    stack: int | None = None
    for index, vector in enumerate(vectors):
        trace = session.trace(vector)
        result = link.run(0, [array.tobytes() for array in vector], sizes)
        if index == 0:
            costs, total = result.points, result.count
        stack = _most_stack(image, stack, result.stack)
        outputs.append(result.outputs)
        wrong = _first_difference(model, trace, [point.crc for point in result.points], result.outputs)
        if wrong is not None:
            mismatches.append(_locate(model, link, vectors, index, wrong, trace, len(mismatches) < _MOST_DUMPS))
        if progress is not None:
            progress("verify", index + 1, len(vectors))
    return Report(
        model=model.name,
        target=image.target.name,
        vectors=len(vectors),
        bit_exact=not mismatches,
        mismatches=tuple(mismatches),
        layers=tuple(_layer_costs(model, costs, unit)),
        instructions=total if unit == "instructions" else None,
        macs=model.macs,
        ram=image.sizes.ram,
        flash=image.sizes.flash,
        harness=image.sizes.harness,
        arena_lower_bound=model.program.arena_lower_bound,
        stack_used=stack,
        link_faults=tuple(str(fault) for fault in link.faults),
        outputs=tuple(outputs),
        unit=unit,
        cycles=total if unit == "cycles" else None,
        compiler=toolchain.version(image.target.toolchain),
        emulator=emulator.version(image.target),
    )


def _most_stack(image: Image, before: int | None, now: int | None) -> int | None:
    """The larger of two stack marks. Raises ToolError beyond what the image's code can need."""
    bound = image.sizes.firmware_stack
    if now is not None and bound is not None and now > bound:
        raise ToolError(f"{image.model.name} used {now} bytes of stack, where its code can need only {bound}")
    return before if now is None else max(now, before or 0)


def output_bytes(graph: Graph) -> list[int]:
    """Bytes of every graph output."""
    return [graph.tensor(name).bytes for name in graph.outputs]


def _first_difference(model: ModelSources, trace: Trace, crcs: Sequence[int], outputs: Sequence[bytes]) -> int | None:
    """The first trace point that differs; the point of a graph output where only the output's bytes differ."""
    points = model.program.points
    for point, (_, name) in enumerate(points):
        if zlib.crc32(trace.tensors[name].tobytes()) != crcs[point]:
            return point
    graph = model.program.graph
    for name, expected, got in zip(graph.outputs, trace.outputs, outputs, strict=True):
        if expected.tobytes() != got:
            writers = [point for point, (_, written) in enumerate(points) if written == name]
            return writers[0] if writers else 0
    return None


def _locate(
    model: ModelSources,
    link: Link,
    vectors: Sequence[Sequence[Array]],
    index: int,
    point: int,
    trace: Trace,
    fetch: bool,
) -> Mismatch:
    """Fetch the wrong tensor and name its first wrong element (-1 where it was not fetched or is now equal)."""
    graph = model.program.graph
    layer, name = model.program.points[point]
    if not fetch:
        return Mismatch(layer.node.name, index, -1, 0, 0)
    if model.context["stateful"]:
        link.reset(0)
        for earlier in vectors[:index]:
            link.run(0, [array.tobytes() for array in earlier], output_bytes(graph))
    expected = trace.tensors[name].reshape(-1)
    data = link.dump(0, [array.tobytes() for array in vectors[index]], point)
    got = np.frombuffer(data, expected.dtype)
    wrong = np.flatnonzero(got != expected)
    if not wrong.size:
        return Mismatch(layer.node.name, index, -1, 0, 0)
    first = int(wrong[0])
    return Mismatch(layer.node.name, index, first, int(expected[first]), int(got[first]))


def _layer_costs(model: ModelSources, costs: Sequence[PointResult], unit: str | None) -> list[LayerCost]:
    layers = []
    for layer in model.program.layers:
        own = costs[layer.point : layer.point + len(written(layer.node))]
        longest, every = _sum(point.count for point in own), _sum(point.all_cores for point in own)
        cost = LayerCost(
            name=layer.node.name,
            op=layer.node.op,
            macs=layer.macs,
            instructions=longest if unit == "instructions" else None,
            arena_bytes=layer.arena_bytes,
            all_cores=every,
            fused=layer.fused,
            cycles=longest if unit == "cycles" else None,
        )
        layers.append(cost)
    return layers


def _sum(counts: Iterable[int | None]) -> int | None:
    """None where one is not counted."""
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total
