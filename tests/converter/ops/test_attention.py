"""ATTENTION: reference == C over shapes, layouts, masks and biases, and within a stated error of the real result."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph
from bitwright.converter.native import read_native, write_native
from bitwright.converter.ops.attending import POWERS, reciprocal
from bitwright.converter.ops.attention import bias_levels, bias_rows, form_of, prepare, visible
from bitwright.converter.reference import Session
from bitwright.errors import BitwrightError
from cbuild import build, call
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from single import activation, constant, few, same, scales, seeds, single, vectors, zero_points
from tools import needs_target


@dataclass(frozen=True)
class Case:
    """One attention; ``spread``: the standard deviation of real scores."""

    dtype: DType = DType.INT8
    heads_first: bool = False
    batch: int = 1
    heads: int = 2
    group: int = 1
    queries: int = 5
    keys: int = 7
    depth: int = 4
    value_depth: int = 4
    spread: float = 2.0
    points: tuple[int, int, int, int] = (3, -5, 7, -11)
    target: float = 0.02
    bias: str = ""
    bias_heads: bool = False
    spans: tuple[int, int, int] | None = None
    seed: int = 0

    def graph(self) -> Graph:
        """The graph, after a trip through its file."""
        wide = self.dtype is DType.INT16
        step = (self.spread / math.sqrt(self.depth)) ** 0.5 * self.depth**0.25 / (18918 if wide else 74)
        points = (0,) * 4 if wide else self.points
        fewer = self.heads // self.group
        sizes = (
            (self.queries, self.heads, self.depth),
            (self.keys, fewer, self.depth),
            (self.keys, fewer, self.value_depth),
        )
        steps = (step, step, 0.02 / (256 if wide else 1))
        inputs = [
            activation(name, self._shape(*size), scale, point, self.dtype)
            for name, size, scale, point in zip("qkv", sizes, steps, points, strict=False)
        ]
        bias = None if not self.bias else constant("bias", bias_levels(self._bias()))
        attrs: dict[str, Any] = {} if self.heads_first else {"heads": self.heads}
        if self.spans is not None:
            attrs |= dict(zip(("before", "after", "offset"), self.spans, strict=True))
        target = activation("y", (), self.target / (256 if wide else 1), points[3], self.dtype)
        return read_native(write_native(single("ATTENTION", [*inputs, bias], [target], attrs)), "model")

    def _shape(self, tokens: int, heads: int, depth: int) -> tuple[int, ...]:
        return (self.batch, heads, tokens, depth) if self.heads_first else (self.batch, tokens, heads * depth)

    def _bias(self) -> NDArray[Any]:
        generator = np.random.default_rng(self.seed)
        size = (self.queries, self.keys) if self.bias == "full" else (self.queries + self.keys - 1,)
        values = generator.normal(0, 3, (self.heads if self.bias_heads else 1, *size))
        if self.bias == "full":
            values[generator.random(values.shape) < 0.3] = -np.inf
            values[..., generator.integers(self.keys)] = 30.0
        return values


cases = st.builds(
    Case,
    dtype=st.sampled_from([DType.INT8, DType.INT8, DType.INT16]),
    heads_first=st.booleans(),
    batch=st.integers(1, 2),
    heads=st.sampled_from([1, 2, 4]),
    group=st.sampled_from([1, 1, 2]),
    queries=st.integers(1, 9),
    keys=st.integers(1, 40),
    depth=st.integers(1, 17),
    value_depth=st.integers(1, 17),
    spread=st.sampled_from([0.0001, 0.3, 2.0, 10.0, 200.0]),
    points=st.tuples(zero_points, zero_points, zero_points, zero_points),
    target=scales(0.005, 0.1),
    bias=st.sampled_from(["", "", "full", "distance"]),
    bias_heads=st.booleans(),
    seed=seeds,
).map(lambda case: replace(case, group=min(case.group, case.heads)))


def real(graph: Graph, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    """The result in the output's steps, in float64 from the integers' real values, before rounding."""
    node = graph.nodes[0]
    form = form_of(graph, node)
    values = [
        (x.astype(np.float64) - graph.input(node, i).zero_point) * graph.input(node, i).scale
        for i, x in enumerate(inputs)
    ]
    heads = (form.heads, form.heads // form.group, form.heads // form.group)
    if not form.heads_first:
        values = [v.reshape(*v.shape[:2], n, -1).swapaxes(1, 2) for v, n in zip(values, heads, strict=True)]
    q, k, v = (np.repeat(v, form.heads // n, axis=1) for v, n in zip(values, heads, strict=True))
    scores = q @ k.swapaxes(-1, -2) * node.attrs.get("scale", 1 / math.sqrt(form.depth))
    most = form.keys + form.queries
    shown = visible(
        form, *(node.attrs.get(name, by) for name, by in (("before", most), ("after", most), ("offset", 0)))
    )
    bias = graph.optional_input(node, 3)
    if bias is not None:
        rows = bias_rows(bias.value(), form)
        shown = shown & (rows != -(2**31))
        scores = scores + rows * 2.0**-16
    scores = np.where(shown, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result = weights / weights.sum(axis=-1, keepdims=True) @ v
    if not form.heads_first:
        result = result.swapaxes(1, 2).reshape(len(result), form.queries, -1)
    target = graph.output(node)
    return np.asarray(result / target.scale + target.zero_point)


def bound(graph: Graph) -> float:
    """What docs/arithmetic.md says: half a step of the output, half a step of each weight, and their exponents."""
    params, value = prepare(graph, graph.nodes[0]), graph.tensor("v")
    span = (value.dtype.limits[1] - value.dtype.limits[0]) * value.scale / graph.tensor("y").scale
    return 0.51 + span * (params.form.keys * 0.5 / params.weighing.largest + 2.0**-13)


def proven(graph: Graph, seed: int) -> None:
    """C is the reference, and both are near the real result."""
    inputs = vectors(graph, seed)
    session = Session(graph)
    expected = [session.trace(values).outputs for values in inputs]
    library = build(model := model_sources(graph, ["generic"], "model"))
    same(expected, [call(model, library, values) for values in inputs], "generic")
    low, high = graph.tensor("y").dtype.limits
    for values, (y,) in zip(inputs, expected, strict=True):
        assert np.abs(y - np.clip(real(graph, values), low, high)).max() <= bound(graph)


@few
@given(case=cases)
def test_c_is_the_reference_and_both_are_near_the_real_result(case: Case) -> None:
    proven(case.graph(), case.seed)


@pytest.mark.parametrize("spans", [(40, 0, 0), (2, 0, 0), (2, 3, 0), (3, 0, 2), (100, 100, -2)])
@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16])
def test_masks_by_distance(spans: tuple[int, int, int], dtype: DType) -> None:
    proven(Case(dtype, keys=9, queries=6, spans=spans, bias="distance", bias_heads=True).graph(), 1)


def test_a_causal_row_does_not_see_later_tokens() -> None:
    graph = Case(queries=6, keys=6, spans=(6, 0, 0)).graph()
    q, k, v = vectors(graph, 0)[3]
    before = Session(graph).trace([q, k, v]).outputs[0]
    k[:, 4:], v[:, 4:] = 17, 99
    after = Session(graph).trace([q, k, v]).outputs[0]
    assert np.array_equal(before[:, :4], after[:, :4]) and not np.array_equal(before, after)


@pytest.mark.parametrize(
    ("dtype", "keys"), [(DType.INT8, 512), (DType.INT8, 513), (DType.INT8, 4096), (DType.INT16, 4096)]
)
def test_long_rows_at_full_scale(dtype: DType, keys: int) -> None:
    """Equal scores, so that every weight is the largest, and values at an end: the sums' bounds, reached."""
    proven(Case(dtype, heads=1, queries=1, keys=keys, depth=2, value_depth=2, points=(0, 0, -128, 0)).graph(), 2)


