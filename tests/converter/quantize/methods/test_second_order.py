"""OBQ and GPTQ against their closed forms, and what they gain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.ir import Array, Graph
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import Calibration
from bitwright.converter.quantize.integer import to_integer
from bitwright.converter.quantize.methods import rounding
from bitwright.converter.quantize.methods.constants import with_constants
from bitwright.converter.quantize.methods.rounding import column_order, damped, greedy_order, nearest
from bitwright.converter.quantize.methods.second_order import second_order
from bitwright.errors import InputError
from chains import Chain, annotated, levels, mobile, photos, weights
from hypothesis import given, settings
from hypothesis import strategies as st


def problem(seed: int, rows: int, taps: int, coarse: float = 3.0) -> tuple[Array, Array, Array]:
    """Weights, a well-conditioned Hessian of correlated inputs, and scales of a few levels."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(0, 1, (4 * taps, taps)) @ rng.normal(0, 1, (taps, taps))
    values = rng.normal(0, 1, (rows, taps))
    return values, damped(2 * inputs.T @ inputs, 0.01), np.abs(values).max(axis=1, keepdims=True) / coarse


def rounded(value: float, scale: float) -> float:
    return float(np.clip(np.rint(value / scale), -127, 127) * scale)


def step_by_inverse(left: dict[int, float], chosen: int, hessian: Array, scale: float) -> float:
    """Round one of the weights that are left and move the others as the inverse of *their* Hessian says."""
    kept = sorted(left)
    inverse = np.linalg.inv(hessian[np.ix_(kept, kept)])
    at = kept.index(chosen)
    value = rounded(left[chosen], scale)
    lost = left.pop(chosen) - value
    for index, other in enumerate(kept):
        if other != chosen:
            left[other] -= lost / inverse[at, at] * inverse[index, at]
    return value


def in_order(row: Array, hessian: Array, scale: float, order: Sequence[int]) -> Array:
    left, result = dict(enumerate(row.tolist())), np.zeros(len(row))
    for chosen in order:
        result[chosen] = step_by_inverse(left, chosen, hessian, scale)
    return result


def greedily(row: Array, hessian: Array, scale: float) -> Array:
    left, result = dict(enumerate(row.tolist())), np.zeros(len(row))
    while left:
        kept = sorted(left)
        diagonal = np.diag(np.linalg.inv(hessian[np.ix_(kept, kept)]))
        errors = np.array([(rounded(left[i], scale) - left[i]) ** 2 for i in kept])
        chosen = (
            int(np.argmax(errors)) if errors.max() > scale**2 / 4 * (1 + 1e-9) else int(np.argmin(errors / diagonal))
        )
        result[kept[chosen]] = step_by_inverse(left, kept[chosen], hessian, scale)
    return result


