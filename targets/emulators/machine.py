"""The program that runs an image in Unicorn; the UART is standard input and output.

``python -m bitwright.targets.emulators.machine MACHINE FLASH:SIZE RAM:SIZE IMAGE``
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import unicorn
from elftools.elf.elffile import ELFFile
from unicorn import arm_const, riscv_const

from .console import Console
from .counter import Counter
from .devices import MACHINES, Device, Machine

_PAGE = 0x1000
_SYSTEM = (0xE0000000, 0x100000)  # of a Cortex-M: plain memory
_FOREVER = 0xFFFFFFFF
# csrrs rd, mcycle or minstret, x0 (RISC-V unprivileged specification): in Unicorn they are the host's time.
_COUNTER_READS = (0xB0002073, 0xB0202073)
_DESTINATION = 0x00000F80


def main(arguments: Sequence[str]) -> int:
    """Run until the host has gone; 1 where the core stopped for another reason, which standard error names."""
    name, *regions, image = arguments
    uc, entry = _booted(MACHINES[name], [_region(region) for region in regions], Path(image))
    try:
        uc.emu_start(entry, _FOREVER)
    except unicorn.UcError as error:
        riscv = MACHINES[name].core is None
        place = uc.reg_read(riscv_const.UC_RISCV_REG_PC if riscv else arm_const.UC_ARM_REG_PC)
        print(f"the core stopped at {place:#x}: {error}", file=sys.stderr)
        return 1
    return 0


def _region(text: str) -> tuple[int, int]:
    origin, size = text.split(":")
    return int(origin), -(-int(size) // _PAGE) * _PAGE


def _booted(machine: Machine, regions: Sequence[tuple[int, int]], image: Path) -> tuple[Any, int]:
    """The core with memory, devices and image, and where it starts."""
    riscv = machine.core is None
    if riscv:
        uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
    else:
        uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        uc.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_{machine.core}"))
    for origin, size in regions if riscv else [*regions, _SYSTEM]:
        uc.mem_map(origin, size)
    counter = Counter(uc, riscv)
    console = Console(uc.emu_stop)
    for base, device in machine.devices(console, counter).items():
        uc.mmio_map(base, _PAGE, _read, device, _write, device)
    with image.open("rb") as file:
        elf = ELFFile(file)
        for segment in elf.iter_segments("PT_LOAD"):
            if segment["p_filesz"]:
                uc.mem_write(segment["p_paddr"], segment.data())
        entry = int(elf["e_entry"])
        if riscv:
            for section in elf.iter_sections("SHT_PROGBITS"):
                if section["sh_flags"] & 4:  # SHF_EXECINSTR
                    _count(uc, counter, section["sh_addr"], section.data())
    if not riscv:
        stack, entry = (int.from_bytes(uc.mem_read(regions[0][0] + word, 4), "little") for word in (0, 4))
        uc.reg_write(arm_const.UC_ARM_REG_SP, stack)
    return uc, entry


def _read(_uc: Any, offset: int, _size: int, device: Device) -> int:
    return device.read(offset)


def _write(_uc: Any, offset: int, _size: int, value: int, device: Device) -> None:
    device.write(offset, value)


def _count(uc: Any, counter: Counter, start: int, code: bytes) -> None:
    """Give every reading of a RISC-V counter the instructions executed before it."""

    def read(uc: Any, address: int, _size: int, register: int) -> None:
        uc.reg_write(register, counter.leave(address) & 0xFFFFFFFF)
        uc.reg_write(riscv_const.UC_RISCV_REG_PC, address + 4)

    for offset in range(0, len(code) - 3, 2):
        word = int.from_bytes(code[offset : offset + 4], "little")
        if word & ~_DESTINATION in _COUNTER_READS:
            register = riscv_const.UC_RISCV_REG_X0 + ((word & _DESTINATION) >> 7)
            place = start + offset
            uc.hook_add(unicorn.UC_HOOK_CODE, read, register, place, place)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
