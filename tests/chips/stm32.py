"""STM32 as far as the firmware uses them: registers of RCC, PWR and FLASH with what must be waited for, ports, USARTs.

``stm32_families`` has the tables of the chips. The model refuses a peripheral without its clock, a setting that is
changed while it is in use, a switch to a clock that does not run, and speeds beyond what voltage and flash allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .cortex_m import CortexM
from .machine import Misuse
from .rp2 import Slow


@dataclass(frozen=True)
class Clocks:
    """Hertz of the core and of the peripherals' buses; ``kernel``: clocks that a USART takes instead."""

    core: int
    apb1: int
    apb2: int
    kernel: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Ready:
    """A status bit that follows when bits of a register are changed, as long as one of them is set."""

    cause: int
    bits: int
    status: int
    ready: int


@dataclass(frozen=True)
class Usart:
    """Its place, the bit that clocks it, and which clock it divides."""

    base: int
    gate: tuple[int, int]
    clock: Callable[[Stm32], int]
    steps: int = 1


@dataclass(frozen=True)
class Family:
    """Tables of a chip. Addresses are absolute.

    Attributes:
        registers: reset values; others are refused.
        ready: what must be waited for.
        locked: register -> (register, bit) that makes it unchangeable.
        gates: base of a block of registers -> its size, and the bit that clocks it.
        switch: register, first bit of the selector and of its echo, and their width.
        sources: selector -> (register, bit) that shows that the source runs.
        clocks: the clock tree, as it is switched now; raises Misuse for what is not allowed.
        ports: address of port A, the register that clocks the ports and the first one's bit.
        functions: (port and pin, alternate function) -> what that is.
    """

    registers: Mapping[int, int]
    ready: tuple[Ready, ...]
    locked: Mapping[int, tuple[int, int]]
    gates: Mapping[int, tuple[int, tuple[int, int]]]
    switch: tuple[int, int, int, int]
    sources: Mapping[int, tuple[int, int]]
    clocks: Callable[[Stm32], Clocks]
    ports: tuple[int, int, int]
    first_generation: tuple[bool, bool]  # of ports, of USARTs
    usarts: Mapping[str, Usart]
    functions: Mapping[tuple[str, int], str]
    cache_sets: int = 0


class System:
    """RCC, PWR and FLASH."""

    def __init__(self, chip: Stm32) -> None:
        self.chip, self.family = chip, chip.family
        self.values = dict(self.family.registers)
        self.waits = {rule: Slow() for rule in self.family.ready}
        for rule, wait in self.waits.items():
            if self.values[rule.cause] & rule.bits and self.values[rule.status] & rule.ready:
                wait.left = 0
        self.source = 0
        self._switching = Slow()

    def bits(self, address: int, first: int, width: int = 1) -> int:
        """A field of a register."""
        return self.values[address] >> first & (1 << width) - 1

    def read(self, offset: int) -> int:
        address = offset + self.chip.bus.base
        self._check_gate(address)
        for rule, wait in self.waits.items():
            if rule.status == address and wait.left >= 0:
                self._set(address, rule.ready, wait.look())
        register, selector, echo, width = self.family.switch
        if address == register and self._switching.left > 0 and self._switching.look():
            self.source = self.bits(register, selector, width)
            self.values[address] &= ~((1 << width) - 1 << echo)
            self.values[address] |= self.source << echo
            self.chip.check_clocks()
        return self.values[address]

    def write(self, offset: int, value: int) -> None:
        address = offset + self.chip.bus.base
        self._check_gate(address)
        old = self.values[address]
        if address in self.family.locked:
            register, bit = self.family.locked[address]
            if self.bits(register, bit):
                raise Misuse(f"0x{address:08x} is changed while it is in use")
        keep = 0
        for rule in self.family.ready:
            keep |= rule.ready if rule.status == address else 0
        register, selector, echo, width = self.family.switch
        if address == register:
            keep |= (1 << width) - 1 << echo
        self.values[address] = value & ~keep | old & keep
        for rule, wait in self.waits.items():
            if rule.cause == address and (old ^ value) & rule.bits:
                self._set(rule.status, rule.ready, False)
                wait.start() if value & rule.bits else wait.stop()
        if address == register and (old ^ value) >> selector & (1 << width) - 1:
            self._switch_to(self.bits(register, selector, width))
        self.chip.check_clocks()

    def _switch_to(self, selected: int) -> None:
        status, bit = self.family.sources[selected]
        if not self.bits(status, bit):
            raise Misuse("the core is switched to a clock that does not run")
        self._switching.start()

    def _set(self, address: int, bit: int, on: bool) -> None:
        self.values[address] = self.values[address] | bit if on else self.values[address] & ~bit

    def _check_gate(self, address: int) -> None:
        for base, (size, (register, bit)) in self.family.gates.items():
            if base <= address < base + size and not self.bits(register, bit):
                raise Misuse(f"0x{address:08x} is used without its clock")
        if address not in self.values:
            raise Misuse(f"0x{address:08x} is not modelled")


