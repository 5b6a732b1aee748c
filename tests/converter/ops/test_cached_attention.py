"""CACHED_ATTENTION: reference == C, token by token == the whole sequence over many turns of the ring, near the float
layer at every number of bits."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph, Variable
from bitwright.converter.native import read_native, write_native
from bitwright.converter.ops.cached_attention import float_reference, packed, state_forms, unpacked
from bitwright.converter.reference import Session
from bitwright.errors import BitwrightError
from cbuild import build, call
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from single import activation, few, same, seeds, single, vectors, zero_points
from tools import needs_target


@dataclass(frozen=True)
class Case:
    """One layer; ``stateful``: its ring is kept."""

    dtype: DType = DType.INT16
    tokens: int = 1
    heads: int = 2
    depth: int = 4
    value_depth: int = 4
    context: int = 5
    bits: int = 8
    past_only: bool = True
    alibi: bool = True
    stateful: bool = True
    points: tuple[int, int, int, int] = (3, -5, 7, -11)

    def graph(self) -> Graph:
        """The graph, after a trip through its file."""
        wide = self.dtype is DType.INT16
        points = (0,) * 4 if wide else self.points
        scale = 0.03 / (256 if wide else 1)
        widths = (self.depth, self.depth, self.value_depth)
        inputs = [
            activation(name, (1, self.tokens, self.heads * width), scale, point, self.dtype)
            for name, width, point in zip("qkv", widths, points, strict=False)
        ]
        slopes = tuple(2.0 ** -(1 + head) for head in range(self.heads)) if self.alibi else ()
        attrs: dict[str, Any] = {"heads": self.heads, "context": self.context, "slopes": slopes, "bits": self.bits}
        attrs["past_only"] = self.past_only
        graph = single("CACHED_ATTENTION", inputs, [activation("y", (), scale, points[3], self.dtype)], attrs)
        if self.stateful:
            forms = state_forms(self.context, self.heads, self.depth, self.value_depth, self.bits)
            states = {f"s{i}": Variable(f"s{i}", np.zeros(shape, kind.numpy)) for i, (kind, shape) in enumerate(forms)}
            node = replace(graph.nodes[0], attrs={**graph.nodes[0].attrs, "states": tuple(states)})
            graph = replace(graph, nodes=(node,), variables=states)
        return read_native(write_native(graph), "model")


cases = st.builds(
    Case,
    dtype=st.sampled_from([DType.INT16, DType.INT8]),
    tokens=st.integers(1, 3),
    heads=st.integers(1, 3),
    depth=st.sampled_from([2, 4, 6, 16]),
    value_depth=st.sampled_from([2, 4, 8]),
    context=st.integers(1, 9),
    bits=st.sampled_from([4, 8, 16]),
    past_only=st.booleans(),
    alibi=st.booleans(),
    stateful=st.booleans(),
    points=st.tuples(zero_points, zero_points, zero_points, zero_points),
).map(lambda case: replace(case, bits=8) if case.bits == 16 and case.dtype is DType.INT8 else case)


def sequence(case: Case, tokens: int, seed: int) -> list[NDArray[Any]]:
    """Normal queries, keys and values, some tokens of them quiet and some at full scale."""
    rng = np.random.default_rng(seed)
    low, high = case.dtype.limits
    loudness = rng.choice([0.0, 0.02, 0.2, 1.0], (1, tokens, 1))
    widths = (case.depth, case.depth, case.value_depth)
    values = [rng.normal(0, 0.4 * high, (1, tokens, case.heads * width)) * loudness for width in widths]
    return [np.clip(np.rint(v), low, high).astype(case.dtype.numpy) for v in values]


def parts(values: list[NDArray[Any]], size: int) -> list[list[NDArray[Any]]]:
    """A sequence in steps."""
    return [[v[:, i : i + size] for v in values] for i in range(0, values[0].shape[1], size)]


@few
@given(case=cases, seed=seeds)
def test_c_is_the_reference(case: Case, seed: int) -> None:
    """Extremes, then a sequence that goes around the ring."""
    graph = case.graph()
    inputs = vectors(graph, seed) + parts(sequence(case, 12 * case.tokens, seed), case.tokens)
    session = Session(graph)
    expected = [session.trace(values).outputs for values in inputs]
    library = build(model := model_sources(graph, ["generic"], "model"))
    same(expected, [call(model, library, values) for values in inputs], "generic")


@pytest.mark.parametrize("past_only", [True, False])
@pytest.mark.parametrize(("dtype", "bits"), [(DType.INT16, 16), (DType.INT16, 8), (DType.INT16, 4), (DType.INT8, 4)])
def test_token_by_token_is_the_whole_sequence(dtype: DType, bits: int, past_only: bool) -> None:
    """520 tokens, 74 turns of the ring: the reference and the C, both ways."""
    case = Case(dtype, heads=2, depth=6, value_depth=6, context=7, bits=bits, past_only=past_only)
    one, whole = case.graph(), replace(case, tokens=520, stateful=False).graph()
    values = sequence(case, 520, 4)
    session = Session(one)
    steps = [session.trace(step).outputs[0] for step in parts(values, 1)]
    (at_once,) = Session(whole).trace(values).outputs
    assert np.array_equal(np.concatenate(steps, axis=1), at_once)
    library = build(model := model_sources(one, ["generic"], "model"))
    same([[step] for step in steps], [call(model, library, step) for step in parts(values, 1)], "stepped C")
    model = model_sources(whole, ["generic"], "model")
    same([[at_once]], [call(model, build(model), values)], "whole C")
    assert session.state["s3"].tolist() == [520 % 7, 7]


#: Largest and mean error against float64, in percent of the values' full scale.
ERRORS = {16: (0.05, 0.005), 8: (1.5, 0.08), 4: (25.0, 1.5)}


@pytest.mark.parametrize("bits", sorted(ERRORS))
def test_error_against_the_float_layer(bits: int) -> None:
    case = Case(heads=2, depth=16, value_depth=16, context=32, tokens=200, bits=bits, stateful=False)
    graph = case.graph()
    values = sequence(case, 200, 1)
    (got,) = Session(graph).trace(values).outputs
    real = [v.astype(np.float64) * graph.tensor(name).scale for v, name in zip(values, "qkv", strict=True)]
    (wanted,) = float_reference(graph, graph.nodes[0], real)
    scale = graph.tensor("y").scale
    error = (
        100 * np.abs(got * scale - np.clip(wanted, -32768 * scale, 32767 * scale)) / (32767 * graph.tensor("v").scale)
    )
    assert error.max() < ERRORS[bits][0] and error.mean() < ERRORS[bits][1], (error.max(), error.mean())


def test_past_only_leaves_the_present_token_whole() -> None:
    """The first token sees itself alone: its value passes as it is, or as the ring would hold it."""
    values = sequence(Case(depth=16, value_depth=16), 8, 3)
    loudest = int(np.abs(values[2].astype(int)).sum(axis=(0, 2)).argmax())
    outputs = []
    for past_only in (True, False):
        graph = Case(depth=16, value_depth=16, bits=4, past_only=past_only).graph()
        outputs.append(Session(graph).trace([v[:, loudest : loudest + 1] for v in values]).outputs[0].astype(int))
    wanted = values[2][:, loudest : loudest + 1].astype(int)
    assert np.abs(outputs[0] - wanted).max() <= 1
    step = np.abs(wanted).reshape(2, -1).max(axis=1).repeat(16) / 7
    error = np.abs(outputs[1] - wanted).reshape(-1)
    assert error.max() > 10 and np.all(error <= step / 2 + 2)


def test_nibbles() -> None:
    every = np.arange(-7, 8).repeat(16)[:240].reshape(-1, 2)
    assert np.array_equal(unpacked(4, packed(4, every.reshape(-1))), every.reshape(-1))


def test_the_ring_takes_what_it_says() -> None:
    """4 bits: a quarter of int16's bytes, and two scales for each token and head."""
    sizes = {}
    for bits in (4, 8, 16):
        forms = state_forms(64, 4, 24, 24, bits)
        sizes[bits] = [kind.bytes * math.prod(shape) for kind, shape in forms]
    assert sum(sizes[16][:2]) == 64 * 2 * 96 * 2
    assert sum(sizes[4][:2]) * 4 == sum(sizes[8][:2]) * 2 == sum(sizes[16][:2])
    assert sizes[4][2] == sizes[8][2] == 64 * 4 * 2 * 2


