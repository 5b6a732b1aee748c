"""Graphs of token-wise layers: QUANTIZE_TOKENS and FULLY_CONNECTED_TOKENS of random weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from bitwright.converter.ir import DType, Graph, Node, Quantization, Rounding, Tensor, check
from bitwright.converter.native import read_native, write_native
from bitwright.converter.serve import check_served
from numpy.typing import NDArray

#: The unit of rows' scales in steps of the input, whose scale is fixed.
UNIT = 2.0**-6
SCALE = float(np.float32(3e-4))


def plain(name: str, shape: tuple[int, ...], dtype: DType, scale: float | None, point: int = 0) -> Tensor:
    quant = None if scale is None else Quantization((float(np.float32(scale)),), (point,))
    return Tensor(name, shape, dtype, quant)


def constant(name: str, values: NDArray[Any], scales: NDArray[np.float64] | None = None) -> Tensor:
    quant = None
    if scales is not None:
        quant = Quantization(tuple(float(np.float32(s)) for s in scales), (0,) * len(scales), 0)
    return Tensor(name, values.shape, DType(values.dtype.name), quant, values)


def layer(
    leading: tuple[int, ...] = (2, 5),
    depth: int = 24,
    units: int = 7,
    outliers: tuple[int, ...] = (),
    target: tuple[DType, float, int] = (DType.INT16, 2e-4, 0),
    activation: str = "NONE",
    bias: bool = True,
    finer: int = 3,
    seed: int = 0,
) -> Graph:
    """QUANTIZE_TOKENS and the layer behind it; the outliers' weights lie on a grid ``2^finer`` times finer."""
    rng = np.random.default_rng(seed)
    scales = rng.uniform(0.001, 0.01, units).astype(np.float32).astype(np.float64)
    unit = SCALE * UNIT * scales * 2.0 ** -max(finer - 6, 0)
    tensors = [
        plain("x", (*leading, depth), DType.INT16, SCALE),
        plain("q", (*leading, depth), DType.INT8, None),
        plain("m", leading, DType.INT16, SCALE * UNIT),
        constant("W", rng.integers(-127, 128, (units, depth)).astype(np.int8), scales),
        plain("y", (*leading, units), *target),
    ]
    if bias:
        tensors.append(constant("b", np.rint(rng.normal(0, 0.5, units) / unit).astype(np.int64)))
    first, second = ["q", "m"], ["q", "W", "b" if bias else None, "m"]
    if outliers:
        tensors.append(plain("o", (*leading, len(outliers)), DType.INT16, SCALE))
        values = rng.integers(-127, 128, (units, len(outliers))).astype(np.int8)
        tensors.append(constant("V", values, scales * 2.0**-finer))
        first.append("o")
        second += ["o", "V"]
    attrs = {"activation": activation, "keep_num_dims": True}
    nodes = (
        Node("tokens", "QUANTIZE_TOKENS", ("x",), tuple(first), {"outliers": outliers}),
        Node("layer", "FULLY_CONNECTED_TOKENS", tuple(second), ("y",), attrs, Rounding.WIDE),
    )
    graph = check(Graph("model", {t.name: t for t in tensors}, nodes, ("x",), ("y",)))
    return read_native(write_native(check_served(graph)), "model")


def static(depth: int, units: int, point: int, wide: bool, seed: int) -> Graph:
    """A layer whose rows have one scale, of int16 or int8 outputs."""
    rng = np.random.default_rng(seed)
    tensors = [
        plain("x", (1, 3, depth), DType.INT8, 0.02, point),
        constant(
            "W", rng.integers(-127, 128, (units, depth)).astype(np.int8), rng.uniform(0.001, 0.01, units).astype("f4")
        ),
        plain("y", (1, 3, units), *((DType.INT16, 3e-4, 0) if wide else (DType.INT8, 0.03, 5))),
    ]
    node = Node("layer", "FULLY_CONNECTED_TOKENS", ("x", "W"), ("y",), {"keep_num_dims": True}, Rounding.WIDE)
    return check_served(check(Graph("model", {t.name: t for t in tensors}, (node,), ("x",), ("y",))))
