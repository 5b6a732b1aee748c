"""Bytes of an image, from the ELF's sections and the linker's map: the model apart from the test harness."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from ..errors import ToolError
from .target import Target
from .toolchain import compiler

# "  .text.name   0x0000   0x1c   path/object.o", the name on a line of its own when it is long.
_SECTION = re.compile(r"^ (\.[\w.$-]+|COMMON)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$", re.MULTILINE)
_WRAPPED = re.compile(r"^ (\.[\w.$-]+)\n\s+(0x[0-9a-f]+\s+0x[0-9a-f]+\s+\S)", re.MULTILINE)
_SOFT_FLOAT = re.compile(
    r"^__(aeabi_[fd]\w+|\w+[sd]f[23]|\w+[sd]f[sd]i|float\w+[sd]f|fix\w*[sd]f\w+|extendsfdf2|truncdfsf2)$"
)
_READ_ONLY = (".text", ".rodata", ".srodata", ".init", ".fini", ".vectors", ".ARM.exidx", ".eh_frame")
_WRITABLE = (".data", ".sdata", ".bss", ".sbss", "COMMON")


@dataclass(frozen=True)
class Sizes:
    """Bytes of an image.

    Attributes:
        code: instructions and read-only data of the model, its kernels and the library functions linked in, without
            ``constants``: its weights, biases and requantization tables.
        static: the model's variables, the arena excluded.
        harness_code, harness_ram: the test harness.
    """

    code: int
    constants: int
    static: int
    harness_code: int
    harness_ram: int


def measure(elf: Path, target: Target, model: str) -> Sizes:
    """Attribute every linked section to the model or to the harness.

    Raises:
        ToolError: the image holds floating-point code.
    """
    check_integer_only(elf)
    totals = dict.fromkeys(("code", "constants", "static", "harness_code", "harness_ram"), 0)
    arena = _symbol_size(elf, f"{model}_arena")
    for section, size, origin in _linked_sections(elf):
        harness = Path(origin).name.startswith("harness_")
        if section.startswith(_WRITABLE):
            # The harness's own arena stands in for the model's, which the linker drops.
            totals["harness_ram" if harness else "static"] += size
            if section.startswith((".data", ".sdata")):
                totals["harness_code" if harness else "code"] += size
        elif section.startswith(_READ_ONLY):
            constants = Path(origin).name == f"src_{model}_constants.o"
            totals["constants" if constants else "harness_code" if harness else "code"] += size
    totals["harness_ram"] -= arena
    return Sizes(**totals)


def _linked_sections(elf: Path) -> list[tuple[str, int, str]]:
    """(section, bytes, object) of everything in the image, from the map."""
    text = elf.with_name(elf.name + ".map").read_text(errors="replace")
    text = text[text.find("Linker script and memory map") :]
    text = _WRAPPED.sub(r" \1 \2", text)
    sections = []
    for name, address, size, origin in _SECTION.findall(text):
        in_memory = name.startswith(_WRITABLE + _READ_ONLY)
        if in_memory and int(size, 16) and (int(address, 16) or name == ".vectors" or _starts_at_zero(elf)):
            sections.append((name, int(size, 16), origin))
    return sections


def _starts_at_zero(elf: Path) -> bool:
    with elf.open("rb") as file:
        return bool(ELFFile(file).header["e_entry"] < 0x1000)


def _symbol_size(elf: Path, name: str) -> int:
    with elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        symbols = table.get_symbol_by_name(name) if isinstance(table, SymbolTableSection) else None
        return sum(int(symbol["st_size"]) for symbol in symbols or [])


def check_integer_only(elf: Path) -> None:
    """Raise ToolError when a soft-float function was linked in; flags keep hardware floats out."""
    with elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        names = {symbol.name for symbol in table.iter_symbols()} if isinstance(table, SymbolTableSection) else set()
    floats = sorted(name for name in names if _SOFT_FLOAT.match(name))
    if floats:
        raise ToolError(f"the image holds floating-point code: {', '.join(floats[:5])}")


def disassemble(elf: Path, target: Target) -> str:
    """The image's disassembly, by the toolchain's objdump. Raises ToolError."""
    objdump = compiler(target.toolchain).replace("gcc", "objdump") if target.toolchain != "host" else "objdump"
    result = subprocess.run([objdump, "-d", str(elf)], capture_output=True, text=True, check=False)
    if result.returncode:
        raise ToolError(f"{objdump} failed: {result.stderr.strip()}")
    return result.stdout
