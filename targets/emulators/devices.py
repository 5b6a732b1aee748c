"""What firmware/platform needs of each machine: a UART and a counter of instructions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .console import Console
from .counter import Counter


class CmsdkUart:
    def __init__(self, console):
        self._console = console

    def read(self, offset):
        if offset == 0:
            return self._console.get()
        if offset == 4:
            return 2 if self._console.ready() else 0
        return 0

    def write(self, offset, value):
        if offset == 0:
            self._console.put(value & 0xFF)


class CmsdkTimer:
    def __init__(self, counter, hz):
        self._counter, self._hz = counter, hz
        self._start = 0

    def _ticks(self):
        return self._counter.total() * 128 * self._hz // 10**9

    def read(self, offset):
        return (0xFFFFFFFF - (self._ticks() - self._start)) & 0xFFFFFFFF if offset == 4 else 0

    def write(self, offset, value):
        if offset == 0:
            self._start = self._ticks()


class Ns16550:
    def __init__(self, console):
        self._console = console

    def read(self, offset):
        if offset == 0:
            return self._console.get()
        if offset == 5:
            return 0x60 | self._console.ready()
        return 0

    def write(self, offset, value):
        if offset == 0:
            self._console.put(value & 0xFF)


@dataclass(frozen=True)
class Machine:
    cpu: str | None
    devices: Callable[[Console, Counter], Mapping[int, object]]


def _mps2(cpu, base=0x40000000, uart=0x40004000, hz=25_000_000):
    return Machine(cpu, lambda console, counter: {base: CmsdkTimer(counter, hz), uart: CmsdkUart(console)})


MACHINES = {
    "mps2-an385": _mps2("CORTEX_M3"),
    "mps2-an386": _mps2("CORTEX_M4"),
    "mps2-an500": _mps2("CORTEX_M7"),
    "mps2-an505": _mps2("CORTEX_M33", 0x50000000, 0x50200000, 20_000_000),
    "virt": Machine(None, lambda console, counter: {0x10000000: Ns16550(console)}),
}