@pytest.mark.parametrize("target", [needs_target(name) for name in ("mps2-an386", "qemu-rv32")])
def test_verified_on_emulated_cores(target: str) -> None:
    """Twice around the ring, at every number of bits."""
    for dtype, bits in ((DType.INT16, 16), (DType.INT16, 4), (DType.INT8, 8)):
        case = Case(dtype, depth=8, value_depth=8, bits=bits)
        report = bitwright.verify(case.graph(), target, inputs=parts(sequence(case, 11, 2), 1))
        assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize(
    ("case", "attrs", "said"),
    [
        (Case(DType.INT8), {"bits": 16}, "a cache of 16 bits"),
        (Case(), {"bits": 3}, "a cache of 3 bits"),
        (Case(depth=3), {"bits": 4}, "odd depth"),
        (Case(), {"context": 0}, "a context of 0 tokens"),
        (Case(), {"context": 6}, "its states must be zeros"),
        (Case(), {"slopes": (1.0,)}, r"slopes \[1.0\] do not fit"),
        (Case(), {"heads": 3}, "with 3 heads"),
        (Case(stateful=False), {"slopes": (9.0, -1.0)}, "do not fit"),
    ],
)
def test_refused(case: Case, attrs: dict[str, Any], said: str) -> None:
    graph = replace(case, bits=8).graph()
    node = graph.nodes[0]
    with pytest.raises(BitwrightError, match=said):
        Session(graph.with_nodes((replace(node, attrs={**node.attrs, **attrs}),)))
