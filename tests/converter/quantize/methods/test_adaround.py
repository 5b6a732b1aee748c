"""AdaRound: its gradient, its objective, and that it only rounds up or down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.ir import Array, Tensor
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.integer import to_integer
from bitwright.converter.quantize.methods.adaround import (
    _LAMBDA,
    Problem,
    _error_gradient,
    _inverse,
    _pull,
    adaround,
)
from bitwright.converter.quantize.methods.layerwise import Layer, layerwise
from bitwright.converter.quantize.methods.rounding import nearest
from bitwright.errors import InputError
from chains import annotated, levels, mobile, photos, weights

LAYERS = ("stem", "dw1", "pw1", "dw2", "pw2", "head")


def problem(activation: str, groups: int = 2) -> Problem:
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, (groups, 3, 5))
    scale = np.abs(values).max(axis=2, keepdims=True) / 7
    inputs = rng.normal(0, 1, (groups, 40, 5))
    bias = rng.normal(0, 0.1, (groups, 1, 3))
    wanted = np.maximum(inputs @ values.transpose(0, 2, 1) + bias, 0 if activation != "NONE" else -np.inf)
    return Problem(values, scale, bias, inputs, wanted, activation)


@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
def test_the_gradient_is_that_of_the_error(activation: str) -> None:
    """Central differences of half the squared error, activation included, in float64."""
    case, chosen = problem(activation), np.arange(0, 40, 3)
    floor = np.floor(case.weights / case.scale)
    soft = np.random.default_rng(1).uniform(0.1, 0.9, floor.shape)

    def error(value: Array) -> float:
        outputs = case.outputs((floor + value) * case.scale)
        return float(0.5 * np.sum((outputs - case.wanted)[:, chosen] ** 2))

    found = _error_gradient(case, floor, soft, chosen)
    for index in np.ndindex(soft.shape):
        step = np.zeros_like(soft)
        step[index] = 1e-6
        assert found[index] == pytest.approx((error(soft + step) - error(soft - step)) / 2e-6, rel=1e-4, abs=1e-6)


def test_the_regularizer_and_the_starting_point() -> None:
    soft, beta = np.array([0.01, 0.2, 0.5, 0.7, 0.99]), 3.0
    slope = [(1 - abs(2 * (h + 1e-6) - 1) ** beta - (1 - abs(2 * (h - 1e-6) - 1) ** beta)) / 2e-6 for h in soft]
    np.testing.assert_allclose(_pull(soft, beta), _LAMBDA * np.array(slope), rtol=1e-4, atol=1e-4)
    value = _inverse(np.linspace(0, 1, 11))
    np.testing.assert_allclose(1.2 / (1 + np.exp(-value)) - 0.1, np.linspace(0, 1, 11), atol=1e-6)


@pytest.mark.parametrize("scheme", [Scheme(), Scheme(per_channel=False)])
def test_every_layer_meets_the_float_network_better_than_rounded_to_nearest(scheme: Scheme) -> None:
    """On the layer's own output, activation included; the inputs are those that the solved predecessors give."""
    graph, data = mobile(), photos()
    plain = annotated(graph, data, scheme)
    solved = adaround(plain, data, floating=graph, iterations=400)
    errors: dict[str, list[float]] = {}

    def compare(layer: Layer) -> Mapping[int, Tensor]:
        """The solved network's inputs; its weights, then those rounded to nearest."""
        wanted, activation = np.concatenate(layer.outputs), layer.node.attrs["activation"]
        exact = layer.along_channels(layer.scales)
        usual = layer.with_levels(nearest(weights(graph, layer.node.name).astype(np.float64), exact))[1]
        rows = []
        for tensor in (layer.weights, usual):
            other = replace(layer.graph, tensors={**layer.graph.tensors, layer.weights.name: tensor})
            sums = np.concatenate(replace(layer, graph=other).sums())
            rows.append(float(np.mean(((np.maximum(sums, 0) if activation == "RELU" else sums) - wanted) ** 2)))
        errors[layer.node.name] = rows
        return {}

    layerwise(solved, data, compare, graph)
    assert set(errors) == set(LAYERS)
    assert all(found < usual for found, usual in errors.values())
    assert np.mean([found / usual for found, usual in errors.values()]) < 0.95


def test_weights_are_rounded_up_or_down_and_the_integers_are_those() -> None:
    graph, data = mobile(), photos()
    plain = annotated(graph, data)
    solved = adaround(plain, data, floating=graph, iterations=300)
    integer = to_integer(solved)
    changed = 0
    for name in LAYERS:
        real, found = levels(plain, name), np.rint(levels(solved, name))
        assert np.all((found == np.floor(real + 1e-5)) | (found == np.ceil(real - 1e-5)))
        assert np.abs(found).max() <= 127
        changed += np.count_nonzero(found != np.rint(real))
        node = next(node for node in integer.nodes if node.name == name)
        assert np.array_equal(integer.input(node, 1).value(), found)
    assert changed > 20
    again = adaround(plain, data, floating=graph, iterations=300)
    assert np.array_equal(run_float(again, data.inputs)[0], run_float(solved, data.inputs)[0])


def test_layers_without_error_and_options() -> None:
    graph, data = mobile(), photos(8)
    for name in LAYERS:  # weights on their grid already
        values = weights(graph, name)
        values[:] = np.rint(np.random.default_rng(0).uniform(-1, 1, values.shape) * 126) / 127
        values.reshape(-1, values.shape[-1])[0] = 1
        values.reshape(values.shape[0], -1)[:, 0] = 1
    plain = annotated(graph, data)
    solved = adaround(plain, data, floating=graph, iterations=5)
    for name in LAYERS:
        assert np.array_equal(np.rint(levels(solved, name)), np.rint(levels(plain, name)))
    with pytest.raises(InputError, match="method 'adaround': iterations must be a whole number"):
        adaround(plain, data, iterations=0)
