"""Bias correction and norm tweaking: the gaps that they close."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.ir import Array, Graph
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import Calibration
from bitwright.converter.quantize.integer import to_integer
from bitwright.converter.quantize.judge import integer_outputs
from bitwright.converter.quantize.methods.bias_correction import bias_correction
from bitwright.converter.quantize.methods.norm_tweak import norm_tweak
from chains import Chain, annotated, levels, mobile, photos, weights

LAYERS = ("stem", "dw1", "pw1", "dw2", "pw2", "head")


def with_coarse_weights(graph: Graph, steps: int = 7) -> Graph:
    """An annotated graph whose weights have that many levels on either side (about 4 bits)."""
    tensors = dict(graph.tensors)
    for name, tensor in tensors.items():
        if tensor.is_constant and tensor.quant is not None:
            scale = tuple(s * 127 / steps for s in tensor.quant.scale)
            tensors[name] = replace(tensor, quant=replace(tensor.quant, scale=scale))
    return replace(graph, tensors=tensors)


def channels(graph: Graph, data: Calibration, simulate: bool) -> dict[str, tuple[Array, Array]]:
    """Mean and variance of every channel of the layers' outputs."""
    found: dict[str, Array] = {}
    run_float(graph, data.inputs, found.__setitem__, simulate)
    rows = {name: found[name].reshape(-1, found[name].shape[-1]).astype(np.float64) for name in LAYERS}
    return {name: (row.mean(axis=0), row.var(axis=0)) for name, row in rows.items()}


@pytest.mark.parametrize("activation", ["RELU", "RELU6", "NONE"])
def test_means_are_restored(activation: str) -> None:
    graph, data = mobile(0, activation), photos()
    plain = with_coarse_weights(annotated(graph, data), 31)
    corrected = bias_correction(plain, data, floating=graph)
    wanted, before, after = channels(graph, data, False), channels(plain, data, True), channels(corrected, data, True)
    for name in LAYERS:
        step = plain.tensor(name).scale
        gaps = [np.abs(found[name][0] - wanted[name][0]) / step for found in (before, after)]
        varying = (
            wanted[name][1] > (3 * step) ** 2
        )  # others take a few levels only, and a bias moves them by whole ones
        assert np.count_nonzero(varying) >= 5
        assert gaps[1][varying].max() < 0.1 and gaps[1].mean() < 0.25 * gaps[0].mean()


def test_only_biases_change_and_the_error_falls() -> None:
    graph, data = mobile(), photos()
    plain = with_coarse_weights(annotated(graph, data))
    corrected = bias_correction(plain, data, floating=graph)
    expected = run_float(graph, data.inputs)[0]
    errors = [np.mean((run_float(g, data.inputs, simulate=True)[0] - expected) ** 2) for g in (plain, corrected)]
    assert errors[1] < 0.5 * errors[0]
    for name in LAYERS:
        assert np.array_equal(weights(plain, name), weights(corrected, name))
        assert not np.array_equal(weights(plain, name, 2), weights(corrected, name, 2))


def test_rounded_weights_are_compared_with_the_float_network() -> None:
    """Weights that a method has rounded are no longer what is wanted: a rounding upwards shifts every mean."""
    graph, data = mobile(), photos()
    plain = annotated(graph, data)
    upwards = {
        name: replace(tensor, data=(tensor.value() + 2 * tensor.quant.scale[0]).astype(np.float32))
        for name, tensor in plain.tensors.items()
        if tensor.is_constant and tensor.quant is not None
    }
    shifted = replace(plain, tensors={**plain.tensors, **upwards})
    corrected = bias_correction(shifted, data, floating=graph)
    wanted, before, after = (channels(g, data, s) for g, s in ((graph, False), (shifted, True), (corrected, True)))
    for name in LAYERS[1:]:
        gaps = [np.abs(found[name][0] - wanted[name][0]).max() for found in (before, after)]
        assert gaps[1] < 0.1 * gaps[0]
    found = [integer_outputs(to_integer(g), data)[0].mean(axis=0) - wanted["head"][0] for g in (shifted, corrected)]
    assert np.abs(found[1]).max() < 0.1 * np.abs(found[0]).max()


