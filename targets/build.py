"""Compiles a generated project for its target: the test firmware, and the model alone."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ..codegen.sources import FIRMWARE, is_float_source
from ..errors import ResourceError, ToolError
from .target import Region, Target
from .toolchain import COMMON_FLAGS, chosen, compiler

_TIMEOUT = 300
INCLUDES = ("include", "src", "bitwright")
_TRACE = "bw_trace.h"
_HEADERS = "freestanding"  # of firmware/, and of the harness: the C library's, for compilers that bring none
_ENTRY = re.compile(r"ENTRY\((\w+)\)")


@dataclass(frozen=True)
class Application:
    """What is linked around a model.

    Attributes:
        title: what it does, in words.
        sources: its files in ``firmware``; None: the whole runtime.
        generated: further files by name, made for the model.
    """

    title: str
    sources: tuple[str, ...] | None = None
    generated: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, str]:
        """Its files by name."""
        runtime = sorted((FIRMWARE / "runtime").glob("*.[ch]"))
        paths = runtime if self.sources is None else [FIRMWARE / source for source in self.sources]
        return {path.name: path.read_text() for path in paths} | dict(self.generated)

    @property
    def traced(self) -> bool:
        """Whether the model tells it of every layer."""
        return _TRACE in self.files


#: The test firmware.
LINK = Application("the test firmware, which answers Bitwright's link protocol")


@dataclass(frozen=True)
class Built:
    """Two linked images of one project.

    Attributes:
        firmware: the application's: harness, and the model, with the layer trace where it is traced.
        model: the model as a product links it, entered at ``NAME_invoke``, without start-up code.
    """

    firmware: Path
    model: Path


@dataclass(frozen=True)
class _Unit:
    """One source to compile; ``part`` says which links take it."""

    part: str
    source: Path
    flags: tuple[str, ...] = ()

    @property
    def object(self) -> str:
        return f"build/{self.part}_{self.source.stem}.o"


def harness_files(target: Target, application: Application = LINK) -> dict[str, str]:
    """The harness of a target: application, platform and linker script by file name."""
    platform = {name: (FIRMWARE / "platform" / name).read_text() for name in target.sources}
    files = {**application.files, **platform}
    if target.linker_script is not None and target.flash is not None and target.ram is not None:
        memory = f"MEMORY\n{{\n{_region('flash', 'rx', target.flash)}{_region('ram', 'rwx', target.ram)}}}"
        files[target.linker_script] = _script(target).replace("INCLUDE memory.ld", memory)
    if chosen(target.toolchain).bare:
        files |= {f"{_HEADERS}/{path.name}": path.read_text() for path in sorted((FIRMWARE / _HEADERS).glob("*.h"))}
    return files


def _script(target: Target) -> str:
    return (FIRMWARE / "platform" / str(target.linker_script)).read_text()


def _region(name: str, access: str, region: Region) -> str:
    return f"    {name} ({access}) : ORIGIN = 0x{region.origin:08x}, LENGTH = {region.size}\n"


def compile_flags(target: Target, root: str = "") -> list[str]:
    """Flags for every source of a target; ``root`` as for :func:`link_flags`."""
    cores = [f"-DBW_CORES={target.cores}"] if target.cores > 1 else []
    toolchain = chosen(target.toolchain)
    headers = [f"-isystem{root}harness/{_HEADERS}"] if toolchain.bare else []
    return [*COMMON_FLAGS, *toolchain.compile_flags, *toolchain.machine_flags(target.flags), *headers, *cores]


def float_flags(target: Target) -> list[str]:
    """Further flags for the kernels of layers in float, none of whose operations may be fused with another."""
    unit = target.float_unit
    return [] if unit is None else [*chosen(target.toolchain).machine_flags(unit.flags), "-ffp-contract=off"]


def harness_flags(target: Target) -> list[str]:
    """Further flags for the harness."""
    # C99 hides POSIX from the host's headers; the firmware itself uses none of it.
    posix = ["-D_POSIX_C_SOURCE=200809L"] if target.toolchain == "host" else []
    baud = {"BW_BAUD": f"{target.board.baud}U"} if target.board is not None else {}
    emulated = target.emulator.defines if target.emulator is not None else {}
    return [*(f"-D{name}={value}" for name, value in {**baud, **target.defines, **emulated}.items()), *posix]


def link_flags(target: Target, root: str = "") -> list[str]:
    """Flags for the firmware's link; ``root`` is the project's folder, with a slash, where the link runs elsewhere."""
    toolchain = chosen(target.toolchain)
    script = [f"-T{root}harness/{target.linker_script}"] if target.linker_script else []
    if toolchain.bare and target.linker_script and (entry := _ENTRY.search(_script(target))):
        script.append(f"-Wl,--entry={entry.group(1)}")
    return [*toolchain.link_flags, *toolchain.machine_flags(target.flags), *script]


def model_link_flags(target: Target, name: str, root: str = "") -> list[str]:
    """Flags for the link of the model alone: its entry keeps all that an inference needs, and nothing else."""
    bare = ["-nostartfiles"] if target.toolchain == "host" else []  # the cross toolchains link so anyway
    return [*link_flags(target, root), *bare, f"-Wl,--entry={name}_invoke"]


def build(project: Path, target: Target, name: str) -> Built:
    """Compile a generated project and link its firmware and its model alone.

    Raises:
        ToolError: no compiler, or it failed. ResourceError: the image does not fit the target's memory.
    """
    command = compiler(target.toolchain)
    (project / "build").mkdir(exist_ok=True)
    traced = (project / "harness" / _TRACE).is_file()
    units = _units(project, target, name, traced)
    common = [*command, *compile_flags(target), *(f"-I{folder}" for folder in INCLUDES)]

    def compile_one(unit: _Unit) -> None:
        _run([*common, *unit.flags, "-c", str(unit.source.relative_to(project)), "-o", unit.object], project)

    def objects(*parts: str) -> list[str]:
        return [unit.object for part in parts for unit in units if unit.part == part]

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(compile_one, units))
    own = "traced" if traced else "model"
    firmware = [*objects("shared", "harness", own), *link_flags(target), "-o", "build/firmware.elf"]
    model = [*objects("shared", "model"), *model_link_flags(target, name), "-o", "build/model.elf"]
    _run([*command, *firmware], project)
    _run([*command, *model], project)
    return Built(project / "build" / "firmware.elf", project / "build" / "model.elf")


def is_for_cores(name: str) -> bool:
    """Whether a harness file is what a platform defines for several cores, which the model alone needs, too."""
    return name.endswith("_cores.c")


def _units(project: Path, target: Target, name: str, traced: bool) -> list[_Unit]:
    """Every source; the model's own is compiled without the layer trace, and with it where that is wanted."""

    def sources(*folders: str) -> list[Path]:
        return [path for folder in folders for path in sorted((project / folder).glob("*.[cS]"))]

    model = project / "src" / f"{name}.c"
    return [
        *(
            _Unit("shared", source, tuple(float_flags(target)) if is_float_source(source.name) else ())
            for source in sources("bitwright", "src")
            if source != model
        ),
        _Unit("model", model),
        *([_Unit("traced", model, ("-DBW_TRACE", "-Iharness"))] if traced else []),
        *(
            _Unit(
                "shared" if is_for_cores(source.name) else "harness",
                source,
                ("-Iharness", *harness_flags(target)),
            )
            for source in sources("harness")
        ),
    ]


def _run(command: list[str], folder: Path) -> None:
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{command[0]} took longer than {_TIMEOUT} s") from error
    if result.returncode == 0:
        return
    lines = [
        line for line in result.stderr.splitlines() if "error" in line or "overflowed" in line or "no room" in line
    ]
    first = (lines or result.stderr.splitlines() or ["no message"])[0]
    if any(mark in result.stderr for mark in ("overflowed by", "no room for the stack", "will not fit in region")):
        raise ResourceError(f"the image does not fit the target: {first}")
    raise ToolError(f"{Path(command[0]).name} failed: {first}")
