"""Compiles a generated project for its target: the test firmware, and the model alone."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..codegen.sources import FIRMWARE
from ..errors import ResourceError, ToolError
from .target import Region, Target
from .toolchain import COMMON_FLAGS, TOOLCHAINS, compiler

_TIMEOUT = 300
INCLUDES = ("include", "src", "bitwright")


@dataclass(frozen=True)
class Built:
    """Two linked images of one project.

    Attributes:
        firmware: the test firmware: harness, and the model with the layer trace.
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


def harness_files(target: Target) -> dict[str, str]:
    """The test harness of a target: runtime, platform and linker script by file name."""
    runtime = {path.name: path.read_text() for path in sorted((FIRMWARE / "runtime").glob("*.[ch]"))}
    platform = {name: (FIRMWARE / "platform" / name).read_text() for name in target.sources}
    files = {**runtime, **platform}
    if target.linker_script is not None and target.flash is not None and target.ram is not None:
        files[target.linker_script] = (FIRMWARE / "platform" / target.linker_script).read_text()
        files["memory.ld"] = (
            f"MEMORY\n{{\n{_region('flash', 'rx', target.flash)}{_region('ram', 'rwx', target.ram)}}}\n"
        )
    return files


def _region(name: str, access: str, region: Region) -> str:
    return f"    {name} ({access}) : ORIGIN = 0x{region.origin:08x}, LENGTH = {region.size}\n"


def compile_flags(target: Target) -> list[str]:
    """Flags for every source of a target."""
    cores = [f"-DBW_CORES={target.cores}"] if target.cores > 1 else []
    return [*COMMON_FLAGS, *TOOLCHAINS[target.toolchain].compile_flags, *target.flags, *cores]


def harness_flags(target: Target) -> list[str]:
    """Further flags for the harness."""
    # C99 hides POSIX from the host's headers; the firmware itself uses none of it.
    posix = ["-D_POSIX_C_SOURCE=200809L"] if target.toolchain == "host" else []
    baud = {"BW_BAUD": f"{target.board.baud}U"} if target.board is not None else {}
    emulated = target.emulator.defines if target.emulator is not None else {}
    return [*(f"-D{name}={value}" for name, value in {**baud, **target.defines, **emulated}.items()), *posix]


def link_flags(target: Target, root: str = "") -> list[str]:
    """Flags for the firmware's link; ``root`` is the project's folder, with a slash, where the link runs elsewhere."""
    script = [f"-L{root}harness", f"-T{root}harness/{target.linker_script}"] if target.linker_script else []
    return [*TOOLCHAINS[target.toolchain].link_flags, *target.flags, *script]


def model_link_flags(target: Target, name: str, root: str = "") -> list[str]:
    """Flags for the link of the model alone: its entry keeps all that an inference needs, and nothing else."""
    bare = ["-nostartfiles"] if target.toolchain == "host" else []  # the cross toolchains link so anyway
    return [*link_flags(target, root), *bare, f"-Wl,--entry={name}_invoke"]


def build(project: Path, target: Target, name: str) -> Built:
    """Compile a generated project and link its test firmware and its model alone.

    Raises:
        ToolError: no compiler, or it failed. ResourceError: the image does not fit the target's memory.
    """
    program = compiler(target.toolchain)
    (project / "build").mkdir(exist_ok=True)
    units = _units(project, target, name)
    common = [program, *compile_flags(target), *(f"-I{folder}" for folder in INCLUDES)]

    def compile_one(unit: _Unit) -> None:
        _run([*common, *unit.flags, "-c", str(unit.source.relative_to(project)), "-o", unit.object], project)

    def objects(*parts: str) -> list[str]:
        return [unit.object for part in parts for unit in units if unit.part == part]

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(compile_one, units))
    firmware = [*objects("shared", "harness", "traced"), *link_flags(target), "-o", "build/firmware.elf"]
    model = [*objects("shared", "model"), *model_link_flags(target, name), "-o", "build/model.elf"]
    _run([program, *firmware], project)
    _run([program, *model], project)
    return Built(project / "build" / "firmware.elf", project / "build" / "model.elf")


def is_for_cores(name: str) -> bool:
    """Whether a harness file is what a platform defines for several cores, which the model alone needs, too."""
    return name.endswith("_cores.c")


def _units(project: Path, target: Target, name: str) -> list[_Unit]:
    """Every source; the model's own is compiled with the layer trace and without."""

    def sources(*folders: str) -> list[Path]:
        return [path for folder in folders for path in sorted((project / folder).glob("*.[cS]"))]

    model = project / "src" / f"{name}.c"
    return [
        *(_Unit("shared", source) for source in sources("bitwright", "src") if source != model),
        _Unit("model", model),
        _Unit("traced", model, ("-DBW_TRACE", "-Iharness")),
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
