"""Builds a network for a target, runs it there and compares every layer of every vector with the reference."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..codegen.program import written
from ..codegen.project import ModelSources
from ..converter.ir import Array
from ..converter.reference import Session, Trace
from ..errors import LinkError, ToolError
from . import emulator, toolchain
from .image import Image
from .journal import Entry, Journal
from .link import Link, fault_lines
from .replay import Replay
from .target import Target

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
    can need. ``resumed``: vectors whose results a journal kept. ``compiler`` and ``emulator`` with their versions: only
    counts of equal ones can be compared. ``outputs``: what the target answered, per vector.
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
    resumed: int = 0
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


def compare(
    image: Image,
    link: Link,
    vectors: Sequence[Sequence[Array]],
    progress: Progress | None = None,
    journal: Path | None = None,
) -> Report:
    """Run every vector on a started image and compare each layer with the reference.

    The state of a streaming network is reset before the first vector and carried on from there, on both sides.

    Args:
        vectors: integer inputs, one list of arrays per vector.
        progress: called with a stage, the vectors done and their number.
        journal: a file that keeps what is done; where it exists, the verification goes on where it stopped.

    Raises:
        LinkError: the firmware does not answer as the protocol demands, or is another build.
        ToolError: it used more stack than its code can need.
        InputError: the journal is of another verification, or cannot be used.
    """
    model = image.model
    kept = None if journal is None else Journal(journal, model, _place(image.target), vectors)
    entries = [] if kept is None else list(kept.entries)
    resumed = len(entries)
    try:
        replay, session = Replay(link, model, vectors), Session(model.program.graph)
        for index, vector in enumerate(vectors):
            if index >= resumed:
                dumps = sum(entry.mismatch is not None for entry in entries) < _MOST_DUMPS
                entry = _verify_vector(image, replay, index, session.trace(vector), dumps)
                entries.append(entry)
                if kept is not None:
                    kept.add(entry)
            elif model.context["stateful"]:
                session.trace(vector)  # the reference has its state, too
            if progress is not None:
                progress("verify", index + 1, len(vectors))
    except LinkError as error:
        if kept is None:
            raise
        raise LinkError(f"{error}; {len(entries)} of {len(vectors)} vectors are kept in '{journal}'") from error
    return _report(image, link.hello().unit, entries, resumed)


def _place(target: Target) -> str:
    return target.name if target.board is None or target.emulator is not None else f"{target.name} on hardware"


def _verify_vector(image: Image, replay: Replay, index: int, trace: Trace, fetch: bool) -> Entry:
    """Run one vector and find the first layer that differs; ``fetch`` its tensor to name the element."""
    result = replay.run(index)
    _check_stack(image, result.stack)
    wrong = _first_difference(image.model, trace, [point.crc for point in result.points], result.outputs)
    mismatch = None if wrong is None else _locate(image.model, replay, index, wrong, trace, fetch)
    return Entry(
        outputs=result.outputs,
        counts=[(point.count, point.all_cores) for point in result.points] if index == 0 else [],
        stack=result.stack,
        mismatch=None if mismatch is None else asdict(mismatch),
        faults=replay.faults_since(),
    )


def _report(image: Image, unit: str | None, entries: Sequence[Entry], resumed: int) -> Report:
    model = image.model
    counts = entries[0].counts if entries else []
    total = _sum(count for count, _ in counts) if counts else None
    mismatches = tuple(Mismatch(**entry.mismatch) for entry in entries if entry.mismatch is not None)
    return Report(
        model=model.name,
        target=image.target.name,
        vectors=len(entries),
        bit_exact=not mismatches,
        mismatches=mismatches,
        layers=tuple(_layer_costs(model, counts, unit)),
        instructions=total if unit == "instructions" else None,
        macs=model.macs,
        ram=image.sizes.ram,
        flash=image.sizes.flash,
        harness=image.sizes.harness,
        arena_lower_bound=model.program.arena_lower_bound,
        stack_used=max((entry.stack for entry in entries if entry.stack is not None), default=None),
        link_faults=fault_lines(fault for entry in entries for fault in entry.faults),
        outputs=tuple(entry.outputs for entry in entries),
        unit=unit,
        cycles=total if unit == "cycles" else None,
        resumed=resumed,
        compiler=toolchain.version(image.target.toolchain),
        emulator=emulator.version(image.target),
    )


def _check_stack(image: Image, used: int | None) -> None:
    """Raise ToolError for a stack mark beyond what the image's code can need."""
    bound = image.sizes.firmware_stack
    if used is not None and bound is not None and used > bound:
        raise ToolError(f"{image.model.name} used {used} bytes of stack, where its code can need only {bound}")


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


def _locate(model: ModelSources, replay: Replay, index: int, point: int, trace: Trace, fetch: bool) -> Mismatch:
    """Fetch the wrong tensor and name its first wrong element (-1 where it was not fetched or is now equal)."""
    layer, name = model.program.points[point]
    if not fetch:
        return Mismatch(layer.node.name, index, -1, 0, 0)
    expected = trace.tensors[name].reshape(-1)
    got = np.frombuffer(replay.dump(index, point), expected.dtype)
    wrong = np.flatnonzero(got != expected)
    if not wrong.size:
        return Mismatch(layer.node.name, index, -1, 0, 0)
    first = int(wrong[0])
    return Mismatch(layer.node.name, index, first, int(expected[first]), int(got[first]))


def _layer_costs(
    model: ModelSources, counts: Sequence[tuple[int | None, int | None]], unit: str | None
) -> list[LayerCost]:
    layers = []
    for layer in model.program.layers:
        own = counts[layer.point : layer.point + len(written(layer.node))]
        longest, every = _sum(count for count, _ in own), _sum(count for _, count in own)
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
