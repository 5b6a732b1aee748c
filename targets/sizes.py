"""Bytes of a model, from the ELF that links it alone, and what the test harness adds, from the firmware's ELF."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Symbol, SymbolTableSection

from ..codegen.project import ModelSources
from ..codegen.sources import is_float_source
from ..errors import ToolError
from .build import Built
from .disassembly import Disassembly, disassemble
from .stack import has_bound, worst_case
from .target import Target

_SOFT_FLOAT = re.compile(
    r"^__(aeabi_c?[fd]\w+|aeabi_u?[il]2[fd]|\w+[sdt]f[23]|\w+[sdt]f[sdt]i|float\w+[sdt]f|fix\w*[sdt]f\w+"
    r"|extendsfdf2|truncdfsf2)$"
)
# Arithmetic and moves of floating-point registers. Helium's integer instructions begin with v, too, and code that uses
# them saves, loads and fills the registers that they share.
_FLOAT_INSTRUCTION: Mapping[str, re.Pattern[str]] = {
    "EM_ARM": re.compile(
        r"^v\w+(\.\w+)*\.f(16|32|64)|^v(?!(push|pop|ldr|str|mov)\b)\w+(\.\w+)?\s.*\b[sd]\d+\b"
        r"|^v(mrs|msr)\s(?!.*\bp0\b)"
    ),
    "EM_RISCV": re.compile(r"^(c\.)?f(?!ence)\w+[. ]"),
    "EM_X86_64": re.compile(r"^v?(add|sub|mul|div|sqrt|min|max|u?comi|cvt\w*2|cvtt?)\w*[sp][sd]\w*\s|^f[a-z]+"),
}
# On the host: without what the dynamic linker needs; constants that it relocates are constants still.
_HOST_FLASH = (".text", ".rodata", ".data")
_HOST_RAM = (".data", ".bss")
#: What a Cortex-M stacks when it takes an exception: 8 registers, and a word that aligns them.
_EXCEPTION_FRAME = 36
#: What it leaves room for besides where floating-point registers are in use: 16 of them, FPSCR, and a reserved word.
_FLOAT_FRAME = 72


@dataclass(frozen=True)
class Sizes:
    """Bytes.

    Attributes:
        code: everything in flash but ``constants``: instructions, parameters of layers, initial values, library
            functions, padding.
        constants: weights, biases and requantization tables.
        arena: activations, inputs, outputs and scratch.
        static: further variables: streaming state.
        stack: the most that ``NAME_invoke`` can need; None where images are not analysed (the host).
        firmware_stack: the same of the call by which the test firmware runs the model, with the layer trace.
        harness_code, harness_ram: what the test firmware has beyond the model.
    """

    code: int
    constants: int
    arena: int
    static: int
    stack: int | None
    firmware_stack: int | None
    harness_code: int
    harness_ram: int

    @property
    def ram(self) -> dict[str, int | None]:
        """What the model needs of RAM, by purpose."""
        return {"arena": self.arena, "static": self.static, "stack": self.stack}

    @property
    def flash(self) -> dict[str, int]:
        """What the model needs of flash, by purpose, and in total."""
        return {"code": self.code, "constants": self.constants, "total": self.code + self.constants}

    @property
    def harness(self) -> dict[str, int]:
        """What the test harness adds."""
        return {"code": self.harness_code, "ram": self.harness_ram}


def measure(built: Built, target: Target, model: ModelSources) -> Sizes:
    """Measure both images of a project.

    Raises:
        ToolError: floating-point code is in the model's image, or its stack has no bound.
    """
    host = target.toolchain == "host"
    if host and not built.model.read_bytes().startswith(b"\x7fELF"):
        raise ToolError("images of this system cannot be measured, only ELF: choose an emulated target, as mps2-an386")
    flash, ram, symbols = _image(built.model, host)
    firmware_flash, firmware_ram, _ = _image(built.firmware, host)
    constants = sum(symbols.get(array.symbol, 0) for array in model.context["arrays"])
    arena = symbols.get(f"{model.name}_arena", 0)
    code = disassemble(built.model, target)
    check_integer_only(built.model, code, bool(model.program.graph.float_types))
    bounded = has_bound(target.toolchain)
    firmware = disassemble(built.firmware, target) if bounded else None
    return Sizes(
        code=flash - constants,
        constants=constants,
        arena=arena,
        static=ram - arena,
        stack=worst_case(code, target.toolchain, f"{model.name}_invoke") if bounded else None,
        firmware_stack=None if firmware is None else _firmware_stack(firmware, target, model),
        harness_code=firmware_flash - flash,
        harness_ram=firmware_ram - ram,
    )


def _firmware_stack(code: Disassembly, target: Target, model: ModelSources) -> int:
    """The call that runs the model, and on it an exception, where the platform counts by SysTick's."""
    handler, fault = (code.symbols.get(name) for name in ("SysTick_Handler", "Fault_Handler"))
    exception = _EXCEPTION_FRAME if handler not in (None, fault) else 0
    if exception and model.program.graph.float_types:
        exception += _FLOAT_FRAME
    return worst_case(code, target.toolchain, f"{model.name}_test_run") + exception


