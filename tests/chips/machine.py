"""A core with memory and register blocks, and the link's port at its UART.

The models stand in for chips that no emulator has. They execute the very image that would be flashed, and refuse what
the chip would not forgive: a block used in reset or without its clock, a byte read that did not come or written where
there is no room, a clock switched to a source that does not run.
"""

from __future__ import annotations

import ctypes
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

unicorn = pytest.importorskip("unicorn", reason="unicorn is not installed: pip install unicorn")
from unicorn import arm_const, riscv_const  # noqa: E402

#: Instructions after which a machine that neither waits for a byte nor sends one is given up.
_PATIENCE = 30_000_000


class Misuse(AssertionError):
    """The firmware did what the chip does not allow."""


class Block:
    """Registers at consecutive addresses; a subclass says what they do."""

    size = 0x1000

    def read(self, offset: int) -> int:
        """The value of a register."""
        raise Misuse(f"{type(self).__name__}: read of register 0x{offset:x}, which is not modelled")

    def write(self, offset: int, value: int) -> None:
        """Write a register."""
        raise Misuse(f"{type(self).__name__}: write of register 0x{offset:x}, which is not modelled")


class Line:
    """A serial line: bytes from the host wait in front of the receiver, those sent are kept for the host."""

    def __init__(self) -> None:
        self.incoming: deque[int] = deque()
        self.sent = bytearray()
        self.idle = 0  # status reads in a row that found nothing

    def poll(self, machine: Machine) -> bool:
        """Whether a byte is there. The machine stops where the firmware does nothing but wait for one."""
        if self.incoming:
            self.idle = 0
            return True
        self.idle += 1
        if self.idle > 4 and not any(line.incoming for line in machine.lines):
            machine.stop()
        return False

    def take(self) -> int:
        """The next byte."""
        if not self.incoming:
            raise Misuse("a byte was read that did not come")
        return self.incoming.popleft()

    def send(self, byte: int) -> None:
        """A byte on its way to the host."""
        self.idle = 0
        self.sent.append(byte & 0xFF)


@dataclass(frozen=True)
class Segment:
    """Bytes of an image, where they are stored, and where the program sees them."""

    address: int
    virtual: int
    data: bytes


def segments(elf: Path) -> tuple[int, list[Segment]]:
    """Entry point, and what an ELF file for 32 bits stores, by load address."""
    content = elf.read_bytes()
    assert content[:6] == b"\x7fELF\x01\x01"
    entry, table = struct.unpack_from("<II", content, 24)
    size, count = struct.unpack_from("<HH", content, 42)
    parts = []
    for index in range(count):
        kind, offset, virtual, physical, stored = struct.unpack_from("<IIIII", content, table + index * size)
        if kind == 1 and stored:
            parts.append(Segment(physical, virtual, content[offset : offset + stored]))
    return entry, parts


