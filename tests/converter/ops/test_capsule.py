"""SQUASH, CAPSULE_ROUTING and CAPSULE_LENGTH in both arithmetics: reference == C, and how near the real result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bitwright.codegen.kernels import candidates
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import Graph
from bitwright.converter.ops import OPERATORS
from bitwright.converter.ops.capsule import float_routing, float_squash
from bitwright.converter.ops.capsule_affine import Routing, couplings, power_of_half, prepare_routing
from bitwright.converter.ops.capsule_q7 import RoutingQ7, divided, softmax
from bitwright.converter.reference import Session
from bitwright.errors import AccumulatorOverflowError, BitwrightError
from capsules import extremes, length, published, routing, squash
from cbuild import build, call
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from single import same, scales, seeds, together, vectors, zero_points

#: Every example compiles the C of every instruction set.
few = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
ISAS = (["generic"], ["armv7em", "generic"], ["rv32", "generic"])
Q7 = {"scale": 2.0**-7, "target": 2.0**-7, "points": (0, 0)}
KERNELS = ("kept", "recomputed")


def proven(
    graph: Graph, inputs: list[list[NDArray[Any]]], isas: Any = ISAS, kernel: str | None = None
) -> list[list[NDArray[Any]]]:
    """The reference's outputs, which every instruction set's C gives too."""
    session = Session(graph)
    expected = [session.trace(values).outputs for values in inputs]
    choices = {node.name: kernel for node in graph.nodes if kernel is not None}
    for isa in isas:
        library = build(model := model_sources(graph, isa, "model", choices))
        same(expected, [call(model, library, values) for values in inputs], f"{isa[0]} {kernel}")
    return expected


def real(graph: Graph, name: str, values: NDArray[Any]) -> NDArray[np.float64]:
    """Integers of a tensor as the values that they stand for."""
    tensor = graph.tensor(name)
    return np.asarray((values.astype(np.float64) - tensor.zero_point) * tensor.scale)


@pytest.mark.parametrize(("scale", "target"), [(8.0, 2.0**-23), (2.0**-4, 2.0**-23), (1.0, 2.0**-19), (1e-4, 1.0)])
def test_squash_of_far_apart_scales(scale: float, target: float) -> None:
    """All but zeros saturate; of none is anything left."""
    graph = squash((4, 3), scale, target)
    outputs = proven(graph, extremes(graph, 0))
    values = np.concatenate([output.ravel() for one in outputs for output in one])
    assert set(values) <= ({-128, -5, 127} if target < 1 else {-5})


@few
@given(
    shape=st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 33)),
    scale=scales(1e-4, 8.0),
    target=scales(0.004, 0.02),
    points=st.tuples(zero_points, zero_points),
    seed=seeds,
)
def test_squash_and_length(
    shape: tuple[int, ...], scale: float, target: float, points: tuple[int, int], seed: int
) -> None:
    """Within a hundredth of a step of the real result before it is rounded."""
    graph = squash(shape, scale, target, points)
    inputs = extremes(graph, seed)
    for (x,), (y,) in zip(inputs, proven(graph, inputs, ISAS[:1]), strict=True):
        wanted = float_squash(real(graph, "x", x)) / target + points[1]
        assert np.abs(y - np.clip(wanted, -128, 127)).max() <= 0.51
    graph = length(shape, scale, scale * 1.5, points)
    for (x,), (y,) in zip(inputs, proven(graph, inputs, ISAS[:1]), strict=True):
        wanted = np.sqrt((real(graph, "x", x) ** 2).sum(axis=-1)) / graph.tensor("y").scale + points[1]
        assert np.abs(y - np.clip(wanted, -128, 127)).max() <= 0.51


@few
@given(
    sizes=st.tuples(st.integers(1, 12), st.integers(1, 17), st.integers(1, 7), st.integers(1, 17)),
    batch=st.integers(1, 2),
    iterations=st.integers(1, 5),
    scale=scales(1e-3, 0.1),
    weight_scale=scales(1e-4, 0.05),
    points=st.tuples(zero_points, zero_points),
    kernel=st.sampled_from(KERNELS),
    seed=seeds,
)
def test_routing(
    sizes: tuple[int, int, int, int],
    batch: int,
    iterations: int,
    scale: float,
    weight_scale: float,
    points: tuple[int, int],
    kernel: str,
    seed: int,
) -> None:
    """Zero vectors, saturation, one to five iterations, each instruction set's inner loops, kept or not."""
    graph = routing(sizes, iterations, batch, scale, weight_scale, 1 / 100, points, seed)
    proven(graph, extremes(graph, seed), kernel=kernel)


