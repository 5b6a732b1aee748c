"""RESIZE_BILINEAR: reference == tflite-runtime == C."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bitwright.converter.ir import DType, Graph
from bitwright.converter.load import from_bytes
from bitwright.converter.writers.tflite import write_tflite
from bitwright.errors import UnsupportedError
from hypothesis import given
from hypothesis import strategies as st
from single import activation, constant, few, prove, scales, seeds, single, zero_points
from unsigned import as_uint8

DTYPES = (DType.INT8, DType.INT16)
#: align_corners and half_pixel_centers, which exclude each other.
OPTIONS = ((False, False), (True, False), (False, True))


@st.composite
def resizes(draw: Any, dtype: DType) -> Graph:
    """Larger and smaller images, also from and to single rows and columns."""
    shape = [draw(st.integers(1, most)) for most in (2, 12, 12, 3)]
    size = np.array([draw(st.integers(1, 30)) for _ in range(2)], np.int32)
    align, half = draw(st.sampled_from(OPTIONS))
    scale, point = draw(scales()), 0 if dtype is DType.INT16 else draw(zero_points)
    tensors = [activation("x", shape, scale, point, dtype), constant("size", size)]
    attrs = {"align_corners": align, "half_pixel_centers": half}
    return single("RESIZE_BILINEAR", tensors, [activation("y", (), scale, point, dtype)], attrs)


@pytest.mark.parametrize("dtype", DTYPES, ids=[dtype.value for dtype in DTYPES])
@given(st.data(), seeds)
@few
def test_bilinear(dtype: DType, data: Any, seed: int) -> None:
    prove(data.draw(resizes(dtype)), seed)


def enlarged(source: int, target: int, align_corners: bool = False, half_pixel_centers: bool = False) -> Graph:
    """One row of that many columns, enlarged."""
    tensors = [activation("x", (1, 1, source, 1)), constant("size", np.array([1, target], np.int32))]
    attrs = {"align_corners": align_corners, "half_pixel_centers": half_pixel_centers}
    return single("RESIZE_BILINEAR", tensors, [activation("y", ())], attrs)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (as_uint8(enlarged(3, 6)), "uint8"),
        (enlarged(3, 6, align_corners=True, half_pixel_centers=True), "aligned corners"),
        (enlarged(3, 4096), "beyond an axis of 3"),
    ],
)
def test_what_the_runtime_refuses_or_computes_in_float_is_refused(graph: Graph, reason: str) -> None:
    with pytest.raises(UnsupportedError, match=reason):
        from_bytes(write_tflite(graph), "model")