class Ports:
    """All ports; ``function`` says what a pin does."""

    def __init__(self, chip: Stm32) -> None:
        self.chip = chip
        self.values: dict[int, int] = {}

    def read(self, offset: int) -> int:
        self._check(offset)
        return self.values.get(offset, self._reset(offset))

    def write(self, offset: int, value: int) -> None:
        self._check(offset)
        if self.chip.family.first_generation[0] and offset & 0x3FF == 0x10:
            output = offset - 0x10 + 0x0C
            self.values[output] = (self.values.get(output, 0) | value & 0xFFFF) & ~(value >> 16)
        else:
            self.values[offset] = value

    def _reset(self, offset: int) -> int:
        return 0x44444444 if self.chip.family.first_generation[0] and offset & 0x3FF < 8 else 0

    def _check(self, offset: int) -> None:
        _, gate, first = self.chip.family.ports
        if not self.chip.system.bits(gate, first + offset // 0x400):
            raise Misuse(f"port {'ABCDEFGHI'[offset // 0x400]} is used without its clock")

    def function(self, pin: str) -> str:
        """What a pin such as PA2 does."""
        base, number = (ord(pin[1]) - ord("A")) * 0x400, int(pin[2:])

        def at(register: int, width: int) -> int:
            place = base + register + 4 * (number * width // 32)
            return self.values.get(place, self._reset(place)) >> number * width % 32 & (1 << width) - 1

        if self.chip.family.first_generation[0]:
            mode = at(0, 4)
            if mode == 8 and not at(0x0C, 1):
                return "pulled down"
            return self.chip.family.functions.get((pin, mode), "nothing")
        return self.chip.family.functions.get((pin, at(0x20, 4)), "nothing") if at(0, 2) == 2 else "no function"


class Serial:
    """A USART of either generation, which the line hangs at. ``name``: as the reference manual has it."""

    #: Offsets of control 1, divisor, status, received and sent; bit numbers of enable, transmitter, receiver.
    LAYOUTS = ((0x0C, 0x08, 0x00, 0x04, 0x04, 13, 3, 2), (0x00, 0x0C, 0x1C, 0x24, 0x28, 0, 3, 2))

    def __init__(self, chip: Stm32, name: str) -> None:
        self.chip, self.name, self.usart = chip, name, chip.family.usarts[name]
        layout = self.LAYOUTS[0 if chip.family.first_generation[1] else 1]
        self.control, self.divisor, self.status, self.received, self.sent, *bits = layout
        self.enable, self.transmit, self.receive = bits
        self.values = {self.control: 0, self.divisor: 0, 0x08: 0}  # 0x08: control 3, or the divisor
        self.room = Slow()
        self.room.left = 0

    def _on(self, *bits: int) -> bool:
        return all(self.values[self.control] >> bit & 1 for bit in (self.enable, *bits))

    def _check_gate(self) -> None:
        if not self.chip.system.bits(*self.usart.gate):
            raise Misuse(f"{self.name} is used without its clock")

    def read(self, offset: int) -> int:
        self._check_gate()
        if offset == self.status:
            there = self._on(self.receive) and self.chip.line.poll(self.chip)
            return (self._on(self.transmit) and self.room.look()) << 7 | there << 5
        if offset == self.received:
            self._check_pin("RX")
            return self.chip.line.take()
        return self.values[offset]

    def write(self, offset: int, value: int) -> None:
        self._check_gate()
        if offset == self.sent:
            if not self._on(self.transmit) or not self.room.ready:
                raise Misuse(f"{self.name} has no room, or its transmitter is off")
            self._check_pin("TX")
            self.chip.line.send(value)
            self.room.start()
        elif offset not in self.values:
            raise Misuse(f"{self.name}: register 0x{offset:x} is not modelled")
        else:
            if offset != self.control and self._on():
                raise Misuse(f"{self.name} is changed while it is on")
            self.values[offset] = value

    def _check_pin(self, way: str) -> None:
        if self.chip.pin_of(f"{self.name} {way}") is None:
            raise Misuse(f"no pin is {self.name} {way}")

    @property
    def baud(self) -> float:
        """As the divisor and the clock give it."""
        if self.values[self.divisor] < (16 if self.usart.steps == 1 else 0x300):
            raise Misuse(f"{self.name}: the divisor is too small")
        return self.usart.steps * self.usart.clock(self.chip) / self.values[self.divisor]


class Stm32(CortexM):
    """The chip, with its memory as a target describes it."""

    def __init__(self, elf: Path, family: Family, flash: tuple[int, int], ram: tuple[int, int]) -> None:
        super().__init__(elf, flash, ram, family.cache_sets)
        self.family = family
        self.system, self.ports = System(self), Ports(self)
        self.usarts = {name: Serial(self, name) for name in family.usarts}
        self.bus.add(family.ports[0], 0x400 * 9, self.ports)
        for name, usart in family.usarts.items():
            self.bus.add(usart.base, 0x400, self.usarts[name])
        self.bus.add(self.bus.base, self.bus.size, self.system)
        self.last_core, self.last_change = self.clocks.core, 0

    @property
    def clocks(self) -> Clocks:
        """As they are now."""
        return self.family.clocks(self)

    def check_clocks(self) -> None:
        """Raise Misuse for what voltage, flash or a bus does not allow."""
        core = self.clocks.core
        if core != self.last_core:
            self.last_core, self.last_change = core, self.executed

    def pin_of(self, function: str) -> str | None:
        """The pin that does something."""
        pins = {pin for (pin, _), what in self.family.functions.items() if what == function}
        return next((pin for pin in sorted(pins) if self.ports.function(pin) == function), None)