def _image(elf: Path, host: bool) -> tuple[int, int, dict[str, int]]:
    """Bytes in flash and in RAM (initialized variables are in both), and every symbol's size."""
    flash = ram = 0
    with elf.open("rb") as file:
        content = ELFFile(file)
        for section in content.iter_sections():
            flags, size, name = section["sh_flags"], section["sh_size"], section.name
            if flags & SH_FLAGS.SHF_ALLOC:
                stored = name.startswith(_HOST_FLASH) if host else section["sh_type"] != "SHT_NOBITS"
                written = name in _HOST_RAM if host else flags & SH_FLAGS.SHF_WRITE
                flash += size if stored else 0
                ram += size if written else 0
        sizes = {symbol.name: int(symbol["st_size"]) for symbol in _symbols(content)}
    return flash, ram, sizes


def _symbols(content: ELFFile) -> Iterable[Symbol]:
    table = content.get_section_by_name(".symtab")
    return list(table.iter_symbols()) if isinstance(table, SymbolTableSection) else []


def _float_code(content: ELFFile) -> list[range]:
    """The addresses of every function of a kernel in float: of its name, or local to its file."""
    ranges, file = [], ""
    for symbol in _symbols(content):
        kind, local = symbol["st_info"]["type"], symbol["st_info"]["bind"] == "STB_LOCAL"
        if kind == "STT_FILE":
            file = symbol.name
        elif kind == "STT_FUNC" and is_float_source(Path(file).name if local else f"{symbol.name}.c"):
            start = symbol["st_value"] & ~1 if content["e_machine"] == "EM_ARM" else symbol["st_value"]
            ranges.append(range(start, start + symbol["st_size"]))
    return ranges


def check_integer_only(elf: Path, code: Disassembly, floating: bool = False) -> None:
    """Raise ToolError where an image has a floating-point instruction or a soft-float function.

    Args:
        floating: the network has layers in float: the instructions are allowed in the functions of their kernels.
    """
    with elf.open("rb") as file:
        content = ELFFile(file)
        machine = content["e_machine"]
        found = {symbol.name for symbol in _symbols(content) if _SOFT_FLOAT.match(symbol.name)}
        allowed = _float_code(content) if floating else []
    pattern = _FLOAT_INSTRUCTION.get(machine)
    if pattern is not None:
        inside = {address for part in allowed for address in part}
        texts = ((i.label, f"{i.mnemonic} {i.operands}") for i in code.instructions.values() if i.address not in inside)
        found |= {f"{label}: {text}" for label, text in texts if pattern.match(text)}
    if found:
        raise ToolError(f"the image holds floating-point code: {', '.join(sorted(found)[:5])}")
