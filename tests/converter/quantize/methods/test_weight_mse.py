"""Weight scales of least squared error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bitwright.converter.ir import Array, Graph
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.integer import to_integer
from bitwright.converter.quantize.methods.second_order import second_order
from bitwright.converter.quantize.methods.weight_mse import weight_mse
from chains import annotated, levels, mobile, photos, weights

LAYERS = ("stem", "dw1", "pw1", "dw2", "pw2", "head")


def heavy(seed: int = 0) -> Graph:
    """A network whose weights have long tails."""
    graph, rng = mobile(), np.random.default_rng(seed)
    for name in LAYERS:
        weights(graph, name)[:] = rng.standard_t(2, weights(graph, name).shape) * 0.1
    return graph


def rows_of(graph: Graph, name: str) -> tuple[Array, Array]:
    """Per scale its weights, and the scales."""
    node = next(node for node in graph.nodes if node.name == name)
    quant = graph.input(node, 1).quant
    assert quant is not None
    values = weights(graph, name).astype(np.float64)
    values = values[None] if quant.axis is None else np.moveaxis(values, quant.axis, 0)
    return values.reshape(len(quant.scale), -1), np.asarray(quant.scale)


def error(rows: Array, scales: Array) -> Array:
    return np.asarray(
        np.sum((np.clip(np.rint(rows / scales[:, None]), -127, 127) * scales[:, None] - rows) ** 2, axis=1)
    )


@pytest.mark.parametrize("scheme", [Scheme(), Scheme(per_channel=False), Scheme(power_of_two=True)])
def test_no_scale_of_the_search_has_a_smaller_error(scheme: Scheme) -> None:
    graph, data = heavy(), photos(16)
    plain = annotated(graph, data, scheme)
    changed = weight_mse(plain, data)
    gained = 0
    for name in LAYERS:
        (rows, before), (_, after) = rows_of(plain, name), rows_of(changed, name)
        tried = [1.0, 0.5] if scheme.power_of_two else [*np.linspace(1.05, 0.95, 60), *np.linspace(0.95, 0.4, 30), 1.0]
        least = np.min([error(rows, (before * factor).astype(np.float32)) for factor in tried], axis=0)
        np.testing.assert_allclose(error(rows, after), least, rtol=1e-5)
        gained += np.count_nonzero(error(rows, after) < (0.8 if scheme.per_channel else 0.98) * error(rows, before))
        assert not scheme.power_of_two or np.all(np.log2(after) == np.rint(np.log2(after)))
        assert np.abs(levels(changed, name)).max() < 127.001
    assert gained > 0
    for node in to_integer(changed).nodes:
        assert node.name not in LAYERS or to_integer(changed).input(node, 1).value().min() >= -127


def test_a_scale_that_a_bias_needs_is_left() -> None:
    """A channel of weights of ten steps or so, under a bias that the accumulator does not hold at a smaller scale."""
    graph, data = heavy(), photos(16)
    weights(graph, "pw1")[2] *= 5e-7 / np.abs(weights(graph, "pw1")[2]).max()
    weights(graph, "pw1", 2)[2] = 1.0
    plain = annotated(graph, data)
    changed = weight_mse(plain, data)
    (rows, before), (_, after) = rows_of(plain, "pw1"), rows_of(changed, "pw1")
    assert 2 < np.abs(rows[2] / before[2]).max() < 60 and after[2] >= before[2]
    assert error(rows, before * 0.9)[2] < error(rows, before)[2]
    to_integer(changed)


def test_methods_behind_it_round_the_weights_that_were_not_clipped() -> None:
    """Without the float network only the clipped weights are known, and nothing makes up for what was clipped."""
    graph, data = heavy(), photos(32)
    plain = annotated(graph, data)
    tensor = plain.tensors["pw1/w"]
    assert tensor.quant is not None
    scale = np.asarray(tensor.quant.scale) / 2
    clipped = np.clip(tensor.value(), *(side * 127 * scale[:, None, None, None] for side in (-1, 1)))
    small = replace(tensor, quant=replace(tensor.quant, scale=tuple(scale.tolist())), data=clipped.astype(np.float32))
    graph_of_small = replace(plain, tensors={**plain.tensors, "pw1/w": small})
    solved, blind = (second_order(graph_of_small, data, floating=floating) for floating in (graph, None))
    assert np.any(np.rint(levels(solved, "pw1")) != np.rint(levels(blind, "pw1")))
    assert np.abs(np.rint(levels(solved, "pw1"))).max() == 127
