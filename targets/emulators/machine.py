"""The program that runs an image in Unicorn; the UART is standard input and output.

``python -m bitwright.targets.emulators.machine MACHINE FLASH:SIZE RAM:SIZE IMAGE``
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import unicorn
from elftools.elf.elffile import ELFFile
from unicorn import arm_const, riscv_const

from .console import Console
from .counter import Counter
from .devices import MACHINES, Machine

_PAGE = 0x1000
_CSRR_MINSTRET = 0xB0202073  # csrrs rd, minstret, x0
_RD = 0x00000F80


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until the link closes."""
    parser = argparse.ArgumentParser(prog="machine")
    parser.add_argument("machine", choices=sorted(MACHINES))
    parser.add_argument("flash", type=_region)
    parser.add_argument("ram", type=_region)
    parser.add_argument("image", type=Path)
    options = parser.parse_args(arguments)
    return run(MACHINES[options.machine], (options.flash, options.ram), options.image)


def _region(text: str) -> tuple[int, int]:
    origin, size = text.split(":")
    return int(origin, 0), int(size, 0)


def run(machine: Machine, regions: Sequence[tuple[int, int]], image: Path) -> int:
    riscv = machine.cpu is None
    if riscv:
        uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
    else:
        uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        uc.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_{machine.cpu}"))
        uc.mem_map(0xE0000000, 0x100000)
    for origin, size in regions:
        uc.mem_map(origin, size)
    with image.open("rb") as file:
        elf = ELFFile(file)
        entry = elf["e_entry"]
        for segment in elf.iter_segments("PT_LOAD"):
            if segment["p_filesz"]:
                uc.mem_write(segment["p_paddr"], segment.data())
        text = elf.get_section_by_name(".text")
        code = (text["sh_addr"], text.data())
    counter = Counter(uc, riscv)
    console = Console(uc.emu_stop)
    for base, device in machine.devices(console, counter).items():
        uc.mmio_map(base, _PAGE, _read, device, _write, device)
    if riscv:
        _count_minstret(uc, counter, *code)
    else:
        vectors = uc.mem_read(regions[0][0], 8)
        uc.reg_write(arm_const.UC_ARM_REG_SP, int.from_bytes(vectors[:4], "little"))
        entry = int.from_bytes(vectors[4:], "little")
    uc.emu_start(entry, 0xFFFFFFFF)
    return 0


def _read(uc: Any, offset: int, size: int, device: Any) -> int:
    return device.read(offset)


def _write(uc: Any, offset: int, size: int, value: int, device: Any) -> None:
    device.write(offset, value)


def _count_minstret(uc, counter, start, code):
    for place in range(0, len(code) - 3, 2):
        word = int.from_bytes(code[place : place + 4], "little")
        if word & ~_RD == _CSRR_MINSTRET:
            register = riscv_const.UC_RISCV_REG_X0 + ((word & _RD) >> 7)

            def hook(uc, address, size, register):
                uc.reg_write(register, counter.before(address) & 0xFFFFFFFF)
                counter.resume(address + 4)
                uc.reg_write(riscv_const.UC_RISCV_REG_PC, address + 4)

            uc.hook_add(unicorn.UC_HOOK_CODE, hook, register, start + place, start + place)


if __name__ == "__main__":
    sys.exit(main())
