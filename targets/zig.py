"""Zig's C compiler, which ``pip install bitwright[zero]`` brings: Clang and its run-time library for every target."""

from __future__ import annotations

import sys
from collections.abc import Iterable

MODULE = "ziglang"
COMMAND = (sys.executable, "-m", MODULE, "cc")
#: Zig adds checks of undefined behaviour, and both it and Clang unwind tables; GCC's cross compilers have neither.
COMPILE_FLAGS = (
    "-fno-sanitize=all",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-fomit-frame-pointer",
)


def arm_flags(flags: Iterable[str]) -> list[str]:
    """GCC's flags for a Cortex-M as Zig's."""
    abi, kept = "eabi", []
    for flag in flags:
        if flag == "-mfloat-abi=hard":
            abi = "eabihf"
        elif flag.startswith("-mcpu="):
            kept.append(flag.replace("cortex-m", "cortex_m"))
        elif flag not in ("-mthumb", "-mfloat-abi=soft"):
            kept.append(flag)
    return [f"--target=thumb-freestanding-{abi}", *kept]


def riscv_flags(flags: Iterable[str]) -> list[str]:
    """GCC's flags for an RV32 as Zig's: what the assembler alone is told holds for the compiler, too."""
    isa, kept = "", []
    for flag in flags:
        if flag.startswith(("-march=", "-Wa,-march=")):
            isa = flag.split("=")[1]
        elif not flag.startswith(("-misa-spec=", "-mabi=", "-mno-riscv-attribute")):
            kept.append(flag)
    base, *extensions = isa.removeprefix("rv32i").split("_")
    cpu = "+".join(["generic_rv32", *base, "zicsr", *extensions])
    return ["--target=riscv32-freestanding-none", f"-mcpu={cpu}", *kept]
