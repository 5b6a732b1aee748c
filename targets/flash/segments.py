"""What of a linked image goes where, and whether that is memory of the board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from ...errors import TargetError, ToolError
from ..target import Target

_MACHINES = {"arm": "EM_ARM", "riscv": "EM_RISCV", "riscv-clang": "EM_RISCV"}


@dataclass(frozen=True)
class Segment:
    """Bytes at an address of the chip."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.address + len(self.data)


def entry_point(elf: Path) -> int:
    """Address at which it begins."""
    with elf.open("rb") as file:
        return int(ELFFile(file)["e_entry"])


def load_segments(elf: Path) -> list[Segment]:
    """What is loaded, by address. Raises ToolError: the file is no linked image."""
    return _read(elf)[1]


def check_image(elf: Path, target: Target) -> None:
    """Raise TargetError unless an image is for the target's processor and lies in its memory."""
    machine, segments = _read(elf)
    wanted = _MACHINES.get(target.toolchain)
    if wanted is not None and machine != wanted:
        raise TargetError(f"'{elf}' is for {machine[3:]} processors, {target.name} has one of {wanted[3:]}'s")
    regions = [region for region in (target.flash, target.ram) if region is not None]
    for segment in segments if regions else ():
        if not any(r.origin <= segment.address and segment.end <= r.origin + r.size for r in regions):
            raise TargetError(
                f"'{elf}' has {len(segment.data)} bytes for address {segment.address:#x}, where {target.name} has no "
                f"memory: it was built for another board"
            )


def merged(segments: Sequence[Segment], gap: int) -> list[Segment]:
    """The same with gaps of up to ``gap`` bytes filled as erased flash reads."""
    result: list[Segment] = []
    for segment in segments:
        if result and segment.address - result[-1].end <= gap:
            filler = b"\xff" * (segment.address - result[-1].end)
            result[-1] = Segment(result[-1].address, result[-1].data + filler + segment.data)
        else:
            result.append(segment)
    return result


def _read(elf: Path) -> tuple[str, list[Segment]]:
    try:
        with elf.open("rb") as file:
            image = ELFFile(file)
            segments = [
                Segment(part["p_paddr"], part.data()) for part in image.iter_segments("PT_LOAD") if part["p_filesz"] > 0
            ]
            machine = str(image["e_machine"])
            whole = all(len(part.data()) == part["p_filesz"] for part in image.iter_segments("PT_LOAD"))
    except (ELFError, ValueError, KeyError) as error:
        raise ToolError(f"'{elf}' is no ELF image: {error}") from error
    if not whole:
        raise ToolError(f"'{elf}' is no ELF image: its end is missing")
    segments.sort(key=lambda segment: segment.address)
    if not segments:
        raise ToolError(f"'{elf}' holds nothing to flash: it is not linked")
    for before, after in pairwise(segments):
        if before.end > after.address:
            raise ToolError(f"'{elf}' has two parts for address {after.address:#x}")
    return machine, segments
