"""ESP32-C3 and ESP32-C6 as far as the firmware uses them, entered as their boot ROM enters what it has loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .machine import Block, Line, Machine, Misuse

_KEY, XTAL_HZ = 0x50D83AA1, 40_000_000


@dataclass(frozen=True)
class Layout:
    """What differs between the chips: the RTC watchdog's registers are (protection, configuration)."""

    ram: int
    ram_bytes: int
    twin: int
    timer_group: int
    rtc: int
    rtc_watchdog: tuple[int, int]
    super_watchdog: tuple[int, int]
    super_key: int
    super_feed: int
    usb: int
    updates: bool


C3 = Layout(
    0x3FC80000, 0x60000, 0x700000, 0x6001F000, 0x60008000, (0xA8, 0x90), (0xB0, 0xAC), 0x8F1D312A, 1 << 31,
    0x60043000, False,
)  # fmt: skip
C6 = Layout(
    0x40800000, 0x80000, 0, 0x60008000, 0x600B1000, (0xC18, 0xC00), (0xC20, 0xC1C), _KEY, 1 << 18, 0x6000F000, True
)  # fmt: skip


class Watchdogs(Block):
    """Configurations by offset, each behind the register that the key opens."""

    def __init__(self, behind: dict[int, tuple[int, int]]) -> None:
        self._key = {protection: key for protection, key in behind.values()}
        self._behind = {configuration: protection for configuration, (protection, _) in behind.items()}
        self._open = dict.fromkeys(self._key, False)
        self.configuration = dict.fromkeys(behind, 1 << 12)  # the ROM has started them

    def read(self, offset: int) -> int:
        return self.configuration[offset]

    def write(self, offset: int, value: int) -> None:
        if offset in self._key:
            self._open[offset] = value == self._key[offset]
        elif offset not in self._behind:
            super().write(offset, value)
        elif self._open[self._behind[offset]]:
            self.configuration[offset] = value


class Uart(Block):
    """UART0 as the ROM leaves it; the ESP32-C6 takes a divisor over when it is told."""

    def __init__(self, chip: Esp32, updates: bool) -> None:
        self._chip, self._updates, self._updating = chip, updates, 0
        self._written = self.divisor = 0
        self._filled = 0

    def read(self, offset: int) -> int:
        if offset == 0:
            return self._chip.uart_line.take()
        if offset == 0x1C:
            self._filled -= self._filled > 0
            received = self._chip.uart_line.poll(self._chip)
            return (min(len(self._chip.uart_line.incoming), 128) if received else 0) | self._filled << 16
        if offset == 0x98 and self._updates:
            self._updating -= self._updating > 0
            if not self._updating:
                self.divisor = self._written
            return int(self._updating > 0)
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == 0:
            if self._filled >= 128:
                raise Misuse("a byte is written into a full transmitter")
            self._filled += 2  # written faster than sent
            self._chip.uart_line.send(value)
        elif offset == 0x14:
            self._written = value
            if not self._updates:
                self.divisor = value
        elif offset == 0x98 and self._updates and value == 1:
            self._updating = 3
        else:
            super().write(offset, value)

    @property
    def baud(self) -> float:
        """From the crystal's clock."""
        return XTAL_HZ / ((self.divisor & 0xFFF) + (self.divisor >> 20 & 15) / 16)


class UsbSerial(Block):
    """The USB Serial/JTAG controller: packets of 64 bytes, each gone some looks after it is complete."""

    def __init__(self, chip: Esp32) -> None:
        self._chip = chip
        self._packet = bytearray()
        self._away = 0

    def read(self, offset: int) -> int:
        line = self._chip.usb_line
        if offset == 0:
            return line.take()
        if offset == 4:
            self._away -= self._away > 0
            return (self._away == 0) << 1 | line.poll(self._chip) << 2
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == 0:
            if self._away:
                raise Misuse("a byte is written while a packet is on its way")
            self._packet.append(value & 0xFF)
        elif offset != 4 or value != 1:
            super().write(offset, value)
        if offset == 4 or len(self._packet) == 64:
            for byte in self._packet:
                self._chip.usb_line.send(byte)
            self._packet.clear()
            self._away = 5


class Esp32(Machine):
    """The chip; ``line`` is the USB port's or the UART's, to which the host is connected."""

    def __init__(self, elf: Path, layout: Layout, usb: bool = False) -> None:
        super().__init__(elf, True, {layout.ram: layout.ram_bytes}, layout.twin)
        self.uart_line, self.usb_line = Line(), Line()
        self.line, self.lines = self.usb_line if usb else self.uart_line, [self.usb_line, self.uart_line]
        self.uart = Uart(self, layout.updates)
        self._counts: dict[int, int] = {}
        protections = {
            layout.rtc_watchdog[1]: (layout.rtc_watchdog[0], _KEY),
            layout.super_watchdog[1]: (layout.super_watchdog[0], layout.super_key),
        }
        self._rtc, self._group = Watchdogs(protections), Watchdogs({0x48: (0x64, _KEY)})
        self._layout = layout
        self.attach(0x60000000, self.uart)
        self.attach(layout.timer_group, self._group)
        self.attach(layout.rtc, self._rtc)
        self.attach(layout.usb, UsbSerial(self))
        self.on_csr_write(0x7E0, lambda value: self._counts.update(event=value))
        self.on_csr_write(0x7E1, lambda value: self._counts.update(mode=value))
        self.on_csr_read(0x7E2, self._mpccr)

    def _mpccr(self) -> int:
        if self._counts != {"event": 1, "mode": 1}:
            raise Misuse("the counter does not count cycles")
        return self.executed

    def boot(self) -> None:
        """What the boot ROM does once the image is in RAM, up to the first wait for a byte."""
        self.run(self.entry)

    def check_watchdogs(self) -> None:
        """Raise Misuse where one of them would reset the chip."""
        feeding = self._rtc.configuration[self._layout.super_watchdog[1]] & self._layout.super_feed
        if self._rtc.configuration[self._layout.rtc_watchdog[1]] or self._group.configuration[0x48] or not feeding:
            raise Misuse("a watchdog runs")
