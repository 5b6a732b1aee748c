"""Activation outliers behind normalizations: the split against its definition, and three ways to live with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import Graph
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.judge import integer_outputs, layer_errors
from bitwright.converter.quantize.methods.outliers import outliers
from bitwright.converter.quantize.methods.smoothquant import feature_wise, smoothquant
from bitwright.converter.quantize.recipe import Quantized, Recipe, Step, quantize
from bitwright.converter.reference import Session, quantized
from bitwright.errors import InputError
from blocks import CALIBRATION, DEPTH, classifier
from cbuild import build, call

FACTOR, CHANNEL = 60.0, 3
SPLIT = {"share": 0.1, "threshold": 20.0}


def made(graph: Graph, scheme: Scheme, *steps: Step) -> Quantized:
    return quantize(graph, calibration(graph, [CALIBRATION]), Recipe("test", "", scheme, steps))


def noise(network: Quantized) -> float:
    """Noise over signal of the outputs."""
    data = calibration(network.floating, [CALIBRATION])
    expected = run_float(classifier(outlier=FACTOR), data.inputs)[0]
    found = integer_outputs(network.integer, data)[0]
    return float(np.mean((found - expected) ** 2) / np.mean(expected**2))


@pytest.mark.parametrize("norm", ["LAYER_NORM", "RMS_NORM"])
@pytest.mark.parametrize("method", [smoothquant, feature_wise, outliers])
def test_the_function_stays(norm: str, method: Any) -> None:
    graph = classifier(outlier=FACTOR, norm=norm)
    data = calibration(graph, [CALIBRATION])
    options = SPLIT if method is outliers else {}
    expected = run_float(graph, data.inputs)[0]
    found = run_float(method(graph, data, **options), data.inputs)[0]
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_the_planted_network_is_the_plain_one() -> None:
    data = calibration(classifier(), [CALIBRATION])
    plain, planted = (run_float(classifier(outlier=factor), data.inputs)[0] for factor in (1.0, FACTOR))
    assert np.abs(plain - planted).max() <= 1e-5 * np.abs(plain).max()


def test_feature_wise_scales_are_the_features_reach() -> None:
    graph = classifier(outlier=FACTOR)
    data = calibration(graph, [CALIBRATION])
    seen: dict[str, np.ndarray] = {}
    run_float(graph, data.inputs, seen.__setitem__)
    reach = np.abs(seen["norm2"]).reshape(-1, DEPTH).max(axis=0)
    changed = feature_wise(graph, data)
    for name in ("norm2.g", "norm2.b"):
        np.testing.assert_allclose(changed.tensor(name).value() * reach, graph.tensor(name).value(), rtol=1e-5)
    np.testing.assert_allclose(changed.tensor("fc1.w").value(), graph.tensor("fc1.w").value() * reach, rtol=1e-5)
    # The values reach the layer behind attention through a mean of tokens, feature by feature.
    reach = np.abs(seen["attention"]).reshape(-1, DEPTH).max(axis=0)
    np.testing.assert_allclose(
        changed.tensor("project.w").value(), graph.tensor("project.w").value() * reach, rtol=1e-5
    )


def test_the_split_takes_the_largest_channels_and_no_more_than_allowed() -> None:
    graph = classifier(outlier=FACTOR)
    data = calibration(graph, [CALIBRATION])
    seen: dict[str, np.ndarray] = {}
    run_float(graph, data.inputs, seen.__setitem__)

    def split(**options: float) -> dict[str, tuple[int, ...]]:
        changed = outliers(graph, data, **options)
        return {node.name: node.attrs["outliers"] for node in changed.nodes if "outliers" in node.attrs}

    planted = ("query", "key", "value", "fc1")
    assert split(**SPLIT) == dict.fromkeys(planted, (CHANNEL,))
    assert split() == {}  # 2 % of 16 channels are none
    assert split(share=0.1, threshold=1e6) == {}
    reach = np.abs(seen["norm2"]).reshape(-1, DEPTH).max(axis=0)
    three = split(share=0.2, threshold=0.1)["fc1"]
    assert three == tuple(sorted(int(j) for j in np.argsort(-reach)[:3])) and CHANNEL in three


@pytest.mark.parametrize("scheme", [Scheme(), Scheme(hero="M3")], ids=["int8", "M3"])
def test_smoothing_and_splitting_recover_what_outliers_cost(scheme: Scheme) -> None:
    graph = classifier(outlier=FACTOR)
    good = noise(made(classifier(), scheme))
    bad = noise(made(graph, scheme))
    assert bad > 20 * good
    for step in (Step("smoothquant"), Step("feature_wise"), Step("outliers", SPLIT)):
        assert noise(made(graph, scheme, step)) < 2 * good, step.method


def test_split_layers_are_integers_that_c_repeats() -> None:
    network = made(classifier(outlier=FACTOR), Scheme(), Step("outliers", SPLIT))
    integer = network.integer
    nodes = {node.name: node for node in integer.nodes}
    layer = nodes["query"]
    assert layer.op == "FULLY_CONNECTED_TOKENS" and len(layer.inputs) == 6
    assert {nodes[name].inputs[0] for name in ("query", "key", "value")} == {layer.inputs[0]}
    aside, rest = (integer.input(layer, index).quant for index in (5, 1))
    assert aside is not None and rest is not None
    exponents = np.log2(np.array(rest.scale) / aside.scale)
    assert np.array_equal(exponents, np.rint(exponents)) and exponents.min() > 2
    session, library = Session(integer), build(model := model_sources(integer, ["generic"], "model"))
    source = integer.tensor(integer.inputs[0])
    for sample in CALIBRATION[:4]:
        values = [quantized(source, sample[None])]
        assert np.array_equal(session.trace(values).outputs[0], call(model, library, values)[0])


def test_the_layers_own_error_is_judged_by_what_the_rows_were_made_from() -> None:
    network = made(classifier(outlier=FACTOR), Scheme(), Step("outliers", SPLIT))
    errors = {error.name: error for error in layer_errors(network, calibration(network.floating, [CALIBRATION]))}
    assert min(errors[name].own for name in ("query", "key", "value", "fc1")) > 25


def test_layers_whose_input_int16_cannot_carry_stay() -> None:
    builder = GraphBuilder("net")
    hidden = builder.node("gate", "HARD_SIGMOID", [builder.input("x", (1, 8))], {})
    weights = builder.constant("w", np.ones((2, 8), np.float32))
    graph = builder.finish([builder.node("layer", "FULLY_CONNECTED", [hidden, weights], {"keep_num_dims": False})])
    data = calibration(graph, [np.ones((2, 8), np.float32)])
    assert outliers(graph, data, share=1.0, threshold=1e-6).nodes == graph.nodes


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"share": 2.0}, "share must be a number from 0 to 1"),
        ({"threshold": 0}, "threshold must be a number above 0, not 0"),
        ({"threshold": True}, "threshold must be a number above 0, not True"),
        ({"samples": 0}, "samples must be a whole number from 1 up"),
    ],
)
def test_options_are_checked(options: dict[str, Any], said: str) -> None:
    graph = classifier()
    with pytest.raises(InputError, match=f"method 'outliers': {said}"):
        outliers(graph, calibration(graph, [CALIBRATION]), **options)
