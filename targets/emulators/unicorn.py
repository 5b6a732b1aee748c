"""Unicorn, which ``pip install bitwright[zero]`` brings: QEMU's cores without machines, in a Python process."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from ..target import Target

MODULE = "unicorn"
#: Machines of which :mod:`.devices` has a model.
MACHINES = ("mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "virt")


def is_installed() -> bool:
    """Whether Unicorn can be imported."""
    return find_spec(MODULE) is not None


def serves(target: Target) -> bool:
    """Whether Unicorn can run a target's images."""
    emulator = target.emulator
    if emulator is None or emulator.machine not in MACHINES:
        return False
    return emulator.machine != "virt" or target.cpu == "rv32imc"


def command(target: Target, elf: Path) -> list[str]:
    """The command line that runs an image; the UART is the process's standard input and output."""
    assert target.emulator is not None and target.flash is not None and target.ram is not None
    regions = [f"{region.origin}:{region.size}" for region in (target.flash, target.ram)]
    return [sys.executable, "-m", f"{__package__}.machine", target.emulator.machine, *regions, str(elf)]
