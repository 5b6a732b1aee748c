"""``bitwright flash``: put a generated project on a board."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import console
from ..errors import LinkError
from ..targets.hardware import await_port, greet, put, resolved
from ..targets.ports import connected
from ..targets.rebuild import firmware
from ..targets.target import find_target
from . import place


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options."""
    command.add_argument("project", type=Path, metavar="DIR", help="what `bitwright compile` wrote, or an .elf file")
    command.add_argument("--board", required=True, metavar="B", help="see `bitwright boards`")
    place.add_flashing(command)


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    target = find_target(options.board).on_hardware()
    assert target.board is not None
    connection = place.connection_of(options)
    if options.port is not None:
        resolved(target, connection)
    with firmware(options.project, target) as image, console.progress() as progress:
        tool = put(target, image.elf, connection, progress)
        console.out.print(f"Flashed {target.name} with {tool}", soft_wrap=True)
        if not image.answers:
            console.out.print("This firmware does not speak the link's protocol: nothing is asked", style="dim")
            return 0
        if options.port is None:
            console.out.print("With --port the firmware's answer is checked, too", style="dim")
            return 0
        with connected(await_port(target, connection), target.board.baud) as link:
            greet(link)
            hello = link.hello()
        if image.build_id is not None and hello.build_id != image.build_id:
            raise LinkError(
                f"build {hello.build_id} answers at {options.port}, not the flashed {image.build_id}: "
                f"is that the port of the board that was flashed?"
            )
        console.out.print(
            f"Build {hello.build_id} answers at {options.port}; it counts {hello.unit or 'nothing'}", soft_wrap=True
        )
    return 0