@given(seed=st.integers(0, 2**32 - 1), taps=st.integers(1, 8), coarse=st.sampled_from([1.0, 3.0, 127.0, 200.0]))
@settings(max_examples=150, deadline=None)
def test_the_greedy_order_is_obq(seed: int, taps: int, coarse: float) -> None:
    """Also where weights lie or are driven beyond the grid (more than 127 levels), which are then rounded first."""
    values, hessian, scale = problem(seed, 4, taps, coarse)
    found = greedy_order(values, np.linalg.inv(hessian), scale) * scale
    expected = [greedily(row, hessian, float(s)) for row, s in zip(values, scale[:, 0], strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@given(seed=st.integers(0, 2**32 - 1), taps=st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_the_column_order_is_obq_in_that_order(seed: int, taps: int) -> None:
    values, hessian, scale = problem(seed, 3, taps)
    order = np.argsort(-np.diag(hessian), kind="stable")
    expected = [in_order(row, hessian, float(s), order.tolist()) for row, s in zip(values, scale[:, 0], strict=True)]
    np.testing.assert_allclose(column_order(values, hessian, scale) * scale, expected, rtol=1e-12)


def test_blocks_of_columns_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values, hessian, scale = problem(0, 5, 40)
    whole, greedy = column_order(values, hessian, scale), greedy_order(values, np.linalg.inv(hessian), scale)
    monkeypatch.setattr(rounding, "_BLOCK", 7)
    monkeypatch.setattr(rounding, "_STACKED", 2 * 40**2)
    assert np.array_equal(column_order(values, hessian, scale), whole)
    assert np.array_equal(greedy_order(values, np.linalg.inv(hessian), scale), greedy)


def test_dead_inputs_are_rounded_to_nearest_and_do_not_disturb() -> None:
    values, hessian, scale = problem(0, 4, 6)
    bare = hessian.copy()
    bare[2] = bare[:, 2] = 0
    alive = [0, 1, 3, 4, 5]
    whole, part = damped(bare, 0.0), bare[np.ix_(alive, alive)]
    for found, expected in (
        (greedy_order(values, np.linalg.inv(whole), scale), greedy_order(values[:, alive], np.linalg.inv(part), scale)),
        (column_order(values, whole, scale), column_order(values[:, alive], part, scale)),
    ):
        assert np.array_equal(found[:, 2], nearest(values, scale)[:, 2])
        assert np.array_equal(found[:, alive], expected)


def test_damping_adds_to_the_mean_of_the_diagonal() -> None:
    hessian = np.array([[[4.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 0.0]]])
    expected = hessian[0] + np.diag([0, 0, 1.0]) + 0.01 * 7 / 3 * np.eye(3)
    np.testing.assert_allclose(damped(hessian, 0.01)[0], expected, rtol=1e-15)


def correlated(samples: int, shape: tuple[int, ...], seed: int) -> Calibration:
    """Channels and pixels that go together, as in trained networks."""
    mixing = np.random.default_rng(99).normal(0, 1, (shape[-1], shape[-1])) + 2
    noise = np.random.default_rng(seed).normal(0, 1, (samples, *shape))
    return Calibration(((np.cumsum(noise, axis=1) @ mixing).astype(np.float32),))


LAYERS = {
    "conv": lambda c: c.conv("layer", 12, 3, "NONE", stride=(2, 2)),
    "pointwise": lambda c: c.conv("layer", 16, 1, "NONE"),
    "depthwise": lambda c: c.depthwise("layer", 2, "NONE"),
    "dense": lambda c: c.dense("layer", 20),
}


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("greedy", [1, 1000])
@pytest.mark.parametrize("scheme", [Scheme(), Scheme(per_channel=False), Scheme(power_of_two=True)])
def test_every_layer_is_better_than_rounded_to_nearest(kind: str, greedy: int, scheme: Scheme) -> None:
    """Also on inputs that were not calibrated on; and every integer is within [-127, 127]."""
    for seed in range(3):
        graph = LAYERS[kind](Chain(seed, (1, 6, 6, 10) if kind != "dense" else (1, 60))).finish()
        shape = graph.tensor("x").shape[1:]
        data, other = (correlated(400, shape, s) for s in (seed, seed + 50))
        plain = annotated(graph, data, scheme)
        solved = second_order(plain, data, greedy=greedy)
        exact, scale = weights(graph, "layer"), weights(plain, "layer") / levels(plain, "layer")
        usual = (np.clip(np.rint(levels(plain, "layer")), -127, 127) * scale).astype(np.float32)
        for samples in (data, other):
            wanted = sums(graph, exact, samples)
            error = np.mean((sums(graph, weights(solved, "layer"), samples) - wanted) ** 2)
            assert error < np.mean((sums(graph, usual, samples) - wanted) ** 2)
        found = levels(solved, "layer")
        assert np.abs(np.rint(found)).max() <= 127 and np.abs(found - np.rint(found)).max() < 1e-4


def sums(graph: Graph, values: Array, data: Calibration) -> Array:
    """What a network of one layer computes with other weights."""
    node = graph.nodes[0]
    other = with_constants(graph, node, {1: replace(graph.input(node, 1), data=values)})
    return run_float(other, data.inputs)[0].astype(np.float64)


def test_the_integers_are_those_that_were_found() -> None:
    graph, data = mobile(), photos()
    solved = second_order(annotated(graph, data), data, floating=graph)
    integer = to_integer(solved)
    for node in integer.nodes:
        if node.name in ("stem", "dw1", "pw1", "dw2", "pw2", "head"):
            assert np.array_equal(integer.input(node, 1).value(), np.rint(levels(solved, node.name)))
            assert np.any(integer.input(node, 1).value() != np.rint(levels(annotated(graph, data), node.name)))


def test_options_are_checked() -> None:
    graph, data = mobile(), photos(8)
    for options in ({"damping": -1}, {"greedy": 0}, {"samples": 1.5}, {"positions": True}):
        with pytest.raises(InputError, match="method 'second_order'"):
            second_order(annotated(graph, data), data, **options)  # type: ignore[arg-type]
