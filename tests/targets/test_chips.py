"""The very images that would be flashed, on models of chips that no emulator has: they boot, set up clock, pins and
UART as the chip demands and the board's description says, and compute every layer as the reference does.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import bitwright
import pytest
from background import ROOT, model_path, needs_data
from bitwright.targets.disassembly import disassemble
from bitwright.targets.image import Image, built
from bitwright.targets.link import Link
from bitwright.targets.target import find_target
from bitwright.targets.toolchain import TOOLCHAINS
from bitwright.targets.vectors import random_vectors
from bitwright.targets.verify import compare
from chips.esp32 import C3, C6, Esp32
from chips.fe310 import Fe310
from chips.machine import Machine, Misuse, Port, segments
from chips.pulp import Pulp
from chips.rp2 import FLASH, RP2040, RP2350, Rp2, checksum

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
ESP32 = {"esp32-c3": C3, "esp32-c6": C6}
RP2 = {"pico": (RP2040, False), "pico2": (RP2350, False), "pico2-riscv": (RP2350, True)}
BOARDS = [*RP2, *ESP32]
Images = Callable[..., Image]


@cache
def _image(stack: ExitStack, board: str, model: Path) -> Image:
    return stack.enter_context(built(bitwright.load(model), find_target(board).on_hardware()))


@pytest.fixture(scope="module")
def image_for() -> Iterator[Callable[..., Image]]:
    """A network, digits unless it is named, built once for a board's chip itself."""

    with ExitStack() as stack:

        def image(board: str, model: Path = DIGITS) -> Image:
            program = TOOLCHAINS[find_target(board).toolchain].compiler
            if shutil.which(program) is None:
                pytest.skip(f"{board} needs {program}")
            return _image(stack, board, model)

        yield image


def chip(board: str, elf: Path) -> Machine:
    """The board's chip, booted."""
    machine = Rp2(elf, *RP2[board]) if board in RP2 else Esp32(elf, ESP32[board])
    machine.boot()
    return machine


@pytest.mark.parametrize("board", BOARDS)
def test_the_firmware_serves_the_link(image_for: Images, board: str) -> None:
    image = image_for(board)
    machine = chip(board, image.elf)
    link = Link(Port(machine), patience=0.2)
    report = compare(image, link, random_vectors(image.model.program.graph, 2, 0))
    assert report.bit_exact, report.mismatches[:3]
    assert report.link_faults == () and link.hello().unit == "cycles"
    for passes in (2, 3, 1000, 20_001):
        assert link.count_loop(passes) == 3 * (passes - 1)  # one cycle each, in the model


@needs_data
@pytest.mark.parametrize("board", BOARDS)
def test_keyword_spotting_in_the_chips_memory(image_for: Images, board: str) -> None:
    image = image_for(board, model_path("mlperf_tiny/kws_ref_model"))
    vectors = random_vectors(image.model.program.graph, 1, 0)
    report = compare(image, Link(Port(chip(board, image.elf)), patience=1.0), vectors)
    assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize("board", RP2)
def test_clock_and_pins_are_those_of_the_description(image_for: Images, board: str) -> None:
    image = image_for(board)
    machine = Rp2(image.elf, *RP2[board])
    machine.boot()
    board_data = image.target.board
    assert board_data is not None
    assert machine.uart.baud == pytest.approx(board_data.baud, rel=0.005)
    found = dict(re.findall(r"GP(\d+) \((TX|RX)\)", board_data.serial))
    assert {int(pin): f"UART0 {way}" for pin, way in found.items()} == {p: machine.function(p) for p in (0, 1)}
    assert machine.clocks.core_hertz == {"pico": 125_000_000}.get(board, 150_000_000)


def test_cycles_of_the_pico_go_on_where_systick_wraps(image_for: Images) -> None:
    """At 1000 cycles for each instruction of the model, a loop of 60,000 instructions wraps it three times."""
    image = image_for("pico")
    machine = Rp2(image.elf, RP2040, scale=1000)
    machine.boot()
    link = Link(Port(machine), patience=0.2)
    assert link.count_loop(20_001) == 3 * 20_000 * 1000


def test_a_changed_second_stage_does_not_boot(image_for: Images) -> None:
    image = image_for("pico")
    machine = Rp2(image.elf, RP2040)
    flash = bytearray(machine.uc.mem_read(FLASH, 256))
    assert checksum(bytes(flash[:252])) == int.from_bytes(flash[252:], "little")
    flash[4] ^= 1
    machine.uc.mem_write(FLASH, bytes(flash))
    with pytest.raises(AssertionError, match="no second stage"):
        machine.boot()


def test_the_model_refuses_what_the_chip_would_not_forgive(image_for: Images) -> None:
    """Each of the loops that wait, for the crystal, the PLL, a multiplexer or a reset, is cut out of the image."""
    image = image_for("pico2-riscv")
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


@pytest.mark.parametrize("board", ESP32)
def test_watchdogs_are_off_and_the_baud_rate_is_that_of_the_description(image_for: Images, board: str) -> None:
    image = image_for(board)
    machine = Esp32(image.elf, ESP32[board])
    with pytest.raises(Misuse, match="a watchdog runs"):
        machine.check_watchdogs()
    machine.boot()
    machine.check_watchdogs()
    assert image.target.board is not None
    assert machine.uart.baud == pytest.approx(image.target.board.baud, rel=0.005)


