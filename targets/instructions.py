"""What an instruction is, by its name: the classes of the instruction mix, and the registers it reads and writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache

from .disassembly import Instruction
from .toolchain import TOOLCHAINS

#: Classes in the order of tables. A vector load is a load, a vector multiply-accumulate one of those.
CLASSES = ("mac", "multiply", "divide", "load", "store", "branch", "simd", "alu")
TITLES: Mapping[str, str] = {
    "mac": "multiply-accumulate",
    "multiply": "other multiply",
    "divide": "divide",
    "load": "load",
    "store": "store",
    "branch": "branch",
    "simd": "other SIMD",
    "alu": "ALU",
}

_CONDITIONS = "eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|hs|lo"
#: Architecture -> class -> names, the first class that matches; all others are ALU.
_NAMES: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "arm": (
        ("branch", re.compile(rf"(b|bl|bx|blx)({_CONDITIONS})?|cbn?z|tb[bh]|le|letp|wls|wlstp")),
        ("load", re.compile(r"ldr.*|ldm.*|pop.*|vldr.*|vldm.*|vpop.*|vld[24].*")),
        ("store", re.compile(r"str.*|stm.*|push.*|vstr.*|vstm.*|vpush.*|vst[24].*")),
        ("mac", re.compile(r"ml[as]|ml[as](" + _CONDITIONS + r")|smla.*|smls.*|smml[as].*|um[al]al.*|vr?ml[as].*"
                           r"|vqr?dml[as].*")),
        ("multiply", re.compile(r"mul.*|smul.*|umull.*|smmul.*|smu[as]d.*|vr?mul.*|vqr?dmul.*")),
        ("divide", re.compile(r"[su]div.*")),
        ("simd", re.compile(r"v.*|[su]xta?b16.*|pkh(bt|tb).*|(s|u|q|sh|uh|uq)(add|sub)(8|16).*"
                            r"|(s|u|q|sh|uh|uq)(asx|sax).*|sel.*|[su]sat16.*|usada?8.*")),
    ),
    "riscv": (
        ("branch", re.compile(r"b(eq|ne|lt|ge|gt|le)(u|z)?|j|jal|jalr|jr|ret|tail|call|cv\.b(eq|ne)imm")),
        ("load", re.compile(r"(cv\.|p\.)?l(b|h)u?|(cv\.|p\.)?lw|cv\.elw|vl(e\d|se\d|oxei|uxei|m\.v|\dr|seg|sseg).*")),
        ("store", re.compile(r"(cv\.|p\.)?s[bhw]|vs(e\d|se\d|oxei|uxei|m\.v|\dr|seg|sseg).*")),
        ("mac", re.compile(r"vw?n?mac.*|vnms(ac|ub).*|vmadd.*|vq?dot.*|cv\.(mac|msu|sdot).*|p\.(mac|msu)|pv\.sdot.*")),
        ("multiply", re.compile(r"mul.*|vw?mul.*|vsmul.*|cv\.(mul|dot).*|p\.mul.*|pv\.dot.*")),
        ("divide", re.compile(r"(div|rem)u?|vdivu?.*|vremu?.*")),
        ("simd", re.compile(r"v.*|cv\.(.*\.(s[bch]i?|b|h)|pack.*|shuffle.*)|pv\..*")),
    ),
}  # fmt: skip
_REGISTER = re.compile(r"\b(r\d+|sl|fp|ip|sp|lr|pc|[qsd]\d+|x\d+|zero|ra|gp|tp|[ast]\d+|s1[01]|v\d+)\b(?!\s*<)")
_READ_ALL = ("cmp", "cmn", "tst", "teq", "smlal", "umlal", "umaal", "cv.mac", "cv.sdot")
_FRESH = ("mov", "mvn", "mv", "li", "lui", "sxt", "uxt", "sext", "zext", "neg", "not", "clz", "rev", "rbit")
_TRANSFERS = ("ldm", "stm", "push", "pop", "vldm", "vstm", "vpush", "vpop")


def name_of(mnemonic: str) -> str:
    """The mnemonic without the width of its encoding."""
    return mnemonic.removesuffix(".n").removesuffix(".w")


@lru_cache(maxsize=4096)
def class_of(mnemonic: str, toolchain: str) -> str:
    """One of ``CLASSES``."""
    name = name_of(mnemonic)
    for kind, pattern in _NAMES.get(TOOLCHAINS[toolchain].architecture, ()):
        if pattern.fullmatch(name):
            return kind
    return "alu"


class Decoded:
    """An instruction with its class and, as far as names tell, its registers."""

    def __init__(self, instruction: Instruction, toolchain: str) -> None:
        self.instruction = instruction
        self.name = name_of(instruction.mnemonic)
        self.kind = class_of(instruction.mnemonic, toolchain)

    @property
    def is_vector(self) -> bool:
        """Whether it works on the registers of Helium or of the RISC-V vector extension."""
        return self.name.startswith("v")

    @property
    def is_multiple(self) -> bool:
        """Whether it moves a list of registers, or two."""
        return self.name.startswith(_TRANSFERS) or re.match(r"(ldr|str)d", self.name) is not None

    @property
    def leaves(self) -> bool:
        """Whether what follows in memory is never executed next."""
        return self.name in ("b", "bx", "j", "jr", "ret", "tail", "tbb", "tbh") or (
            self.kind == "load" and "pc" in self.writes
        )

    @cached_property
    def _operands(self) -> list[str]:
        return re.split(r"[@;]|\t", self.instruction.operands)[0].split(",")

    @cached_property
    def writes(self) -> frozenset[str]:
        """Registers that a load or a computation gives a value; without base registers that are updated."""
        if self.kind in ("store", "branch") or self.name in ("cmp", "cmn", "tst", "teq"):
            return frozenset()
        if "{" in self.instruction.operands:
            return frozenset(_REGISTER.findall(self.instruction.operands.split("{")[1].split("}")[0]))
        if self.name == "pop":
            return frozenset(_REGISTER.findall(self.instruction.operands))
        count = 2 if self.name.startswith(("ldrd", "smull", "umull", "smlal", "umlal", "umaal")) else 1
        return frozenset(_REGISTER.findall(",".join(self._operands[:count])))

    @cached_property
    def reads(self) -> frozenset[str]:
        """Registers whose values it needs."""
        text = ",".join(self._operands[self._only_written :])
        if "{" in self.instruction.operands and self.kind == "load":
            text = self.instruction.operands.split("{")[0] + self.instruction.operands.split("}")[-1]
        return frozenset(_REGISTER.findall(text)) - {"zero"}

    @property
    def _only_written(self) -> int:
        """How many operands at the front are written without being read."""
        if self.kind in ("store", "branch") or self.name.startswith(_READ_ALL) or self.is_vector:
            return 0
        if self.name.startswith(("ldrd", "smull", "umull")):
            return 2
        fresh = len(self._operands) > 2 or self.kind == "load" or self.name.startswith(_FRESH)
        return 1 if fresh else 0

    @cached_property
    def base(self) -> frozenset[str]:
        """Registers of a load's or store's address."""
        found = re.search(r"[\[(]([^\])]*)", self.instruction.operands)
        return frozenset(_REGISTER.findall(found.group(1))) if found else frozenset()