@pytest.mark.parametrize("target", [0.01, 2.0**-23])
@pytest.mark.parametrize(("largest", "iterations"), [(20, 4), (64, 2), (90, 2), (127, 2)])
def test_routing_of_large_scales(largest: int, iterations: int, target: float) -> None:
    """Agreements and sums that kernels shift to the left, up to the largest ones."""
    weights = np.full((2, 2, 1, 1), largest, np.int8)
    weights[1] = -largest
    graph = routing((2, 1, 2, 1), iterations, weight_scale=50000.0, target=target, points=(-128, 0), weights=weights)
    assert prepare_routing(graph, graph.nodes[0]).octave_shift.max() > -2
    proven(graph, extremes(graph, 0))


@pytest.mark.parametrize("iterations", [1, 2, 3, 4, 5])
def test_routing_is_near_the_real_result(iterations: int) -> None:
    """Of the same integers' real values in float64: half a step is the output's own rounding."""
    graph = routing((32, 8, 10, 16), iterations, scale=1 / 128, weight_scale=0.004, target=1 / 300, seed=iterations)
    weights = graph.tensor("w")
    assert weights.quant is not None
    matrices = weights.value() * np.asarray(weights.quant.scale).reshape(-1, 1, 1, 1)
    session, worst = Session(graph), 0.0
    for (x,) in vectors(graph, 3, random=8):
        (y,) = session.trace([x]).outputs
        predictions = np.einsum("jidk,nik->nijd", matrices, real(graph, "x", x))
        wanted = list(float_routing(predictions, iterations))[-1].outputs / graph.tensor("y").scale - 5
        worst = max(worst, float(np.abs(y - np.clip(wanted, -128, 127)).max()))
    assert worst < 0.6


def test_the_softmax_is_as_near_as_stated() -> None:
    """Every power of the table's domain, and couplings that add up to one."""
    octaves = np.arange(20 << 16, dtype=np.int64)
    error = power_of_half(octaves, 16) / 65536 - 2.0 ** (-octaves / 65536)
    assert np.abs(error).max() < 2.0**-17 + 2.0**-18
    assert power_of_half(np.array([0]), 16)[0] == 65536
    logits = np.random.default_rng(0).integers(-(8 << 16), 8 << 16, (200, 10))
    c = couplings(logits, 16) / 32768
    powers = 2.0 ** (logits / 65536.0)
    assert np.abs(c - powers / powers.sum(axis=1, keepdims=True)).max() < 2.0**-14
    assert np.abs(c.sum(axis=1) - 1).max() <= 10 * 2.0**-16


def test_both_kernels_are_offered_and_one_takes_little_scratch() -> None:
    """All predictions in scratch, or those of one input capsule."""
    graph = routing((64, 8, 10, 16))
    params = prepare_routing(graph, graph.nodes[0])
    calls = {c.kernel: c.call for c in candidates(graph, graph.nodes[0], params, ["armv7em", "generic"])}
    assert set(calls) == set(KERNELS)
    kept, recomputed = (int(calls[name].scratch or 0) for name in KERNELS)
    assert kept - recomputed == 2 * 63 * 160 and recomputed < 1400
    assert next(iter(calls)) == "recomputed"  # what is taken unless something else is asked for


@few
@given(
    sizes=st.tuples(st.integers(1, 12), st.integers(1, 9), st.integers(1, 11), st.integers(1, 9)),
    batch=st.integers(1, 2),
    iterations=st.integers(1, 5),
    predictions=st.integers(4, 9),
    sums=st.integers(2, 9),
    aligned=st.booleans(),
    kernel=st.sampled_from(KERNELS),
    seed=seeds,
)
def test_paper_q7(
    sizes: tuple[int, int, int, int],
    batch: int,
    iterations: int,
    predictions: int,
    sums: int,
    aligned: bool,
    kernel: str,
    seed: int,
) -> None:
    """Formats on either side of each other, so that every shift is also negative somewhere."""
    formats = published(iterations, predictions=predictions, sums=(sums,) * iterations, aligned=aligned)
    graph = routing(sizes, iterations, batch, weight_scale=2.0**-7, seed=seed, **{**Q7, **formats})
    proven(graph, extremes(graph, seed), kernel=kernel)


@pytest.mark.parametrize(("source", "target"), [(5, 7), (8, 6), (0, 7), (12, 4)])
def test_squash_and_length_in_paper_q7(source: int, target: int) -> None:
    graphs = [
        squash((1, 9, 8), 2.0**-source, 2.0**-target, (0, 0), arithmetic="paper_q7"),
        length((1, 9, 8), 2.0**-source, 2.0**-source, (0, 0), arithmetic="paper_q7"),
    ]
    graph = together(graphs)
    proven(graph, [[x, x] for (x,) in extremes(graphs[0], 1)], ISAS[:1])


