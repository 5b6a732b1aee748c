"""Starts a built image on its target's emulator, or on this computer, and opens the link."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import serial

from ..errors import TargetError, ToolError
from . import simulator
from .emulators import unicorn
from .emulators.child import child
from .emulators.qemu import qemu
from .link import Link
from .target import Target
from .toolchain import first_line, how_to_get

#: Environment variable that chooses between QEMU and Unicorn.
CHOICE = "BITWRIGHT_EMULATOR"
#: Program of an emulator -> the package that brings it; the project's own simulator needs the host's compiler.
PACKAGES = {"qemu-system-arm": "qemu-system-arm", "qemu-system-riscv32": "qemu-system-misc", simulator.PROGRAM: "gcc"}


@contextmanager
def start(target: Target, elf: Path) -> Iterator[Link]:
    """Run an image and talk to it; the process ends with the context.

    Raises:
        ToolError: the emulator is not installed. LinkError: it did not start.
    """
    with open_port(target, elf) as port:
        yield Link(port)


@contextmanager
def open_port(target: Target, elf: Path) -> Iterator[serial.Serial]:
    """The same, giving the bare pyserial port."""
    if target.toolchain == "host":
        with child([str(elf)]) as port:
            yield port
    elif chosen(target) == simulator.PROGRAM:
        with child(simulator.command(target, elf)) as port:
            yield port
    elif chosen(target) == unicorn.MODULE:
        with child(unicorn.command(target, elf)) as port:
            yield port
    else:
        assert target.emulator is not None
        with qemu(target.emulator, elf) as port:
            yield port


def chosen(target: Target) -> str:
    """QEMU's program, or ``unicorn`` where that is not installed and Unicorn is and serves the target.

    ``BITWRIGHT_EMULATOR`` decides otherwise: ``qemu`` or ``unicorn``.

    Raises:
        ToolError: there is none, or the one that is asked for does not serve the target.
    """
    if target.emulator is None:
        raise TargetError(f"{target.name} has no emulator")
    program, wish = target.emulator.program, os.environ.get(CHOICE, "")
    if wish not in ("", "qemu", "unicorn"):
        raise ToolError(f"{CHOICE} is '{wish}'; it can be 'qemu' or 'unicorn'")
    if program == simulator.PROGRAM or (wish != "unicorn" and shutil.which(program) is not None):
        return program
    obstacle = unicorn.obstacle(target)
    if wish != "qemu" and not obstacle and unicorn.is_installed():
        return unicorn.MODULE
    package = PACKAGES.get(program, program)
    if obstacle:
        raise ToolError(f"{target.name} needs {program}, since {obstacle}: {how_to_get([package], zero=False)}")
    if wish == "unicorn":
        raise ToolError("unicorn is not installed: pip install 'bitwright[zero]'")
    raise ToolError(f"{program} is not installed: {how_to_get([package])}")


def version(target: Target) -> str:
    """The emulator that runs a target's images and its version; empty for the host and for what has none.

    Raises:
        ToolError: as :func:`chosen`.
    """
    if target.emulator is None:
        return ""
    program = chosen(target)
    if program == simulator.PROGRAM:
        return "Bitwright's simulator"
    return unicorn.name() if program == unicorn.MODULE else first_line(program, "--version")
