"""RP2040 and RP2350 as far as the firmware uses them (RP2040 and RP2350 datasheets)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from unicorn import arm_const

from .machine import Block, Line, Machine, Misuse
from .rp2_usb import MEMORY, Usb

FLASH, RAM, XOSC_HZ = 0x10000000, 0x20000000, 12_000_000


@dataclass(frozen=True)
class Layout:
    """Addresses and bit numbers, which differ between the chips."""

    resets: int
    clocks: int
    xosc: int
    pll: int
    pll_usb: int
    uart: int
    io: int
    pads: int
    bits: dict[str, int]
    pad_reset: int
    clk_sys_reset: int
    ram: int
    clk_usb: int


RP2040 = Layout(
    0x4000C000, 0x40008000, 0x40024000, 0x40028000, 0x4002C000, 0x40034000, 0x40014000, 0x4001C000,
    {"io": 5, "pads": 8, "pll": 12, "pll_usb": 13, "timer": 21, "uart": 22, "usb": 24}, 0x56, 0x00, 0x42000, 0x54,
)  # fmt: skip
RP2350 = Layout(
    0x40020000, 0x40010000, 0x40048000, 0x40050000, 0x40058000, 0x40070000, 0x40028000, 0x40038000,
    {"io": 6, "pads": 9, "pll": 14, "pll_usb": 15, "uart": 26, "usb": 28}, 0x116, 0x41, 0x82000, 0x60,
)  # fmt: skip


class Aliased(Block):
    """A block whose registers can also be changed bit by bit, at three further pages; ``bit``: of its reset."""

    size = 0x4000

    def __init__(self, chip: Rp2, bit: str | None = None) -> None:
        self.chip, self.bit = chip, bit
        self.registers: dict[int, int] = {}

    def _check(self) -> None:
        if self.bit is not None and not self.chip.resets.running(self.bit):
            raise Misuse(f"{type(self).__name__} is used in reset")

    def read(self, offset: int) -> int:
        self._check()
        return self.get(offset & 0xFFF)

    def write(self, offset: int, value: int) -> None:
        self._check()
        register, old = offset & 0xFFF, self.registers.get(offset & 0xFFF, 0)
        self.put(register, (value, old ^ value, old | value, old & ~value)[offset >> 12])

    def get(self, register: int) -> int:
        """The value of a register."""
        return self.registers[register]

    def put(self, register: int, value: int) -> None:
        """Set a register; unknown ones are refused."""
        if register not in self.registers:
            raise Misuse(f"{type(self).__name__}: register 0x{register:x} is not modelled")
        self.registers[register] = value


class Slow:
    """Something that is ready at the n-th look after it was started."""

    def __init__(self, looks: int = 3) -> None:
        self.looks, self.left = looks, -1

    def start(self) -> None:
        """Begin to get ready."""
        self.left = self.looks

    def stop(self) -> None:
        """Not ready, nor on the way."""
        self.left = -1

    def look(self) -> bool:
        """Whether it is ready now; a look brings it nearer."""
        self.left -= self.left > 0
        return self.left == 0

    @property
    def ready(self) -> bool:
        """Whether it was found ready."""
        return self.left == 0


class Resets(Aliased):
    """All blocks are in reset at first."""

    def __init__(self, chip: Rp2) -> None:
        super().__init__(chip)
        self.registers = {0: 0x1FFFFFFF}
        self._release = Slow()

    def running(self, name: str) -> bool:
        """Whether a block's reset was released and waited for."""
        return not self.registers[0] >> self.chip.layout.bits[name] & 1 and self._release.ready

    def get(self, register: int) -> int:
        if register == 8:
            return ~self.registers[0] & 0x1FFFFFFF if self._release.look() else 0
        return super().get(register)

    def put(self, register: int, value: int) -> None:
        super().put(register, value)
        self._release.start()


class Xosc(Aliased):
    """Crystal oscillator."""

    def __init__(self, chip: Rp2) -> None:
        super().__init__(chip)
        self.registers = {0: 0, 0xC: 0}
        self.stable = Slow()

    def get(self, register: int) -> int:
        return self.stable.look() << 31 if register == 4 else super().get(register)

    def put(self, register: int, value: int) -> None:
        super().put(register, value)
        if register == 0 and value >> 12 == 0xFAB:
            if value & 0xFFF != 0xAA0 or self.registers[0xC] * 256 < XOSC_HZ // 1000:
                raise Misuse("the crystal needs the range of 1 to 15 MHz and a millisecond")
            self.stable.start()


