"""Registers, limits and pins of the STM32 of targets/boards, from their reference manuals and data sheets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .machine import Misuse
from .stm32 import Clocks, Family, Ready, Stm32, Usart

MHZ = 1_000_000
_APB = {0: 1, 1: 1, 2: 1, 3: 1, 4: 2, 5: 4, 6: 8, 7: 16}
_AHB = {**dict.fromkeys(range(8), 1), 8: 2, 9: 4, 10: 8, 11: 16, 12: 64, 13: 128, 14: 256, 15: 512}


def _limit(what: str, hertz: float, least: float, most: float) -> None:
    if not least <= hertz / MHZ <= most:
        raise Misuse(f"{what} of {hertz / MHZ:g} MHz is not within {least:g} to {most:g}")


def _flash(core: int, wait_states: int, step: float) -> None:
    if core > step * MHZ * (wait_states + 1):
        raise Misuse(f"{wait_states} wait states are too few for {core / MHZ:g} MHz")


def _bits(chip: Stm32) -> Callable[..., int]:
    return chip.system.bits


def _serial(*pins: tuple[str, str, int]) -> dict[tuple[str, int], str]:
    return {(pin, function): what for pin, what, function in pins}


# -- F1 (RM0041) -----------------------------------------------------------------------------------------------------


def _f1_clocks(chip: Stm32) -> Clocks:
    bits = _bits(chip)
    core = 8 * MHZ
    if chip.system.source == 2:
        core = 4 * MHZ * (bits(0x40021004, 18, 4) + 2)
        _limit("PLL", core, 16, 24)
    core //= _AHB[bits(0x40021004, 4, 4)]
    return Clocks(core, core // _APB[bits(0x40021004, 8, 3)], core // _APB[bits(0x40021004, 11, 3)])


F100 = Family(
    registers={0x40021000: 0x83, 0x40021004: 0, 0x40021018: 0},
    ready=(Ready(0x40021000, 1 << 24, 0x40021000, 1 << 25), Ready(0x40021000, 1, 0x40021000, 2)),
    locked={},
    gates={},
    switch=(0x40021004, 0, 2, 2),
    sources={0: (0x40021000, 1), 2: (0x40021000, 25)},
    clocks=_f1_clocks,
    ports=(0x40010800, 0x40021018, 2),
    first_generation=(True, True),
    usarts={"USART1": Usart(0x40013800, (0x40021018, 14), lambda chip: chip.clocks.apb2)},
    functions=_serial(("PA9", "USART1 TX", 0xB), ("PA10", "USART1 RX", 0x8)),
)

# -- F4 and F7 (RM0090, RM0390, RM0385) ------------------------------------------------------------------------------


def _f4_clocks(chip: Stm32, most: int, without_overdrive: int, apb1: int, apb2: int) -> Clocks:
    bits = _bits(chip)
    core = 16 * MHZ
    if bits(0x40023800, 25):
        divider, times, post = bits(0x40023804, 0, 6), bits(0x40023804, 6, 9), 2 * bits(0x40023804, 16, 2) + 2
        _limit("PLL input", core / divider, 0.95, 2.1)
        vco = core * times // divider
        _limit("VCO", vco, 100, 432)
        _limit("USB clock", vco / bits(0x40023804, 24, 4), 0, 48.001)
        if chip.system.source == 2:
            core = vco // post
    core //= _AHB[bits(0x40023808, 4, 4)]
    _limit("core", core, 0, most if bits(0x40007004, 17) else without_overdrive)
    if bits(0x40007000, 14, 2) & 1 == 0:
        raise Misuse("not voltage scale 1")
    _flash(core, bits(0x40023C00, 0, 4), 30)
    first, second = core // _APB[bits(0x40023808, 10, 3)], core // _APB[bits(0x40023808, 13, 3)]
    _limit("APB1", first, 0, apb1)
    _limit("APB2", second, 0, apb2)
    return Clocks(core, first, second)


def _f4(
    limits: tuple[int, int, int, int],
    usart: dict[str, Usart],
    functions: dict[tuple[str, int], str],
    first_generation: tuple[bool, bool],
    cache_sets: int = 0,
) -> Family:
    return Family(
        registers={
            0x40023800: 0x83,
            0x40023804: 0x24003010,
            0x40023808: 0,
            0x40023830: 0,
            0x40023840: 0,
            0x40023844: 0,
            0x40023C00: 0,
            0x40007000: 0xC000,
            0x40007004: 0,
        },
        ready=(
            Ready(0x40023800, 1 << 24, 0x40023800, 1 << 25),
            Ready(0x40023800, 1, 0x40023800, 2),
            Ready(0x40007000, 1 << 16, 0x40007004, 1 << 16),
            Ready(0x40007000, 1 << 17, 0x40007004, 1 << 17),
        ),
        locked={0x40023804: (0x40023800, 24)},
        gates={0x40007000: (0x400, (0x40023840, 28))},
        switch=(0x40023808, 0, 2, 2),
        sources={0: (0x40023800, 1), 2: (0x40023800, 25)},
        clocks=partial(_f4_clocks, most=limits[0], without_overdrive=limits[1], apb1=limits[2], apb2=limits[3]),
        ports=(0x40020000, 0x40023830, 0),
        usarts=usart,
        functions=functions,
        first_generation=first_generation,
        cache_sets=cache_sets,
    )


F405 = _f4(
    (168, 168, 42, 84),
    {"USART1": Usart(0x40011000, (0x40023844, 4), lambda chip: chip.clocks.apb2)},
    _serial(("PA9", "USART1 TX", 7), ("PA10", "USART1 RX", 7)),
    first_generation=(False, True),
)
F446 = _f4(
    (180, 168, 45, 90),
    {"USART2": Usart(0x40004400, (0x40023840, 17), lambda chip: chip.clocks.apb1)},
    _serial(("PA2", "USART2 TX", 7), ("PA3", "USART2 RX", 7)),
    first_generation=(False, True),
)
F746 = _f4(
    (216, 180, 54, 108),
    {"USART3": Usart(0x40004800, (0x40023840, 18), lambda chip: chip.clocks.apb1)},
    _serial(("PD8", "USART3 TX", 7), ("PD9", "USART3 RX", 7)),
    first_generation=(False, False),
    cache_sets=32,
)

# -- L4+ (RM0432) ----------------------------------------------------------------------------------------------------


def _l4_clocks(chip: Stm32) -> Clocks:
    bits = _bits(chip)
    core = {0: 4, 1: 16, 3: 0}[chip.system.source] * MHZ
    if bits(0x40021000, 25):
        if bits(0x4002100C, 0, 2) != 2 or not bits(0x40021000, 10):
            raise Misuse("the PLL's source does not run")
        entry = 16 * MHZ / (bits(0x4002100C, 4, 4) + 1)
        _limit("PLL input", entry, 2.66, 16)
        _limit("VCO", entry * bits(0x4002100C, 8, 7), 64, 344)
        if chip.system.source == 3:
            if not bits(0x4002100C, 24):
                raise Misuse("the PLL's output for the core is off")
            core = int(entry * bits(0x4002100C, 8, 7) / (2 * bits(0x4002100C, 25, 2) + 2))
    core //= _AHB[bits(0x40021008, 4, 4)]
    _limit("core", core, 0, 80 if bits(0x40007080, 8) else 120)
    _flash(core, bits(0x40022000, 0, 4), 20)
    if core > 80 * MHZ and chip.last_core != core:
        spent = chip.executed - chip.last_change
        if 2 * chip.last_core != core or spent < chip.last_core // MHZ:
            raise Misuse("beyond 80 MHz the clock goes in two steps, a microsecond apart")
    apb1, apb2 = core // _APB[bits(0x40021008, 8, 3)], core // _APB[bits(0x40021008, 11, 3)]
    return Clocks(core, apb1, apb2, {"hsi16": 16 * MHZ * bits(0x40021000, 10)})


def _l4_lpuart(chip: Stm32) -> int:
    clocks = chip.clocks
    if not chip.system.bits(0x40007004, 9):
        raise Misuse("port G has no supply")
    return {0: clocks.apb1, 1: clocks.core, 2: clocks.kernel["hsi16"], 3: 32768}[chip.system.bits(0x40021088, 10, 2)]


L4R5 = Family(
    registers={
        0x40021000: 0x63,
        0x40021008: 0,
        0x4002100C: 0x1000,
        0x4002104C: 0,
        0x40021058: 0,
        0x4002105C: 0,
        0x40021088: 0,
        0x40007004: 0,
        0x40007080: 0x100,
        0x40022000: 0x600,
    },
    ready=(
        Ready(0x40021000, 1 << 24, 0x40021000, 1 << 25),
        Ready(0x40021000, 1 << 8, 0x40021000, 1 << 10),
        Ready(0x40021000, 1, 0x40021000, 2),
    ),
    locked={0x4002100C: (0x40021000, 24)},
    gates={0x40007000: (0x400, (0x40021058, 28))},
    switch=(0x40021008, 0, 2, 2),
    sources={0: (0x40021000, 1), 1: (0x40021000, 10), 3: (0x40021000, 25)},
    clocks=_l4_clocks,
    ports=(0x48000000, 0x4002104C, 0),
    first_generation=(False, False),
    usarts={"LPUART1": Usart(0x40008000, (0x4002105C, 0), _l4_lpuart, steps=256)},
    functions=_serial(("PG7", "LPUART1 TX", 8), ("PG8", "LPUART1 RX", 8)),
)

# -- H7 (RM0433) -----------------------------------------------------------------------------------------------------

_H7_SCALES = {3: 400, 2: 300, 1: 200}  # MHz of the core by D3CR.VOS
_H7_FLASH = ((70, 0, 0), (140, 1, 1), (185, 2, 1), (210, 2, 2))  # MHz of AXI in scale 1: wait states, programming delay


def _h7_clocks(chip: Stm32) -> Clocks:
    bits = _bits(chip)
    core = 64 * MHZ
    if bits(0x58024400, 25):
        entry = core / bits(0x58024428, 4, 6)
        _limit("PLL input", entry, *((1, 2), (2, 4), (4, 8), (8, 16))[bits(0x5802442C, 2, 2)])
        vco = entry * (bits(0x58024430, 0, 9) + 1)
        _limit("VCO", vco, *((150, 420) if bits(0x5802442C, 1) else (192, 836)))
        for first, width in ((9, 7), (16, 7), (24, 7)):
            _limit("PLL output", vco / (bits(0x58024430, first, width) + 1), 0, 400)
        if chip.system.source == 3:
            core = int(vco / (bits(0x58024430, 9, 7) + 1))
    core //= _AHB[bits(0x58024418, 8, 4)]
    scale = bits(0x58024818, 14, 2)
    ready = bits(0x58024818, 13) or core <= 64 * MHZ
    _limit("core", core, 0, _H7_SCALES[scale] if ready else 64)
    bus = core // _AHB[bits(0x58024418, 0, 4)]
    _limit("AXI", bus, 0, 200)
    waits, delay = next(row[1:] for row in _H7_FLASH if bus <= row[0] * MHZ)
    if bits(0x52002000, 0, 4) < waits or bits(0x52002000, 4, 2) < delay:
        raise Misuse("too few wait states, or too short a programming delay")
    apb = [
        bus // _APB[bits(register, first, 3)]
        for register, first in ((0x5802441C, 4), (0x5802441C, 8), (0x58024418, 4), (0x58024420, 4))
    ]
    for hertz in apb:
        _limit("APB", hertz, 0, 100)
    return Clocks(core, apb[0], apb[1])


H743 = Family(
    registers={
        0x58024400: 0x25,
        0x58024410: 0,
        0x58024418: 0,
        0x5802441C: 0,
        0x58024420: 0,
        0x58024428: 0x02020200,
        0x5802442C: 0x01FF0000,
        0x58024430: 0x01010280,
        0x580244E0: 0,
        0x580244E8: 0,
        0x58024804: 0x4000,
        0x5802480C: 0x46,
        0x58024818: 0x4000,
        0x52002000: 0x37,
    },
    ready=(
        Ready(0x58024400, 1 << 24, 0x58024400, 1 << 25),
        Ready(0x58024400, 1, 0x58024400, 1 << 2),
        Ready(0x5802480C, 7, 0x58024804, 1 << 13),
        Ready(0x58024818, 3 << 14, 0x58024818, 1 << 13),
    ),
    locked={0x58024430: (0x58024400, 24), 0x58024428: (0x58024400, 24)},
    gates={},
    switch=(0x58024410, 0, 3, 3),
    sources={0: (0x58024400, 2), 3: (0x58024400, 25)},
    clocks=_h7_clocks,
    ports=(0x58020000, 0x580244E0, 0),
    first_generation=(False, False),
    usarts={"USART3": Usart(0x40004800, (0x580244E8, 18), lambda chip: chip.clocks.apb1)},
    functions=_serial(("PD8", "USART3 TX", 7), ("PD9", "USART3 RX", 7)),
    cache_sets=128,
)

# -- U5 (RM0456) -----------------------------------------------------------------------------------------------------

_U5_RANGES = {3: (160, 32), 2: (110, 30), 1: (55, 24), 0: (25, 12)}  # MHz: most, and step of the flash


def _u5_clocks(chip: Stm32) -> Clocks:
    bits = _bits(chip)
    core = {0: 4, 1: 16, 3: 0}[chip.system.source] * MHZ
    if bits(0x46020C00, 25):
        if bits(0x46020C28, 0, 2) != 2 or not bits(0x46020C00, 10):
            raise Misuse("the PLL's source does not run")
        entry = 16 * MHZ / (bits(0x46020C28, 8, 4) + 1)
        _limit("PLL input", entry, *((8, 16) if bits(0x46020C28, 2, 2) == 3 else (4, 8)))
        vco = entry * (bits(0x46020C34, 0, 9) + 1)
        _limit("VCO", vco, 128, 544)
        if chip.system.source == 3:
            if not bits(0x46020C28, 18):
                raise Misuse("the PLL's output for the core is off")
            core = int(vco / (bits(0x46020C34, 24, 7) + 1))
    most, step = _U5_RANGES[bits(0x4602080C, 16, 2) if bits(0x4602080C, 15) else 0]
    _limit("core", core, 0, most if bits(0x4602080C, 14) else min(most, 55))
    _flash(core, bits(0x40022000, 0, 4), step)
    return Clocks(core, core, core, {"hsi16": 16 * MHZ * bits(0x46020C00, 10)})


def _u5_usart(chip: Stm32) -> int:
    clocks = chip.clocks
    return {0: clocks.apb2, 1: clocks.core, 2: clocks.kernel["hsi16"], 3: 32768}[chip.system.bits(0x46020CE0, 0, 2)]


U575 = Family(
    registers={
        0x46020C00: 0x35,
        0x46020C1C: 0,
        0x46020C28: 0,
        0x46020C34: 0x01010280,
        0x46020C8C: 0,
        0x46020C94: 0,
        0x46020CA4: 0,
        0x46020CE0: 0,
        0x4602080C: 0x8000,
        0x40022000: 0,
        0x40030400: 4,
        0x40030404: 0,
    },
    ready=(
        Ready(0x46020C00, 1 << 24, 0x46020C00, 1 << 25),
        Ready(0x46020C00, 1 << 8, 0x46020C00, 1 << 10),
        Ready(0x46020C00, 1, 0x46020C00, 1 << 2),
        Ready(0x4602080C, 3 << 16, 0x4602080C, 1 << 15),
        Ready(0x4602080C, 1 << 18, 0x4602080C, 1 << 14),
    ),
    locked={0x46020C34: (0x46020C00, 24), 0x46020C28: (0x46020C00, 24)},
    gates={0x46020800: (0x400, (0x46020C94, 2))},
    switch=(0x46020C1C, 0, 2, 2),
    sources={0: (0x46020C00, 2), 1: (0x46020C00, 10), 3: (0x46020C00, 25)},
    clocks=_u5_clocks,
    ports=(0x42020000, 0x46020C8C, 0),
    first_generation=(False, False),
    usarts={"USART1": Usart(0x40013800, (0x46020CA4, 14), _u5_usart)},
    functions=_serial(("PA9", "USART1 TX", 7), ("PA10", "USART1 RX", 7)),
)
