"""Token-wise quantization: reference == C, near the real result, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph, Quantization, Rounding
from bitwright.converter.native import write_native
from bitwright.converter.ops.token_wise import prepare
from bitwright.converter.reference import Session
from bitwright.converter.serve import check_served
from bitwright.errors import AccumulatorOverflowError, BitwrightError, ModelError, UnsupportedError
from cbuild import build, call
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from single import few, same, seeds, vectors
from token_layers import SCALE, UNIT, layer, static
from tools import needs_target


def extremes(graph: Graph, seed: int) -> list[list[NDArray[Any]]]:
    """Beside those at both ends and random ones: zeros, a step around zero, one element against all, small rows."""
    shape, rng = graph.tensor("x").shape, np.random.default_rng(seed)
    rows = np.zeros((5, *shape), np.int16)
    rows[1] = rng.integers(-1, 1, shape, endpoint=True)
    rows[2, ..., 0] = -32768
    rows[3, ..., -1], rows[3, ..., 0] = 32767, 1
    rows[4] = rng.normal(0, 1, shape) * rng.choice([3, 30, 300, 3000], (*shape[:-1], 1))
    return [*vectors(graph, seed), *([row] for row in rows)]


def proven(graph: Graph, inputs: list[list[NDArray[Any]]]) -> list[list[NDArray[Any]]]:
    """The reference's outputs, which generated C gives too."""
    session = Session(graph)
    expected = [session.trace(values).outputs for values in inputs]
    library = build(model := model_sources(graph, ["generic"], "model"))
    same(expected, [call(model, library, values) for values in inputs], "generic")
    return expected


@few
@given(
    rows=st.sampled_from([(1,), (4,), (1, 3), (2, 2, 2)]),
    depth=st.integers(1, 90),
    outliers=st.sets(st.integers(0, 89), max_size=4),
    seed=seeds,
)
def test_rows_are_within_half_a_step_of_their_own_scale(
    rows: tuple[int, ...], depth: int, outliers: set[int], seed: int
) -> None:
    aside = tuple(sorted(channel for channel in outliers if channel < depth))
    graph = layer(rows, depth, 1, aside)
    tokens = replace(graph, nodes=graph.nodes[:1], outputs=graph.nodes[0].outputs)
    inputs = extremes(graph, seed)
    for (x,), (q, m, *o) in zip(inputs, proven(tokens, inputs), strict=True):
        rest = x.astype(np.int64)
        rest[..., list(aside)] = 0
        largest = np.abs(rest).max(axis=-1)
        assert q.min() >= -127 and m.min() >= 1
        assert np.array_equal(m, np.maximum(1, np.ceil(64 * largest / 127)))
        error = np.abs(q * m[..., None].astype(np.float64) * UNIT - rest)
        assert np.all(error <= m[..., None] * UNIT * 0.505)
        if aside:
            assert np.array_equal(o[0], x[..., list(aside)])


@few
@given(
    rows=st.sampled_from([(1,), (5,), (1, 3), (2, 2, 2)]),
    depth=st.integers(1, 90),
    units=st.integers(1, 9),
    outliers=st.sets(st.integers(0, 89), max_size=3),
    kind=st.sampled_from([(DType.INT16, 2e-4, 0), (DType.INT8, 0.02, -7)]),
    activation=st.sampled_from(["NONE", "RELU", "RELU6"]),
    bias=st.booleans(),
    finer=st.integers(-4, 9),
    seed=seeds,
)
def test_the_layer_is_the_reference_in_c_and_both_are_near_the_real_result(
    rows: tuple[int, ...],
    depth: int,
    units: int,
    outliers: set[int],
    kind: tuple[DType, float, int],
    activation: str,
    bias: bool,
    finer: int,
    seed: int,
) -> None:
    aside = tuple(sorted(channel for channel in outliers if channel < depth))
    graph = layer(rows, depth, units, aside, kind, activation, bias, finer, seed)
    session, inputs = Session(graph), extremes(graph, seed)
    for values, (y,) in zip(inputs, proven(graph, inputs), strict=True):
        found = session.trace(values).tensors
        wanted = real(graph, found) / kind[1] + kind[2]
        low, high = kind[0].limits
        low = kind[2] if activation != "NONE" else low
        high = min(high, round(6 / kind[1]) + kind[2]) if activation == "RELU6" else high
        # Half a step, and what a multiplier of 16 bits loses on the largest values.
        assert np.abs(y - np.clip(wanted, low, high)).max() <= 0.51 + max(abs(low - kind[2]), high - kind[2]) * 2.0**-15