class Pll(Aliased):
    """One of the PLLs."""

    def __init__(self, chip: Rp2, bit: str) -> None:
        super().__init__(chip, bit)
        self.registers = {0: 1, 4: 0x2D, 8: 0, 0xC: 0x77000}
        self.locked = Slow()

    def get(self, register: int) -> int:
        value = super().get(register)
        return value | self.locked.look() << 31 if register == 0 else value

    def put(self, register: int, value: int) -> None:
        if register in (0, 8) and not self.registers[4] & 1:
            raise Misuse("the PLL is set up while it runs")
        super().put(register, value)
        if register == 4 and not value & 0x21:
            vco = XOSC_HZ // (self.registers[0] & 63) * self.registers[8]
            if not self.chip.xosc.stable.ready or not 750_000_000 <= vco <= 1_600_000_000:
                raise Misuse(f"the PLL cannot lock at {vco} Hz")
            if not self.locked.ready:
                self.locked.start()

    @property
    def hertz(self) -> int:
        """Of its output; 0 where there is none."""
        prim = self.registers[0xC]
        first, second = prim >> 16 & 7, prim >> 12 & 7
        if not self.locked.ready or self.registers[4] & 0x29 or not (1 <= second <= first <= 7):
            return 0
        return XOSC_HZ // (self.registers[0] & 63) * self.registers[8] // first // second


class Clocks(Aliased):
    """clk_ref, clk_sys and clk_peri."""

    def __init__(self, chip: Rp2) -> None:
        super().__init__(chip)
        self.registers = {0x30: 0, 0x3C: chip.layout.clk_sys_reset, 0x48: 0, chip.layout.clk_usb: 0}
        self._ref, self._sys = Slow(), Slow()
        self._ref.start(), self._sys.start()

    def get(self, register: int) -> int:
        if register == 0x38:
            return 1 << (self.registers[0x30] & 3) if self._ref.look() else 0
        if register == 0x44:
            return 1 << (self.registers[0x3C] & 1) if self._sys.look() else 0
        return super().get(register)

    def put(self, register: int, value: int) -> None:
        old = self.registers.get(register, 0)
        super().put(register, value)
        if register == 0x3C:
            if (old ^ value) & 0xE0 and (old & 1 or not self._sys.ready):
                raise Misuse("the auxiliary source of clk_sys changes while it is in use")
            if value & 1 and self.chip.pll.hertz == 0:
                raise Misuse("clk_sys is switched to a PLL that does not run")
            self._sys.start()
        if register == 0x30:
            if value & 3 != 2 or not self.chip.xosc.stable.ready:
                raise Misuse("clk_ref is switched to something that does not run")
            self._ref.start()

    @property
    def core_hertz(self) -> int:
        """Of clk_sys."""
        if self.registers[0x3C] != 1 or not self._sys.ready or not self._ref.ready:
            raise Misuse("the core does not run from the PLL, or clk_ref not from the crystal")
        return self.chip.pll.hertz

    @property
    def uart_hertz(self) -> int:
        """Of clk_peri."""
        if not self.registers[0x48] >> 11 & 1:
            raise Misuse("clk_peri is off")
        return {0: self.core_hertz, 4: XOSC_HZ}[self.registers[0x48] >> 5 & 7]


