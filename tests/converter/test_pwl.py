"""The piecewise linear functions: their bounds at every input, and the C that computes them."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from background import ROOT
from bitwright.converter import pwl

EVERY = np.arange(-32768, 32768)
PROGRAM = """
#include "bw_pwl_s16.h"
void run(int32_t bits, int16_t *tangent, int16_t *logistic) {
    for (int32_t x = -32768; x < 32768; ++x) {
        tangent[x + 32768] = (int16_t)bw_tanh_pwl(x, bits);
        logistic[x + 32768] = (int16_t)bw_logistic_pwl(x, bits);
    }
}
"""


@pytest.mark.parametrize("integer_bits", range(7))
def test_bounds_and_order(integer_bits: int) -> None:
    real = EVERY * 2.0 ** (integer_bits - 15)
    tangent, logistic = pwl.tanh(EVERY, integer_bits), pwl.logistic(EVERY, integer_bits)
    assert np.abs(tangent - 2**15 * np.tanh(real)).max() < pwl.TANH_ERROR
    assert np.abs(logistic - 2**15 / (1 + np.exp(-real))).max() < pwl.LOGISTIC_ERROR
    assert np.array_equal(tangent[1:], -tangent[1:][::-1])
    assert tangent[32768] == 0 and logistic[32768] == 2**14 and np.abs(tangent).max() <= 32767
    assert logistic.min() >= 0 and logistic.max() <= 32767
    assert (np.diff(tangent) >= 0).all() and (np.diff(logistic) >= 0).all()


def test_no_knot_is_near_a_tie() -> None:
    """So that every computer's tangent rounds to the same table."""
    places = np.arange(257) / 32
    values = 2**15 * np.tanh(places) * (1 + (1 - np.tanh(places) ** 2) / 8192)
    assert np.abs(values % 1 - 0.5).min() > 1e-3


def test_c_computes_the_same_of_every_value(tmp_path: Path) -> None:
    kernels = ROOT / "firmware" / "kernels"
    (tmp_path / "run.c").write_text(PROGRAM)
    shutil.copy(kernels / "bw_pwl_s16.h", tmp_path)
    shutil.copy(kernels / "generic" / "bw_pwl_s16.c", tmp_path)
    command = ["gcc", "-std=c99", "-O1", "-Wall", "-Werror", "-fPIC", "-shared", "run.c", "bw_pwl_s16.c"]
    subprocess.run([*command, "-o", "run.so"], cwd=tmp_path, check=True)
    library = ctypes.CDLL(str(tmp_path / "run.so"))
    for integer_bits in range(7):
        results = np.zeros((2, 65536), np.int16)
        library.run(ctypes.c_int32(integer_bits), *(ctypes.c_void_p(row.ctypes.data) for row in results))
        assert np.array_equal(results[0], pwl.tanh(EVERY, integer_bits))
        assert np.array_equal(results[1], pwl.logistic(EVERY, integer_bits))
