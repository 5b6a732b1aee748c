"""WINDOW_STATISTICS: reference == C, near the float features, through the model file."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.fixedpoint import isqrt
from bitwright.converter.float_reference import run_node
from bitwright.converter.ir import DType, Graph
from bitwright.converter.native import read_native, write_native
from bitwright.converter.ops.window_statistics import FEATURES
from bitwright.converter.reference import Session
from bitwright.errors import BitwrightError
from cbuild import build, call
from hypothesis import given
from hypothesis import strategies as st
from single import activation, few, same, seeds, single, vectors


def window(samples: int, axes: int, features: Any = FEATURES, scale: float = 0.001, target: float = 0.3) -> Graph:
    source = activation("x", (1, samples, axes), scale, dtype=DType.INT16)
    return single("WINDOW_STATISTICS", [source], [activation("y", (), target, -7)], {"features": features})


@few
@given(
    samples=st.integers(2, 300),
    axes=st.integers(1, 7),
    features=st.permutations(FEATURES).flatmap(lambda names: st.integers(1, 6).map(lambda n: tuple(names[:n]))),
    dtype=st.sampled_from([DType.INT8, DType.INT16]),
    seed=seeds,
)
def test_c_is_the_reference(samples: int, axes: int, features: tuple[str, ...], dtype: DType, seed: int) -> None:
    graph = window(samples, axes, features)
    output = replace(graph.tensor("y"), dtype=dtype)
    graph = read_native(write_native(replace(graph, tensors={**graph.tensors, "y": output})), "model")
    session = Session(graph)
    inputs = vectors(graph, seed)
    library_inputs = build(model := model_sources(graph, ["generic"], "model"))
    expected = [session.trace(values).outputs for values in inputs]
    same(expected, [call(model, library_inputs, values) for values in inputs], "generic")


def test_the_longest_window_at_full_scale() -> None:
    graph = window(4096, 1, scale=1.0, target=1000.0)
    session, model = Session(graph), model_sources(graph, ["generic"], "model")
    inputs = vectors(graph, 0)
    expected = [session.trace(values).outputs for values in inputs]
    same(expected, [call(model, build(model), values) for values in inputs], "generic")
    # The lowest values throughout: mean, deviation, rms, minimum, maximum, range, in steps of 1000, zero point -7.
    assert expected[0][0].tolist() == [[-40, -7, 26, -40, -40, -7]]


@few
@given(samples=st.integers(2, 200), axes=st.integers(1, 3), seed=seeds)
def test_near_the_float_features(samples: int, axes: int, seed: int) -> None:
    scale, target = 0.0005, 0.2
    graph = window(samples, axes, scale=scale, target=target)
    x = np.random.default_rng(seed).integers(-30000, 30000, (1, samples, axes)).astype(np.int16)
    real = run_node(graph, graph.nodes[0], [x * np.float32(scale)])[0]
    got = (Session(graph).trace([x]).outputs[0].astype(np.float64) + 7) * target
    assert np.abs(got - np.clip(real, (-128 + 7) * target, (127 + 7) * target)).max() <= 0.51 * target


@given(st.integers(0, 2**61))
def test_integer_square_root(value: int) -> None:
    assert isqrt(np.array([value], np.int64))[0] == math.isqrt(value)


@pytest.mark.parametrize(
    ("samples", "features", "said"),
    [
        (1, FEATURES, "a window of 1 samples"),
        (4097, FEATURES, "a window of 4097 samples"),
        (8, ("mean", "mean"), "each once"),
        (8, ("median",), "must name some of mean"),
        (8, "mean", "must name some of mean"),
        (8, (), "must name some of mean"),
    ],
)
def test_refused(samples: int, features: Any, said: str) -> None:
    with pytest.raises(BitwrightError, match=said):
        model_sources(window(samples, 2, features), ["generic"], "model")
