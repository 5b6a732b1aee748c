"""Where an inference spends its instructions, layer by layer and function by function, without a board.

The counts are exact and agree with ``verify``; cycles are an estimate by a core's model (:mod:`.cycles`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..codegen.program import Layer, written
from ..converter.ir import Array
from ..errors import ToolError
from .counts import Count, Segment, counting
from .cycles import Core, Estimator, core_of
from .disassembly import Disassembly, disassemble
from .image import Image
from .instructions import CLASSES, class_of
from .verify import Report, compare

#: Visits of the marker before the first inference: on entry to and before the end of each of three empty layers. The
#: last of these layers lasts from the fourth visit to the fifth.
_CALIBRATION = 6
_EMPTY_LAYER = 4


@dataclass(frozen=True)
class FunctionProfile:
    """What one C function did for one layer."""

    name: str
    instructions: int
    cycles: float | None


@dataclass(frozen=True)
class LayerProfile:
    """One layer of one inference.

    Attributes:
        kernel: which of the kernels that serve the node; estimate: what its author says it executes.
        mix: executed instructions by class; their sum is ``instructions``.
        loaded, stored: bytes that instructions moved from and to memory.
        cycles: estimated; None where no core's model fits the target.
        functions: the most expensive first; their sums are the layer's.
    """

    name: str
    op: str
    kernel: str
    macs: int
    instructions: int
    estimate: int | None
    mix: Mapping[str, int]
    loaded: int
    stored: int
    cycles: float | None
    functions: tuple[FunctionProfile, ...]


@dataclass(frozen=True)
class Profile:
    """A profiled inference; ``report`` is the verification that ran beside it, with the same counts."""

    model: str
    target: str
    core: Core | None
    layers: tuple[LayerProfile, ...]
    report: Report

    @property
    def instructions(self) -> int:
        """Of the whole inference."""
        return sum(layer.instructions for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the whole inference."""
        return sum(layer.macs for layer in self.layers)

    @property
    def cycles(self) -> float | None:
        """Estimated cycles of the whole inference."""
        known = [layer.cycles for layer in self.layers if layer.cycles is not None]
        return sum(known) if self.core is not None else None

    @property
    def mix(self) -> dict[str, int]:
        """Instructions of the whole inference by class."""
        return {kind: sum(layer.mix[kind] for layer in self.layers) for kind in CLASSES}

    def to_json(self) -> dict[str, Any]:
        """The profile as JSON-ready values."""
        core = self.core
        return {
            "model": self.model,
            "target": self.target,
            "bit_exact": self.report.bit_exact,
            "instructions": self.instructions,
            "macs": self.macs,
            "mix": self.mix,
            "cycles_estimate": _rounded(self.cycles),
            "core": None
            if core is None
            else {
                "name": core.name,
                "description": core.description,
                "source": core.source,
                "not_modelled": list(core.errors),
            },
            "layers": [_layer_json(layer) for layer in self.layers],
        }


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _layer_json(layer: LayerProfile) -> dict[str, Any]:
    values = asdict(layer)
    values["cycles_estimate"] = _rounded(values.pop("cycles"))
    values["functions"] = [
        {"name": f.name, "instructions": f.instructions, "cycles_estimate": _rounded(f.cycles)} for f in layer.functions
    ]
    return values


