"""``bitwright boards``: targets that can be plugged in, and what is plugged in."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict
from typing import Any

from .. import console
from ..targets.attached import Attached, attached
from ..targets.flash.table import LOADERS, loaders_of
from ..targets.page import boards_page, run_on
from ..targets.target import Target, all_targets, find_target

_SIZES = ("flash", "ram")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options."""
    command.add_argument("board", nargs="?", metavar="B", help="all about this one (default: a table of all)")
    command.add_argument("--attached", action="store_true", help="what is plugged in, and which boards it can be")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.add_argument("--markdown", action="store_true", help="all of them, as the page docs/boards.md")


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    if options.markdown:
        sys.stdout.write(boards_page())
    elif options.attached:
        _show_attached(attached(), options.json)
    elif options.board is not None:
        _show_board(find_target(options.board).on_hardware(), options.json)
    else:
        _show_boards([target for target in all_targets() if target.board is not None], options.json)
    return 0


def _show_boards(targets: list[Target], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps([_described(target) for target in targets], indent=2) + "\n")
        return
    rows = []
    for target in targets:
        row = _described(target)
        sizes = [console.number(row[memory]) for memory in _SIZES]
        loaders = ", ".join(row["loaders"])
        rows.append([row["name"], row["chip"], row["kernels"], *sizes, loaders, row["run_on"], _short(row["serial"])])
    headings = ["board", "chip", "kernels", "flash", "RAM", "flashed with", "run on", "serial port"]
    console.out.print(console.table(headings, rows, right=(3, 4)))
    console.out.print("\nNo board has been run as hardware yet: run on names what has run the same code")
    missing = [reason for loader in LOADERS.values() if (reason := loader.absent()) is not None]
    for reason in missing:
        console.out.print(reason, style="dim", soft_wrap=True)


def _show_board(target: Target, as_json: bool) -> None:
    assert target.board is not None
    row = _described(target)
    if as_json:
        sys.stdout.write(json.dumps(row, indent=2) + "\n")
        return
    for key, value in row.items():
        shown = ", ".join(value) if isinstance(value, list) else console.number(value) if key in _SIZES else str(value)
        console.out.print(f"{key.replace('_', ' '):12} {shown}", soft_wrap=True)
    for loader in loaders_of(target):
        options = ", ".join(f"{key} = {_shown(value)}" for key, value in target.board.loaders[loader.name].items())
        console.out.print(f"{loader.name:12} {loader.absent() or 'installed'} ({options})", soft_wrap=True)


def _shown(value: object) -> str:
    return hex(value) if isinstance(value, int) else repr(value)


def _short(serial: str) -> str:
    """Which interface and pins, without where they come out."""
    found = re.match(r"(?:[^:,(]|\([^)]*\))*", serial)
    return serial if found is None else found.group()


def _described(target: Target) -> dict[str, Any]:
    assert target.board is not None
    return {
        "name": target.name,
        "description": target.description,
        "chip": target.cpu,
        "kernels": target.isa[0],
        "flash": None if target.flash is None else target.flash.size,
        "ram": None if target.ram is None else target.ram.size,
        "usb": list(target.board.usb),
        "serial": target.board.serial,
        "baud": target.board.baud,
        "counter": target.board.counter,
        "loaders": list(target.board.loaders),
        "run_on": run_on(target),
    }


def _show_attached(found: list[Attached], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps([asdict(thing) for thing in found], indent=2) + "\n")
        return
    if not found:
        console.out.print("Nothing is plugged in that looks like a board: no USB serial port, probe or UF2 volume")
        return
    rows = [
        [x.kind, x.place or "-", x.usb or "-", x.serial_number or "-", x.description, ", ".join(x.candidates) or "?"]
        for x in found
    ]
    console.out.print(console.table(["what", "place", "USB id", "serial number", "description", "can be"], rows))