def test_layers_without_bias_get_one_and_shared_biases_part_ways() -> None:
    rng = np.random.default_rng(0)
    c = Chain(0, (1, 6))
    shared = c.b.constant("shared", np.zeros(6))
    for name in ("first", "second"):
        w = c.b.constant(f"{name}/w", rng.normal(0, 0.5, (6, 6)))
        c.last = c.b.node(name, "FULLY_CONNECTED", [c.last, w, shared], {"activation": "NONE"})
    w = c.b.constant("third/w", rng.normal(0, 0.5, (6, 6)))
    for name, inputs in (("third", [c.last, w]), ("fourth", [c.last, w, None])):
        c.last = c.b.node(name, "FULLY_CONNECTED", inputs, {"activation": "NONE"})
    graph = c.finish()
    data = Calibration((rng.normal(1, 1, (64, 6)).astype(np.float32),))
    plain = with_coarse_weights(annotated(graph, data))
    corrected = bias_correction(plain, data, floating=graph)
    wanted, found = run_float(graph, data.inputs)[0], run_float(corrected, data.inputs, simulate=True)[0]
    assert np.abs((wanted - found).mean(axis=0)).max() < 0.2 * corrected.tensor(graph.outputs[0]).scale
    assert len({id(weights(corrected, name, 2)) for name in ("first", "second", "third", "fourth")}) == 4
    to_integer(corrected)


@pytest.mark.parametrize("activation", ["RELU", "NONE"])
@pytest.mark.parametrize("steps", [7, 3])
def test_norm_tweaking_halves_the_gaps(activation: str, steps: int) -> None:
    graph, data = mobile(0, activation), photos()
    for name in LAYERS:
        weights(graph, name, 2)[:] *= 5
    plain = with_coarse_weights(annotated(graph, data), steps)
    tweaked = norm_tweak(plain, data, floating=graph)
    wanted, before, after = channels(graph, data, False), channels(plain, data, True), channels(tweaked, data, True)
    for moment in (0, 1):
        gaps = [
            sum(np.abs(found[name][moment] - wanted[name][moment]).sum() for name in LAYERS)
            for found in (before, after)
        ]
        assert gaps[1] < 0.5 * gaps[0]
    for name in LAYERS:  # the gap that the paper minimizes, layer by layer
        gaps = [sum(np.abs(f[name][m] - wanted[name][m]).sum() for m in (0, 1)) for f in (before, after)]
        assert gaps[1] < 0.5 * gaps[0]


def test_norm_tweaking_keeps_the_integers_and_the_operators() -> None:
    graph, data = mobile(), photos()
    plain = with_coarse_weights(annotated(graph, data))
    tweaked = norm_tweak(plain, data, floating=graph)
    before, after = to_integer(plain), to_integer(tweaked)
    assert [(node.name, node.op) for node in before.nodes] == [(node.name, node.op) for node in after.nodes]
    for old, new in zip(before.nodes, after.nodes, strict=True):
        if old.name in LAYERS:
            first, second = before.input(old, 1), after.input(new, 1)
            assert np.array_equal(first.value(), second.value())
            assert first.quant is not None and second.quant is not None and first.quant.scale != second.quant.scale
            assert np.abs(levels(tweaked, old.name) - second.value()).max() < 1e-4


@pytest.mark.parametrize("scheme", [Scheme(per_channel=False), Scheme(power_of_two=True)])
def test_scales_that_must_not_change_do_not(scheme: Scheme) -> None:
    graph, data = mobile(), photos()
    plain = annotated(graph, data, scheme)
    tweaked = norm_tweak(plain, data, floating=graph)
    for name in LAYERS:
        old, new = (next(n for n in g.nodes if n.name == name) for g in (plain, tweaked))
        assert plain.input(old, 1).quant == tweaked.input(new, 1).quant
        assert not np.array_equal(weights(plain, name, 2), weights(tweaked, name, 2))


def test_dead_channels_stay_dead() -> None:
    """A channel that the activation always cuts off has no moments to restore."""
    graph, data = mobile(), photos()
    weights(graph, "pw1")[3] = 0
    weights(graph, "pw1", 2)[3] = -1
    plain = annotated(graph, data)
    for method in (bias_correction, norm_tweak):
        changed = method(plain, data, floating=graph)
        assert channels(changed, data, True)["pw1"][0][3] == 0 and weights(changed, "pw1", 2)[3] == -1
