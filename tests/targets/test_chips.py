"""The very images that would be flashed, on models of chips that no emulator has: they boot, set up clock, pins and
UART as the chip demands and the board's description says, and compute every layer as the reference does.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bitwright
import pytest
from background import ROOT
from bitwright.targets.disassembly import disassemble
from bitwright.targets.image import Image, built
from bitwright.targets.link import Link
from bitwright.targets.target import find_target
from bitwright.targets.toolchain import TOOLCHAINS
from bitwright.targets.vectors import random_vectors
from bitwright.targets.verify import compare
from chips.machine import Misuse, Port
from chips.rp2 import FLASH, RP2040, RP2350, Rp2, checksum

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
RP2 = {"pico": (RP2040, False), "pico2": (RP2350, False), "pico2-riscv": (RP2350, True)}
BOARDS = [*RP2]


@contextmanager
def image_for(board: str) -> Iterator[Image]:
    """The digits network, built for the chip itself."""
    target = find_target(board).on_hardware()
    if shutil.which(TOOLCHAINS[target.toolchain].compiler) is None:
        pytest.skip(f"{board} needs {TOOLCHAINS[target.toolchain].compiler}")
    with built(bitwright.load(DIGITS), target) as image:
        yield image


def chip(board: str, elf: Path, scale: int = 1) -> Rp2:
    """The board's chip, booted."""
    machine = Rp2(elf, *RP2[board], scale)
    machine.boot()
    return machine


@pytest.mark.parametrize("board", BOARDS)
def test_the_firmware_serves_the_link(board: str) -> None:
    with image_for(board) as image:
        machine = chip(board, image.elf)
        link = Link(Port(machine), patience=0.2)
        report = compare(image, link, random_vectors(image.model.program.graph, 2, 0))
        assert report.bit_exact, report.mismatches[:3]
        assert report.link_faults == ()
        for passes in (2, 3, 1000, 20_001):
            assert link.count_loop(passes) == 3 * (passes - 1)  # one cycle each, in the model


@pytest.mark.parametrize("board", BOARDS)
def test_clock_and_pins_are_those_of_the_description(board: str) -> None:
    with image_for(board) as image:
        machine = chip(board, image.elf)
        board_data = image.target.board
        assert board_data is not None
        assert machine.uart.baud == pytest.approx(board_data.baud, rel=0.005)
        found = dict(re.findall(r"GP(\d+) \((TX|RX)\)", board_data.serial))
        assert {int(pin): f"UART0 {way}" for pin, way in found.items()} == {p: machine.function(p) for p in (0, 1)}
        assert machine.clocks.core_hertz == {"pico": 125_000_000}.get(board, 150_000_000)


def test_cycles_of_the_pico_go_on_where_systick_wraps() -> None:
    """At 1000 cycles for each instruction of the model, a loop of 60,000 instructions wraps it three times."""
    with image_for("pico") as image:
        link = Link(Port(chip("pico", image.elf, scale=1000)), patience=0.2)
        assert link.count_loop(20_001) == 3 * 20_000 * 1000


def test_a_changed_second_stage_does_not_boot() -> None:
    with image_for("pico") as image:
        machine = Rp2(image.elf, RP2040)
        flash = bytearray(machine.uc.mem_read(FLASH, 256))
        assert checksum(bytes(flash[:252])) == int.from_bytes(flash[252:], "little")
        flash[4] ^= 1
        machine.uc.mem_write(FLASH, bytes(flash))
        with pytest.raises(AssertionError, match="no second stage"):
            machine.boot()


def test_the_model_refuses_what_the_chip_would_not_forgive() -> None:
    """Each of the loops that wait, for the crystal, the PLL, a multiplexer or a reset, is cut out of the image."""
    with image_for("pico2-riscv") as image:
        code = disassemble(image.elf, image.target)
        first = code.symbols["bw_platform_init"]
        waits = [
            instruction
            for instruction in code.instructions.values()
            if instruction.label == "bw_platform_init" and instruction.place in range(first, instruction.address)
        ]
        assert len(waits) >= 6
        for wait in waits:
            machine = Rp2(image.elf, *RP2["pico2-riscv"])
            following = min(address for address in code.instructions if address > wait.address)
            machine.uc.mem_write(wait.address, b"\x01\x00" * ((following - wait.address) // 2))  # c.nop
            with pytest.raises(Misuse):
                machine.boot()
                assert machine.clocks.core_hertz > 0
