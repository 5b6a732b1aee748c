"""The instructions of an image, by the toolchain's objdump, or by capstone where that is not installed."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from ..errors import ToolError
from . import coreve, decoding
from .target import Target
from .toolchain import binutil, chosen, find_binutil

# "  80001a2:	e92d 4ff0 	stmdb	sp!, {r4, r5, lr}"
_LINE = re.compile(r"^\s*([0-9a-f]+):\t[0-9a-f ]+\t(\S+)\s*(.*)$")
_LABEL = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
_PLACE = re.compile(r"(?:^|[\s,])([0-9a-f]+) <")


@dataclass(frozen=True)
class Instruction:
    """One instruction; ``operands`` as objdump writes them, ``label`` the symbol before it."""

    address: int
    mnemonic: str
    operands: str
    label: str

    @property
    def place(self) -> int | None:
        """The address that a branch or call names."""
        found = _PLACE.search(self.operands)
        return int(found.group(1), 16) if found else None


@dataclass(frozen=True, eq=False)
class Disassembly:
    """Every instruction by address, and the address of every symbol in the code (the last where names repeat)."""

    instructions: Mapping[int, Instruction]
    symbols: Mapping[str, int]

    @cached_property
    def following(self) -> Mapping[int, int]:
        """Address -> the address of the next instruction."""
        return dict(pairwise(sorted(self.instructions)))


def disassemble(elf: Path, target: Target) -> Disassembly:
    """Disassemble an image; data between the instructions is left out.

    Raises:
        ToolError: neither objdump nor capstone is installed, or what there is cannot read the image.
    """
    lines, symbols = _decoded(elf, target)
    extension = next((name for name in ("XCV", "XPULPV2") if f"-DBW_{name}" in target.flags), None)
    instructions: dict[int, Instruction] = {}
    for address, mnemonic, operands, label in lines:
        named = coreve.decode(int(operands, 16), extension) if mnemonic == ".4byte" and extension else None
        if named is not None or not mnemonic.startswith("."):
            instructions[address] = Instruction(address, *(named or (mnemonic, operands)), label)
    return Disassembly(instructions, symbols)


def _decoded(elf: Path, target: Target) -> tuple[list[decoding.Line], dict[str, int]]:
    if find_binutil(target.toolchain, "objdump") is None and decoding.is_installed():
        return decoding.decode(elf)
    lines: list[decoding.Line] = []
    symbols = decoding.code_symbols(elf)
    label = ""
    for line in _listing(elf, target).splitlines():
        if heading := _LABEL.match(line):
            if not heading.group(2).startswith(".L"):  # of the assembler's own, within a function
                label = heading.group(2)
                symbols[label] = int(heading.group(1), 16)
        elif code := _LINE.match(line):
            lines.append(decoding.Line(int(code.group(1), 16), code.group(2), code.group(3), label))
    return lines, symbols


def _listing(elf: Path, target: Target) -> str:
    """What objdump writes. Raises ToolError."""
    toolchain = target.toolchain
    if not chosen(toolchain).marks_instructions:
        # Unless it is told, objdump takes Helium's instructions for those of coprocessors that it does not know.
        machine = ("-m", "armv8.1-m.main") if "mve" in target.isa else ()
        return _run(binutil(toolchain, "objdump"), "-d", *machine, str(elf))
    with tempfile.TemporaryDirectory(prefix="bitwright-") as folder:
        plain = f"{folder}/plain.elf"
        _run(binutil(toolchain, "objcopy"), "--wildcard", "--strip-symbol=$x*", str(elf), plain)
        return _run(binutil(toolchain, "objdump"), "-d", plain)


def _run(program: str, *arguments: str) -> str:
    result = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        raise ToolError(f"{program} failed: {result.stderr.strip()}")
    return result.stdout
