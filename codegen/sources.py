"""Finds the kernel sources that a program needs, for one instruction set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import TargetError

FIRMWARE = Path(__file__).parent.parent / "firmware"
KERNELS = FIRMWARE / "kernels"
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)

_FLOAT_SOURCE = re.compile(r"bw_(\w+_)?f(16|32)(_\w+)?\.c")


def is_float_source(name: str) -> bool:
    """Whether a C file is a kernel in float, by its name: no other code may compute in float."""
    return _FLOAT_SOURCE.fullmatch(name) is not None


def kernel_files(functions: Iterable[str], isa: Sequence[str], headers: Iterable[str] = ()) -> dict[str, Path]:
    """File name -> path of every C file and header that the functions need.

    Args:
        isa: kernel folders, most specific first; the first that has ``<function>.c`` serves it.
        headers: further headers that are needed.

    Raises:
        TargetError: no folder has the function.
    """
    files: dict[str, Path] = {}
    pending = [*(f"{name}.c" for name in functions), *headers]
    while pending:
        name = pending.pop()
        if name in files:
            continue
        files[name] = _find(name, isa)
        pending += _INCLUDE.findall(files[name].read_text())
    return dict(sorted(files.items()))


def _find(name: str, isa: Sequence[str]) -> Path:
    for folder in (*isa, "."):
        path = KERNELS / folder / name
        if path.is_file():
            return path
    raise TargetError(f"no kernel folder of {list(isa)} has {name}")