def real(graph: Graph, found: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """The layer's result from the integers that it reads, in float64."""

    def weights(name: str) -> NDArray[np.float64]:
        tensor = graph.tensor(name)
        assert tensor.quant is not None
        return np.asarray(tensor.value() * np.array(tensor.quant.scale)[:, None], np.float64)

    rows = found["q"] * (found["m"].astype(np.float64) * graph.tensor("m").scale)[..., None]
    result = rows @ weights("W").T
    if "o" in found:
        result = result + found["o"].astype(np.float64) * SCALE @ weights("V").T
    params = prepare(graph, graph.nodes[1])
    quant = graph.tensor("W").quant
    assert quant is not None
    unit = graph.tensor("m").scale * np.array(quant.scale) * 0.5**params.left
    result = result + params.bias * unit
    activation = graph.nodes[1].attrs["activation"]
    return np.asarray(result if activation == "NONE" else np.clip(result, 0, 6 if activation == "RELU6" else None))


@few
@given(depth=st.integers(1, 70), units=st.integers(1, 9), point=st.integers(-128, 127), wide=st.booleans(), seed=seeds)
def test_rows_of_one_scale_give_int16_or_int8(depth: int, units: int, point: int, wide: bool, seed: int) -> None:
    graph = static(depth, units, point, wide, seed)
    inputs = vectors(graph, seed)
    weights, target = graph.tensor("W"), graph.tensor("y")
    assert weights.quant is not None
    for (x,), (y,) in zip(inputs, proven(graph, inputs), strict=True):
        rows = (x.astype(np.float64) - point) * 0.02
        wanted = rows @ (weights.value() * np.array(weights.quant.scale)[:, None]).T / target.scale + target.zero_point
        assert np.abs(y - np.clip(wanted, *target.dtype.limits)).max() <= 1.6


@pytest.mark.parametrize("target", [needs_target(name) for name in ("mps2-an386", "mps3-an547", "qemu-rv32")])
def test_verified_on_emulated_cores(target: str, tmp_path: Path) -> None:
    graphs = [layer(outliers=(0, 9)), layer(depth=33, target=(DType.INT8, 0.02, 3)), static(33, 5, 9, True, 0)]
    for number, graph in enumerate(graphs):
        path = tmp_path / f"model{number}.bwq"
        path.write_bytes(write_native(graph))
        report = bitwright.verify(path, target, vectors=3)
        assert report.bit_exact, report.mismatches[:3]


def altered(graph: Graph, name: str, **changes: Any) -> Graph:
    return replace(graph, tensors={**graph.tensors, name: replace(graph.tensors[name], **changes)})


def test_sums_beyond_48_bits_are_refused() -> None:
    graph = layer(outliers=(1,), finer=3)
    with pytest.raises(AccumulatorOverflowError, match=r"layer \(FULLY_CONNECTED_TOKENS\): .* beyond int48"):
        check_served(altered(graph, "b", data=np.full(7, 2**47, np.int64)))


def test_what_does_not_fit_is_refused() -> None:
    graph = layer(outliers=(1, 4))
    cases: list[tuple[Graph, type[BitwrightError], str]] = [
        (altered(graph, "m", quant=Quantization((1e-3,), (0,))), UnsupportedError, "the unit must be the input's"),
        (altered(graph, "o", quant=Quantization((1e-3,), (0,))), UnsupportedError, "outliers keep the input's grid"),
        (altered(graph, "V", quant=Quantization((1e-3,), (0,))), UnsupportedError, "differ .* by powers of two"),
        (altered(graph, "W", dtype=DType.INT16, data=graph.tensor("W").value().astype(np.int16)), UnsupportedError,
         "weights of type int16"),
        (altered(graph, "m", shape=(2, 4)), ModelError, r"tokens \(QUANTIZE_TOKENS\): computes shapes"),
    ]  # fmt: skip
    for broken, kind, said in cases:
        with pytest.raises(kind, match=said):
            check_served(broken)
    for outliers in ((4, 1), (1, 1), (99,), (-1,), (1.0, 2.0)):
        tokens = replace(graph.nodes[0], attrs={"outliers": outliers})
        with pytest.raises(ModelError, match="channels of its last axis, in ascending order"):
            check_served(replace(graph, nodes=(tokens, graph.nodes[1])))
    double = replace(graph.nodes[1], rounding=Rounding.DOUBLE)
    with pytest.raises(UnsupportedError, match="requantization double"):
        check_served(replace(graph, nodes=(graph.nodes[0], double)))