def test_weights_are_as_near_as_stated() -> None:
    """The table with its lines: within 2^-14 of 2^-f everywhere."""
    exponent = np.arange(1 << 16)
    line, along = exponent >> 10, exponent & 1023
    entry = POWERS[line] - ((POWERS[line] - POWERS[line + 1]) * along + 512 >> 10)
    assert np.abs(entry / (65534 * 2.0 ** (-exponent / 65536)) - 1).max() < 2.0**-14


def test_the_reciprocal_is_as_near_as_stated() -> None:
    random = np.random.default_rng(0).integers(1, 2**32, 1 << 20)
    ends = np.array([(1 << b) + by for b in range(1, 33) for by in (-1, 0, 1)])
    total = np.concatenate([random, np.arange(1, 1 << 17), ends[ends < 2**32]])
    factor, zeros = reciprocal(total)
    assert factor.min() >= 2**29 and factor.max() <= 2**30
    assert np.abs(factor * 2.0 ** (zeros - 61.0) * total - 1).max() < 2.0**-28


@pytest.mark.parametrize("target", [needs_target(name) for name in ("host", "mps2-an386", "qemu-rv32")])
def test_verified_on_emulated_cores(target: str, tmp_path: Path) -> None:
    for dtype in (DType.INT8, DType.INT16):
        path = tmp_path / f"{dtype.value}.bwq"
        case = Case(dtype, heads=2, queries=9, keys=9, depth=8, value_depth=8, spans=(5, 0, 0), bias="distance")
        path.write_bytes(write_native(case.graph()))
        report = bitwright.verify(path, target, vectors=3)
        assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize(
    ("case", "attrs", "said"),
    [
        (Case(keys=4097), {}, "rows of 4097 keys"),
        (Case(), {"heads": 3}, "do not fit"),
        (Case(), {"heads": 0}, "0 heads"),
        (Case(), {"scale": -1.0}, "a scale of -1.0"),
        (Case(), {"before": 1, "after": 0, "offset": -3}, "query 0 sees no key"),
        (Case(), {"after": "all"}, "attribute 'after' of 'all'"),
        (Case(target=1e-12), {}, "int32"),
    ],
)
def test_refused(case: Case, attrs: dict[str, Any], said: str) -> None:
    with pytest.raises(BitwrightError, match=said):
        graph = case.graph()
        node = graph.nodes[0]
        Session(graph.with_nodes((replace(node, attrs={**node.attrs, **attrs}),)))