def test_the_papers_integers() -> None:
    """What its published code computes, worked out by hand; methods that its text leaves open are stated."""
    zeros = np.zeros(31, np.int64)
    assert softmax(np.array([8, *zeros[:9]]))[0] == 119  # of 128, where the exact coupling of 8 / 32 is 16
    assert softmax(np.zeros(10, np.int64)).tolist() == [12] * 10  # which add up to 120 of 128
    assert divided(np.array([-7, 7, -8]), 2).tolist() == [-1, 1, -2]  # towards zero
    assert divided(np.array([-7]), -2).tolist() == [-28]
    graph = squash((1, 1, 4), 2.0**-5, 2.0**-7, (0, 0), arithmetic="paper_q7")
    (y,) = Session(graph).trace([np.array([[[30, -40, 0, 0]]], np.int8)]).outputs
    # N = 2500, root 50, times 2^2: 30 * 200 / ((2500 >> 5) + 32) = 6000 / 110
    assert y.reshape(-1).tolist() == [54, -72, 0, 0]
    (y,) = Session(graph).trace([np.zeros((1, 1, 4), np.int8)]).outputs
    assert not y.any()


def test_zero_vectors_stay_zero() -> None:
    for graph in (routing(points=(3, -5)), routing(weight_scale=2.0**-7, **{**Q7, **published(3)})):
        x, y = graph.tensor("x"), graph.tensor("y")
        (got,) = Session(graph).trace([np.full(x.shape, x.zero_point, np.int8)]).outputs
        assert np.all(got == y.zero_point)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"iterations": 0}, "0 routing iterations"),
        ({"iterations": 17}, "17 routing iterations"),
        ({"iterations": 2.5}, "2.5 routing iterations"),
        ({"arithmetic": "float"}, "arithmetic 'float'"),
        ({"weight_scale": 1e9}, "too large for capsules"),
        ({"scale": 1e-20}, "too small"),
        ({"arithmetic": "paper_q7"}, "recipe paper-q7"),
        (published(3) | Q7 | {"weight_scale": 2.0**-7, "sums": (6, 5)}, "'sums' must hold 3"),
        (published(3) | Q7 | {"weight_scale": 2.0**-7, "squashed": (7, 7, 6)}, "the output's scale"),
        (published(3) | Q7 | {"weight_scale": 2.0**-7, "sums": (0, 0, 0), "squashed": (24, 24, 7)}, "beyond int32"),
    ],
)
def test_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BitwrightError, match=said):
        graph = routing(**change)
        OPERATORS["CAPSULE_ROUTING"].prepare(graph, graph.nodes[0])


def test_a_sum_beyond_int32_is_an_error_that_names_the_node() -> None:
    weights = np.full((1, 1, 1, 1024), 127, np.int8)
    graph = routing((1, 1024, 1, 1), weights=weights, points=(127, 0))
    assert isinstance(prepare_routing(graph, graph.nodes[0]), Routing)  # 1024 elements of 255 * 127 fit
    formats = published(1, predictions=23, sums=(7,))
    node = routing((1, 1024, 1, 1), 1, weights=weights, weight_scale=2.0**-7, **{**Q7, **formats})
    with pytest.raises(AccumulatorOverflowError, match="node"):
        OPERATORS["CAPSULE_ROUTING"].prepare(node, node.nodes[0])


def test_weights_that_do_not_fit() -> None:
    graph = routing((9, 4, 5, 6))
    tensors = dict(graph.tensors)
    tensors["w"] = replace(tensors["w"], shape=(5, 9, 4, 6), data=tensors["w"].value().reshape(5, 9, 4, 6))
    with pytest.raises(BitwrightError, match=r"must be \[capsules, inputs, dim, depth\]"):
        OPERATORS["CAPSULE_ROUTING"].shapes(replace(graph, tensors=tensors), graph.nodes[0])


def test_params_of_both_arithmetics_count_their_work() -> None:
    graph = routing((9, 4, 5, 6), 3)
    assert OPERATORS["CAPSULE_ROUTING"].macs(graph, graph.nodes[0]) == 9 * 5 * 6 * (4 + 5)
    q7 = routing((9, 4, 5, 6), 3, weight_scale=2.0**-7, **{**Q7, **published(3)})
    params = OPERATORS["CAPSULE_ROUTING"].prepare(q7, q7.nodes[0])
    assert isinstance(params, RoutingQ7) and [step.logits for step in params.steps] == [7, 6, 0]
