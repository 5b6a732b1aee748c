"""Unicorn, which ``pip install bitwright[zero]`` brings: QEMU's cores without machines, in a Python process."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from ..target import Emulator, Target
from .devices import MACHINES

MODULE = "unicorn"


def is_installed() -> bool:
    """Whether Unicorn can be imported."""
    return find_spec(MODULE) is not None


def name() -> str:
    """With its version."""
    try:
        return f"Unicorn {version(MODULE)}"
    except PackageNotFoundError:
        return "Unicorn"


def obstacle(target: Target) -> str:
    """Why Unicorn cannot run a target's images; empty where it can."""
    emulator = target.emulator
    if emulator is None:
        return "there is nothing to emulate"
    machine = MACHINES.get(_machine(emulator))
    if machine is None:
        return f"Unicorn lacks {'Helium' if 'mve' in target.isa else f'a model of {emulator.machine}'}"
    isa = next((flag.split("=")[1] for flag in reversed(target.flags) if "-march=" in flag), "")
    if machine.isas and isa not in machine.isas:
        return f"Unicorn lacks instructions of {isa}"
    return ""


def command(target: Target, elf: Path) -> list[str]:
    """The command line that runs an image; the UART is the process's standard input and output."""
    if target.emulator is None or target.flash is None or target.ram is None:
        raise ValueError("an emulated target has memory and an emulator")
    regions = [f"{region.origin}:{region.size}" for region in (target.flash, target.ram)]
    return [sys.executable, "-m", f"{__package__}.machine", _machine(target.emulator), *regions, str(elf)]


def _machine(emulator: Emulator) -> str:
    """Its name in QEMU without options, which do not matter to the models here."""
    return emulator.machine.split(",")[0]
