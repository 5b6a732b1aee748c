"""LAYER_NORM and RMS_NORM: reference == C, within a stated error of the real result, statistics exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.converter.ir import DType, Graph
from bitwright.converter.native import write_native
from bitwright.converter.ops.normalization import MOST_ELEMENTS, prepare, reciprocal_root
from bitwright.converter.reference import Session
from bitwright.errors import BitwrightError
from hypothesis import given
from hypothesis import strategies as st
from norms import agreed, gained, norm
from numpy.typing import NDArray
from single import few, scales, seeds, zero_points
from tools import needs_target

kinds = st.sampled_from(["LAYER_NORM", "RMS_NORM"])
types = st.sampled_from([DType.INT8, DType.INT16])


def real(graph: Graph, x: NDArray[Any]) -> NDArray[np.float64]:
    """The result in the output's steps, in float64 from the integers' real values, before rounding."""
    node, source = graph.nodes[0], graph.tensor("x")
    values = (x.astype(np.float64) - source.zero_point) * source.scale
    if node.op == "LAYER_NORM":
        values = values - values.mean(axis=-1, keepdims=True)
    power = (values**2).mean(axis=-1, keepdims=True) + node.attrs["epsilon"]
    return gained(graph, values / np.sqrt(np.where(power > 0, power, 1)))


def agree(graph: Graph, seed: int) -> None:
    for x, y in agreed(graph, seed):
        # Half a step is the requantization's own.
        assert np.abs(y - np.clip(real(graph, x), *graph.tensor("x").dtype.limits)).max() <= 0.51


@few
@given(
    op=kinds,
    dtype=types,
    shape=st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 300)),
    scale=scales(1e-3),
    target=scales(0.01),
    points=st.tuples(zero_points, zero_points),
    epsilon=st.sampled_from([0.0, 1e-12, 1e-5, 1.0]),
    parameters=st.sampled_from(["gain and bias", "gain", "bias", ""]),
    seed=seeds,
)
def test_c_is_the_reference_and_both_are_near_the_real_result(
    op: str,
    dtype: DType,
    shape: tuple[int, ...],
    scale: float,
    target: float,
    points: tuple[int, int],
    epsilon: float,
    parameters: str,
    seed: int,
) -> None:
    agree(norm(op, shape, dtype, scale, points, target, seed, parameters, epsilon=epsilon), seed)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
@pytest.mark.parametrize("op", ["LAYER_NORM", "RMS_NORM"])
def test_the_longest_row_at_full_scale(op: str, dtype: DType) -> None:
    """The accumulators' bounds, reached: the furthest zero point, the greatest variance, one element against all."""
    agree(norm(op, (1, MOST_ELEMENTS), dtype, points=(-128, 0), target=0.5, epsilon=1e-5), 0)


def test_rows_without_variance_are_the_bias() -> None:
    graph = norm("LAYER_NORM", (2, 8), parameters="bias", epsilon=0.0)
    bias = graph.tensor("bias")
    wanted = np.rint(bias.value() * bias.scale / graph.tensor("y").scale) + graph.tensor("y").zero_point
    got = Session(graph).trace([np.full((2, 8), 77, np.int8)]).outputs[0]
    assert np.array_equal(got, np.broadcast_to(wanted, (2, 8)))


def test_the_reciprocal_root_is_as_near_as_stated() -> None:
    """Every value of 16 leading bits that the scaling leaves, the ends of the others, and random ones."""
    leading = np.arange(1 << 14, 1 << 16, dtype=np.int64) << 46
    ends = np.array([(1 << bits) + by for bits in range(62) for by in (-1, 0, 1)], np.int64)
    random = np.random.default_rng(0).integers(1, 1 << 62, 1 << 20)
    values = np.concatenate([leading, leading + (1 << 46) - 1, ends[(ends > 0)], random])
    root, exponent = reciprocal_root(values)
    assert root.max() < 1 << 31
    exact = 1 / np.sqrt(values.astype(np.longdouble))
    error = np.abs(root * np.longdouble(2) ** (exponent - 61) / exact - 1)
    assert error.max() < 2.0**-29.8


@pytest.mark.parametrize("target", [needs_target(name) for name in ("host", "mps2-an386", "qemu-rv32")])
def test_verified_on_emulated_cores(target: str, tmp_path: Path) -> None:
    """Products of 64 bits, shifts by run-time amounts and int64 constants on cores of 32 bits."""
    for op in ("LAYER_NORM", "RMS_NORM"):
        for dtype in (DType.INT8, DType.INT16):
            path = tmp_path / f"{op.lower()}_{dtype.value}.bwq"
            path.write_bytes(write_native(norm(op, (2, 3, 33), dtype)))
            report = bitwright.verify(path, target, vectors=3)
            assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shape": (1, MOST_ELEMENTS + 1)}, "rows of 16385 elements"),
        ({"epsilon": -1.0}, "an epsilon of -1.0"),
        ({"epsilon": float("nan")}, "an epsilon of nan"),
        ({"scale": 1e-20}, "the input's scale is too small"),
        ({"target": 1e-12}, "the output's scale is too small"),
    ],
)
def test_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BitwrightError, match=said):
        graph = norm(**{"op": "LAYER_NORM", "shape": (1, 8), **change})
        prepare(graph, graph.nodes[0])
