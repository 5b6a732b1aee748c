"""What ``firmware/platform`` needs of each machine: a UART and a counter of instructions, as registers.

Registers: Arm Cortex-M System Design Kit technical reference manual (APB UART, APB timer); nRF51 series reference
manual (UART, TIMER); SiFive FE310-G002 manual (PRCI, UART); NS16550. Ticks are what QEMU's machines count under the
``-icount`` shift of the targets: one instruction takes 128 ns on the Cortex-M.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

_WORD = 0xFFFFFFFF
_NANOSECONDS = 128  # of one instruction: shift=7


class Serial(Protocol):
    """The host's end of a UART."""

    def ready(self) -> bool:
        """Whether a byte can be taken."""

    def get(self) -> int:
        """The next byte, 0 where there is none."""

    def put(self, byte: int) -> None:
        """Send a byte."""


class Instructions(Protocol):
    """A core's instructions so far."""

    def total(self) -> int:
        """Executed, to a constant of the place in the code that asks."""


class Device:
    """A page of registers by their offsets: those that are not named are 0, and writing them does nothing."""

    def read(self, offset: int) -> int:
        """The value of a register."""
        return 0

    def write(self, offset: int, value: int) -> None:
        """Write a register."""


@dataclass
class CmsdkUart(Device):
    """Always ready to send."""

    serial: Serial

    def read(self, offset: int) -> int:
        if offset == 4:  # STATE: receive buffer full
            return 2 if self.serial.ready() else 0
        return self.serial.get() if offset == 0 else 0

    def write(self, offset: int, value: int) -> None:
        if offset == 0:
            self.serial.put(value & 0xFF)


@dataclass
class CmsdkTimer(Device):
    """Counts down through all 32 bits from when it is enabled."""

    instructions: Instructions
    hertz: int
    started: int = 0

    def _ticks(self) -> int:
        return self.instructions.total() * _NANOSECONDS * self.hertz // 10**9

    def read(self, offset: int) -> int:
        return (self.started - self._ticks() - 1) & _WORD if offset == 4 else 0

    def write(self, offset: int, value: int) -> None:
        if offset == 0:  # CTRL
            self.started = self._ticks()


@dataclass
class Nrf51Uart(Device):
    """Its events are registers: RXDRDY where a byte has come, TXDRDY where one has gone."""

    serial: Serial

    def read(self, offset: int) -> int:
        if offset == 0x108:
            return int(self.serial.ready())
        return {0x11C: 1, 0x518: self.serial.get()}.get(offset, 0) if offset in (0x11C, 0x518) else 0

    def write(self, offset: int, value: int) -> None:
        if offset == 0x51C:
            self.serial.put(value & 0xFF)


@dataclass
class Nrf51Timer(Device):
    """TIMER0 at 16 MHz; CAPTURE[0] fills CC[0]."""

    instructions: Instructions
    captured: int = 0

    def read(self, offset: int) -> int:
        return self.captured if offset == 0x540 else 0

    def write(self, offset: int, value: int) -> None:
        if offset == 0x40:
            self.captured = self.instructions.total() * _NANOSECONDS * 16 // 1000 & _WORD


class NrfClock(Device):
    """Every oscillator has started."""

    def read(self, offset: int) -> int:
        return 1


@dataclass
class Ns16550(Device):
    """Always ready to send."""

    serial: Serial

    def read(self, offset: int) -> int:
        if offset == 5:  # line status: transmitter empty, data ready
            return 0x60 | self.serial.ready()
        return self.serial.get() if offset == 0 else 0

    def write(self, offset: int, value: int) -> None:
        if offset == 0:
            self.serial.put(value & 0xFF)


@dataclass
class SifiveUart(Device):
    """Bit 31 of what is read says that nothing came."""

    serial: Serial

    def read(self, offset: int) -> int:
        if offset == 4:
            return self.serial.get() if self.serial.ready() else 1 << 31
        return 0

    def write(self, offset: int, value: int) -> None:
        if offset == 0:
            self.serial.put(value & 0xFF)


class SifivePrci(Device):
    """Every oscillator is ready."""

    def read(self, offset: int) -> int:
        return 1 << 31


@dataclass(frozen=True)
class Machine:
    """A core and its devices by address; ``core`` is Unicorn's name of a Cortex-M, None an RV32 of ``isas``."""

    core: str | None
    devices: Callable[[Serial, Instructions], Mapping[int, Device]]
    isas: tuple[str, ...] = ()


def _mps2(core: str, timer: int = 0x40000000, uart: int = 0x40004000, hertz: int = 25_000_000) -> Machine:
    return Machine(core, lambda serial, instructions: {timer: CmsdkTimer(instructions, hertz), uart: CmsdkUart(serial)})


#: By QEMU's names. Unicorn has neither Helium nor vectors or Zbb of RISC-V.
MACHINES: Mapping[str, Machine] = {
    "mps2-an385": _mps2("CORTEX_M3"),
    "mps2-an386": _mps2("CORTEX_M4"),
    "mps2-an500": _mps2("CORTEX_M7"),
    "mps2-an505": _mps2("CORTEX_M33", 0x50000000, 0x50200000, 20_000_000),
    "microbit": Machine(
        "CORTEX_M0",
        lambda serial, instructions: {
            0x40000000: NrfClock(),
            0x40002000: Nrf51Uart(serial),
            0x40008000: Nrf51Timer(instructions),
            0x50000000: Device(),
        },
    ),
    "virt": Machine(None, lambda serial, instructions: {0x10000000: Ns16550(serial)}, ("rv32imc",)),
    "sifive_e": Machine(
        None,
        lambda serial, instructions: {
            0x10008000: SifivePrci(),
            0x10012000: Device(),
            0x10013000: SifiveUart(serial),
        },
        ("rv32imac",),
    ),
}
