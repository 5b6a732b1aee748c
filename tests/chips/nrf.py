"""nRF51 and nRF52 as far as the firmware uses them (nRF51 series reference manual; nRF52833 and nRF52840 product
specifications): crystal, UART without DMA, pins, TIMER0 and the flash's cache."""

from __future__ import annotations

from pathlib import Path

from .cortex_m import CortexM
from .machine import Misuse
from .rp2 import Slow


class Clock:
    """The crystal's oscillator."""

    def __init__(self) -> None:
        self.crystal = Slow()

    def read(self, offset: int) -> int:
        if offset != 0x100:
            raise Misuse(f"CLOCK: 0x{offset:x} is not modelled")
        return self.crystal.look()

    def write(self, offset: int, value: int) -> None:
        if (offset, value) != (0, 1):
            raise Misuse(f"CLOCK: {value} to 0x{offset:x} is not modelled")
        self.crystal.start()


class Uart:
    """UART0. A received byte is announced once, when it gets to RXD."""

    def __init__(self, chip: Nrf) -> None:
        self.chip = chip
        self.settings = {0x500: 0, 0x50C: 0xFFFFFFFF, 0x514: 0xFFFFFFFF, 0x524: 0x04000000}
        self.running: set[int] = set()
        self.received = self.announced = False
        self.sent = Slow()

    def read(self, offset: int) -> int:
        if offset == 0x108:
            self._announce(self.chip.line.poll(self.chip))
            return self.received
        if offset == 0x11C:
            return self.sent.look()
        if offset == 0x518:
            if self.chip.pins.state(self.settings[0x514]) != "input":
                raise Misuse("the pin of RXD is no input")
            byte = self.chip.line.take()
            self.announced = False
            self._announce(bool(self.chip.line.incoming))
            return byte
        return self.settings[offset]

    def _announce(self, there: bool) -> None:
        if there and not self.announced and 0x000 in self.running:
            self.received = self.announced = True

    def write(self, offset: int, value: int) -> None:
        if offset in (0x000, 0x008):
            if self.settings[0x500] != 4 or not self.chip.clock.crystal.ready:
                raise Misuse("the UART is started while it is off, or without the crystal")
            self.running.add(offset)
        elif offset == 0x51C:
            if 0x008 not in self.running or self.sent.left > 0:
                raise Misuse("a byte is sent before the one before it has gone, or the transmitter started")
            if self.chip.pins.state(self.settings[0x50C]) != "output":
                raise Misuse("the pin of TXD is no output")
            self.chip.line.send(value)
            self.sent.start()
        elif offset == 0x108:
            self.received = bool(value)
        elif offset == 0x11C:
            self.sent.stop()
        elif offset not in self.settings or (offset != 0x500 and self.settings[0x500]):
            raise Misuse(f"UART: 0x{offset:x} is not modelled, or written while the UART is on")
        else:
            self.settings[offset] = value

    @property
    def baud(self) -> float:
        """As the divisor gives it; the chips use its upper 20 bits."""
        return (self.settings[0x524] & 0xFFFFF000) * 16e6 / 2**32


class Pins:
    """The ports."""

    def __init__(self) -> None:
        self.output: set[int] = set()
        self.configured: dict[int, int] = {}

    def read(self, offset: int) -> int:
        raise Misuse(f"GPIO: read of 0x{offset:x} is not modelled")

    def write(self, offset: int, value: int) -> None:
        port = 1 if offset >= 0x800 else 0
        offset -= 0x300 * port
        if offset == 0x508:
            self.output |= {32 * port + bit for bit in range(32) if value >> bit & 1}
        elif 0x700 <= offset < 0x780:
            pin = 32 * port + (offset - 0x700) // 4
            if value & 1 and pin not in self.output:
                raise Misuse("an output is turned on that shows the wrong level")
            self.configured[pin] = value
        else:
            raise Misuse(f"GPIO: 0x{offset:x} is not modelled")

    def state(self, pin: int) -> str:
        """What a pin is; at reset its input buffer is off."""
        value = self.configured.get(pin, 2)
        return "output" if value & 1 else "off" if value & 2 else "input"


class Timer:
    """TIMER0."""

    def __init__(self, chip: Nrf) -> None:
        self.chip, self.values, self.captured, self.started = chip, {0x508: 0, 0x510: 4}, 0, False

    def read(self, offset: int) -> int:
        if offset != 0x540 or not self.started:
            raise Misuse("the timer is read before it was started")
        return self.captured

    def write(self, offset: int, value: int) -> None:
        if offset == 0x000:
            if self.values != {0x508: 3, 0x510: 0}:
                raise Misuse("the timer does not count 32 bits of 16 MHz")
            self.started = True
        elif offset == 0x040:
            self.captured = self.chip.executed
        elif offset in self.values:
            self.values[offset] = value
        else:
            raise Misuse(f"TIMER0: 0x{offset:x} is not modelled")


class Nvmc:
    """The flash's cache."""

    on = False

    def read(self, offset: int) -> int:
        raise Misuse(f"NVMC: read of 0x{offset:x} is not modelled")

    def write(self, offset: int, value: int) -> None:
        if offset != 0x540:
            raise Misuse(f"NVMC: 0x{offset:x} is not modelled")
        self.on = bool(value & 1)


class Nrf(CortexM):
    """The chip; ``nrf51`` has a timer in place of the core's cycle counter."""

    def __init__(self, elf: Path, nrf51: bool, flash: tuple[int, int], ram: tuple[int, int]) -> None:
        super().__init__(elf, flash, ram)
        self.clock, self.uart, self.pins, self.nvmc = Clock(), Uart(self), Pins(), Nvmc()
        self.bus.add(0x40000000, 0x1000, self.clock)
        self.bus.add(0x40002000, 0x1000, self.uart)
        self.bus.add(0x50000000, 0x1000, self.pins)
        if nrf51:
            self.bus.add(0x40008000, 0x1000, Timer(self))
        else:
            self.bus.add(0x4001E000, 0x1000, self.nvmc)
