"""The core of a Cortex-M3 and later, and the bus to its peripherals (Armv7-M architecture reference manual)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Protocol

from unicorn import arm_const

from .machine import Block, Machine, Misuse


class Device(Protocol):
    """Registers at a place of the bus."""

    def read(self, offset: int) -> int:
        """The value of a register."""

    def write(self, offset: int, value: int) -> None:
        """Write a register."""


class Bus(Block):
    """All peripherals; what is not modelled is refused.

    ``written``: the address of every write; ``dropped``: the number of one that gets lost.
    """

    size = 0x20000000
    base = 0x40000000

    def __init__(self) -> None:
        self._devices: list[tuple[int, int, Device]] = []
        self.written: list[int] = []
        self.dropped: int | None = None

    def add(self, base: int, size: int, device: Device) -> None:
        """Put registers at an address; earlier ones win where two overlap."""
        self._devices.append((base, base + size, device))

    def _find(self, address: int) -> tuple[Device, int]:
        for first, end, device in self._devices:
            if first <= address < end:
                return device, address - first
        raise Misuse(f"0x{address:08x} is not modelled")

    def read(self, offset: int) -> int:
        device, within = self._find(self.base + offset)
        return device.read(within)

    def write(self, offset: int, value: int) -> None:
        self.written.append(self.base + offset)
        if len(self.written) - 1 != self.dropped:
            device, within = self._find(self.base + offset)
            device.write(within, value)


class Core(Block):
    """Cycle counter, and the caches where ``cache_sets`` (of the data cache, four ways) says that there are some."""

    size = 0x100000

    def __init__(self, chip: Machine, cache_sets: int = 0) -> None:
        self.chip, self.sets = chip, cache_sets
        self.trace = self.counting = self.started = self.control = 0
        self.locked = bool(cache_sets)  # a Cortex-M7's
        self.clean_code = False
        self.clean_lines: set[int] = set()

    @property
    def caches(self) -> bool:
        """Whether both caches are on."""
        return self.control >> 16 & 3 == 3

    def read(self, offset: int) -> int:
        if offset == 0x1004:
            if not (self.trace >> 24 & 1 and self.counting & 1):
                raise Misuse("the cycle counter is off")
            return self.chip.executed - self.started
        values = {0xEDFC: self.trace, 0x1000: self.counting, 0xED14: self.control}
        if self.sets:
            values[0xED80] = (self.sets - 1) << 13 | 3 << 3 | 1
        return values[offset] if offset in values else super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == 0xEDFC:
            self.trace = value
        elif offset == 0x1FB0:
            self.locked = self.locked and value != 0xC5ACCE55
        elif offset in (0x1000, 0x1004):
            if self.locked or not self.trace >> 24 & 1:
                raise Misuse("the DWT is locked, or off")
            if offset == 0x1000:
                self.counting = value
            else:
                self.started = self.chip.executed
        elif self.sets and offset in (0xED14, 0xED84, 0xEF50, 0xEF60):
            self._caches(offset, value)
        else:
            super().write(offset, value)

    def _caches(self, offset: int, value: int) -> None:
        if offset == 0xED84 and value != 0:
            raise Misuse("another cache than the data cache of level 1 is selected")
        self.clean_code |= offset == 0xEF50
        if offset == 0xEF60:
            self.clean_lines.add(value)
        if offset == 0xED14:
            every = {way << 30 | line << 5 for way in range(4) for line in range(self.sets)}
            if not self.clean_code or self.clean_lines != every:
                raise Misuse("a cache is turned on that was not emptied")
            self.control = value


class CortexM(Machine):
    """A chip: its memory, the bus and the core; the image's vector table lies at ``flash``."""

    def __init__(self, elf: Path, flash: tuple[int, int], ram: tuple[int, int], cache_sets: int = 0) -> None:
        super().__init__(elf, False, dict((flash, ram)))
        self.vectors = flash[0]
        self.bus, self.core = Bus(), Core(self, cache_sets)
        self.attach(Bus.base, self.bus)
        self.attach(0xE0000000, self.core)

    def boot(self) -> None:
        """From reset up to the first wait for a byte."""
        stack, entry = struct.unpack("<II", self.uc.mem_read(self.vectors, 8))
        self.uc.reg_write(arm_const.UC_ARM_REG_SP, stack)
        self.run(entry & ~1)
