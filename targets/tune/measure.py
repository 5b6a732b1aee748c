"""Measures every kernel that can serve a layer: the k-th of all layers in one image and one run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from ...codegen.kernels.call import constant_bytes
from ...codegen.program import Layer
from ...codegen.project import ModelSources, model_sources
from ...converter.ir import Array, Graph
from ...errors import ResourceError, ToolError
from .. import emulator, toolchain
from ..build import harness_files
from ..cache import cache_folder, digest, keep
from ..emulator import start
from ..image import Image, built_from, check_fits
from ..target import Target
from ..vectors import random_vectors
from ..verify import Report, compare

_VECTORS, _SEED = 2, 0
_VERSION = "tune 1"  # of what is measured and kept


@dataclass(frozen=True)
class Candidate:
    """A kernel as measured in one layer.

    Attributes:
        instructions: of one call, exact; estimate: what its author says, for comparison.
        constants: bytes of its arrays and its parameters; files: C files that its code is in.
        live: bytes of the arena in use while it ran.
    """

    kernel: str
    instructions: int
    estimate: int | None
    constants: int
    live: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """A network's layers with what can serve each, by layer name; ``code``: bytes of each C file.

    ``other_code``: bytes of flash that no choice changes; ``ram_beside``: bytes of RAM beside the arena, at most.
    """

    layers: Mapping[str, tuple[Candidate, ...]]
    code: Mapping[str, int]
    other_code: int
    ram_beside: int


@dataclass(frozen=True)
class _Sample:
    """What one image told: by layer, and of its code."""

    instructions: Mapping[str, int]
    live: Mapping[str, int]
    parameters: Mapping[str, int]
    code: Mapping[str, int]
    other_code: int
    ram_beside: int


def measure(graph: Graph, target: Target, progress: Callable[[str, int, int], None] | None = None) -> Measured:
    """Measure all kernels of all layers. What was measured before comes from the cache.

    A kernel whose network does not fit the target, even when it is the only one that is chosen, is left out.

    Raises:
        ToolError: the target counts nothing, or a kernel's result differs from the reference.
        ResourceError: the network fits the target with no kernels.
    """
    if target.emulator is None:
        raise ToolError(f"'{target.name}' counts no instructions: tune for a target that `bitwright verify` counts on")
    plain = model_sources(graph, target.isa, cores=target.cores)
    most = max((len(layer.candidates) for layer in plain.program.layers), default=0)
    found: dict[tuple[str, str], tuple[Layer, _Sample]] = {}
    samples: list[_Sample] = []
    for index in range(most):
        if progress is not None:
            progress("measure", index, most)
        wanted = {
            layer.node.name: layer.candidates[index] for layer in plain.program.layers if index < len(layer.candidates)
        }
        for model, sample in _fitting(graph, target, wanted):
            samples.append(sample)
            for layer in model.program.layers:
                found.setdefault((layer.node.name, layer.kernel), (layer, sample))
    if progress is not None:
        progress("measure", most, most)
    layers = {
        layer.node.name: tuple(
            _candidate(*found[layer.node.name, kernel])
            for kernel in layer.candidates
            if (layer.node.name, kernel) in found
        )
        for layer in plain.program.layers
    }
    if not samples or not all(layers.values()):
        check_fits(plain, target)
        raise ResourceError(f"{plain.name} fits {target.name} with no kernels that there are")
    code: dict[str, int] = {}
    for sample in samples:
        code |= sample.code
    return Measured(
        layers,
        code,
        max(sample.other_code for sample in samples),
        max(sample.ram_beside for sample in samples),
    )


def _candidate(layer: Layer, sample: _Sample) -> Candidate:
    name, call = layer.node.name, layer.call
    files = () if layer.elided else (call.function, *call.sources)
    return Candidate(
        layer.kernel,
        sample.instructions[name],
        call.instructions,
        constant_bytes(call) + sample.parameters.get(name, 0),
        sample.live[name],
        tuple(file for file in files if file in sample.code),
    )


def _fitting(graph: Graph, target: Target, wanted: Mapping[str, str]) -> Iterable[tuple[ModelSources, _Sample]]:
    """Samples that hold the wanted kernels: of one image, or of several where one does not fit."""
    model = model_sources(graph, target.isa, choices=wanted, cores=target.cores)
    try:
        check_fits(model, target)
        yield model, _sample(model, target)
    except ResourceError:
        names = list(wanted)
        if len(names) > 1:
            for half in (names[: len(names) // 2], names[len(names) // 2 :]):
                yield from _fitting(graph, target, {name: wanted[name] for name in half})


def _sample(model: ModelSources, target: Target) -> _Sample:
    """Build and run, unless that was done before. Raises ResourceError, ToolError."""
    kept = cache_folder() / "tune" / f"{_key(model, target)}.json"
    try:
        return _Sample(**json.loads(kept.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        pass
    vectors = random_vectors(model.program.graph, _VECTORS, _SEED)
    with built_from(model, target) as image:
        sample = _run(image, vectors)
    keep(kept, json.dumps(asdict(sample)).encode())
    return sample


def _key(model: ModelSources, target: Target) -> str:
    """Names everything that a measurement depends on."""
    harness = [f"{name}\0{text}" for name, text in harness_files(target).items()]
    build_id = str(model.context["build_id_hex"])
    return digest(
        [_VERSION, build_id, repr(target), toolchain.version(target.toolchain), emulator.version(target), *harness]
    )


def _run(image: Image, vectors: Sequence[Sequence[Array]]) -> _Sample:
    with start(image.target, image.elf) as link:
        report = compare(image, link, vectors)
    program = image.model.program
    check_exact(report, {layer.node.name: layer.kernel for layer in program.layers})
    counts = {cost.name: cost.instructions for cost in report.layers if cost.instructions is not None}
    if len(counts) != len(program.layers):
        raise ToolError(f"'{image.target.name}' counts no instructions")
    files = {path.stem.removeprefix("shared_"): path for path in image.elf.parent.glob("shared_bw_*.o")}
    code = {name: _bytes(path) for name, path in files.items()}
    sizes = _symbol_sizes(image.elf.with_name("model.elf"))
    parameters = {layer.node.name: sizes.get(f"layer_{layer.index:02d}", 0) for layer in program.layers}
    # Negative where the linker dropped more functions than there is code of other kinds.
    other = image.sizes.code - sum(code.values()) - sum(parameters.values())
    return _Sample(
        instructions=counts,
        live={layer.node.name: layer.arena_bytes for layer in program.layers},
        parameters=parameters,
        code=code,
        other_code=other,
        ram_beside=image.sizes.static + (image.sizes.stack or 0),
    )


def check_exact(report: Report, kernels: Mapping[str, str]) -> None:
    """Raise ToolError, naming the kernel, where a verification found a difference."""
    if report.mismatches:
        wrong = report.mismatches[0]
        raise ToolError(
            f"the kernel '{kernels[wrong.layer]}' of layer '{wrong.layer}' is wrong on {report.target}: "
            f"element {wrong.first_index} is {wrong.got}, expected {wrong.expected}; please report it"
        )


def _bytes(object_file: Path) -> int:
    """Bytes of code and read-only data in an object file."""
    with object_file.open("rb") as file:
        sections: Any = ELFFile(file).iter_sections()
        return sum(
            section["sh_size"]
            for section in sections
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC
            and section["sh_type"] == "SHT_PROGBITS"
            and section.name.startswith((".text", ".rodata"))
        )


def _symbol_sizes(elf: Path) -> dict[str, int]:
    with elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        if not isinstance(table, SymbolTableSection):
            return {}
        return {symbol.name: int(symbol["st_size"]) for symbol in table.iter_symbols()}
