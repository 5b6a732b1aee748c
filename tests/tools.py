"""Which targets this computer can build for and run."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest
from bitwright.targets import simulator
from bitwright.targets.target import find_target
from bitwright.targets.toolchain import TOOLCHAINS


def needs_target(name: str) -> Any:
    """The target's name as a parameter, skipped with a reason where its tools are missing (CI has all of them)."""
    target = find_target(name)
    toolchain = TOOLCHAINS[target.toolchain]
    programs = [toolchain.compiler, *toolchain.further]
    if target.emulator is not None:
        own = target.emulator.program == simulator.PROGRAM
        programs.append(TOOLCHAINS["host"].compiler if own else target.emulator.program)
    missing = [program for program in programs if shutil.which(program) is None]
    skip = bool(missing) and not os.environ.get("CI")
    return pytest.param(name, marks=pytest.mark.skipif(skip, reason=f"{name} needs {', '.join(missing)}"), id=name)