class Machine:
    """An Arm (Thumb) or RV32 core. ``executed``: instructions so far, exact at the ends of basic blocks."""

    def __init__(self, elf: Path, riscv: bool, memory: dict[int, int], twin: int = 0) -> None:
        """``memory``: sizes by origin; ``twin``: distance at which all of it appears again."""
        self.riscv = riscv
        if riscv:
            self.uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        else:
            self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self._buffers = {origin: ctypes.create_string_buffer(size) for origin, size in memory.items()}
        for origin, buffer in self._buffers.items():
            for place in {origin, origin + twin}:
                self.uc.mem_map_ptr(place, len(buffer), unicorn.UC_PROT_ALL, ctypes.addressof(buffer))
        self.entry, self.image = segments(elf)
        for segment in self.image:
            self.uc.mem_write(segment.address, segment.data)
        self.executed = 0
        self._lengths: dict[int, int] = {}
        self._stopped = False
        self._misuse: Misuse | None = None
        self._last_event = 0
        self.line = Line()
        self.lines = [self.line]
        self.uc.hook_add(unicorn.UC_HOOK_BLOCK, self._on_block)
        self.uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._on_no_memory)

    def attach(self, base: int, block: Block) -> None:
        """Map a register block."""

        def read(_uc: object, offset: int, size: int, _data: object) -> int:
            try:
                return block.read(offset) & 0xFFFFFFFF
            except Misuse as misuse:
                return self._refuse(misuse)

        def write(_uc: object, offset: int, size: int, value: int, _data: object) -> None:
            try:
                block.write(offset, value)
            except Misuse as misuse:
                self._refuse(misuse)

        self.uc.mmio_map(base, block.size, read, None, write, None)

    def _refuse(self, misuse: Misuse) -> int:
        """Stop; a callback of the emulator cannot raise what ``run`` is to raise."""
        self._misuse = self._misuse or misuse
        self.uc.emu_stop()
        return 0

    def on_csr_read(self, csr: int, value: Callable[[], int]) -> None:
        """What ``csrr`` of a register gives, wherever the image has it."""

        def hook(_uc: object, address: int, size: int, _data: object) -> None:
            word = int.from_bytes(self.uc.mem_read(address, 4), "little")
            self.uc.reg_write(riscv_const.UC_RISCV_REG_X0 + (word >> 7 & 31), value() & 0xFFFFFFFF)
            self.uc.reg_write(riscv_const.UC_RISCV_REG_PC, address + 4)

        self._hook_words(lambda word: word & 0xFFFFF07F == csr << 20 | 0x2073, hook)

    def on_csr_write(self, csr: int, take: Callable[[int], None]) -> None:
        """What ``csrw`` of a register does."""

        def hook(_uc: object, address: int, size: int, _data: object) -> None:
            word = int.from_bytes(self.uc.mem_read(address, 4), "little")
            source = word >> 15 & 31
            immediate = word & 0x7000 == 0x5000
            take(source if immediate else self.uc.reg_read(riscv_const.UC_RISCV_REG_X0 + source))
            self.uc.reg_write(riscv_const.UC_RISCV_REG_PC, address + 4)

        self._hook_words(lambda word: word & 0xFFF03FFF == csr << 20 | 0x1073, hook)

    def know_min_and_max(self) -> None:
        """Zbb's ``min`` and ``max``, which unicorn does not know; the kernels use no other instruction of Zbb."""

        def hook(_uc: object, address: int, size: int, _data: object) -> None:
            word = int.from_bytes(self.uc.mem_read(address, 4), "little")
            base = riscv_const.UC_RISCV_REG_X0
            left, right = (self.uc.reg_read(base + (word >> shift & 31)) for shift in (15, 20))
            order = max if word & 0x2000 else min
            self.uc.reg_write(base + (word >> 7 & 31), order(left, right, key=lambda value: value ^ 1 << 31))
            self.uc.reg_write(riscv_const.UC_RISCV_REG_PC, address + 4)

        self._hook_words(lambda word: word & 0xFE00507F == 0x0A004033, hook)

    def _hook_words(self, wanted: Callable[[int], bool], hook: Callable[..., None]) -> None:
        for segment in self.image:
            for at in range(0, len(segment.data) - 3, 2):
                if wanted(int.from_bytes(segment.data[at : at + 4], "little")):
                    place = segment.virtual + at
                    self.uc.hook_add(unicorn.UC_HOOK_CODE, hook, begin=place, end=place)

    def run(self, at: int | None = None) -> None:
        """Go on until the firmware waits for a byte; ``at`` starts it somewhere."""
        self._stopped = False
        self._last_event = self.executed
        counter = riscv_const.UC_RISCV_REG_PC if self.riscv else arm_const.UC_ARM_REG_PC
        for line in self.lines:
            line.idle = 0
        start = self.uc.reg_read(counter) if at is None else at
        try:
            self.uc.emu_start(start if self.riscv else start | 1, 0xFFFFFFF0)
        except unicorn.UcError as error:
            raise Misuse(f"{error} at 0x{self.uc.reg_read(counter):08x}") from error
        if self._misuse is not None:
            raise self._misuse
        if not self._stopped:
            raise Misuse(f"the core stopped at 0x{self.uc.reg_read(counter):08x}")

    def stop(self) -> None:
        """End ``run``."""
        self._stopped = True
        self.uc.emu_stop()

    def _on_block(self, _uc: object, address: int, size: int, _data: object) -> None:
        count = self._lengths.get(address << 12 | size)
        if count is None:
            count = self._lengths[address << 12 | size] = self._instructions(address, size)
        self.executed += count
        if self.executed - self._last_event > _PATIENCE:
            raise Misuse(f"{_PATIENCE} instructions without a wait for a byte, at 0x{address:08x}")

    def _instructions(self, address: int, size: int) -> int:
        code = self.uc.mem_read(address, size)
        at = count = 0
        while at < size:
            half = code[at] | code[at + 1] << 8
            long = half & 3 == 3 if self.riscv else half >> 11 >= 0x1D
            at += 4 if long else 2
            count += 1
        return count

    def _on_no_memory(self, _uc: object, access: int, address: int, size: int, value: int, _data: object) -> bool:
        counter = riscv_const.UC_RISCV_REG_PC if self.riscv else arm_const.UC_ARM_REG_PC
        raise Misuse(f"access to 0x{address:08x}, where there is nothing, near 0x{self.uc.reg_read(counter):08x}")


class Port:
    """The link's end of the machine's line, as a pyserial port."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.timeout: float | None = None

    @property
    def in_waiting(self) -> int:
        """Bytes that the firmware has sent."""
        return len(self.machine.line.sent)

    def write(self, data: bytes) -> int:
        """To the firmware."""
        self.machine.line.incoming.extend(data)
        return len(data)

    def read(self, size: int = 1) -> bytes:
        """What the firmware sends until it waits for more."""
        sent = self.machine.line.sent
        if not sent:
            self.machine.run()
        data = bytes(sent[:size])
        del sent[:size]
        return data
