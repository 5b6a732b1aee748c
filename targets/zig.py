"""Zig's C compiler, which ``pip install bitwright[zero]`` brings: Clang and its run-time library for every target."""

from __future__ import annotations

import sys
from collections.abc import Iterable

MODULE = "ziglang"
COMMAND = (sys.executable, "-m", MODULE, "cc")
#: Zig adds checks of undefined behaviour, and both it and Clang unwind tables; GCC's cross compilers have neither.
COMPILE_FLAGS = (
    "-Wno-overlength-strings",  # of inline assembly, which GCC does not count either
    "-fno-sanitize=all",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-fomit-frame-pointer",
)


#: GCC's names of Cortex-M -> Zig's, where features must be named, too.
_ARM_CPUS = {
    "cortex-m33": "cortex_m33+dsp",
    "cortex-m33+nodsp": "cortex_m33",
    "cortex-m55": "cortex_m55+mve_fp+fp_armv8d16sp+fullfp16+dsp",
    "cortex-m55+nomve": "cortex_m55-mve_fp-mve+fp_armv8d16sp+fullfp16+dsp",
    "cortex-m55+nofp": "cortex_m55-mve_fp-vfp2sp-fp_armv8d16sp+mve+dsp",
}


#: GCC's names of floating-point units -> Zig's, which it leaves out of its soft-float ABI unless they are named.
_ARM_UNITS = {"-mfpu=fpv4-sp-d16": "+vfp4d16sp", "-mfpu=fpv5-sp-d16": "+fp_armv8d16sp"}
_IMPLIED = ("-mthumb", "-mfloat-abi=soft")


def arm_flags(flags: Iterable[str]) -> list[str]:
    """GCC's flags for a Cortex-M as Zig's."""
    flags = list(flags)
    abi, kept = "eabi", []
    unit = "".join(_ARM_UNITS[flag] for flag in flags if flag in _ARM_UNITS)
    for flag in flags:
        if flag == "-mfloat-abi=hard":
            abi = "eabihf"
        elif flag.startswith("-mcpu="):
            cpu = flag.removeprefix("-mcpu=")
            kept.append(f"-mcpu={_ARM_CPUS.get(cpu, cpu.replace('-', '_'))}{unit}")
        elif flag not in _IMPLIED and flag not in _ARM_UNITS:
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
