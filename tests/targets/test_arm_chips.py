"""The very images that would be flashed, on models of STM32 and nRF chips.

They boot, set up power, clocks, pins and serial port as chip and description demand, and compute every layer as the
reference does.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import bitwright
import pytest
from background import MODELS, ROOT, model_path
from bitwright.converter.ir import Graph
from bitwright.errors import LinkError
from bitwright.targets.disassembly import disassemble
from bitwright.targets.image import Image, built
from bitwright.targets.link import Link
from bitwright.targets.target import all_targets, find_target
from bitwright.targets.vectors import random_vectors
from bitwright.targets.verify import compare
from chips import machine as machine_module
from chips import stm32_families
from chips.machine import Misuse, Port
from chips.nrf import Nrf
from chips.stm32 import Family, Stm32

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
#: Board -> tables of its chip, and the core's MHz.
STM32: dict[str, tuple[Family, int]] = {
    "stm32vldiscovery": (stm32_families.F100, 24),
    "netduinoplus2": (stm32_families.F405, 168),
    "nucleo-f446re": (stm32_families.F446, 180),
    "nucleo-f746zg": (stm32_families.F746, 216),
    "nucleo-h743zi2": (stm32_families.H743, 400),
    "nucleo-l4r5zi": (stm32_families.L4R5, 120),
    "nucleo-u575zi-q": (stm32_families.U575, 160),
}
#: Board -> whether its chip is an nRF51.
NRF = {"microbit": True, "microbit-v2": False, "nrf52840-dk": False, "nano33ble": False}
pytestmark = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="needs arm-none-eabi-gcc")


def network(board: str) -> Graph:
    """Keyword spotting where it is at hand and fits, else the digits."""
    small = board in ("stm32vldiscovery", "microbit")
    return bitwright.load(DIGITS if small or not MODELS.is_dir() else model_path("mlperf_tiny/kws_ref_model"))


@pytest.fixture(scope="module")
def images() -> Iterator[dict[str, Image]]:
    """A network, built for each chip itself."""
    with ExitStack() as stack:
        yield {
            board: stack.enter_context(built(network(board), find_target(board).on_hardware()))
            for board in (*STM32, *NRF)
        }


def chip(board: str, elf: Path) -> Stm32 | Nrf:
    """The board's chip at reset."""
    target = find_target(board)
    assert target.flash is not None and target.ram is not None
    memory = (target.flash.origin, target.flash.size), (target.ram.origin, target.ram.size)
    return Stm32(elf, STM32[board][0], *memory) if board in STM32 else Nrf(elf, NRF[board], *memory)


@cache
def named_pins(board: str) -> dict[str, str]:
    """What the description says of TX and RX."""
    found = find_target(board).board
    assert found is not None
    return {way: pin for pin, way in re.findall(r"\b(P[A-I]\d+|P[01]\.\d\d) \((TX|RX)", found.serial)}


def baud(machine: Stm32 | Nrf) -> float:
    """Of the port that the link uses."""
    return machine.uart.baud if isinstance(machine, Nrf) else next(iter(machine.usarts.values())).baud


@pytest.mark.parametrize("board", [*STM32, *NRF])
def test_the_firmware_serves_the_link(board: str, images: dict[str, Image]) -> None:
    machine = chip(board, images[board].elf)
    machine.boot()
    link = Link(Port(machine), patience=0.2)
    report = compare(images[board], link, random_vectors(images[board].model.program.graph, 2, 0))
    assert report.bit_exact, report.mismatches[:3]
    assert report.link_faults == ()
    for passes in (2, 3, 1000, 20_001):
        assert link.count_loop(passes) == 3 * (passes - 1)  # one cycle each, in the model


@pytest.mark.parametrize("board", ["mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547"])
def test_images_for_the_mps_boards_themselves_link(board: str) -> None:
    """Their code has run on QEMU's machines; on the board ticks are cycles."""
    with built(bitwright.load(DIGITS), find_target(board).on_hardware()) as image:
        symbols = disassemble(image.elf, image.target).symbols
    assert "bw_platform_ticks" in symbols and image.sizes.firmware_stack is not None


def test_the_descriptions_say_which_boards_have_a_model() -> None:
    boards = {t.name: t.board for t in all_targets() if any(name.startswith(("stm32", "nrf")) for name in t.sources)}
    assert boards.keys() == {*STM32, *NRF}
    assert all(board is not None and board.modelled for board in boards.values())


