"""What compiles, runs and reads the images of which target on this computer, and how to get what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..errors import ToolError
from . import decoding, emulator, simulator, toolchain
from .emulators import unicorn
from .target import Target, all_targets
from .toolchain import TOOLCHAINS

#: Program -> what Homebrew calls what brings it; others it has under names that Bitwright does not look for.
_BREW: Mapping[str, str] = {
    "arm-none-eabi-gcc": "--cask gcc-arm-embedded",
    "qemu-system-arm": "qemu",
    "qemu-system-riscv32": "qemu",
    "cmake": "cmake",
}
_ZERO = "pip install 'bitwright[zero]'"


@dataclass(frozen=True)
class Finding:
    """What serves one purpose for some targets.

    Attributes:
        purpose: compiler, emulator, disassembler or build.
        found: whether there is something that serves it.
        used: its name and version, or the program that is missing.
        install: where it is missing, the commands any of which brings it.
        targets: names of those that it serves.
    """

    purpose: str
    found: bool
    used: str
    install: tuple[str, ...]
    targets: tuple[str, ...]


def diagnose() -> list[Finding]:
    """Every purpose, with what would serve it now."""
    findings: dict[Finding, list[str]] = {}
    for target in all_targets():
        for finding in (_compiler(target), _emulator(target), _disassembler(target)):
            if finding is not None:
                findings.setdefault(finding, []).append(target.name)
    order = ("compiler", "emulator", "disassembler")
    found = sorted(findings.items(), key=lambda item: order.index(item[0].purpose))
    result = [Finding(f.purpose, f.found, f.used, f.install, tuple(names)) for f, names in found]
    return [*result, _cmake()]


def _compiler(target: Target) -> Finding:
    try:
        return _present("compiler", toolchain.version(target.toolchain))
    except ToolError:
        usual = TOOLCHAINS[target.toolchain]
        return _missing("compiler", usual.compiler, usual.packages, zero=True)


def _emulator(target: Target) -> Finding | None:
    if target.emulator is None:
        return None
    program = target.emulator.program
    try:
        used = emulator.version(target)
        if program == simulator.PROGRAM:
            return _present("emulator", f"{used}, compiled by {toolchain.version('host')}")
        return _present("emulator", used)
    except ToolError:
        serves = program == simulator.PROGRAM or not unicorn.obstacle(target)
        return _missing("emulator", program, [emulator.PACKAGES.get(program, program)], zero=serves)


def _disassembler(target: Target) -> Finding:
    path = toolchain.find_binutil(target.toolchain, "objdump")
    if path is not None:
        return _present("disassembler", toolchain.first_line(path, "--version"))
    helium = "mve" in target.isa
    if decoding.is_installed() and not helium:
        return _present("disassembler", decoding.name())
    packages = ("binutils",) if target.toolchain == "host" else TOOLCHAINS[target.toolchain].packages
    program = f"{TOOLCHAINS[target.toolchain].binutils}objdump"
    return _missing("disassembler", program, packages, zero=not helium)


def _cmake() -> Finding:
    path = shutil.which("cmake")
    names = ("generated projects built by themselves",)
    if path is not None:
        return Finding("build", True, toolchain.first_line(path, "--version"), (), names)
    ways = ("sudo apt-get install cmake", "brew install cmake", "pip install cmake")
    return Finding("build", False, "cmake", ways, names)


def _present(purpose: str, used: str) -> Finding:
    return Finding(purpose, True, used, (), ())


def _missing(purpose: str, program: str, packages: Iterable[str], zero: bool) -> Finding:
    ways = [f"sudo apt-get install {' '.join(packages)}"]
    ways += [f"brew install {_BREW[program]}"] if program in _BREW else []
    ways += [_ZERO] if zero else []
    return Finding(purpose, False, program, tuple(ways), ())
