"""Start-up of Cortex-M cores with vector registers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from background import ROOT

FIRMWARE = ROOT / "firmware"
GCC = "arm-none-eabi-gcc"


@pytest.mark.skipif(shutil.which(GCC) is None and not os.environ.get("CI"), reason=f"needs {GCC}")
@pytest.mark.parametrize("level", ["-O0", "-O2", "-O3", "-Os"])
def test_vector_registers_are_on_before_they_are_used(level: str, tmp_path: Path) -> None:
    """Up to the barrier behind the access control register, code neither uses a coprocessor nor calls other code."""
    assembly = tmp_path / "start.s"
    flags = [GCC, "-mcpu=cortex-m55+nofp", "-mthumb", "-mfloat-abi=hard", level, f"-I{FIRMWARE / 'runtime'}", "-S"]
    subprocess.run([*flags, str(FIRMWARE / "platform" / "cortex_m.c"), "-o", str(assembly)], check=True)
    body = assembly.read_text().split("Reset_Handler:")[1]
    before = [line.split()[0] for line in body.split("isb")[0].splitlines() if re.match(r"\s+\w", line)]
    assert len(before) >= 4 and not [name for name in before if re.match(r"v|bl|ldc|stc|mcr|mrc", name)]
