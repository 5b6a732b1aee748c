"""Compilers: what each toolchain is called, how it links, and the package that brings it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec

from ..errors import ToolError
from . import zig

#: Environment variable that chooses between the packages' toolchains and Zig.
CHOICE = "BITWRIGHT_TOOLCHAIN"

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


def _unchanged(flags: Iterable[str]) -> list[str]:
    return list(flags)


@dataclass(frozen=True)
class Toolchain:
    """One compiler for one kind of target.

    Attributes:
        command: the compiler's program, and what it is told before all flags.
        packages: what brings it on Debian and Ubuntu.
        binutils: what the names of ``objdump``, ``nm`` and ``size`` begin with.
        architecture: the instructions that they show.
        further: more programs that are needed.
        marks_instructions: parts of an image are marked as of lesser instruction sets, after which objdump would read
            the rest as such.
        machine_flags: a target's flags, which are GCC's, as this compiler calls them.
        bare: it brings no C library's headers and enters at ``_start``: the harness has the headers, and the link
            names the entry.
    """

    command: tuple[str, ...]
    compile_flags: tuple[str, ...]
    link_flags: tuple[str, ...]
    packages: tuple[str, ...]
    binutils: str
    architecture: str
    further: tuple[str, ...] = ()
    marks_instructions: bool = False
    machine_flags: Callable[[Iterable[str]], list[str]] = _unchanged
    bare: bool = False

    @property
    def compiler(self) -> str:
        """The program."""
        return self.command[0]

    @property
    def spelled(self) -> str:
        """The command in a build file, which is the same on every computer: of the Python that is active."""
        return " ".join("python" if part == sys.executable else part for part in self.command)


# Clang brings no C library and no integer division of 64 bits: those of GCC's packages.
_PICOLIBC = "/usr/lib/picolibc/riscv64-unknown-elf"
_CLANG = ("--target=riscv32-unknown-elf", "--gcc-toolchain=/usr", f"--sysroot={_PICOLIBC}")
# Vectors are the kernels' business: those that Clang makes of loops are spilled to a stack without a bound.
_NO_VECTORIZE = ("-fno-vectorize", "-fno-slp-vectorize")


TOOLCHAINS: Mapping[str, Toolchain] = {
    "host": Toolchain(("cc",), (), ("-Wl,--gc-sections",), ("gcc",), "", "host"),
    "arm": Toolchain(
        ("arm-none-eabi-gcc",),
        (),
        ("-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments"),
        ("gcc-arm-none-eabi", "libnewlib-arm-none-eabi"),
        "arm-none-eabi-",
        "arm",
    ),
    "riscv": Toolchain(
        ("riscv64-unknown-elf-gcc",),
        ("--specs=picolibc.specs",),
        ("-nostartfiles", "--specs=picolibc.specs", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments"),
        ("gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf"),
        "riscv64-unknown-elf-",
        "riscv",
    ),
    "riscv-clang": Toolchain(
        ("clang-19",),
        (*_CLANG, *_NO_VECTORIZE),
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

_ZIG_LINK = ("-nostartfiles", "-Wl,--gc-sections")
_ZIG_ARM = Toolchain(
    zig.COMMAND, zig.COMPILE_FLAGS, _ZIG_LINK, (), "arm-none-eabi-", "arm", machine_flags=zig.arm_flags, bare=True
)
_ZIG_RISCV = Toolchain(
    zig.COMMAND,
    (*zig.COMPILE_FLAGS, *_NO_VECTORIZE),
    _ZIG_LINK,
    (),
    "riscv64-unknown-elf-",
    "riscv",
    machine_flags=zig.riscv_flags,
    bare=True,
)
#: What compiles for the same targets where the packages are not installed.
ZIG: Mapping[str, Toolchain] = {
    "host": Toolchain(zig.COMMAND, zig.COMPILE_FLAGS, ("-Wl,--gc-sections",), (), "", "host"),
    "arm": _ZIG_ARM,
    "riscv": _ZIG_RISCV,
    # Its scheduler lets vectors live longer than there are registers.
    "riscv-clang": replace(_ZIG_RISCV, compile_flags=(*_ZIG_RISCV.compile_flags, "-mllvm", "-enable-misched=0")),
}


def chosen(name: str) -> Toolchain:
    """The toolchain that serves targets of a name: the packages', or Zig where they are not installed and Zig is.

    ``BITWRIGHT_TOOLCHAIN`` decides otherwise: ``zig`` or ``packages``. Raises ToolError for anything else there.
    """
    wish = os.environ.get(CHOICE, "")
    if wish not in ("", "zig", "packages"):
        raise ToolError(f"{CHOICE} is '{wish}'; it can be 'zig' or 'packages'")
    packages, alternative = TOOLCHAINS[name], ZIG[name]
    own = os.environ.get("CC", "") if name == "host" else ""
    if wish != "zig" and own:
        return replace(packages, command=(own,))  # whoever names a compiler wants that one
    if wish == "zig" or (not wish and missing(packages) and not missing(alternative)):
        return alternative
    return packages


def missing(toolchain: Toolchain) -> list[str]:
    """Programs of a toolchain that are not installed."""
    if toolchain.command == zig.COMMAND:
        return [] if find_spec(zig.MODULE) else [zig.MODULE]
    return [program for program in (toolchain.command[0], *toolchain.further) if shutil.which(program) is None]


def how_to_get(packages: Iterable[str], zero: bool = True) -> str:
    """The commands that install what is missing; ``zero``: the wheels of ``bitwright[zero]`` can do it, too."""
    installed = f"sudo apt-get install {' '.join(packages)}"
    return f"{installed}, or pip install 'bitwright[zero]'" if zero else installed


def compiler(name: str) -> list[str]:
    """The command of the chosen toolchain's compiler. Raises ToolError naming what brings it."""
    toolchain = chosen(name)
    for needed in missing(toolchain):
        raise ToolError(f"{needed} is not installed: {how_to_get(TOOLCHAINS[name].packages)}")
    program, *rest = toolchain.command
    return [shutil.which(program) or program, *rest]


def archiver(name: str) -> str:
    """How a build file spells the chosen toolchain's archiver where CMake finds none by itself; else empty."""
    toolchain = chosen(name)
    return toolchain.spelled.removesuffix("cc") + "ar" if toolchain.command == zig.COMMAND else ""


def version(name: str) -> str:
    """The chosen toolchain's compiler and its version. Raises ToolError."""
    command = tuple(compiler(name))
    said = first_line(*command, "--version")
    if chosen(name).command != zig.COMMAND:
        return said
    return f"Zig {first_line(*command[:-1], 'version')} ({said})"


@cache
def first_line(program: str, *arguments: str) -> str:
    """What a program says first on its standard output; empty where it does not start."""
    try:
        result = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (result.stdout.splitlines() or [""])[0]


def find_binutil(name: str, tool: str) -> str | None:
    """Path of a toolchain's ``objdump``, ``objcopy``, ``nm`` or ``size``; None where it is not installed."""
    return shutil.which(TOOLCHAINS[name].binutils + tool)


def binutil(name: str, tool: str) -> str:
    """The same. Raises ToolError naming the package."""
    path = find_binutil(name, tool)
    if path is None:
        packages = ("binutils",) if name == "host" else TOOLCHAINS[name].packages
        raise ToolError(f"{TOOLCHAINS[name].binutils}{tool} is not installed: {how_to_get(packages)}")
    return path
