"""The page of boards and emulators, from their descriptions."""

from __future__ import annotations

from collections.abc import Sequence

from .target import Region, Target, all_targets

_HEADER = """# Boards

Generated from `targets/boards/*.toml` by `bitwright boards --markdown > docs/boards.md`; a test keeps it current.
[adding-a-board.md](adding-a-board.md) shows how one more is described, [flashing.md](flashing.md) how they are flashed.

**No board has been run as hardware yet.** "Run on" says what has run the very code: a QEMU machine, or a chip model:
registers in `tests/chips` that refuse what the manual forbids (a peripheral without its clock, a clock beyond what
voltage and flash allow, a byte at a pin that is not the serial port's).

| board | what it is | flash | RAM | serial port of the link | counts | flashed with | run on |
|---|---|---:|---:|---|---|---|---|
"""
_EMULATORS = """
## Emulators without a board

| target | what it is | flash | RAM | counts |
|---|---|---:|---:|---|
"""


def boards_page() -> str:
    """The whole page in Markdown."""
    boards = [target for target in all_targets() if target.board is not None]
    others = [target for target in all_targets() if target.board is None]
    return _HEADER + "".join(map(_board, boards)) + _EMULATORS + "".join(map(_other, others))


def run_on(target: Target) -> str:
    """What has run the board's own code; no board has been run as hardware."""
    found = []
    if target.emulator is not None:
        machine = target.emulator.machine.split(",")[0]
        found.append(f"{target.emulator.program.replace('qemu-system-', 'QEMU ')} {machine}")
    if target.board is not None and target.board.modelled:
        found.append("chip model")
    return ", ".join(found) or "nothing yet"


def _board(target: Target) -> str:
    assert target.board is not None
    loaders = ", ".join(target.board.loaders)
    return _row(
        [
            f"`{target.name}`", target.description, _size(target.flash), _size(target.ram), target.board.serial,
            target.board.counter, loaders, run_on(target),
        ]
    )  # fmt: skip


def _other(target: Target) -> str:
    counter = target.emulator.counter if target.emulator is not None else "none"
    return _row([f"`{target.name}`", target.description, _size(target.flash), _size(target.ram), counter])


def _size(region: Region | None) -> str:
    return "" if region is None else f"{region.size / 1024:,.0f} KiB"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
