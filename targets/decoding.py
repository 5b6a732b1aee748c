"""The instructions of an image by capstone, written as GNU objdump writes them: where no binutils are installed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from ..errors import ToolError

MODULE = "capstone"
_HEXADECIMAL = re.compile(r"(-?)0x([0-9a-f]+)")
_R9 = re.compile(r"\bsb\b")
_TARGET = re.compile(r"#(?:0x)?([0-9a-f]+)$")  # small ones are decimal digits
_ARM_TO_PLACE = re.compile(r"(b|bl|blx|cbn?z)(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|hs|lo)?(\.[nw])?$")
# Major opcodes (RISC-V unprivileged specification, table of the base opcodes) whose instructions neither jump nor, but
# for the first two and OP-V, write x registers. Capstone 5 knows neither Zb* nor vectors, which all lie in them.
_RISCV_SCALAR, _RISCV_VECTOR = (0x13, 0x33), (0x57, 0x07, 0x27)
_RISCV_CUSTOM = (0x0B, 0x2B, 0x5B, 0x7B)
#: The mnemonic of an instruction that capstone does not know, but that is certainly no jump and leaves the stack alone.
UNNAMED = "insn"


class Line(NamedTuple):
    """One instruction: address, mnemonic and operands; ``label`` is the symbol before it."""

    address: int
    mnemonic: str
    operands: str
    label: str


def is_installed() -> bool:
    """Whether capstone can be imported."""
    return find_spec(MODULE) is not None


def name() -> str:
    """With its version."""
    try:
        return f"capstone {version(MODULE)}"
    except PackageNotFoundError:
        return MODULE


def decode(elf: Path) -> tuple[list[Line], dict[str, int]]:
    """Every instruction of an image, and the address of every symbol in its code.

    A RISC-V word that capstone does not know is called ``.4byte`` where it is for custom extensions, else ``UNNAMED``.

    Raises:
        ToolError: the image is of another machine than those of the toolchains, or holds what cannot be read.
    """
    with elf.open("rb") as file:
        content = ELFFile(file)
        decoder = _DECODERS.get(content["e_machine"])
        if decoder is None:
            raise ToolError(f"capstone is not set up for images of {content['e_machine']}")
        lines: list[Line] = []
        symbols: dict[str, int] = {}
        for index, section in enumerate(content.iter_sections()):
            if section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR and section["sh_type"] != "SHT_NOBITS":
                own = _Section(section["sh_addr"], section.data(), *_names(content, index))
                symbols |= own.symbols
                lines += decoder(own)
        return lines, symbols


def code_symbols(elf: Path) -> dict[str, int]:
    """The address of every symbol in the code, also where one address has several: objdump shows one of them."""
    symbols: dict[str, int] = {}
    with elf.open("rb") as file:
        content = ELFFile(file)
        for index, section in enumerate(content.iter_sections()):
            if section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR:
                symbols |= _names(content, index)[0]
    return symbols


@dataclass(frozen=True)
class _Section:
    """Code: its bytes, symbols, and the starts of instructions (True) and data (False) between them."""

    start: int
    data: bytes
    symbols: Mapping[str, int]
    labels: tuple[tuple[int, str], ...]
    marks: tuple[tuple[int, bool], ...]

    def label(self, address: int) -> str:
        """The symbol at or before an address."""
        place = bisect_right(self.labels, (address, "\uffff"))
        return self.labels[place - 1][1] if place else ""

    def place(self, address: int) -> str:
        """A jump's target as objdump writes it."""
        label = self.label(address)
        offset = address - self.symbols.get(label, address)
        return f"{address:x} <{label}{f'+{offset:#x}' if offset else ''}>"

    def code(self) -> Iterator[tuple[int, bytes]]:
        """Stretches of instructions without the data between them."""
        marks = self.marks if self.marks and self.marks[0][0] <= self.start else ((self.start, True), *self.marks)
        for number, (begin, is_code) in enumerate(marks):
            end = marks[number + 1][0] if number + 1 < len(marks) else self.start + len(self.data)
            if is_code and end > begin:
                yield begin, self.data[begin - self.start : end - self.start]


def _names(content: ELFFile, index: int) -> tuple[dict[str, int], tuple[Any, ...], tuple[Any, ...]]:
    """Symbols of a section: addresses by name, one name by address, and what the mapping symbols mark."""
    thumb = ~1 if content["e_machine"] == "EM_ARM" else ~0
    table = content.get_section_by_name(".symtab")
    symbols: dict[str, int] = {}
    marks: dict[int, bool] = {}
    best: dict[int, tuple[int, str]] = {}
    for symbol in table.iter_symbols() if isinstance(table, SymbolTableSection) else ():
        kind, name, address = symbol["st_info"]["type"], symbol.name, symbol["st_value"] & thumb
        if symbol["st_shndx"] != index or not name or kind in ("STT_SECTION", "STT_FILE"):
            continue
        if name.startswith("$"):
            marks[address] = not name.startswith("$d")
            continue
        if kind == "STT_OBJECT":
            marks.setdefault(address, False)
        if name.startswith(".L"):
            continue
        symbols[name] = address
        rank = (kind == "STT_FUNC") * 2 + (symbol["st_info"]["bind"] == "STB_GLOBAL")
        if rank >= best.get(address, (-1, ""))[0]:
            best[address] = (rank, name)
    labels = tuple(sorted((address, name) for address, (_, name) in best.items()))
    return symbols, labels, tuple(sorted(marks.items()))