@pytest.mark.parametrize("board", RP2)
def test_the_link_over_the_picos_usb_connector(image_for: Images, board: str) -> None:
    """A host enumerates the device, opens its port and talks; on the UART nothing is heard."""
    image = image_for(board)
    machine = Rp2(image.elf, *RP2[board], usb=True)
    machine.boot()
    report = compare(image, Link(Port(machine), patience=0.2), random_vectors(image.model.program.graph, 2, 0))
    assert report.bit_exact and report.link_faults == () and not machine.uart_line.sent
    assert image.target.board is not None
    vendor, product = struct.unpack_from("<HH", machine.usb.device, 8)
    assert f"{vendor:04x}:{product:04x}" == image.target.board.usb[0]
    assert machine.usb.strings == ["Bitwright", "Firmware"]


@pytest.mark.parametrize("board", ESP32)
def test_the_link_over_the_chips_own_usb_port(image_for: Images, board: str) -> None:
    image = image_for(board)
    machine = Esp32(image.elf, ESP32[board], usb=True)
    machine.boot()
    report = compare(image, Link(Port(machine), patience=0.2), random_vectors(image.model.program.graph, 1, 0))
    assert report.bit_exact and report.link_faults == () and not machine.uart_line.sent


@pytest.mark.skipif(find_spec("esptool") is None, reason="esptool is not installed: pip install esptool")
@pytest.mark.parametrize("board", ESP32)
def test_esptool_makes_a_valid_image_of_it(image_for: Images, board: str, tmp_path: Path) -> None:
    """What the boot ROM checks: header, segments in RAM alone, checksum and hash."""
    image = image_for(board)
    assert image.target.board is not None
    esptool = [sys.executable, "-m", "esptool", "--chip", image.target.board.loaders["esptool"]["chip"]]
    binary = tmp_path / "firmware.bin"
    subprocess.run([*esptool, "elf2image", "-o", str(binary), str(image.elf)], check=True, capture_output=True)
    info = subprocess.run([*esptool, "image-info", str(binary)], check=True, capture_output=True, text=True).stdout
    entry, stored = segments(image.elf)
    assert f"Entry point: {entry:#x}" in info
    assert "Checksum: " in info and info.count("(valid)") == 2
    kinds = re.findall(r"0x[0-9a-f]+  0x[0-9a-f]+  0x[0-9a-f]+  (.+)", info)
    assert kinds and all("RAM" in kind for kind in kinds)
    assert sum(int(size, 16) for size in re.findall(r"^ +\d+  (0x[0-9a-f]+)", info, re.M)) >= sum(
        len(segment.data) for segment in stored
    )


@pytest.mark.parametrize("board", ["gap8", "pulpissimo"])
def test_the_pulp_systems_answer_at_the_baud_rate_of_their_description(image_for: Images, board: str) -> None:
    image = image_for(board)
    machine = Pulp(image.elf, gap8=board == "gap8")
    machine.boot()
    hertz = machine.fll.hertz if board == "gap8" else int(image.target.defines["BW_PERIPHERAL_HZ"].rstrip("U"))
    assert image.target.board is not None
    assert machine.udma.baud(hertz) == pytest.approx(image.target.board.baud, rel=0.01)
    link = Link(Port(machine), patience=0.2)
    link.check_build(0, image.model.context["build_id_hex"])
    for passes in (2, 3, 1000, 20_001):
        assert link.count_loop(passes) == 3 * (passes - 1)  # one cycle each, in the model
    assert link.faults == []


def test_the_pads_of_gap8_are_the_uarts(image_for: Images) -> None:
    """Whatever they were: two bits for each, of which 0 is the pad's own function."""
    image = image_for("gap8")
    machine = Pulp(image.elf, gap8=True)
    machine.soc_control.registers[0x148] = 0xFFFFFFFF
    machine.boot()
    assert image.target.board is not None
    pads = [int(pad) for pad in re.findall(r"(\d+) \((?:RX|TX)\)", image.target.board.serial)]
    assert pads == [38, 39]
    for pad in range(32, 48):
        assert machine.soc_control.registers[0x148] >> 2 * (pad - 32) & 3 == (0 if pad in pads else 3)


@pytest.mark.parametrize("board", ["hifive1", "hifive1-revb"])
def test_clock_pins_and_baud_rate_of_the_hifive1(image_for: Images, board: str) -> None:
    """QEMU looks at none of them."""
    image = image_for(board)
    assert image.target.flash is not None and image.target.board is not None
    machine = Fe310(image.elf, image.target.flash.origin)
    machine.boot()
    assert machine.entry == image.target.flash.origin
    assert machine.uart.baud == pytest.approx(image.target.board.baud, rel=0.005)
    ((receive, transmit),) = re.findall(r"GPIO (\d+) and (\d+)", image.target.board.serial)
    assert machine.gpio.uart_pins() == [int(receive), int(transmit)]
    assert Link(Port(machine), patience=0.2).hello().unit == "cycles"