def profile(
    image: Image,
    vector: Sequence[Array],
    core: Core | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Profile:
    """Run one inference of a built image under a counting emulator.

    Args:
        vector: integer inputs.
        core: whose cycles to estimate; that of the target's ``cpu`` when absent.

    Raises:
        ToolError: the target's emulator cannot count. LinkError: the firmware does not answer.
    """
    code = disassemble(image.elf, image.target)
    core = core or core_of(image.target.cpu)
    with counting(image.target, image.elf, code) as run:
        report = compare(image, run.link, [vector], progress)
    segments = run.segments()
    points = _points(segments, image.model.program.visits)
    view = _View(image, code, core)
    layers = []
    for layer, cost in zip(image.model.program.layers, report.layers, strict=True):
        own = points[layer.point : layer.point + len(written(layer.node))]
        layers.append(view.layer(layer, _added(own), cost.instructions))
    return Profile(image.model.name, image.target.name, core, tuple(layers), report)


def _points(segments: Sequence[Segment], visits: Sequence[int]) -> list[Segment]:
    """What every trace point's layer executed, without what an empty layer does.

    Args:
        visits: the point of each call of the trace, in order.

    Raises:
        ToolError: the emulator counted fewer.
    """
    first = _CALIBRATION + 1
    if len(segments) < first + 2 * len(visits):
        raise ToolError(
            f"the emulator counted {len(segments)} segments, where {first + 2 * len(visits)} were expected"
        )
    empty = {address: -count for address, count in segments[_EMPTY_LAYER].items()}
    parts: list[list[Segment]] = [[] for _ in set(visits)]
    for visit, point in enumerate(visits):
        parts[point].append(_net([segments[first + 2 * visit], empty]))
    return [_added(own) for own in parts]


def _net(parts: Sequence[Segment]) -> Segment:
    """The sum; empty where nothing but the call of the trace was executed."""
    total = _added(parts)
    return total if sum(count.executed for count in total.values()) > 0 else {}


def _added(parts: Iterable[Segment]) -> Segment:
    total: dict[int, Count] = {}
    for part in parts:
        for address, count in part.items():
            total[address] = total[address] + count if address in total else count
    return total


def _settle(mix: dict[str, int]) -> None:
    """Let no class be below zero: an empty layer may load an argument where this one computed it."""
    for kind in CLASSES:
        if kind != "alu" and mix[kind] < 0:
            mix["alu"] += mix[kind]
            mix[kind] = 0


class _View:
    """Counts of an image as layers and functions."""

    def __init__(self, image: Image, code: Disassembly, core: Core | None) -> None:
        self._code = code
        self._toolchain = image.target.toolchain
        self._estimator = None if core is None else Estimator(core, code, self._toolchain)
        self._functions = disassemble(image.elf.with_name("model.elf"), image.target).symbols.keys()
        self._sequence = f"{image.model.name}_run_in"

    def layer(self, layer: Layer, counts: Segment, verified: int | None) -> LayerProfile:
        """A layer's profile. Raises ToolError where the counts are not those of the verification."""
        executed = sum(count.executed for count in counts.values())
        if verified != executed:
            raise ToolError(f"{layer.node.name}: the emulator counted {executed} instructions, the firmware {verified}")
        mix = dict.fromkeys(CLASSES, 0)
        functions: dict[str, list[float]] = {}
        for address, count in counts.items():
            instruction = self._code.instructions.get(address)
            kind = "alu" if instruction is None else class_of(instruction.mnemonic, self._toolchain)
            mix[kind] += count.executed
            # What calls the trace is a part of the layers' sequence; it makes up for the call of the empty layer.
            label = "" if instruction is None else instruction.label
            entry = functions.setdefault(label if label in self._functions else self._sequence, [0, 0.0])
            entry[0] += count.executed
            entry[1] += self._estimator.cycles(address, count) if self._estimator else 0.0
        _settle(mix)
        known = self._estimator is not None
        return LayerProfile(
            name=layer.node.name,
            op=layer.node.op,
            kernel=layer.kernel,
            macs=layer.macs,
            instructions=executed,
            estimate=layer.call.instructions,
            mix=mix,
            loaded=max(0, sum(count.loaded for count in counts.values())),
            stored=max(0, sum(count.stored for count in counts.values())),
            cycles=sum(entry[1] for entry in functions.values()) if known else None,
            functions=tuple(
                FunctionProfile(name, int(entry[0]), entry[1] if known else None)
                for name, entry in sorted(functions.items(), key=lambda item: (-item[1][0], item[0]))
                if entry[0]
            ),
        )