@pytest.mark.parametrize("board", [*STM32, *NRF])
def test_baud_rate_and_pins_are_those_of_the_description(board: str, images: dict[str, Image]) -> None:
    machine = chip(board, images[board].elf)
    machine.boot()
    described = images[board].target.board
    assert described is not None
    assert baud(machine) == pytest.approx(described.baud, rel=0.005)
    pins = named_pins(board)
    if isinstance(machine, Nrf):
        numbers = {way: 32 * int(pin[1]) + int(pin[3:]) for way, pin in pins.items()}
        assert machine.uart.settings[0x50C] == numbers["TX"] and machine.uart.settings[0x514] == numbers["RX"]
        assert machine.pins.state(numbers["TX"]) == "output" and machine.pins.state(numbers["RX"]) == "input"
    else:
        usart = described.serial.split()[0]
        assert {way: machine.ports.function(pin) for way, pin in pins.items()} == {
            way: f"{usart} {way}" for way in ("TX", "RX")
        }


@pytest.mark.parametrize("board", STM32)
def test_speed_and_caches(board: str, images: dict[str, Image]) -> None:
    machine = chip(board, images[board].elf)
    machine.boot()
    assert isinstance(machine, Stm32)
    assert machine.clocks.core == STM32[board][1] * 1_000_000
    assert machine.core.caches == (find_target(board).cpu == "cortex-m7")


@pytest.mark.parametrize("board", STM32)
def test_a_clock_that_never_comes_leaves_the_slow_one_and_the_right_baud_rate(
    board: str, images: dict[str, Image]
) -> None:
    """The firmware waits for each for some time, then goes on with what it has, and serves the link all the same."""
    machine = chip(board, images[board].elf)
    assert isinstance(machine, Stm32)
    slow = machine.clocks.core
    for rule, wait in machine.system.waits.items():
        if not wait.ready and rule.ready != 1 << 10:  # HSI16 is no option where it clocks the serial port
            wait.looks = 1 << 30
    machine.boot()
    assert machine.clocks.core == slow
    assert baud(machine) == pytest.approx(115200, rel=0.02)
    link = Link(Port(machine), patience=0.2)
    report = compare(images[board], link, random_vectors(images[board].model.program.graph, 1, 0))
    assert report.bit_exact and report.link_faults == ()


def state(machine: Stm32 | Nrf) -> tuple[object, ...]:
    """What the tests above look at."""
    if isinstance(machine, Nrf):
        return baud(machine), machine.nvmc.on, sorted(machine.pins.configured.items())
    pins = [machine.ports.function(pin) for pin, _ in sorted(machine.family.functions)]
    return machine.clocks, machine.core.caches, baud(machine), pins


#: What the link can do without: speed and pull-up of the pins, that lost bytes stay without consequence (control 3 of a
#: USART), the instruction cache of the U5, and the reading of the counter before the first one.
UNNOTICED = {
    "netduinoplus2": {"0x40020008", "0x4002000c"},
    "nucleo-f446re": {"0x40020008", "0x4002000c"},
    "nucleo-f746zg": {"0x40020c08", "0x40020c0c", "0x40004808"},
    "nucleo-h743zi2": {"0x58020c08", "0x58020c0c", "0x40004808"},
    "nucleo-l4r5zi": {"0x48001808", "0x4800180c", "0x40008008"},
    "nucleo-u575zi-q": {"0x42020008", "0x4202000c", "0x40013808", "0x40030400"},
    "microbit": {"0x40008040"},
}


@pytest.mark.parametrize("board", [*STM32, *NRF])
def test_no_write_of_the_set_up_can_be_left_out(
    board: str, images: dict[str, Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model drops one write after the other: it refuses what follows, or clock, baud rate or pins are others."""
    monkeypatch.setattr(machine_module, "_PATIENCE", 200_000)
    whole = chip(board, images[board].elf)
    whole.boot()
    unnoticed = set()
    for index, address in enumerate(whole.bus.written):
        machine = chip(board, images[board].elf)
        machine.bus.dropped = index
        try:
            machine.boot()
            link = Link(Port(machine), patience=0.05)
            link.hello()
            if state(machine) == state(whole):
                unnoticed.add(f"0x{address:08x}")
        except (Misuse, LinkError):
            continue
    assert unnoticed == UNNOTICED.get(board, set())
