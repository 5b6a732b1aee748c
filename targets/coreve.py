"""Names of CORE-V and PULP instructions, which binutils show as numbers: from the tables of the simulator (``iss``)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parent / "iss" / "instructions.h"
_ENTRY = re.compile(r"DO\((\w+), (0x[0-9a-f]+), (0x[0-9a-f]+), (\w+)\)")
_REGISTERS = (
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", *(f"a{i}" for i in range(8)),
    *(f"s{i}" for i in range(2, 12)), "t3", "t4", "t5", "t6",
)  # fmt: skip


def decode(word: int, extension: str = "XCV") -> tuple[str, str] | None:
    """Mnemonic, CORE-V's for both, and operands of an XCV or XPULPV2 instruction; None for other words."""
    for name, match, mask, form in _table(extension):
        if word & mask == match:
            rd, rs1, rs2 = (_REGISTERS[word >> shift & 31] for shift in (7, 15, 20))
            base = name.removesuffix("_post").removesuffix("_stride")
            operands = f"{rd},{rs1},{rs2}"
            if form.startswith("LOAD"):
                operands = f"{rd},({rs1})"
            elif form.startswith("STORE"):
                operands = f"{rs2},({rs1})"
            elif form == "U5":
                operands = f"{rd},{rs1},{word >> 20 & 31}"
            elif form == "LOOP":
                operands = rs1
            return f"cv.{base.replace('_', '.')}", operands
    return None


@cache
def _table(extension: str) -> tuple[tuple[str, int, int, str], ...]:
    tables = _TABLE.read_text(encoding="utf-8").split("#define ")
    text = next(table for table in tables if table.startswith(f"{extension}("))
    return tuple((n.lower(), int(match, 16), int(mask, 16), form) for n, match, mask, form in _ENTRY.findall(text))
