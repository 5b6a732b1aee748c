"""Compiles a generated project for its target."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..codegen.sources import FIRMWARE
from ..errors import ResourceError, ToolError
from .target import Region, Target
from .toolchain import COMMON_FLAGS, TOOLCHAINS, compiler

_TIMEOUT = 300


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
    defines = [f"-D{name}={value}" for name, value in target.defines.items()]
    # C99 hides POSIX from the host's headers; the firmware itself uses none of it.
    posix = ["-D_POSIX_C_SOURCE=200809L"] if target.toolchain == "host" else []
    return [*COMMON_FLAGS, *TOOLCHAINS[target.toolchain].compile_flags, *target.flags, *defines, *posix]


def link_flags(target: Target, root: str = "") -> list[str]:
    """Flags for the final link; ``root`` is the project's folder, with a slash, where the link runs elsewhere."""
    script = [f"-L{root}harness", f"-T{root}harness/{target.linker_script}"] if target.linker_script else []
    return [*TOOLCHAINS[target.toolchain].link_flags, *target.flags, *script]


def build(project: Path, target: Target) -> Path:
    """Compile a generated project with the trace compiled in, and link its test firmware.

    Returns:
        The ELF; its map lies beside it.

    Raises:
        ToolError: no compiler, or it failed. ResourceError: the image does not fit the target's memory.
    """
    program = compiler(target.toolchain)
    output = project / "build"
    output.mkdir(exist_ok=True)
    sources = sorted(p for folder in ("src", "bitwright", "harness") for p in (project / folder).glob("*.[cS]"))
    includes = ["-Iinclude", "-Isrc", "-Ibitwright", "-Iharness", "-DBW_TRACE"]
    flags = [*compile_flags(target), *includes]

    def one(source: Path) -> str:
        target_file = output / f"{source.parent.name}_{source.stem}.o"
        _run([program, *flags, "-c", str(source.relative_to(project)), "-o", str(target_file)], project)
        return str(target_file)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        objects = list(pool.map(one, sources))
    elf = output / "firmware.elf"
    _run([program, *objects, *link_flags(target), f"-Wl,-Map={elf}.map", "-o", str(elf)], project)
    return elf


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
