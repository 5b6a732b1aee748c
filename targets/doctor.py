"""What is installed, what is missing, and the command that installs it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

from . import simulator
from .emulator import PACKAGES
from .target import all_targets
from .toolchain import TOOLCHAINS


@dataclass(frozen=True)
class Finding:
    """One program: its version where it is found, else the command that installs it; ``targets`` need it."""

    program: str
    found: bool
    version: str
    install: str
    targets: str


def diagnose() -> list[Finding]:
    """Every program that some target needs."""
    needs: dict[str, tuple[tuple[str, ...], list[str]]] = {}
    for target in all_targets():
        toolchain = TOOLCHAINS[target.toolchain]
        for program in (toolchain.compiler, *toolchain.further):
            needs.setdefault(program, (toolchain.packages, []))[1].append(target.name)
        if target.emulator is not None and target.emulator.program == simulator.PROGRAM:
            host = TOOLCHAINS["host"]
            needs.setdefault(host.compiler, (host.packages, []))[1].append(target.name)
        elif target.emulator is not None:
            package = PACKAGES.get(target.emulator.program, target.emulator.program)
            needs.setdefault(target.emulator.program, ((package,), []))[1].append(target.name)
    needs["cmake"] = (("cmake",), ["generated projects built by themselves"])
    return [
        Finding(
            program,
            shutil.which(program) is not None,
            version(program),
            f"sudo apt-get install {' '.join(packages)}",
            ", ".join(names),
        )
        for program, (packages, names) in needs.items()
    ]


def version(program: str) -> str:
    """The first line that a program says of its version; empty where it is not installed."""
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        result = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "does not start"
    return (result.stdout.splitlines() or ["unknown version"])[0]
