"""The options that say where a network runs: on an emulator, or on a board and how it is reached."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, TargetError
from ..targets.hardware import Connection, resolved
from ..targets.target import Target, find_target


@dataclass(frozen=True)
class Place:
    """A target, and the connection to the board where it is not emulated."""

    target: Target
    connection: Connection | None


def add_target(command: argparse.ArgumentParser) -> None:
    """``--target`` or ``--board``."""
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("--target", metavar="T", help="see `bitwright targets`; its emulator runs the network")
    which.add_argument("--board", metavar="B", help="the same names: the board itself; see `bitwright boards`")


def add_flashing(command: argparse.ArgumentParser) -> None:
    """How a board is reached and flashed."""
    command.add_argument("--port", metavar="P", help="the board's serial port, or a pyserial URL")
    command.add_argument(
        "--with", dest="tool", metavar="TOOL", help="what flashes (default: the first that is installed)"
    )
    command.add_argument("--probe", metavar="N", help="serial number of the debug probe, where several are attached")
    command.add_argument("--volume", type=Path, metavar="DIR", help="where the boot loader's UF2 volume is mounted")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """All of these, and ``--no-flash``."""
    add_target(command)
    add_flashing(command)
    command.add_argument("--no-flash", action="store_true", help="the board has the firmware already")


def target_of(options: argparse.Namespace) -> Target:
    """The target; with ``--board`` that of the real chip. Raises TargetError."""
    return find_target(options.target) if options.board is None else find_target(options.board).on_hardware()


def place_of(options: argparse.Namespace) -> Place:
    """Where the network runs. Raises TargetError, InputError, LinkError: no such port, or no board is found."""
    if options.board is None and options.port is None:
        if options.no_flash or options.tool or options.probe or options.volume:
            raise InputError("--no-flash, --with, --probe and --volume are for boards: give --board, or --port")
        target = find_target(options.target)
        if target.emulator is None and target.board is not None:
            raise TargetError(f"{target.name} has no emulator: run it on the board, with --board {target.name}")
        return Place(target, None)
    target = find_target(options.board or options.target).on_hardware()
    return Place(target, resolved(target, connection_of(options, not options.no_flash)))


def connection_of(options: argparse.Namespace, flash: bool = True) -> Connection:
    """The connection that the options describe."""
    return Connection(options.port, flash, options.tool, options.probe, options.volume)
