"""The page of kernels, from the tables of all instruction sets."""

from __future__ import annotations

from . import KERNELS

_HEADER = """# Kernels of each instruction set

Generated from the code by `bitwright ops --kernels > docs/kernels.md`; a test keeps it current. A kernel serves the
layers whose ranges and shapes it can prove; the others, and every operator that is not listed, take the kernel of the
next folder in the target's chain (`bitwright targets --json`), down to portable C. The bytes are the same whichever
serves. Several kernels for one operator are candidates: the best first, chosen by estimate, or by measurement with
`bitwright tune`. A C function that an instruction set overrides by its name takes the place of the one below it.

"""


def kernels_page() -> str:
    """The whole page in Markdown: a row per operator, a column per instruction set; portable C serves them all."""
    isas = [isa for isa, table in KERNELS.items() if isa != "generic" and table]
    operators = sorted({op for isa in isas for op in KERNELS[isa]})
    lines = ["| operator | " + " | ".join(isas) + " |", "|---" * (len(isas) + 1) + "|"]
    for op in operators:
        cells = [", ".join(kernel.name for kernel in KERNELS[isa].get(op, ())) for isa in isas]
        lines.append(f"| {op} | " + " | ".join(cells) + " |")
    return _HEADER + "\n".join(lines) + "\n"
