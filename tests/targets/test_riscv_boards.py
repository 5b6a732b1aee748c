"""Real networks over RISC-V boards in QEMU and in the project's simulator, with the chips' own platform code."""

from __future__ import annotations

import bitwright
import pytest
from background import ROOT, model_path, needs_data
from bitwright.targets.emulator import start
from bitwright.targets.image import built
from bitwright.targets.target import find_target
from tools import needs_target

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
EMULATED = [needs_target(name) for name in ("hifive1", "hifive1-revb", "gap8", "pulpissimo")]


@pytest.mark.parametrize("target", EMULATED)
def test_digits(target: str) -> None:
    report = bitwright.verify(DIGITS, target, vectors=9)
    assert report.bit_exact, report.mismatches[:3]
    assert report.link_faults == ()  # a receiver of 8 bytes (FE310), a ring (PULP): none is lost


@needs_data
@pytest.mark.parametrize("target", EMULATED)
def test_keyword_spotting(target: str) -> None:
    report = bitwright.verify(model_path("mlperf_tiny/kws_ref_model"), target, vectors=2)
    assert report.bit_exact, report.mismatches[:3]
    assert report.link_faults == ()


@pytest.mark.parametrize("target", EMULATED)
def test_instruction_counts_are_exact(target: str) -> None:
    """A loop of three instructions, n passes against one: 3 * (n - 1), to the instruction."""
    with built(bitwright.load(DIGITS), find_target(target)) as image, start(image.target, image.elf) as link:
        for passes in (2, 3, 10, 1000, 100_000, 3_000_001):
            assert link.count_loop(passes) == 3 * (passes - 1)
