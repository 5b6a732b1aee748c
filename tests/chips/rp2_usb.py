"""The USB controller of RP2040 and RP2350 with a host at its connector (RP2040 datasheet, 4.1; USB 2.0, chapters 8 f).

The host does one step whenever the firmware looks at the controller's status: it enumerates the device, opens its
serial port, then moves bytes. Data toggles, lengths and addresses are checked at each step.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .machine import Block, Line, Misuse

if TYPE_CHECKING:
    from .rp2 import Rp2

MEMORY = 0x50100000
_FULL, _DATA1, _STALL, _AVAILABLE, _LENGTH = 1 << 15, 1 << 13, 1 << 11, 1 << 10, 0x3FF
_SETUP, _RESET = 1 << 17, 1 << 19
_OPEN_LINE = (0x21, 0x22, 3, 0, 0)

#: What one step of a conversation waits for; it goes on when the firmware looks again.
Steps = Iterator[None]


class Usb(Block):
    """Registers, and the host behind them. ``line``: bytes of the serial port; None where no cable is plugged in."""

    def __init__(self, chip: Rp2, line: Line | None) -> None:
        self._chip, self._line = chip, line
        self._registers = dict.fromkeys((0x00, 0x40, 0x4C, 0x68, 0x74, 0x78), 0)
        self._status = self._buffers = 0
        self._host = self._converse()
        self._toggles = {"in": 0, "out": 0}
        self.device = self.configuration = b""
        self.strings: list[str] = []

    # -- the firmware's side ------------------------------------------------------------------------------------

    def read(self, offset: int) -> int:
        if not self._chip.resets.running("usb") or self._chip.usb_hertz != 48_000_000:
            raise Misuse("the USB controller is used in reset, or without its clock of 48 MHz")
        if offset == 0x50:
            if self._line is not None and self._registers[0x4C] >> 16 & 1:
                next(self._host)
            return self._status
        return self._buffers if offset == 0x58 else self._registers[offset]

    def write(self, offset: int, value: int) -> None:
        if offset == 0x50:
            self._status &= ~value
        elif offset == 0x58:
            self._buffers &= ~value
        elif offset not in self._registers:
            super().write(offset, value)
        else:
            self._registers[offset] = value
            if offset == 0x4C and (self._registers[0x40] & 5 != 1 or self._registers[0x74] != 9):
                raise Misuse("the pull-up is switched before the controller and its lines are on")

    # -- the host's side ----------------------------------------------------------------------------------------

    def _word(self, offset: int) -> int:
        return int.from_bytes(self._chip.uc.mem_read(MEMORY + offset, 4), "little")

    def _set_word(self, offset: int, value: int) -> None:
        self._chip.uc.mem_write(MEMORY + offset, value.to_bytes(4, "little"))

    def _take(self, endpoint: int, toggle: int, data_at: int) -> Iterator[bytes | None]:
        """IN: None until the device has something, then its data."""
        control = 0x80 + 8 * endpoint
        while not self._word(control) & _AVAILABLE:
            if self._word(control) & _STALL:
                raise Misuse("the device refuses a request that every host makes")
            yield None
        word = self._word(control)
        if not word & _FULL or bool(word & _DATA1) != bool(toggle) or word & _LENGTH > 64:
            raise Misuse(f"endpoint {endpoint} IN: control word 0x{word:x}, toggle {toggle} expected")
        data = bytes(self._chip.uc.mem_read(MEMORY + data_at, word & _LENGTH))
        self._set_word(control, word & ~(_AVAILABLE | _FULL))
        self._buffers |= 1 << 2 * endpoint
        yield data

    def _give(self, endpoint: int, toggle: int, data_at: int, data: bytes) -> Steps:
        """OUT: waits until the device takes data, and gives it."""
        control = 0x84 + 8 * endpoint
        while not self._word(control) & _AVAILABLE:
            yield
        word = self._word(control)
        if word & _FULL or bool(word & _DATA1) != bool(toggle) or word & _LENGTH < len(data):
            raise Misuse(f"endpoint {endpoint} OUT: control word 0x{word:x}, toggle {toggle} expected")
        self._chip.uc.mem_write(MEMORY + data_at, data)
        self._set_word(control, word & ~(_AVAILABLE | _LENGTH) | _FULL | len(data))
        self._buffers |= 1 << 2 * endpoint + 1
        yield

    def _setup(self, kind: int, request: int, value: int, index: int, length: int) -> Steps:
        self._chip.uc.mem_write(MEMORY, struct.pack("<BBHHH", kind, request, value, index, length))
        self._status |= _SETUP
        while self._status & _SETUP:
            yield

    def _ask(self, request: tuple[int, int, int, int, int]) -> Iterator[bytes | None]:
        """A control read: None until the whole answer is there."""
        yield from ((None) for _ in self._setup(*request))
        answer, toggle = b"", 1
        while True:
            part = b""
            for step in self._take(0, toggle, 0x100):
                if step is None:
                    yield None
                else:
                    part = step
            answer, toggle = answer + part, 1 - toggle
            if len(part) < 64 or len(answer) >= request[4]:
                break
        for _ in self._give(0, 1, 0x100, b""):
            yield None
        yield answer

    def _tell(self, request: tuple[int, int, int, int, int], data: bytes = b"") -> Steps:
        """A control write."""
        yield from self._setup(*request)
        if data:
            yield from self._give(0, 1, 0x100, data)
        for step in self._take(0, 1, 0x100):
            if step is None:
                yield
            elif step:
                raise Misuse("the end of a control write is an empty packet")

    def _answer(self, request: tuple[int, int, int, int, int], into: list[bytes]) -> Steps:
        for answer in self._ask(request):
            if answer is None:
                yield
            else:
                into.append(answer)

    def _converse(self) -> Steps:
        got: list[bytes] = []
        self._status |= _RESET
        while self._status & _RESET:
            yield
        yield from self._answer((0x80, 6, 0x100, 0, 64), got)
        yield from self._tell((0x00, 5, 9, 0, 0))
        for _ in range(3):
            yield
        if self._registers[0] != 9:
            raise Misuse("the device does not have the address that the host gave it")
        yield from self._answer((0x80, 6, 0x100, 0, 18), got)
        yield from self._answer((0x80, 6, 0x200, 0, 9), got)
        yield from self._answer((0x80, 6, 0x200, 0, 255), got)
        for index in (1, 2):
            yield from self._answer((0x80, 6, 0x300 + index, 0x409, 255), got)
        self.device, self.configuration = got[1], got[3]
        self.strings = [text[2:].decode("utf-16-le") for text in got[4:]]
        if got[0] != got[1] or got[2] != got[3][:9] or len(got[3]) != int.from_bytes(got[3][2:4], "little"):
            raise Misuse("descriptors contradict each other")
        yield from self._tell((0x00, 9, 1, 0, 0))
        coding = struct.pack("<IBBB", 230400, 0, 0, 8)
        yield from self._tell((0x21, 0x20, 0, 0, 7), coding)
        yield from self._answer((0xA1, 0x21, 0, 0, 7), got)
        if got[-1] != coding:
            raise Misuse("the line coding is not kept")
        yield from self._tell(_OPEN_LINE)
        yield from self._stream()

    def _stream(self) -> Steps:
        assert self._line is not None
        while True:
            if self._word(0x94) & _AVAILABLE and self._line.poll(self._chip):
                data = bytes(self._line.take() for _ in range(min(64, len(self._line.incoming))))
                yield from self._give(2, self._toggles["out"], self._word(0x14) & 0xFFFF, data)
                self._toggles["out"] ^= 1
            if self._word(0x90) & _AVAILABLE:
                for step in self._take(2, self._toggles["in"], self._word(0x10) & 0xFFFF):
                    if not step:
                        raise Misuse("an empty packet was sent")
                    for byte in step:
                        self._line.send(byte)
                self._toggles["in"] ^= 1
            yield