class Uart(Aliased):
    """A PL011; its transmitter holds 32 bytes and takes some looks to send one."""

    def __init__(self, chip: Rp2) -> None:
        super().__init__(chip, "uart")
        self.registers = {0x24: 0, 0x28: 0, 0x2C: 0, 0x30: 0}
        self._filled, self.latched = 0, (0, 0)

    def _on(self) -> None:
        if self.registers[0x30] & 0x301 != 0x301:
            raise Misuse("the UART is used before it is switched on")

    def get(self, register: int) -> int:
        if register == 0x18:
            self._filled -= self._filled > 0 and self._filled % 2 == 0
            full = self._filled >= 32
            self._filled -= full
            return (0 if self.chip.uart_line.poll(self.chip) else 1 << 4) | full << 5
        if register == 0:
            self._on()
            return self.chip.uart_line.take()
        return super().get(register)

    def put(self, register: int, value: int) -> None:
        if register == 0:
            self._on()
            if self._filled >= 32:
                raise Misuse("a byte is written into a full transmitter")
            self._filled += 1
            self.chip.uart_line.send(value)
            return
        super().put(register, value)
        if register == 0x2C:
            self.latched = (self.registers[0x24], self.registers[0x28])

    @property
    def baud(self) -> float:
        """Of a character of eight bits without parity; the divisor counts from the write of LCR_H on."""
        if self.registers[0x2C] & 0x6F != 0x60:
            raise Misuse("the UART does not have 8 bits without parity")
        return self.chip.clocks.uart_hertz / (16 * (self.latched[0] + self.latched[1] / 64))


class Pins(Aliased):
    """Functions of GPIO, or their pads."""

    def __init__(self, chip: Rp2, bit: str, first: int, step: int, reset: int) -> None:
        super().__init__(chip, bit)
        self._first, self._step = first, step
        self.registers = {first + step * pin: reset for pin in range(30)}

    def of(self, pin: int) -> int:
        """The register of a pin."""
        return self.registers[self._first + self._step * pin]


class CorePeripherals(Block):
    """Of a Cortex-M: SysTick (RP2040) or the cycle counter of the DWT (RP2350), and VTOR."""

    size = 0x100000

    def __init__(self, chip: Rp2) -> None:
        self.chip = chip
        self.vtor = self.trace = self.systick = self.reload = self.started = self.cyccnt = 0

    def read(self, offset: int) -> int:
        cycles = self.chip.cycles
        if offset == 0xE018:
            if self.systick != 5:
                raise Misuse("SysTick does not count the core's clock")
            return self.reload - (cycles - self.started) % (self.reload + 1)
        if offset == 0xEDFC:
            return self.trace
        if offset == 0x1000:
            return self.cyccnt
        if offset == 0x1004:
            if not (self.trace >> 24 & 1 and self.cyccnt & 1):
                raise Misuse("the cycle counter is off")
            return cycles
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == 0xED08:
            self.vtor = value
        elif offset == 0xEDFC:
            self.trace = value
        elif offset == 0x1000 and self.trace >> 24 & 1:
            self.cyccnt = value
        elif offset == 0xE010:
            self.systick = value
        elif offset == 0xE014:
            self.reload = value & 0xFFFFFF
        elif offset == 0xE018:
            self.started = self.chip.cycles  # a write clears it
        else:
            super().write(offset, value)


class Timer(Aliased):
    """Microseconds of the crystal, once the watchdog's tick is set up."""

    def __init__(self, chip: Rp2) -> None:
        super().__init__(chip, "timer")

    def get(self, register: int) -> int:
        if register != 0x28 or self.chip.tick.registers[0x2C] & 0x3FF != 1 << 9 | 12:
            raise Misuse("the timer does not count microseconds")
        return self.chip.cycles // (self.chip.clocks.core_hertz // 1_000_000)


class Watchdog(Aliased):
    """Its tick alone."""

    def __init__(self, chip: Rp2) -> None:
        super().__init__(chip)
        self.registers = {0x2C: 0}


class Ssi(Block):
    """The RP2040's flash controller: set up while it is off."""

    def __init__(self) -> None:
        self.registers = {0x00: 0, 0x04: 0, 0x08: 1, 0x14: 0, 0xF4: 0}

    def write(self, offset: int, value: int) -> None:
        if offset not in self.registers or (offset != 8 and self.registers[8]):
            raise Misuse(f"SSI: write of 0x{offset:x}, enabled: {self.registers[8]}")
        self.registers[offset] = value


def checksum(data: bytes) -> int:
    """The boot ROM's CRC-32, bit by bit (RP2040 datasheet, 2.8.1.3.1): most significant bit first, not inverted."""
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            high = crc >> 31 ^ byte >> bit & 1
            crc = (crc << 1 & 0xFFFFFFFF) ^ (0x04C11DB7 if high else 0)
    return crc


