"""Kernels in float are where they are looked for: in their folder and under names that say so, and nowhere else."""

from __future__ import annotations

import re

from background import ROOT
from bitwright.codegen.kernels import KERNELS
from bitwright.codegen.sources import is_float_source

FOLDERS = ROOT / "firmware" / "kernels"


def test_files_and_names() -> None:
    """What a build compiles for the unit, and a search for float code passes over, is just the folder."""
    for path in FOLDERS.rglob("*.c"):
        assert is_float_source(path.name) == (path.parent.name == "fpu"), path.name
    for name in ("bw_f32_s8.c", "bw_x_f16.c", "bw_quantize_f32_s8.c"):
        assert is_float_source(name)
    for name in ("bw_half.c", "bw_conv_s8.c", "bw_f320.c", "model_f32.c", "bw_f32.h"):
        assert not is_float_source(name)


def test_no_other_kernel_computes_in_float() -> None:
    """Neither the types nor a literal, outside of the folder and of the headers that only it includes."""
    real = re.compile(r"\b(float|double)\b|\b\d+\.\d*f?\b")
    comment = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
    for path in [*FOLDERS.rglob("*.c"), *FOLDERS.rglob("*.h")]:
        ours = path.parent.name == "fpu" or re.search(r"_(real|f16|f32)[_.]|bw_real\.h", path.name)
        assert ours or not real.search(comment.sub("", path.read_text())), path.name


def test_operators_of_integers_have_no_kernel_in_float() -> None:
    assert all(op.startswith("FLOAT_") for op in KERNELS["fpu"])
    assert not any(op.startswith("FLOAT_") for isa, table in KERNELS.items() if isa != "fpu" for op in table)
