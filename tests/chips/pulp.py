"""GAP8 and PULPissimo up to the link: clock, pads and UART. What their cores have beyond RV32IMC is the simulator's."""

from __future__ import annotations

from pathlib import Path

from .machine import Block, Machine, Misuse

L2, REFERENCE_HZ = 0x1C000000, 32768


class Registers(Block):
    """A block that keeps what is written."""

    def __init__(self, size: int = 0x1000) -> None:
        self.size, self.registers = size, dict[int, int]()

    def read(self, offset: int) -> int:
        return self.registers.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        self.registers[offset] = value


class Fll(Registers):
    """The frequency-locked loop comes nearer at each look at its status."""

    def __init__(self) -> None:
        super().__init__()
        self._at = 1000

    def read(self, offset: int) -> int:
        if offset == 0:
            goal = self.registers.get(4, 0) & 0xFFFF
            self._at += (goal - self._at + 1) // 2
            return self._at
        return super().read(offset)

    @property
    def hertz(self) -> int:
        """Of its output, once it has arrived."""
        configuration = self.registers[4]
        if configuration >> 30 != 3 or abs(self._at - (configuration & 0xFFFF)) > self.registers[8] >> 16 & 0xFFF:
            raise Misuse("the loop is open, or has not arrived")
        return REFERENCE_HZ * (configuration & 0xFFFF) >> (configuration >> 26 & 15) - 1


class Udma(Registers):
    """The micro-DMA with its UART at ``uart``; the clock gates are at ``gates``, bit ``number`` for the UART."""

    def __init__(self, machine: Pulp, uart: int, gates: int, number: int) -> None:
        super().__init__(0x2000)
        self._machine, self._uart, self._gates, self._number = machine, uart, gates, number
        self._next = self._left = self._sending = 0

    def _check(self) -> None:
        if not self.registers.get(self._gates, 0) >> self._number & 1:
            raise Misuse("the UART has no clock")

    def read(self, offset: int) -> int:
        register = offset - self._uart
        if register == 0:
            self._receive()
            return self._next if self._left else 0
        if register == 0x18:
            self._sending -= self._sending > 0
            return (self._sending > 0) << 4
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        register = offset - self._uart
        super().write(offset, value)
        if 0 <= register < 0x80:
            self._check()
        if register == 8:
            on = value & 0x30 == 0x10
            self._next, self._left = self.registers.get(self._uart, 0), self.registers.get(self._uart + 4, 0) * on
        if register == 0x18 and value & 0x10:
            if self._sending:
                raise Misuse("a transfer is started while one is under way")
            start, size = (self.registers[self._uart + part] for part in (0x10, 0x14))
            for byte in self._machine.uc.mem_read(start, size):
                self._machine.line.send(byte)
            self._sending = 3

    def _receive(self) -> None:
        if self._left and self._machine.line.poll(self._machine):
            self._machine.uc.mem_write(self._next, bytes([self._machine.line.take()]))
            self._next, self._left = self._next + 1, self._left - 1
            if not self._left and self.registers[self._uart + 8] & 1:
                self._next, self._left = (self.registers[self._uart + part] for part in (0, 4))

    def baud(self, hertz: int) -> float:
        """Of a character of eight bits without parity, transmitter and receiver on."""
        setup = self.registers[self._uart + 0x24]
        if setup & 0x30F != 0x306:
            raise Misuse(f"the UART is set to 0x{setup:x}")
        return hertz / ((setup >> 16) + 1)


class Pulp(Machine):
    """The system, its firmware loaded by a debugger."""

    def __init__(self, elf: Path, gap8: bool) -> None:
        super().__init__(elf, True, {L2: 512 * 1024})
        self.fll, self.soc_control = Fll(), Registers()
        self.udma = Udma(self, 0x200, 0x780, 4) if gap8 else Udma(self, 0x80, 0, 0)
        self.attach(0x1A102000, self.udma)
        self._counts: dict[str, int] = {}
        if gap8:
            self.attach(0x1A100000, self.fll)
            self.attach(0x1A104000, self.soc_control)
            self.attach(0x1B201000, Registers())
            self.on_csr_write(0x7A0, lambda value: self._counts.update(events=value))
            self.on_csr_write(0x7A1, lambda value: self._counts.update(mode=value))
            self.on_csr_read(0x780, lambda: self._counted({"events": 1, "mode": 1}))
        else:
            self.on_csr_write(0x320, lambda value: self._counts.update(inhibited=value))
            self.on_csr_read(0xB00, lambda: self._counted({"inhibited": 0}))

    def _counted(self, needs: dict[str, int]) -> int:
        if self._counts != needs:
            raise Misuse("the counter stands still")
        return self.executed

    def boot(self) -> None:
        """From the entry point to the first wait for a byte."""
        self.run(self.entry)