def image_type(start: bytes) -> int:
    """The flags of the first block that defines an image (RP2350 datasheet, 5.1.5 and 5.9)."""
    for at in range(0, min(len(start), 4096), 4):
        if start[at : at + 4] == struct.pack("<I", 0xFFFFDED3):
            kind, words, flags = struct.unpack_from("<BBH", start, at + 4)
            last, total, pad, link, end = struct.unpack_from("<BHBiI", start, at + 8)
            assert (kind, words) == (0x42, 1) and (last, total, pad) == (0xFF, 1, 0)
            assert link == 0 and end == 0xAB123579
            return int(flags)
    raise Misuse("the boot ROM finds no image")


class Rp2(Machine):
    """The chip; ``scale``: cycles for each instruction, to see counters wrap."""

    def __init__(self, elf: Path, layout: Layout, riscv: bool = False, scale: int = 1, usb: bool = False) -> None:
        super().__init__(elf, riscv, {FLASH: 1 << 20, RAM: layout.ram, MEMORY: 0x1000})
        self.uart_line = self.line
        if usb:
            self.line = Line()
            self.lines.append(self.line)
        self.layout, self.scale, self.inhibited = layout, scale, True
        self.resets, self.xosc, self.pll, self.clocks = Resets(self), Xosc(self), Pll(self, "pll"), Clocks(self)
        self.pll_usb, self.usb = Pll(self, "pll_usb"), Usb(self, self.line if usb else None)
        self.attach(layout.pll_usb, self.pll_usb)
        self.attach(0x50110000, self.usb)
        self.uart, self.io = Uart(self), Pins(self, "io", 4, 8, 0x1F)
        self.pads = Pins(self, "pads", 4, 4, layout.pad_reset)
        for base, block in (
            (layout.resets, self.resets), (layout.xosc, self.xosc), (layout.pll, self.pll), (layout.io, self.io),
            (layout.clocks, self.clocks), (layout.uart, self.uart), (layout.pads, self.pads),
        ):  # fmt: skip
            self.attach(base, block)
        if layout is RP2040:
            self.tick, self.ssi = Watchdog(self), Ssi()
            self.attach(0x40058000, self.tick)
            self.attach(0x40054000, Timer(self))
            self.attach(0x18000000, self.ssi)
        if riscv:
            self.on_csr_read(0xB00, self._mcycle)
            self.on_csr_write(0x320, self._inhibit)
            self.know_min_and_max()
        else:
            self.core = CorePeripherals(self)
            self.attach(0xE0000000, self.core)

    @property
    def cycles(self) -> int:
        """As the chip would count, were every instruction of ``scale`` cycles."""
        return self.executed * self.scale

    @property
    def usb_hertz(self) -> int:
        """Of clk_usb."""
        return self.pll_usb.hertz if self.clocks.registers[self.layout.clk_usb] == 1 << 11 else 0

    def _mcycle(self) -> int:
        if self.inhibited:
            raise Misuse("mcycle stands still: mcountinhibit is set after reset")
        return self.cycles

    def _inhibit(self, value: int) -> None:
        self.inhibited = bool(value & 1)

    def boot(self) -> None:
        """What the boot ROM does, up to the first wait for a byte."""
        flash = bytes(self.uc.mem_read(FLASH, 4096))
        if self.layout is RP2040:
            assert checksum(flash[:252]) == int.from_bytes(flash[252:256], "little"), "no second stage"
            self.uc.mem_write(RAM + 0x41F00, flash[:256])
            self.run(RAM + 0x41F00)
        elif self.riscv:
            assert image_type(flash) == 0x1101  # RP2350, RISC-V, executable
            self.run(FLASH)
        else:
            assert image_type(flash) == 0x1021  # RP2350, Arm, secure, executable
            stack, entry = struct.unpack_from("<II", flash)
            self.uc.reg_write(arm_const.UC_ARM_REG_SP, stack)
            self.run(entry & ~1)

    def function(self, pin: int) -> str:
        """What a pin does, where its pad lets it."""
        pad = self.pads.of(pin)
        if pad & 0x100 or pad & 0x80 or not pad & 0x40:
            raise Misuse(f"the pad of pin {pin} is isolated, or its output or input off")
        return {2: "UART0 TX" if pin % 4 == 0 else "UART0 RX" if pin % 4 == 1 else "?"}[self.io.of(pin) & 31]
