"""FE310 (HiFive1) as far as the firmware uses it (SiFive FE310-G002 manual): what QEMU's model does not look at."""

from __future__ import annotations

from pathlib import Path

from .machine import Block, Machine, Misuse

CRYSTAL_HZ = 16_000_000


class Prci(Block):
    """Oscillators and PLL: at reset the core runs from the ring oscillator."""

    def __init__(self) -> None:
        self._crystal, self._looks = 0, 0
        self.registers = {0: 1 << 30 | 1 << 31 | 4, 8: 1 << 18 | 1 << 16, 0xC: 1 << 8}

    def read(self, offset: int) -> int:
        if offset == 4:
            self._looks += self._crystal >> 30 & 1
            return self._crystal | (self._looks >= 3) << 31
        return self.registers[offset]

    def write(self, offset: int, value: int) -> None:
        if offset == 4:
            self._crystal, self._looks = value & 0x7FFFFFFF, 0
            return
        if offset == 8 and value >> 16 & 1 and not (value >> 17 & 1 and self._looks >= 3):
            raise Misuse("the core's clock is switched to a crystal that does not run")
        if offset == 0 and not value >> 30 & 1:
            raise Misuse("the ring oscillator is switched off")
        self.registers[offset] = value

    @property
    def hertz(self) -> int:
        """Of the core and its peripherals, from the crystal through the bypassed PLL."""
        if self.registers[8] >> 16 & 7 != 7 or not self.registers[0xC] >> 8 & 1:
            raise Misuse("the core does not run from the crystal")
        return CRYSTAL_HZ


class Uart(Block):
    """UART0: FIFOs of eight bytes."""

    def __init__(self, chip: Fe310) -> None:
        self._chip, self._filled = chip, 0
        self.registers = {8: 0, 0xC: 0, 0x18: 0}

    def read(self, offset: int) -> int:
        line = self._chip.line
        if offset == 4:
            return line.take() if self.registers[0xC] & 1 and line.poll(self._chip) else 1 << 31
        if offset == 0:
            full = self._filled >= 8
            self._filled -= full
            return full << 31
        return self.registers[offset]

    def write(self, offset: int, value: int) -> None:
        if offset == 0:
            if not self.registers[8] & 1 or self._filled >= 8:
                raise Misuse("a byte is written into a transmitter that is off, or full")
            self._filled += 1
            self._chip.line.send(value)
        elif offset not in self.registers:
            super().write(offset, value)
        else:
            self.registers[offset] = value

    @property
    def baud(self) -> float:
        """Of a character with one stop bit."""
        if self.registers[8] & 2:
            raise Misuse("the UART has two stop bits")
        return self._chip.prci.hertz / (self.registers[0x18] + 1)


class Gpio(Block):
    """I/O functions of the pins."""

    def __init__(self) -> None:
        self.registers = {0x38: 0, 0x3C: 0xFFFFFFFF}

    def read(self, offset: int) -> int:
        return self.registers[offset]

    def write(self, offset: int, value: int) -> None:
        if offset not in self.registers:
            super().write(offset, value)
        self.registers[offset] = value

    def uart_pins(self) -> list[int]:
        """Those that have I/O function 0, of which 16 and 17 are UART0's."""
        return [pin for pin in range(32) if self.registers[0x38] >> pin & 1 and not self.registers[0x3C] >> pin & 1]


class Fe310(Machine):
    """The chip, entered as its boot loader enters the flash."""

    def __init__(self, elf: Path, flash: int) -> None:
        super().__init__(elf, True, {flash: 1 << 20, 0x80000000: 0x4000})
        self.prci, self.uart, self.gpio = Prci(), Uart(self), Gpio()
        self.attach(0x10008000, self.prci)
        self.attach(0x10012000, self.gpio)
        self.attach(0x10013000, self.uart)
        self.on_csr_read(0xB00, lambda: self.executed)

    def boot(self) -> None:
        """From the start of the flash to the first wait for a byte."""
        self.run(self.entry)
