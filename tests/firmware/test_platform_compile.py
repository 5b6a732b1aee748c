"""The platform code of every target compiles without a warning under the flags of the strictest projects."""

from __future__ import annotations

import subprocess

import pytest
from background import ROOT
from bitwright.targets.build import compile_flags, harness_flags
from bitwright.targets.target import Target, all_targets
from bitwright.targets.toolchain import compiler
from tools import needs_target

FIRMWARE = ROOT / "firmware"
_FLAGS = (
    "-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla -Wundef -Wstrict-prototypes "
    "-Wmissing-prototypes -Wcast-align -Wcast-qual -Wwrite-strings -Wpointer-arith -Wswitch-default -Werror"
)
STRICT = tuple(_FLAGS.split())


def variants(target: Target) -> list[Target]:
    """For the emulator and for the chip, where they differ."""
    return [target, *([target.on_hardware()] if target.board is not None and target.emulator is not None else [])]


@pytest.mark.parametrize("name", [needs_target(target.name) for target in all_targets()])
def test_platform_code_compiles_without_a_warning(name: str) -> None:
    (target,) = [target for target in all_targets() if target.name == name]
    for variant in variants(target):
        flags = [*compile_flags(variant), *harness_flags(variant), *STRICT, "-fsyntax-only"]
        includes = [f"-I{FIRMWARE / folder}" for folder in ("runtime", "platform", "kernels")]
        sources = [str(FIRMWARE / "platform" / source) for source in variant.sources if source.endswith(".c")]
        run = subprocess.run(
            [*compiler(variant.toolchain), *flags, *includes, *sources], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0 and not run.stderr, run.stderr
