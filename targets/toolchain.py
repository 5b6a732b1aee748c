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
    """``compiler`` is the program; ``packages`` brings it on Debian and Ubuntu.

    ``binutils`` is what the names of ``objdump``, ``nm`` and ``size`` begin with, ``architecture`` the instructions
    that they show; ``further`` programs are needed, too. ``marks_instructions``: parts of an image are marked as of
    lesser instruction sets, after which objdump would read the rest as such.
    """

    compiler: str
    compile_flags: tuple[str, ...]
    link_flags: tuple[str, ...]
    packages: tuple[str, ...]
    binutils: str
    architecture: str
    further: tuple[str, ...] = ()
    marks_instructions: bool = False


# Clang brings no C library and no integer division of 64 bits: those of GCC's packages.
_PICOLIBC = "/usr/lib/picolibc/riscv64-unknown-elf"
_CLANG = ("--target=riscv32-unknown-elf", "--gcc-toolchain=/usr", f"--sysroot={_PICOLIBC}")


TOOLCHAINS: Mapping[str, Toolchain] = {
    "host": Toolchain("cc", (), ("-Wl,--gc-sections",), ("gcc",), "", "host"),
    "arm": Toolchain(
        "arm-none-eabi-gcc",
        (),
        ("-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments"),
        ("gcc-arm-none-eabi", "libnewlib-arm-none-eabi"),
        "arm-none-eabi-",
        "arm",
    ),
    "riscv": Toolchain(
        "riscv64-unknown-elf-gcc",
        ("--specs=picolibc.specs",),
        ("-nostartfiles", "--specs=picolibc.specs", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments"),
        ("gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf"),
        "riscv64-unknown-elf-",
        "riscv",
    ),
    "riscv-clang": Toolchain(
        "clang-19",
        # Vectors are the kernels' business: those that Clang makes of loops are spilled to a stack without a bound.
        (*_CLANG, "-fno-vectorize", "-fno-slp-vectorize"),
        (
            *_CLANG,
            "-fuse-ld=lld-19",
            "-nostdlib",
            f"-L{_PICOLIBC}/lib/rv32im/ilp32",
            "-lc",
            "-lgcc",
            "-Wl,--gc-sections",
        ),
        ("clang-19", "lld-19", "gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf"),
        "riscv64-unknown-elf-",
        "riscv",
        ("ld.lld-19", "riscv64-unknown-elf-objdump"),
        marks_instructions=True,
    ),
}


def compiler(name: str) -> str:
    """Path of a toolchain's compiler (``CC`` chooses the host's). Raises ToolError naming the package."""
    toolchain = TOOLCHAINS[name]
    program = os.environ.get("CC", toolchain.compiler) if name == "host" else toolchain.compiler
    for needed in (program, *toolchain.further):
        if shutil.which(needed) is None:
            raise ToolError(f"{needed} is not installed: sudo apt-get install {' '.join(toolchain.packages)}")
    return shutil.which(program) or program


def binutil(name: str, tool: str) -> str:
    """Path of a toolchain's ``objdump``, ``nm`` or ``size``. Raises ToolError naming the package."""
    toolchain = TOOLCHAINS[name]
    program = toolchain.binutils + tool
    path = shutil.which(program)
    if path is None:
        packages = "binutils" if name == "host" else " ".join(toolchain.packages)
        raise ToolError(f"{program} is not installed: sudo apt-get install {packages}")
    return path