def _disassembler(architecture: str, *modes: str) -> Any:
    import capstone

    return capstone.Cs(getattr(capstone, architecture), sum(getattr(capstone, mode) for mode in modes))


def _arm(section: _Section) -> Iterator[Line]:
    engine = _disassembler("CS_ARCH_ARM", "CS_MODE_THUMB", "CS_MODE_MCLASS", "CS_MODE_V8")
    for begin, data in section.code():
        done = 0
        for address, size, mnemonic, operands in engine.disasm_lite(data, begin):
            done += size
            target = _TARGET.search(operands)
            if target and _ARM_TO_PLACE.match(mnemonic):
                operands = operands[: target.start()] + section.place(int(target.group(1), 16))
            else:
                operands = _HEXADECIMAL.sub(_decimal, operands)
            yield Line(address, mnemonic, _R9.sub("r9", operands), section.label(address))
        if done < len(data):
            address, word = begin + done, int.from_bytes(data[done : done + 2], "little")
            raise ToolError(
                f"capstone does not know the instruction {word:#06x} at {address:#x} ({section.label(address)}): "
                "install binutils for this target, which do"
            )


def _decimal(found: re.Match[str]) -> str:
    return f"{found.group(1)}{int(found.group(2), 16)}"


def _riscv(section: _Section) -> Iterator[Line]:
    engine = _disassembler("CS_ARCH_RISCV", "CS_MODE_RISCV32", "CS_MODE_RISCVC")
    for begin, data in section.code():
        place, page = 0, (-1, "", 0)
        while place < len(data):
            for address, size, mnemonic, text in engine.disasm_lite(data[place:], begin + place):
                operands = _HEXADECIMAL.sub(_decimal, text.replace(", ", ","))
                yield Line(address, *_riscv_named(section, address, mnemonic, operands, page), section.label(address))
                page = (-1, "", 0)
                if mnemonic == "auipc":
                    register, upper = operands.split(",")
                    page = (address + size, register, address + (int(upper) << 12))
                place = address + size - begin
            if place < len(data):
                word = int.from_bytes(data[place : place + 4], "little")
                yield Line(begin + place, *_riscv_unknown(section, begin + place, word), section.label(begin + place))
                place += 4


def _riscv_named(
    section: _Section, address: int, mnemonic: str, operands: str, page: tuple[int, str, int]
) -> tuple[str, str]:
    """Mnemonic and operands as objdump abbreviates them; ``page``: where an auipc just before leaves which address."""
    name = mnemonic.removeprefix("c.")
    first, _, rest = operands.partition(",")
    if name in ("jal", "j") or name[0] == "b":
        *registers, offset = operands.split(",")
        return name, ",".join([*registers, section.place((address + int(offset)) & 0xFFFFFFFF)])
    if name in ("jalr", "jr"):
        return _riscv_indirect(section, address, name, operands, page)
    if name in ("addi", "addi16sp") and mnemonic.startswith("c."):
        return "addi", f"{first},{first},{rest}"
    if name in ("addi4spn", "lwsp", "swsp"):
        return {"addi4spn": "addi", "lwsp": "lw", "swsp": "sw"}[name], operands
    return name, operands


def _riscv_indirect(
    section: _Section, address: int, name: str, operands: str, page: tuple[int, str, int]
) -> tuple[str, str]:
    if name == "jr" and operands == "ra":
        return "ret", ""
    found = re.fullmatch(r"(?:(\w+),)?(?:(-?\d+)\((\w+)\)|(\w+)(?:,(-?\d+))?)", operands)
    if found is None or page[0] != address or page[1] != (found.group(3) or found.group(4)):
        return name, operands
    target = (page[2] + int(found.group(2) or found.group(5) or 0)) & 0xFFFFFFFF
    if found.group(1) in ("zero", "x0"):
        name = "jr"
    return name, f"{operands} # {section.place(target)}"


def _riscv_unknown(section: _Section, address: int, word: int) -> tuple[str, str]:
    """A word that is no jump, whatever it is called. Raises ToolError where that is not certain."""
    opcode, destination = word & 0x7F, word >> 7 & 31
    loads_float = opcode in (0x07, 0x27) and word >> 12 & 7 in (1, 2, 3, 4)
    known = opcode in (*_RISCV_SCALAR, *_RISCV_VECTOR) and not loads_float
    if opcode in _RISCV_CUSTOM:
        return ".4byte", f"{word:#x}"
    if known and not (opcode in _RISCV_SCALAR and destination == 2):
        return UNNAMED, f"{word:#x}"
    raise ToolError(
        f"capstone does not know the instruction {word:#010x} at {address:#x} ({section.label(address)}): "
        "install binutils for this target, which do"
    )


def _x86_64(section: _Section) -> Iterator[Line]:
    import capstone

    engine = _disassembler("CS_ARCH_X86", "CS_MODE_64")
    engine.syntax = capstone.CS_OPT_SYNTAX_ATT
    engine.skipdata = True
    for address, _, mnemonic, operands in engine.disasm_lite(section.data, section.start):
        yield Line(address, mnemonic, operands, section.label(address))


_DECODERS: Mapping[str, Callable[[_Section], Iterator[Line]]] = {
    "EM_ARM": _arm,
    "EM_RISCV": _riscv,
    "EM_X86_64": _x86_64,
}
