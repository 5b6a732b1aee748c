"""Whole networks: reference == tflite-runtime == C with every kernel set, whatever shares memory with what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bitwright.converter.fixedpoint import quantize_multiplier, requantize_double
from bitwright.converter.ir import DType, Graph, Node, Tensor, check
from bitwright.converter.load import from_bytes
from bitwright.converter.reference import run
from bitwright.converter.writers.tflite import write_tflite
from bitwright.errors import InputError, UnsupportedError
from hypothesis import given
from hypothesis import strategies as st
from networks import networks
from oracle import needs_tflite, run_tflite
from single import activation, constant, few, prove, same, seeds, single
from unsigned import as_uint8

ISAS = ("generic", "armv7em", "rv32")


@given(networks(), seeds)
@few
def test_int8(graph: Graph, seed: int) -> None:
    prove(graph, seed, ISAS)


@given(networks(DType.INT16), seeds)
@few
def test_int16(graph: Graph, seed: int) -> None:
    prove(graph, seed)


@given(networks(uint8=True), seeds)
@few
def test_uint8(graph: Graph, seed: int) -> None:
    prove(as_uint8(graph), seed)


@needs_tflite
@pytest.mark.parametrize("op", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_uint8_models_multiply_their_scales_in_float32(op: str) -> None:
    """Accumulators, made by biases alone, at which the multipliers of float32 and double products round apart."""
    source_scale, weight_scale, channels = 0.0371, 0.0113, 2
    scales = [np.float32(source_scale), np.float32(weight_scale), np.float32(source_scale * weight_scale * 2**27 / 200)]
    double = quantize_multiplier(float(scales[0]) * float(scales[1]) / float(scales[2]))
    single_ = quantize_multiplier(float(scales[0] * scales[1]) / float(scales[2]))
    sums = np.arange(2**27, 2**27 + 2**22)
    apart = sums[requantize_double(sums, *double) != requantize_double(sums, *single_)][:channels]
    assert apart.size == channels
    attrs = {
        "padding": "SAME",
        "stride": (1, 1),
        "dilation": (1, 1),
        "activation": "NONE",
        "depth_multiplier": channels,
    }
    shape = (channels, 1, 1, 1) if op == "CONV_2D" else (1, 1, 1, channels)
    tensors = [
        activation("x", (1, 1, 1, 1), source_scale),
        constant("w", np.zeros(shape, np.int8), [weight_scale]),
        constant("b", apart.astype(np.int32), [source_scale * weight_scale]),
    ]
    graph = single(op, tensors, [activation("y", (), float(scales[2]), -128)], attrs)
    prove(as_uint8(graph), 1)


def at_float_edges(graph: Graph) -> Graph:
    """The network with float inputs and outputs: QUANTIZE before it, DEQUANTIZE after it."""
    tensors, first, last = dict(graph.tensors), [], []
    for i, name in enumerate(graph.inputs):
        tensors[f"float {i}"] = Tensor(f"float {i}", graph.tensor(name).shape, DType.FLOAT32)
        first.append(Node(f"quantize {i}", "QUANTIZE", (f"float {i}",), (name,)))
    for i, name in enumerate(graph.outputs):
        tensors[f"real {i}"] = Tensor(f"real {i}", graph.tensor(name).shape, DType.FLOAT32)
        last.append(Node(f"dequantize {i}", "DEQUANTIZE", (name,), (f"real {i}",)))
    return check(
        replace(
            graph,
            tensors=tensors,
            nodes=(*first, *graph.nodes, *last),
            inputs=tuple(f"float {i}" for i in range(len(first))),
            outputs=tuple(f"real {i}" for i in range(len(last))),
        )
    )


@given(networks(most=4, uint8=True), st.booleans(), seeds)
@few
def test_float_edges(graph: Graph, uint8: bool, seed: int) -> None:
    """Inputs at the integers' own values, as :func:`prove` makes them."""
    prove(at_float_edges(as_uint8(graph) if uint8 else graph), seed)


@needs_tflite
@pytest.mark.parametrize("uint8", [False, True])
def test_floats_between_the_integers(uint8: bool) -> None:
    """Ties and their neighbours, zeros of both signs, and values far beyond the range."""
    tensors = [activation("x", (1, 4096), 0.0123, -5), activation("y", (), 0.0123, -5)]
    graph = single("RELU", tensors[:1], tensors[1:])
    data = write_tflite(at_float_edges(as_uint8(graph) if uint8 else graph))
    ties = ((np.arange(-1024, 1024) / 2) * np.float32(0.0123)).astype(np.float32)
    near = [np.nextafter(ties[::2], np.float32(far)) for far in (-np.inf, np.inf)]
    values = np.concatenate([ties, *near])
    values[:4] = 0.0, -0.0, 1e5, -1e5
    values = values.reshape(1, 4096)
    same([run(from_bytes(data, "model"), values)], [run_tflite(data, [values])], "tflite-runtime")


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_an_error(wrong: float) -> None:
    tensors = [activation("x", (1, 2)), activation("y", ())]
    graph = from_bytes(write_tflite(at_float_edges(single("RELU", tensors[:1], tensors[1:]))), "model")
    with pytest.raises(InputError, match="NaN or infinite"):
        run(graph, np.array([[0.0, wrong]], np.float32))


def test_an_integer_that_is_an_output_and_a_float_too_is_refused() -> None:
    """One tensor cannot have two types at the interface."""
    tensors = [activation("x", (1, 2)), activation("y", ())]
    graph = at_float_edges(single("RELU", tensors[:1], tensors[1:]))
    with pytest.raises(UnsupportedError, match="is float between integer operators"):
        from_bytes(write_tflite(replace(graph, outputs=(*graph.outputs, "y"))), "model")
    with pytest.raises(UnsupportedError, match="is float between integer operators"):
        from_bytes(write_tflite(replace(graph, outputs=(*graph.outputs, "x"))), "model")
