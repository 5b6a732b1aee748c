"""Compilers: what each toolchain is called, how it links, and the package that brings it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import ToolError

#: Flags of every build: warnings are errors, functions and data can be dropped when unused.
COMMON_FLAGS = (
    "-std=c99",
    "-O2",
    "-g",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Werror",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-common",
)


@dataclass(frozen=True)
class Toolchain:
    """``compiler`` is the program; ``packages`` brings it on Debian and Ubuntu."""

    compiler: str
    compile_flags: tuple[str, ...]
    link_flags: tuple[str, ...]
    packages: tuple[str, ...]


TOOLCHAINS: Mapping[str, Toolchain] = {
    "host": Toolchain("cc", (), ("-Wl,--gc-sections",), ("gcc",)),
    "arm": Toolchain(
        "arm-none-eabi-gcc",
        (),
        ("-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments"),
        ("gcc-arm-none-eabi", "libnewlib-arm-none-eabi"),
    ),
    "riscv": Toolchain(
        "riscv64-unknown-elf-gcc",
        ("--specs=picolibc.specs",),
        ("-nostartfiles", "--specs=picolibc.specs", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments"),
        ("gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf"),
    ),
}


def compiler(name: str) -> str:
    """Path of a toolchain's compiler (``CC`` chooses the host's). Raises ToolError naming the package."""
    toolchain = TOOLCHAINS[name]
    program = os.environ.get("CC", toolchain.compiler) if name == "host" else toolchain.compiler
    path = shutil.which(program)
    if path is None:
        raise ToolError(f"{program} is not installed: sudo apt-get install {' '.join(toolchain.packages)}")
    return path


def binutil(name: str, tool: str) -> str:
    """Path of a toolchain's ``objdump``, ``nm`` or ``size``. Raises ToolError naming the package."""
    toolchain = TOOLCHAINS[name]
    program = tool if name == "host" else toolchain.compiler.replace("gcc", tool)
    path = shutil.which(program)
    if path is None:
        packages = "binutils" if name == "host" else " ".join(toolchain.packages)
        raise ToolError(f"{program} is not installed: sudo apt-get install {packages}")
    return path
