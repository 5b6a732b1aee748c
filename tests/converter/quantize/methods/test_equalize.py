"""Cross-layer equalization against its definition, and where it helps."""

from __future__ import annotations

import numpy as np
import pytest
from background import MODELS, golden, needs_data
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.tflite import read_tflite
from bitwright.converter.ir import Graph
from bitwright.converter.passes.fold_constants import fold_constants
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.integer import to_integer
from bitwright.converter.quantize.judge import integer_outputs
from bitwright.converter.quantize.methods.equalize import equalize
from bitwright.converter.quantize.methods.links import Magnitudes, find_links
from chains import Chain, annotated, mobile, photos, simulated_sqnr, sqnr, weights, with_planted_ranges
from floats import same_function


def written_and_read(graph: Graph, producer: str, consumer: str) -> tuple[np.ndarray, np.ndarray]:
    """Largest weight per channel on either side, from the weights themselves."""
    first, second = np.abs(weights(graph, producer)), np.abs(weights(graph, consumer))
    first = first.max(axis=(0, 1, 2)) if first.shape[0] == 1 else first.reshape(len(first), -1).max(axis=1)
    return first, second.max(axis=tuple(range(second.ndim - 1)))


def test_two_layers_meet_in_the_middle() -> None:
    graph = Chain(0).conv("first", 6, 3).conv("second", 4, 3).finish()
    r1, r2 = written_and_read(graph, "first", "second")
    changed = equalize(graph, photos())
    factors = np.sqrt(r1 / r2)
    np.testing.assert_allclose(weights(changed, "first"), weights(graph, "first") / factors[:, None, None, None], 1e-5)
    np.testing.assert_allclose(weights(changed, "first", 2), weights(graph, "first", 2) / factors, 1e-5)
    np.testing.assert_allclose(weights(changed, "second"), weights(graph, "second") * factors, 1e-5)
    same_function(graph, changed, 0)


@pytest.mark.parametrize("seed", range(3))
def test_ranges_of_a_chain_are_equal_pairwise(seed: int) -> None:
    graph = with_planted_ranges(mobile(seed), seed)
    changed = equalize(graph, photos())
    layers = {node.name: node for node in changed.nodes}
    for link in find_links(changed):
        r1, r2 = written_and_read(changed, link.producer, link.consumers[0])
        np.testing.assert_allclose(r1, r2, rtol=2e-3)
        np.testing.assert_array_equal(Magnitudes(changed, layers[link.producer]).of_outputs(), r1)
    same_function(graph, changed, seed)


def test_planted_channel_ranges_are_recovered() -> None:
    """Per-tensor activations lose the small channels; equalized they are as good as if nothing had been planted."""
    data = photos(32)
    expected = run_float(mobile(), data.inputs)[0]

    def integer_sqnr(graph: Graph) -> float:
        return sqnr(expected, integer_outputs(to_integer(annotated(graph, data)), data)[0])

    graph = with_planted_ranges(mobile())
    original, planted, equalized = (integer_sqnr(g) for g in (mobile(), graph, equalize(graph, data)))
    assert planted < original - 8
    assert equalized > planted + 8 and equalized > original - 3


@needs_data
def test_a_real_network_with_one_weight_scale_per_layer() -> None:
    """The visual wake words network of MLPerf Tiny loses much without a scale per channel; equalized it does not."""
    name = "mlperf_tiny/vww_96_float"
    graph = fold_constants(read_tflite((MODELS / f"{name}.tflite").read_bytes(), "vww"))
    vectors = golden(name)
    data = calibration(graph, [vectors["in0"][vectors["kind"] == "real"][:8]])
    changed, scheme = equalize(graph, data), Scheme(per_channel=False)
    same_function(graph, changed, 0)
    plain = simulated_sqnr(annotated(graph, data, scheme), graph, data)
    assert simulated_sqnr(annotated(changed, data, scheme), graph, data) > plain + 4


@pytest.mark.parametrize("bias", [1.0, -1.0])
def test_a_channel_that_hardly_varies_does_not_grow(bias: float) -> None:
    """Equal weights would need a factor of a million, and make the bias a million."""
    graph = mobile()
    weights(graph, "stem")[2] *= 1e-6
    weights(graph, "stem", 2)[2] = bias
    changed, data = equalize(graph, photos()), photos()
    seen: dict[str, np.ndarray] = {}
    run_float(changed, data.inputs, seen.__setitem__)
    stem = seen["stem"].reshape(-1, 8)
    others = np.delete(stem, 2, axis=1)
    assert stem[:, 2].max() <= 1.001 * np.ptp(others, axis=0).max()
    assert abs(weights(changed, "stem", 2)[2]) <= 1.001 * np.ptp(others, axis=0).max()
    same_function(graph, changed, 0)
    to_integer(annotated(changed, data))


def test_channels_without_weights_stay() -> None:
    graph = mobile()
    weights(graph, "stem")[1] = 0
    weights(graph, "pw1")[..., 3] = 0
    changed = equalize(graph, photos())
    assert not weights(changed, "stem")[1].any() and not weights(changed, "pw1")[..., 3].any()
    assert all(np.isfinite(tensor.value()).all() for tensor in changed.tensors.values() if tensor.is_constant)
    same_function(graph, changed, 0)
